//! Writes the files that steps read into a context: the files that a layer or a build stage binds, and those of its
//! package manager. They are in no layer.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{PermissionsExt, symlink};

use camino::Utf8Path;

use super::packages::script;
use crate::inputs::LayerInputs;
use crate::plan::{ContextFile, Origin, PlannedLayer};
use lapstrake_oci::tree::Kind;

/// Everything that a layer's steps read, below its folder of the context.
pub(crate) fn files(layer: &PlannedLayer) -> BTreeMap<String, Kind<ContextFile>> {
    let mut files = layer.context.clone();
    files.extend(
        script(layer).map(|(path, text)| {
            (path, Kind::File(ContextFile { from: Origin::Text(text), executable: false }))
        }),
    );
    files
}

/// Writes these files below `folder`.
pub(crate) fn write_files(
    files: &BTreeMap<String, Kind<ContextFile>>,
    staged: &LayerInputs,
    folder: &Utf8Path,
) -> io::Result<()> {
    for (name, file) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            directory(parent)?;
        }
        match file {
            Kind::Directory => directory(&path)?,
            Kind::Symlink { target } => symlink(&**target, &path)?,
            Kind::Device { .. } | Kind::Fifo => {
                return Err(io::Error::other(format!("`{name}` is a {}", file.name())));
            }
            Kind::File(ContextFile { from, executable }) => {
                let mut out = create_file(&path)?;
                match (from, staged.get(from)) {
                    (Origin::Text(text), _) => out.write_all(text.as_bytes())?,
                    (_, Some(staged)) => {
                        staged.read_into(&mut |bytes| io::copy(bytes, &mut out).map(drop))?;
                    }
                    (_, None) => return Err(io::Error::other(format!("`{name}` was not staged"))),
                }
                if *executable {
                    out.set_permissions(fs::Permissions::from_mode(0o755))?;
                }
            }
        }
    }
    Ok(())
}

/// Creates a file of the context. A step may copy its mode, which does not depend on the umask.
pub(super) fn create_file(path: &Utf8Path) -> io::Result<fs::File> {
    let file = fs::File::create(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    Ok(file)
}

/// Creates a directory of the context, with those that lead to it. A step may copy its mode, which does not depend
/// on the umask.
pub(super) fn directory(path: &Utf8Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        directory(parent)?;
    }
    fs::create_dir(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}
