//! `image!` gives the same image as the builders, for every kind of entry and every option. The `Site` of each call is
//! the line of its entry.

mod every_entry;
mod grammar;
mod sites;

use lapstrake_xtask::prelude::*;

fn layer(layer: Layer) -> Image {
    Image::new("x", Base::stand_in()).layer(layer)
}

fn stage() -> BuildStage {
    BuildStage::on(Base::registry("registry.example/autosd-gcc:1")).run(["make", "-C", "/src"])
}

#[test]
fn an_image_has_every_field() {
    let said = image! {
        name: "telematics",
        base: registry "registry.example/autosd:1" { architecture: "arm64" },
        version: "1.4.0",
        reference: "registry.example/fleet/telematics:stable",
        label "org.example.variant" = "cluster",
        label "org.example.line" = format!("{}-{}", "a", 1),
        env "PORT" = "8000"
        workdir: "/srv",
        user: "app:app",
        entrypoint: ["/usr/bin/app", "-v"]
        cmd: ["--port", format!("{}", 8000).as_str()],
        stop_signal: "SIGTERM"
        allow "container-config"
    };
    let built = Image::new("telematics", Base::registry("registry.example/autosd:1").architecture("arm64"))
        .version("1.4.0")
        .reference("registry.example/fleet/telematics:stable")
        .label("org.example.variant", "cluster")
        .label("org.example.line", "a-1")
        .env("PORT", "8000")
        .workdir("/srv")
        .user("app:app")
        .entrypoint(["/usr/bin/app", "-v"])
        .cmd(["--port", "8000"])
        .stop_signal("SIGTERM")
        .allow("container-config");
    assert_eq!(said, built);
}

#[test]
fn a_base_is_of_every_kind() {
    let own = Base::at("oci:bases/x");
    for (said, built) in [
        (image! { name: "x" base: registry "registry.example/x:1" }, Base::registry("registry.example/x:1")),
        (image! { name: "x" base: oci "bases/x:1" }, Base::oci("bases/x:1")),
        (image! { name: "x" base: oci-archive "x.tar" }, Base::oci_archive("x.tar")),
        (image! { name: "x" base: oci_archive "x.tar:1" }, Base::oci_archive("x.tar:1")),
        (
            image! { name: "x" base: containers-storage "localhost/x:1" },
            Base::containers_storage("localhost/x:1"),
        ),
        (
            image! { name: "x" base: containers_storage "localhost/x:1" },
            Base::containers_storage("localhost/x:1"),
        ),
        (image! { name: "x" base: stand-in }, Base::stand_in()),
        (
            image! { name: "x" base: stand_in { architecture: "amd64" } },
            Base::stand_in().architecture("amd64"),
        ),
        (image! { name: "x" base: "docker://registry.example/x:1" }, Base::registry("registry.example/x:1")),
        (image! { name: "x" base: own.clone() }, own.clone()),
        (image! { name: "x", base: Base::oci("bases/x"), }, own.clone()),
        (
            image! { name: "x", base: registry format!("registry.example/{}:1", "x") },
            Base::registry("registry.example/x:1"),
        ),
    ] {
        assert_eq!(said, Image::new("x", built));
    }
}
