//! The image of the gateway that is in each vehicle of the fleet: a database of readings, a page that shows them, and
//! what the workshop needs to log in.

#[cfg(test)]
mod tests;

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    Xtask::new([gateway(base())]).main()
}

/// The base of the gateway. In a vehicle it is the AutoSD image of the project:
/// `Base::registry(reference!("registry.example/autosd-bootc:10"))`.
fn base() -> Base {
    Base::oci("parts/base:rig")
}

/// The layer that changes most often comes last, so that an edit of `gateway-web` is one small layer for a vehicle.
fn gateway(base: Base) -> Image {
    Image::new("gateway", base)
        .version(env!("CARGO_PKG_VERSION"))
        .layer(platform())
        .layer(operations())
        .layer(app())
}

/// What comes from the distribution, as this product needs it.
fn platform() -> Layer {
    Layer::new("platform")
        .with(
            Packages::install(["telemetry-db", "firewalld", "podman"])
                .repository(Repository::new("fleet", "http://127.0.0.1:8000/repo").unsigned())
                .without_docs(),
        )
        // The disk of the gateway is small.
        .with(Edit::of("/etc/telemetry-db/telemetry-db.conf").set("storage", "retention_readings", "1000"))
        .enable("telemetry-db.service")
        // A vehicle that gets the database by an update has no directory for it yet.
        .tmpfiles_of_packages("platform")
        .with(Zone::new("public").port("8080/tcp"))
}

/// Who may log in, and what the system is called.
fn operations() -> Layer {
    Layer::new("operations")
        .user(
            User::login("workshop", 1000)
                .groups(["wheel"])
                .authorized_keys(asset!("deploy/service.pub"))
                .sudo("NOPASSWD: /usr/bin/bootc upgrade, /usr/bin/bootc rollback"),
        )
        .with(Conf::hostname("gateway"))
        .with(Conf::sysctl("90-gateway", ["net.ipv4.conf.all.rp_filter = 1"]))
        .os_release([("VARIANT_ID", "gateway")])
}

/// The product itself. Lapstrake writes this layer without an engine.
fn app() -> Layer {
    Layer::new("app")
        .user(User::system("gateway").home("/var/lib/gateway").groups(["telemetry-db"]))
        .bin(Bin::new("gateway-web").in_stage(builder()))
        .unit(Unit::file(asset!("deploy/gateway-web.service")).enabled())
        .unit(Unit::file(asset!("deploy/gateway-sample.service")))
        .unit(Unit::file(asset!("deploy/gateway-sample.timer")).enabled())
        .with(Quadlet::file(asset!("deploy/dashboard.container")))
}

/// The builder image has the distribution of the base, so that no program requires a newer glibc.
fn builder() -> BuildStage {
    BuildStage::on(Base::oci("parts/builder:rust"))
}
