//! A base that podman pulled from a registry: frozen as the registry has it where that still answers, and
//! no worse a base where it does not. Which of the two a lock pins, it stays.

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fixture::{Run, Workspace, present};
use crate::storage::Storage;
use crate::transports::{Registry, first, vendor};

/// A registry, and a storage into which podman pulled `base:1` from it.
struct Pulled {
    storage: Storage,
    registry: Option<Registry>,
    reference: String,
    /// Of the registry's manifest.
    digest: String,
}

impl Pulled {
    fn new() -> Self {
        let storage = Storage::new();
        let registry = Registry::start(&storage.workspace);
        registry.push(&vendor("interval = 1\n", "gzip"), "team/base:1", "oci");
        let reference = format!("{}/team/base:1", registry.host);
        let mut pull = Command::new("podman");
        Run::of(storage.with(pull.args(["pull", "--quiet", "--tls-verify=false", &reference]))).done();
        let mut inspect = Command::new("skopeo");
        let source = format!("docker://{reference}");
        let arguments = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &source];
        let digest = Run::of(inspect.args(arguments)).done().stdout.trim().to_owned();
        Self { storage, registry: Some(registry), reference, digest }
    }

    fn host(&self) -> &str {
        self.reference.split('/').next().unwrap()
    }

    /// Starts the registry that `new` has filled once more.
    fn answer_again(&mut self) {
        self.registry = Some(Registry::start_at(&self.storage.workspace, self.host()));
    }

    /// Builds on the pulled base, which the lock of that workspace then pins.
    fn build(&self, workspace: &Workspace, arguments: &[&str]) -> Run {
        let all = [&["build", "stored", "--format", "json"], arguments].concat();
        let mut command = workspace.command(&all);
        command.env("DESCRIBE", "stored").env("BASE", &self.reference);
        let command = self.storage.with(&mut command);
        match &self.registry {
            Some(registry) => Run::of(registry.trusted(command)),
            None => Run::of(command),
        }
    }
}

fn base_of(run: &Run) -> Value {
    first(run)["base"]["digest"].clone()
}

/// What the base's layers are.
fn layers(run: &Run, key: &str) -> Vec<Value> {
    let layers = first(run)["layers"].as_array().unwrap().clone();
    let base = layers.into_iter().filter(|layer| layer["origin"] == "base");
    base.map(|layer| layer[key].clone()).collect()
}

#[test]
fn a_pulled_base_is_the_registry_s_where_that_answers_and_has_the_same_content_where_not() {
    if !present(&["podman", "skopeo", "docker-registry", "busybox"]) {
        return;
    }
    let mut pulled = Pulled::new();
    let online = Workspace::new();
    let theirs = pulled.build(&online, &[]).done();
    assert_eq!(base_of(&theirs), pulled.digest);
    assert!(layers(&theirs, "media_type").iter().all(|kind| kind.as_str().unwrap().ends_with("+gzip")));
    online.verify("stored");

    // Nobody is asked for what is pinned and was read.
    pulled.registry = None;
    let again = pulled.build(&online, &["--locked"]).done();
    assert_eq!(base_of(&again), pulled.digest);

    let offline = Workspace::new();
    let ours = pulled.build(&offline, &[]).done();
    assert!(ours.stderr.contains("Skipping 127.0.0.1:"), "{}", ours.stderr);
    assert_ne!(base_of(&ours), pulled.digest);
    assert_eq!(layers(&ours, "diff_id"), layers(&theirs, "diff_id"));
    offline.verify("stored");

    // What that lock pins holds for a colleague whom the registry answers.
    pulled.answer_again();
    let colleague = Workspace::new();
    colleague.write("lapstrake.lock", &offline.read("lapstrake.lock"));
    assert_eq!(base_of(&pulled.build(&colleague, &["--locked"]).done()), base_of(&ours));

    // The other way round the registry's bytes are wanted: they come from it, or the build says so.
    let colleague = Workspace::new();
    colleague.write("lapstrake.lock", &online.read("lapstrake.lock"));
    assert_eq!(base_of(&pulled.build(&colleague, &["--locked"]).done()), pulled.digest);
    pulled.registry = None;
    let colleague = Workspace::new();
    colleague.write("lapstrake.lock", &online.read("lapstrake.lock"));
    let failed = pulled.build(&colleague, &["--locked"]).refused();
    assert!(failed.stderr.contains("the registry can't be reached"), "{}", failed.stderr);
}

#[test]
fn a_registry_that_does_not_answer_is_not_waited_for_and_offline_not_asked() {
    if !present(&["podman", "skopeo", "docker-registry", "busybox"]) {
        return;
    }
    let mut pulled = Pulled::new();
    pulled.registry = None;
    let listener = TcpListener::bind(pulled.host()).unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept() {
            count.fetch_add(1, Ordering::SeqCst);
            held.push(stream);
        }
    });
    let offline = pulled.build(&Workspace::new(), &["--offline"]).done();
    assert_eq!(asked.load(Ordering::SeqCst), 0, "--offline");
    let started = Instant::now();
    let silent = pulled.build(&Workspace::new(), &[]).done();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(asked.load(Ordering::SeqCst) > 0);
    assert_eq!(base_of(&silent), base_of(&offline));

    // A base that only the registry has.
    let workspace = Workspace::new();
    let base = format!("docker://{}", pulled.reference);
    let failed = workspace.image(&["build", "cockpit", "--offline", "--base", &base]).refused();
    assert!(failed.stderr.contains("is not in the cache, and `--offline` was given"), "{}", failed.stderr);
}
