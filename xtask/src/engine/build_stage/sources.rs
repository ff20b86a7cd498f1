//! What cargo needs of the workspace to build some of its packages, and nothing else: their files, those of
//! the members that they depend on, and a manifest and a lock that name no other. So the description itself,
//! or another service, can change and nothing is compiled again.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use crate::plan::{ContextFile, Invocation, Origin};
use crate::project::workspace::{Package, Workspace};
use crate::support::explain::Explain;
use crate::support::program::Program;
use crate::support::small_map::{SmallMap, SmallSet};
use lapstrake_oci::tree::Kind;

/// The folder of the context for it.
pub(super) const WORKSPACE: &str = "workspace";
/// What of cargo's configuration says where crates come from and how they are compiled. The rest is of the
/// machine: aliases, patches by paths, target directories.
const CONFIGURATION: [&str; 7] = ["source", "registries", "registry", "env", "target", "net", "profile"];
/// What of the root manifest is about the members.
const MANIFEST: [&str; 4] = ["workspace", "profile", "patch", "replace"];

/// What cargo needs can't be gathered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourcesError {
    #[error("`{path}` can't be read")]
    Read { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` is not TOML")]
    Parse { path: Utf8PathBuf, source: Box<toml::de::Error> },
    #[error("TOML can't be made")]
    Write(#[source] toml::ser::Error),
    #[error("package `{package}` is patched by a path, and what is compiled in an image has no such path")]
    Patched { package: String },
    #[error("`{path}` of a member lies outside of the workspace")]
    OutsideMember { path: Utf8PathBuf },
    #[error("package `{package}` depends on `{path}`, which lies outside of the workspace")]
    Outside { package: String, path: Utf8PathBuf },
}

impl Explain for SourcesError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Read { path, source }
                if path.ends_with("Cargo.lock") && source.kind() == io::ErrorKind::NotFound =>
            {
                Some("run `cargo generate-lockfile`: what is compiled in an image is locked".to_owned())
            }
            Self::Patched { .. } => Some("patch it by git, or make it a member of the workspace".to_owned()),
            Self::Outside { .. } => {
                Some("move it into the workspace, or depend on it by git or a registry".to_owned())
            }
            Self::OutsideMember { .. } => Some("move the member below the root of the workspace".to_owned()),
            Self::Read { .. } | Self::Parse { .. } | Self::Write(_) => None,
        }
    }
}

/// The files, below [`WORKSPACE`] in the context.
pub(super) fn needed(
    invocations: &[Invocation],
    workspace: &Workspace,
) -> Result<BTreeMap<String, Kind<ContextFile>>, SourcesError> {
    let packages = closure(invocations, workspace)?;
    let mut files = BTreeMap::new();
    let lock = lock(&packages, workspace)?;
    files.insert("Cargo.toml".to_owned(), text(&manifest(&packages, &lock, workspace)?)?);
    files.insert("Cargo.lock".to_owned(), text(&lock)?);
    let mut hosts: Vec<Utf8PathBuf> = Vec::new();
    if let Some(configuration) = configuration(workspace)? {
        files.insert(".cargo/config.toml".to_owned(), text(&configuration)?);
        for folder in vendored(&configuration, workspace) {
            hosts.extend(below(&folder, |_, _| true)?);
        }
    }
    for folder in packages.values().filter_map(|package| package.manifest.parent()) {
        hosts.extend(listed(folder, workspace)?);
    }
    for host in hosts {
        let path = host.strip_prefix(&workspace.root);
        let path = path.map_err(|_| SourcesError::OutsideMember { path: host.clone() })?.to_owned();
        let failed = |source| SourcesError::Read { path: host.clone(), source };
        // The manifest and the lock at the root are those that were cut down.
        let file = if files.contains_key(path.as_str()) {
            continue;
        } else if host.is_symlink() {
            let target = host.read_link_utf8().map_err(failed)?.into_string();
            Kind::symlink(target)
        } else {
            // The root of a workspace may be reached through a symlink; the file itself is none.
            let host = host.canonicalize_utf8().map_err(failed)?;
            let metadata = fs::metadata(&host).map_err(failed)?;
            let executable = metadata.permissions().mode() & 0o100 != 0;
            Kind::File(ContextFile { from: Origin::Asset { path: path.clone(), host }, executable })
        };
        files.insert(path.into_string(), file);
    }
    Ok(files.into_iter().map(|(path, file)| (format!("{WORKSPACE}/{path}"), file)).collect())
}

fn text(table: &Table) -> Result<Kind<ContextFile>, SourcesError> {
    let text = toml::to_string(table).map_err(SourcesError::Write)?;
    Ok(Kind::File(ContextFile { from: Origin::Text(text), executable: false }))
}

/// The packages that are built, and the members that they depend on.
fn closure<'w>(
    invocations: &[Invocation],
    workspace: &'w Workspace,
) -> Result<SmallMap<&'w str, &'w Package>, SourcesError> {
    let asked = invocations.iter().flat_map(|invocation| &invocation.packages);
    let mut wanted: Vec<&str> = asked.filter_map(|spec| spec.split('@').next()).collect();
    let mut closure = SmallMap::new();
    while let Some(name) = wanted.pop() {
        let Some((name, package)) = workspace.packages.get_key_value(name) else { continue };
        if closure.insert(name.as_str(), package).is_some() {
            continue;
        }
        for path in &package.path_dependencies {
            let manifest = path.join("Cargo.toml");
            let member = workspace.packages.iter().find(|(_, member)| member.manifest == manifest);
            let (member, _) = member.ok_or_else(|| {
                let (package, path) = (name.clone(), path.clone());
                SourcesError::Outside { package, path }
            })?;
            wanted.push(member);
        }
    }
    Ok(closure)
}

/// The root manifest, of a workspace of these packages.
fn manifest(
    packages: &SmallMap<&str, &Package>,
    lock: &Table,
    workspace: &Workspace,
) -> Result<Table, SourcesError> {
    let path = workspace.root.join("Cargo.toml");
    let mut manifest = read(&path)?;
    let is_root = |package: &Package| package.manifest == path;
    if !packages.values().any(|package| is_root(package)) {
        manifest.retain(|key, _| MANIFEST.contains(&key));
    }
    let members = packages.values().filter(|package| !is_root(package));
    let members = members.filter_map(|package| {
        let folder = package.manifest.parent()?.strip_prefix(&workspace.root).ok()?;
        Some(Value::String(folder.to_string()))
    });
    let members = Value::Array(members.collect());
    let own = manifest.entry("workspace").or_insert_with(|| Value::Table(Table::new()));
    if let Some(own) = own.as_table_mut() {
        own.insert("members".to_owned(), members);
        own.remove("exclude");
        own.remove("default-members");
    }
    if let Some(patches) = manifest.get_mut("patch").and_then(Value::as_table_mut) {
        // A patch is loaded whether it is needed or not.
        for (_, patches) in patches.iter_mut() {
            if let Some(patches) = patches.as_table_mut() {
                patches.retain(|name, patch| {
                    let name = patch.get("package").and_then(Value::as_str).unwrap_or(name);
                    patch.get("path").is_none() && is_locked(lock, name)
                });
            }
        }
    }
    Ok(manifest)
}

/// The lock, of what these packages depend on.
fn lock(packages: &SmallMap<&str, &Package>, workspace: &Workspace) -> Result<Table, SourcesError> {
    let mut lock = read(&workspace.root.join("Cargo.lock"))?;
    let Some(Value::Array(all)) = lock.get("package") else { return Ok(lock) };
    let all: Vec<Locked> = all.iter().filter_map(Locked::of).collect();
    let members = packages.iter().map(|(name, package)| (*name, package.version.as_str()));
    let mut wanted: Vec<usize> = members
        .filter_map(|(name, version)| {
            all.iter().position(|locked| {
                locked.name == name && locked.version == version && locked.source.is_none()
            })
        })
        .collect();
    let mut kept = SmallSet::new();
    while let Some(index) = wanted.pop() {
        if kept.insert(index) {
            let of_spec = |spec: &&str| all.iter().position(|locked| locked.is(spec));
            wanted.extend(all[index].dependencies.iter().filter_map(of_spec));
        }
    }
    // One without a source that is no member was put in by a patch, from a folder that does not come along.
    let patched = kept
        .iter()
        .map(|index| &all[*index])
        .find(|locked| locked.source.is_none() && !packages.contains_key(locked.name));
    if let Some(locked) = patched {
        return Err(SourcesError::Patched { package: locked.name.to_owned() });
    }
    let kept = kept.into_iter().map(|index| all[index].entry.clone()).collect();
    lock.insert("package".to_owned(), Value::Array(kept));
    lock.remove("patch");
    Ok(lock)
}

/// Whether a lock names a package.
fn is_locked(lock: &Table, name: &str) -> bool {
    let packages = lock.get("package").and_then(Value::as_array);
    packages.into_iter().flatten().any(|package| package.get("name").and_then(Value::as_str) == Some(name))
}

/// The folders of the workspace that crates come from, by `cargo vendor`.
fn vendored(configuration: &Table, workspace: &Workspace) -> Vec<Utf8PathBuf> {
    let sources = configuration.get("source").and_then(Value::as_table);
    let folders = sources.into_iter().flat_map(Table::values);
    let folders = folders.filter_map(|source| source.get("directory").and_then(Value::as_str));
    let folders = folders.map(|folder| workspace.root.join(folder));
    folders.filter(|folder| folder.starts_with(&workspace.root) && folder.is_dir()).collect()
}

/// One package of a lock.
struct Locked<'a> {
    entry: &'a Value,
    name: &'a str,
    version: &'a str,
    source: Option<&'a str>,
    dependencies: Vec<&'a str>,
}

impl<'a> Locked<'a> {
    fn of(entry: &'a Value) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let dependencies = entry.get("dependencies").and_then(Value::as_array);
        let dependencies = dependencies.into_iter().flatten().filter_map(Value::as_str).collect();
        Some(Self {
            entry,
            name: text("name")?,
            version: text("version")?,
            source: text("source"),
            dependencies,
        })
    }

    /// Whether it is what a dependency names: `name`, `name version` or `name version (source)`, as short as
    /// it is unambiguous.
    fn is(&self, spec: &str) -> bool {
        let mut words = spec.splitn(3, ' ');
        let name = words.next() == Some(self.name);
        let version = words.next().is_none_or(|version| version == self.version);
        let source = words.next().is_none_or(|source| {
            let source = source.trim_matches(['(', ')']);
            self.source.is_some_and(|own| own == source || own.split('#').next() == Some(source))
        });
        name && version && source
    }
}

/// Cargo's configuration of the workspace, if there is something of it to say.
fn configuration(workspace: &Workspace) -> Result<Option<Table>, SourcesError> {
    let path = workspace.root.join(".cargo/config.toml");
    if !path.is_file() {
        return Ok(None);
    }
    let mut configuration = read(&path)?;
    configuration.retain(|key, _| CONFIGURATION.contains(&key));
    Ok(Some(configuration).filter(|configuration| !configuration.is_empty()))
}

fn read(path: &Utf8Path) -> Result<Table, SourcesError> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|source| SourcesError::Read { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|source| {
        let (path, source) = (path.to_owned(), Box::new(source));
        SourcesError::Parse { path, source }
    })
}

/// The files of a package: all below its folder, but for other packages, what is generated, and what git
/// ignores. cargo would know them only once it has every dependency, which this machine need not have.
fn listed(folder: &Utf8Path, workspace: &Workspace) -> Result<Vec<Utf8PathBuf>, SourcesError> {
    let mut skipped = ignored(folder);
    skipped.extend([workspace.target.clone()]);
    // What of cargo's configuration comes along is written; our own lock is none of cargo's.
    skipped.extend(["target", ".git", ".cargo", "lapstrake.lock"].map(|name| folder.join(name)));
    below(folder, |path, kind| {
        let is_package = kind.is_dir() && path.join("Cargo.toml").exists();
        !is_package && !skipped.contains(path)
    })
}

/// The files below a folder, of what is wanted of it.
fn below(
    folder: &Utf8Path,
    wanted: impl Fn(&Utf8PathBuf, fs::FileType) -> bool,
) -> Result<Vec<Utf8PathBuf>, SourcesError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |source| SourcesError::Read { path: folder.clone(), source };
        for entry in folder.read_dir_utf8().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path().to_owned();
            let kind = entry.file_type().map_err(failed)?;
            if wanted(&path, kind) {
                if kind.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
    }
    Ok(files)
}

/// What git ignores below a folder; nothing where git or a repository is missing.
fn ignored(folder: &Utf8Path) -> HashSet<Utf8PathBuf> {
    let ignored = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
    let Ok(output) = Program::GIT.output(["-C", folder.as_str()].into_iter().chain(ignored)) else {
        return HashSet::new();
    };
    let listed = String::from_utf8_lossy(&output.stdout);
    listed
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(|name| folder.join(name.trim_end_matches('/')))
        .collect()
}
