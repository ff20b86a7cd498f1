//! What a check found, and what it blames for it.

use lapstrake::value::{ImagePath, LayerName};
use lapstrake::{Site, Span};

use super::tree::Node;
use crate::finding::{Fix, Place, Related, Severity};
use crate::plan::{Origin, PlannedLayer};

/// Something that a [`Check`](super::Check) found. Name and severity are the check's.
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
///         Fault::at(&motd, "`/etc/motd` is short").help("write more").also(&release, "as that is").as_fatal("it is ours"),
///         Fault::of_image("the image is small").path(motd.path()).as_warning("it may grow"),
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
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) path: Option<ImagePath>,
    /// The line of the file that has it.
    pub(super) place: Option<Box<Place>>,
    /// The other paths of which packages are named.
    pub(super) more_paths: Vec<ImagePath>,
    pub(super) blame: Blamed,
    pub(super) also: Vec<Related>,
    /// The change that takes it away.
    pub(super) fix: Option<Fix>,
    /// A severity that is not the check's, and why.
    pub(super) severity: Option<(Severity, String)>,
    /// The checks whose findings are accepted where it is.
    pub(super) accepted: Vec<String>,
    /// The mistake behind it, where several checks see its effects.
    pub(super) cause: Option<String>,
}

/// What is to blame for a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blamed {
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

    /// A fault of a part of the text at a path: of a line, or of a word of it.
    ///
    /// If the text is a file of the workspace, the part is underlined there. For a text of the description and of the base,
    /// the message ends with the number of the line.
    ///
    /// ```
    /// use lapstrake_xtask::check::{Check, Checks, Fault, Subject};
    /// use lapstrake_xtask::lapstrake::Span;
    /// use lapstrake_xtask::prelude::*;
    ///
    /// fn look(subject: &Subject<'_>) -> Vec<Fault> {
    ///     let release = subject.tree().get("/usr/lib/tmpfiles.d/app.conf").unwrap();
    ///     let text = release.text().unwrap();
    ///     let line = Span::of_line(text, 2).unwrap();
    ///     vec![Fault::at_span(&release, &line.word(text, "0777"), "everybody may write there")]
    /// }
    ///
    /// let lines = ["d /var/lib/app 0755 root root -", "d /var/lib/app/in 0777 root root -"];
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").tmpfiles("app", lines));
    /// let found = Checks::default().with(Check::warning("look", "to look around", look)).findings(&image);
    /// assert!(found.iter().any(|finding| finding.message == "everybody may write there (line 2)"));
    /// ```
    pub fn at_span(node: &Node<'_>, span: &Span, message: impl Into<String>) -> Self {
        let fault = Self::at(node, message);
        let place = node.place(span);
        if place.is_some() || node.text().is_none_or(|text| text.trim_end().lines().nth(1).is_none()) {
            return Self { place, ..fault };
        }
        let message = format!("{} (line {})", fault.message, span.line);
        Self { message, ..fault }
    }

    /// States that a missing account is behind it: one mistake in sysusers.d has effects wherever the account is named.
    pub(super) fn for_account(self, name: &str) -> Self {
        Self { cause: Some(format!("account {name}")), ..self }
    }

    /// States that a line is behind it: what a reader makes of one wrong line is one finding.
    pub(super) fn for_line(self, node: &Node<'_>, line: u32) -> Self {
        Self { cause: Some(format!("line {}:{line}", node.path())), ..self }
    }

    /// Returns whether the base is blamed for it.
    pub(super) fn is_of_base(&self) -> bool {
        self.blame == Blamed::Base
    }

    /// A fault of the image as a whole.
    pub fn of_image(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            path: None,
            place: None,
            more_paths: Vec::new(),
            blame: Blamed::Image,
            also: Vec::new(),
            fix: None,
            severity: None,
            accepted: Vec::new(),
            cause: None,
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

    /// Adds paths that it is about, too. Their packages are named.
    pub(super) fn and_paths<'n>(mut self, nodes: impl IntoIterator<Item = &'n Node<'n>>) -> Self {
        self.more_paths.extend(nodes.into_iter().map(|node| node.path().clone()));
        self
    }

    /// Adds another place that belongs to it; nothing, where the base put it there.
    #[must_use]
    pub fn also(mut self, node: &Node<'_>, message: impl Into<String>) -> Self {
        self.also.extend(node.site().map(|site| Related { site, place: None, message: message.into() }));
        self
    }

    /// Adds a part of the text at another path, or of the same text, that belongs to it; nothing, where the base put it
    /// there.
    #[must_use]
    pub(crate) fn also_at_span(mut self, node: &Node<'_>, span: &Span, message: impl Into<String>) -> Self {
        let place = node.place(span);
        self.also.extend(node.site().map(|site| Related { site, place, message: message.into() }));
        self
    }

    /// Adds the fix that a part of the text at a path has another text.
    #[must_use]
    pub(super) fn replaced(self, node: &Node<'_>, span: &Span, new: &str) -> Self {
        let text = node.text().unwrap_or_default();
        let old = span.of(text);
        let line = Span::of_line(text, span.line);
        let fix =
            node.place(span).map(|place| Fix::Replace { place, old: old.to_owned(), new: new.to_owned() });
        let in_line = line.and_then(|line| {
            let (start, end) =
                (span.bytes.start.checked_sub(line.bytes.start)?, span.bytes.end - line.bytes.start);
            let line = line.of(text);
            let changed = [line.get(..start)?, new, line.get(end..)?].concat();
            Some((format!("{line:?}"), format!("{changed:?}")))
        });
        let fix = fix.or_else(|| {
            let (old, new) = in_line?;
            Some(Fix::Literal { site: node.site()?, old, new })
        });
        Self { fix, ..self }
    }

    /// Adds the fix that a line stands before that of a part of the text at a path.
    #[must_use]
    pub(super) fn preceded(self, node: &Node<'_>, span: &Span, line: &str) -> Self {
        let inserted = node.place(span).map(|place| Fix::Insert { place, line: line.to_owned() });
        let text = node.text().unwrap_or_default();
        let old = Span::of_line(text, span.line).map(|line| format!("{:?}", line.of(text)));
        let fix = inserted.or_else(|| {
            let old = old?;
            let new = format!("{line:?}, {old}");
            Some(Fix::Literal { site: node.site()?, old, new })
        });
        Self { fix, ..self }
    }

    /// Adds the fix that the source of a file is executable.
    #[must_use]
    pub(super) fn executable(self, node: &Node<'_>) -> Self {
        let fix = match node.origin() {
            Some(Origin::Asset { path, host }) => {
                Some(Fix::Executable { file: path.clone(), host: host.clone() })
            }
            _ => None,
        };
        Self { fix, ..self }
    }

    /// Adds the fix that a path of the description is another one.
    #[must_use]
    pub(super) fn renamed(self, node: &Node<'_>, path: &str) -> Self {
        let literal = |text: &str| format!("{text:?}");
        let fix = node.site().map(|site| Fix::Literal {
            site,
            old: literal(node.path().as_str()),
            new: literal(path),
        });
        Self { fix, ..self }
    }

    /// Makes it a warning, though its check is fatal. `why` is what follows "because".
    #[must_use]
    pub fn as_warning(mut self, why: impl Into<String>) -> Self {
        self.severity = Some((Severity::Warning, why.into()));
        self
    }

    /// Makes it a note: something to know.
    pub(super) fn noted(mut self, why: impl Into<String>) -> Self {
        self.severity = Some((Severity::Note, why.into()));
        self
    }

    /// Makes it a warning if there is a doubt, which is what follows "because".
    pub(super) fn doubted(self, doubt: Option<&str>) -> Self {
        match doubt {
            Some(doubt) => self.as_warning(doubt),
            None => self,
        }
    }

    /// Makes it stop a build, though its check only warns. What the base has by itself stays a warning. `why` is what
    /// follows "because".
    #[must_use]
    pub fn as_fatal(mut self, why: impl Into<String>) -> Self {
        self.severity = Some((Severity::Fatal, why.into()));
        self
    }
}
