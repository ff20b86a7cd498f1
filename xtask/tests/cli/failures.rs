//! Every way in which an engine fails, by the real engine: one error with the cause, the last of what it
//! said and what to do, and neither image nor container is left.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::fixture::{Run, present};
use crate::storage::{BUSYBOX, ENGINES, Storage, assert_told, on_another_machine};

#[test]
fn what_keeps_a_step_from_ending_well_is_told() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    let install = "install its package in this layer or one below";
    let make = "give it mode 0755, and build it for the architecture of the base";
    for engine in ENGINES {
        for (program, cause, log, help) in [
            ("flashrom", "the image has no program `flashrom`", "not found in $PATH", install),
            ("/opt/flash", "the image has no program `/opt/flash`", "no such file or directory", install),
            (
                "/etc/os-release",
                "`/etc/os-release` of the image can't be executed",
                "permission denied",
                make,
            ),
            (
                "/usr/bin/garbage",
                "`/usr/bin/garbage` of the image can't be executed",
                "exec format error",
                make,
            ),
        ] {
            assert_told(&storage.build(&[program], engine).failed(), cause, log, help);
            storage.assert_empty();
        }
        // What a step says is not the engine's word.
        let script = "echo newuidmap: write failed, permission denied; exit 7";
        let failed = storage.build(&[BUSYBOX, "sh", "-c", script], engine).failed().stderr;
        assert!(
            failed.contains(&format!("caused by: step `RUN {BUSYBOX} sh -c {script}` failed")),
            "{failed}"
        );
        assert!(failed.contains("exit status 7"), "{failed}");
        storage.assert_empty();
    }
}

#[test]
fn a_line_of_a_step_is_in_the_log_and_not_in_the_lockfile() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    for engine in ENGINES {
        let line = "lapstrake-after forged-1-1.noarch";
        let built = storage.build(&[BUSYBOX, "echo", line, engine], engine).done();
        let logged =
            built.stderr.lines().filter(|logged| logged.trim_start_matches([' ', '|']).starts_with(line));
        assert_eq!(logged.count(), 1, "{}", built.stderr);
        // The base is the stand-in, which is not pinned.
        let lock = std::fs::read_to_string(storage.workspace.path("lapstrake.lock")).unwrap_or_default();
        assert!(!lock.contains("forged"), "{lock}");
    }
}

#[test]
fn an_engine_that_is_not_installed_is_asked_for() {
    if !present(&["busybox"]) {
        return;
    }
    let storage = Storage::new();
    let programs = storage.workspace.path("programs");
    fs::create_dir(&programs).unwrap();
    symlink(env!("CARGO"), programs.join("cargo")).unwrap();
    for (engine, cause, package) in [
        ("auto", "no engine is installed (`podman`, `buildah`)", "podman"),
        ("podman", "`podman` is not installed", "podman"),
        ("buildah", "`buildah` is not installed", "buildah"),
    ] {
        let mut command = storage.command(&[BUSYBOX, "true"], &["--engine", engine]);
        let failed = Run::of(command.env("PATH", &programs)).failed().stderr;
        assert!(failed.contains(&format!("caused by: {cause}")), "{failed}");
        // apt or dnf, by the distribution.
        let help = format!(" install {package}`");
        assert!(failed.contains("help: run `") && failed.contains(&help), "{failed}");
    }
}

#[test]
fn an_oci_runtime_that_does_not_work_is_the_cause_and_not_the_step() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    let conf = storage.workspace.path("containers.conf");
    for runtime in ["no-such-runtime", "/no/such/runtime", "/bin/false"] {
        fs::write(&conf, containers_conf(runtime)).unwrap();
        for engine in ENGINES {
            let mut command = storage.command(&[BUSYBOX, "true"], &["--engine", engine]);
            let failed = Run::of(command.env("CONTAINERS_CONF", &conf)).failed();
            let cause = format!("the OCI runtime `{runtime}` does not work here");
            assert_told(&failed, &cause, runtime, "write `runtime = \"runc\"` or `\"crun\"`");
            storage.assert_empty();
        }
    }
}

/// The containers.conf(5) of this machine with another runtime.
fn containers_conf(runtime: &str) -> String {
    let own = std::env::var_os("CONTAINERS_CONF").map(|path| fs::read_to_string(path).unwrap());
    let own = own.unwrap_or_else(|| "[engine]\n".to_owned());
    let others = own.lines().filter(|line| !line.starts_with("runtime = ")).map(|line| format!("{line}\n"));
    others.collect::<String>().replace("[engine]\n", &format!("[engine]\nruntime = \"{runtime}\"\n"))
}

/// Builds where a folder has so little space.
fn with_little_space(storage: &Storage, command: &Command, at: &str, kilobytes: u32) -> Run {
    let (at, left) = (storage.workspace.path(at), storage.workspace.path("left"));
    let setup = format!("mount -t tmpfs -o size={kilobytes}k lapstrake-test '{}'", at.display());
    let run = Run::of(&mut on_another_machine(command, &setup, "", &left)).failed();
    assert_eq!(fs::read_to_string(left).unwrap(), "");
    run
}

#[test]
fn a_full_disk_is_told_wherever_it_is_full() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    fs::create_dir(storage.workspace.path("temporary")).unwrap();
    for (engine, help) in [("podman", "run `podman system df`"), ("buildah", "run `buildah images`")] {
        let full = |command: &Command, at, kilobytes, log| {
            let run = with_little_space(&storage, command, at, kilobytes);
            assert_told(&run, "the disk is full", log, help);
        };
        let build = |step: &[&str]| storage.command(step, &["--engine", engine]);
        // The step's work, the layer below it, and what is exported.
        let script = [BUSYBOX, "dd", "if=/dev/zero", "of=/usr/big", "bs=1M", "count=30"];
        full(&build(&script), "engine", 8 << 10, "/usr/big");
        full(&build(&[BUSYBOX, "true"]), "engine", 1500, "/usr/bin/busybox");
        let mut command = build(&[BUSYBOX, "true"]);
        let temporary = storage.workspace.path("temporary");
        full(command.env("TMPDIR", temporary), "temporary", 3 << 10, "dir-put-blob");
    }
}

#[test]
fn a_full_disk_of_the_store_is_named_by_its_path() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    let store = storage.workspace.path("target/lapstrake");
    fs::create_dir_all(&store).unwrap();
    // What the step makes can't be compressed, and is larger than the space that is left for the layer.
    let step = [BUSYBOX, "dd", "if=/dev/urandom", "of=/usr/big", "bs=1M", "count=20"];
    let mut command = storage.command(&step, &["--engine", "podman"]);
    // podman exports the layer to another disk.
    let temporary = storage.workspace.path("temporary");
    fs::create_dir(&temporary).unwrap();
    command.env("TMPDIR", temporary);
    let full = with_little_space(&storage, &command, "target/lapstrake", 12 << 10);
    let written = format!("caused by: it can't be written to `{}`", store.display());
    assert!(full.stderr.contains(&written), "{}", full.stderr);
    assert!(full.stderr.contains("No space left on device"), "{}", full.stderr);
    assert!(full.stderr.contains("help: free some space, or build on another disk"), "{}", full.stderr);
}

#[test]
fn an_image_of_the_user_s_own_is_left_alone() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    // `base` is what an image may well be named.
    let mut own =
        storage.workspace.command(&["build", "cockpit", "-o", "containers-storage:localhost/base:latest"]);
    Run::of(storage.with(&mut own)).done();
    let before = storage.content();
    assert!(before.ends_with(" localhost/base\n"), "{before}");
    storage.build(&[BUSYBOX, "true"], "auto").done();
    assert_eq!(storage.content(), before);
    storage.build(&[BUSYBOX, "false"], "auto").failed();
    assert_eq!(storage.content(), before);
}
