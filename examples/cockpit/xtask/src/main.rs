//! The images of the cockpit: three variants of one system. A variant is a value, a layer that several
//! share is a function, and what they stand on is said once.

#[cfg(test)]
mod declared;
#[cfg(test)]
mod tests;

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    lapstrake_xtask::main(Variant::ALL.map(cockpit))
}

/// What is sold, and what stands on the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Entry,
    Premium,
    Bench,
}

impl Variant {
    const ALL: [Self; 3] = [Self::Entry, Self::Premium, Self::Bench];

    fn name(self) -> &'static str {
        match self {
            Self::Entry => "cockpit-entry",
            Self::Premium => "cockpit-premium",
            Self::Bench => "cockpit-bench",
        }
    }
}

/// The layers that all variants have come first: a registry and a device hold them once.
fn cockpit(variant: Variant) -> Image {
    let image = Image::new(variant.name(), base()).version(env!("CARGO_PKG_VERSION")).layer(cluster());
    match variant {
        Variant::Entry => image,
        Variant::Premium => image.layer(media()),
        Variant::Bench => image.layer(media()).layer(bench()),
    }
}

/// What all variants stand on. For a vehicle, name the AutoSD image that your project builds on:
/// `Base::registry(reference!("registry.example/autosd-bootc:10"))`.
fn base() -> Base {
    Base::stand_in()
}

/// The instruments.
fn cluster() -> Layer {
    service("cluster", "clusterd", "Instruments of the cockpit", asset!("deploy/clusterd.service"))
}

/// The media library.
fn media() -> Layer {
    service("media", "mediad", "Media library of the cockpit", asset!("deploy/mediad.service"))
}

/// A service of ours: its user, its binary, its unit.
fn service(layer: &str, name: &str, about: &str, unit: Asset) -> Layer {
    Layer::new(layer)
        .sysusers(name, [format!("u {name} - \"{about}\"")])
        .bin(name)
        .unit(Unit::file(unit).enabled())
}

/// What only the bench has: services that stay down when they fall.
fn bench() -> Layer {
    let drop_in = |unit: &str| DropIn::file(asset!("deploy/bench.conf"), unit);
    Layer::new("bench").entries(["clusterd.service", "mediad.service"].map(drop_in))
}
