//! Where glibc's loader looks for a library when neither the program nor a library says: the
//! directories that ldconfig(8) indexes, and those that are built into the loader.

use std::collections::BTreeSet;

use lapstrake::value::{Architecture, ImagePath};

use super::files::Files;

const CONF: &str = "/etc/ld.so.conf";
/// An `include` deeper than this is none that a person wrote.
const INCLUDES_MAX: usize = 64;
/// ldconfig looks in all of them, whichever the loader has built in.
const SYSTEM: [&str; 4] = ["/lib64", "/lib", "/usr/lib64", "/usr/lib"];

/// The search path of one root. Directories are where their symlinks lead, and exist.
pub(super) struct SearchPath {
    /// What ldconfig indexes, so what `/etc/ld.so.cache` can hold, in its order of preference.
    pub(super) indexed: Vec<ImagePath>,
    /// What the loader searches without the cache.
    pub(super) built_in: Vec<ImagePath>,
    /// What `$LIB` stands for.
    pub(super) lib: String,
    /// What `$PLATFORM` stands for, on the plainest processor.
    pub(super) platform: &'static str,
    /// Subdirectories that come before the directory they are in, the best first.
    pub(super) hwcaps: &'static [&'static str],
}

impl SearchPath {
    pub(super) fn of<'a>(files: &impl Files<'a>, architecture: Architecture) -> Self {
        let triplet = format!("lib/{}-linux-gnu", architecture.machine());
        // It is built into the loader when glibc is configured; libc itself stands in one of them.
        let has_libc = |directory: &str| files.real(&format!("/usr/{directory}/libc.so.6")).is_some();
        let (lib, built_in) = if has_libc(&triplet) {
            let own = [format!("/{triplet}"), format!("/usr/{triplet}")];
            (triplet, own.into_iter().chain(["/lib", "/usr/lib"].map(str::to_owned)).collect())
        } else if has_libc("lib64") {
            ("lib64".to_owned(), ["/lib64", "/usr/lib64"].map(str::to_owned).to_vec())
        } else {
            ("lib".to_owned(), SYSTEM.map(str::to_owned).to_vec())
        };
        let mut conf = Conf { files, directories: Vec::new(), read: BTreeSet::new() };
        conf.file(CONF);
        let Conf { directories: mut indexed, .. } = conf;
        indexed.extend(SYSTEM.map(str::to_owned));
        let hwcaps: &[_] = match architecture {
            Architecture::Amd64 => &["x86-64-v4", "x86-64-v3", "x86-64-v2"],
            Architecture::Arm64 => &[],
        };
        let real = |directories: Vec<String>| {
            let mut seen = BTreeSet::new();
            let real = directories.into_iter().filter_map(|directory| files.real(&directory));
            real.filter(|directory| seen.insert(directory.clone())).collect()
        };
        Self {
            indexed: real(indexed),
            built_in: real(built_in),
            lib,
            platform: architecture.machine(),
            hwcaps,
        }
    }

    /// Whether a library in that directory is found only once ldconfig has indexed it.
    pub(super) fn needs_ldconfig(&self, directory: &ImagePath) -> bool {
        self.indexed.contains(directory) && !self.built_in.contains(directory)
    }
}

/// ldconfig(8)'s configuration as it is read.
struct Conf<'f, F> {
    files: &'f F,
    directories: Vec<String>,
    read: BTreeSet<ImagePath>,
}

impl<'a, F: Files<'a>> Conf<'_, F> {
    fn file(&mut self, path: &str) {
        let Some(real) = self.files.real(path) else { return };
        if self.read.len() >= INCLUDES_MAX || !self.read.insert(real.clone()) {
            return;
        }
        for line in self.files.text(&real).unwrap_or_default().lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            match line.split_once([' ', '\t']) {
                Some(("include", patterns)) => {
                    for pattern in patterns.split_whitespace() {
                        self.include(path, pattern);
                    }
                }
                Some(("hwcap", _)) => {}
                _ if line.starts_with('/') => self.directories.push(line.to_owned()),
                _ => {}
            }
        }
    }

    /// Files that a pattern matches; a relative one starts where its file is.
    fn include(&mut self, from: &str, pattern: &str) {
        let beside = |(directory, _)| format!("{directory}/{pattern}");
        let path = if pattern.starts_with('/') {
            Some(pattern.to_owned())
        } else {
            from.rsplit_once('/').map(beside)
        };
        let Some((directory, name)) = path.as_deref().and_then(|path| path.rsplit_once('/')) else { return };
        let (Some(real), Ok(pattern)) = (self.files.real(directory), glob::Pattern::new(name)) else {
            return;
        };
        for name in self.files.names(&real) {
            if pattern.matches(name) {
                self.file(&format!("{directory}/{name}"));
            }
        }
    }
}
