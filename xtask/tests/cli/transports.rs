//! Bases from a registry and from podman's storage, by a real one of each: frozen to the byte, asked for
//! once, and told what to do where they can't be had.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;

use crate::fixture::{Run, Workspace, present};

/// Debian's registry on a port of its own, gone when the test is.
pub(crate) struct Registry {
    process: Child,
    pub(crate) host: String,
    home: std::path::PathBuf,
}

impl Registry {
    pub(crate) fn start(workspace: &Workspace) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_at(workspace, &format!("127.0.0.1:{port}"))
    }

    /// With what an earlier one of that workspace was pushed.
    pub(crate) fn start_at(workspace: &Workspace, host: &str) -> Self {
        let root = workspace.path("registry");
        let text = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {host}\n",
            root.display()
        );
        workspace.write("registry.yml", &text);
        // containers-registries.conf.d(5)
        let folder = workspace.path("home/.config/containers/registries.conf.d");
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join("insecure.conf"),
            format!("[[registry]]\nlocation = \"{host}\"\ninsecure = true\n"),
        )
        .unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(workspace.path("registry.yml"));
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while std::net::TcpStream::connect(host).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the registry does not listen");
            thread::sleep(Duration::from_millis(50));
        }
        Self { process, host: host.to_owned(), home: workspace.path("home") }
    }

    /// Pushes the image that a workspace built, in a form of skopeo's.
    pub(crate) fn push(&self, from: &Workspace, to: &str, format: &str) {
        let image = format!("oci:{}:cockpit", from.layout().display());
        let to = format!("docker://{}/{to}", self.host);
        let arguments = ["copy", "--quiet", "--dest-tls-verify=false", "--format", format, &image, &to];
        Run::of(Command::new("skopeo").args(arguments)).done();
    }

    fn image(&self, workspace: &Workspace, arguments: &[&str]) -> Run {
        Run::of(self.trusted(&mut workspace.command(arguments)))
    }

    /// A command that trusts this registry without TLS.
    pub(crate) fn trusted<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        // Where cargo and rustup are must not move with the home.
        let own = std::path::PathBuf::from(std::env::var_os("HOME").unwrap());
        for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            if std::env::var_os(variable).is_none() {
                command.env(variable, own.join(folder));
            }
        }
        command.env("HOME", &self.home)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

pub(crate) fn first(run: &Run) -> Value {
    run.json()["images"][0].clone()
}

pub(crate) fn vendor(text: &str, compression: &str) -> Workspace {
    let vendor = Workspace::new();
    vendor.write("deploy/gateway.toml", text);
    vendor.image(&["build", "cockpit", "--compression", compression]).done();
    vendor
}

/// The description `derived` with its base in that registry.
fn on_registry(registry: &Registry, workspace: &Workspace, reference: &str, more: &[&str]) -> Run {
    let base = format!("docker://{}/{reference}", registry.host);
    let arguments = ["build", "cockpit", "--format", "json", "--base", &base];
    registry.image(workspace, &[&arguments[..], more].concat())
}

#[test]
fn a_base_in_a_registry_is_its_bytes_docker_s_own_media_types_too() {
    if !present(&["skopeo", "docker-registry"]) {
        return;
    }
    let workspace = Workspace::new();
    let registry = Registry::start(&workspace);
    registry.push(&vendor("interval = 1\n", "gzip"), "base:1", "v2s2");
    let run = on_registry(&registry, &workspace, "base:1", &["--progress", "json"]).done();
    let built = first(&run);
    let reference = format!("docker://{}/base:1", registry.host);
    let copied = format!("\"what\":\"copying base {reference}\"");
    let copied = run.stderr.lines().rfind(|line| line.contains(&copied)).unwrap();
    let copied: Value = serde_json::from_str(copied).unwrap();
    assert!(copied["total"].as_u64() > Some(0) && copied["done"] == copied["total"], "{copied}");
    let mut skopeo = Command::new("skopeo");
    let digest =
        Run::of(skopeo.args(["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &reference]));
    assert_eq!(built["base"]["digest"], digest.done().stdout.trim());
    assert_eq!(built["base"]["reference"], reference);

    // Nothing is copied a second time.
    let again = on_registry(&registry, &workspace, "base:1", &[]).done();
    assert!(!again.stderr.contains("Copying"), "{}", again.stderr);
    assert_eq!(first(&again)["digest"], built["digest"]);
}

#[test]
fn what_a_registry_says_no_to_is_told_with_the_way_out() {
    if !present(&["skopeo", "docker-registry"]) {
        return;
    }
    let workspace = Workspace::new();
    let registry = Registry::start(&workspace);
    registry.push(&vendor("interval = 1\n", "gzip"), "base:1", "oci");
    let unknown = on_registry(&registry, &workspace, "base:2", &[]).refused();
    assert!(unknown.stderr.contains("the registry has no such image"), "{}", unknown.stderr);
    assert!(
        unknown.stderr.contains("help: list the tags: `skopeo list-tags docker://127.0.0.1:"),
        "{}",
        unknown.stderr
    );

    let base = format!("docker://{}/base:1", registry.host);
    let insecure = workspace.image(&["build", "cockpit", "--base", &base]).refused();
    assert!(insecure.stderr.contains("no certificate that is trusted here"), "{}", insecure.stderr);
    assert!(insecure.stderr.contains("`insecure = true`"), "{}", insecure.stderr);

    let gone = registry.host.clone();
    drop(registry);
    let unreachable =
        workspace.image(&["build", "cockpit", "--base", &format!("docker://{gone}/base:1")]).refused();
    assert!(unreachable.stderr.contains("the registry can't be reached"), "{}", unreachable.stderr);
}

#[test]
fn an_image_goes_into_podman_s_storage_and_is_a_base_there() {
    if !present(&["podman", "skopeo"]) {
        return;
    }
    let name = format!("localhost/lapstrake-test/stored:{}", std::process::id());
    let vendor = Workspace::new();
    let stored = format!("containers-storage:{name}");
    let loaded = vendor.image(&["build", "cockpit", "-o", &stored, "-o", "oci-archive:cockpit.tar"]).done();
    assert!(loaded.stderr.contains("Loaded containers-storage:localhost/"), "{}", loaded.stderr);
    assert!(vendor.path("cockpit.tar").exists());

    let workspace = Workspace::new();
    let build = || workspace.image(&["build", "cockpit", "--format", "json", "--base", &stored]).done();
    let (one, other) = (build(), build());
    Run::of(Command::new("podman").args(["rmi", "--force", &name])).done();
    assert!(one.stderr.contains("Copying base containers-storage:"), "{}", one.stderr);
    assert!(!other.stderr.contains("Copying"), "{}", other.stderr);
    assert_eq!(first(&one)["base"]["digest"], first(&other)["base"]["digest"]);
    workspace.verify("cockpit");

    // The layers below are the very tars that the vendor built.
    let layout = vendor.image(&["build", "cockpit", "--format", "json"]).done();
    let diff_ids = |run: &Run| -> Vec<Value> {
        let layers = first(run)["layers"].as_array().unwrap().clone();
        layers.into_iter().map(|layer| layer["diff_id"].clone()).collect()
    };
    assert!(diff_ids(&one).starts_with(&diff_ids(&layout)));

    let missing =
        workspace.image(&["build", "cockpit", "--base", "containers-storage:localhost/no-such:1"]).refused();
    assert!(
        missing.stderr.contains("has no such image") && missing.stderr.contains("podman image scp"),
        "{}",
        missing.stderr
    );
}

#[test]
fn a_fault_of_the_base_on_the_command_line_underlines_no_line_of_the_description() {
    let workspace = Workspace::new();
    for arguments in [
        ["build", "cockpit", "--base", "oci:missing:tag"],
        ["plan", "cockpit", "--base", "oci-archive:missing"],
    ] {
        let run = workspace.image(&arguments).refused();
        assert!(run.stderr.contains("(given by `--base`)"), "{}", run.stderr);
        assert!(run.stderr.contains("missing"), "{}", run.stderr);
        assert!(!run.stderr.contains("main.rs"), "{}", run.stderr);
    }
    // A file in `/boot`, which is found in the tree of the base.
    let arguments = ["build", "--skip", "nonempty-boot", "-o", "oci:bases:booted"];
    workspace.describe("booted", &arguments).done();
    let warned = workspace.image(&["check", "cockpit", "--base", "oci:bases:booted"]).done().stdout;
    assert!(warned.contains("warning[nonempty-boot]") && warned.contains("(given by `--base`)"), "{warned}");
    assert!(!warned.contains("main.rs"), "{warned}");
    let document = workspace.image(&["check", "cockpit", "--format", "json", "--base", "oci:bases:booted"]);
    let found = &document.done().json()["findings"][0];
    assert_eq!((&found["name"], &found["site"]), (&"nonempty-boot".into(), &Value::Null), "{found}");
}
