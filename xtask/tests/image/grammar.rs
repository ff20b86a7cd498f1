//! The grammar of `image!`: branches, expressions, names and separators.

use lapstrake_xtask::prelude::*;

#[test]
fn if_for_and_match_stand_around_entries_and_layers() {
    let describe = |variant: &str, buses: u8, extra: Option<&str>| {
        image! {
            name: format!("x-{variant}"),
            base: stand_in,
            label "first" = "1",
            if variant == "cluster" {
                label "org.example.variant" = variant
                layer "cluster" { bin "cluster" }
            } else if variant == "head" {
                layer "head" { bin "head" }
            } else {
                layer "other" { bin "other" }
            }
            layer "app" {
                bin "before"
                for bus in 0..buses {
                    enable format!("can@can{bus}.service")
                }
                match variant {
                    "cluster" | "head" => { text "a" => "/etc/a" }
                    _ if buses > 1 => { text "b" => "/etc/a" },
                    _ => {}
                }
                if let Some(path) = extra {
                    dir path
                }
                ..[Dir::new("/usr/share/x")]
                bin "after"
            }
            ..[Layer::new("last").bin("z")]
        }
    };
    let app = |layer: Layer| layer;
    let cluster = Image::new("x-cluster", Base::stand_in())
        .label("first", "1")
        .label("org.example.variant", "cluster")
        .layer(Layer::new("cluster").bin("cluster"))
        .layer(app(Layer::new("app")
            .bin("before")
            .enable("can@can0.service")
            .enable("can@can1.service")
            .text("a", "/etc/a")
            .dir("/usr/share/y")
            .with(Dir::new("/usr/share/x"))
            .bin("after")))
        .layer(Layer::new("last").bin("z"));
    assert_eq!(describe("cluster", 2, Some("/usr/share/y")), cluster);
    let other = Image::new("x-x", Base::stand_in())
        .label("first", "1")
        .layer(Layer::new("other").bin("other"))
        .layer(app(Layer::new("app")
            .bin("before")
            .enable("can@can0.service")
            .with(Dir::new("/usr/share/x"))
            .bin("after")))
        .layer(Layer::new("last").bin("z"));
    assert_eq!(describe("x", 1, None), other);
}

#[test]
fn a_value_is_any_expression() {
    let path = |name: &str| format!("/etc/{name}");
    let name = String::from("x");
    let motd = "hi\n";
    let lines = vec!["d /var/lib/x 0755 root root -".to_owned()];
    let said = image! {
        name: if name.is_empty() { "y" } else { "x" },
        base: stand_in,
        version: env!("CARGO_PKG_VERSION"),
        layer &name {
            text motd => path("motd")
            text [motd, motd].concat() => path("issue") { mode: 0o600 | 0o040 }
            file format!("deploy/{name}") => path("b")
            sysusers name.as_str() = ["g can -"]
            tmpfiles format!("{name}-dirs") = lines
            kargs name.clone() ["quiet"]
            packages ["a"].map(str::to_owned)
            run std::iter::once("ldconfig")
        }
        layer Layer::new("app").bin("sensord")
    };
    let built = Image::new("x", Base::stand_in())
        .version(env!("CARGO_PKG_VERSION"))
        .layer(
            Layer::new("x")
                .text("hi\n", "/etc/motd")
                .with(File::text("hi\nhi\n", "/etc/issue").mode(0o640))
                .file("deploy/x", "/etc/b")
                .sysusers("x", ["g can -"])
                .tmpfiles("x-dirs", ["d /var/lib/x 0755 root root -"])
                .kargs("x", ["quiet"])
                .packages(["a"])
                .run(["ldconfig"]),
        )
        .layer(Layer::new("app").bin("sensord"));
    assert_eq!(said, built);
}

#[test]
fn a_name_of_yours_stays_yours() {
    let (image, layer, file) = ("x", "gateway", "/etc/motd");
    let said = image! {
        name: image
        base: stand_in
        if image == "x" {
            layer layer {
                if layer == "gateway" { bin layer }
                text image => file
            }
        }
    };
    assert_eq!(said, super::layer(Layer::new("gateway").bin("gateway").text("x", "/etc/motd")));
}

#[test]
fn separators_are_as_you_like() {
    let said =
        image! { name: "x"; base: stand_in; layer "a" { bin "b", bin "c"; bin "d" bin "e" {} } layer "f" {} };
    let built = Image::new("x", Base::stand_in())
        .layer(Layer::new("a").bin("b").bin("c").bin("d").bin("e"))
        .layer(Layer::new("f"));
    assert_eq!(said, built);
}

#[test]
fn what_can_not_be_there_twice_at_once_may_be_written_twice() {
    let describe = |variant: bool| {
        image! {
            name: "x"
            base: stand_in
            if variant {
                layer "app" { text "a" => "/etc/a" }
            } else {
                layer "app" { text "b" => "/etc/a" }
            }
            layer "config" {
                if variant { enable "a.service" } else { mask "a.service" }
                dir "/usr/share/x"
                dir "/usr/share/x" { mode: 0o700 }
                remove "/etc/motd"
                text "new\n" => "/etc/motd"
            }
            layer "later" { text "newer\n" => "/etc/motd" }
        }
    };
    assert_ne!(describe(true), describe(false));
}
