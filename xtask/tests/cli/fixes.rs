//! `image check --fix`: what it changes, and what it leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::fixture::Workspace;

const USERS: &str = "# The web server's.\r\nu web 990:990 - -\r\n";
const STATE: &str = "d /var/lib/web 0640 root root -\nd /var/lib/web/shared 0777 root root -\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("deploy/start.sh", "#!/bin/sh\nexit 0\n");
    workspace.write("deploy/web.conf", USERS);
    workspace.write("deploy/state.conf", STATE);
    workspace
}

fn names(document: &Value) -> Vec<&str> {
    document["findings"].as_array().unwrap().iter().filter_map(|found| found["name"].as_str()).collect()
}

#[test]
fn what_is_certain_is_fixed_in_files_and_in_the_description_and_nothing_else() {
    let workspace = workspace();
    let check = |arguments: &[&str]| {
        let fixed = ["check", "--format", "json", "--skip", "systemd-analyze"];
        workspace.describe("fixable", &[&fixed[..], arguments].concat()).json()
    };
    let source = workspace.read("xtask/src/fixable.rs");
    let before = check(&[]);
    assert_eq!(workspace.read("xtask/src/fixable.rs"), source, "a check changes nothing");
    assert!(before.get("fixed").is_none(), "{before:#}");
    let of_file = before["findings"].as_array().unwrap().iter().find(|found| found["name"] == "exec-mode");
    assert_eq!(of_file.unwrap()["fix"], json!({ "executable": { "file": "deploy/start.sh" } }));

    let fixed = &check(&["--fix"])["fixed"];
    let files = json!({
        "deploy/start.sh": 1, "deploy/state.conf": 1, "deploy/web.conf": 1, "xtask/src/fixable.rs": 4,
    });
    assert_eq!(*fixed, json!({ "files": files, "left": 0 }), "{before:#}");
    assert_eq!(workspace.read("deploy/web.conf"), USERS.replace("u web", "g web 990\r\nu web"));
    assert_eq!(workspace.read("deploy/state.conf"), STATE.replace("0640", "0750"), "0777 may be meant");
    assert_ne!(fs::metadata(workspace.path("deploy/start.sh")).unwrap().permissions().mode() & 0o111, 0);
    let applied = source
        .replace("[\"u can 980:980 - -\"]", "[\"g can 980\", \"u can 980:980 - -\"]")
        .replace("kargs.d/10-quiet", "kargs.d/10-quiet.toml")
        .replace(".mode(644)", ".mode(0o644)")
        .replace("\"etc/other.conf\"", "\"/etc/other.conf\"");
    assert_eq!(workspace.read("xtask/src/fixable.rs"), applied);

    let after = check(&[]);
    let gone = ["exec-mode", "sysusers-gid"];
    let left: Vec<_> = names(&after).into_iter().filter(|name| gone.contains(name)).collect();
    assert_eq!(left, ["sysusers-gid"], "the description is compiled: it is fixed in the next run");
    let again = check(&["--fix"]);
    assert_eq!(again["fixed"]["files"], json!({}), "{again:#}");
}

#[test]
fn a_person_reads_how_many_can_be_fixed_and_which_files_have_changed() {
    let workspace = workspace();
    let arguments = ["check", "--color", "never", "--only", "sysusers-gid", "--only", "exec-mode"];
    let check = workspace.describe("fixable", &arguments);
    assert!(check.stderr.contains("`--fix` can fix 5"), "{}", check.stderr);
    let fix = workspace.describe("fixable", &[&arguments[..], &["--fix"]].concat());
    assert_eq!(fix.code, Some(1), "what is fatal in the compiled description stays: {}", fix.stderr);
    assert!(fix.stderr.contains("Fixed deploy/web.conf (1 change)"), "{}", fix.stderr);
}
