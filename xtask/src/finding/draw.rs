//! Findings as a person reads them: the user's own line underlined, the help last. It reads source
//! files to show them and decides nothing.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use camino::Utf8Path;
use lapstrake::Site;

use super::{Blame, Finding, Severity, excerpt};

/// The check that finds what must not be shown.
const SECRET: &str = "secret-in-layer";

/// Draws findings, one after another; `root` is the workspace that sites are relative to.
pub(crate) fn draw(findings: &[Finding], root: &Utf8Path, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    findings.iter().map(|finding| one(finding, root, &renderer) + "\n\n").collect()
}

/// A place of the description, underlined; nothing where its file is not there.
pub(crate) fn underline(site: Site, root: &Utf8Path, colour: bool) -> Option<String> {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let source = std::fs::read_to_string(root.join(site.file())).ok()?;
    let element = snippet(&source, site.file(), &[(site, AnnotationKind::Primary, "")]);
    Some(renderer.render(&[Group::with_level(Level::ERROR).element(element)]))
}

fn one(finding: &Finding, root: &Utf8Path, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Fatal => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&finding.message).id(finding.name));
    let related =
        finding.related.iter().map(|other| (other.site, AnnotationKind::Context, other.message.as_str()));
    let mut places: Vec<_> =
        finding.site.map(|site| (site, AnnotationKind::Primary, "")).into_iter().chain(related).collect();
    // A snippet shows one file; the first place's file is drawn first.
    while let Some((first, ..)) = places.first() {
        let file = first.file();
        let (here, elsewhere): (Vec<_>, _) = places.iter().partition(|(site, ..)| site.file() == file);
        group = match std::fs::read_to_string(root.join(file)) {
            // The line may hold the secret itself, and what is drawn may end in a log.
            Ok(source) if finding.name != SECRET => group.element(snippet(&source, file, &here)),
            Ok(_) | Err(_) => here.iter().fold(group, |group, (site, ..)| group.element(origin(*site))),
        };
        places = elsewhere;
    }
    if let Some(place) = place(finding) {
        group = group.element(Level::NOTE.message(place));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group])
}

/// Where in which images it is, and whose it is.
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
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let annotations = places.iter().filter_map(|(site, kind, label)| {
        let span = excerpt::span(source, site.line(), site.column())?;
        let annotation = kind.span(span);
        Some(if label.is_empty() { annotation } else { annotation.label(*label) })
    });
    let annotations: Vec<_> = annotations.collect();
    Snippet::source(source.to_owned()).path(file).fold(true).annotations(annotations)
}
