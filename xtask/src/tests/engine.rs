//! The real engines. Where one is missing a test says so loudly and passes; under `CI=true` it fails.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether every one of these programs is there and the host lets podman build as root.
pub(crate) fn present(programs: &[&str]) -> bool {
    let missing: Vec<_> = programs.iter().filter(|program| !starts(program)).collect();
    let root = std::fs::read_to_string("/proc/self/status").is_ok_and(|text| text.contains("\nUid:\t0\t0"));
    if missing.is_empty() && root {
        return true;
    }
    let what = if root { format!("{missing:?} not installed") } else { "not root".to_owned() };
    assert!(std::env::var_os("CI").is_none(), "{what}: under CI every engine must be there");
    eprintln!(
        "\n*** SKIPPED, {what}: `cargo xtask test` installs what is missing, as root, on Debian or Fedora ***\n"
    );
    false
}

fn starts(program: &str) -> bool {
    // What it says to the question differs; that it answers at all is enough.
    Command::new(program).arg("--version").output().is_ok()
}

/// Runs a program to its end, which must be a good one, and gives its stdout.
pub(crate) fn run(program: &str, arguments: &[&str], directory: &Path) -> String {
    let output = output(program, arguments, directory);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?} failed:\n{stderr}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Runs a program to whatever end.
pub(crate) fn output(program: &str, arguments: &[&str], directory: &Path) -> Output {
    Command::new(program).args(arguments).current_dir(directory).output().unwrap()
}

/// An image in podman's storage that is gone when the test is.
pub(crate) struct Stored(pub(crate) String);

impl Stored {
    /// Returns an image whose name no other test has, also none that runs at the same time.
    pub(crate) fn named(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(format!("localhost/lapstrake-test/{name}:{}-{number}", std::process::id()))
    }

    /// Where the image's merged tree is mounted.
    pub(crate) fn mount(&self) -> String {
        run("podman", &["image", "mount", &self.0], Path::new("/"))
    }

    /// The image's config, as podman tells it.
    pub(crate) fn config(&self) -> serde_json::Value {
        let text = run("podman", &["image", "inspect", &self.0], Path::new("/"));
        let images: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        images.into_iter().next().unwrap()
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        output("podman", &["image", "umount", "--force", &self.0], Path::new("/"));
        output("podman", &["rmi", "--force", &self.0], Path::new("/"));
    }
}
