//! Files and directories of the workspace that a description names.

use super::{fatal, layers, note, warning, words};
use crate::check::Check;

pub(in crate::check) const CHECKS: &[Check] = &[
    fatal(
        "missing-asset",
        "a file that the description names is not in the workspace",
        layers(
            r#"Layer::new("app").file("REDME.md", "/usr/share/doc/app/README.md")"#,
            r#"Layer::new("app").file("README.md", "/usr/share/doc/app/README.md")"#,
        ),
    ),
    fatal(
        "asset-kind",
        "`.file` takes a file, `.tree` a directory, and neither takes a socket or a device",
        layers(
            r#"Layer::new("app").tree("README.md", "/usr/share/doc/app/README.md")"#,
            r#"Layer::new("app").file("README.md", "/usr/share/doc/app/README.md")"#,
        ),
    ),
    fatal(
        "asset-outside",
        "what lies outside of the workspace is not in its repository, and not there on the next machine",
        layers(
            r#"Layer::new("app").tree("..", "/usr/share/doc/app")"#,
            r#"Layer::new("app").tree("examples", "/usr/share/doc/app")"#,
        ),
    ),
    fatal(
        "unreadable-asset",
        "a file that can't be read can't be put in a layer",
        words(
            "`.file(\"deploy/key.toml\", …)` where only root may read `deploy/key.toml`",
            "`chmod u+r deploy/key.toml`",
        ),
    ),
    fatal(
        "template",
        "a placeholder that the text does not have, or has two values for, is a mistake on one of both sides",
        layers(
            r#"Layer::new("app").with(File::text("port = @PORT@\n", "/etc/app.toml").fill("@PROT@", "8000"))"#,
            r#"Layer::new("app").with(File::text("port = @PORT@\n", "/etc/app.toml").fill("@PORT@", "8000"))"#,
        ),
    ),
    note(
        "template-left",
        "what looks like a placeholder, and has no value, is in the image as it is",
        layers(
            r#"Layer::new("app").with(File::text("@HOST@:@PORT@\n", "/etc/app.conf").fill("@PORT@", "8000"))"#,
            r#"Layer::new("app").with(File::text("@HOST@:@PORT@\n", "/etc/app.conf").fill("@PORT@", "8000").fill("@HOST@", "::"))"#,
        ),
    ),
    fatal(
        "archive",
        "an archive that can't be read, or a member of it that leads out of the tree, is not unpacked",
        words(
            "`Tree::fetched(\"https://files.example/tool.tar.xz\", …)`",
            "`Tree::fetched(\"https://files.example/tool.tar.gz\", …)`",
        ),
    ),
    warning(
        "archive-mode",
        "of the mode of an archive's file an image has no setuid, setgid and sticky bit unless the description has it",
        words(
            "`Tree::fetched(…, \"/usr\")` where the archive has `bin/ping` with the mode 4755",
            "`Tree::fetched(…, \"/usr\").mode_of(\"/bin/ping\", 0o4755)`",
        ),
    ),
    note(
        "archive-member",
        "what an archive has and the tree does not take is stated",
        words(
            "`Tree::fetched(…).strip_components(1)` of an archive with `README` beside `tool-1.2/bin/tool`",
            "`Tree::fetched(…).strip_components(1).only(\"bin\")`",
        ),
    ),
    fatal(
        "nothing-taken",
        "a pattern or a number of components that takes nothing is a mistake",
        layers(
            r#"Layer::new("app").with(Tree::new("examples", "/usr/share/doc/app").only("*.shh"))"#,
            r#"Layer::new("app").with(Tree::new("examples", "/usr/share/doc/app").only("*.rs"))"#,
        ),
    ),
    warning(
        "unmatched-pattern",
        "a pattern that matches nothing changes nothing, and its author wants something",
        layers(
            r#"Layer::new("app").with(Tree::new("examples", "/usr/share/doc/app").mode_of("*.shh", 0o755))"#,
            r#"Layer::new("app").with(Tree::new("examples", "/usr/share/doc/app").mode_of("*.rs", 0o644))"#,
        ),
    ),
    warning(
        "source-mode",
        "of the mode of a source, also of a stage or another image, an image has only whether its owner may execute it, because git keeps no more",
        words(
            "`.file(\"deploy/probe\", \"/usr/bin/probe\")` where `deploy/probe` has the mode 4755",
            "`.with(File::new(\"deploy/probe\", \"/usr/bin/probe\").mode(0o4755))`",
        ),
    ),
    note(
        "source-owner",
        "a file of another image belongs to root unless the description has its owner, because its number may be another account here",
        words(
            "`File::from_image(\"registry.example/web:2\", \"/etc/web.key\", \"/etc/web.key\")` of a file that belongs to 33:33",
            "`File::from_image(…).owner(\"33:33\")`",
        ),
    ),
];
