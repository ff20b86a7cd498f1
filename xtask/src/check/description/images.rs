//! Images and layers as such, and the base below them.

use super::{fatal, images, layers, warning, words};
use crate::check::Check;

pub(in crate::check) const CHECKS: &[Check] = &[
    fatal(
        "base",
        "a base is read whole and verified to the last byte before anything is planned on it",
        words(
            "`Base::oci(\"bases:latest\")` where the layout `bases` does not exist",
            "`skopeo copy docker://REFERENCE oci:bases:latest`",
        ),
    ),
    fatal(
        "duplicate-image",
        "commands, tags and the folder of a context go by the image's name",
        words(
            "two images that are both `Image::new(\"cockpit\", …)` in one `main`",
            "give one of them another name",
        ),
    ),
    fatal(
        "unknown-check",
        "an `.allow` that names no check accepts nothing, and nobody would see that",
        layers(
            r#"Layer::new("app").with(File::text("1\n", "/etc/app.conf").allow("set-uid"))"#,
            r#"Layer::new("app").with(File::text("1\n", "/etc/app.conf").allow("setuid"))"#,
        ),
    ),
    fatal(
        "bootc-label",
        "bootc refuses an image without the label `containers.bootc` or `ostree.bootable`, with any value",
        words(
            "A base that is a plain container: its config has neither label",
            "`.label(\"containers.bootc\", \"1\")`, or a base for bootc",
        ),
    ),
    warning(
        "container-config",
        "ENV, USER, ENTRYPOINT and their kind are for containers; bootc starts no container of the image that it boots",
        images(
            r#"Image::new("example", Base::stand_in())
    .env("PORT", "8000")
    .layer(Layer::new("app").text("1\n", "/etc/app.conf"))"#,
            r#"Image::new("example", Base::stand_in())
    .layer(Layer::new("app").with(Conf::environment("port", [("PORT", "8000")])))"#,
        ),
    ),
    fatal(
        "workdir-missing",
        "podman makes a missing WORKDIR where it builds or where it starts, by its version",
        images(
            r#"Image::new("example", Base::stand_in())
    .workdir("/usr/share/app")
    .allow("container-config")
    .layer(Layer::new("app").text("1\n", "/etc/app.conf"))"#,
            r#"Image::new("example", Base::stand_in())
    .workdir("/usr/share/app")
    .allow("container-config")
    .layer(Layer::new("app").dir("/usr/share/app"))"#,
        ),
    ),
    warning(
        "sealed-base",
        "the digest of a sealed base is signed into its boot files, and every layer changes it",
        words(
            "layers on a base that Automotive Image Builder has sealed",
            "run `aib reseal SRC NEW` on the result, or take a base with `sealed: false`",
        ),
    ),
    fatal(
        "base-onbuild",
        "podman runs the ONBUILD instructions of a base before those of an image on it, and a native build runs nothing",
        words(
            "a base with `ONBUILD RUN /usr/bin/setup` in its config",
            "an image that `echo FROM REFERENCE | podman build -t localhost/base -` has made of the base",
        ),
    ),
    fatal(
        "too-many-layers",
        "container storage mounts at most 127 layers, those of the base counted",
        images(
            r#"Image::new("example", Base::stand_in())
    .layers((0..127).map(|n| Layer::new(format!("layer-{n}")).dir(format!("/usr/share/app/{n}"))))"#,
            r#"Image::new("example", Base::stand_in())
    .layer((0..127).fold(Layer::new("app"), |layer, n| layer.dir(format!("/usr/share/app/{n}"))))"#,
        ),
    ),
    fatal(
        "empty-image",
        "an image without an entry is its base under another name",
        images(
            r#"Image::new("example", Base::stand_in())"#,
            r#"Image::new("example", Base::stand_in()).layer(Layer::new("app").text("1\n", "/etc/app.conf"))"#,
        ),
    ),
    fatal(
        "duplicate-layer",
        "findings, plans and tars go by the layer's name",
        images(
            r#"Image::new("example", Base::stand_in())
    .layer(Layer::new("app").text("1\n", "/etc/app.conf"))
    .layer(Layer::new("app").text("2\n", "/etc/other.conf"))"#,
            r#"Image::new("example", Base::stand_in())
    .layer(Layer::new("app").text("1\n", "/etc/app.conf"))
    .layer(Layer::new("other").text("2\n", "/etc/other.conf"))"#,
        ),
    ),
    warning(
        "empty-layer",
        "a layer without an entry is left out of the image",
        images(
            r#"Image::new("example", Base::stand_in())
    .layer(Layer::new("app").text("1\n", "/etc/app.conf"))
    .layer(Layer::new("later"))"#,
            r#"Image::new("example", Base::stand_in())
    .layer(Layer::new("app").text("1\n", "/etc/app.conf"))"#,
        ),
    ),
];
