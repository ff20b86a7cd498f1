//! What is wrong with a description, and what to do about it. Findings are collected, never thrown: a
//! user sees all of them at once. How one is drawn is `draw`'s.

mod bootc;
mod draw;
mod excerpt;
mod fix;
mod place;
mod sarif;
mod spot;

use std::collections::{BTreeSet, HashMap};

use lapstrake::Site;
use lapstrake::value::{ImageName, ImagePath, Invalid, LayerName};
use serde::Serialize;

pub use bootc::Bootc;
pub(crate) use draw::{Look, draw, underline};
pub(crate) use fix::Edit;
pub use fix::Fix;
pub use place::Place;
pub(crate) use sarif::{Rule, Run, RunFailure, sarif};

/// The label of the call that brings the file in which a fault is.
const BROUGHT: &str = "brought here by this entry";

/// A fault or a doubt, with the line of the user's Rust that it comes from, and the line of the file that has it.
///
/// ```
/// use lapstrake_xtask::lapstrake::{Site, value::ImagePath};
/// use lapstrake_xtask::{Finding, Severity};
///
/// let here = Site::caller();
/// let finding = Finding::fatal("duplicate-destination", here, "two entries of a layer go to `/etc/motd`")
///     .at(&ImagePath::parse("/etc/motd").unwrap())
///     .also(here, "first written here")
///     .help("leave one of them out");
/// assert_eq!((finding.severity, finding.site), (Severity::Fatal, Some(here)));
/// assert_eq!(finding.related[0].message, "written here, both times");
/// assert_eq!(Finding::warning("x", here, "y").help_if(None::<String>).help, None);
///
/// let wrong = ImagePath::parse("etc/motd").unwrap_err();
/// assert_eq!(Finding::invalid(&wrong, here).help.as_deref(), Some("write `/etc/motd`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// What kind of finding: bootc's name where `bootc container lint` has one.
    pub name: &'static str,
    /// Whether it stops a build.
    pub severity: Severity,
    /// A lowercase fragment with the object in backticks.
    pub message: String,
    /// Where the description says it, or where it brings the file that has it.
    pub site: Option<Site>,
    /// Where it is in a file of the workspace; none if it is in the description itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Box<Place>>,
    /// Other places that belong to it, each with what it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// Why its severity is not that of its check: what follows "because".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What bootc itself says of it; none where bootc does not look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootc: Option<Bootc>,
    /// The path in the image that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<ImagePath>,
    /// Whose fault it is, where one part of the image is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blame: Option<Blame>,
    /// What to write instead; one line that can be pasted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The change of a file of the workspace that takes it away for certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Box<Fix>>,
    /// The images that have it.
    pub images: BTreeSet<ImageName>,
}

/// The part of an image that a finding is about.
///
/// ```
/// use lapstrake_xtask::prelude::*;
/// use lapstrake_xtask::{Blame, check::Checks};
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").dir("/run/app"));
/// let found = Checks::default().findings(&image);
/// assert!(matches!(&found[0].blame, Some(Blame::Layer(layer)) if layer.as_str() == "app"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Blame {
    /// The base has it by itself.
    Base,
    /// A layer of the description brings it.
    Layer(LayerName),
}

/// Another place that belongs to a finding.
///
/// ```
/// use lapstrake_xtask::{Finding, Related, lapstrake::Site};
///
/// let finding = Finding::fatal("x", Site::caller(), "y").also(Site::caller(), "first written here");
/// let related: &Related = &finding.related[0];
/// assert_eq!(related.message, "first written here");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Where the description says it, or where it brings the file.
    pub site: Site,
    /// Where it is in a file of the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Box<Place>>,
    /// What is there: "first written here".
    pub message: String,
}

/// Whether a finding stops a build.
///
/// ```
/// use lapstrake_xtask::Severity;
///
/// assert!(Severity::Fatal < Severity::Warning, "what stops a build comes first");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Severity {
    /// The image would not be what was described, or would not work.
    Fatal,
    /// The image can be built; what is doubtful is said.
    Warning,
    /// The image is what was described, and a person should know what that means. `--fatal-warnings` leaves it.
    Note,
}

impl Finding {
    /// Returns a finding about an option of the command line, which no line of the description has.
    pub(crate) fn of_option(self, option: &str) -> Self {
        let message = format!("{} (given by `{option}`)", self.message);
        Self { site: None, message, ..self }
    }

    /// A finding that stops a build.
    pub fn fatal(name: &'static str, site: Site, message: impl Into<String>) -> Self {
        Self::new(name, Severity::Fatal, site, message.into())
    }

    /// A finding that does not stop a build.
    pub fn warning(name: &'static str, site: Site, message: impl Into<String>) -> Self {
        Self::new(name, Severity::Warning, site, message.into())
    }

    /// A fact that a person should know.
    pub(crate) fn note(name: &'static str, site: Site, message: impl Into<String>) -> Self {
        Self::new(name, Severity::Note, site, message.into())
    }

    /// A finding without a place beside its site.
    pub(crate) fn new(name: &'static str, severity: Severity, site: Site, message: String) -> Self {
        Self {
            name,
            severity,
            message,
            site: Some(site),
            place: None,
            related: Vec::new(),
            because: None,
            bootc: Bootc::of(name),
            path: None,
            blame: None,
            help: None,
            fix: None,
            images: BTreeSet::new(),
        }
    }

    /// A value that does not parse.
    pub fn invalid(error: &Invalid, site: Site) -> Self {
        let finding = Self::fatal("invalid-value", site, error.to_string()).help_if(error.help());
        let fix = error.instead().map(|(old, new)| Fix::Literal { site, old, new });
        finding.fixed_by(fix)
    }

    /// Adds the line to paste.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the line to paste, where there is one.
    pub fn help_if(mut self, help: Option<impl Into<String>>) -> Self {
        self.help = help.map(Into::into);
        self
    }

    /// Adds the change that takes it away.
    pub(crate) fn fixed_by(self, fix: Option<Fix>) -> Self {
        Self { fix: fix.map(Box::new), ..self }
    }

    /// Adds the path in the image.
    pub fn at(mut self, path: &ImagePath) -> Self {
        self.path = Some(path.clone());
        self
    }

    /// Adds another place. A function that is called twice says both things at one place.
    pub fn also(self, site: Site, message: impl Into<String>) -> Self {
        self.and(Related { site, place: None, message: message.into() })
    }

    /// Adds another place, which may be in a file of the workspace.
    pub(crate) fn and(mut self, mut related: Related) -> Self {
        if related.place.is_none() && self.site == Some(related.site) {
            "written here, both times".clone_into(&mut related.message);
        }
        self.related.push(related);
        self
    }

    /// States that it is in a file of the workspace, which the entry at its site brings.
    pub(crate) fn on(self, place: Option<Box<Place>>) -> Self {
        Self { place, ..self }
    }
}

/// The findings of one run: each once, however many variants of an image have it.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds what was found in one image, in the order in which the description says it.
    pub(crate) fn add(&mut self, image: Option<&ImageName>, mut found: Vec<Finding>) {
        found.sort_by(|one, other| (one.site, &one.place).cmp(&(other.site, &other.place)));
        // A tree of many files can have as many findings.
        let mut by_message: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, known) in self.0.iter().enumerate() {
            by_message.entry(known.message.clone()).or_default().push(number);
        }
        for mut finding in found {
            let images = std::mem::take(&mut finding.images);
            let images: BTreeSet<_> = images.into_iter().chain(image.cloned()).collect();
            let alike = by_message.entry(finding.message.clone()).or_default();
            let same = |number: &&usize| {
                let unnamed = Finding { images: BTreeSet::new(), ..self.0[**number].clone() };
                unnamed == finding
            };
            if let Some(number) = alike.iter().find(same) {
                self.0[*number].images.extend(images);
            } else {
                alike.push(self.0.len());
                self.0.push(Finding { images, ..finding });
            }
        }
    }

    /// Adds the findings of another step.
    pub(crate) fn merge(&mut self, other: Self) {
        self.add(None, other.0);
    }

    /// Changes them in place.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Vec<Finding>)) {
        change(&mut self.0);
    }

    /// Those that an image has, or that are of no image.
    pub(crate) fn of(&self, image: &ImageName) -> Vec<&Finding> {
        self.0.iter().filter(|finding| finding.images.is_empty() || finding.images.contains(image)).collect()
    }

    /// Whether one of them stops a build.
    pub(crate) fn any_fatal(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Fatal)
    }

    /// All of them, an image's in the order of its description.
    pub(crate) fn all(&self) -> &[Finding] {
        &self.0
    }
}
