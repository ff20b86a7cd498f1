//! The words that `image!` knows, and what a person meant who wrote another one.

use lapstrake::suggest::nearest;

/// Where a keyword may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Directly in `image!`.
    Image,
    /// In the braces of a layer.
    Layer,
}

/// A keyword and how it is written.
pub(super) struct Keyword {
    pub(super) name: &'static str,
    pub(super) level: Level,
    /// An entry to paste.
    pub(super) example: &'static str,
}

const fn image(name: &'static str, example: &'static str) -> Keyword {
    Keyword { name, level: Level::Image, example }
}

const fn layer(name: &'static str, example: &'static str) -> Keyword {
    Keyword { name, level: Level::Layer, example }
}

pub(super) const KEYWORDS: &[Keyword] = &[
    image("name", r#"name: "telematics""#),
    image("base", r#"base: registry "registry.example/autosd:1""#),
    image("version", r#"version: "1.4.0""#),
    image("reference", r#"reference: "registry.example/fleet/telematics:stable""#),
    image("label", r#"label "org.example.variant" = "cluster""#),
    image("env", r#"env "PORT" = "8000""#),
    image("workdir", r#"workdir: "/srv""#),
    image("user", r#"user: "sensord""#),
    image("entrypoint", r#"entrypoint: ["/usr/bin/sensord"]"#),
    image("cmd", r#"cmd: ["--verbose"]"#),
    image("stop_signal", r#"stop_signal: "SIGTERM""#),
    image("allow", r#"allow "container-config""#),
    image("layer", r#"layer "app" { bin "sensord" }"#),
    layer("bin", r#"bin "sensord""#),
    layer("file", r#"file "deploy/sensord.toml" => "/etc/sensord.toml""#),
    layer("text", r#"text "hi\n" => "/etc/motd""#),
    layer("built", r#"built "/src/out/canfw" => "/usr/libexec/canfw" { stage: firmware() }"#),
    layer("built_tree", r#"built_tree "/src/dist" => "/usr/share/page" { stage: page() }"#),
    layer("image_file", r#"image_file "registry.example/caddy:2" = "/usr/bin/caddy" => "/usr/bin/caddy""#),
    layer("image_tree", r#"image_tree "registry.example/page:1" = "/srv" => "/usr/share/page""#),
    layer("fetched", r#"fetched "https://files.example/k3s" = "sha256:…" => "/usr/bin/k3s""#),
    layer(
        "fetched_tree",
        r#"fetched_tree "https://files.example/geth.tar.gz" = "sha256:…" => "/usr" { strip_components: 1 }"#,
    ),
    layer("tree", r#"tree "deploy/share" => "/usr/share/sensord""#),
    layer("dir", r#"dir "/usr/share/sensord""#),
    layer("symlink", r#"symlink "/etc/localtime" -> "../usr/share/zoneinfo/UTC""#),
    layer("remove", r#"remove "/etc/motd""#),
    layer("copy", r#"copy "/etc/chrony.conf" => "/usr/share/defaults/chrony.conf""#),
    layer("rename", r#"rename "/etc/vendor.repo" => "/etc/vendor.repo.off""#),
    layer("unit", r#"unit "deploy/sensord.service" { enabled }"#),
    layer("quadlet", r#"quadlet "deploy/sensord.container" { bound }"#),
    layer("drop_in", r#"drop_in "deploy/memory.conf" => "sensord.service""#),
    layer("edit", r#"edit "/etc/chrony.conf" { append: "log measurements" }"#),
    layer("enable", r#"enable "sshd.service""#),
    layer("disable", r#"disable "sshd.service""#),
    layer("mask", r#"mask "sshd.service""#),
    layer("default_target", r#"default_target "multi-user.target""#),
    layer("user", r#"user "sensord" { home: "/var/lib/sensord" }"#),
    layer("group", r#"group "can""#),
    layer("zone", r#"zone "public" { port: "7447/tcp", service: "http" }"#),
    layer("state_seed", r#"state_seed "www" => "/var/www/html""#),
    layer("default_zone", r#"default_zone "trusted""#),
    layer("bound", r#"bound "registry.example/fleet/radio@sha256:…""#),
    layer("embed", r#"embed "registry.example/fleet/radio@sha256:…""#),
    layer("ca_certificate", r#"ca_certificate "deploy/fleet-ca.pem""#),
    layer("motd", r#"motd "Gateway of the fleet""#),
    layer("environment_file", r#"environment_file "deploy/web.env" => "/etc/default/web""#),
    layer("health_check", r#"health_check "sensors" ["/usr/bin/sensord", "--self-test"]"#),
    layer("initramfs", r#"initramfs { modules: ["clevis"] }"#),
    layer("qm", r#"qm { packages: ["mpd"], unit: "deploy/player.service" }"#),
    layer("kernel", r#"kernel "kernel-rt""#),
    layer("kmod", r#"kmod "vendor/gnss.ko""#),
    layer("built_kmod", r#"built_kmod "/src/out/radar.ko" { stage: drivers() }"#),
    layer("selinux_boolean", r#"selinux_boolean "httpd_can_network_connect" = true"#),
    layer("selinux_context", r#"selinux_context "/webapp(/.*)?" = "httpd_sys_content_t""#),
    layer("selinux_module", r#"selinux_module "deploy/webapp.cil""#),
    layer("built_selinux_module", r#"built_selinux_module "/src/webapp.pp" { stage: policy() }"#),
    layer("selinux_permissive", r#"selinux_permissive "webapp_t""#),
    layer("sysctl", r#"sysctl "90-net" ["net.ipv4.ip_forward = 1"]"#),
    layer("modules_load", r#"modules_load "can" ["vcan"]"#),
    layer("udev_rules", r#"udev_rules "70-gnss" ["KERNEL==\"ttyUSB0\", SYMLINK+=\"gnss\""]"#),
    layer("preset", r#"preset "10-fleet" ["disable avahi-daemon.*"]"#),
    layer("environment", r#"environment "port" ["PORT=8000"]"#),
    layer("sshd", r#"sshd "10-fleet" ["PermitRootLogin no"]"#),
    layer("hostname", r#"hostname "gateway""#),
    layer("locale", r#"locale "C.UTF-8""#),
    layer("timezone", r#"timezone "Europe/Berlin""#),
    layer("sysusers", r#"sysusers "sensord" ["u sensord - \"Telemetry\""]"#),
    layer("tmpfiles", r#"tmpfiles "sensord" ["d /var/lib/sensord 0750 sensord sensord -"]"#),
    layer("tmpfiles_of_packages", r#"tmpfiles_of_packages "platform""#),
    layer("kargs", r#"kargs "10-quiet" ["quiet"]"#),
    layer("packages", r#"packages ["vsomeip3"]"#),
    layer("run", r#"run ["ldconfig"]"#),
    layer("shell", r#"shell "ldconfig && rm -f /usr/lib/old""#),
    // No entry, but a word that starts one.
    layer("..", r"..entries()"),
];

/// What other tools call it: a Containerfile, systemctl, a shell, this crate's own types.
const ELSEWHERE: &[(&str, &str)] = &[
    ("add", "file"),
    ("alias", "symlink"),
    ("arch", "base"),
    ("architecture", "base"),
    ("bash", "shell"),
    ("binary", "bin"),
    ("ca", "ca_certificate"),
    ("certificate", "ca_certificate"),
    ("cmdline", "kargs"),
    ("command", "run"),
    ("compiled", "built"),
    ("config", "file"),
    ("content", "text"),
    ("cp", "copy"),
    ("delete", "remove"),
    ("kernel_module", "kmod"),
    ("curl", "fetched"),
    ("unpack", "fetched_tree"),
    ("archive", "fetched_tree"),
    ("tar", "fetched_tree"),
    ("directory", "dir"),
    ("download", "fetched"),
    ("dnf", "packages"),
    ("dracut", "initramfs"),
    ("dropin", "drop_in"),
    ("dropins", "drop_in"),
    ("change", "edit"),
    ("embedded", "embed"),
    ("enabled", "enable"),
    ("env", "environment"),
    ("enable_if_present", "enable"),
    ("exec", "run"),
    ("executable", "bin"),
    ("firewall", "zone"),
    ("firewalld", "zone"),
    ("folder", "tree"),
    ("from", "base"),
    ("from_stage", "built"),
    ("from_image", "image_file"),
    ("greenboot", "health_check"),
    ("groupadd", "group"),
    ("healthcheck", "health_check"),
    ("host", "hostname"),
    ("image", "base"),
    ("inline", "text"),
    ("install", "packages"),
    ("karg", "kargs"),
    ("labels", "label"),
    ("lang", "locale"),
    ("layers", "layer"),
    ("link", "symlink"),
    ("ln", "symlink"),
    ("masked", "mask"),
    ("mkdir", "dir"),
    ("modules", "modules_load"),
    ("modprobe", "modules_load"),
    ("mount", "unit"),
    ("move", "rename"),
    ("mv", "rename"),
    ("on", "base"),
    ("package", "packages"),
    ("pkg", "packages"),
    ("push", "reference"),
    ("rm", "remove"),
    ("rpm", "packages"),
    ("pod", "quadlet"),
    ("container", "quadlet"),
    ("run_step", "run"),
    ("password_hash", "user"),
    ("patch", "edit"),
    ("script", "shell"),
    ("sed", "edit"),
    ("service", "unit"),
    ("setsebool", "selinux_boolean"),
    ("fcontext", "selinux_context"),
    ("semodule", "selinux_module"),
    ("permissive", "selinux_permissive"),
    ("selinux", "selinux_boolean"),
    ("sh", "shell"),
    ("socket", "unit"),
    ("ssh", "sshd"),
    ("stage", "built"),
    ("stopsignal", "stop_signal"),
    ("systemd", "unit"),
    ("repository", "reference"),
    ("tag", "reference"),
    ("target", "default_target"),
    ("timer", "unit"),
    ("trust", "ca_certificate"),
    ("tz", "timezone"),
    ("tmpfile", "tmpfiles"),
    ("useradd", "user"),
    ("users", "user"),
    ("udev", "udev_rules"),
    ("whiteout", "remove"),
    ("workdir", "dir"),
];

/// Returns the keyword of a level, or that of another level if only that has it.
pub(super) fn find(name: &str, level: Level) -> Option<&'static Keyword> {
    let mut named = KEYWORDS.iter().filter(|keyword| keyword.name == name);
    let first = named.clone().next();
    named.find(|keyword| keyword.level == level).or(first)
}

/// Whether a word is a keyword, at any level.
pub(super) fn is_known(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.name == word)
}

/// Whether a word begins something, at any level.
pub(super) fn starts(word: &str) -> bool {
    is_known(word) || ["if", "for", "match"].contains(&word)
}

/// The keyword that was meant by a word that is none.
pub(super) fn meant(word: &str, level: Level) -> Option<&'static Keyword> {
    if word == "COPY" {
        // The instruction of a Containerfile takes a file of the workspace; `copy` takes one of the layers below.
        return find("file", level);
    }
    let word = word.to_lowercase();
    let here = find(&word, level).filter(|keyword| keyword.level == level);
    let known = || ELSEWHERE.iter().find(|(other, _)| *other == word).and_then(|(_, name)| find(name, level));
    let likely =
        || nearest(&word, KEYWORDS.iter().map(|keyword| keyword.name)).and_then(|name| find(name, level));
    here.or_else(known).or_else(|| find(&word, level)).or_else(likely)
}

/// Whether a keyword of an image is a field, which has `:` before its value and occurs once.
pub(super) fn is_field(name: &str, level: Level) -> bool {
    let fields = ["version", "reference", "workdir", "user", "entrypoint", "cmd", "stop_signal"];
    level == Level::Image && fields.contains(&name)
}
