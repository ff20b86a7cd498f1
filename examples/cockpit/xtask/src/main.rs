//! The images of the cockpit: three variants of one system. A variant is a value, and `if` selects its layers.

#[cfg(test)]
mod tests;

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    Xtask::new(Variant::ALL.map(cockpit)).main()
}

/// The variants that are sold, and the one of the developers' desks.
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

/// The layers that all variants have come first, because a registry and a device store them once.
fn cockpit(variant: Variant) -> Image {
    image! {
        name: variant.name(),
        base: base(),
        version: env!("CARGO_PKG_VERSION"),

        // The instruments.
        layer "cluster" {
            sysusers "clusterd" ["u clusterd - \"Instruments of the cockpit\""]
            bin "clusterd"
            unit "deploy/clusterd.service" { enabled }
        }

        // The media library.
        if variant != Variant::Entry {
            layer "media" {
                sysusers "mediad" ["u mediad - \"Media library of the cockpit\""]
                bin "mediad"
                unit "deploy/mediad.service" { enabled }
            }
        }

        // Services on a developer's desk stay down when they fail.
        if variant == Variant::Bench {
            layer "bench" {
                drop_in "deploy/bench.conf" => "clusterd.service"
                drop_in "deploy/bench.conf" => "mediad.service"
            }
        }
    }
}

/// The base of all variants. For a vehicle, name the AutoSD image that your project builds on:
/// `Base::registry(reference!("registry.example/autosd-bootc:10"))`.
fn base() -> Base {
    Base::stand_in()
}
