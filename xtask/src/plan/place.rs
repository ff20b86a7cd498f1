//! What each kind of entry puts in its layer: the one place that knows where units, sysusers.d files
//! and kernel arguments go. The module `destination` decides whether they may be there.

use std::collections::BTreeMap;

use camino::Utf8Path;
use lapstrake::entry::{Attributes, Bin, Edit, EntryKind, EntryRef, File, Kargs, Source};
use lapstrake::value::{Asset, ImagePath, Invalid, LayerName, Mode, Owner, Principal};
use lapstrake::{Layer, Parsed, Site};

use super::archive::Archives;
use super::compile::Invocations;
use super::copied_from::CopiedFrom;
use super::destination::{Members, Wanted};
use super::edit::{Edited, Lower};
use super::enablement::OwnUnits;
use super::lower_texts::{LowerTexts, WantedText};
use super::own_accounts::OwnAccounts;
use super::packages::Kept;
use super::site::{site_or, source_finding};
use super::stage::{self, Stages};
use super::{Fetched, Origin, StageTrees, Undecided, source_mode};
use crate::base::BaseIndex;
use crate::finding::Finding;
use crate::project::assets::{Scanned, SourceFile, Sources};
use lapstrake_oci::Digest;
use lapstrake_oci::tree::{Kind, Metadata, Xattrs};

/// Lines that are added to files of the base, and the entry that adds the first of a file.
pub(super) type AddedLines = BTreeMap<ImagePath, (Site, Vec<String>)>;

/// Finds the number of a name.
type Own = fn(&OwnAccounts, &str) -> Option<u32>;
type Of = fn(&BaseIndex, &str) -> Option<u32>;

/// The links that the states of units make, with their targets.
pub(super) type WantedLinks = Vec<(ImagePath, String, Site)>;

/// Turns entries into inodes of one layer.
pub(super) struct Placer<'a, 'm, 'p> {
    pub(super) members: Members<'m>,
    pub(super) invocations: &'p mut Invocations<'a>,
    pub(super) stages: &'p mut Stages<'a>,
    pub(super) sources: &'a Sources,
    pub(super) base: &'a BaseIndex,
    /// The highest layer below whose files are not known.
    pub(super) unseen: Option<&'p LayerName>,
    pub(super) undecided: Vec<Undecided>,
    pub(super) copied_from: &'p CopiedFrom,
    /// The layer itself.
    pub(super) layer: &'p LayerName,
    pub(super) texts: &'p LowerTexts,
    pub(super) stage_trees: &'p StageTrees,
    pub(super) archives: &'p Archives,
    /// What has to be read before the plan can be made.
    pub(super) wanted: Vec<WantedText>,
    pub(super) added: AddedLines,
    pub(super) accounts: &'p OwnAccounts,
    pub(super) units: &'p OwnUnits,
    pub(super) findings: Vec<Finding>,
    /// The site that is shown for one outside of the workspace.
    pub(super) layer_site: Site,
}

impl<'a> Placer<'a, '_, '_> {
    /// Puts the inodes of a layer in it: those of its entries, the files that its packages keep, and the links of units.
    pub(super) fn place_all(&mut self, layer: &Layer, kept: Vec<Kept>, links: WantedLinks) {
        for entry in &layer.entries {
            self.members.allowed = allowed(&entry.kind, layer.site);
            self.place(&entry.kind, site_or(entry.site, layer.site));
        }
        self.selinux(layer);
        self.add_lines();
        self.members.allowed.clear();
        for Kept { path, from, site } in kept {
            self.put(path, Kind::File(from), Metadata::of_root(Mode::FILE), site);
        }
        for (path, target, site) in links {
            self.put(path, Kind::symlink(target), Metadata::of_root(Mode::SYMLINK), site);
        }
    }

    /// Puts an entry's inodes in the layer. Removals, unit states, packages and run steps have none, the
    /// changes of a policy share theirs, and what the tree decides is other entries by now.
    fn place(&mut self, kind: &EntryKind, site: Site) {
        match EntryRef::of(kind) {
            EntryRef::Bin(bin) => self.bin(bin, site),
            EntryRef::File(file) => self.file(file, site),
            EntryRef::Tree(tree) => self.tree(tree, site),
            EntryRef::Unit(unit) => {
                let name = unit.name.site();
                let Some(path) = self.destination(unit.destination(), name) else { return };
                self.source_file(&unit.source, path, &unit.attributes, Some(Mode::FILE), site);
            }
            EntryRef::Kargs(kargs) => self.kargs(kargs, site),
            EntryRef::Dir(dir) => {
                let Some(path) = self.valid(&dir.at) else { return };
                let modest = dir.attributes.mode.is_none() && dir.attributes.owner.is_none();
                let Some(metadata) = self.metadata(&dir.attributes, Mode::PROGRAM) else { return };
                self.members.put(Wanted { path, kind: Kind::Directory, metadata, site, modest, inode: None });
            }
            EntryRef::Symlink(symlink) => {
                let Some(path) = self.valid(&symlink.at) else { return };
                let target = symlink.target.clone();
                if target.is_empty() || target.len() >= 4096 || target.contains('\0') {
                    let message = format!("symlink `{path}` has a target that Linux can't hold");
                    self.findings.push(Finding::fatal("symlink-target", site, message).at(&path));
                    return;
                }
                let Some(metadata) = self.metadata(&symlink.attributes, Mode::SYMLINK) else { return };
                self.put(path, Kind::symlink(target), metadata, site);
            }
            EntryRef::DropIn(drop_in) => {
                let Some(path) = self.valid(&drop_in.at) else { return };
                self.source_file(&drop_in.source, path, &drop_in.attributes, Some(Mode::FILE), site);
            }
            EntryRef::Conf(conf) => {
                let lines: Vec<_> = conf.lines.iter().map(|line| self.valid(line)).collect();
                let (Ok(text), false) = (conf.text(), lines.contains(&None)) else { return };
                let Some(path) = self.valid(&conf.at) else { return };
                self.source_file(&Source::Text(text), path, &conf.attributes, Some(Mode::FILE), site);
            }
            EntryRef::Group(group) => self.group(group, site),
            EntryRef::User(user) => self.user(user, site),
            EntryRef::Quadlet(quadlet) => self.quadlet(quadlet, site),
            EntryRef::Zone(zone) => self.zone(zone, site),
            EntryRef::CaCertificate(certificate) => self.ca_certificate(certificate, site),
            EntryRef::Kmod(kmod) => self.kmod(kmod, site),
            EntryRef::Copied(copied) => self.copied(copied, site),
            EntryRef::Edit(edit) => self.edit(edit, site),
            EntryRef::Embedded(embedded) => self.embedded(embedded, site),
            EntryRef::Sysusers(entry) => {
                let lines = self.lines(&entry.lines);
                self.conf(&entry.at, entry.source.as_ref(), lines, site);
            }
            EntryRef::Tmpfiles(entry) => {
                let lines = self.lines(&entry.lines);
                if !entry.of_packages {
                    self.conf(&entry.at, entry.source.as_ref(), lines, site);
                } else if let Some(at) = self.valid(&entry.at) {
                    self.package_state(at, site);
                }
            }
            EntryRef::EnvironmentFile(_)
            | EntryRef::HealthCheck(_)
            | EntryRef::Motd(_)
            | EntryRef::Remove(_)
            | EntryRef::UnitState(_)
            | EntryRef::Packages(_)
            | EntryRef::Run(_)
            | EntryRef::Selinux(_) => {}
        }
    }

    fn bin(&mut self, bin: &Bin, site: Site) {
        let values = [
            self.valid(&bin.name).is_some(),
            bin.package.as_ref().is_none_or(|package| self.valid(package).is_some()),
            bin.features.iter().filter(|feature| self.valid(feature).is_none()).count() == 0,
            bin.profile.as_ref().is_none_or(|profile| self.valid(profile).is_some()),
            bin.target.as_ref().is_none_or(|target| self.valid(target).is_some()),
        ];
        let path = bin.at.as_ref().map_or(site, Parsed::site);
        let path = self.destination(bin.destination(), path);
        if values.contains(&false) {
            return;
        }
        let artefact = if let Some(stage) = bin.stage.as_deref() {
            self.stages.artefact(stage, bin, site, &mut self.findings).map(Origin::Compiled)
        } else {
            let artefact = self.invocations.artefact(bin, site);
            artefact.map_err(|finding| self.findings.push(finding)).ok().map(Origin::Artefact)
        };
        let metadata = self.metadata(&bin.attributes, Mode::PROGRAM);
        if let (Some(path), Some(from), Some(metadata)) = (path, artefact, metadata) {
            self.put(path, Kind::File(from), metadata, site);
        }
    }

    /// What an edit is made on.
    pub(super) fn lower(&self) -> Lower<'_> {
        Lower { below: &self.members.below, texts: self.texts, unseen: self.unseen }
    }

    fn edit(&mut self, edit: &Edit, site: Site) {
        let Some(at) = self.valid(&edit.at) else { return };
        let edited = self.lower().edit(&at, edit, site);
        if let Some((path, text, metadata)) = self.known(edited) {
            self.put_changed(path, text, metadata, site);
        }
    }

    /// Returns the file after a change, or notes what has to be known first, or what is wrong.
    pub(super) fn known(
        &mut self,
        edited: Result<Edited, Vec<Finding>>,
    ) -> Option<(ImagePath, String, Metadata)> {
        match edited {
            Ok(Edited::File { path, text, metadata }) => return Some((path, text, metadata)),
            Ok(Edited::Wanted(wanted)) => self.wanted.push(wanted),
            Ok(Edited::Undecided(undecided)) => self.undecided.push(undecided),
            Err(findings) => self.findings.extend(findings),
        }
        None
    }

    /// Puts the file below with changes in the layer.
    pub(super) fn put_changed(&mut self, path: ImagePath, text: String, metadata: Metadata, site: Site) {
        self.members.extends = true;
        self.put(path, Kind::File(Origin::Text(text)), metadata, site);
        self.members.extends = false;
    }

    fn file(&mut self, file: &File, site: Site) {
        let Some(path) = self.valid(&file.at) else { return };
        if file.fills.is_empty() {
            self.source_file(&file.source, path, &file.attributes, None, site);
        } else {
            self.template(file, path, site);
        }
    }

    /// The path, or a finding that it is none.
    fn destination(&mut self, path: Result<ImagePath, Invalid>, site: Site) -> Option<ImagePath> {
        path.map_err(|error| self.findings.push(Finding::invalid(&error, site_or(site, self.layer_site))))
            .ok()
    }

    fn kargs(&mut self, kargs: &Kargs, site: Site) {
        let Some(path) = self.valid(&kargs.at) else { return };
        let arguments: Vec<_> = kargs.arguments.iter().filter_map(|karg| self.valid(karg)).collect();
        let machines: Vec<_> = kargs.architectures.iter().filter_map(|on| self.valid(on)).collect();
        let array =
            |texts: Vec<String>| toml::Value::Array(texts.into_iter().map(toml::Value::String).collect());
        let arguments = array(arguments.iter().map(ToString::to_string).collect());
        let mut text = format!("kargs = {arguments}\n");
        if !machines.is_empty() {
            let machines = array(machines.iter().map(|on| on.machine().to_owned()).collect());
            text += &format!("match-architectures = {machines}\n");
        }
        self.put(path, Kind::File(Origin::Text(text)), Metadata::of_root(Mode::FILE), site);
    }

    fn conf(&mut self, at: &Parsed<ImagePath>, source: Option<&Source>, lines: String, site: Site) {
        let Some(path) = self.valid(at) else { return };
        if let Some(source) = source {
            self.source_file(source, path, &Attributes::default(), Some(Mode::FILE), site);
        } else {
            let from = Origin::Text(lines);
            self.put(path, Kind::File(from), Metadata::of_root(Mode::FILE), site);
        }
    }

    fn lines<L: Clone + ToString>(&mut self, lines: &[Parsed<L>]) -> String {
        lines.iter().filter_map(|line| self.valid(line)).map(|line| line.to_string() + "\n").collect()
    }

    pub(super) fn source_file(
        &mut self,
        source: &Source,
        path: ImagePath,
        attributes: &Attributes,
        default: Option<Mode>,
        site: Site,
    ) {
        let (mut scanned, mut made) = (None, None);
        let (from, own) = match source {
            Source::Text(text) => (Origin::Text(text.clone()), Mode::FILE),
            Source::Fetched(url, digest) => {
                let (Some(url), Some(digest)) = (self.valid(url), self.valid(digest)) else { return };
                let digest = Digest::parse(digest.as_str()).expect("both parsers take the same digests");
                (Origin::Fetched(Fetched { url: url.to_string(), digest }), Mode::FILE)
            }
            Source::BuildStage(stage, from) => {
                let Some(from) = stage::path(from, self.layer_site, &mut self.findings) else { return };
                let Some(built) = self.stages.file(stage, from.clone(), site, &mut self.findings) else {
                    return;
                };
                made = self.stage_trees.file(stage, from);
                (Origin::Compiled(built), Mode::PROGRAM)
            }
            Source::Asset(asset) => match self.scanned(asset, site) {
                Some(Scanned::File(file)) => {
                    scanned = Some((asset.path(), file));
                    (Origin::Asset { path: asset.path().to_owned(), host: file.path.clone() }, mode_of(file))
                }
                Some(Scanned::Directory(_)) => {
                    let message = format!("`{asset}` is a directory, and a file is wanted");
                    let help = format!("write `.tree({:?}, {:?})`", asset.path().as_str(), path.as_str());
                    self.findings.push(Finding::fatal("asset-kind", site, message).help(help));
                    return;
                }
                None => return,
            },
        };
        let Some(metadata) = self.metadata(attributes, default.unwrap_or(own)) else { return };
        let made = made.as_ref().map(|(from, file)| (Utf8Path::new(from.as_str()), file));
        let is_of_stage = made.is_some();
        if let Some((from, file)) = scanned.or(made) {
            let written = (&path, metadata.mode);
            self.report(source_mode::of_file(from, file, attributes, written, is_of_stage, site));
            let owned = std::iter::once(("", file));
            self.report(source_mode::of_owners(from, owned, attributes, site));
        }
        self.put(path, Kind::File(from), metadata, site);
    }

    /// Keeps a finding unless the entry accepts it.
    pub(super) fn report(&mut self, finding: Option<Finding>) {
        self.findings.extend(finding.filter(|finding| !self.members.allowed.contains_key(finding.name)));
    }

    pub(super) fn scanned(&mut self, asset: &Asset, site: Site) -> Option<&'a Scanned> {
        match self.sources.get(asset)? {
            Ok(scanned) => Some(scanned),
            Err(error) => {
                self.findings.push(source_finding(error, site));
                None
            }
        }
    }

    pub(super) fn metadata(&mut self, attributes: &Attributes, default: Mode) -> Option<Metadata> {
        let mode = attributes.mode.as_ref().map_or(Some(default), |mode| self.valid(mode));
        let owner = attributes.owner.as_ref().map_or(Some((0, 0)), |owner| self.owner(owner));
        let capabilities =
            attributes.capabilities.as_ref().map_or(Some(None), |caps| self.valid(caps).map(Some));
        let ((uid, gid), mode, capabilities) = (owner?, mode?, capabilities?);
        let metadata = Metadata { mode, uid, gid, xattrs: Xattrs::default() };
        Some(match capabilities {
            Some(capabilities) => metadata.with_capabilities(capabilities),
            None => metadata,
        })
    }

    pub(super) fn owner(&mut self, given: &Parsed<Owner>) -> Option<(u32, u32)> {
        let owner = self.valid(given)?;
        let site = site_or(given.site(), self.layer_site);
        let id = |principal: &Principal, own: Own, of: Of| match principal {
            Principal::Id(id) => Ok(*id),
            Principal::Name(name) => {
                own(self.accounts, name).or_else(|| of(self.base, name)).ok_or_else(|| name.clone())
            }
        };
        let user = id(owner.user(), OwnAccounts::user, BaseIndex::user);
        let group = id(owner.group(), OwnAccounts::group, BaseIndex::group);
        let what = match (user, group) {
            (Ok(uid), Ok(gid)) => return Some((uid, gid)),
            (Err(user), Ok(_)) => format!("user `{user}`"),
            (Ok(_), Err(group)) => format!("group `{group}`"),
            (Err(user), Err(group)) if user == group => format!("user and no group `{user}`"),
            (Err(user), Err(group)) => format!("user `{user}` and no group `{group}`"),
        };
        if let Some(layer) = self.unseen {
            let what = format!("`.owner({:?})`", owner.to_string());
            self.undecided.push(Undecided { what, site, layer: layer.clone() });
            // The part is planned again before it is written.
            return Some((0, 0));
        }
        let help = "give a number, or `.id(…)` to the user: without one, the device chooses the number";
        let finding = Finding::fatal("unknown-owner", site, format!("the base has no {what}"));
        self.findings.push(finding.help(help));
        None
    }

    /// The value, or a finding that it is none.
    pub(super) fn valid<T: Clone>(&mut self, given: &Parsed<T>) -> Option<T> {
        given
            .get()
            .cloned()
            .map_err(|error: &Invalid| {
                self.findings.push(Finding::invalid(error, site_or(given.site(), self.layer_site)));
            })
            .ok()
    }

    pub(super) fn put(&mut self, path: ImagePath, kind: Kind<Origin>, metadata: Metadata, site: Site) {
        self.members.put(Wanted { path, kind, metadata, site, modest: false, inode: None });
    }
}

pub(super) fn mode_of(file: &SourceFile) -> Mode {
    if file.executable { Mode::PROGRAM } else { Mode::FILE }
}

/// The checks whose findings an entry accepts.
fn allowed(kind: &EntryKind, layer: Site) -> BTreeMap<String, Site> {
    let given = kind.allowed();
    given.iter().filter_map(|given| Some((given.get().ok()?.clone(), site_or(given.site(), layer)))).collect()
}

/// Returns the checks whose findings about the files of its packages and steps a layer accepts.
pub(super) fn allowed_of_steps(layer: &Layer) -> BTreeMap<String, Site> {
    let is_of_step =
        |entry: &&lapstrake::entry::Entry| matches!(entry.kind, EntryKind::Packages(_) | EntryKind::Run(_));
    layer.entries.iter().filter(is_of_step).flat_map(|entry| allowed(&entry.kind, layer.site)).collect()
}
