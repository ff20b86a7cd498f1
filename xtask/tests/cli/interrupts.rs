//! Ctrl-C and kills while a step runs: step, engine and tool end at once, and nothing stays.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::fixture::{Run, present};
use crate::storage::{BUSYBOX, Storage, assert_no_context, by};

/// The processes that were started with that argument.
fn processes(argument: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let has = |path: &std::path::PathBuf| {
        let line = fs::read_to_string(path.join("cmdline")).unwrap_or_default();
        line.split('\0').any(|word| word == argument)
    };
    all.filter(has).map(|path| path.display().to_string()).collect()
}

#[track_caller]
fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(40), "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_signal_ends_the_step_and_the_engine_and_takes_all_away() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    for engine in ["podman", "buildah"] {
        // A terminal signals the group in its foreground, a supervisor one process.
        for (name, number, whole_group) in [("INT", 2, true), ("TERM", 15, false), ("HUP", 1, true)] {
            // By it the step is told from every other process.
            let mark = format!("step-of-{}-{engine}-{name}", std::process::id());
            let step = [BUSYBOX, "sh", "-c", "sleep 60; true", &mark];
            let build = storage.command(&step, &["--engine", engine]);
            // This test may be run where they are ignored.
            let mut command = by(&["env", "--default-signal=INT,TERM,HUP"], &build);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
            let mut tool = command.spawn().unwrap();
            wait_for("no step is started", || !processes(&mark).is_empty());
            let to = if whole_group { format!("-{}", tool.id()) } else { tool.id().to_string() };
            assert!(Command::new("kill").args([&format!("-{name}"), "--", &to]).status().unwrap().success());
            let started = Instant::now();
            let status = tool.wait().unwrap();
            assert!(started.elapsed() < Duration::from_secs(10), "{name}: it took {:?}", started.elapsed());
            assert_eq!(status.signal(), Some(number), "a shell must see it");
            let talk = std::io::read_to_string(tool.stderr.take().unwrap()).unwrap();
            assert!(talk.contains("  caused by: it was interrupted\n"), "{talk}");
            wait_for("the step goes on", || processes(&mark).is_empty());
            storage.assert_empty();
        }
    }
}

/// What a step writes that nobody may find afterwards.
const MARKER: &str = "marker-that-a-killed-step-wrote";

#[test]
fn what_a_killed_build_left_is_removed_by_the_next_one() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    for engine in ["podman", "buildah"] {
        for with_engine in [false, true] {
            let mark = format!("killed-step-of-{}-{engine}-{with_engine}", std::process::id());
            let script = format!("echo {MARKER} > /usr/marker; sleep 60; true");
            let step = [BUSYBOX, "sh", "-c", &script, &mark];
            let mut command = storage.command(&step, &["--engine", engine]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut tool = command.spawn().unwrap();
            let wrote = || holds(&storage.place(), "marker", MARKER.as_bytes());
            wait_for("no step wrote", wrote);
            kill(&mut tool, with_engine, &mark);
            let next = storage.build(&[BUSYBOX, "true"], engine).done();
            assert!(next.stderr.contains("Removing what a killed build left"), "{}", next.stderr);
            wait_for("the step goes on", || processes(&mark).is_empty());
            storage.assert_empty();
            assert!(!wrote(), "{engine}: what the step wrote is still in the storage");
            let again = storage.build(&[BUSYBOX, "true"], engine).done();
            assert!(!again.stderr.contains("Removing"), "{}", again.stderr);
        }
    }
}

#[test]
fn what_a_killed_stage_left_is_removed_also_when_its_context_is_gone() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    let builder = storage.import_builder();
    let before = storage.content();
    for engine in ["podman", "buildah"] {
        for is_cleaned in [false, true] {
            let mark = format!("killed-stage-of-{}-{engine}-{is_cleaned}", std::process::id());
            let script = format!("echo {MARKER} > /marker; echo made > /made; sleep 60; true");
            let compile = |step: &[&str]| {
                let mut command = storage.command(step, &["--engine", engine]);
                command.env("DESCRIBE", "compiling").env("BASE", &builder);
                command
            };
            let mut command = compile(&[BUSYBOX, "sh", "-c", &script, &mark]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut tool = command.spawn().unwrap();
            let wrote = || holds(&storage.place(), "marker", MARKER.as_bytes());
            wait_for("no step wrote", wrote);
            kill(&mut tool, true, &mark);
            assert!(wrote() && storage.content() != before);
            if is_cleaned {
                fs::remove_dir_all(storage.workspace.path("target/lapstrake")).unwrap();
            }
            let step = format!("echo {engine} {is_cleaned} > /made");
            let next = Run::of(&mut compile(&[BUSYBOX, "sh", "-c", &step])).done();
            assert!(next.stderr.contains("Removing what a killed build left"), "{}", next.stderr);
            assert_eq!(storage.content(), before, "{engine}");
            assert!(!wrote(), "{engine}: what the step wrote is still in the storage");
            assert_no_context(&storage.workspace.path("target"));
        }
    }
}

/// Kills a build, and with its engine everything that it has started, as a power cut would.
fn kill(tool: &mut Child, with_engine: bool, mark: &str) {
    let engines = children(tool.id());
    tool.kill().unwrap();
    tool.wait().unwrap();
    let groups = engines.iter().map(|engine| format!("-{engine}"));
    let steps = processes(mark).into_iter().map(|process| process.trim_start_matches("/proc/").to_owned());
    for process in groups.chain(steps.collect::<Vec<_>>()).filter(|_| with_engine) {
        // It may have ended by itself.
        _ = Command::new("kill").args(["-KILL", "--", &process]).stderr(Stdio::null()).status().unwrap();
    }
}

fn children(of: u32) -> Vec<String> {
    let output = Command::new("pgrep").args(["--parent", &of.to_string()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Whether a file of that name with that text is below a folder.
fn holds(folder: &std::path::Path, name: &str, text: &[u8]) -> bool {
    let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_it = || {
            entry.file_name() == name
                && fs::read(entry.path())
                    .is_ok_and(|bytes| bytes.windows(text.len()).any(|window| window == text))
        };
        if is_folder { holds(&entry.path(), name, text) } else { is_it() }
    })
}
