//! What a build reports of each layer: its size, what changed since the last build, and what a device downloads.

use std::fs;

use serde_json::{Value, json};

use crate::fixture::{Run, Workspace, present};
use crate::storage::{BUSYBOX, Storage, program};

#[test]
fn the_first_build_has_a_line_for_each_layer_and_nothing_to_compare_with() {
    let workspace = Workspace::new();
    let built = workspace.image(&["build", "gateway"]).done();
    let lines = lines(&built);
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].starts_with("Base 1 layer ") && lines[0].ends_with(" as it is"), "{lines:?}");
    assert!(lines[1].starts_with("Layer config ") && lines[1].ends_with("  first build"), "{lines:?}");
    assert!(lines[2].starts_with("Layer app ") && lines[2].ends_with("  first build"), "{lines:?}");
    let sum = &lines[3];
    assert!(sum.starts_with("Finished gateway sha256:") && sum.ends_with(" in 3 layers"), "{sum}");
    assert!(!built.stderr.contains("download"), "{}", built.stderr);
    let sizes: Vec<_> = lines[..3].iter().map(|line| line.find("iB  ").or(line.find(" B  "))).collect();
    assert!(sizes.iter().all(Option::is_some), "{lines:?}");
}

#[test]
fn a_changed_layer_is_downloaded_and_the_others_are_not() {
    let workspace = Workspace::new();
    workspace.image(&["build", "gateway"]).done();
    workspace.write("deploy/gateway.toml", "changed = true\n");
    let changed = workspace.image(&["build", "gateway"]).done();
    let lines = lines(&changed);
    assert!(lines[0].starts_with("Base 1 layer ") && lines[0].ends_with("  unchanged"), "{lines:?}");
    let why = "  download, because `/etc/gateway.toml` changed";
    assert!(lines[1].starts_with("Layer config ") && lines[1].ends_with(why), "{lines:?}");
    assert!(lines[2].starts_with("Layer app ") && lines[2].ends_with("  unchanged"), "{lines:?}");
    let size = lines[1].strip_prefix("Layer config ").unwrap().strip_suffix(why).unwrap().trim();
    let sum = format!("(1 written, 1 reused); a device with the last build downloads {size}");
    assert!(lines[3].ends_with(&sum), "{lines:?}");
    let same = workspace.image(&["build", "gateway"]).done();
    let sum = "(no layer written); a device with the last build downloads 0 B";
    assert!(self::lines(&same)[3].ends_with(sum), "{}", same.stderr);
}

#[test]
fn the_document_has_what_a_device_downloads() {
    let workspace = Workspace::new();
    let build = |description: &str| {
        let run = workspace.describe(description, &["build", "cockpit", "--format", "json"]).done();
        run.json()["images"][0].clone()
    };
    let first = build("");
    assert_eq!((&first["download"], &first["last_build"]), (&Value::Null, &Value::Null), "{first}");
    let layers = first["layers"].as_array().unwrap();
    let sum: u64 = layers.iter().map(|layer| layer["size"].as_u64().unwrap()).sum();
    assert_eq!(first["size"], sum);
    assert!(layers.iter().all(|layer| layer["since_last_build"].is_null() && layer["download"].is_null()));

    let same = build("");
    assert_eq!(
        (&same["download"], &same["last_build"]),
        (&json!(0), &json!({ "layers_gone": [] })),
        "{same}"
    );
    assert!(same["layers"].as_array().unwrap().iter().all(|layer| layer["since_last_build"] == "same"));

    workspace.write("deploy/gateway.toml", "changed = true\n");
    let grown = build("shadowed");
    let since = |image: &Value| -> Vec<Value> {
        let layers = image["layers"].as_array().unwrap();
        layers.iter().map(|layer| json!([layer["name"], layer["since_last_build"]])).collect()
    };
    let expected = [json!([null, "same"]), json!(["config", "changed"]), json!(["later", "new"])];
    assert_eq!(since(&grown), expected);
    let layers = &grown["layers"];
    // The layers `config` and `later` have one blob, which is downloaded once.
    assert_eq!(layers[1]["digest"], layers[2]["digest"]);
    assert_eq!((&layers[2]["download"], &grown["download"]), (&json!(0), &layers[1]["size"]));

    let fewer = build("");
    assert_eq!((&fewer["download"], &fewer["last_build"]["layers_gone"]), (&json!(0), &json!(["later"])));
}

#[test]
fn a_base_is_downloaded_only_if_it_changed() {
    let workspace = Workspace::new();
    let base = || workspace.image(&["build", "cockpit", "-o", "oci:bases:cockpit"]).done();
    let derived = || workspace.describe("derived", &["build", "--format", "json"]).done().json();
    base();
    derived();
    let same = derived();
    assert_eq!(
        (&same["images"][0]["download"], &same["images"][0]["last_build"]["layers_gone"]),
        (&json!(0), &json!([]))
    );
    workspace.write("deploy/gateway.toml", "changed = true\n");
    base();
    workspace.describe("derived", &["lock", "--update"]).done();
    let text = workspace.describe("derived", &["build"]).done();
    let lines = lines(&text);
    assert!(lines[0].starts_with("Base 2 layers "), "{lines:?}");
    assert!(
        lines[0].contains("  download ") && lines[0].ends_with(" in 1 layer, because the base changed"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("Layer motd ") && lines[1].ends_with("  unchanged"), "{lines:?}");
}

/// A build that stops after it has written a layer is not what a device has.
#[test]
fn a_layer_of_a_build_that_did_not_finish_is_downloaded() {
    let workspace = Workspace::new();
    workspace.image(&["build", "cockpit"]).done();
    workspace.write("deploy/gateway.toml", "changed = true\n");
    let manifests = workspace.read("target/lapstrake/oci/index.json");
    workspace.image(&["build", "cockpit"]).done();
    // As if it had been killed before it listed the image.
    workspace.write("target/lapstrake/oci/index.json", &manifests);
    fs::remove_file(workspace.path("target/lapstrake/records/index/last")).unwrap();
    let built = workspace.image(&["build", "cockpit"]).done();
    let lines = lines(&built);
    assert!(lines[1].ends_with("  download, because a build since then wrote it"), "{lines:?}");
}

#[test]
fn a_program_reads_each_layer_as_a_json_line() {
    let workspace = Workspace::new();
    let built = workspace.image(&["build", "cockpit", "--progress", "json"]).done();
    let events: Vec<Value> = built.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let event = |name: &str| events.iter().find(|event| event["event"] == name).unwrap();
    assert_eq!((&event("base")["image"], &event("base")["base"]["layers"]), (&json!("cockpit"), &json!(1)));
    let layer = event("layer");
    assert_eq!((&layer["image"], &layer["layer"]["name"]), (&json!("cockpit"), &json!("config")));
    assert!(layer["layer"]["size"].is_u64() && layer["layer"]["download"].is_null(), "{layer}");
    let sum = event("finished");
    assert_eq!(
        sum["size"],
        json!(event("base")["base"]["size"].as_u64().unwrap() + layer["layer"]["size"].as_u64().unwrap())
    );
    assert!(sum["digest"].as_str().unwrap().starts_with("sha256:") && sum["download"].is_null(), "{sum}");
}

#[test]
fn a_layer_of_an_engine_says_what_changed_since_the_last_build() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    let built = |step: &[&str]| lines(&storage.build(step, "podman").done());
    let of = |lines: &[String], end: &str| {
        assert!(
            lines.iter().any(|line| line.starts_with("Layer steps ") && line.ends_with(end)),
            "{lines:?}"
        );
    };
    of(&built(&[BUSYBOX, "touch", "/usr/one"]), "  its steps run inside the image, by podman");
    of(&built(&[BUSYBOX, "touch", "/usr/one"]), "  unchanged");
    let why = "  download, because its steps or packages changed; its steps run inside the image, by podman";
    of(&built(&[BUSYBOX, "touch", "/usr/two"]), why);
    let why = "  download, because its inputs changed; such a layer is in the store";
    of(&built(&[BUSYBOX, "touch", "/usr/one"]), why);
    let copy = [BUSYBOX, "cp", BUSYBOX, "/usr/copy"];
    built(&copy);
    let twice = fs::read(program("busybox")).unwrap().repeat(2);
    fs::write(storage.workspace.path("deploy/busybox"), twice).unwrap();
    let below = built(&copy);
    of(&below, "  download, because what lies below it changed; its steps run inside the image, by podman");
    let tools = below.iter().find(|line| line.starts_with("Layer tools ")).unwrap();
    assert!(tools.ends_with("  download, because `/usr/bin/busybox` changed; built by podman"), "{tools}");
}

/// Returns the lines about the layers, and the sum.
fn lines(run: &Run) -> Vec<String> {
    let is_of_layers = |line: &&str| {
        !line.starts_with("Finished `")
            && ["Base ", "Layer ", "Gone ", "Finished "].iter().any(|verb| line.starts_with(verb))
    };
    run.stderr.lines().map(str::trim).filter(is_of_layers).map(str::to_owned).collect()
}
