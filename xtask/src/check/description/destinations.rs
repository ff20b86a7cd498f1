//! Where entries go: paths that clash with one another or with what lies below, and removals.

use super::{fatal, images, layers, warning, words};
use crate::check::Check;

pub(in crate::check) const CHECKS: &[Check] = &[
    fatal(
        "no-directory",
        "nothing can stand below a file, or behind symlinks that lead round in a loop",
        layers(
            r#"Layer::new("app").text("1\n", "/usr/lib/os-release/app.conf")"#,
            r#"Layer::new("app").text("1\n", "/usr/lib/app/app.conf")"#,
        ),
    ),
    fatal(
        "deep-path",
        "a path in more than 256 directories is refused by the tools that read the image",
        layers(
            r#"Layer::new("app").text("1\n", format!("/usr/share{}", "/d".repeat(256)))"#,
            r#"Layer::new("app").text("1\n", format!("/usr/share{}", "/d".repeat(16)))"#,
        ),
    ),
    fatal(
        "duplicate-destination",
        "of two entries of a layer at one path, only one could be in the image",
        layers(
            r#"Layer::new("app")
    .text("1\n", "/etc/app.conf")
    .text("2\n", "/etc/app.conf")"#,
            r#"Layer::new("app")
    .text("1\n", "/etc/app.conf")
    .text("2\n", "/etc/app.conf.d/override.conf")"#,
        ),
    ),
    warning(
        "directory-metadata",
        "bootc's ostree importer keeps mode and owner of a directory that is already there",
        layers(
            r#"Layer::new("app").with(Dir::new("/usr/share").mode(0o700))"#,
            r#"Layer::new("app").with(Dir::new("/usr/share/app").mode(0o700))"#,
        ),
    ),
    warning(
        "shadowed-entry",
        "what a later layer replaces is downloaded by every device, and never seen",
        images(
            r#"Image::new("example", Base::stand_in())
    .layer(Layer::new("platform").text("1\n", "/etc/app.conf"))
    .layer(Layer::new("app").text("2\n", "/etc/app.conf"))"#,
            r#"Image::new("example", Base::stand_in())
    .layer(Layer::new("app").text("2\n", "/etc/app.conf"))"#,
        ),
    ),
    fatal(
        "type-conflict",
        "a file in place of a directory, or the reverse, takes away all that stands there",
        layers(
            r#"Layer::new("app").text("1\n", "/usr/share/doc")"#,
            r#"Layer::new("app").text("1\n", "/usr/share/doc/app")"#,
        ),
    ),
    fatal(
        "volume-removal",
        "podman restores what a VOLUME of the base has after each RUN, so that a removal there has no effect",
        words(
            "`.remove(\"/srv/data/demo\")` on a base with `VOLUME /srv/data`",
            "`.tmpfiles(\"app\", [\"R /srv/data/demo\"])`",
        ),
    ),
    fatal(
        "remove-root",
        "an image without a root is none",
        layers(r#"Layer::new("app").remove("/")"#, r#"Layer::new("app").remove("/usr/share/doc")"#),
    ),
    fatal(
        "remove-missing",
        "a whiteout of nothing does not do what its author wants",
        layers(
            r#"Layer::new("app").remove("/usr/share/docs")"#,
            r#"Layer::new("app").remove("/usr/share/doc")"#,
        ),
    ),
    fatal(
        "copy-missing",
        "what is copied or moved is there, in the base or in a layer below",
        layers(
            r#"Layer::new("app").copy("/usr/lib/os-releas", "/usr/share/app/os-release")"#,
            r#"Layer::new("app").copy("/usr/lib/os-release", "/usr/share/app/os-release")"#,
        ),
    ),
    fatal(
        "copied-device",
        "no layer can hold a device node or a named pipe, because ostree imports none",
        words(
            "`.copy(\"/usr/share\", …)` where the base has a device in `/usr/share`",
            "`.remove(…)` it in a layer below",
        ),
    ),
    fatal(
        "copy-into-itself",
        "a directory can't be copied or moved into itself",
        layers(
            r#"Layer::new("app").copy("/usr/share", "/usr/share/all")"#,
            r#"Layer::new("app").copy("/usr/share/doc", "/usr/share/all/doc")"#,
        ),
    ),
    fatal(
        "edit-missing",
        "an edit changes a file that is there",
        layers(
            r#"Layer::new("app").with(Edit::of("/usr/lib/os-releas").append("X=1"))"#,
            r#"Layer::new("app").with(Edit::of("/usr/lib/os-release").append("X=1"))"#,
        ),
    ),
    fatal(
        "edit-unmatched",
        "a change that finds nothing, or two places, does not do what its author wants",
        layers(
            r#"Layer::new("app").with(Edit::of("/usr/lib/os-release").replace("no such line", ""))"#,
            r#"Layer::new("app").with(Edit::of("/usr/lib/os-release").set("", "VARIANT_ID", "gateway"))"#,
        ),
    ),
    warning(
        "duplicate-removal",
        "a path is removed once",
        layers(
            r#"Layer::new("app")
    .remove("/usr/share/doc")
    .remove("/usr/share/doc")"#,
            r#"Layer::new("app").remove("/usr/share/doc")"#,
        ),
    ),
];
