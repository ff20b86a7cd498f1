//! Podman on a machine that is itself a container or a small VM: root there may lack the privileges that
//! podman's defaults take for granted. Whether it works is tried, not guessed.

use std::io;
use std::path::PathBuf;

use camino::{Utf8Path, Utf8PathBuf};
use xshell::{Shell, cmd};

#[derive(Debug, thiserror::Error)]
pub(super) enum PodmanError {
    #[error("`{program}` is missing, and podman can't be tried without it")]
    Absent { program: &'static str },
    #[error("podman can't run a program in an image here: {last}")]
    Refused { last: String },
    #[error("can't write `{path}`")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error("the limit of open files can't be asked for")]
    Limit(#[source] xshell::Error),
    #[error("podman can't be tried")]
    Try(#[source] xshell::Error),
}

/// Makes podman work: `None` where it does as it is, else the containers.conf(5) with which it does. Only
/// root gets one, in `target`.
pub(super) fn prepare(
    shell: &Shell,
    target: &Utf8Path,
    is_root: bool,
) -> Result<Option<Utf8PathBuf>, PodmanError> {
    let busybox = program(shell, "busybox")?;
    program(shell, "podman")?;
    let Some(refused) = refusal(shell, &busybox)? else {
        return Ok(None);
    };
    if !is_root {
        return Err(PodmanError::Refused { last: refused });
    }
    let conf = target.join("containers.conf");
    let limit = cmd!(shell, "sh -c 'ulimit -Hn'").quiet().read().map_err(PodmanError::Limit)?;
    let text = containers_conf(limit.trim());
    let write = |source| PodmanError::Write { path: conf.clone(), source };
    std::fs::create_dir_all(target).and_then(|()| std::fs::write(&conf, text)).map_err(write)?;
    let _conf = shell.push_env("CONTAINERS_CONF", &conf);
    match refusal(shell, &busybox)? {
        None => {
            eprintln!("podman does not work as it is ({refused}); it does with CONTAINERS_CONF={conf}");
            Ok(Some(conf))
        }
        Some(last) => Err(PodmanError::Refused { last }),
    }
}

/// Limits no higher than the caller's own, and nothing that needs systemd or a network of its own.
fn containers_conf(open_files: &str) -> String {
    // `ulimit` may say `unlimited`, which containers.conf does not know.
    let open_files = open_files.parse::<u64>().unwrap_or(1024);
    format!(
        "[containers]\n\
         default_ulimits = [\"nofile={open_files}:{open_files}\", \"nproc=32768:32768\"]\n\
         netns = \"host\"\n\
         \n\
         [engine]\n\
         cgroup_manager = \"cgroupfs\"\n\
         events_logger = \"file\"\n\
         runtime = \"runc\"\n"
    )
}

fn program(shell: &Shell, program: &'static str) -> Result<PathBuf, PodmanError> {
    let found = cmd!(shell, "sh -c 'command -v \"$0\"' {program}").quiet().ignore_stderr().read();
    found.map(PathBuf::from).map_err(|_| PodmanError::Absent { program })
}

/// Builds an image that runs busybox, and runs busybox in it: the last line of what podman says against
/// it.
fn refusal(shell: &Shell, busybox: &std::path::Path) -> Result<Option<String>, PodmanError> {
    let dir = shell.create_temp_dir().map_err(PodmanError::Try)?;
    shell.copy_file(busybox, dir.path().join("busybox")).map_err(PodmanError::Try)?;
    let containerfile = "FROM scratch\nCOPY busybox /busybox\nRUN [\"/busybox\", \"true\"]\n";
    shell.write_file(dir.path().join("Containerfile"), containerfile).map_err(PodmanError::Try)?;
    let _dir = shell.push_dir(dir.path());
    let image = "localhost/lapstrake-probe";
    let build = cmd!(shell, "podman build -q --no-cache --force-rm -t {image} .");
    let run = cmd!(shell, "podman run --rm {image} /busybox true");
    let mut refused = None;
    for attempt in [build, run] {
        let output = attempt.quiet().ignore_status().output().map_err(PodmanError::Try)?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            refused = Some(stderr.trim_end().lines().last().unwrap_or("it says nothing").to_owned());
            break;
        }
    }
    // Where the build failed, there is none.
    let _ = cmd!(shell, "podman rmi -f {image}").quiet().ignore_status().output();
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use super::containers_conf;

    #[test]
    fn limits_are_the_callers_own() {
        assert!(containers_conf("20000").contains("\"nofile=20000:20000\""));
        assert!(containers_conf("unlimited").contains("\"nofile=1024:1024\""));
    }
}
