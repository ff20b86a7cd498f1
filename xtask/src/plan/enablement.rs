//! Enabling, disabling and masking units: the links that systemctl would make or take away, found from
//! `[Install]` sections. Links of enablement go to `/usr`, where no merge of `/etc` can lose them.

use std::collections::BTreeMap;

use lapstrake::Site;
use lapstrake::entry::{State, Unit};
use lapstrake::suggest::did_you_mean;
use lapstrake::systemd::{Install, Link, UnitFile};
use lapstrake::value::{ImagePath, UnitKind, UnitName};

use crate::base::{BaseIndex, File};
use crate::finding::Finding;
use lapstrake_oci::tree::Tree;

/// Whose units are meant, and where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    /// The manager of the system.
    System,
    /// The manager of each user.
    Users,
}

impl Manager {
    /// Returns the manager of units for users, or for the system.
    pub(super) fn new(for_users: bool) -> Self {
        if for_users { Self::Users } else { Self::System }
    }

    /// Returns the directories in which the managers look for units of an image.
    pub(super) fn directories() -> impl Iterator<Item = &'static str> {
        [Self::System, Self::Users].into_iter().flat_map(|manager| [manager.etc(), manager.usr()])
    }

    /// Returns the directory of the vendor's units and links.
    fn usr(self) -> &'static str {
        match self {
            Self::System => Unit::DIRECTORY,
            Self::Users => Unit::USER_DIRECTORY,
        }
    }

    /// Returns the directory of the administrator's units and links.
    fn etc(self) -> &'static str {
        match self {
            Self::System => "/etc/systemd/system",
            Self::Users => "/etc/systemd/user",
        }
    }
}

/// The unit files that this image brings, by their paths.
pub(super) type OwnUnits = BTreeMap<ImagePath, String>;

/// The links that a statement about a unit makes and removes.
#[derive(Default)]
pub(super) struct Links {
    /// Symlinks to make, and their targets.
    pub(super) made: BTreeMap<ImagePath, String>,
    /// Paths to remove.
    pub(super) removed: Vec<ImagePath>,
}

/// What is known of units.
pub(super) struct Units<'a> {
    pub(super) manager: Manager,
    pub(super) own: &'a OwnUnits,
    pub(super) base: &'a BaseIndex,
    pub(super) merged: &'a Tree<File>,
    /// Whether something may have run inside the image, so that a unit may be there unseen.
    pub(super) unseen: bool,
}

impl Units<'_> {
    /// The links of `state` for `unit`.
    pub(super) fn links(&self, unit: &UnitName, state: State, site: Site) -> Result<Links, Finding> {
        let mut links = Links::default();
        match state {
            State::Enabled => self.enable(unit, site, &mut links, &mut Vec::new())?,
            State::Disabled => self.disable(unit, site, &mut links)?,
            State::Masked => {
                self.text(unit, site)?;
                links.made.insert(self.in_etc(unit.as_str())?, "/dev/null".to_owned());
            }
            State::DefaultTarget => {
                if unit.kind() != UnitKind::Target {
                    let message = format!("`{unit}` is not a target, and the system boots to one");
                    let help = "write `.default_target(\"multi-user.target\")`";
                    return Err(Finding::fatal("default-target", site, message).help(help));
                }
                self.text(unit, site)?;
                // The administrator's link, where the base has one, wins over the vendor's.
                let etc = self.in_etc("default.target")?;
                let (at, target) = match self.merged.get(&etc) {
                    Some(_) => (etc, format!("{}/{unit}", self.manager.usr())),
                    None => (self.in_usr("default.target")?, unit.to_string()),
                };
                links.made.insert(at, target);
            }
        }
        Ok(links)
    }

    fn enable(
        &self,
        unit: &UnitName,
        site: Site,
        links: &mut Links,
        done: &mut Vec<UnitName>,
    ) -> Result<(), Finding> {
        // `Also=` may lead back to where it came from.
        if done.contains(unit) {
            return Ok(());
        }
        done.push(unit.clone());
        let text = self.text(unit, site)?;
        let mask = self.in_etc(unit.as_str())?;
        if self.merged.get(&mask).is_some_and(|found| found.node.kind.target() == Some("/dev/null")) {
            let message = format!("`{unit}` is masked by `{mask}`");
            let help = format!("add `.remove({:?})` before enabling it", mask.as_str());
            return Err(Finding::fatal("unit-masked", site, message).at(&mask).help(help));
        }
        let Some(text) = text else {
            if self.unseen {
                return Ok(());
            }
            let message = format!("`{unit}` is there, but its `[Install]` section can't be read");
            let help = "bring it by `.unit(Unit::file(…))`, or link it by `.symlink(…)`";
            return Err(Finding::fatal("unit-unread", site, message).help(help));
        };
        // `unit-encoding` reports it.
        if text.contains('\0') {
            return Ok(());
        }
        let file = UnitFile::parse(&text);
        let mut install = Install::of(unit, &file);
        let mut instance = unit.clone();
        if unit.is_template() {
            let given = install.default_instance().and_then(|name| unit.instantiate(name));
            let Some(default) = given else {
                let message = format!("`{unit}` is a template, and has no `DefaultInstance=`");
                let name = unit.as_str().replace("@.", "@NAME.");
                return Err(
                    Finding::fatal("template-enabled", site, message).help(format!("enable `{name}`"))
                );
            };
            install = Install::of(&default, &file);
            instance = default;
        }
        if let Some(wrong) = install.wrong().first() {
            let message = format!("`{unit}` has `{wrong}` in its `[Install]` section, which names no unit");
            return Err(Finding::fatal("install-section", site, message));
        }
        if install.is_empty() {
            let message = format!("`{unit}` is enabled, and has no `[Install]` section that says how");
            let help =
                "add `[Install]` and `WantedBy=multi-user.target` to the unit, or leave the enabling out";
            return Err(Finding::fatal("enabled-without-install", site, message).help(help));
        }
        let file_name = self.file_name(unit);
        for link in install.links() {
            let (usr, target) = self.place(link, &instance, &file_name)?;
            let etc = ImagePath::parse(&usr.as_str().replacen(self.manager.usr(), self.manager.etc(), 1))
                .map_err(|e| Finding::invalid(&e, site))?;
            if self.merged.get(&usr).is_none() && self.merged.get(&etc).is_none() {
                links.made.insert(usr, target);
            }
        }
        for also in install.also() {
            self.enable(also, site, links, done)?;
        }
        Ok(())
    }

    fn disable(&self, unit: &UnitName, site: Site, links: &mut Links) -> Result<(), Finding> {
        let text = self.text(unit, site)?.unwrap_or_default();
        let install = Install::of(unit, &UnitFile::parse(&text));
        // Of the vendor's links those that enabling makes; a static one is not enablement.
        for link in install.links() {
            let (usr, _) = self.place(link, unit, unit.as_str())?;
            if self.merged.get(&usr).is_some() {
                links.removed.push(usr);
            }
        }
        let etc = self.in_etc("")?;
        for (name, found) in self.merged.children(&etc) {
            let path = etc.join(name).map_err(|error| Finding::invalid(&error, site))?;
            let is_of_links = [".wants", ".requires", ".upholds"].iter().any(|end| name.ends_with(end));
            if found.node.kind.is_directory() && is_of_links {
                let paths = found.children().filter_map(|(name, _)| path.join(name).ok());
                links.removed.extend(paths.filter(|link| means(link, unit)));
            } else if let Some(target) = found.node.kind.target()
                && target.rsplit('/').next() == Some(unit.as_str())
                && name != "default.target"
            {
                links.removed.push(path);
            }
        }
        for also in install.also() {
            if also != unit && self.text(also, site).is_ok() {
                let file = UnitFile::parse(&self.text(also, site)?.unwrap_or_default());
                for link in Install::of(also, &file).links() {
                    let (usr, _) = self.place(link, also, also.as_str())?;
                    if self.merged.get(&usr).is_some() {
                        links.removed.push(usr);
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns whether the image brings the unit itself.
    pub(super) fn is_own(&self, unit: &UnitName) -> bool {
        self.files(unit).any(|path| self.own.contains_key(&path))
    }

    /// Returns whether the unit, or its template, is in a tree that is known.
    pub(super) fn is_known(&self, unit: &UnitName) -> bool {
        self.files(unit).any(|path| self.own.contains_key(&path) || self.merged.get(&path).is_some())
    }

    /// The unit's text, where it can be seen; a unit that is nowhere is a finding.
    fn text(&self, unit: &UnitName, site: Site) -> Result<Option<String>, Finding> {
        for name in [Some(unit.clone()), unit.template()].into_iter().flatten() {
            for path in [self.in_etc(name.as_str())?, self.in_usr(name.as_str())?] {
                if let Some(text) = self.own.get(&path) {
                    return Ok(Some(text.clone()));
                }
                if self.merged.get(&path).is_some() {
                    let file = self.merged.follow(&path).unwrap_or(path);
                    return Ok(self
                        .own
                        .get(&file)
                        .cloned()
                        .or_else(|| self.base.text(&file).map(str::to_owned)));
                }
            }
        }
        if self.unseen {
            return Ok(None);
        }
        let message = format!("neither this image nor its base has a unit `{unit}`");
        let usr = self.in_usr("")?;
        let known = self.merged.children(&usr).map(|(name, _)| name);
        let names = known.chain(self.own.keys().map(ImagePath::file_name));
        let help = did_you_mean(unit.as_str(), names);
        Err(Finding::fatal("unknown-unit", site, message).help_if(help))
    }

    /// Where a link of `[Install]` goes, and what it points to.
    fn place(&self, link: &Link, unit: &UnitName, file: &str) -> Result<(ImagePath, String), Finding> {
        Ok(match link.kind.directory() {
            None => (self.in_usr(link.unit.as_str())?, file.to_owned()),
            Some(suffix) => (self.in_usr(&format!("{}.{suffix}/{unit}", link.unit))?, format!("../{file}")),
        })
    }

    /// Returns the paths at which a unit or its template can be.
    fn files(&self, unit: &UnitName) -> impl Iterator<Item = ImagePath> {
        let names = [Some(unit.clone()), unit.template()].into_iter().flatten();
        names.flat_map(|name| [self.in_etc(name.as_str()), self.in_usr(name.as_str())]).flatten()
    }

    fn in_usr(&self, name: &str) -> Result<ImagePath, Finding> {
        in_directory(self.manager.usr(), name)
    }

    fn in_etc(&self, name: &str) -> Result<ImagePath, Finding> {
        in_directory(self.manager.etc(), name)
    }

    /// The name of the file that a unit is: a template's, unless the instance has its own.
    fn file_name(&self, unit: &UnitName) -> String {
        let has = |name: &UnitName| {
            [self.in_etc(name.as_str()), self.in_usr(name.as_str())]
                .into_iter()
                .flatten()
                .any(|path| self.own.contains_key(&path) || self.merged.get(&path).is_some())
        };
        match unit.template() {
            Some(template) if !has(unit) => template.to_string(),
            _ => unit.to_string(),
        }
    }
}

/// Whether a link in a `.wants` directory is to that unit, or to an instance of that template.
fn means(link: &ImagePath, unit: &UnitName) -> bool {
    let name = UnitName::parse(link.file_name());
    name.is_ok_and(|name| &name == unit || name.template().as_ref() == Some(unit))
}

fn in_directory(directory: &str, name: &str) -> Result<ImagePath, Finding> {
    let path = if name.is_empty() { directory.to_owned() } else { format!("{directory}/{name}") };
    ImagePath::parse(&path).map_err(|error| Finding::invalid(&error, Site::caller()))
}
