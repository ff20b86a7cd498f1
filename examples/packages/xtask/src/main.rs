//! The image of the gateway: packages, steps that run inside the image, and programs that a builder image
//! compiles. Each option is here once, and says what it is for; most images need two or three of them.

#[cfg(test)]
mod declared;
#[cfg(test)]
mod tests;

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    lapstrake_xtask::main([gateway()])
}

/// What changes most often comes last: an edit of `gatewayd` starts no package manager.
fn gateway() -> Image {
    Image::new("gateway", base())
        .version(env!("CARGO_PKG_VERSION"))
        .layer(platform())
        .layer(changes())
        .layer(tuning())
        .layer(app())
}

/// What the gateway stands on. For a vehicle, name the AutoSD image that your project builds on:
/// `Base::registry(reference!("registry.example/autosd-bootc:10"))`.
fn base() -> Base {
    Base::oci("parts/base:rig")
}

/// What compiles for it: the distribution of the base, so that no program asks for a newer glibc.
fn builder() -> BuildStage {
    BuildStage::on(Base::oci("parts/builder:rust"))
}

/// The packages of every product on this platform.
fn platform() -> Layer {
    Layer::new("platform").with(
        // This version and no other; its dependencies come with it, and `lapstrake.lock` holds them all.
        Packages::install(["rig-greeter-1.0", "rig-old", "rig-user", "rig-signed"])
            // For this build only. Nobody signs these packages, and that has to be said.
            .repository(Repository::new("rig", "http://127.0.0.1:8000/repo").unsigned())
            // Stays in the image, with the key that its packages are checked by.
            .repository(Repository::new("signed", "http://127.0.0.1:8000/signed").gpg_key(key()).kept())
            // A supplier sent a file.
            .rpm_file(supplied())
            // Nobody reads manuals on a vehicle.
            .without_docs()
            // What a package only recommends is left out, too.
            .without_weak_dependencies(),
    )
}

/// What this product has otherwise than the platform: a transaction of its own.
fn changes() -> Layer {
    Layer::new("changes").with(
        Packages::default()
            // This product has no such user.
            .and_remove(["rig-user"])
            // Two that conflict: one goes for the other.
            .and_swap("rig-old", "rig-new")
            // The repositories that a vendor's file names, for this build only.
            .repo_file(asset!("deploy/rig.repo")),
    )
}

/// What programs of the image make of files and secrets of the build.
fn tuning() -> Layer {
    Layer::new("tuning")
        // Files of a layer are there before its steps run.
        .dir("/usr/share/gateway")
        .with(
            // An argument list, and no shell between it and the program.
            Run::new([
                "sort",
                "--unique",
                "-T",
                "/var/cache/sort",
                "-o",
                "routes",
                "/run/calibration/routes.csv",
            ])
            // Else the order were that of whatever language the image speaks.
            .env("LC_ALL", "C")
            // Where `routes` is put.
            .current_dir("/usr/share/gateway")
            // Kept between builds, never in the image; here for what does not fit into memory.
            .cache("/var/cache/sort")
            // Read by the step, and not in the image. Below `/run` not even the mount point is.
            .bind(asset!("calibration"), "/run/calibration"),
        )
        .with(
            // A shell where one is asked for, for the redirection. A real one would fetch something by the token;
            // this one shows that it was there. The token itself would be refused in a layer.
            Run::shell("wc -c </run/secrets/token >/usr/share/gateway/token-length")
                .secret(Secret::env("token", "GATEWAY_TOKEN")),
        )
}

/// The gateway itself. It is laid natively, whoever compiled what is in it.
fn app() -> Layer {
    Layer::new("app")
        .sysusers("gatewayd", ["u gatewayd - \"Gateway\""])
        .bin(Bin::new("gatewayd").in_stage(builder()))
        .with(File::from_stage(probe(), "/src/can-probe", "/usr/libexec/can-probe"))
        .unit(Unit::file(asset!("deploy/gatewayd.service")).enabled())
}

/// A helper in another language: its sources, its own build, and the one file that is taken out.
fn probe() -> BuildStage {
    builder().source(asset!("probe"), "/src").with(Run::new(["make"]).current_dir("/src"))
}

/// The key of the repository `signed`. No `asset!`: what compiles without `parts` can't ask for it.
fn key() -> Asset {
    Asset::new("parts/rpms/RPM-GPG-KEY-rig")
}

/// The package that is in no repository.
fn supplied() -> Asset {
    Asset::new("parts/rpms/local/rig-local-1-1.noarch.rpm")
}
