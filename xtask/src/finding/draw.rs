//! Findings as a person reads them: the user's own line underlined, the help last. It reads source
//! files to show them and decides nothing.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use camino::Utf8Path;
use lapstrake::Site;
use unicode_width::UnicodeWidthStr;

use super::spot::Spot;
use super::{Blame, Finding, Severity, excerpt};
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
    fn has_room_beside(self, (other, label): (Spot<'_>, &str), primary: Option<Spot<'_>>) -> bool {
        let Some(columns) = self.columns.limit() else { return true };
        let shares_line = primary.is_some_and(|spot| spot != other && spot.shares_line(other));
        !shares_line && before(other) + SHORTEST + label.width() <= columns
    }

    /// Wraps the text of a note below a finding, whose lines after the first the renderer indents.
    fn attached(self, finding: &Finding, label: &str, text: &str) -> String {
        let others = Spot::others(finding).into_iter().map(|(spot, _)| spot);
        let spots = Spot::first(finding).into_iter().chain(others);
        let digits = spots.map(|spot| spot.line().to_string().len()).max().unwrap_or_default();
        let indent = digits + format!(" = {label}: ").len();
        self.columns.wrap(&visible(text), indent, indent).replace(&format!("\n{}", " ".repeat(indent)), "\n")
    }
}

/// Draws findings, one after another; `root` is the workspace that sites are relative to.
pub(crate) fn draw(findings: &[Finding], root: &Utf8Path, look: Look) -> String {
    findings.iter().map(|finding| one(finding, root, look) + "\n\n").collect()
}

/// Draws a place of the description, underlined, if its file is there.
pub(crate) fn underline(site: Site, root: &Utf8Path, look: Look) -> Option<String> {
    let source = std::fs::read_to_string(root.join(site.file())).ok()?;
    let mark = (Spot::Call(site), AnnotationKind::Primary, "");
    let element = snippet(&source, 1, site.file(), &[mark], look.columns);
    Some(look.renderer().render(&[Group::with_level(Level::ERROR).element(element)]))
}

fn one(finding: &Finding, root: &Utf8Path, look: Look) -> String {
    let level = match finding.severity {
        Severity::Fatal => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let label = format!("{}[{}]: ", level_name(finding.severity), finding.name).len();
    let message = look.columns.wrap(&visible(&finding.message), label, label);
    // The lines after the first are indented by the renderer.
    let message = message.replace(&format!("\n{}", " ".repeat(label)), "\n");
    let mut group = Group::with_title(level.primary_title(message).id(finding.name));
    let primary = Spot::first(finding);
    let (beside, below): (Vec<_>, Vec<_>) =
        Spot::others(finding).into_iter().partition(|other| look.has_room_beside(*other, primary));
    let beside = beside.into_iter().map(|(spot, label)| (spot, AnnotationKind::Context, label));
    let mut marks: Vec<_> =
        primary.map(|spot| (spot, AnnotationKind::Primary, "")).into_iter().chain(beside).collect();
    // The excerpt with the first place is drawn first.
    while let Some((first, ..)) = marks.first().copied() {
        let file = first.file(root);
        let (here, elsewhere): (Vec<_>, _) = marks.iter().partition(|(spot, ..)| spot.shares_excerpt(first));
        group = match excerpt_of(first, root) {
            // The line may hold the secret itself, and what is drawn may end in a log.
            Some((source, line)) if finding.name != SECRET => {
                group.element(snippet(&source, line, file, &here, look.columns))
            }
            Some(_) | None => here.iter().fold(group, |group, (spot, ..)| group.element(origin(*spot, root))),
        };
        marks = elsewhere;
    }
    for (spot, label) in below {
        let label = format!("{spot}: {label}");
        group = group.element(Level::NOTE.message(look.attached(finding, "note", &label)));
    }
    if let Some(place) = place(finding) {
        group = group.element(Level::NOTE.message(look.attached(finding, "note", &place)));
    }
    if let Some(verdict) = verdict(finding) {
        group = group.element(Level::NOTE.message(look.attached(finding, "note", &verdict)));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(look.attached(finding, "help", help)));
    }
    look.renderer().render(&[group])
}

/// Returns a text that a terminal shows and does not obey: a message quotes what a file has.
fn visible(text: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| c.is_control() && c != '\n';
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for c in text.chars() {
        if is_obeyed(c) { shown.extend(c.escape_debug()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Returns the text around a place, and the line on which the text begins.
fn excerpt_of(spot: Spot<'_>, root: &Utf8Path) -> Option<(String, u32)> {
    match spot {
        Spot::Call(site) => Some((std::fs::read_to_string(root.join(site.file())).ok()?, 1)),
        Spot::File(place) => Some((place.text()?.to_owned(), place.line)),
    }
}

/// Returns the columns before the underline of a place.
fn before(spot: Spot<'_>) -> usize {
    spot.line().to_string().len() + " | ".len() + spot.column() as usize
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

/// Returns why it has its severity, if that is not the severity of its check, and what bootc says.
fn verdict(finding: &Finding) -> Option<String> {
    let because = finding.because.as_ref().map(|because| {
        let here = if finding.severity == Severity::Fatal { "fatal here" } else { "not fatal here" };
        format!("{here}, because {because}")
    });
    let parts: Vec<_> = because.into_iter().chain(finding.bootc.map(|it| it.as_words().to_owned())).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn origin<'a>(spot: Spot<'a>, root: &Utf8Path) -> annotate_snippets::Origin<'a> {
    let (line, column) = (spot.line() as usize, spot.column() as usize);
    annotate_snippets::Origin::path(spot.file(root)).line(line).char_column(column)
}

/// Draws an excerpt of a file. `source` begins at line `first` of the file.
fn snippet<'a>(
    source: &str,
    first: u32,
    file: &'a str,
    marks: &[(Spot<'_>, AnnotationKind, &'a str)],
    columns: Columns,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let annotations = marks.iter().filter_map(|(spot, kind, label)| {
        let mut span = excerpt::span(source, *spot)?;
        if let Some(columns) = columns.limit() {
            // The renderer shows an underline whole, and the label beside it.
            let mut room = columns.saturating_sub(GUTTER + label.len());
            if !label.is_empty() {
                room = room.min(columns.saturating_sub(before(*spot) + label.width()));
            }
            let room = room.max(SHORTEST);
            span.end = source.floor_char_boundary(span.end.min(span.start + room));
        }
        let annotation = kind.span(span);
        Some(if label.is_empty() { annotation } else { annotation.label(*label) })
    });
    let annotations: Vec<_> = annotations.collect();
    let snippet = Snippet::source(source.to_owned()).line_start(first as usize).path(file);
    snippet.fold(true).annotations(annotations)
}
