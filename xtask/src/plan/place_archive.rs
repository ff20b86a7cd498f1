//! What an archive is in an image: those of its members that are taken, each under what is left of its name.

use std::collections::HashMap;
use std::sync::Arc;

use lapstrake::Site;
use lapstrake::entry::Tree;
use lapstrake::suggest::did_you_mean;
use lapstrake::value::{ContentDigest, FetchUrl, Glob, ImagePath, Mode};
use lapstrake_oci::Digest;
use lapstrake_oci::tree::{Kind, Metadata, Xattrs};

use super::archive::{Archive, ArchiveMember, Unpacked};
use super::archive_links::leads_out;
use super::destination::{Inode, Wanted};
use super::place::Placer;
use super::place_tree::{Patterns, modest};
use super::{Fetched, Origin};
use crate::finding::Finding;

/// The permission bits without those for setuid, setgid and the sticky bit.
const PLAIN: u32 = 0o777;

/// A member that is taken.
struct Taken<'a> {
    /// Its path below the tree's directory.
    name: &'a str,
    /// Its name in the archive.
    member: &'a str,
    what: &'a ArchiveMember,
}

impl Taken<'_> {
    fn is_directory(&self) -> bool {
        matches!(self.what, ArchiveMember::Directory { .. })
    }

    fn link(&self) -> Option<(&str, &str)> {
        match self.what {
            ArchiveMember::Symlink { target } => Some((self.name, target)),
            ArchiveMember::Directory { .. } | ArchiveMember::File(_) | ArchiveMember::Special { .. } => None,
        }
    }

    fn is_file(&self) -> bool {
        matches!(self.what, ArchiveMember::File(_))
    }
}

impl Placer<'_, '_, '_> {
    /// Puts the members of an archive in the layer, or notes that it has to be read first.
    pub(super) fn archive(
        &mut self,
        tree: &Tree,
        (url, digest): (&FetchUrl, &ContentDigest),
        root: &ImagePath,
        site: Site,
    ) {
        let digest = Digest::parse(digest.as_str()).expect("both parsers take the same digests");
        let file = Fetched { url: url.to_string(), digest };
        match self.archives.get(file.clone(), site) {
            Some(Ok(archive)) => self.members_of_archive(tree, (&file, &archive), root, site),
            Some(Err(unusable)) => {
                let finding = Finding::fatal("archive", site, unusable.message);
                self.findings.push(finding.help_if(unusable.help));
            }
            None => {}
        }
    }

    fn members_of_archive(
        &mut self,
        tree: &Tree,
        (file, archive): (&Fetched, &Arc<Archive>),
        root: &ImagePath,
        site: Site,
    ) {
        let dir_mode = tree.dir_mode.as_ref().map(|mode| self.valid(mode));
        let plain = self.metadata(&tree.attributes, Mode::FILE);
        let patterns = self.patterns(tree);
        let (Some(plain), Some(patterns)) = (plain, patterns) else { return };
        if dir_mode == Some(None) {
            return;
        }
        let dir_mode = dir_mode.flatten();
        let url = &file.url;
        let Some(taken) = self.taken(tree, archive, url, site) else { return };
        self.refused(&taken, url, site);
        self.unkept(tree, &patterns, &taken, url, site);
        let owned = |mode| Metadata { mode, xattrs: Xattrs::default(), ..plain.clone() };
        self.members.put(modest(root.clone(), owned(dir_mode.unwrap_or(Mode::PROGRAM)), site));
        for Taken { name, member, what } in &taken {
            let path = match root.join(name) {
                Ok(path) => path,
                Err(error) => {
                    self.findings.push(Finding::invalid(&error, site));
                    continue;
                }
            };
            let owner = patterns.owner(name);
            let (uid, gid) = owner.unwrap_or((plain.uid, plain.gid));
            let (kind, metadata, inode) = match what {
                ArchiveMember::Directory { mode } => {
                    let metadata = Metadata { uid, gid, ..owned(dir_mode.unwrap_or(without_special(*mode))) };
                    self.members.put(modest(path, metadata, site));
                    continue;
                }
                ArchiveMember::Special { .. } => continue,
                ArchiveMember::Symlink { target } => {
                    (Kind::symlink(target.as_str()), owned(Mode::SYMLINK), None)
                }
                ArchiveMember::File(found) => {
                    let given = tree.attributes.mode.as_ref().map(|_| plain.mode);
                    let pattern = patterns.mode(name);
                    let mode = pattern.or(given).unwrap_or_else(|| without_special(found.mode));
                    // Names of one inode have one mode and one owner.
                    let inode = found.inode.filter(|_| pattern.is_none() && owner.is_none());
                    let inode = inode.map(|inode| Inode::Archive(file.digest.clone(), inode));
                    let origin = Origin::Unpacked(Unpacked {
                        archive: file.clone(),
                        path: (*member).to_owned(),
                        digest: found.digest.clone(),
                        size: found.size,
                        text: found.text.clone(),
                    });
                    (Kind::File(origin), Metadata { mode, ..plain.clone() }, inode)
                }
            };
            let (metadata, inode) =
                (Metadata { uid, gid, ..metadata }, inode.map(|inode| (root.clone(), inode)));
            self.members.put(Wanted { path, kind, metadata, site, modest: false, inode });
        }
        let names: Vec<_> = taken.iter().map(|taken| (taken.name, taken.is_file())).collect();
        self.unmatched(&patterns, &names, site);
    }

    /// Returns the members that the tree takes. Reports where a pattern of what is taken matches none, where none is left,
    /// and where two have the same name.
    fn taken<'t>(
        &mut self,
        tree: &Tree,
        archive: &'t Archive,
        url: &str,
        site: Site,
    ) -> Option<Vec<Taken<'t>>> {
        let members = archive.members.iter();
        let named =
            members.filter_map(|(member, what)| Some(Taken { name: tree.name_of(member)?, member, what }));
        let named: Vec<_> = named.collect();
        if named.is_empty() {
            self.findings.push(nothing_left(tree, archive, url, site));
            return None;
        }
        let only = self.only(tree)?;
        let before = self.findings.len();
        for pattern in only.iter().filter(|pattern| !named.iter().any(|taken| pattern.matches(taken.name))) {
            self.findings.push(unmatched_only(pattern, tree, archive, url, site));
        }
        if self.findings.len() > before {
            return None;
        }
        let stripped = archive.members.iter().filter(|(name, what)| {
            tree.name_of(name).is_none() && !matches!(what, ArchiveMember::Directory { .. })
        });
        if let (true, Some((first, _))) = (only.is_empty(), stripped.clone().next()) {
            let message = format!(
                "{} left out, which no directory is to be stripped of",
                several(&format!("`{first}` of `{url}`"), stripped.count(), ["is", "are"])
            );
            self.findings.push(Finding::note("archive-member", site, message));
        }
        let taken: Vec<_> = named.into_iter().filter(|taken| tree.takes(taken.name)).collect();
        if taken.is_empty() {
            let message = format!("the patterns of `.exclude(…)` leave nothing of `{url}`");
            self.findings.push(Finding::fatal("nothing-taken", site, message).help("leave the tree out"));
            return None;
        }
        let mut repeated = taken.iter().filter(|taken| archive.repeated.contains(taken.member));
        if let Some(first) = repeated.next() {
            let named = format!("`{}` of `{url}`", first.member);
            let are = several(&named, repeated.count() + 1, ["is", "are"]);
            let message = format!("{are} there more than once, and the last counts");
            self.findings.push(Finding::note("archive-member", site, message));
        }
        let mut names: HashMap<&str, &Taken<'_>> = HashMap::new();
        for member in &taken {
            let Some(first) = names.insert(member.name, member) else { continue };
            if first.is_directory() && member.is_directory() {
                continue;
            }
            let message = format!(
                "`{}` and `{}` of `{url}` are both `{}` without their first directories",
                first.member, member.member, member.name
            );
            let help = "take one of them by `.only(…)` in a tree without `.strip_components(…)`";
            self.findings.push(Finding::fatal("archive", site, message).help(help));
        }
        Some(taken)
    }

    /// Returns the patterns of what is taken, or reports the invalid ones.
    pub(super) fn only(&mut self, tree: &Tree) -> Option<Vec<Glob>> {
        let only: Vec<_> = tree.only.iter().map(|pattern| self.valid(pattern)).collect();
        only.into_iter().collect()
    }

    /// Reports the members that no image may have, or that lead out of the tree.
    fn refused(&mut self, taken: &[Taken<'_>], url: &str, site: Site) {
        let links: HashMap<&str, &str> = taken.iter().filter_map(Taken::link).collect();
        for Taken { name, what, .. } in taken {
            let message = match what {
                ArchiveMember::Special { what } => format!("`{name}` of `{url}` is {what}"),
                ArchiveMember::Symlink { target } if leads_out(name, target, &links) => {
                    format!("`{name}` of `{url}` is a link to `{}`, out of the tree", target.escape_debug())
                }
                _ => continue,
            };
            let help = format!("leave it out: `.exclude({:?})`", format!("/{name}"));
            self.findings.push(Finding::fatal("archive", site, message).help(help));
        }
    }

    /// Reports what the archive has of the members and the image does not.
    fn unkept(&mut self, tree: &Tree, patterns: &Patterns, taken: &[Taken<'_>], url: &str, site: Site) {
        let has_mode = |name: &str| patterns.mode(name).is_some() || tree.attributes.mode.is_some();
        let special = |taken: &&Taken<'_>| match taken.what {
            ArchiveMember::File(file) => file.mode & !PLAIN != 0 && !has_mode(taken.name),
            _ => false,
        };
        let capable = |taken: &&Taken<'_>| {
            let has = matches!(taken.what, ArchiveMember::File(file) if file.has_capabilities);
            has && tree.attributes.capabilities.is_none()
        };
        let mut members = taken.iter().filter(special);
        if let Some((first, ArchiveMember::File(file))) = members.next().map(|taken| (taken.name, taken.what))
        {
            let named = format!("`{first}` of `{url}`");
            let message = format!(
                "{} the mode {:04o}, and the image gets {}",
                several(&named, members.count() + 1, ["has", "have special bits, as in"]),
                file.mode,
                without_special(file.mode)
            );
            let help = format!(
                "write `.mode_of({:?}, 0o{:o})` if the image needs it",
                format!("/{first}"),
                file.mode
            );
            self.findings.push(Finding::warning("archive-mode", site, message).help(help));
        }
        let mut members = taken.iter().filter(capable);
        if let Some(first) = members.next() {
            let named = format!("`{}` of `{url}`", first.name);
            let has = several(&named, members.count() + 1, ["has", "have"]);
            let message = format!("{has} file capabilities, and the image gets none");
            let help = "take it by a tree of its own, with `.capability(\"…\")`";
            self.findings.push(Finding::warning("archive-mode", site, message).help(help));
        }
    }
}

/// Returns the permission bits of an archive that the image gets.
fn without_special(mode: u32) -> Mode {
    Mode::from_bits(mode & PLAIN).expect("nine bits are a mode")
}

/// Returns one name for several members, with a verb.
fn several(first: &str, count: usize, [one, many]: [&str; 2]) -> String {
    match count {
        0 | 1 => format!("{first} {one}"),
        2 => format!("{first} and one more {many}"),
        count => format!("{first} and {} more {many}", count - 1),
    }
}

/// Returns the finding for an archive of which nothing is left without its first directories.
fn nothing_left(tree: &Tree, archive: &Archive, url: &str, site: Site) -> Finding {
    let depth = archive.members.keys().map(|name| name.split('/').count()).max();
    let Some(depth) = depth else {
        return Finding::fatal("nothing-taken", site, format!("`{url}` is an archive without members"));
    };
    let stripped = tree.stripped;
    let message = format!(
        "`.strip_components({stripped})` leaves nothing of `{url}`, whose names have at most {depth} components"
    );
    let help = format!("write `.strip_components({})`", depth - 1);
    Finding::fatal("nothing-taken", site, message).help(help)
}

/// Returns the finding for a pattern that takes nothing, with what its author may mean.
fn unmatched_only(pattern: &Glob, tree: &Tree, archive: &Archive, url: &str, site: Site) -> Finding {
    let message = format!("`.only({:?})` matches nothing in `{url}`", pattern.as_str());
    let names = || archive.members.keys().filter_map(|name| tree.name_of(name));
    let whole = archive.members.keys().find(|name| pattern.matches(name));
    let whole = whole.and_then(|name| tree.name_of(name)).map(|left| {
        format!("a pattern is for what `.strip_components({})` leaves: `.only({left:?})`", tree.stripped)
    });
    let deeper = || {
        let below = |name: &str| {
            let mut left = name;
            (1..=3).find(|_| {
                left = left.split_once('/').map_or("", |(_, left)| left);
                !left.is_empty() && pattern.matches(left)
            })
        };
        let (name, more) = names().find_map(|name| Some((name, below(name)?)))?;
        Some(format!("it has `{name}`: write `.strip_components({})`", tree.stripped + more))
    };
    let near = || did_you_mean(pattern.as_str().trim_start_matches('/'), names());
    let some = || {
        let some: Vec<_> = names().take(3).map(|name| format!("`{name}`")).collect();
        format!("it has {}", some.join(", "))
    };
    let help = whole.or_else(deeper).or_else(near).unwrap_or_else(some);
    Finding::fatal("nothing-taken", site, message).help(help)
}
