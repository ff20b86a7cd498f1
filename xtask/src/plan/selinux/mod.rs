//! What changes of an SELinux policy are in an image: lines in the files that semanage(8) keeps for local changes, and one
//! run of semodule(8), which compiles the policy anew. File contexts alone are lines that libselinux reads as they are.

mod cil;
mod names;
mod policy;
mod step;

use std::collections::BTreeMap;

use camino::Utf8Path;
use lapstrake::entry::{EntryKind, Selinux, Source};
use lapstrake::suggest::nearest;
use lapstrake::value::{Asset, ImagePath, Mode, PathPattern, SecurityContext, SelinuxName};
use lapstrake::{Layer, Site};
use lapstrake_oci::tree::{Kind, Metadata, Tree};

use super::place::Placer;
use super::site::site_or;
use super::{Origin, Removal, Undecided};
use crate::base::File;
use crate::finding::Finding;
use crate::project::assets::Scanned;
use crate::support::small_map::SmallMap;
use names::Names;
use policy::Policy;

pub(super) use policy::COMPILERS;
pub(super) use step::compile_policy;

/// The local changes of file contexts.
const CONTEXTS: &str = "file_contexts.local";
const BOOLEANS: &str = "booleans.local";
const POLICIES: &str = "/etc/selinux";

/// The changes of a layer, with the places of their calls.
fn changes(layer: &Layer) -> impl Iterator<Item = (&Selinux, Site)> {
    layer.entries.iter().filter_map(|entry| match &entry.kind {
        EntryKind::Selinux(change) => Some((change, site_or(entry.site, layer.site))),
        _ => None,
    })
}

/// Removes the compiled form of the local contexts: libselinux takes the newer of the two, and an image has one time for all.
pub(super) fn stale_contexts(layer: &Layer, below: &Tree<File>, removals: &mut BTreeMap<ImagePath, Removal>) {
    let site = changes(layer).find(|(change, _)| matches!(change, Selinux::Context { .. }));
    let (Some((_, site)), Ok(policies)) = (site, ImagePath::parse(POLICIES)) else { return };
    for (name, _) in below.children(&policies) {
        let compiled = ImagePath::parse(&format!("{POLICIES}/{name}/contexts/files/{CONTEXTS}.bin")).ok();
        if let Some(path) = compiled.filter(|path| below.get(path).is_some()) {
            removals.entry(path).or_insert(Removal { site });
        }
    }
}

/// What the modules of a layer declare.
#[derive(Default)]
struct Own {
    booleans: Vec<String>,
    types: Vec<String>,
    /// Whether a module is compiled, so that nobody here knows what it declares.
    is_compiled: bool,
}

impl Placer<'_, '_, '_> {
    /// Puts the changes of the policy in the layer.
    pub(super) fn selinux(&mut self, layer: &Layer) {
        let changes: Vec<_> = changes(layer).collect();
        let Some((_, first)) = changes.first() else { return };
        let own = self.modules(&changes);
        if let Some(unseen) = self.unseen {
            let undecided = |(change, site): &(&Selinux, Site)| Undecided {
                what: called(change),
                site: *site,
                layer: unseen.clone(),
            };
            self.undecided.extend(changes.iter().map(undecided));
            return;
        }
        let Some(policy) = self.policy(*first) else { return };
        if let Some((_, site)) = changes.iter().find(|(change, _)| change.needs_compiler()) {
            self.compiler(&policy, *site);
        }
        let names = names::names(&policy.binary);
        let (mut booleans, mut contexts) = (Booleans::default(), Contexts::default());
        for (change, site) in changes {
            match change {
                Selinux::Boolean { name, is_on } => {
                    let Some(name) = self.valid(name) else { continue };
                    if self.has_boolean(&name, &names, &own, site) {
                        let known = booleans.0.or_insert_with(name.clone(), || (*is_on, site));
                        if known.0 != *is_on {
                            let message = format!("`{name}` is switched both on and off in a layer");
                            self.twice(message, known.1, site);
                        }
                    }
                }
                Selinux::Context { paths, context } => {
                    let (paths, context) = (self.valid(paths), self.valid(context));
                    let (Some(paths), Some(context)) = (paths, context) else { continue };
                    if !context.type_name().is_none_or(|name| self.has_type(name, &names, &own, site)) {
                        continue;
                    }
                    let known = contexts.0.iter().find(|(other, ..)| *other == paths).cloned();
                    match known {
                        None => contexts.0.push((paths, context, site)),
                        Some((_, other, first)) if other != context => {
                            let message = format!("`{paths}` has two contexts in a layer");
                            self.twice(message, first, site);
                        }
                        Some(_) => {}
                    }
                }
                Selinux::Permissive(domain) => {
                    let Some(domain) = self.valid(domain) else { continue };
                    self.has_type(&domain, &names, &own, site);
                }
                _ => {}
            }
        }
        self.write(&policy, &booleans, &contexts);
    }

    fn twice(&mut self, message: String, first: Site, second: Site) {
        let finding = Finding::fatal("selinux", second, message).also(first, "first written here");
        self.findings.push(finding.help("leave one of them out"));
    }

    /// Writes the files of local changes.
    fn write(&mut self, policy: &Policy, booleans: &Booleans, contexts: &Contexts) {
        let is_private = Mode::try_from(0o600).expect("0o600 is a mode");
        if let (Some((_, site)), Some(store)) = (booleans.0.values().next(), &policy.store) {
            let change = |text: &str| booleans.added_to(text);
            self.change_or_make(&format!("{store}/{BOOLEANS}"), is_private, *site, change);
        }
        let Some((_, _, site)) = contexts.0.first() else { return };
        let change = |text: &str| contexts.added_to(text);
        // semodule copies the store's file over the one that is read.
        if let Some(store) = &policy.store {
            self.change_or_make(&format!("{store}/{CONTEXTS}"), is_private, *site, change);
        }
        let read = format!("{POLICIES}/{}/contexts/files/{CONTEXTS}", policy.name);
        self.change_or_make(&read, Mode::FILE, *site, change);
    }

    /// Changes the text at a path, or makes a file of it.
    fn change_or_make(&mut self, path: &str, mode: Mode, site: Site, change: impl Fn(&str) -> String) {
        let path = ImagePath::parse(path).expect("the name of a policy is a part of a path");
        // State, where the base keeps its store there: semodule wants it there in the build.
        let is_state = path.as_str().starts_with("/var/");
        self.members.allowed = is_state.then(|| ("var-tmpfiles".to_owned(), site)).into_iter().collect();
        if self.exists(&path) {
            let edited = self.lower().changed(&path, site, "Selinux", |text| Ok(change(text)));
            if let Some((path, text, metadata)) = self.known(edited) {
                self.put_changed(path, text, metadata, site);
            }
        } else {
            self.put(path, Kind::File(Origin::Text(change(""))), Metadata::of_root(mode), site);
        }
        self.members.allowed.clear();
    }

    fn exists(&self, path: &ImagePath) -> bool {
        let below = &self.members.below;
        below.tree.follow(path).is_ok_and(|path| below.get(&path).is_some())
    }

    /// Returns what the modules of a layer declare, and reports what is wrong with them.
    fn modules(&mut self, changes: &[(&Selinux, Site)]) -> Own {
        let mut own = Own::default();
        let mut known: BTreeMap<String, Site> = BTreeMap::new();
        for (change, site) in changes {
            let Some(name) = step::module_name(change) else { continue };
            if let Some(first) = known.get(&name) {
                self.twice(format!("two modules of a layer are named `{name}`"), *first, *site);
            }
            known.insert(name, *site);
            if let Selinux::Module(source) = change {
                self.module(source, *site, &mut own);
            }
        }
        own
    }

    fn module(&mut self, source: &Source, site: Site, own: &mut Own) {
        // An invalid path is reported where the stage is planned.
        let Some(path) = step::module_file(source) else { return };
        self.module_form(path, site);
        match source {
            Source::Asset(asset) => self.module_text(asset, site, own),
            // What a stage makes is known once it has run.
            _ => own.is_compiled = true,
        }
    }

    /// Reports a name by which `semodule` would not take a module.
    fn module_form(&mut self, path: &Utf8Path, site: Site) {
        let fault = |message: String, help: String| Finding::fatal("selinux", site, message).help(help);
        let stem = path.file_stem().unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !stem.starts_with(|c: char| c.is_ascii_alphabetic()) || !stem.chars().all(is_name) {
            let message =
                format!("`{path}` gives its module the name `{}`, which is not one", stem.escape_debug());
            let help = "rename the file: a letter, then letters, digits, `_`, `-` and `.`";
            self.findings.push(fault(message, help.to_owned()));
        }
        match path.extension() {
            Some("cil" | "pp") => {}
            Some("te") => {
                let message =
                    format!("`{path}` is not compiled, and `semodule` takes CIL or compiled modules");
                let help = format!(
                    "run `checkmodule -M -m -o {stem}.mod {stem}.te && semodule_package -o {stem}.pp -m {stem}.mod`"
                );
                self.findings.push(fault(message, help));
            }
            _ => {
                let message = format!("`{path}` is not a policy module by its name");
                self.findings.push(fault(message, "name it `NAME.cil` or `NAME.pp`".to_owned()));
            }
        }
    }

    /// Reads what a module of the workspace declares.
    fn module_text(&mut self, asset: &Asset, site: Site, own: &mut Own) {
        let file = match self.sources.get(asset) {
            Some(Ok(Scanned::File(file))) => file,
            Some(Ok(Scanned::Directory(_))) => {
                let message = format!("`{asset}` is a directory, and a policy module is wanted");
                self.findings.push(Finding::fatal("asset-kind", site, message));
                return;
            }
            // The step reports it.
            _ => return,
        };
        own.is_compiled |= asset.path().extension() == Some("pp");
        let Some(text) = file.text.as_deref().filter(|_| asset.path().extension() == Some("cil")) else {
            return;
        };
        match cil::declared(text) {
            Ok(declared) => {
                own.booleans.extend(declared.booleans.into_iter().map(str::to_owned));
                own.types.extend(declared.types.into_iter().map(str::to_owned));
            }
            Err((line, why)) => {
                let message = format!("`{asset}` {why} in line {line}");
                self.findings.push(Finding::fatal("selinux", site, message));
            }
        }
    }

    fn has_boolean(&mut self, name: &SelinuxName, names: &Names<'_>, own: &Own, site: Site) -> bool {
        let known = names.booleans.iter().copied().chain(own.booleans.iter().map(String::as_str));
        self.has("boolean", name, &known.collect::<Vec<_>>(), own, site)
    }

    fn has_type(&mut self, name: &SelinuxName, names: &Names<'_>, own: &Own, site: Site) -> bool {
        let known = names.types.iter().copied().chain(own.types.iter().map(String::as_str));
        self.has("type", name, &known.collect::<Vec<_>>(), own, site)
    }

    /// Whether the policy has a name, or reports that it has not.
    fn has(&mut self, what: &str, name: &SelinuxName, known: &[&str], own: &Own, site: Site) -> bool {
        if own.is_compiled || known.contains(&name.as_str()) {
            return true;
        }
        let finding =
            Finding::fatal("selinux", site, format!("the policy of the image has no {what} `{name}`"));
        let near = nearest(name.as_str(), known.iter()).map(|near| format!("did you mean `{near}`?"));
        self.findings.push(finding.help_if(near));
        false
    }
}

/// The booleans that a layer switches, by their names.
#[derive(Default)]
struct Booleans(SmallMap<SelinuxName, (bool, Site)>);

impl Booleans {
    /// Returns the text of `booleans.local` with them, as libsemanage writes it.
    fn added_to(&self, text: &str) -> String {
        let is_other = |line: &&str| {
            let name = line.split('=').next().unwrap_or_default().trim();
            !self.0.keys().any(|known| known.as_str() == name)
        };
        let others = text.lines().filter(is_other).map(|line| format!("{line}\n"));
        let ours = self.0.iter().map(|(name, (is_on, _))| format!("{name}={}\n", u8::from(*is_on)));
        others.chain(ours).collect()
    }
}

/// The contexts that a layer adds, in order: of two that match, libselinux takes the later.
#[derive(Default)]
struct Contexts(Vec<(PathPattern, SecurityContext, Site)>);

impl Contexts {
    /// Returns the text of `file_contexts.local` with them.
    fn added_to(&self, text: &str) -> String {
        let is_other = |line: &&str| {
            let mut words = line.split_whitespace();
            let (pattern, is_of_all) = (words.next().unwrap_or_default(), words.count() < 2);
            !(is_of_all && self.0.iter().any(|(known, ..)| known.as_str() == pattern))
        };
        let others = text.lines().filter(is_other).map(|line| format!("{line}\n"));
        let ours = self.0.iter().map(|(paths, context, _)| format!("{paths}    {context}\n"));
        others.chain(ours).collect()
    }
}

/// Returns the call of a change, as an error names it.
fn called(change: &Selinux) -> String {
    match change {
        Selinux::Boolean { name, is_on } => format!("`Selinux::boolean(\"{name}\", {is_on})`"),
        Selinux::Context { paths, .. } => format!("`Selinux::context(\"{paths}\", …)`"),
        Selinux::Permissive(domain) => format!("`Selinux::permissive(\"{domain}\")`"),
        Selinux::Module(Source::BuildStage(_, from)) => {
            let from = from.get().map(ImagePath::as_str).unwrap_or_default();
            format!("`Selinux::module_from_stage(…, {from:?})`")
        }
        Selinux::Module(source) => {
            let path = step::module_file(source).unwrap_or(Utf8Path::new(""));
            format!("`Selinux::module({:?})`", path.as_str())
        }
        _ => "a change of the SELinux policy".to_owned(),
    }
}
