//! Keeps what build stages compiled: a folder for each cache key, with a numbered file for each result.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::Store;
use super::records::Kind;
use lapstrake_oci::{Digest, Stamp};

const STAGES: Kind = Kind { name: "stages", version: 1 };

impl Store {
    /// Returns the folder of a stage's results, if they were kept and are sound. Damaged ones are reported and
    /// removed.
    pub(crate) fn stage(&self, key: &Digest) -> Option<Utf8PathBuf> {
        let folder = self.stage_folder(key);
        let kept: Vec<Digest> = self.records.read(STAGES, &key.hex())?;
        let is_sound = |(number, digest): (usize, &Digest)| {
            let found = self.files.digest(&folder.join(number.to_string()));
            found.is_ok_and(|found| found.digest == *digest)
        };
        if kept.iter().enumerate().all(is_sound) {
            return Some(folder);
        }
        if folder.exists() {
            self.progress.warning(format_args!(
                "what a stage compiled in `{folder}` was damaged and is compiled again"
            ));
        }
        None
    }

    /// Takes the results of a stage from a folder, and returns the folder in which they are kept.
    pub(crate) fn keep_stage(
        &self,
        key: &Digest,
        count: usize,
        results: &Utf8Path,
    ) -> io::Result<Utf8PathBuf> {
        let folder = self.stage_folder(key);
        let mut digests = Vec::new();
        for number in 0..count {
            let path = results.join(number.to_string());
            let file = self.files.read(&fs::File::open(&path)?)?;
            self.files.written(Stamp::of(&fs::metadata(&path)?), &file.digest);
            digests.push(file.digest);
        }
        fs::create_dir_all(self.paths.stages())?;
        // Another build may have been faster, with the same results.
        while let Err(error) = fs::rename(results, &folder) {
            if !folder.exists() {
                return Err(error);
            }
            fs::remove_dir_all(&folder)?;
        }
        self.records.write(STAGES, &key.hex(), &digests)?;
        Ok(folder)
    }

    fn stage_folder(&self, key: &Digest) -> Utf8PathBuf {
        self.paths.stages().join(key.hex())
    }
}
