//! Entries that are other entries on each base: the tree decides where a message is read, and what checks the health of a boot.

use lapstrake::entry::{
    Attributes, DropIn, Entry, EntryKind, EnvironmentFile, File, HealthCheck, Motd, Source, State, Symlink,
    UnitState,
};
use lapstrake::systemd::EnvironmentFault;
use lapstrake::value::{ImagePath, Mode};
use lapstrake::{Layer, Site, Span};

use super::Undecided;
use super::resolve::Resolver;
use super::site::site_or;
use crate::finding::{Finding, Place};
use crate::project::assets::Scanned;
use crate::support::shell::word;

/// Where modules of PAM are.
const PAM: [&str; 4] = [
    "/usr/lib64/security",
    "/usr/lib/security",
    "/usr/lib/x86_64-linux-gnu/security",
    "/usr/lib/aarch64-linux-gnu/security",
];
const SYSBOOT: &str = "/usr/lib/systemd/system/sysboot-check@.service";
const SYSBOOT_TARGET: &str = "sysboot-health.target";
/// The drop-in that makes a unit a part of the boot's health.
const SYSBOOT_DROP_IN: &str = "/usr/share/sysboot/service.d/sysboot.conf";
const GREENBOOT: &str = "/usr/libexec/greenboot/greenboot";
const GREENBOOT_CHECKS: &str = "/usr/lib/greenboot/check/required.d";
const GREENBOOT_UNIT: &str = "greenboot-healthcheck.service";

impl Resolver<'_> {
    /// Returns a layer with these entries in the form that they have on the tree so far.
    pub(super) fn on_this_tree(&mut self, layer: &Layer) -> Layer {
        let mut decided = layer.clone();
        decided.entries.clear();
        for entry in &layer.entries {
            let site = site_or(entry.site, layer.site);
            let kinds = match &entry.kind {
                EntryKind::Motd(motd) => self.motd(motd, site),
                EntryKind::EnvironmentFile(file) => self.environment_file(file, site),
                EntryKind::HealthCheck(check) => self.health_check(check, &decided, site),
                _ => vec![entry.kind.clone()],
            };
            decided.entries.extend(kinds.into_iter().map(|kind| {
                let mut decided = entry.clone();
                decided.kind = kind;
                decided
            }));
        }
        decided
    }

    /// Whether the tree so far has a path.
    pub(super) fn has(&self, path: &str) -> bool {
        let path = ImagePath::parse(path).ok().and_then(|path| self.merged.follow(&path).ok());
        path.is_some_and(|path| self.merged.get(&path).is_some())
    }

    /// Whether what a statement needs may come from a layer that is not known yet. The statement is noted.
    pub(super) fn is_undecided(&mut self, what: String, site: Site) -> bool {
        let layer = self.unseen.clone();
        self.undecided.extend(layer.map(|layer| Undecided { what, site, layer }));
        self.unseen.is_some()
    }

    fn motd(&mut self, motd: &Motd, site: Site) -> Vec<EntryKind> {
        let Some(text) = self.valid(&motd.text, site) else { return Vec::new() };
        let is_shown_by_pam = PAM.iter().any(|modules| self.has(&format!("{modules}/pam_motd.so")));
        if !is_shown_by_pam && self.is_undecided("`.motd(…)`".to_owned(), site) {
            return Vec::new();
        }
        let at = if is_shown_by_pam { "/usr/lib/motd.d/50-image" } else { "/etc/motd" };
        let mut file = File::text(text.to_string(), at);
        file.attributes = motd.attributes.clone();
        vec![file.into()]
    }

    fn environment_file(&mut self, entry: &EnvironmentFile, site: Site) -> Vec<EntryKind> {
        let nothing = (None, String::new(), None);
        let (text, name, file) = match &entry.source {
            Source::Text(text) => (Some(text.as_str()), "the environment file".to_owned(), None),
            // What is wrong with it is reported where it is placed.
            Source::Asset(asset) => match self.sources.get(asset) {
                Some(Ok(Scanned::File(file))) => {
                    (file.text.as_deref(), format!("`{asset}`"), Some((asset.path(), &*file.path)))
                }
                _ => nothing,
            },
            Source::BuildStage(..) | Source::Fetched(..) => nothing,
        };
        // Files like this one hold credentials, so that none of its text is shown.
        let place = |line: usize| {
            let ((path, host), text) = file.zip(text)?;
            let span = Span::of_line(text, u32::try_from(line).ok()?)?;
            Some(Box::new(Place::new(path, host, text, &span).without_text()))
        };
        let faults = text.map(EnvironmentFault::all).unwrap_or_default();
        self.findings.extend(faults.into_iter().map(|fault| {
            let message = format!("line {} of {name} {}", fault.line, fault.reason);
            let place = place(fault.line);
            Finding { place, ..Finding::fatal("environment-file", site, message).help(fault.help) }
        }));
        let mut file = File::text("", "/");
        file.source = entry.source.clone();
        file.at = entry.at.clone();
        file.attributes = entry.attributes.clone();
        vec![if file.attributes.mode.is_none() { file.mode(Mode::FILE) } else { file }.into()]
    }

    fn health_check(&mut self, check: &HealthCheck, before: &Layer, site: Site) -> Vec<EntryKind> {
        let what = match check {
            HealthCheck::Command { name, program, arguments } => {
                let (Some(name), Some(program)) = (self.valid(name, site), self.valid(program, site)) else {
                    return Vec::new();
                };
                if arguments.iter().any(|argument| argument.contains(['\0', '\n'])) {
                    let message =
                        format!("the health check `{name}` has an argument with a NUL or an end of line");
                    self.findings.push(Finding::fatal("health-check", site, message));
                    return Vec::new();
                }
                Wanted::Command(name.to_string(), program, arguments.clone())
            }
            HealthCheck::Unit(unit) => {
                let Some(unit) = self.valid(unit, site) else { return Vec::new() };
                Wanted::Unit(unit.to_string())
            }
            _ => return Vec::new(),
        };
        let enabled = |unit: &str| {
            let is_it = |entry: &Entry| match &entry.kind {
                EntryKind::UnitState(state) => state.state == State::Enabled && state.unit == *unit,
                _ => false,
            };
            (!before.entries.iter().any(is_it)).then(|| EntryKind::from(UnitState::enabled(unit)))
        };
        if self.has(SYSBOOT) {
            return what.of_sysboot().into_iter().chain(enabled(SYSBOOT_TARGET)).collect();
        }
        if self.has(GREENBOOT) || self.has("/usr/lib/greenboot") {
            let is_there = self.has(&format!("/usr/lib/systemd/system/{GREENBOOT_UNIT}"));
            let unit = if is_there { enabled(GREENBOOT_UNIT) } else { None };
            return [what.of_greenboot()].into_iter().chain(unit).collect();
        }
        if !self.is_undecided(format!("the health check `{}`", what.name()), site) {
            let message = "the base and the layers below have neither sysboot nor greenboot, which check the health of a boot";
            let help = "add `.packages([\"greenboot\"])`, or `boot_checks` to the manifest of an AutoSD base";
            self.findings.push(Finding::fatal("health-check", site, message).help(help));
        }
        Vec::new()
    }
}

/// A health check, its values parsed.
enum Wanted {
    Command(String, ImagePath, Vec<String>),
    Unit(String),
}

impl Wanted {
    fn name(&self) -> &str {
        match self {
            Self::Command(name, ..) | Self::Unit(name) => name,
        }
    }

    fn of_sysboot(&self) -> Vec<EntryKind> {
        match self {
            Self::Command(name, program, arguments) => {
                let unit = format!("sysboot-check@{name}.service");
                let words: String = arguments.iter().map(|word| format!(" {}", systemd_word(word))).collect();
                let program = systemd_word(program.as_str());
                let text = format!("[Service]\nExecStart={program}{words}\n");
                let mut drop_in = DropIn::text(name.as_str(), text, unit.as_str());
                drop_in.attributes = Attributes::default();
                vec![drop_in.into(), UnitState::enabled(unit).into()]
            }
            Self::Unit(unit) => {
                let at = format!("/usr/lib/systemd/system/{unit}.d/sysboot.conf");
                vec![Symlink::to(SYSBOOT_DROP_IN, at).into()]
            }
        }
    }

    fn of_greenboot(&self) -> EntryKind {
        let (name, command) = match self {
            Self::Command(name, program, arguments) => {
                let words: String = arguments.iter().map(|argument| format!(" {}", word(argument))).collect();
                (name.clone(), format!("{}{words}", word(program.as_str())))
            }
            // It waits for a unit that starts, and a unit that runs is left alone.
            Self::Unit(unit) => {
                (unit.replace(['.', '@', ':', '\\'], "-"), format!("systemctl start {}", word(unit)))
            }
        };
        let at = format!("{GREENBOOT_CHECKS}/50-{name}.sh");
        File::text(format!("#!/bin/sh\nexec {command}\n"), at).mode(0o755).into()
    }
}

/// Returns a word of a command as systemd reads it (systemd.service(5), "Command lines").
fn systemd_word(text: &str) -> String {
    if text == ";" {
        return r"\;".to_owned();
    }
    let text = text.replace('%', "%%").replace('$', "$$");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-+./:=@%$,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use lapstrake::systemd::Command;

    use super::*;

    #[test]
    fn systemd_reads_each_word_as_it_was() {
        let words = ["two words", "", ";", "a\"b", "back\\slash", "tab\there", "-x"];
        let line = words.map(systemd_word).join(" ");
        let read = Command::parse(&format!("/usr/bin/app {line}")).unwrap();
        assert_eq!(read.len(), 1, "{line}");
        assert_eq!(read[0].arguments, words);
        assert_eq!(systemd_word("$HOME/%h"), "$$HOME/%%h");
    }
}
