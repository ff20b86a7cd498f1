//! Fills the disk of the target directory and the cache at any point of a build. The build must say so, and succeed when
//! there is space again.

use std::fs::{self, File};
use std::process::Command;

use camino::Utf8Path;

use super::Result;
use super::random::Random;
use super::workshop::{VERSIONS, Workshop};
use crate::project::{run, run_to_end};

/// The size of the disk. It is in memory.
const SIZE: u64 = 256 << 20;
/// The most space that a build is left: a little more than the largest layer takes, so that some builds end well.
const MOST: u64 = 9 << 20;

/// What the rounds were, and what was wrong after them.
#[derive(Default)]
pub(super) struct Disks {
    pub(super) full: u64,
    pub(super) enough: u64,
    pub(super) faults: usize,
}

pub(super) fn run_all(workshop: &mut Workshop<'_>, count: u64, random: &mut Random) -> Result<Disks> {
    let mut disks = Disks::default();
    let disk = workshop.places.root.join("disk");
    fs::create_dir_all(&disk)?;
    let mount = Mount::tmpfs(&disk)?;
    workshop.move_to(&disk)?;
    let rounds = rounds(workshop, &disk, count, random, &mut disks);
    let work = workshop.places.root.join("work");
    workshop.move_to(&work)?;
    drop(mount);
    rounds.map(|()| disks)
}

fn rounds(
    workshop: &Workshop<'_>,
    disk: &Utf8Path,
    count: u64,
    random: &mut Random,
    disks: &mut Disks,
) -> Result<()> {
    let ballast = disk.join("ballast");
    for round in 0..count {
        let version = round % VERSIONS;
        // Every fourth round begins with an empty store and cache.
        if round % 4 == 0 {
            for folder in ["target", "cache"] {
                let folder = disk.join(folder);
                if folder.exists() {
                    fs::remove_dir_all(folder)?;
                }
            }
        }
        let left = random.below(MOST);
        fill(disk, &ballast, left)?;
        let output = run_to_end(&mut workshop.command(&["build", "native", "--quiet"], version))?;
        fs::remove_file(&ballast)?;
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut wrong = Vec::new();
        match output.status.code() {
            Some(0) => disks.enough += 1,
            Some(1 | 3) => {
                disks.full += 1;
                // A linker writes through a memory map, and is ended by a signal.
                if !log.contains("No space left on device") && !log.contains("[Bus error]") {
                    wrong.push(format!("the build does not say that the disk is full:\n{log}"));
                }
            }
            _ => wrong.push(format!("the build ended with {}:\n{log}", output.status)),
        }
        wrong.extend(workshop.check("native", version)?);
        let name = format!("disk {round}, {left} bytes for version {version}");
        let wrong: Vec<_> = wrong.into_iter().map(|what| format!("{name}: {what}")).collect();
        disks.faults += wrong.len();
        super::progress("full disks", (round, count), &wrong);
    }
    Ok(())
}

/// Leaves this many bytes on the disk.
fn fill(disk: &Utf8Path, ballast: &Utf8Path, left: u64) -> Result<()> {
    let df = run(Command::new("df").args(["--output=avail", "--block-size=1"]).arg(disk))?;
    let available: u64 =
        String::from_utf8_lossy(&df.stdout).lines().last().unwrap_or_default().trim().parse()?;
    let size = available.saturating_sub(left).max(1);
    File::create(ballast)?;
    run(Command::new("fallocate").args(["--length", &size.to_string()]).arg(ballast))?;
    Ok(())
}

/// A file system that is unmounted when the value is dropped.
struct Mount<'a>(&'a Utf8Path);

impl<'a> Mount<'a> {
    fn tmpfs(folder: &'a Utf8Path) -> Result<Self> {
        unmount(folder);
        let options = format!("size={SIZE}");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &options, "drill"]).arg(folder))?;
        Ok(Self(folder))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        unmount(self.0);
    }
}

/// A killed drill leaves its file system mounted.
fn unmount(folder: &Utf8Path) {
    drop(Command::new("umount").args(["--quiet", "--lazy"]).arg(folder).output());
}
