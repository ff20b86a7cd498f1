//! Ctrl-C and its like while a step runs: step, engine and tool end at once, and nothing stays.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::fixture::present;
use crate::storage::{BUSYBOX, Storage, by};

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
