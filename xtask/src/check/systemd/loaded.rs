//! A unit as systemd loads it: its file and the drop-ins over it, from all the directories that
//! systemd.unit(5) names, each setting with the file that says it.

use std::cell::{Cell, OnceCell};

use lapstrake::Span;
use lapstrake::suggest::nearest;
use lapstrake::systemd::UnitFile;
use lapstrake::value::{UnitKind, UnitName};

use crate::check::{Fault, Node, Subject, Tree};
use crate::support::small_map::{SmallMap, SmallSet};

/// Where units of the system are, the first wins. /run is empty in an image.
pub(super) const DIRECTORIES: [&str; 3] =
    ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"];

/// At most so many names are compared with all names, because each costs as much as there are units.
const MOST_LOOKUPS: usize = 100;

/// Whose units: the system's, or those of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    System,
    User,
}

impl Manager {
    pub(super) const ALL: [Self; 2] = [Self::System, Self::User];

    /// Returns where its units are, the first wins.
    pub(super) fn directories(self) -> [&'static str; 3] {
        match self {
            Self::System => DIRECTORIES,
            Self::User => ["/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"],
        }
    }
}

/// A unit that the layers bring or change.
pub(super) struct Loaded<'a> {
    pub(super) name: UnitName,
    /// The file of the unit itself; none where only a drop-in is there.
    pub(super) fragment: Option<Node<'a>>,
    files: Vec<(Node<'a>, UnitFile)>,
}

/// The value of a setting, and the file that gives it.
#[derive(Clone)]
pub(super) struct Setting<'a> {
    pub(super) value: String,
    pub(super) node: Node<'a>,
    value_at: Span,
}

impl Setting<'_> {
    /// Whether a layer says it; what the base says of its own is not judged.
    pub(super) fn is_ours(&self) -> bool {
        self.node.site().is_some()
    }

    /// Returns the number of its line.
    pub(super) fn line(&self) -> u32 {
        self.value_at.line
    }

    /// Returns where a word of the value is, or the value if the word is written otherwise.
    pub(super) fn word(&self, word: &str) -> Span {
        self.value_at.word(self.node.text().unwrap_or_default(), word)
    }

    /// Returns a fault at the value.
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::at_span(&self.node, &self.value_at, message)
    }

    /// Returns a fault at a word of the value.
    pub(super) fn fault_at(&self, word: &str, message: impl Into<String>) -> Fault {
        Fault::at_span(&self.node, &self.word(word), message)
    }
}

/// The units that the layers bring, and those of the base that they put a drop-in over. Masked ones and files that are
/// not text are left out.
pub(super) fn loaded<'a>(subject: &Subject<'a>) -> Vec<Loaded<'a>> {
    loaded_by(subject, Manager::System)
}

/// Returns the units of one manager that the layers bring, and those of the base that they put a drop-in over.
pub(super) fn loaded_by<'a>(subject: &Subject<'a>, manager: Manager) -> Vec<Loaded<'a>> {
    let tree = subject.tree();
    let mut names = SmallSet::new();
    for node in manager.directories().iter().flat_map(|directory| tree.children(directory)) {
        let name = node.path().file_name();
        if node.is_file() && node.site().is_some() {
            names.extend(UnitName::parse(name).ok());
        } else if node.is_directory() {
            let changed = tree.children(node.path().as_str()).any(|conf| conf.site().is_some());
            let unit = name.strip_suffix(".d").filter(|_| changed);
            names.extend(unit.and_then(|unit| UnitName::parse(unit).ok()));
        }
    }
    names.into_iter().filter_map(|name| Loaded::of(tree, manager, name)).collect()
}

impl<'a> Loaded<'a> {
    /// Returns the unit that a name leads to, by the name that its own file has; none where it is masked.
    pub(super) fn named(tree: &Tree<'a>, name: &UnitName) -> Option<Self> {
        Self::of(tree, Manager::System, canonical(tree, name)?)
    }

    fn of(tree: &Tree<'a>, manager: Manager, name: UnitName) -> Option<Self> {
        let fragment = fragment(tree, manager, &name);
        if fragment.as_ref().is_some_and(|node| node.target() == Some("/dev/null")) {
            return None;
        }
        let fragment = fragment.and_then(|node| tree.follow(node.path().as_str()));
        if fragment.as_ref().is_some_and(|node| !is_text(node)) {
            return None;
        }
        // A file of the same name in a directory that comes first hides the others.
        let mut drop_ins: SmallMap<String, Node<'a>> = SmallMap::new();
        for of in drop_in_names(&name) {
            for directory in manager.directories().iter().rev() {
                let confs = tree.children(&format!("{directory}/{of}.d"));
                let confs = confs.filter(|node| node.ends_with(".conf"));
                drop_ins.extend(confs.map(|node| (node.path().file_name().to_owned(), node)));
            }
        }
        let files = fragment.clone().into_iter().chain(drop_ins.into_values().filter(is_text));
        let parsed = |node: Node<'a>| {
            let file = UnitFile::parse(node.text().unwrap_or_default());
            (node, file)
        };
        let files = files.map(parsed).collect();
        Some(Self { name, fragment, files })
    }

    /// The file of the unit itself, where it is a layer's.
    pub(super) fn ours(&self) -> Option<Node<'a>> {
        self.fragment.clone().filter(|node| node.site().is_some())
    }

    /// Returns where the file of the unit itself begins a section.
    pub(super) fn header(&self, section: &str) -> Option<&Span> {
        let (node, file) = self.files.first()?;
        let is_own = self.fragment.as_ref().is_some_and(|own| own.path() == node.path());
        let mut sections = file.sections().iter().filter(|found| is_own && found.name == section);
        sections.next().map(|section| &section.at)
    }

    /// The files that it is read from, its own first.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node<'a>> {
        self.files.iter().map(|(node, _)| node.clone())
    }

    /// The values of a setting, in order; an empty one takes back those before it.
    pub(super) fn values(&self, section: &str, key: &str) -> Vec<Setting<'a>> {
        let mut settings = self.all_values(section, key);
        if let Some(last) = settings.iter().rposition(|setting| setting.value.is_empty()) {
            settings.drain(..=last);
        }
        settings
    }

    /// Returns the values of a setting, in order, the empty ones too.
    pub(super) fn all_values(&self, section: &str, key: &str) -> Vec<Setting<'a>> {
        let mut settings = Vec::new();
        for (node, file) in &self.files {
            let sections = file.sections().iter().filter(|found| found.name == section);
            for assignment in sections.flat_map(|found| &found.assignments).filter(|it| it.key == key) {
                let (value, value_at) = (assignment.value.clone(), assignment.value_at.clone());
                settings.push(Setting { value, node: node.clone(), value_at });
            }
        }
        settings
    }

    /// The value that counts of a setting that has one.
    pub(super) fn value(&self, section: &str, key: &str) -> Option<Setting<'a>> {
        self.values(section, key).pop()
    }

    /// Whether a setting is on.
    pub(super) fn is_on(&self, section: &str, key: &str) -> bool {
        let value = self.value(section, key).map(|setting| setting.value.to_ascii_lowercase());
        matches!(value.as_deref(), Some("1" | "yes" | "y" | "true" | "t" | "on"))
    }

    /// Whether it is a service that runs in the image's own root.
    pub(super) fn is_service_in_root(&self) -> bool {
        let other =
            ["RootDirectory", "RootImage", "RootEphemeral", "ExtensionImages", "ExtensionDirectories"];
        self.name.kind() == UnitKind::Service && other.iter().all(|key| self.value("Service", key).is_none())
    }
}

/// Returns what the folders of a unit's drop-ins are named after, without `.d`: its kind, each prefix of its name that ends
/// in `-`, its template, and its name. The last wins (systemd.unit(5)).
pub(super) fn drop_in_names(name: &UnitName) -> Vec<String> {
    let (stem, kind) = name.as_str().rsplit_once('.').unwrap_or((name.as_str(), ""));
    let prefix = stem.split('@').next().unwrap_or(stem);
    let mut names = vec![kind.to_owned()];
    for (at, _) in prefix.match_indices('-').filter(|(at, _)| at + 1 < prefix.len()) {
        names.push(format!("{}.{kind}", &prefix[..=at]));
        if stem.contains('@') {
            names.push(format!("{}@.{kind}", &prefix[..=at]));
        }
    }
    names.extend(name.template().map(|template| template.to_string()));
    names.push(name.to_string());
    names
}

/// Whether systemd can read lines in a file.
pub(super) fn is_text(node: &Node<'_>) -> bool {
    !node.text().unwrap_or_default().contains('\0')
}

/// The file, or the link, that a unit's name leads to: an instance's own, else its template's.
fn fragment<'a>(tree: &Tree<'a>, manager: Manager, name: &UnitName) -> Option<Node<'a>> {
    let names = [Some(name.clone()), name.template()].into_iter().flatten();
    names
        .flat_map(|name| {
            manager.directories().into_iter().map(move |directory| format!("{directory}/{name}"))
        })
        // A directory of that name hides no unit.
        .find_map(|path| tree.get(&path).filter(|node| !node.is_directory()))
}

/// Returns the name of the file that a unit's name leads to: a link has its unit go by two names. None where the unit is
/// masked or missing.
pub(super) fn canonical(tree: &Tree<'_>, name: &UnitName) -> Option<UnitName> {
    let own = fragment(tree, Manager::System, name)?;
    if is_mask(tree, &own) {
        return None;
    }
    let file = tree.follow(own.path().as_str())?;
    let is_unit = file.path().parent().is_some_and(|parent| DIRECTORIES.contains(&parent.as_str()));
    let found = UnitName::parse(file.path().file_name()).ok().filter(|_| is_unit);
    let Some(found) = found.filter(|found| found.kind() == name.kind()) else { return Some(name.clone()) };
    match name.instance().filter(|instance| !instance.is_empty()) {
        Some(instance) if found.is_template() => found.instantiate(instance),
        _ => Some(found),
    }
}

/// Returns whether a unit of that name is there, and systemd starts it for nobody.
pub(super) fn is_masked(tree: &Tree<'_>, name: &UnitName) -> bool {
    fragment(tree, Manager::System, name).is_some_and(|node| is_mask(tree, &node))
}

/// Returns whether a file of a unit masks it: it is a link to /dev/null, or empty.
fn is_mask(tree: &Tree<'_>, node: &Node<'_>) -> bool {
    let target = tree.place(node.path().as_str());
    let is_null = target.is_some_and(|target| target.as_str() == "/dev/null");
    is_null || tree.follow(node.path().as_str()).is_some_and(|file| file.size() == Some(0))
}

/// Whether systemd would find a unit of that name: a file of it, or a unit that the kernel, a generator or
/// systemd itself makes.
pub(in crate::check) fn exists(tree: &Tree<'_>, name: &UnitName) -> bool {
    is_known(tree, Manager::System, name)
}

/// The same, for the units of one manager.
pub(super) fn is_known(tree: &Tree<'_>, manager: Manager, name: &UnitName) -> bool {
    let is_made = match name.kind() {
        UnitKind::Automount
        | UnitKind::Device
        | UnitKind::Mount
        | UnitKind::Scope
        | UnitKind::Slice
        | UnitKind::Swap => true,
        UnitKind::Path | UnitKind::Service | UnitKind::Socket | UnitKind::Target | UnitKind::Timer => false,
    };
    is_made || fragment(tree, manager, name).is_some() || has_quadlet(tree, name)
}

/// podman's generator makes `app.service` of `app.container`.
fn has_quadlet(tree: &Tree<'_>, name: &UnitName) -> bool {
    let Some(stem) = name.as_str().strip_suffix(".service") else { return false };
    let kinds = ["container", "kube", "pod"];
    let has = |directory| kinds.iter().any(|kind| tree.get(&format!("{directory}/{stem}.{kind}")).is_some());
    super::quadlet_generator::DIRECTORIES.into_iter().any(has)
}

/// The names of all units, to suggest one for another that is missing.
pub(super) struct Names<'t, 'a> {
    tree: &'t Tree<'a>,
    all: OnceCell<Vec<String>>,
    left: Cell<usize>,
}

impl<'t, 'a> Names<'t, 'a> {
    pub(super) fn of(tree: &'t Tree<'a>) -> Self {
        Self { tree, all: OnceCell::new(), left: Cell::new(MOST_LOOKUPS) }
    }

    /// Returns the name that a missing one is most like. After many names, none is looked up.
    pub(super) fn near(&self, name: &UnitName) -> Option<&str> {
        self.left.set(self.left.get().checked_sub(1)?);
        let all = self.all.get_or_init(|| {
            let nodes = DIRECTORIES.iter().flat_map(|directory| self.tree.children(directory));
            nodes.map(|node| node.path().file_name().to_owned()).collect()
        });
        nearest(name.as_str(), all.iter().map(String::as_str))
    }
}
