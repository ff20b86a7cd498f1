//! Findings as a person reads them: the user's own line underlined, the help last. It reads source
//! files to show them and decides nothing.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use camino::Utf8Path;
use lapstrake::Site;
use unicode_width::UnicodeWidthStr;

use super::{Blame, Finding, Related, Severity, excerpt};
use crate::support::columns::Columns;

/// The check that finds what must not be shown.
const SECRET: &str = "secret-in-layer";

/// The columns that the renderer needs beside an underline: for the number of the line, and for dots where it is cut.
const GUTTER: usize = 28;
/// The columns of the dots at both ends of a line of source that is cut, which the renderer does not count.
const DOTS: usize = 6;
/// The columns that an underline has at least.
const SHORTEST: usize = 3;

/// How findings are drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) colour: bool,
    pub(crate) columns: Columns,
}

impl Look {
    /// Without colours, with lines of any length.
    pub(crate) const PLAIN: Self = Self { colour: false, columns: Columns::ANY };

    fn renderer(self) -> Renderer {
        let renderer = if self.colour { Renderer::styled() } else { Renderer::plain() };
        self.columns
            .limit()
            .map_or(renderer.clone(), |columns| renderer.term_width(columns.saturating_sub(DOTS)))
    }

    /// Whether the label of a place fits beside its underline. If not, it is a note below the source. Two underlines of
    /// one line can be wider together than a terminal.
    fn has_room_beside(self, other: &Related, primary: Option<Site>) -> bool {
        let Some(columns) = self.columns.limit() else { return true };
        let is_of_line = |site: Site| site.file() == other.site.file() && site.line() == other.site.line();
        let shares_line = primary.is_some_and(|site| site != other.site && is_of_line(site));
        !shares_line && before(other.site) + SHORTEST + other.message.width() <= columns
    }

    /// Wraps the text of a note below a finding, whose lines after the first the renderer indents.
    fn attached(self, finding: &Finding, label: &str, text: &str) -> String {
        let sites = finding.site.into_iter().chain(finding.related.iter().map(|other| other.site));
        let digits = sites.map(|site| site.line().to_string().len()).max().unwrap_or_default();
        let indent = digits + format!(" = {label}: ").len();
        self.columns.wrap(text, indent, indent).replace(&format!("\n{}", " ".repeat(indent)), "\n")
    }
}

/// Draws findings, one after another; `root` is the workspace that sites are relative to.
pub(crate) fn draw(findings: &[Finding], root: &Utf8Path, look: Look) -> String {
    findings.iter().map(|finding| one(finding, root, look) + "\n\n").collect()
}

/// Draws a place of the description, underlined, if its file is there.
pub(crate) fn underline(site: Site, root: &Utf8Path, look: Look) -> Option<String> {
    let source = std::fs::read_to_string(root.join(site.file())).ok()?;
    let element = snippet(&source, site.file(), &[(site, AnnotationKind::Primary, "")], look.columns);
    Some(look.renderer().render(&[Group::with_level(Level::ERROR).element(element)]))
}

fn one(finding: &Finding, root: &Utf8Path, look: Look) -> String {
    let level = match finding.severity {
        Severity::Fatal => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let label = format!("{}[{}]: ", level_name(finding.severity), finding.name).len();
    let message = look.columns.wrap(&finding.message, label, label);
    // The lines after the first are indented by the renderer.
    let message = message.replace(&format!("\n{}", " ".repeat(label)), "\n");
    let mut group = Group::with_title(level.primary_title(message).id(finding.name));
    let (beside, below): (Vec<_>, Vec<_>) =
        finding.related.iter().partition(|other| look.has_room_beside(other, finding.site));
    let related = beside.iter().map(|other| (other.site, AnnotationKind::Context, other.message.as_str()));
    let mut places: Vec<_> =
        finding.site.map(|site| (site, AnnotationKind::Primary, "")).into_iter().chain(related).collect();
    // A snippet shows one file; the first place's file is drawn first.
    while let Some((first, ..)) = places.first() {
        let file = first.file();
        let (here, elsewhere): (Vec<_>, _) = places.iter().partition(|(site, ..)| site.file() == file);
        group = match std::fs::read_to_string(root.join(file)) {
            // The line may hold the secret itself, and what is drawn may end in a log.
            Ok(source) if finding.name != SECRET => {
                group.element(snippet(&source, file, &here, look.columns))
            }
            Ok(_) | Err(_) => here.iter().fold(group, |group, (site, ..)| group.element(origin(*site))),
        };
        places = elsewhere;
    }
    for other in below {
        let label = format!("{}: {}", other.site, other.message);
        group = group.element(Level::NOTE.message(look.attached(finding, "note", &label)));
    }
    if let Some(place) = place(finding) {
        group = group.element(Level::NOTE.message(look.attached(finding, "note", &place)));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(look.attached(finding, "help", help)));
    }
    look.renderer().render(&[group])
}

/// Returns the columns before the underline of a place.
fn before(site: Site) -> usize {
    site.line().to_string().len() + " | ".len() + site.column() as usize
}

fn level_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Fatal => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// Returns where in which images it is, and whose it is.
fn place(finding: &Finding) -> Option<String> {
    let unsaid = finding.path.as_ref().filter(|path| !finding.message.contains(path.as_str()));
    let path = unsaid.map(|path| format!("at `{path}`"));
    let blame = finding.blame.as_ref().map(|blame| match blame {
        Blame::Base => "of the base".to_owned(),
        Blame::Layer(layer) => format!("in layer `{layer}`"),
    });
    let names: Vec<_> = finding.images.iter().map(|image| format!("`{image}`")).collect();
    let word = if blame.is_some() { "of" } else { "in" };
    let images = match names.len() {
        0 => None,
        1 => Some(format!("{word} image {}", names.join(", "))),
        _ => Some(format!("{word} images {}", names.join(", "))),
    };
    let parts: Vec<_> = [path, blame, images].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn origin(site: Site) -> annotate_snippets::Origin<'static> {
    let (line, column) = (site.line() as usize, site.column() as usize);
    annotate_snippets::Origin::path(site.file()).line(line).char_column(column)
}

fn snippet<'a>(
    source: &str,
    file: &'a str,
    places: &[(Site, AnnotationKind, &'a str)],
    columns: Columns,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let annotations = places.iter().filter_map(|(site, kind, label)| {
        let mut span = excerpt::span(source, site.line(), site.column())?;
        if let Some(columns) = columns.limit() {
            // The renderer shows an underline whole, and the label beside it.
            let mut room = columns.saturating_sub(GUTTER + label.len());
            if !label.is_empty() {
                room = room.min(columns.saturating_sub(before(*site) + label.width()));
            }
            let room = room.max(SHORTEST);
            span.end = source.floor_char_boundary(span.end.min(span.start + room));
        }
        let annotation = kind.span(span);
        Some(if label.is_empty() { annotation } else { annotation.label(*label) })
    });
    let annotations: Vec<_> = annotations.collect();
    Snippet::source(source.to_owned()).path(file).fold(true).annotations(annotations)
}
