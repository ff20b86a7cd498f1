//! What `plan` says of a change: each path against the last build of the image, with sizes.

use serde_json::json;

use crate::fixture::{Run, Workspace};

#[test]
fn without_a_build_nothing_is_compared_and_sizes_are_known() {
    let workspace = Workspace::new();
    let plan = workspace.image(&["plan", "cockpit"]).done().stdout;
    assert!(plan.contains("\n  since  no build to compare with\n"), "{plan}");
    let bytes = workspace.read("deploy/gateway.toml").len();
    let row =
        format!("\n    0644 0:0 /etc/gateway.toml <- deploy/gateway.toml ({bytes} B)  xtask/src/main.rs:");
    assert!(plan.contains(&row), "{plan}");
    let document = workspace.image(&["plan", "cockpit", "--format", "json"]).done().json();
    let layer = &document["images"][0]["layers"][0];
    assert_eq!(document["images"][0]["last_build"], json!(null));
    assert_eq!(layer["since_last_build"], json!(null));
    assert_eq!(layer["sizes"]["/etc/gateway.toml"], bytes);
}

#[test]
fn each_path_is_new_changed_gone_or_as_it_was_in_the_last_build() {
    let workspace = Workspace::new();
    workspace.image(&["build", "cockpit"]).done();
    let rows = |description: &str, arguments: &[&str]| {
        let arguments = [&["plan", "cockpit"], arguments].concat();
        let plan = workspace.describe(description, &arguments).done().stdout;
        assert!(plan.contains("\n  since  the last build: + new, ~ changed, - gone, "), "{plan}");
        plan
    };
    let same = rows("", &[]);
    assert!(same.contains("\n      0644 0:0 /etc/gateway.toml "), "{same}");
    let bare = rows("bare", &[]);
    assert!(bare.contains("\n    + 0644 0:0 /etc/other "), "{bare}");
    assert!(bare.contains("\n    - /etc/gateway.toml\n"), "{bare}");
    let layers = rows("shadowed", &[]);
    assert!(layers.contains("\n      0644 0:0 /etc/gateway.toml "), "{layers}");
    assert!(layers.contains("\n    + 0644 0:0 /etc/gateway.toml "), "the layer `later` is new: {layers}");
    workspace.write("deploy/gateway.toml", "changed = true\n");
    let changed = rows("", &[]);
    assert!(
        changed.contains("\n    ~ 0644 0:0 /etc/gateway.toml <- deploy/gateway.toml (15 B)"),
        "{changed}"
    );
    let document = workspace.describe("bare", &["plan", "--format", "json"]).done().json();
    let since = &document["images"][0]["layers"][0]["since_last_build"];
    assert_eq!((&since["/etc/other"], &since["/etc/gateway.toml"]), (&json!("added"), &json!("removed")));
    assert_eq!(document["images"][0]["last_build"], json!({ "layers_gone": [] }));

    workspace.describe("shadowed", &["build"]).done();
    let fewer = rows("", &[]);
    assert!(fewer.contains("\n  - layer  later\n"), "{fewer}");
    let document = workspace.image(&["plan", "cockpit", "--format", "json"]).done().json();
    assert_eq!(document["images"][0]["last_build"]["layers_gone"][0], "later");
}

#[test]
fn a_binary_is_known_after_the_build_and_is_not_guessed() {
    let workspace = Workspace::new();
    workspace.image(&["build", "gateway"]).done();
    let plan = workspace.image(&["plan", "gateway"]).done().stdout;
    assert!(plan.contains("\n    ? 0755 0:0 /usr/bin/gatewayd <- cargo: gatewayd  "), "{plan}");
    assert!(plan.contains("\n      0644 0:0 /etc/gateway.toml "), "{plan}");
}

#[test]
fn the_root_directory_is_shown_as_one_slash() {
    let workspace = Workspace::new();
    std::fs::create_dir_all(workspace.path("root/usr/share/app")).unwrap();
    workspace.write("root/usr/share/app/text", "x\n");
    let plan = workspace.describe("rooted", &["plan"]).done().stdout;
    let directories: Vec<_> = plan.lines().filter_map(|line| line.strip_prefix("    0755 0:0 ")).collect();
    assert!(directories.iter().any(|line| line.starts_with("/ ")), "{plan}");
    assert!(directories.iter().any(|line| line.starts_with("/usr/share/app/ ")), "{plan}");
    assert!(!plan.contains("//"), "{plan}");
}

#[test]
fn marks_have_colours_where_colours_are_wanted() {
    let workspace = Workspace::new();
    workspace.image(&["build", "cockpit"]).done();
    let plan = |arguments: &[&str], variable: (&str, &str)| {
        let mut command = workspace.command(&[&["plan"], arguments].concat());
        Run::of(command.env("DESCRIBE", "bare").env(variable.0, variable.1)).done().stdout
    };
    assert!(plan(&["--color", "always"], ("TERM", "dumb")).contains("\u{1b}[32m+\u{1b}[0m 0644"));
    assert!(!plan(&[], ("CARGO_TERM_COLOR", "always")).contains('\u{1b}'), "stdout is a pipe");
    assert!(!plan(&["--color", "never"], ("CLICOLOR_FORCE", "1")).contains('\u{1b}'));
    assert!(!plan(&[], ("NO_COLOR", "1")).contains('\u{1b}'));
}
