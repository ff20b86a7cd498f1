//! What a check found, before it is known who is to blame and how it is shown. Faults of the base are
//! gathered into one finding: the user can't fix them in the description, and a real base has many.

use std::collections::BTreeMap;

use lapstrake::Site;
use lapstrake::value::{ImagePath, LayerName};

use super::tree::Node;
use super::{Check, Subject};
use crate::finding::{Blame, Finding, Severity};
use crate::plan::PlannedLayer;

/// So many paths of the base are named; bootc's lints stop there too.
const SHOWN: usize = 5;

/// Something that a [`Check`] found. Name and severity are the check's.
///
/// ```
/// use lapstrake_xtask::check::{Fault, Subject};
///
/// fn large(subject: &Subject<'_>) -> Vec<Fault> {
///     let large = subject.tree().ours().filter(|node| node.size().is_some_and(|bytes| bytes > 1 << 30));
///     large.map(|node| Fault::at(&node, format!("`{}` is over 1 GiB", node.path()))).collect()
/// }
/// ```
///
/// ```
/// use lapstrake_xtask::check::{Check, Checks, Fault, Subject};
/// use lapstrake_xtask::prelude::*;
///
/// fn look(subject: &Subject<'_>) -> Vec<Fault> {
///     let tree = subject.tree();
///     let (motd, release) = (tree.get("/etc/motd").unwrap(), tree.get("/usr/lib/os-release").unwrap());
///     vec![
///         Fault::at(&motd, "`/etc/motd` is short").help("write more").also(&release, "as that is").as_fatal(),
///         Fault::of_image("the image is small").path(motd.path()).as_warning(),
///         Fault::of_base("the base is a stand-in"),
///     ]
/// }
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
/// let found = Checks::default().with(Check::warning("look", "to look around", look)).findings(&image);
/// assert_eq!(found.len(), 3);
/// assert!(found.iter().any(|finding| finding.message == "in the base, the base is a stand-in"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    message: String,
    help: Option<String>,
    path: Option<ImagePath>,
    blame: Blamed,
    also: Vec<(Site, String)>,
    severity: Option<Severity>,
    /// The checks whose findings are accepted where it is.
    accepted: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Blamed {
    Base,
    Image,
    Layer { name: LayerName, site: Site },
}

impl Fault {
    /// A fault of what stands at a path; whoever put it there is to blame.
    ///
    /// The message is a lowercase fragment with the object in backticks.
    pub fn at(node: &Node<'_>, message: impl Into<String>) -> Self {
        let blame = match node.layer() {
            Some(layer) => {
                Blamed::Layer { name: layer.name.clone(), site: node.site().unwrap_or(layer.site) }
            }
            None => Blamed::Base,
        };
        let accepted = node.allowed().map(str::to_owned).collect();
        Self { path: Some(node.path().clone()), blame, accepted, ..Self::of_image(message) }
    }

    /// Whether it is of what a step made while an engine ran it.
    pub(super) fn is_of_steps(&self, subject: &Subject<'_>) -> bool {
        let node = self.path.as_ref().and_then(|path| subject.tree().get(path.as_str()));
        node.is_some_and(|node| node.is_of_step())
    }

    /// Returns whether the base is blamed for it.
    pub(super) fn is_of_base(&self) -> bool {
        self.blame == Blamed::Base
    }

    /// Blames the base if it has the same fault without the layers of this image. Otherwise a step of a layer is
    /// to blame for what the base is blamed for.
    pub(super) fn blame_step_or_base(&mut self, faults_of_base: &[Self], subject: &Subject<'_>) {
        let same = |other: &&Self| (&other.path, &other.message) == (&self.path, &self.message);
        if faults_of_base.iter().any(|other| same(&other)) {
            self.blame = Blamed::Base;
        } else if self.is_of_base()
            && let Some(layer) = subject.step_layer(self.path.as_ref())
        {
            self.blame = Blamed::Layer { name: layer.name.clone(), site: layer.step_site() };
            self.accepted.extend(layer.allowed.keys().cloned());
        }
    }

    /// A fault of the image as a whole.
    pub fn of_image(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            path: None,
            blame: Blamed::Image,
            also: Vec::new(),
            severity: None,
            accepted: Vec::new(),
        }
    }

    /// A fault of what a layer says at a place.
    pub(crate) fn of_layer(layer: &PlannedLayer, site: Site, message: impl Into<String>) -> Self {
        let blame = Blamed::Layer { name: layer.name.clone(), site };
        Self { blame, ..Self::of_image(message) }
    }

    /// A fault that the base has by itself.
    pub fn of_base(message: impl Into<String>) -> Self {
        Self { blame: Blamed::Base, ..Self::of_image(message) }
    }

    /// Adds one line to paste: what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the path in the image that it is about.
    #[must_use]
    pub fn path(mut self, path: &ImagePath) -> Self {
        self.path = Some(path.clone());
        self
    }

    /// Adds another place that belongs to it; nothing, where the base put it there.
    #[must_use]
    pub fn also(mut self, node: &Node<'_>, message: impl Into<String>) -> Self {
        self.also.extend(node.site().map(|site| (site, message.into())));
        self
    }

    /// Makes it a warning, though its check is fatal.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.severity = Some(Severity::Warning);
        self
    }

    /// Makes it stop a build, though its check only warns. What the base has by itself stays a warning.
    #[must_use]
    pub fn as_fatal(mut self) -> Self {
        self.severity = Some(Severity::Fatal);
        self
    }
}

/// The findings that a check's faults are.
pub(super) fn findings(check: &Check, faults: Vec<Fault>, subject: &Subject<'_>) -> Vec<Finding> {
    let mut of_base: BTreeMap<Option<String>, Vec<Fault>> = BTreeMap::new();
    let mut findings = Vec::new();
    for fault in faults {
        if fault.accepted.iter().any(|accepted| accepted == check.name) {
            continue;
        }
        if fault.blame == Blamed::Base {
            of_base.entry(fault.help.clone()).or_default().push(fault);
        } else {
            findings.push(finding(check, fault, subject));
        }
    }
    findings.extend(of_base.into_values().filter_map(|faults| gathered(check, faults, subject)));
    findings
}

fn finding(check: &Check, fault: Fault, subject: &Subject<'_>) -> Finding {
    let (site, blame) = match fault.blame {
        Blamed::Base => (subject.base_site(), Some(Blame::Base)),
        Blamed::Image => (subject.site(), None),
        Blamed::Layer { name, site } => (site, Some(Blame::Layer(name))),
    };
    let mut finding = match fault.severity.unwrap_or(check.severity) {
        // The base with nothing on it has the same fault: nobody's build is stopped for it.
        Severity::Fatal if blame != Some(Blame::Base) => Finding::fatal(check.name, site, fault.message),
        Severity::Fatal | Severity::Warning => Finding::warning(check.name, site, fault.message),
    };
    finding.path = fault.path;
    finding.blame = blame;
    for (site, message) in fault.also {
        finding = finding.also(site, message);
    }
    finding.help_if(fault.help)
}

fn gathered(check: &Check, mut faults: Vec<Fault>, subject: &Subject<'_>) -> Option<Finding> {
    let count = faults.len();
    let mut first = faults.drain(..SHOWN.min(count));
    let mut fault = first.next()?;
    fault.message = format!("in the base, {}", fault.message);
    for other in first {
        fault.message += &format!("; {}", other.message);
    }
    fault
        .help
        .get_or_insert_with(|| format!("fix it in the base, or skip the check: `--skip {}`", check.name));
    if count > SHOWN {
        fault.message += &format!("; and {} more", count - SHOWN);
    }
    Some(finding(check, fault, subject))
}
