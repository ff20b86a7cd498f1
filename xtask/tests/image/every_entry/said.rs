//! Every kind of entry as `image!` says it.

use lapstrake_xtask::prelude::*;

use super::{ASSET, DIGEST, asset};
use crate::stage;

/// Returns every kind of entry with every option that its builder has.
pub(super) fn said() -> Image {
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
            user "operator" = 1001 { password_hash: Secret::env("hash", "OPERATOR_HASH") }
            user "admin" = 1000 { authorized_keys: "README.md", password_hash: "README.md", sudo: "ALL", subids: 100_000 => 65_536 }
            group "can"
            group "lin" { id: 961 }
            zone "public" { port: ["7447/tcp", "8000-8100/udp"], service: "http", source: "10.0.0.0/8", interface: "eth0", masquerade }
            state_seed "xtask/src" => "/var/lib/src"
            default_zone "trusted"
            bound "registry.example/fleet/radio@sha256:5d20c808ce198565ff70b3ed23a991dd49afac45dece63474b27ce6ed036adc6"
            embed "registry.example/fleet/radio:2"
            embed format!("registry.example/{}:2", "tuner") { named: "localhost/tuner:2", allow: "x" }
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
            kernel "kernel-rt"
            kernel "kernel-64k" { replacing: "kernel-automotive-core" }
            kmod "README.md"
            built_kmod "/src/out/radar.ko" { stage: stage() }
            built_kmod "/src/out/extra" {
                stage: stage(),
                signed: Secret::file("module-key", "~/modules.key") => "README.md",
                pin: Secret::env("module-pin", "MODULE_PIN"),
            }
            selinux_boolean "httpd_can_network_connect" = true
            selinux_context "/webapp(/.*)?" = "httpd_sys_content_t"
            selinux_module "README.md"
            built_selinux_module "/src/webapp.pp" { stage: stage() }
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
