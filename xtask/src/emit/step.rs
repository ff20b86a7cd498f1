//! Run steps as lines of a Containerfile: what is mounted, and a program with its environment and directory.
//! podman's RUN sets neither without changing the image's config, so two programs of the image do.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use super::escape::{comment, exec};
use crate::plan::{OWN_FILES, PlannedLayer, PlannedRun};

/// Side files of an rpm database that a reader leaves.
const SIDE_FILES: [&str; 6] = [
    "/usr/lib/sysimage/rpm/rpmdb.sqlite-shm",
    "/usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
    "/usr/lib/sysimage/rpm/.rpm.lock",
    "/var/lib/rpm/rpmdb.sqlite-shm",
    "/var/lib/rpm/rpmdb.sqlite-wal",
    "/var/lib/rpm/.rpm.lock",
];
/// Changes to a directory and becomes a program; both are arguments, so that nothing is expanded.
const IN_DIRECTORY: [&str; 3] = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\""];

/// The words before a program that is to run in a directory.
fn in_directory(dir: &str) -> Vec<String> {
    IN_DIRECTORY.into_iter().chain([dir]).map(str::to_owned).collect()
}

/// The folder of the context that a layer's steps read.
pub(crate) fn folder(index: usize, layer: &PlannedLayer) -> String {
    format!("steps/{:02}-{}", index + 1, layer.name)
}

/// The options of a RUN that mount something (Containerfile(5), "RUN --mount").
#[derive(Debug, Default)]
pub(crate) struct Mounts(String);

impl Mounts {
    pub(crate) fn bind(&mut self, source: &str, at: &str) {
        self.0 += &format!("--mount=type=bind,source={source},target={at} ");
    }

    pub(crate) fn cache(&mut self, at: &str) {
        self.0 += &format!("--mount=type=cache,target={at} ");
    }

    /// A cache by a name of its own, which one step uses at a time.
    pub(crate) fn cache_alone(&mut self, id: &str, at: &str) {
        self.0 += &format!("--mount=type=cache,id={id},sharing=locked,target={at} ");
    }

    /// An empty directory whose content is thrown away.
    pub(crate) fn discard(&mut self, at: &str) {
        self.0 += &format!("--mount=type=tmpfs,target={at} ");
    }

    /// Without it the step is not run: podman's default goes on and the program fails later.
    fn secret(&mut self, id: &str) {
        self.0 += &format!("--mount=type=secret,id={id},required=true ");
    }
}

impl fmt::Display for Mounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One step; what it binds lies in that folder of the context.
pub(crate) fn run(run: &PlannedRun, folder: &str, out: &mut String) -> fmt::Result {
    let mut mounts = Mounts::default();
    run.caches.iter().for_each(|at| mounts.cache(at.as_str()));
    for bind in &run.binds {
        writeln!(out, "# {} at {}", comment(bind.asset.as_str()), comment(bind.at.as_str()))?;
        mounts.bind(&format!("{folder}/{}", bind.source), bind.at.as_str());
    }
    for secret in &run.secrets {
        writeln!(out, "# wants {}", comment(&format!("--secret {secret}")))?;
        mounts.secret(secret.id.as_str());
    }
    writeln!(out, "RUN {mounts}{}", exec(argv(run)))
}

/// Writes a secret to a file of a mode and an owner. The end of a line is not part of a hash, and what has another form is
/// perhaps the password.
const WRITE_HASH: &str = "hash=$(cat \"$1\") || exit
case $hash in '$'*'$'*) ;; *) echo \"the secret is not a hash as crypt(5) has it\" >&2; exit 1;; esac
umask 022
mkdir -p \"${2%/*}\" && rm -f \"$2\" && umask 077 && printf %s \"$hash\" >\"$2\" && chmod \"$3\" \"$2\" && chown \"$4\" \"$2\"";

/// Writes the files whose content is a secret, which no tar of a context has.
pub(super) fn secret_hashes(layer: &PlannedLayer, out: &mut String) -> fmt::Result {
    for (path, hash, metadata) in layer.secret_hashes() {
        let mut mounts = Mounts::default();
        mounts.secret(hash.secret.id.as_str());
        let script = ["/bin/sh", "-c", WRITE_HASH, "sh"].map(str::to_owned);
        let of = [
            format!("/run/secrets/{}", hash.secret.id),
            path.to_string(),
            metadata.mode.to_string(),
            format!("{}:{}", metadata.uid, metadata.gid),
        ];
        writeln!(out, "# wants {}", comment(&format!("--secret {}", hash.secret)))?;
        writeln!(out, "RUN {mounts}{}", exec(script.into_iter().chain(of)))?;
    }
    Ok(())
}

/// Returns the step that an engine names when it gives up. Engines report a failed step only by its words, separated
/// by blanks; neither podman nor buildah has another form of it.
pub(crate) fn named<'a>(runs: &'a [PlannedRun], step: &str) -> Option<&'a PlannedRun> {
    let words = |run: &&PlannedRun| argv(run).join(" ");
    // `true` ends as `cd … && true` does.
    runs.iter().filter(|run| step.ends_with(&words(run))).max_by_key(|run| words(run).len())
}

/// The program with its environment, in its directory.
fn argv(run: &PlannedRun) -> Vec<String> {
    let mut argv: Vec<String> = Vec::new();
    if let Some(dir) = &run.dir {
        argv.extend(in_directory(dir.as_str()));
    }
    if !run.environment.is_empty() {
        argv.push("env".to_owned());
        argv.extend(run.environment.iter().map(|(name, value)| format!("{name}={value}")));
    }
    argv.extend(run.argv.iter().cloned());
    argv
}

/// Takes directories away that are empty, and leaves the others.
const EMPTY_ONES: [&str; 4] = ["/bin/sh", "-c", "rmdir \"$@\" 2>/dev/null || :", "sh"];

/// The lines that take away what the steps of a layer leave beside their work: mount points,
/// and what reads an rpm database.
pub(super) fn clean(layer: &PlannedLayer, out: &mut String) -> fmt::Result {
    let mut left: BTreeSet<String> = BTreeSet::new();
    for run in &layer.runs {
        let targets = run.caches.iter().chain(run.binds.iter().map(|bind| &bind.at));
        left.extend(targets.filter_map(|at| below_run(at.as_str())));
        if !run.secrets.is_empty() {
            left.insert("/run/secrets".to_owned());
        }
    }
    if layer.secret_hashes().next().is_some() {
        left.insert("/run/secrets".to_owned());
    }
    if layer.transaction.is_some() {
        left.extend(SIDE_FILES.into_iter().chain(OWN_FILES).map(str::to_owned));
        if layer.context.contains_key(crate::plan::FOLDER) {
            left.insert(crate::plan::MOUNTED.to_owned());
        }
    }
    if !left.is_empty() {
        let remove = ["rm", "-rf", "--"].map(str::to_owned);
        writeln!(out, "RUN {}", exec(remove.into_iter().chain(left)))?;
    }
    if !layer.mount_points.is_empty() {
        // What is in a directory goes before it.
        let inside_first = layer.mount_points.iter().rev().map(ToString::to_string);
        writeln!(out, "RUN {}", exec(EMPTY_ONES.map(str::to_owned).into_iter().chain(inside_first)))?;
    }
    Ok(())
}

/// Makes directories that are gone: path, mode and owner of each.
const MAKE_AGAIN: [&str; 4] = [
    "/bin/sh",
    "-c",
    "while [ $# -gt 0 ]; do [ -d \"$1\" ] || { mkdir -m \"$2\" \"$1\" && chown \"$3\" \"$1\"; } || exit; shift 3; done",
    "sh",
];

/// The line behind a RUN that mounts something over directories of the image. podman 4 and its buildah remove each
/// of them from the image, even `/tmp`; podman 5 does not.
pub(super) fn make_again(layer: &PlannedLayer, out: &mut String) -> fmt::Result {
    if layer.mounted_over.is_empty() {
        return Ok(());
    }
    let directories = layer.mounted_over.iter().flat_map(|(path, metadata)| {
        let owner = format!("{}:{}", metadata.uid, metadata.gid);
        [path.to_string(), metadata.mode.to_string(), owner]
    });
    writeln!(out, "RUN {}", exec(MAKE_AGAIN.map(str::to_owned).into_iter().chain(directories)))
}

/// The directory directly in `/run` through which a path leads.
fn below_run(path: &str) -> Option<String> {
    let name = path.strip_prefix("/run/")?.split('/').next()?;
    Some(format!("/run/{name}"))
}

#[cfg(test)]
mod tests {
    use lapstrake::value::{ImagePath, Variable};

    use super::*;

    fn planned(argv: &[&str]) -> PlannedRun {
        let argv = argv.iter().map(|word| (*word).to_owned()).collect();
        let (environment, dir, network) = (Vec::new(), None, false);
        let site = lapstrake::Layer::new("steps").site;
        PlannedRun { site, argv, environment, dir, network, caches: vec![], binds: vec![], secrets: vec![] }
    }

    #[test]
    fn a_step_that_ends_as_another_is_not_taken_for_it() {
        let mut second = planned(&["true"]);
        second.dir = Some(ImagePath::parse("/no/such").unwrap());
        let runs = [planned(&["true"]), second];
        let step = format!("RUN {}", argv(&runs[1]).join(" "));
        assert_eq!(named(&runs, &step), Some(&runs[1]));
        assert_eq!(named(&runs, "RUN true"), Some(&runs[0]));
    }

    #[test]
    fn a_step_says_all_it_needs_in_one_line_and_the_config_stays() {
        let mut step = planned(&["make", "all; reboot"]);
        step.environment.push((Variable::parse("CC").unwrap(), "clang $x".to_owned()));
        step.dir = Some(ImagePath::parse("/usr/src/a b").unwrap());
        step.caches.push(ImagePath::parse("/run/cache/c").unwrap());
        let mut out = String::new();
        run(&step, "steps/01-x", &mut out).unwrap();
        assert_eq!(
            out,
            "RUN --mount=type=cache,target=/run/cache/c [\"/bin/sh\", \"-c\", \"cd \\\"$0\\\" && exec \\\"$@\\\"\", \
             \"/usr/src/a b\", \"env\", \"CC=clang $x\", \"make\", \"all; reboot\"]\n"
        );
        assert_eq!(below_run("/run/cache/c").as_deref(), Some("/run/cache"));
        assert_eq!(below_run("/runner"), None);
    }
}
