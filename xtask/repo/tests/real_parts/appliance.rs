//! An appliance whose packages do what those of a distribution do: accounts made by scriptlets, units and presets,
//! state, capabilities, alternatives, a kernel module, a policy module, links by build id. Two layers install them and
//! enable their units, and the product above has users and a program of its own. It is built by this crate with an
//! engine, and by podman; then it boots, and each service answers.

use std::process::Command;

use serde_json::Value;

use crate::example::Example;
use crate::fixtures;
use crate::stored::Stored;
use crate::tree::{Tree, assert_same};

const MAIN: &str = include_str!("appliance/main.rs");
const WITHOUT_STATE: &str = ".layer(extras())";

#[test]
fn packages_of_a_distribution_and_their_units_in_one_layer() {
    let Some(fixtures) = fixtures::made() else { return };
    let example = Example::copied(&fixtures);
    example.describe(MAIN);
    a_context_before_a_build_is_refused(&example);
    let (image, _) = example.build("appliance");
    let own = image["layers"].as_array().unwrap().iter().filter(|layer| layer["origin"] != "base");
    assert_eq!(own.count(), 3, "one layer of the description is one of the image: {image}");
    a_misspelt_unit_is_an_error_with_the_packaged_one(&example);
    the_lines_of_the_help_make_the_state(&example);
    podman_makes_the_same(&example);
    it_boots(&example);
}

fn a_context_before_a_build_is_refused(example: &Example) {
    let context = example.beside.join("context");
    let (code, _, stderr) = example.image(&["emit", "appliance", "-o", context.to_str().unwrap()]);
    assert_ne!(code, 0);
    assert!(stderr.contains("`.enable(\"rig-daemon.service\")`"), "{stderr}");
    assert!(stderr.contains("run `cargo xtask image build appliance` first, and emit again"), "{stderr}");
    assert!(!context.exists());
}

fn a_misspelt_unit_is_an_error_with_the_packaged_one(example: &Example) {
    example.describe(&MAIN.replace(".enable(\"rig-daemon", ".enable(\"rig-deamon"));
    let (code, _, stderr) = example.image(&["build", "appliance"]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("did you mean `rig-daemon.service`?"), "{stderr}");
}

/// Returns what `check` finds about the layers: the name, the message and the help.
fn findings(example: &Example) -> Vec<[String; 3]> {
    let (code, found, stderr) = example.image(&["check", "appliance", "--format", "json"]);
    assert_eq!(code, 0, "{stderr}{found}");
    let found: Value = serde_json::from_str(&found).unwrap();
    let of_layers = found["findings"].as_array().unwrap().iter().filter(|found| found["blame"] != "base");
    let text = |found: &Value, key: &str| found[key].as_str().unwrap_or_default().to_owned();
    of_layers.map(|found| ["name", "message", "help"].map(|key| text(found, key))).collect()
}

/// `rig-ping` has setuid programs, and the package is named.
fn a_finding_names_the_package(found: &[[String; 3]]) {
    let setuid: Vec<_> =
        found.iter().filter(|[name, ..]| name == "setuid").map(|[_, message, _]| message).collect();
    assert!(setuid.iter().all(|message| message.contains(" (from package `rig-")), "{setuid:#?}");
    assert!(!setuid.is_empty());
}

/// A package's directories below /var are reported with the lines of tmpfiles.d that make them at each boot.
fn the_lines_of_the_help_make_the_state(example: &Example) {
    let state = |found: Vec<[String; 3]>| found.into_iter().filter(|[name, ..]| name == "var-tmpfiles");
    example.describe(MAIN);
    let found = findings(example);
    a_finding_names_the_package(&found);
    let found: Vec<_> = state(found).collect();
    let [[_, _, help], [..]] = &found[..] else { panic!("two layers have state: {found:#?}") };
    // A layer above both has the lines of both.
    example.describe(&with_state(help));
    example.build("appliance");
    let found: Vec<_> = state(findings(example)).collect();
    let [[_, services, _], [_, extras, _]] = &found[..] else { panic!("two files remain: {found:#?}") };
    for (message, file) in
        [(services, "/var/lib/alternatives/rig-edit"), (extras, "/var/opt/rig/bin/rig-agent")]
    {
        assert!(message.starts_with(&format!("no tmpfiles.d makes `{file}`: ")), "{message}");
    }
}

/// Returns the description with a layer of those lines.
fn with_state(help: &str) -> String {
    MAIN.replace(WITHOUT_STATE, &format!("{WITHOUT_STATE}.layer(Layer::new(\"state\"){help})"))
}

fn podman_makes_the_same(example: &Example) {
    let log = &example.log;
    let context = example.beside.join("context");
    let (code, _, stderr) = example.image(&["emit", "appliance", "-o", context.to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");
    let [hybrid, podman] = ["appliance", "appliance-podman"].map(Stored::named);
    example.take("appliance", &hybrid);
    let build = ["build", "-q", "--no-cache", "-t", podman.name(), "."];
    log.read(Command::new("podman").args(build).current_dir(context));
    let tree = hybrid.tree(log);
    has_what_packages_bring(&tree);
    has_what_scriptlets_and_entries_write(&hybrid, &tree, example);
    assert_same(&tree, &podman.tree(log), "hybrid (left), podman (right)");
    let packages = hybrid.packages(log);
    for (nevra, is_there) in [
        ("rig-tilde-2:1.0~rc1-1.noarch", true),
        // Of the group, beside which `rig-old` can't stay.
        ("rig-new-1-1.noarch", true),
        ("rig-old-1-1.noarch", false),
        ("rig-greeter-1.1-1.noarch", true),
        ("rig-greeter-1.0-1.noarch", false),
        ("rig-signed-1-1.noarch", true),
        ("rig-modules-1-1.x86_64", true),
        ("rig-weak-1-1.noarch", false),
    ] {
        assert_eq!(packages.contains(&nevra.to_owned()), is_there, "{nevra} in {packages:?}");
    }
    assert_eq!(packages, podman.packages(log));
    assert!(example.lock().contains("\"rig-tilde-2:1.0~rc1-1.noarch\""));
}

fn has_what_packages_bring(tree: &Tree) {
    let of = |path: &str| tree.get(path).unwrap_or_else(|| panic!("`/{path}` is missing"));
    for gone in [
        "etc/systemd/system/timers.target.wants/rig-timer.timer",
        "var/cache/ldconfig",
        "var/log/dnf.log",
        "run/lapstrake",
    ] {
        assert!(!tree.contains_key(gone), "`/{gone}` is there");
    }
    let wanted = "usr/lib/systemd/system/multi-user.target.wants/rig-daemon.service";
    assert_eq!(of(wanted).content, "../rig-daemon.service");
    assert_eq!(of("etc/systemd/system/rig-daemon-helper.service").content, "/dev/null");
    let daemon = of("var/lib/rig-daemon").owner;
    assert!(daemon.0 != 0 && daemon.0 < 1000, "a system account: {daemon:?}");
    assert_eq!((of("var/lib/rig-daemon").mode, of("var/lib/rig-daemon/data").mode), (0o750, 0o700));
    assert_eq!((of("var/cache/rig-daemon").mode, of("var/cache/rig-daemon").owner), (0o770, (0, daemon.1)));
    assert_eq!(of("var/log/rig-daemon").owner, (daemon.0, 0));
    assert_eq!(of("etc/rig-daemon/conf.d/site.conf").owner, daemon);
    assert_eq!(of("etc/rig-daemon/token").owner, (daemon.0, 871));
    assert_eq!(of("var/lib/rig-direct").owner, (871, 871));
    assert!(of("usr/bin/rig-ping").capability.is_some());
    assert_eq!((of("usr/bin/rig-su").mode, of("usr/bin/rig-write").mode), (0o4755, 0o2755));
    assert_eq!(of("etc/alternatives/rig-edit").content, "/usr/bin/rig-edit.small");
    assert!(tree.keys().any(|path| path.ends_with("rig/__pycache__/__init__.cpython-311.pyc")));
    assert_eq!((of("tmp").mode, of("var/tmp").mode), (0o1777, 0o1777));
    assert_eq!(of("usr/lib/.build-id/4f/0c2e6b1a7d").content, "../../../../usr/lib64/rig/librig.so.1.2");
    assert_eq!(of("var/opt/rig/bin/rig-agent").mode, 0o755);
    assert_eq!(of("usr/local/bin/rig-agent").content, "/opt/rig/bin/rig-agent");
    let enabled = "etc/systemd/system/multi-user.target.wants/rig-agent.service";
    assert_eq!(
        of(enabled).content,
        "/lib/systemd/system/rig-agent.service",
        "by `systemctl enable` in %post"
    );
    assert_eq!(of("etc/rig-daemon/rig-daemon.conf").owner, (0, daemon.1));
}

/// What depmod, semodule and %posttrans make of the packages, and what entries make of their files.
fn has_what_scriptlets_and_entries_write(image: &Stored, tree: &Tree, example: &Example) {
    let text = |path: &str| image.text(path, &example.log);
    let module =
        tree.keys().find_map(|path| path.strip_suffix("/extra/rig.ko")).expect("the module is there");
    assert!(text(&format!("{module}/modules.dep")).lines().any(|line| line == "extra/rig.ko:"));
    let contexts = text("etc/selinux/targeted/contexts/files/file_contexts");
    assert!(contexts.contains("/usr/libexec/rig-.*\t--\tsystem_u:object_r:rig_t\n"), "{contexts}");
    let known = text("usr/share/rig-timer/known");
    assert_eq!(known, "/usr/libexec/rig-daemon\n/usr/libexec/rig-timer\n", "%posttrans sees both packages");
    assert_eq!(text("etc/rig-daemon/rig-daemon.conf"), "listen = 7448\n");
    let zone = text("etc/firewalld/zones/public.xml");
    let vendor = "  <service name=\"rig\"/>\n  <port port=\"7448\" protocol=\"tcp\"/>\n</zone>";
    assert!(zone.contains(vendor), "the zone of the package with the port: {zone}");
}

/// Each service answers on its port or socket. The timer is not asked: at a first boot, systemd applies the presets, and
/// that of `rig-timer` enables it.
fn it_boots(example: &Example) {
    let tcp = "socket.create_connection(('127.0.0.1', 7448))";
    let unix = "(lambda peer: peer.connect('/run/rig-agent/socket') or peer)(socket.socket(socket.AF_UNIX))";
    let line =
        |peer: &str| format!("python3 -c \"import socket; print({peer}.makefile().readline().strip())\"");
    // A service is active before its socket is open.
    let answers = [&line(tcp), &line(unix), "gatewayd --ask"];
    let answers = answers.map(|ask| format!("until {ask} 2>/dev/null; do sleep 1; done"));
    let system = "systemctl is-active rig-daemon rig-agent gatewayd; systemctl is-enabled rig-daemon-helper; \
                  cat /var/lib/rig-daemon/data/state; stat -c '%U:%G %a' /var/lib/rig-direct; \
                  id -nG gatewayd; id -nG mechanic; stat -c '%U %a' /var/home/mechanic/.ssh/authorized_keys; \
                  ldconfig -p | grep -c librig.so.1; modinfo -F alias rig; readlink -f /usr/bin/rig-edit";
    let script = format!("{}; {system}", answers.join("; "));
    let (_, stdout, stderr) = example.image(&["boot", "appliance", "--execute", "sh", "-c", &script]);
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "rig-daemon on port 7448",
            "rig-agent",
            "gateway: generation new, 1 routes, asked 1",
            "active",
            "active",
            "active",
            "masked",
            "started",
            "rig-direct:rig-direct 700",
            "gatewayd rig-daemon",
            "mechanic wheel",
            "mechanic 600",
            "1",
            "rig-driver",
            "/usr/bin/rig-edit.small",
        ],
        "{stderr}"
    );
}
