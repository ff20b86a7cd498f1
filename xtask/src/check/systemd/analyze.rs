//! The findings of `systemd-analyze verify`, where this machine has it: the units that the layers bring are
//! written to a directory and read by systemd's own parser. Only `check` runs it, because it costs
//! a process; where the program is missing, too old or too slow, a note says so.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use lapstrake::Span;
use tempfile::TempDir;

use super::directives;
use crate::check::{Fault, Node, Subject, unit_files};
use crate::support::program::Program;
use crate::support::small_map::SmallMap;

const PATIENCE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(2);

/// What systemd-analyze says of the units of the layers, line by line.
pub(crate) fn analyze(subject: &Subject<'_>) -> Vec<Fault> {
    let units = unit_files(subject);
    if units.is_empty() {
        return Vec::new();
    }
    let files: SmallMap<String, Node<'_>> =
        units.values().flatten().map(|node| (node.path().to_string(), node.clone())).collect();
    match lay_out(&files).and_then(|root| Ok((run(root.path(), units.keys())?, root))) {
        Ok((said, root)) => {
            let known = directives::judged(subject);
            let mut faults = faults(&said, root.path(), &files);
            faults.retain(|(node, line, _)| !known.contains(&(node.path().clone(), *line)));
            faults.into_iter().map(|(_, _, fault)| fault).collect()
        }
        Err(error) => vec![unread(&error)],
    }
}

/// Says that the second opinion is missing, and why.
fn unread(error: &io::Error) -> Fault {
    let message = format!("`systemd-analyze` did not read the units of the layers: {error}");
    let help =
        "run `check` where systemd 250 or later is installed, or leave it out: `--skip systemd-analyze`";
    Fault::of_image(message).help(help).noted("it is a second opinion, and the checks of units have run")
}

fn lay_out(files: &SmallMap<String, Node<'_>>) -> io::Result<TempDir> {
    let root = TempDir::new()?;
    for (path, node) in files {
        let at = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(at.parent().unwrap_or(root.path()))?;
        fs::write(at, node.text().unwrap_or_default())?;
    }
    Ok(root)
}

fn run<'u>(root: &Path, units: impl Iterator<Item = &'u String>) -> io::Result<String> {
    let mut command = Program::SYSTEMD_ANALYZE.command().map_err(io::Error::other)?;
    command
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg("--root")
        .arg(root)
        .arg("--")
        .args(units);
    command.env("SYSTEMD_LOG_COLOR", "0").env("SYSTEMD_LOG_LEVEL", "info");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stderr = child.stderr.take();
    let said = thread::spawn(move || {
        let mut said = Vec::new();
        // What it says beyond this is no news.
        stderr.map(|stderr| stderr.take(1 << 20).read_to_end(&mut said)).transpose().map(|_| said)
    });
    let started = Instant::now();
    while child.try_wait()?.is_none() {
        if started.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::other(format!("it did not end in {} seconds", PATIENCE.as_secs())));
        }
        thread::sleep(POLL);
    }
    let said = said.join().expect("the reader of a pipe does not panic")?;
    let said = String::from_utf8_lossy(&said).into_owned();
    // systemd before 250 has no `verify --root`.
    match said
        .lines()
        .find(|line| line.contains("unrecognized option") || line.contains("--root is only supported"))
    {
        Some(line) => Err(io::Error::other(format!("it is too old, and says `{line}`"))),
        None => Ok(said),
    }
}

/// Lines of the form `ROOT/PATH:LINE: MESSAGE`. Others are about programs and units that are not written
/// out, and have checks of their own.
fn faults<'f, 'a>(
    said: &str,
    root: &Path,
    files: &'f SmallMap<String, Node<'a>>,
) -> Vec<(&'f Node<'a>, u32, Fault)> {
    let root = root.to_string_lossy();
    let fault = |line: &str| {
        let (path, rest) = line.strip_prefix(root.as_ref())?.split_once(':')?;
        let (number, message) = rest.split_once(": ")?;
        let number = number.parse().ok()?;
        let node = files.get(path).filter(|node| node.site().is_some())?;
        let message = format!("`{path}`: {}", lowercase(message.trim_end_matches('.')));
        let line = node.text().and_then(|text| Span::of_line(text, number));
        let fault = match line {
            Some(line) => Fault::at_span(node, &line, message),
            None => Fault::at(node, message),
        };
        let help = format!("fix line {number}; systemd.directives(7) lists the directives");
        Some((node, number, fault.help(help)))
    };
    said.lines().filter_map(fault).collect()
}

fn lowercase(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use lapstrake::entry::{DropIn, Unit};
    use lapstrake::{Base, Image, Layer};

    use super::*;
    use crate::check::Contents;
    use crate::tests::workshop::Workshop;

    fn said(layer: Layer) -> Vec<Fault> {
        let workshop = Workshop::stand_in();
        let plan = workshop.planned(&Image::new("analyzed", Base::stand_in()).layer(layer));
        let contents = Contents::of(&plan.layers);
        analyze(&Subject::new(&plan, &workshop.base, &contents))
    }

    fn has_systemd() -> bool {
        let has = Program::SYSTEMD_ANALYZE.is_installed();
        assert!(has || std::env::var_os("CI").is_none(), "systemd-analyze is missing");
        has
    }

    #[test]
    fn systemd_itself_names_the_line_that_it_ignores() {
        if !has_systemd() {
            return;
        }
        let wrong = "[Service]\nExecStart=/usr/bin/app\nIPAddressAllow=somewhere\nCPUAffinity=many\n";
        let faults = said(Layer::new("u").unit(Unit::text("app.service", wrong)));
        let faults: Vec<_> = faults.iter().map(|fault| format!("{fault:?}")).collect();
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert!(faults[0].contains("`/usr/lib/systemd/system/app.service`: "), "{faults:#?}");
        assert!(faults[0].contains("(line 3)"), "{faults:#?}");
        assert!(faults[1].contains("(line 4)") && faults[1].contains("CPU affinity"), "{faults:#?}");
    }

    #[test]
    fn a_program_that_is_not_laid_out_is_not_missed_and_a_drop_in_is_read() {
        if !has_systemd() {
            return;
        }
        let right = Unit::text("app.service", "[Service]\nExecStart=/usr/bin/gone\nUser=nobody-knows\n");
        assert_eq!(said(Layer::new("u").unit(right.clone())), []);
        let drop_in = DropIn::text("10-x", "[Service]\nCPUAffinity=many\n", "app.service");
        assert_eq!(said(Layer::new("u").unit(right).with(drop_in)).len(), 1);
    }

    #[test]
    fn a_template_is_read_by_an_instance() {
        if has_systemd() {
            let template = "[Service]\nExecStart=/usr/bin/can %i\nCPUAffinity=many\n";
            assert_eq!(said(Layer::new("t").unit(Unit::text("can@.service", template))).len(), 1);
        }
    }
}
