//! The folder as an ext4 disk, without root: mke2fs takes what the folder has, debugfs sets what it could
//! not have. Nothing is mounted.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use camino::Utf8Path;
use lapstrake::value::ImagePath;

use super::tree::{held_mode, is_held, is_hidden};
use super::{BootError, Programs};
use crate::base::{BaseIndex, File, facts};
use crate::support::program::{Program, ProgramError};
use lapstrake_oci::tree::{CAPABILITY, Kind, Node};

const BLOCK: u64 = 4096;
/// Room that the running system has, in bytes: a quarter of the content, and so much.
const FREE: u64 = 256 << 20;
const FREE_INODES: u64 = 16384;
const INODE: u64 = 256;

/// The owner that mke2fs sees of all that is in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    uid: u32,
    gid: u32,
}

/// As whom mke2fs sees what is in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// In a user namespace, where the files of the user who runs this are root's, as nearly all have to be.
    AsRoot,
    AsOurs,
}

impl Seen {
    /// As root, where this machine lets us have such a namespace.
    pub(super) fn best() -> Self {
        let tried = Program::UNSHARE.output(["--map-root-user", "true"]);
        if tried.is_ok_and(|output| output.status.success()) { Self::AsRoot } else { Self::AsOurs }
    }

    fn command(self, program: Program) -> Result<Command, ProgramError> {
        match self {
            Self::AsRoot => {
                let mut command = Program::UNSHARE.command()?;
                command.arg("--map-root-user").arg(program.find()?);
                Ok(command)
            }
            Self::AsOurs => program.command(),
        }
    }

    fn owner(self, folder: &Utf8Path) -> Result<Owner, BootError> {
        match self {
            Self::AsRoot => Ok(Owner { uid: 0, gid: 0 }),
            Self::AsOurs => {
                let found = fs::metadata(folder);
                let found = found.map_err(|source| BootError::Write { path: folder.to_owned(), source })?;
                Ok(Owner { uid: found.uid(), gid: found.gid() })
            }
        }
    }
}

/// Makes the disk of the tree that `index` is, which is in `folder`.
pub(super) fn make(
    index: &BaseIndex,
    folder: &Utf8Path,
    seen: Seen,
    disk: &Utf8Path,
    work: &Utf8Path,
    programs: &Programs,
) -> Result<(), BootError> {
    let (bytes, inodes) = extent(index);
    let mut command = seen.command(programs.mke2fs)?;
    // A journal guards against a crash, and there is nothing here to lose.
    command.args(["-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-E", "root_owner=0:0"]);
    command.args(["-b", &BLOCK.to_string(), "-I", &INODE.to_string(), "-N", &inodes.to_string()]);
    command.args(["-d", folder.as_str(), disk.as_str(), &format!("{}k", bytes.div_ceil(1024))]);
    run(&mut command, programs.mke2fs)?;
    let script = script(index, seen.owner(folder)?, work)?;
    if script.is_empty() {
        return Ok(());
    }
    let path = work.join("debugfs");
    fs::write(&path, script).map_err(|source| BootError::Write { path: path.clone(), source })?;
    let mut command = programs.debugfs.command()?;
    run(command.args(["-w", "-f", path.as_str(), disk.as_str()]), programs.debugfs)
}

/// The size of the disk in bytes, and how many inodes it has.
fn extent(index: &BaseIndex) -> (u64, u64) {
    let blocks = |kind: &Kind<File>| match kind {
        Kind::File(_) => facts(kind).map_or(0, |facts| facts.size.div_ceil(BLOCK)),
        Kind::Directory => 2,
        Kind::Symlink { .. } | Kind::Device { .. } | Kind::Fifo => 0,
    };
    let content: u64 = index.tree().walk().map(|(_, entry)| blocks(&entry.node.kind) * BLOCK).sum();
    let count = index.tree().len() as u64;
    let inodes = count + count / 4 + FREE_INODES;
    (content + content / 4 + FREE + inodes * INODE, inodes)
}

/// What debugfs has to do: inodes that differ from what the folder has, and those that it can't have.
fn script(index: &BaseIndex, held: Owner, work: &Utf8Path) -> Result<String, BootError> {
    let mut out = String::new();
    let mut capabilities = 0;
    for (path, entry) in index.tree().walk().filter(|(path, _)| !is_hidden(path)) {
        let (path, node, metadata) = (&path, entry.node, &entry.node.metadata);
        let mut lines = Vec::new();
        let is_new = !is_held(path, node);
        if is_new {
            lines.extend(make_node(path, node));
        }
        let name = quoted(path);
        let mut set =
            |field: &str, value: String| lines.push(format!("set_inode_field {name} {field} {value}"));
        // The root's owner mke2fs was told.
        let owner = if path.is_root() || is_new { Owner { uid: 0, gid: 0 } } else { held };
        if metadata.uid != owner.uid {
            set("uid", metadata.uid.to_string());
        }
        if metadata.gid != owner.gid {
            set("gid", metadata.gid.to_string());
        }
        let kind = match node.kind {
            Kind::Directory => Some(0o040_000),
            Kind::File(_) => Some(0o100_000),
            Kind::Symlink { .. } => None,
            Kind::Device { is_block: true, .. } => Some(0o060_000),
            Kind::Device { is_block: false, .. } => Some(0o020_000),
            Kind::Fifo => Some(0o010_000),
        };
        if let Some(kind) = kind.filter(|_| is_new || metadata.mode.bits() != held_mode(node)) {
            set("mode", format!("0{:o}", kind | metadata.mode.bits()));
        }
        if let Some(value) = metadata.xattrs.get(CAPABILITY) {
            let file = work.join(format!("capability-{capabilities}"));
            capabilities += 1;
            fs::write(&file, value).map_err(|source| BootError::Write { path: file.clone(), source })?;
            lines.push(format!("ea_set -f {} {name} security.capability", quote(file.as_str())));
        }
        if !lines.is_empty() && path.as_str().contains('\n') {
            return Err(BootError::LineBreak { path: path.clone() });
        }
        for line in lines {
            // Writing to a String does not fail.
            _ = writeln!(out, "{line}");
        }
    }
    Ok(out)
}

/// `mknod` takes a name in the directory where it is.
fn make_node(path: &ImagePath, node: &Node<File>) -> Vec<String> {
    let what = match node.kind {
        Kind::Fifo => "p".to_owned(),
        Kind::Device { is_block, major, minor } => {
            format!("{} {major} {minor}", if is_block { 'b' } else { 'c' })
        }
        _ => return Vec::new(),
    };
    let directory = path.parent().unwrap_or_else(ImagePath::root);
    vec![format!("cd {}", quoted(&directory)), format!("mknod {} {what}", quote(path.file_name()))]
}

fn quoted(path: &ImagePath) -> String {
    quote(path.as_str())
}

/// A word as debugfs reads it: in quotes, a quote twice (libss).
fn quote(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// Runs a program of e2fsprogs. debugfs prints what is wrong with a command, goes on and succeeds.
fn run(command: &mut Command, program: Program) -> Result<(), BootError> {
    let output = program.output_of(command.env("LC_ALL", "C"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    // Each says its version first; mke2fs that it makes a file.
    let talk = |line: &&str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("debugfs ") && !line.starts_with("Creating regular file ")
    };
    match said.lines().find(talk) {
        None if output.status.success() => Ok(()),
        said => {
            let said = said.map_or_else(|| output.status.to_string(), |said| said.escape_debug().to_string());
            Err(BootError::Disk { program, said })
        }
    }
}
