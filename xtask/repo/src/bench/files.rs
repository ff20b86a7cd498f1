//! Trees of 10,000 and of 100,000 small files: the cost must grow with the number of files, not with its square.

use std::fs;
use std::time::Duration;

use camino::Utf8Path;

use super::Result;
use super::figures::{Figures, print_times, ratio};
use super::measure::{rounds, time};
use crate::project::Project;

/// The most that ten times as many files may cost, as a multiple.
const GROWTH: f64 = 12.0;
/// The most time of a build without a change over 100,000 files.
const NO_CHANGE: Duration = Duration::from_secs(2);
/// How many files one folder has.
const FOLDER: usize = 100;

/// The rows of one tree.
struct Rows {
    first: Duration,
    unchanged: Duration,
    edited: Duration,
}

pub(super) fn measure(project: &Project<'_>, seed: u64, figures: &mut Figures) -> Result<()> {
    let few = tree(project, "files-10k", 10_000, seed)?;
    let many = tree(project, "files-100k", 100_000, seed)?;
    for (what, few, many) in [
        ("100,000 files against 10,000, first build", few.first, many.first),
        ("100,000 files against 10,000, nothing changed", few.unchanged, many.unchanged),
        ("100,000 files against 10,000, one file edited", few.edited, many.edited),
    ] {
        figures.compare(what, ratio(many, few), GROWTH, "times");
    }
    figures.bar("100,000 files, nothing changed", many.unchanged, NO_CHANGE);
    Ok(())
}

fn tree(project: &Project<'_>, name: &str, count: usize, seed: u64) -> Result<Rows> {
    let folder = project.directory.join(name);
    write(&folder, count, seed)?;
    let build = || {
        project.run_image(&["build", name, "--quiet"])?;
        Ok(())
    };
    let first = time(build)?;
    let unchanged = rounds(5, |_| time(build))?;
    let edited = rounds(5, |round| {
        fs::write(file(&folder, count / 2), format!("edit {round} of {seed}\n"))?;
        time(build)
    })?;
    Ok(Rows {
        first: print_times(&format!("{count} files, first build"), &[first]),
        unchanged: print_times(&format!("{count} files, nothing changed"), &unchanged),
        edited: print_times(&format!("{count} files, one edited"), &edited),
    })
}

fn write(folder: &Utf8Path, count: usize, seed: u64) -> Result<()> {
    for number in 0..count {
        let path = file(folder, number);
        if number % FOLDER == 0 {
            fs::create_dir_all(path.with_file_name(""))?;
        }
        fs::write(path, format!("file {number} of {seed}\n"))?;
    }
    Ok(())
}

fn file(folder: &Utf8Path, number: usize) -> camino::Utf8PathBuf {
    folder.join((number / FOLDER).to_string()).join(format!("{number}.conf"))
}
