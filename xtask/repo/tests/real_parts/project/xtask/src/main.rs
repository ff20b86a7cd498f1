//! The image of the gateway: packages of the distribution and of a supplier, steps that run inside the image,
//! and programs that a builder image compiles. It has each option once, with the reason for it; most images
//! need two or three of them.

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    Xtask::new([gateway()]).main()
}

/// The layer that changes most often comes last, so that an edit of `gatewayd` starts no package manager.
fn gateway() -> Image {
    Image::new("gateway", base())
        .version(env!("CARGO_PKG_VERSION"))
        .layer(platform())
        .layer(changes())
        .layer(tuning())
        .layer(app())
}

/// The base of the gateway. For a vehicle, name the AutoSD image that your project builds on:
/// `Base::registry(reference!("registry.example/autosd-bootc:10"))`.
fn base() -> Base {
    Base::oci("parts/base:rig")
}

/// The builder image: the distribution of the base, so that no program requires a newer glibc.
fn builder() -> BuildStage {
    BuildStage::on(Base::oci("parts/builder:rust"))
}

/// The packages that every product on this platform has.
fn platform() -> Layer {
    Layer::new("platform").with(
        // Exactly this version of the greeter. `lapstrake.lock` pins the other versions, dependencies too.
        Packages::install(["rig-greeter-1.0", "rig-old", "rig-user", "rig-signed"])
            // The in-house repository, for this build only. Its packages are not signed, so it says so.
            .repository(Repository::new("rig", "http://127.0.0.1:8000/repo").unsigned())
            // The supplier's repository stays in the image, with its key, for updates in the field.
            .repository(Repository::new("signed", "http://127.0.0.1:8000/signed").gpg_key(key()).kept())
            // One package comes as a file.
            .rpm_file(supplied())
            // A vehicle needs no manuals.
            .without_docs()
            // Packages that others only recommend are left out.
            .without_weak_dependencies(),
    )
}

/// The differences of this product from the platform, as a transaction of their own.
fn changes() -> Layer {
    Layer::new("changes").with(
        // This product does not have that account.
        Packages::remove(["rig-user"])
            // The two packages conflict, so one replaces the other in one step.
            .and_swap("rig-old", "rig-new")
            // The repositories of a vendor's file, for this build only.
            .repo_file(asset!("deploy/rig.repo")),
    )
}

/// The routing table, made by a program of the image.
fn tuning() -> Layer {
    Layer::new("tuning")
        // The files of a layer are in place before its steps run.
        .dir("/usr/share/gateway")
        .with(
            // An argument list: no shell runs.
            Run::new([
                "sort",
                "--unique",
                "-T",
                "/var/cache/sort",
                "-o",
                "routes",
                "/run/calibration/routes.csv",
            ])
            // Otherwise the order depends on the locale of the image.
            .env("LC_ALL", "C")
            // The directory of `routes`.
            .current_dir("/usr/share/gateway")
            // Kept between builds and never in the image: the temporary files of the sort.
            .cache("/var/cache/sort")
            // The step reads it, and the image does not have it; below `/run` it has no mount point either.
            .bind(asset!("calibration"), "/run/calibration"),
        )
        .with(
            // The redirection needs a shell. A real step would use the token to download a file; this one writes
            // its length, because a layer that holds the token itself is refused.
            Run::shell("wc -c </run/secrets/token >/usr/share/gateway/token-length")
                .secret(Secret::env("token", "GATEWAY_TOKEN")),
        )
}

/// The gateway itself. Lapstrake writes this layer in-process, also if a stage compiled its content.
fn app() -> Layer {
    Layer::new("app")
        .sysusers("gatewayd", ["u gatewayd - \"Gateway\""])
        .bin(Bin::new("gatewayd").in_stage(builder()))
        .with(File::from_stage(probe(), "/src/can-probe", "/usr/libexec/can-probe"))
        .unit(Unit::file(asset!("deploy/gatewayd.service")).enabled())
}

/// A helper in C: its sources and its build. One file of the result goes into the image.
fn probe() -> BuildStage {
    builder().source(asset!("probe"), "/src").with(Run::new(["make"]).current_dir("/src"))
}

/// The key of the repository `signed`. It is not an `asset!`, because this file compiles without `parts`, too.
fn key() -> Asset {
    Asset::new("parts/rpms/RPM-GPG-KEY-rig")
}

/// The package that no repository has.
fn supplied() -> Asset {
    Asset::new("parts/rpms/local/rig-local-1-1.noarch.rpm")
}
