//! A stage without steps is another image. Its results are read out of the layers of that image, and no engine is
//! started.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fs::{self, Permissions};
use std::io::{self, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::TransportRef;
use lapstrake::suggest::nearest;
use lapstrake::value::ImagePath;
use lapstrake_oci::Decompressor;
use lapstrake_oci::tree::Kind;

use super::error::{Cause, failed};
use super::unkept::{OTHERS_READ, Unkept};
use super::{BuilderEnv, embedded};
use crate::base::{self, Base, BaseRequest, File, FileFacts, keep_contents};
use crate::plan::{PlannedBuildStage, Product};

const BUFFER: usize = 256 << 10;
/// This machine's user reads a result, also if its mode in the image forbids that. The bits that give a program the
/// rights of its owner are not taken, because the owner is this user.
const READABLE: u32 = 0o600;
const BITS: u32 = 0o777;

/// Whether the results of a stage are read out of its image. An image in podman's storage is left to podman, because it
/// would have to be exported first.
pub(super) fn is_of(stage: &PlannedBuildStage) -> bool {
    let is_readable = match stage.location {
        TransportRef::Registry(_) | TransportRef::Oci { .. } | TransportRef::OciArchive { .. } => true,
        TransportRef::ContainersStorage(_) | TransportRef::StandIn => false,
    };
    is_readable && !stage.has_steps()
}

/// Writes the results of a stage to a folder, by number. Returns what their files have and the results do not.
pub(super) fn take(
    stage: &PlannedBuildStage,
    env: &BuilderEnv<'_>,
    to: &Utf8Path,
) -> Result<Vec<Unkept>, Cause> {
    let location = stage.described.base.location.get().unwrap_or(&stage.location);
    let (architecture, pinned) = (Some(stage.architecture), Some(&stage.digest));
    let request = BaseRequest { architecture, pinned, offline: env.offline, compared: None };
    let image = base::open(&stage.location, location, request, env.cache, env.progress)?;
    let mut results = Results::default();
    for product in stage.results.iter().enumerate() {
        if let (number, Product::Layout) = product {
            embedded::write(&image, env, &to.join(number.to_string()))?;
        }
        results.add(&image, product, to)?;
    }
    results.read(&image, env)?;
    results.write(env)?;
    Ok(results.unkept)
}

/// What is written, each at its path of this machine.
#[derive(Default)]
struct Results {
    directories: Vec<Utf8PathBuf>,
    links: Vec<(Utf8PathBuf, String)>,
    files: Vec<TakenFile>,
    unkept: Vec<Unkept>,
    /// The number of the highest layer that has one of the files.
    highest: usize,
}

/// A regular file.
struct TakenFile {
    /// The number of the result that it is in.
    result: usize,
    path: Utf8PathBuf,
    facts: Arc<FileFacts>,
    mode: u32,
}

impl Results {
    fn add(
        &mut self,
        image: &Base,
        (result, product): (usize, &Product),
        to: &Utf8Path,
    ) -> Result<(), Cause> {
        let to = to.join(result.to_string());
        let path = match product {
            Product::Path(path) | Product::Tree(path) => path,
            // cargo is a step, and the image itself is written as a layout.
            Product::Artefact(_) | Product::Layout => return Ok(()),
        };
        let tree = image.index.tree();
        let Some((source, entry)) =
            tree.follow(path).ok().and_then(|source| tree.get(&source).map(|entry| (source, entry)))
        else {
            return Err(Cause::NotInImage { path: path.clone(), near: near(image, path) });
        };
        match (product, &entry.node.kind) {
            (Product::Path(_), Kind::Directory) => {
                return Err(Cause::NoFile { path: path.clone(), of: "image" });
            }
            (Product::Tree(_), Kind::File(_)) => {
                return Err(Cause::NoDirectory { path: path.clone(), of: "image" });
            }
            _ => {}
        }
        for (path, found) in tree.walk_from(&source) {
            let below = path.as_str()[source.as_str().len()..].trim_start_matches('/');
            let to = if below.is_empty() { to.clone() } else { to.join(below) };
            match &found.node.kind {
                Kind::Directory => self.directories.push(to),
                Kind::Symlink { target } => self.links.push((to, target.to_string())),
                Kind::File(File::Read(facts)) => {
                    self.highest = self.highest.max(found.layer.get());
                    let is_open = path
                        .parent()
                        .and_then(|parent| tree.get(&parent))
                        .is_none_or(|parent| parent.node.metadata.mode.bits() & OTHERS_READ != 0);
                    self.unkept.extend(Unkept::of(result, below, &found.node.metadata, is_open));
                    let mode = found.node.metadata.mode.bits() & BITS | READABLE;
                    self.files.push(TakenFile { result, path: to, facts: Arc::clone(facts), mode });
                }
                Kind::Device { .. } | Kind::Fifo => return Err(Cause::Device { path }),
                Kind::File(File::Planned) => unreachable!("the layers of an image were read"),
            }
        }
        Ok(())
    }

    /// Keeps the contents of the files as blobs, as those are kept that are copied out of a base.
    fn read(&self, image: &Base, env: &BuilderEnv<'_>) -> Result<(), Cause> {
        let blobs = env.cache.blobs();
        let wanted = self.files.iter().map(|TakenFile { facts, .. }| (facts.size, facts.digest.clone()));
        let mut left: HashSet<_> = wanted.filter(|(size, digest)| !blobs.has(digest, *size)).collect();
        // A hardlink of a layer can name a file of one below it.
        for layer in image.layers.iter().take(self.highest + 1).rev() {
            if left.is_empty() {
                break;
            }
            let blob = BufReader::with_capacity(BUFFER, blobs.reader(&layer.digest, layer.size)?);
            let tar = Decompressor::new(blob).map_err(Cause::Layer)?.limited();
            let kept = keep_contents(&mut BufReader::with_capacity(BUFFER, tar), &left, blobs);
            let kept = kept.map_err(|source| Cause::Layer(io::Error::other(source)))?;
            left.retain(|(_, digest)| !kept.contains(digest));
        }
        Ok(())
    }

    fn write(&self, env: &BuilderEnv<'_>) -> Result<(), Cause> {
        for path in &self.directories {
            fs::create_dir(path).map_err(failed(path))?;
        }
        for (path, target) in &self.links {
            symlink(target, path).map_err(failed(path))?;
        }
        // All names of one file share its facts. Results are apart from one another.
        let mut first: HashMap<_, &Utf8Path> = HashMap::new();
        for TakenFile { result, path, facts, mode } in &self.files {
            match first.entry((*result, Arc::as_ptr(facts))) {
                Entry::Occupied(first) => fs::hard_link(first.get(), path).map_err(failed(path))?,
                Entry::Vacant(first) => {
                    first.insert(path);
                    let mut content = env.cache.blobs().reader(&facts.digest, facts.size)?;
                    let written = fs::File::create_new(path).and_then(|mut file| {
                        io::copy(&mut content, &mut file)?;
                        file.set_permissions(Permissions::from_mode(*mode))
                    });
                    written.map_err(failed(path))?;
                }
            }
        }
        Ok(())
    }
}

/// Returns the path of an image that a missing one is most like: a sibling, or else a path with the same name.
fn near(image: &Base, missing: &ImagePath) -> Option<ImagePath> {
    let tree = image.index.tree();
    let parent = missing.parent().unwrap_or_else(ImagePath::root);
    let parent = tree.follow(&parent).unwrap_or(parent);
    let siblings: Vec<_> =
        tree.children(&parent).filter_map(|(name, _)| Some((name, parent.join(name).ok()?))).collect();
    let sibling = nearest(missing.file_name(), siblings.iter().map(|(name, _)| *name))
        .and_then(|near| siblings.iter().find(|(name, _)| *name == near));
    let elsewhere = || {
        let found = tree.walk().find(|(path, _)| path.file_name() == missing.file_name());
        found.map(|(path, _)| path)
    };
    sibling.map(|(_, path)| path.clone()).or_else(elsewhere)
}
