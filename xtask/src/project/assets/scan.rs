//! The walk over a description's sources. It opens nothing but unit files, public keys, certificates and modules of a policy, and follows no symlink out
//! of a workspace.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::entry::{Entry, EntryKind, PasswordHash, Selinux, Source};
use lapstrake::suggest::nearest;
use lapstrake::value::{Asset, Mode, UnitName};
use lapstrake::{Image, Layer};
use lapstrake_oci::regular;
use lapstrake_oci::tree::{CAPABILITY, Kind};

use super::{Inode, Scanned, SourceError, SourceFile, Sources};
use crate::support::small_map::SmallSet;

/// The most bytes of a unit, as in the base.
const TEXT_MAX: u64 = 1 << 20;

/// The first bytes of a `CACHEDIR.TAG`.
const CACHE_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
/// `struct vfs_cap_data` of linux/capability.h has at most 24 bytes.
const CAPABILITY_MAX: usize = 24;
/// The tool's own folder in the target directory.
const STORE: &str = "lapstrake";

/// Looks at every source that the images name. `root` is the workspace that builds, which is known at run time.
/// `target` is cargo's target directory: no tree takes it, nor what the tool keeps in it.
pub(crate) fn scan<'a>(
    images: impl IntoIterator<Item = &'a Image>,
    root: &Utf8Path,
    target: &Utf8Path,
) -> Sources {
    let target = target.canonicalize_utf8().unwrap_or_else(|_| target.to_owned());
    let skipped = [target.join(STORE), target];
    let layers: Vec<_> = images.into_iter().flat_map(|image| &image.layers).collect();
    let read: SmallSet<_> = layers.iter().flat_map(|layer| &layer.entries).flat_map(read_texts).collect();
    let mut sources = Sources::new();
    for asset in layers.into_iter().flat_map(Layer::assets) {
        sources.entry(asset.clone()).or_insert_with(|| {
            let mut scanned = look(asset, root, &skipped)?;
            if let (Scanned::File(file), true) = (&mut scanned, read.contains(&asset)) {
                file.text = Some(text(&file.path)?);
            }
            Ok(scanned)
        });
    }
    sources
}

/// The assets of an entry whose texts decide what is planned: a unit, with any file name, public keys, certificates,
/// templates, and modules of a policy.
fn read_texts(entry: &Entry) -> Vec<&Asset> {
    match &entry.kind {
        EntryKind::Unit(unit) => match &unit.source {
            Source::Asset(asset) => vec![asset],
            Source::Text(_) | Source::BuildStage(..) | Source::Fetched(..) => Vec::new(),
        },
        EntryKind::File(file) if !file.fills.is_empty() => match &file.source {
            Source::Asset(asset) => vec![asset],
            Source::Text(_) | Source::BuildStage(..) | Source::Fetched(..) => Vec::new(),
        },
        // A compiled module is not a text.
        EntryKind::Selinux(Selinux::Module(Source::Asset(module)))
            if module.path().extension() == Some("cil") =>
        {
            vec![module]
        }
        EntryKind::CaCertificate(certificate) => vec![&certificate.source],
        EntryKind::EnvironmentFile(file) => match &file.source {
            Source::Asset(asset) => vec![asset],
            Source::Text(_) | Source::BuildStage(..) | Source::Fetched(..) => Vec::new(),
        },
        EntryKind::User(user) => {
            let hash = user.password_hash.iter().filter_map(|hash| match hash {
                PasswordHash::File(file) => Some(file),
                PasswordHash::Secret(_) => None,
            });
            user.authorized_keys.iter().chain(hash).collect()
        }
        _ => Vec::new(),
    }
}

fn look(asset: &Asset, workspace: &Utf8Path, skipped: &[Utf8PathBuf]) -> Result<Scanned, SourceError> {
    let root = &*asset.root().map_or_else(|| workspace.to_owned(), |root| workspace.join(root));
    let path = root.join(asset.path());
    let canonical = path.canonicalize_utf8().map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            SourceError::Missing { path: asset.path().to_owned(), near: near(&path, root) }
        }
        _ => SourceError::unreadable(asset.path(), &error),
    })?;
    let canonical_root = root.canonicalize_utf8().map_err(|error| SourceError::unreadable(root, &error))?;
    if !canonical.starts_with(&canonical_root) {
        return Err(SourceError::Outside { path: asset.path().to_owned(), root: root.to_owned() });
    }
    let metadata = fs::metadata(&path).map_err(|error| SourceError::unreadable(asset.path(), &error))?;
    // No part of the paths of sources is a symlink, so that one that becomes one is noticed.
    if metadata.is_dir() {
        let mut members = BTreeMap::new();
        walk(&canonical, "", &Within::Workspace { root: &canonical_root, skipped }, &mut members)?;
        Ok(Scanned::Directory(members))
    } else if metadata.is_file() {
        let is_open = canonical.parent().is_some_and(is_open);
        file(canonical, &metadata, is_open).map(Scanned::File)
    } else {
        Err(SourceError::Special { path: asset.path().to_owned() })
    }
}

/// Returns all that is in a directory that a build stage made.
pub(crate) fn scan_result(directory: &Utf8Path) -> Result<BTreeMap<String, Kind<SourceFile>>, SourceError> {
    let mut members = BTreeMap::new();
    walk(directory, "", &Within::Result, &mut members)?;
    Ok(members)
}

/// Returns a file that a build stage made.
pub(crate) fn scan_result_file(path: &Utf8Path) -> Result<SourceFile, SourceError> {
    let metadata = fs::symlink_metadata(path).map_err(|error| SourceError::unreadable(path, &error))?;
    file(path.to_owned(), &metadata, path.parent().is_some_and(is_open))
}

/// Where a directory is that is walked.
enum Within<'a> {
    /// In a workspace, some of whose directories no tree takes.
    Workspace { root: &'a Utf8Path, skipped: &'a [Utf8PathBuf] },
    /// Among the results of a build stage.
    Result,
}

impl Within<'_> {
    fn skips(&self, directory: &Utf8Path) -> bool {
        match self {
            Self::Workspace { skipped, .. } => {
                skipped.iter().any(|skipped| skipped == directory) || is_cache(directory)
            }
            Self::Result => false,
        }
    }

    /// Whether a link leads into the workspace.
    fn has(&self, target: &Utf8Path) -> bool {
        matches!(self, Self::Workspace { root, .. } if is_in_workspace(target, root))
    }
}

fn walk(
    directory: &Utf8Path,
    prefix: &str,
    within: &Within<'_>,
    members: &mut BTreeMap<String, Kind<SourceFile>>,
) -> Result<(), SourceError> {
    let unreadable = |error: &std::io::Error| match error.kind() {
        ErrorKind::InvalidData => SourceError::NotUtf8 { path: directory.to_owned() },
        _ => SourceError::unreadable(directory, error),
    };
    let is_open = is_open(directory);
    for entry in directory.read_dir_utf8().map_err(|error| unreadable(&error))? {
        let entry = entry.map_err(|error| unreadable(&error))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name());
        let metadata = fs::symlink_metadata(path).map_err(|error| SourceError::unreadable(path, &error))?;
        if metadata.is_dir() && within.skips(path) {
            continue;
        }
        let member = if metadata.is_dir() {
            walk(path, &format!("{name}/"), within, members)?;
            Kind::Directory
        } else if metadata.is_file() {
            Kind::File(file(path.to_owned(), &metadata, is_open)?)
        } else if metadata.is_symlink() {
            let target = path.read_link_utf8().map_err(|error| unreadable(&error))?;
            if within.has(&target) {
                return Err(SourceError::IntoWorkspace { path: path.to_owned(), target });
            }
            Kind::symlink(target.into_string())
        } else {
            return Err(SourceError::Special { path: path.to_owned() });
        };
        members.insert(name, member);
    }
    Ok(())
}

/// Returns whether the target of a symlink is an absolute path of this machine into the workspace. A path that only the
/// image has, such as `/app/bin` while the workspace is at `/app`, is none.
fn is_in_workspace(target: &Utf8Path, root: &Utf8Path) -> bool {
    let leads = |path: &Utf8Path| path.canonicalize_utf8().ok().filter(|found| found.starts_with(root));
    // A link that dangles leads into a folder of the workspace below its root.
    let dangles = || target.parent().and_then(leads).is_some_and(|parent| parent != root);
    target.is_absolute() && root.as_str() != "/" && (leads(target).is_some() || dangles())
}

/// Whether a directory is marked as a cache, as cargo marks its target directories (bford.info/cachedir).
fn is_cache(directory: &Utf8Path) -> bool {
    let mut start = Vec::new();
    let read = regular::open(&directory.join("CACHEDIR.TAG"))
        .and_then(|file| file.take(CACHE_TAG.len() as u64).read_to_end(&mut start));
    read.is_ok() && start == CACHE_TAG
}

/// Whether others may read a directory. Under a umask that forbids it, the mode of a file in it says nothing.
fn is_open(directory: &Utf8Path) -> bool {
    fs::metadata(directory).is_ok_and(|metadata| metadata.mode() & 0o004 != 0)
}

/// Looks at a file, in a directory that others may read or may not.
fn file(path: Utf8PathBuf, metadata: &fs::Metadata, is_open: bool) -> Result<SourceFile, SourceError> {
    let is_unit =
        path.file_name().is_some_and(|name| UnitName::has_suffix(name) && UnitName::parse(name).is_ok());
    let text = if is_unit { Some(text(&path)?) } else { None };
    let mode = metadata.mode() & 0o7777;
    let executable = mode & 0o100 != 0;
    let inode = Inode { device: metadata.dev(), number: metadata.ino() };
    let inode = (metadata.nlink() > 1).then_some(inode);
    let is_special = mode & 0o7000 != 0 || is_open && mode & 0o004 == 0;
    let special_mode = Mode::from_bits(mode).filter(|_| is_special);
    // Only a program can have them, and a file system without them has none.
    let capabilities = if executable { capabilities(&path) } else { None };
    Ok(SourceFile { path, executable, text, inode, special_mode, capabilities, owner: None })
}

fn capabilities(path: &Utf8Path) -> Option<Vec<u8>> {
    let mut value = [0; CAPABILITY_MAX];
    let length = rustix::fs::getxattr(path.as_str(), CAPABILITY, &mut value).ok()?;
    Some(value[..length].to_vec())
}

fn text(path: &Utf8Path) -> Result<String, SourceError> {
    let mut bytes = Vec::new();
    let read = regular::open_real(path).and_then(|file| file.take(TEXT_MAX + 1).read_to_end(&mut bytes));
    let read = read.map_err(|error| SourceError::unreadable(path, &error))?;
    if read as u64 > TEXT_MAX {
        return Err(SourceError::LargeUnit { path: path.to_owned() });
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The name in the nearest directory that is most like the missing one.
fn near(path: &Utf8Path, root: &Utf8Path) -> Option<String> {
    let directory = path.ancestors().skip(1).find(|above| above.is_dir())?;
    let missing = path.strip_prefix(directory).ok()?.components().next()?.to_string();
    let names = directory
        .read_dir_utf8()
        .ok()?
        .filter_map(|entry| entry.ok().map(|entry| entry.file_name().to_owned()));
    let best = nearest(&missing, names)?;
    let found = directory.join(best);
    Some(found.strip_prefix(root).unwrap_or(&found).to_string())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Returns why a tree with one link to that target is refused.
    fn refused(target: &str) -> Option<SourceError> {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
        fs::create_dir_all(root.join("tree/deep")).unwrap();
        fs::write(root.join("tree/file"), "").unwrap();
        symlink(target.replace("WORKSPACE", root.as_str()), root.join("tree/deep/link")).unwrap();
        look(&Asset::new("tree"), &root, &[]).err()
    }

    #[test]
    fn a_link_of_a_tree_by_the_path_of_this_machine_is_refused() {
        for target in
            ["WORKSPACE/tree/file", "WORKSPACE", "WORKSPACE/tree/../tree/file", "WORKSPACE/tree/gone"]
        {
            let error = refused(target).unwrap_or_else(|| panic!("{target}"));
            assert!(matches!(&error, SourceError::IntoWorkspace { .. }), "{target}: {error}");
            assert!(error.to_string().contains("tree/deep/link"), "{error}");
        }
        for target in ["../file", "../../elsewhere", "/usr/bin/env", "/etc/gone", "WORKSPACE-other/x"] {
            assert_eq!(refused(target), None, "{target}");
        }
    }
}
