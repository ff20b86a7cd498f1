//! References, the places of a base, and the names of images, layers and labels.

use lapstrake::TransportRef;
use lapstrake::value::{ImageName, Invalid, LabelKey, LayerName, Reference};

use super::{accepts, refuses};

#[test]
fn references() {
    let digest = format!("sha256:{}", "0f".repeat(32));
    let pinned = format!("registry.example/a@{digest}");
    let both = format!("registry.example/a:1@{digest}");
    accepts(
        Reference::parse,
        &[
            "registry.example/autosd-bootc-qemu:1",
            "registry.example:5000/a/b/c:v1.2.3-rc.1_x",
            "localhost/my-base:latest",
            "localhost:5000/x:1",
            "127.0.0.1:5000/x:1",
            "[::1]:5000/x:1",
            "[fe80::1]/x:1",
            "Registry.Example/x:1",
            "autosd:1",
            "a__b/c.d/e--f:1",
            "x:_",
            &pinned,
            &both,
        ],
    );
    let tags =
        "a tag has letters, digits, `_`, `.` and `-`, at most 128, and starts with neither `.` nor `-`";
    refuses(
        Reference::parse,
        &[
            ("docker://registry.example/a:1", "docker://", "write `registry.example/a:1`"),
            ("https://registry.example/a", "https://", ""),
            (
                "registry.example/a",
                "registry.example/a",
                "write `registry.example/a:latest`, or pin a digest",
            ),
            (
                "registry.example:5000/a",
                "registry.example:5000/a",
                "write `registry.example:5000/a:latest`, or pin a digest",
            ),
            ("registry.example/a:", ":", "write `registry.example/a:latest`"),
            ("registry.example/a:-x", "-x", tags),
            ("registry.example/a:x y", "x y", tags),
            ("registry.example/AutoSD:1", "AutoSD", "write `registry.example/autosd:1`"),
            ("registry.example/a b:1", "a b", ""),
            ("registry.example//a:1", "", ""),
            ("registry.example/a..b:1", "a..b", ""),
            ("registry.example/a_-b:1", "a_-b", ""),
            ("registry.example/-a:1", "-a", ""),
            ("registry.example:port/a:1", "registry.example:port", ""),
            ("registry.example:+80/a:1", "registry.example:+80", ""),
            ("registry.example:99999/a:1", "registry.example:99999", ""),
            ("-registry.example/a:1", "-registry.example", ""),
            ("[::1/a:1", "[::1", ""),
            ("", "", ""),
            (":1", "", ""),
            ("/a:1", "", ""),
            ("a@sha256:abcd", "sha256:abcd", "copy the digest that `skopeo inspect` prints"),
            ("a@", "", "copy the digest that `skopeo inspect` prints"),
        ],
    );
    let reference = Reference::parse(&both).unwrap();
    assert_eq!(
        (reference.repository(), reference.tag(), reference.digest()),
        ("registry.example/a", Some("1"), Some(digest.as_str())),
    );
}

#[test]
fn places_of_a_base() {
    let parse: fn(&str) -> Result<TransportRef, Invalid> = str::parse;
    accepts(
        parse,
        &[
            "docker://registry.example/a:1",
            "containers-storage:localhost/my-base:latest",
            "oci:bases/autosd",
            "oci:/abs/dir:tag",
            "oci-archive:base.tar:tag",
            "oci:dir:registry.example/a:1",
            "stand-in",
        ],
    );
    let transports = "registry.example/a:1";
    refuses(
        parse,
        &[
            ("", "", ""),
            (transports, transports, "write `docker://registry.example/a:1`"),
            (
                "docker:registry.example/a:1",
                "docker:registry.example/a:1",
                "write `docker://registry.example/a:1`",
            ),
            ("oci:", "oci:", ""),
            ("oci:dir:", "oci:dir:", ""),
            ("oci://dir:tag", "//", "write `oci:dir:tag`"),
            ("oci-archive://base.tar", "//", "write `oci-archive:base.tar`"),
            ("stand_in", "stand_in", "write `stand-in`"),
            ("standin", "standin", "write `stand-in`"),
            ("base.tar", "base.tar", ""),
        ],
    );
    let error = parse("docker://registry.example/a").unwrap_err();
    assert_eq!(error.help(), Some("write `registry.example/a:latest`, or pin a digest"));
}

#[test]
fn layer_names() {
    accepts(LayerName::parse, &["app", "App-1.2_x", "0", &"x".repeat(63)]);
    refuses(
        LayerName::parse,
        &[
            ("", "", ""),
            ("my app", " ", "write `my-app`"),
            ("a/b", "/", "write `a-b`"),
            ("é", "é", ""),
            ("-x", "-", ""),
            (".x", ".", ""),
            (&"x".repeat(64), &"x".repeat(64), ""),
        ],
    );
}

#[test]
fn image_names() {
    accepts(ImageName::parse, &["telematics", "telematics-cluster", "a.b_c-d", "0", &"x".repeat(128)]);
    refuses(
        ImageName::parse,
        &[
            ("", "", ""),
            ("Telematics", "T", "write `telematics`"),
            ("my image", " ", "write `my-image`"),
            ("a--b", "-", ""),
            ("-a", "-", ""),
            ("a-", "-", ""),
            ("registry.example/a", "/", "write `registry.example-a`"),
            ("a:1", ":", "write `a-1`"),
            ("aé", "é", ""),
            (&"x".repeat(129), &"x".repeat(129), ""),
        ],
    );
}

#[test]
fn label_keys() {
    accepts(LabelKey::parse, &["org.opencontainers.image.version", "containers.bootc", "a/b-c_d"]);
    refuses(
        LabelKey::parse,
        &[
            ("", "", ""),
            ("a b", " ", ""),
            ("a=b", "=", "write `.label(\"a\", \"b\")`"),
            ("a\"", "\"", ""),
            ("a$b", "$", ""),
            ("a\\", "\\", ""),
            ("a\nb", "\n", ""),
            ("é", "é", ""),
        ],
    );
}
