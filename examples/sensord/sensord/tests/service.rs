//! The real binary, as systemd and a client see it.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A service that was started, with everything of its own; dropping it kills it.
struct Service {
    child: Child,
    notify: UnixDatagram,
    dir: TempDir,
}

impl Service {
    fn start() -> Self {
        Self::start_with(tempfile::tempdir().unwrap(), &[])
    }

    fn start_with(dir: TempDir, env: &[(&str, &str)]) -> Self {
        let notify = UnixDatagram::bind(dir.path().join("notify")).unwrap();
        notify.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let child = sensord(&config(dir.path(), ""))
            .env("NOTIFY_SOCKET", dir.path().join("notify"))
            .envs(env.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, notify, dir }
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("sensord.sock")
    }

    /// The next message to systemd.
    fn notified(&self) -> String {
        let mut buffer = [0; 4096];
        let length = self.notify.recv(&mut buffer).expect("sensord notifies systemd within 10 s");
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    fn sample(&self) -> Value {
        let mut text = String::new();
        UnixStream::connect(self.socket()).unwrap().read_to_string(&mut text).unwrap();
        assert!(text.ends_with('\n') && text.lines().count() == 1, "one line: {text:?}");
        serde_json::from_str(&text).unwrap()
    }

    /// Sends a signal, and waits for the end: the exit code, and stderr.
    fn stop(&mut self, signal: &str) -> (Option<i32>, String) {
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let code = self.child.wait().unwrap().code();
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (code, stderr)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sensord(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sensord"));
    command.arg("--config").arg(config).env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC");
    command
}

/// A config that keeps everything in `dir`, with more lines at its end.
fn config(dir: &Path, more: &str) -> PathBuf {
    let path = dir.join("sensord.toml");
    let text = format!(
        "interval_ms = 100\nsocket = '{0}/sensord.sock'\nhistory = '{0}/history'\n\
         sources = ['loadavg', 'meminfo', 'uptime']\n{more}",
        dir.display()
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// Runs a command that ends by itself, which a service that wrongly started does not.
fn output(command: &mut Command) -> (Output, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("still running after 10 s: {:?}", child.wait_with_output().unwrap());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    (output, stderr)
}

#[test]
fn a_client_gets_a_sample_as_soon_as_systemd_is_told() {
    let service = Service::start();
    assert!(service.notified().lines().any(|line| line == "READY=1"));
    let sample = service.sample();
    assert!(sample["sequence"].as_u64().unwrap() >= 1);
    assert!(sample["unix_ms"].as_u64().unwrap() > 1_700_000_000_000);
    assert!(sample["loadavg"]["tasks"].as_u64().unwrap() > 0);
    assert!(sample["meminfo"]["total_kib"].as_u64() >= sample["meminfo"]["available_kib"].as_u64());
    assert!(sample["uptime"]["seconds"].as_f64().unwrap() > 0.0);
    assert!(sample.get("errors").is_none());
}

#[test]
fn samples_go_on() {
    let service = Service::start();
    service.notified();
    let first = service.sample()["sequence"].as_u64().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(service.sample()["sequence"].as_u64().unwrap() > first);
}

#[test]
fn sigterm_and_sigint_end_it_cleanly() {
    for signal in ["TERM", "INT"] {
        let mut service = Service::start();
        assert!(service.notified().contains("READY=1"));
        let (code, stderr) = service.stop(signal);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "SIG{signal}");
        assert_eq!(service.notified().trim_end(), "STOPPING=1");
        assert!(!service.socket().exists(), "the socket is gone");
        let kept: Vec<_> = std::fs::read_dir(service.dir.path().join("history")).unwrap().collect();
        let last = std::fs::read_to_string(kept[0].as_ref().unwrap().path()).unwrap();
        assert_eq!(kept.len(), 1, "one file a boot");
        assert!(serde_json::from_str::<Value>(&last).unwrap()["sequence"].is_u64());
    }
}

#[test]
fn a_hung_service_would_be_seen_by_the_watchdog() {
    let service = Service::start_with(tempfile::tempdir().unwrap(), &[("WATCHDOG_USEC", "200000")]);
    assert!(service.notified().contains("READY=1"));
    assert_eq!(service.notified().trim_end(), "WATCHDOG=1");
    assert_eq!(service.notified().trim_end(), "WATCHDOG=1");
}

#[test]
fn only_owner_and_group_may_connect() {
    let service = Service::start();
    service.notified();
    let mode = service.socket().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
}

#[test]
fn a_client_that_hangs_up_or_talks_does_no_harm() {
    let service = Service::start();
    service.notified();
    for _ in 0..50 {
        drop(UnixStream::connect(service.socket()).unwrap());
        let _ = UnixStream::connect(service.socket()).unwrap().write_all(b"GET / HTTP/1.1\r\n\r\n");
    }
    assert!(service.sample()["sequence"].is_u64());
}

#[test]
fn the_socket_of_a_killed_service_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    drop(UnixListener::bind(dir.path().join("sensord.sock")).unwrap());
    let service = Service::start_with(dir, &[]);
    assert!(service.notified().contains("READY=1"));
    assert!(service.sample()["sequence"].is_u64());
}

#[test]
fn the_socket_of_a_living_service_is_not() {
    let service = Service::start();
    service.notified();
    let (output, stderr) = output(&mut sensord(&service.dir.path().join("sensord.toml")));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("another process serves `"), "{stderr}");
    assert!(service.sample()["sequence"].is_u64(), "the first one still serves");
}

#[test]
fn a_file_in_the_sockets_place_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let precious = dir.path().join("sensord.sock");
    std::fs::write(&precious, "precious").unwrap();
    let (output, stderr) = output(&mut sensord(&config(dir.path(), "")));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("is in the way: it is not a socket"), "{stderr}");
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "precious");
}

#[test]
fn check_config_says_what_is_wrong_and_where() {
    let dir = tempfile::tempdir().unwrap();
    let (good, _) = output(sensord(&config(dir.path(), "")).arg("--check-config"));
    assert_eq!(good.status.code(), Some(0));
    assert!(!dir.path().join("sensord.sock").exists(), "nothing is served");

    let (bad, stderr) = output(sensord(&config(dir.path(), "colour = 'red'\n")).arg("--check-config"));
    assert_eq!(bad.status.code(), Some(78), "EX_CONFIG");
    assert!(stderr.contains("line 5, column 1"), "{stderr}");
    assert!(stderr.contains("unknown field `colour`"), "{stderr}");

    let (missing, stderr) = output(sensord(Path::new("/nonexistent/sensord.toml")).arg("--check-config"));
    assert_eq!(missing.status.code(), Some(78));
    assert!(stderr.contains("can't read the config `/nonexistent/sensord.toml`: No such file"), "{stderr}");
}

#[test]
fn a_wrong_flag_is_wrong_usage() {
    let (output, stderr) = output(Command::new(env!("CARGO_BIN_EXE_sensord")).arg("--chek-config"));
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("unknown argument `--chek-config`") && stderr.contains("usage:"), "{stderr}");
}
