//! The claims of one entry: the path that it writes or removes, and the state that it gives a unit. Only literals claim
//! anything. The builders say where an entry without a destination goes.

use lapstrake::entry::{Bin, Conf, DropIn, EntryKind, Kargs, Quadlet, State, Sysusers, Tmpfiles, Unit};
use lapstrake::value::{Asset, ImagePath, Karg, QuadletName, SysusersLine, TmpfilesLine, UnitName};

use super::Checker;
use super::shape::Parts;
use crate::image::grammar::Shape;
use crate::image::syntax::{Entry, Setting};
use crate::image::tokens::Operand;

impl Checker<'_> {
    /// Adds the claims of an entry, as far as its literals determine them.
    pub(super) fn claim(&mut self, entry: &Entry, parts: &Parts<'_>) {
        let at = entry.operands_place();
        let option = |key: &str| entry.options.iter().find(|setting| setting.key == key);
        let value = |key: &str| option(key).and_then(|setting| setting.value.as_ref());
        let head = parts.head.text();
        let second = parts.second.and_then(Operand::text);
        let third = parts.third.and_then(Operand::text);
        let path = |text: Option<String>| text.and_then(|text| ImagePath::parse(&text).ok());
        let unit = |text: Option<String>| text.and_then(|text| UnitName::parse(&text).ok());
        let second_at = parts.second.map_or(at, Operand::place);
        match entry.keyword.to_string().as_str() {
            "bin" => match (value("at"), head) {
                (Some(to), _) => self.claims.file(to.place(), path(to.text())),
                (None, Some(name)) => self.claims.file(at, Bin::new(name).destination().ok()),
                (None, None) => {}
            },
            "file" | "text" | "built" | "environment_file" => self.claims.file(second_at, path(second)),
            "fetched" | "image_file" => {
                self.claims.file(parts.third.map_or(at, Operand::place), path(third));
            }
            "fetched_tree" | "image_tree" => {
                self.claims.directory(parts.third.map_or(at, Operand::place), path(third), None);
            }
            "tree" | "built_tree" => self.claims.directory(second_at, path(second), None),
            "dir" => {
                let said = said_of(value("mode"), value("owner"));
                self.claims.directory(at, path(head), said);
            }
            "edit" => self.claims.file(at, path(head)),
            "symlink" => self.claims.symlink(parts.head.place(), path(head)),
            "remove" => self.claims.removal(at, path(head)),
            "rename" => self.claims.removal(parts.head.place(), path(head)),
            "quadlet" => {
                let name = match (value("named"), parts.shape) {
                    (Some(named), _) => named.text(),
                    (None, Shape::Named(..)) => head,
                    (None, _) => head.and_then(|asset| file_name(&asset)),
                };
                let name = name.and_then(|name| QuadletName::parse(&name).ok());
                self.claims.file(at, name.and_then(|name| Quadlet::text(name, "").destination().ok()));
            }
            "unit" => self.claim_unit(entry, parts),
            "drop_in" => {
                let (name, unit_text) = match parts.shape {
                    Shape::Onto(..) => (head.and_then(|asset| file_name(&asset)), second),
                    _ => (head, third),
                };
                let Some((name, unit)) = name.zip(unit(unit_text)) else { return };
                let to = DropIn::text(name, "", unit.clone());
                self.claims.file(at, to.at.get().ok().cloned());
                let changed = parts.third.map_or(second_at, Operand::place);
                self.claims.drop_in(changed, &unit);
            }
            "enable" | "disable" | "mask" if option("for_users").is_some() => {}
            "enable" => self.claims.states(at, unit(head), State::Enabled),
            "disable" => self.claims.states(at, unit(head), State::Disabled),
            "mask" => self.claims.states(at, unit(head), State::Masked),
            "default_target" => self.claims.states(at, unit(head), State::DefaultTarget),
            "hostname" => self.claims.file(at, path(Some("/etc/hostname".to_owned()))),
            "locale" => self.claims.file(at, path(Some("/etc/locale.conf".to_owned()))),
            "tmpfiles_of_packages" => self.claims.file(at, head.and_then(|name| conf("tmpfiles", &name))),
            "timezone" => self.claims.symlink(at, path(Some("/etc/localtime".to_owned()))),
            keyword @ ("sysusers" | "tmpfiles" | "kargs" | "sysctl" | "modules_load" | "udev_rules"
            | "preset" | "environment" | "sshd") => {
                let name = match parts.shape {
                    Shape::One(_) => head.and_then(|asset| file_name(&asset)),
                    _ => head,
                };
                let at = parts.head.place();
                let to = name.and_then(|name| conf(keyword, &name));
                self.claims.file(at, to);
            }
            "run" if parts.head.list().is_some_and(|argv| argv.is_empty()) => {
                self.error(at, "a run step has no program", "write `run [\"ldconfig\"]`");
            }
            _ => {}
        }
    }

    fn claim_unit(&mut self, entry: &Entry, parts: &Parts<'_>) {
        let option = |key: &str| entry.options.iter().find(|setting| setting.key == key);
        let unit = |text: Option<String>| text.and_then(|text| UnitName::parse(&text).ok());
        let head = parts.head.text();
        let named = option("named").and_then(|setting| setting.value.as_ref());
        let name = match (named, parts.shape) {
            (Some(named), _) => unit(named.text()),
            (None, Shape::Named(..)) => unit(head),
            (None, _) => head.and_then(|asset| self.unit_of_file(&asset, file_name(&asset), parts.head)),
        };
        let Some(name) = name else { return };
        let at = named.map_or(parts.head.place(), Operand::place);
        let mut file = Unit::text(name.clone(), "");
        file.for_users = option("for_users").is_some();
        self.claims.file(at, file.destination().ok());
        // A unit of users shares its name with none of the system's.
        if file.for_users {
            return;
        }
        if let Some(enabled) = option("enabled") {
            self.claims.state(enabled.key.span(), &name, State::Enabled);
        }
        self.instances(&name, option("instances"));
    }

    /// Returns the unit that a file is by its name, or reports a file without the name of a unit.
    fn unit_of_file(&mut self, asset: &str, name: Option<String>, at: &Operand) -> Option<UnitName> {
        match UnitName::parse(&name?) {
            Ok(unit) => Some(unit),
            Err(error) => {
                let located = crate::asset::locate(asset).is_ok_and(|found| !found.directory);
                if located {
                    let help = format!(
                        "write `unit {} {{ named: \"NAME.service\" }}`, or rename the file",
                        at.written()
                    );
                    self.error(at.place(), error.to_string(), help);
                }
                None
            }
        }
    }

    fn instances(&mut self, unit: &UnitName, setting: Option<&Setting>) {
        let Some(list) = setting.and_then(|setting| setting.value.as_ref()).and_then(Operand::list) else {
            return;
        };
        if !unit.is_template() {
            let key = setting.map_or_else(proc_macro2::Span::call_site, |setting| setting.key.span());
            let message = format!("`{unit}` is not a template, and has no instances");
            return self.error(key, message, "write `enabled`; a template is named `NAME@.service`");
        }
        for instance in &list {
            let Some(text) = instance.text() else { continue };
            if let Some(unit) = unit.instantiate(&text) {
                self.claims.state(instance.place(), &unit, State::Enabled);
            } else {
                let message = format!("`{}` is not an instance of `{unit}`", text.escape_debug());
                let help = "write what stands between `@` and the suffix: `\"can0\"`";
                self.error(instance.place(), message, help);
            }
        }
    }
}

/// Returns a key that is equal for directories with the same mode and owner, or `None` if either is not a literal.
fn said_of(mode: Option<&Operand>, owner: Option<&Operand>) -> Option<String> {
    let mode = match mode {
        Some(mode) => mode.literal().map(|_| mode.written())?,
        None => String::new(),
    };
    let owner = match owner {
        Some(owner) => owner.text()?,
        None => String::new(),
    };
    (!mode.is_empty() || !owner.is_empty()).then(|| format!("{mode} {owner}"))
}

/// Returns the path to which the builder writes a file of a `.d` directory.
fn conf(keyword: &str, name: &str) -> Option<ImagePath> {
    let entry: EntryKind = match keyword {
        "sysusers" => Sysusers::lines(name, <[SysusersLine; 0]>::default()).into(),
        "tmpfiles" => Tmpfiles::lines(name, <[TmpfilesLine; 0]>::default()).into(),
        "kargs" => Kargs::new(name, <[Karg; 0]>::default()).into(),
        "sysctl" => Conf::sysctl(name, <[&str; 0]>::default()).into(),
        "modules_load" => Conf::modules_load(name, <[&str; 0]>::default()).into(),
        "udev_rules" => Conf::udev_rules(name, <[&str; 0]>::default()).into(),
        "preset" => Conf::preset(name, <[&str; 0]>::default()).into(),
        "environment" => Conf::environment(name, <[&str; 0]>::default()).into(),
        _ => Conf::sshd(name, <[&str; 0]>::default()).into(),
    };
    entry.destination()?.ok()
}

fn file_name(asset: &str) -> Option<String> {
    Asset::new(asset).path().file_name().map(str::to_owned)
}
