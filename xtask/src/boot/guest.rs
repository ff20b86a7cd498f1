//! What is on the disk and not in the image: one unit that runs the command once the system is up, puts
//! what came of it on the second disk, and switches the machine off.

use std::fmt::Write;

use super::Command;
use super::console::{DESCRIPTION, UP};
use lapstrake::value::Mode;
use lapstrake_oci::tar::TarWriter;
use lapstrake_oci::tree::{Kind, Metadata};

/// Not in /etc: the presets of a first boot may take links away there.
const UNITS: &str = "usr/lib/systemd/system";
const UNIT: &str = "lapstrake-boot.service";
/// Where the command's own words go.
const OUTPUT: &str = "/run/lapstrake-boot.out";
const ERRORS: &str = "/run/lapstrake-boot.err";
const UPTIME: &str = "/run/lapstrake-boot.up";
/// The second disk.
const RECORD: &str = "/dev/vdb";

/// Returns the tar of the layer that the disk has above those of the image.
pub(super) fn layer(command: &Command, target: &str) -> Vec<u8> {
    let unit = unit(command, target);
    let wants = format!("{UNITS}/{target}.wants");
    let (file, link) = (format!("{UNITS}/{UNIT}"), format!("{wants}/{UNIT}"));
    let written = || {
        let mut tar = TarWriter::new(Vec::new());
        tar.member(&file, &Kind::File(unit.len() as u64), &Metadata::of_root(Mode::FILE))?;
        tar.content(unit.as_bytes())?;
        tar.member(&link, &Kind::symlink(format!("../{UNIT}")), &Metadata::of_root(Mode::SYMLINK))?;
        tar.finish()
    };
    written().expect("writing to a `Vec` does not fail, and the content has the stated size")
}

/// The unit's text. It comes after the target that wants it, which systemd only allows where it has no
/// default dependencies (systemd.target(5)); without that target it does not run.
pub(super) fn unit(command: &Command, target: &str) -> String {
    let started = format!(
        "read -r up idle </proc/uptime; echo \"$up\" >{UPTIME}; echo \"{UP} after $up s\" >/dev/console"
    );
    // EXIT_CODE and EXIT_STATUS are systemd's (systemd.exec(5)). The sizes tell where what was said ends
    // on a disk that does not.
    let ended = format!(
        "exec 2>/dev/console; for file in {OUTPUT} {ERRORS}; do [ -e $file ] || : >$file; done; \
         {{ echo lapstrake $(cat {UPTIME}) ${{EXIT_CODE:-none}} ${{EXIT_STATUS:-none}} \
         $(wc -c <{OUTPUT}) $(wc -c <{ERRORS}); cat {OUTPUT} {ERRORS}; }} >{RECORD}; \
         sync; systemctl poweroff --force --force"
    );
    let shell = |script: &str| line("/bin/sh", &["-c", script]);
    format!(
        "[Unit]\n\
         Description=The command of {DESCRIPTION}\n\
         DefaultDependencies=no\n\
         Requires={target}\n\
         After={target}\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         ExecStartPre=-{}\n\
         ExecStart={}\n\
         ExecStopPost={}\n\
         StandardOutput=file:{OUTPUT}\n\
         StandardError=file:{ERRORS}\n\
         TimeoutStartSec=infinity\n",
        shell(&started),
        line(command.program(), &command.arguments()),
        shell(&ended),
    )
}

/// A command line of a unit, each word quoted. Of the first no variable is expanded
/// (systemd.service(5), "Command lines").
fn line(program: &str, arguments: &[&str]) -> String {
    let arguments = arguments.iter().map(|argument| quoted(argument).replace('$', "$$"));
    [quoted(program)].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}

/// A word in quotes, with the escapes of systemd.syntax(7) and no specifier (systemd.unit(5)).
fn quoted(word: &str) -> String {
    let mut out = String::from("\"");
    for c in word.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '%' => out.push_str("%%"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // Writing to a String does not fail.
            c if c.is_ascii_control() => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use lapstrake::systemd::{UnitFile, words};

    use super::*;

    fn asked(words: &[&str]) -> Command {
        let (program, arguments) = words.split_first().unwrap();
        let arguments = arguments.iter().map(|&word| word.to_owned()).collect();
        Command::Words { program: (*program).to_owned(), arguments, known: true }
    }

    /// What systemd makes of a command line, as its manual has it.
    fn as_systemd_reads(text: &str) -> Vec<String> {
        let unit = UnitFile::parse(text);
        let line = unit.values("Service", "ExecStart").next().unwrap().to_owned();
        let mut words = words(&line).unwrap().into_iter().map(|word| word.replace("%%", "%"));
        let program = words.next();
        program.into_iter().chain(words.map(|word| word.replace("$$", "$"))).collect()
    }

    #[test]
    fn systemd_reads_the_words_that_were_typed() {
        for typed in [
            &["/usr/bin/systemctl", "is-active", "sensord"][..],
            &["/usr/bin/echo", "two words", "", ";", "\"quoted\"", "it's", "back\\slash\\"],
            &["/usr/bin/printf", "%n $HOME ${HOME} $$", "line\nline\ttab", "\u{1b}[0m", "ümlaut"],
            &["/opt/a b/%i$x", "-x"],
        ] {
            let unit = unit(&asked(typed), "multi-user.target");
            assert_eq!(as_systemd_reads(&unit), typed, "{unit}");
        }
    }

    #[test]
    fn no_specifier_and_no_variable_is_left_for_systemd() {
        assert_eq!(line("/bin/x", &["%h $A", "50%"]), r#""/bin/x" "%%h $$A" "50%%""#);
    }

    #[test]
    fn the_unit_runs_once_the_default_target_is_reached() {
        let unit = UnitFile::parse(&unit(&Command::FailedUnits, "graphical.target"));
        assert_eq!(unit.values("Unit", "After").collect::<Vec<_>>(), ["graphical.target"]);
        assert_eq!(unit.values("Unit", "Requires").collect::<Vec<_>>(), ["graphical.target"]);
        assert_eq!(unit.values("Unit", "DefaultDependencies").collect::<Vec<_>>(), ["no"]);
        assert_eq!(unit.values("Service", "Type").collect::<Vec<_>>(), ["oneshot"]);
    }
}
