//! `image!` says what the builder says: for every kind of entry and every option the two give an equal
//! image, and its sites are the entries' own lines.

use std::collections::BTreeSet;

use lapstrake::entry::EntryRef;
use lapstrake_xtask::prelude::*;

/// Assets of this repository that the descriptions name; their content does not matter.
const ASSET: &str = "xtask/Cargo.toml";

fn asset(path: &str) -> Asset {
    Asset::new(path)
}

fn layer(layer: Layer) -> Image {
    Image::new("x", Base::stand_in()).layer(layer)
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
    };
    let built = Image::new("telematics", Base::registry("registry.example/autosd:1").architecture("arm64"))
        .version("1.4.0")
        .reference("registry.example/fleet/telematics:stable")
        .label("org.example.variant", "cluster")
        .label("org.example.line", "a-1");
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

/// The compiler refuses this match when a kind is new: then it wants its keyword, and its lines below.
fn keyword(kind: &EntryKind) -> &'static str {
    match EntryRef::of(kind) {
        EntryRef::Bin(_) => "bin",
        EntryRef::Dir(_) => "dir",
        EntryRef::DropIn(_) => "drop_in",
        EntryRef::File(_) => "file",
        EntryRef::Kargs(_) => "kargs",
        EntryRef::Packages(_) => "packages",
        EntryRef::Remove(_) => "remove",
        EntryRef::Run(_) => "run",
        EntryRef::Symlink(_) => "symlink",
        EntryRef::Sysusers(_) => "sysusers",
        EntryRef::Tmpfiles(_) => "tmpfiles",
        EntryRef::Tree(_) => "tree",
        EntryRef::Unit(_) => "unit",
        EntryRef::UnitState(_) => "enable",
    }
}

fn stage() -> BuildStage {
    BuildStage::on(Base::registry("registry.example/autosd-gcc:1")).run(["make", "-C", "/src"])
}

/// Every kind of entry, with every option that its builder has.
fn said() -> Image {
    image! {
        name: "x",
        base: stand_in,
        layer "all" {
            bin "sensord"
            bin "probe" {
                package: "diagnostics",
                features: ["can", "lin"],
                no_default_features,
                profile: "dist",
                target: "aarch64-unknown-linux-gnu",
                at: "/usr/libexec/probe",
                in_stage: stage(),
                mode: 0o4750,
                owner: "root:diag",
                capability: "cap_net_raw=ep",
            }
            file "xtask/Cargo.toml" => "/etc/sensord.toml"
            file "xtask/Cargo.toml" => "/etc/key" { mode: 0o640, owner: "root:sensord", capability: "cap_chown=ep" }
            text "hi\n" => "/etc/motd"
            text "hi\n" => "/etc/issue" { mode: "0600", owner: (0, 998), capability: "cap_chown=p", allow: "setuid" }
            built "/src/out/canfw" => "/usr/libexec/canfw" { stage: stage() }
            built "/src/out/lin.bin" => "/usr/lib/firmware/lin.bin" { stage: stage(), mode: 0o644, owner: "root:can", capability: "cap_chown=p", allow: "x" }
            tree "xtask/src" => "/usr/share/src"
            tree "xtask/src" => "/usr/share/other" { exclude: ["tests", "**/*.md"], dir_mode: 0o700, mode: 0o600, owner: "0:0", capability: "cap_chown=ep" }
            dir "/usr/share/empty"
            dir "/usr/share/private" { mode: 0o2770, owner: "root", allow: ["setuid", "usr-owner"] }
            symlink "/etc/localtime" -> "../usr/share/zoneinfo/UTC"
            symlink "/etc/link" -> "target" { owner: "1:1" }
            remove "/etc/old"
            unit "c.service" = "[Service]\n"
            unit "can@.service" = "[Service]\n" { enabled, instances: ["can0", "can1"], mode: 0o600, owner: "0:0" }
            unit asset(ASSET) { named: "d.service" }
            drop_in "memory" = "[Service]\nMemoryMax=64M\n" => "e.service"
            drop_in "tasks.conf" = "[Service]\n" => "e.service" { mode: 0o600, owner: "0:1" }
            drop_in asset("x/limits.conf") => "e.service"
            enable "f.service"
            disable "g.service"
            mask "h.service"
            default_target "multi-user.target"
            sysusers "sensord" ["u sensord - \"Telemetry\"", "g can -"]
            sysusers asset("deploy/diag.conf")
            tmpfiles "sensord" ["d /var/lib/sensord 0750 sensord sensord -"]
            tmpfiles asset("deploy/diag.conf")
            kargs "10-quiet" ["quiet", "console=ttyS0"]
            kargs "20-serial" ["console=ttyAMA0"] { match_architectures: ["arm64"] }
            kargs "30-both" ["a"] { match_architectures: ["arm64", "amd64"] }
            packages ["vsomeip3", "dlt-daemon"]
            run ["ldconfig", "-v"]
            packages ["chrony-4.5"] {
                remove: ["nano", "vi"],
                swap: "coreutils-single" => "coreutils",
                swap: ["a" => "b", "c" => "d"],
                rpm_file: "xtask/Cargo.toml",
                rpm_file: ["xtask/Cargo.toml", "README.md"],
                repository: Repository::new("bench", "http://127.0.0.1:8000").unsigned(),
                repository: "vendor" => "https://rpms.example/el10/$basearch" { gpg_key: "README.md", kept },
                repository: ["nightly" => format!("https://rpms.example/{}", 10) { unsigned }, Repository::new("z", "file:///srv")],
                repo_file: "xtask/Cargo.toml",
                without_docs,
                without_weak_dependencies,
            }
            packages { remove: ["nano"] }
            run ["maps-import", "--region", "eu"] {
                env: "LANG" => "C.UTF-8",
                env: ["TZ" => "UTC", "REGION" => format!("{}u", "e")],
                current_dir: "/usr/share/maps",
                cache: "/var/cache/maps",
                cache: ["/var/cache/a", "/var/cache/b"],
                bind: "xtask/src" => "/run/maps",
                bind: ["README.md" => "/run/readme", asset("README.md") => "/run/other"],
                secret: Secret::env("maps-token", "MAPS_TOKEN"),
                secret: [Secret::file("netrc", "~/.netrc")],
                network,
            }
            shell "ldconfig && rm -f /usr/lib/old"
            shell format!("echo {}", 1) { env: "LANG" => "C", network }
        }
    }
}

fn built() -> Layer {
    let layer = Layer::new("all")
        .bin("sensord")
        .bin(
            Bin::new("probe")
                .package("diagnostics")
                .features(["can", "lin"])
                .no_default_features()
                .profile("dist")
                .target("aarch64-unknown-linux-gnu")
                .at("/usr/libexec/probe")
                .in_stage(stage())
                .mode(0o4750)
                .owner("root:diag")
                .capability("cap_net_raw=ep"),
        )
        .file(asset(ASSET), "/etc/sensord.toml")
        .with(
            File::new(asset(ASSET), "/etc/key").mode(0o640).owner("root:sensord").capability("cap_chown=ep"),
        )
        .text("hi\n", "/etc/motd")
        .with(
            File::text("hi\n", "/etc/issue")
                .mode("0600")
                .owner((0, 998))
                .capability("cap_chown=p")
                .allow("setuid"),
        )
        .with(File::from_stage(stage(), "/src/out/canfw", "/usr/libexec/canfw"))
        .with(
            File::from_stage(stage(), "/src/out/lin.bin", "/usr/lib/firmware/lin.bin")
                .mode(0o644)
                .owner("root:can")
                .capability("cap_chown=p")
                .allow("x"),
        )
        .tree(asset("xtask/src"), "/usr/share/src")
        .with(
            Tree::new(asset("xtask/src"), "/usr/share/other")
                .exclude("tests")
                .exclude("**/*.md")
                .dir_mode(0o700)
                .mode(0o600)
                .owner("0:0")
                .capability("cap_chown=ep"),
        )
        .dir("/usr/share/empty")
        .with(Dir::new("/usr/share/private").mode(0o2770).owner("root").allow("setuid").allow("usr-owner"))
        .symlink("../usr/share/zoneinfo/UTC", "/etc/localtime")
        .with(Symlink::to("target", "/etc/link").owner("1:1"))
        .remove("/etc/old")
        .unit(Unit::text("c.service", "[Service]\n"))
        .unit(
            Unit::text("can@.service", "[Service]\n")
                .enabled()
                .instances(["can0", "can1"])
                .mode(0o600)
                .owner("0:0"),
        )
        .unit(Unit::file(asset(ASSET)).named("d.service"))
        .with(DropIn::text("memory", "[Service]\nMemoryMax=64M\n", "e.service"))
        .with(DropIn::text("tasks.conf", "[Service]\n", "e.service").mode(0o600).owner("0:1"))
        .with(DropIn::file(asset("x/limits.conf"), "e.service"))
        .enable("f.service")
        .disable("g.service")
        .mask("h.service")
        .default_target("multi-user.target")
        .sysusers("sensord", ["u sensord - \"Telemetry\"", "g can -"])
        .with(Sysusers::file(asset("deploy/diag.conf")))
        .tmpfiles("sensord", ["d /var/lib/sensord 0750 sensord sensord -"])
        .with(Tmpfiles::file(asset("deploy/diag.conf")))
        .kargs("10-quiet", ["quiet", "console=ttyS0"])
        .with(Kargs::new("20-serial", ["console=ttyAMA0"]).match_architectures(["arm64"]))
        .with(Kargs::new("30-both", ["a"]).match_architectures(["arm64", "amd64"]));
    with_what_needs_an_engine(layer)
}

fn with_what_needs_an_engine(layer: Layer) -> Layer {
    layer
        .packages(["vsomeip3", "dlt-daemon"])
        .run(["ldconfig", "-v"])
        .with(
            Packages::install(["chrony-4.5"])
                .and_remove(["nano", "vi"])
                .and_swap("coreutils-single", "coreutils")
                .and_swap("a", "b")
                .and_swap("c", "d")
                .rpm_file(asset(ASSET))
                .rpm_file(asset(ASSET))
                .rpm_file(asset("README.md"))
                .repository(Repository::new("bench", "http://127.0.0.1:8000").unsigned())
                .repository(
                    Repository::new("vendor", "https://rpms.example/el10/$basearch")
                        .gpg_key(asset("README.md"))
                        .kept(),
                )
                .repository(Repository::new("nightly", "https://rpms.example/10").unsigned())
                .repository(Repository::new("z", "file:///srv"))
                .repo_file(asset(ASSET))
                .without_docs()
                .without_weak_dependencies(),
        )
        .with(Packages::default().and_remove(["nano"]))
        .with(
            Run::new(["maps-import", "--region", "eu"])
                .env("LANG", "C.UTF-8")
                .env("TZ", "UTC")
                .env("REGION", "eu")
                .current_dir("/usr/share/maps")
                .cache("/var/cache/maps")
                .cache("/var/cache/a")
                .cache("/var/cache/b")
                .bind(asset("xtask/src"), "/run/maps")
                .bind(asset("README.md"), "/run/readme")
                .bind(asset("README.md"), "/run/other")
                .secret(Secret::env("maps-token", "MAPS_TOKEN"))
                .secret(Secret::file("netrc", "~/.netrc"))
                .network(),
        )
        .with(Run::shell("ldconfig && rm -f /usr/lib/old"))
        .with(Run::shell("echo 1").env("LANG", "C").network())
}

#[test]
fn every_entry_with_every_option_is_what_the_builder_makes() {
    let (said, built) = (said(), built());
    for (index, (entry, other)) in said.layers[0].entries.iter().zip(&built.entries).enumerate() {
        assert_eq!(entry, other, "entry {index}, {}", keyword(&other.kind));
    }
    let kinds: BTreeSet<_> = built.entries.iter().map(|entry| keyword(&entry.kind)).collect();
    assert_eq!(kinds.len(), 14, "a kind is missing: {kinds:?}");
    assert_eq!(said, layer(built));
}

#[test]
fn a_site_is_the_line_and_column_of_the_entry() {
    let start = line!();
    let image = image! {
        name: "x",
        base: stand_in,
        layer "one" {
            bin "sensord"
            file "xtask/Cargo.toml" => "/etc/x" {
                mode: 0o640,
            }
            unit "c.service" = "[Service]\n" { enabled }
            ..[Dir::new("/usr/share/x")]
            packages ["a"] {
                repository: [
                    "vendor" => "https://rpms.example/el10",
                ],
            }
            built "/src/x" => "/usr/x" { stage: stage() }
        }
    };
    let at = |site: lapstrake::Site| (site.line() - start, site.column());
    assert_eq!(at(image.site), (2, 9));
    assert_eq!(at(image.base.site()), (3, 15));
    let layer = &image.layers[0];
    assert_eq!(at(layer.site), (4, 9));
    let sites: Vec<_> = layer.entries.iter().map(|entry| at(entry.site)).collect();
    assert_eq!(sites, [(5, 13), (6, 13), (9, 13), (10, 13), (11, 13), (16, 13)]);
    let file: &File = layer.entries[1].get().unwrap();
    assert_eq!(at(file.at.site()), (6, 13));
    assert_eq!(at(file.attributes.mode.as_ref().unwrap().site()), (7, 17));
    let unit: &Unit = layer.entries[2].get().unwrap();
    assert_eq!(at(unit.name.site()), (9, 13));
    let packages: &Packages = layer.entries[4].get().unwrap();
    assert_eq!(at(packages.repositories[0].url.site()), (13, 21));
    assert!(image.site.file().ends_with("tests/image.rs"));
}

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
    assert_eq!(said, self::layer(Layer::new("gateway").bin("gateway").text("x", "/etc/motd")));
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
