//! An appliance whose packages do what those of a distribution do: accounts made by scriptlets, units and presets,
//! state, capabilities, alternatives, links by build id. It is built by this crate with an engine, and by podman.

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
    assert_eq!(own.count(), 2, "one layer of the description is one of the image: {image}");
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
    let [[_, _, help]] = &found[..] else { panic!("one layer has state: {found:#?}") };
    example.describe(&with_state(help));
    example.build("appliance");
    let found: Vec<_> = state(findings(example)).collect();
    let [[_, message, _]] = &found[..] else { panic!("a file remains, and nothing else: {found:#?}") };
    assert!(message.starts_with("no tmpfiles.d makes `/var/lib/alternatives/rig-edit`: "), "{message}");
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
        ("rig-modules-1-1.noarch", false),
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
}

/// The timer is not asked: at a first boot, systemd applies the presets, and that of `rig-timer` enables it.
fn it_boots(example: &Example) {
    let script = "systemctl is-active rig-daemon; systemctl is-enabled rig-daemon-helper; \
                  cat /var/lib/rig-daemon/data/state; stat -c '%U:%G %a' /var/lib/rig-direct";
    let (_, stdout, stderr) = example.image(&["boot", "appliance", "--execute", "sh", "-c", script]);
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(lines, ["active", "masked", "started", "rig-direct:rig-direct 700"], "{stderr}");
}
