//! `cargo xtask mutate` breaks the layer writer in a copy of the sources, one way at a time, and runs the tests.

use std::fs;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::Result;
use crate::cargo::cargo;
use crate::test::Ready;

/// One way to break the writer: a text of a file that is replaced.
struct Mutation {
    what: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

const MUTATIONS: [Mutation; 12] = [
    Mutation {
        what: "drop setuid, setgid and sticky",
        file: "oci/src/tar/writer.rs",
        from: "header.set_mode(metadata.mode.bits());",
        to: "header.set_mode(metadata.mode.bits() & 0o777);",
    },
    Mutation {
        what: "swap user and group",
        file: "oci/src/tar/writer.rs",
        from: "header.set_gid(u64::from(if metadata.gid > MAX_ID { 0 } else { metadata.gid }));",
        to: "header.set_gid(u64::from(if metadata.uid > MAX_ID { 0 } else { metadata.uid }));",
    },
    Mutation {
        what: "lose file capabilities",
        file: "oci/src/tar/writer.rs",
        from: "if let Some(capabilities) = metadata.xattrs.get(CAPABILITY) {",
        to: "if let Some(capabilities) = metadata.xattrs.get(CAPABILITY).filter(|_| false) {",
    },
    Mutation {
        what: "cut long names short",
        file: "oci/src/tar/writer.rs",
        from: "record(&mut records, \"path\", name.as_bytes());",
        to: "_ = name;",
    },
    Mutation {
        what: "add the clock",
        file: "oci/src/tar/writer.rs",
        from: "header.set_mtime(0);",
        to: "header.set_mtime(std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs()));",
    },
    Mutation {
        what: "drop the parents",
        file: "src/plan/destination.rs",
        from: "for above in above(path) {",
        to: "for above in above(path).take(0) {",
    },
    Mutation {
        what: "give parents new metadata",
        file: "src/plan/destination.rs",
        from: "map(|found| found.node.metadata.clone())",
        to: "map(|_| Metadata::of_root(Mode::PROGRAM))",
    },
    Mutation {
        what: "write through a symlink",
        file: "oci/src/tree/resolve.rs",
        from: "Some(Kind::Symlink { target }) if self.follows_last || !self.rest.is_empty() => {",
        to: "Some(Kind::Symlink { target }) if self.follows_last => {",
    },
    Mutation {
        what: "put children before their parents",
        file: "src/layer/tar.rs",
        from: "for (path, member) in needed(layer, removals) {",
        to: "for (path, member) in needed(layer, removals).into_iter().rev() {",
    },
    Mutation {
        what: "skip a whiteout",
        file: "src/layer/tar.rs",
        from: "for path in &layer.whiteouts {",
        to: "for path in layer.whiteouts.iter().skip(1) {",
    },
    Mutation {
        what: "ignore the executable bit of git",
        file: "src/plan/place.rs",
        from: "if file.executable { Mode::PROGRAM } else { Mode::FILE }",
        to: "if file.executable { Mode::FILE } else { Mode::FILE }",
    },
    Mutation {
        what: "use the digest of the blob as the diff_id",
        file: "src/image/layers.rs",
        from: "Ok(Written { digest, size, diff_id })",
        to: "drop(diff_id);\n    Ok(Written { diff_id: digest.clone(), digest, size })",
    },
];

/// Runs every mutation, each on the unbroken sources.
pub(crate) fn writer(root: &Utf8Path, ready: &Ready) -> Result<ExitCode> {
    let work = root.join("target").join("mutate");
    let copy = Copy { directory: Copy::of(root, &work.join("tree"))?, target: work.join("target"), ready };
    println!("the unbroken sources");
    if !copy.tests()?.success() {
        return Err("the tests fail before anything is broken".into());
    }
    let mut missed = Vec::new();
    for mutation in &MUTATIONS {
        let path = copy.directory.join("xtask").join(mutation.file);
        let whole = fs::read_to_string(&path)?;
        if whole.matches(mutation.from).count() != 1 {
            return Err(format!(
                "`{}` is not exactly once in `{}`; update the mutation",
                mutation.from, mutation.file
            )
            .into());
        }
        fs::write(&path, whole.replace(mutation.from, mutation.to))?;
        let built = copy.cargo(&["test", "-q", "-p", "lapstrake-xtask", "--lib", "--no-run"])?;
        if !built.success() {
            return Err(format!("`{}` does not compile; update the mutation", mutation.what).into());
        }
        let is_seen = !copy.tests()?.success();
        fs::write(&path, whole)?;
        println!("{:>7}: {}", if is_seen { "caught" } else { "MISSED" }, mutation.what);
        if !is_seen {
            missed.push(mutation.what);
        }
    }
    println!("{} of {} mutations caught", MUTATIONS.len() - missed.len(), MUTATIONS.len());
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A copy of the files in git. It has its own target directory, because cargo names what it builds by paths relative to
/// the workspace, and would take the broken crate for the unbroken one.
struct Copy<'a> {
    directory: Utf8PathBuf,
    target: Utf8PathBuf,
    ready: &'a Ready,
}

impl Copy<'_> {
    fn of(root: &Utf8Path, to: &Utf8Path) -> Result<Utf8PathBuf> {
        let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output()?;
        for name in String::from_utf8(listed.stdout)?.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (root.join(name), to.join(name));
            if let Some(directory) = to.parent() {
                fs::create_dir_all(directory)?;
            }
            // An equal file keeps its time, so that a second run compiles less.
            let content = fs::read(&from)?;
            if fs::read(&to).ok().as_ref() != Some(&content) {
                fs::write(&to, content)?;
            }
        }
        Ok(to.to_owned())
    }

    /// Runs the tests that read what the writer writes.
    fn tests(&self) -> Result<ExitStatus> {
        let what = ["tests::readers", "tests::repeatable", "tests::tar_profile"];
        self.cargo(&[&["test", "-q", "-p", "lapstrake-xtask", "--lib", "--"][..], &what].concat())
    }

    fn cargo(&self, arguments: &[&str]) -> Result<ExitStatus> {
        let mut command = cargo(&self.directory, arguments.iter().copied());
        command.env("CARGO_TARGET_DIR", &self.target);
        command.envs(self.ready.env.iter().map(|(name, value)| (name, value)));
        Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?)
    }
}
