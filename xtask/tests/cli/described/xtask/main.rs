mod faulty;
mod fixable;
mod planted;
mod running;

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    let images = match std::env::var("DESCRIBE").unwrap_or_default().as_str() {
        "planted" => vec![gateway(), planted::planted(), planted::staged()],
        "phases" => vec![planted::of_each_phase()],
        "phases of files" => vec![planted::of_files()],
        "all phases" => vec![planted::of_all_phases()],
        "early" => vec![planted_app()],
        "derived" => vec![derived()],
        "faulty" => vec![faulty::faulty(), faulty::empty(), cockpit()],
        "fixable" => vec![fixable::fixable()],
        "nothing" => Vec::new(),
        "twins" => vec![cockpit(), cockpit()],
        "shadowed" => vec![shadowed()],
        "untraced" => vec![untraced()],
        "stored" => vec![running::stored()],
        "running" => vec![running::running()],
        "compiling" => vec![running::compiling()],
        "namesakes" => vec![namesakes()],
        "variants" => vec![variant("plain", &[]), variant("traced", &["trace"])],
        "checked" => vec![checked()],
        "deep" => vec![deep()],
        "bare" => vec![bare()],
        "hashed" => vec![hashed()],
        "booted" => vec![Image::new("booted", Base::stand_in()).layer(Layer::new("boot").text("x\n", "/boot/grub.cfg"))],
        "rooted" => vec![Image::new("rooted", Base::stand_in()).layer(Layer::new("tree").tree("root", "/"))],
        "doubtful" => vec![cockpit(), doubtful()],
        "misnamed" => vec![Image::new("Not A Name", Base::stand_in()), cockpit()],
        _ => vec![gateway(), cockpit()],
    };
    Xtask::new(images).main()
}

/// A user whose hash is a variable of the machine that builds.
fn hashed() -> Image {
    let admin = User::login("admin", 1000).password_hash(Secret::env("admin-hash", "ADMIN_HASH"));
    Image::new("hashed", Base::stand_in()).layer(Layer::new("accounts").user(admin))
}

/// Binaries of two packages, one of them with a feature.
fn gateway() -> Image {
    Image::new("gateway", Base::stand_in())
        .version("1.4.0")
        .layer(
            Layer::new("config")
                .file("deploy/gateway.toml", "/etc/gateway.toml")
                .unit(Unit::file("deploy/gatewayd.service").enabled()),
        )
        .layer(
            Layer::new("app")
                .bin("gatewayd")
                .bin("canprobe")
                .bin(Bin::new("cantrace").features(["trace"]).at("/usr/libexec/cantrace")),
        )
}

/// A binary, and a fault that needs no look at it.
fn planted_app() -> Image {
    Image::new("planted-app", Base::stand_in())
        .layer(Layer::new("var-tmpfiles").bin("gatewayd").text("x\n", "/var/lib/app/x"))
}

/// Nothing that cargo builds.
fn cockpit() -> Image {
    Image::new("cockpit", Base::stand_in())
        .layer(Layer::new("config").file("deploy/gateway.toml", "/etc/gateway.toml"))
}

/// On a base that somebody else moves.
fn derived() -> Image {
    Image::new("derived", Base::oci("bases:cockpit")).layer(Layer::new("motd").text("hello\n", "/etc/motd"))
}

/// Two doubts, and nothing that stops a build.
fn shadowed() -> Image {
    cockpit()
        .layer(Layer::new("later").file("deploy/gateway.toml", "/etc/gateway.toml"))
        .layer(Layer::new("last"))
}

/// The image `cockpit` with another file.
fn bare() -> Image {
    Image::new("cockpit", Base::stand_in()).layer(Layer::new("config").text("x\n", "/etc/other"))
}

/// A path that is longer than a line.
fn deep() -> Image {
    let path = "/usr/share/gateway/translations/dashboard/instrument-cluster/german/swiss-high-german/messages.json";
    Image::new("deep", Base::stand_in()).layer(Layer::new("texts").text("{}\n", path))
}

/// A doubt, and a binary.
fn doubtful() -> Image {
    Image::new("doubtful", Base::stand_in()).layer(Layer::new("app").bin("gatewayd")).layer(Layer::new("last"))
}

/// Binaries of one name: of two packages, and with and without a feature.
fn namesakes() -> Image {
    Image::new("namesakes", Base::stand_in()).layer(
        Layer::new("app")
            .bin(Bin::new("selftest").package("gateway").at("/usr/bin/selftest-gateway"))
            .bin(Bin::new("selftest").package("diagnostics").at("/usr/bin/selftest-diagnostics"))
            .bin(Bin::new("selftest").package("diagnostics").features(["trace"]).at("/usr/bin/selftest-trace")),
    )
}

/// A binary with features of its own. Cargo gives it one path with any features.
fn variant(name: &'static str, features: &[&'static str]) -> Image {
    let bin = Bin::new("canprobe").features(features.iter().copied());
    Image::new(name, Base::stand_in()).layer(Layer::new("app").bin(bin))
}

/// Assets of every kind that rustc has seen, and a binary.
fn checked() -> Image {
    image! {
        name: "checked",
        base: stand-in,
        layer "files" {
            file "deploy/gateway.toml" => "/etc/gateway.toml"
            tree "deploy" => "/usr/share/deploy"
            unit "deploy/gatewayd.service" { enabled }
            bin "gatewayd"
        }
    }
    .layer(Layer::new("literal").file(asset!("deploy/gateway.toml"), "/etc/literal.toml"))
}

/// A binary without the feature that it requires.
fn untraced() -> Image {
    Image::new("untraced", Base::stand_in()).layer(Layer::new("app").bin("cantrace"))
}
