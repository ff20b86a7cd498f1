//! Every kind of entry with every option, by `image!` and by the builders.
//! It has more than 400 lines because it is one list, to which each new entry adds its lines.

use std::collections::BTreeSet;

use lapstrake::entry::EntryRef;
use lapstrake_xtask::prelude::*;

use super::{layer, stage};

/// An asset of this repository. Its content does not matter.
const ASSET: &str = "xtask/Cargo.toml";
const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn asset(path: &str) -> Asset {
    Asset::new(path)
}

/// Returns the keyword of a kind. The match is exhaustive, so that a new kind needs its keyword and its lines below.
fn keyword(kind: &EntryKind) -> &'static str {
    match EntryRef::of(kind) {
        EntryRef::Bin(_) => "bin",
        EntryRef::CaCertificate(_) => "ca_certificate",
        EntryRef::Conf(_) => "conf",
        EntryRef::Copied(_) => "copy",
        EntryRef::Dir(_) => "dir",
        EntryRef::DropIn(_) => "drop_in",
        EntryRef::Edit(_) => "edit",
        EntryRef::EnvironmentFile(_) => "environment_file",
        EntryRef::File(_) => "file",
        EntryRef::Group(_) => "group",
        EntryRef::HealthCheck(_) => "health_check",
        EntryRef::Kargs(_) => "kargs",
        EntryRef::Kmod(_) => "kmod",
        EntryRef::Motd(_) => "motd",
        EntryRef::Packages(_) => "packages",
        EntryRef::Quadlet(_) => "quadlet",
        EntryRef::Remove(_) => "remove",
        EntryRef::Run(_) => "run",
        EntryRef::Selinux(_) => "selinux_boolean",
        EntryRef::Symlink(_) => "symlink",
        EntryRef::Sysusers(_) => "sysusers",
        EntryRef::Tmpfiles(_) => "tmpfiles",
        EntryRef::Tree(_) => "tree",
        EntryRef::Unit(_) => "unit",
        EntryRef::UnitState(_) => "enable",
        EntryRef::User(_) => "user",
        EntryRef::Zone(_) => "zone",
    }
}

/// Returns every kind of entry with every option that its builder has.
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
            tree "xtask/src" => "/usr/share/other" { only: "tests", exclude: ["tests", "**/*.md"], mode_of: "*.sh" => 0o755, owner_of: ["lib.rs" => "0:1", "a" => "root"], dir_mode: 0o700, mode: 0o600, owner: "0:0", capability: "cap_chown=ep" }
            image_file "registry.example/caddy:2" = "/usr/bin/caddy" => "/usr/bin/caddy"
            image_file "registry.example/web:2" = "/web" => "/usr/bin/web" { mode: 0o700, owner: "0:1", capability: "cap_chown=ep", allow: "x" }
            image_tree "registry.example/page:1" = "/srv" => "/usr/share/pages" { only: "cgi", exclude: "*.map", mode_of: "cgi/*" => 0o755, owner_of: "a" => "0:1", dir_mode: 0o700, mode: 0o600, owner: "0:0", capability: "cap_chown=ep", allow: "x" }
            built_tree "/src/dist" => "/usr/share/page" { stage: stage() }
            built_tree "/src/out" => "/usr/share/venv" { stage: stage(), only: "lib", exclude: "**/*.pyc", mode_of: "bin/*" => 0o755, owner_of: "lib" => "0:1", dir_mode: 0o700, mode: 0o600, owner: "0:0", capability: "cap_chown=ep", allow: "x" }
            dir "/usr/share/empty"
            dir "/usr/share/private" { mode: 0o2770, owner: "root", allow: ["setuid", "usr-owner"] }
            symlink "/etc/localtime" -> "../usr/share/zoneinfo/UTC"
            symlink "/etc/link" -> "target" { owner: "1:1" }
            remove "/etc/old"
            unit "c.service" = "[Service]\n"
            unit "can@.service" = "[Service]\n" { enabled, instances: ["can0", "can1"], mode: 0o600, owner: "0:0" }
            unit asset(ASSET) { named: "d.service" }
            quadlet asset("deploy/web.network")
            quadlet "app.container" = "[Container]\n" { bound, mode: 0o600, owner: "0:0", allow: "x" }
            quadlet asset("deploy/data") { named: "data.volume" }
            drop_in "memory" = "[Service]\nMemoryMax=64M\n" => "e.service"
            drop_in "tasks.conf" = "[Service]\n" => "e.service" { mode: 0o600, owner: "0:1" }
            drop_in asset("x/limits.conf") => "e.service"
            file "README.md" => "/etc/filled" { fill: "@A@" => "a", mode: 0o600 }
            text "@A@ @B@" => "/etc/filled2" { fill: ["@A@" => "a", "@B@" => "b"] }
            fetched "https://files.example/a" = DIGEST => "/usr/bin/a"
            fetched "http://files.example/b" = DIGEST => "/usr/bin/b" { mode: 0o755, allow: "setuid" }
            fetched_tree "https://files.example/a.zip" = DIGEST => "/usr/share/zip"
            fetched_tree "https://files.example/a.tar" = DIGEST => "/opt/tar" { strip_components: 1, only: ["bin", "lib/*.so"], exclude: "*.a", mode_of: "bin/*" => 0o755, owner_of: "lib" => "0:1", dir_mode: 0o700, mode: 0o600, owner: "0:0", capability: "cap_chown=ep", allow: "x" }
            copy "/etc/b" => "/usr/share/b" { allow: "setuid" }
            rename "/etc/c" => "/usr/share/c"
            rename "/etc/d" => "/usr/share/d" { allow: ["setuid", "etc-merge"] }
            edit "/etc/chrony.conf" { append: "a" }
            edit "/etc/journald.conf" { replace: "a" => "b", replace_all: ["c" => "d", "e" => "f"], set: ["Journal", "Storage"] => "none", set: "x" => "y", insert_after: "l" => "m", append: ["n", "o"], allow: "etc-merge" }
            unit "agent.service" = "[Service]\n" { for_users, enabled }
            enable "f.service"
            enable "maybe.service" { if_present }
            mask "f.service" { for_users, if_present }
            disable "g.service"
            mask "h.service"
            default_target "multi-user.target"
            user "app"
            user "web" { id: 960, description: "Web", home: "/var/lib/web", shell: "/usr/bin/sh", groups: ["can", "lin"], lingering }
            user "admin" = 1000 { authorized_keys: "README.md", password_hash: "README.md", sudo: "ALL", subids: 100_000 => 65_536 }
            group "can"
            group "lin" { id: 961 }
            zone "public" { port: ["7447/tcp", "8000-8100/udp"], service: "http", source: "10.0.0.0/8", interface: "eth0", masquerade }
            state_seed "xtask/src" => "/var/lib/src"
            default_zone "trusted"
            bound "registry.example/fleet/radio@sha256:5d20c808ce198565ff70b3ed23a991dd49afac45dece63474b27ce6ed036adc6"
            ca_certificate "README.md"
            motd "Gateway of the fleet"
            motd format!("{}\n", 1) { allow: "x" }
            environment_file "README.md" => "/etc/default/a"
            environment_file asset("README.md") => "/etc/default/b" { mode: 0o600, owner: "0:0", allow: "x" }
            health_check "sensors" ["/usr/bin/sensord", "--self-test"]
            health_check "web.service"
            initramfs { modules: ["clevis"], omit: ["plymouth"], drivers: ["nvme", "can"] }
            qm {
                packages: ["mpd"],
                file: "README.md" => "/etc/mpd.conf",
                text: ["a" => "/etc/a", "b" => "/etc/b"],
                unit: asset("deploy/player.service"),
                enable: "player.service" => "multi-user.target",
                quadlet: [asset("deploy/radio.container")],
                memory_max: "2G",
                memory_high: "1G",
                cpu_weight: 50,
            }
            kmod "README.md"
            selinux_boolean "httpd_can_network_connect" = true
            selinux_context "/webapp(/.*)?" = "httpd_sys_content_t"
            selinux_module "README.md"
            selinux_permissive "webapp_t"
            tmpfiles_of_packages "platform"
            sysctl "90-net" ["net.ipv4.ip_forward = 1", "vm.swappiness=10"] { mode: 0o600, owner: "0:0", allow: "x" }
            modules_load "can" ["vcan"]
            udev_rules "70-gnss" ["KERNEL==\"ttyUSB0\", SYMLINK+=\"gnss\""]
            preset "10-fleet" ["disable avahi-daemon.*"]
            environment "port" ["PORT=8000"]
            sshd "10-fleet" ["PermitRootLogin no"]
            hostname "gateway"
            locale "C.UTF-8"
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
                rpm_dir: "examples",
                rpm_from_stage: stage() => "/out/canfw.rpm",
                repository: Repository::directory("local", asset("examples")),
                repository: Repository::new("bench", "http://127.0.0.1:8000").unsigned(),
                repository: "vendor" => "https://rpms.example/el10/$basearch" { gpg_key: "README.md", kept },
                repository: ["nightly" => format!("https://rpms.example/{}", 10) { unsigned }, Repository::new("z", "file:///srv")],
                repo_file: "xtask/Cargo.toml",
                enable_repository: ["crb", "extras"],
                module: "php:8.2",
                upgrade_all,
                allow_erasing,
                without_scriptlets,
                without_docs,
                without_weak_dependencies,
                allow: "without-scriptlets",
            }
            packages ["@Development Tools"] { remove: ["nano"] }
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
                .only("tests")
                .exclude("tests")
                .exclude("**/*.md")
                .mode_of("*.sh", 0o755)
                .owner_of("lib.rs", "0:1")
                .owner_of("a", "root")
                .dir_mode(0o700)
                .mode(0o600)
                .owner("0:0")
                .capability("cap_chown=ep"),
        )
        .with(File::from_image("registry.example/caddy:2", "/usr/bin/caddy", "/usr/bin/caddy"))
        .with(
            File::from_image("registry.example/web:2", "/web", "/usr/bin/web")
                .mode(0o700)
                .owner("0:1")
                .capability("cap_chown=ep")
                .allow("x"),
        )
        .with(
            Tree::from_image("registry.example/page:1", "/srv", "/usr/share/pages")
                .only("cgi")
                .exclude("*.map")
                .mode_of("cgi/*", 0o755)
                .owner_of("a", "0:1")
                .dir_mode(0o700)
                .mode(0o600)
                .owner("0:0")
                .capability("cap_chown=ep")
                .allow("x"),
        )
        .with(Tree::from_stage(stage(), "/src/dist", "/usr/share/page"))
        .with(
            Tree::from_stage(stage(), "/src/out", "/usr/share/venv")
                .only("lib")
                .exclude("**/*.pyc")
                .mode_of("bin/*", 0o755)
                .owner_of("lib", "0:1")
                .dir_mode(0o700)
                .mode(0o600)
                .owner("0:0")
                .capability("cap_chown=ep")
                .allow("x"),
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
        .quadlet(Quadlet::file(asset("deploy/web.network")))
        .quadlet(Quadlet::text("app.container", "[Container]\n").bound().mode(0o600).owner("0:0").allow("x"))
        .quadlet(Quadlet::file(asset("deploy/data")).named("data.volume"))
        .with(DropIn::text("memory", "[Service]\nMemoryMax=64M\n", "e.service"))
        .with(DropIn::text("tasks.conf", "[Service]\n", "e.service").mode(0o600).owner("0:1"))
        .with(DropIn::file(asset("x/limits.conf"), "e.service"))
        .with(File::template(asset("README.md"), [("@A@", "a")], "/etc/filled").mode(0o600))
        .with(File::text("@A@ @B@", "/etc/filled2").fill("@A@", "a").fill("@B@", "b"))
        .with(File::fetched("https://files.example/a", DIGEST, "/usr/bin/a"))
        .with(File::fetched("http://files.example/b", DIGEST, "/usr/bin/b").mode(0o755).allow("setuid"))
        .with(Tree::fetched("https://files.example/a.zip", DIGEST, "/usr/share/zip"))
        .with(
            Tree::fetched("https://files.example/a.tar", DIGEST, "/opt/tar")
                .strip_components(1)
                .only("bin")
                .only("lib/*.so")
                .exclude("*.a")
                .mode_of("bin/*", 0o755)
                .owner_of("lib", "0:1")
                .dir_mode(0o700)
                .mode(0o600)
                .owner("0:0")
                .capability("cap_chown=ep")
                .allow("x"),
        )
        .with(Copied::of("/etc/b", "/usr/share/b").allow("setuid"))
        .rename("/etc/c", "/usr/share/c")
        .with(Copied::renamed("/etc/d", "/usr/share/d").allow("setuid").allow("etc-merge"))
        .with(Edit::of("/etc/chrony.conf").append("a"))
        .with(
            Edit::of("/etc/journald.conf")
                .replace("a", "b")
                .replace_all("c", "d")
                .replace_all("e", "f")
                .set("Journal", "Storage", "none")
                .set("", "x", "y")
                .insert_after("l", "m")
                .append("n")
                .append("o")
                .allow("etc-merge"),
        )
        .unit(Unit::text("agent.service", "[Service]\n").for_users().enabled())
        .enable("f.service")
        .enable_if_present("maybe.service")
        .with(UnitState::masked("f.service").for_users().if_present())
        .disable("g.service")
        .mask("h.service")
        .default_target("multi-user.target")
        .user(User::system("app"))
        .user(
            User::system("web")
                .id(960)
                .description("Web")
                .home("/var/lib/web")
                .shell("/usr/bin/sh")
                .groups(["can", "lin"])
                .lingering(),
        )
        .user(
            User::login("admin", 1000)
                .authorized_keys(asset("README.md"))
                .password_hash(asset("README.md"))
                .sudo("ALL")
                .subids(100_000, 65_536),
        )
        .group("can")
        .group(Group::new("lin").id(961))
        .with(
            Zone::new("public")
                .port("7447/tcp")
                .port("8000-8100/udp")
                .service("http")
                .source("10.0.0.0/8")
                .interface("eth0")
                .masquerade(),
        )
        .state_seed(asset("xtask/src"), "/var/lib/src")
        .default_zone("trusted")
        .bound("registry.example/fleet/radio@sha256:5d20c808ce198565ff70b3ed23a991dd49afac45dece63474b27ce6ed036adc6")
        .ca_certificate("README.md")
        .motd("Gateway of the fleet")
        .with(Motd::new("1\n").allow("x"))
        .environment_file("README.md", "/etc/default/a")
        .with(EnvironmentFile::file(asset("README.md"), "/etc/default/b").mode(0o600).owner("0:0").allow("x"))
        .health_check(HealthCheck::command("sensors", ["/usr/bin/sensord", "--self-test"]))
        .health_check(HealthCheck::unit("web.service"))
        .entries(Initramfs::regenerated().modules(["clevis"]).omit(["plymouth"]).drivers(["nvme", "can"]))
        .entries(
            Qm::new()
                .packages(["mpd"])
                .file("README.md", "/etc/mpd.conf")
                .text("a", "/etc/a")
                .text("b", "/etc/b")
                .unit(asset("deploy/player.service"))
                .enable("player.service", "multi-user.target")
                .quadlet(asset("deploy/radio.container"))
                .memory_max("2G")
                .memory_high("1G")
                .cpu_weight(50),
        )
        .with(Kmod::file("README.md"))
        .with(Selinux::boolean("httpd_can_network_connect", true))
        .with(Selinux::context("/webapp(/.*)?", "httpd_sys_content_t"))
        .with(Selinux::module("README.md"))
        .with(Selinux::permissive("webapp_t"))
        .tmpfiles_of_packages("platform")
        .with(
            Conf::sysctl("90-net", ["net.ipv4.ip_forward = 1", "vm.swappiness=10"])
                .mode(0o600)
                .owner("0:0")
                .allow("x"),
        )
        .with(Conf::modules_load("can", ["vcan"]))
        .with(Conf::udev_rules("70-gnss", [r#"KERNEL=="ttyUSB0", SYMLINK+="gnss""#]))
        .with(Conf::preset("10-fleet", ["disable avahi-daemon.*"]))
        .with(Conf::environment("port", [("PORT", "8000")]))
        .with(Conf::sshd("10-fleet", ["PermitRootLogin no"]))
        .with(Conf::hostname("gateway"))
        .with(Conf::locale("C.UTF-8"))
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
                .rpm_dir(asset("examples"))
                .rpm_from_stage(stage(), "/out/canfw.rpm")
                .repository(Repository::directory("local", asset("examples")))
                .repository(Repository::new("bench", "http://127.0.0.1:8000").unsigned())
                .repository(
                    Repository::new("vendor", "https://rpms.example/el10/$basearch")
                        .gpg_key(asset("README.md"))
                        .kept(),
                )
                .repository(Repository::new("nightly", "https://rpms.example/10").unsigned())
                .repository(Repository::new("z", "file:///srv"))
                .repo_file(asset(ASSET))
                .enable_repository("crb")
                .enable_repository("extras")
                .module("php:8.2")
                .upgrade_all()
                .allow_erasing()
                .without_scriptlets()
                .without_docs()
                .without_weak_dependencies()
                .allow("without-scriptlets"),
        )
        .with(Packages::install(["@Development Tools"]).and_remove(["nano"]))
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
    assert_eq!(kinds.len(), 27, "a kind is missing: {kinds:?}");
    assert_eq!(said, layer(built));
}
