//! A text file with values in place of its placeholders.

use lapstrake::Site;
use lapstrake::entry::{File, Source};
use lapstrake::suggest::nearest;
use lapstrake::value::{ImagePath, Mode};
use lapstrake_oci::tree::Kind;

use super::Origin;
use super::place::{Placer, mode_of};
use crate::finding::Finding;
use crate::project::assets::Scanned;

/// The longest name of a placeholder that is looked for, in bytes.
const NAME_MAX: usize = 64;

impl Placer<'_, '_, '_> {
    /// Puts a file whose placeholders are filled in the layer.
    pub(super) fn template(&mut self, file: &File, path: ImagePath, site: Site) {
        let (text, own) = match &file.source {
            Source::Text(text) => (text.as_str(), Mode::FILE),
            Source::Asset(asset) => match self.scanned(asset, site) {
                Some(Scanned::File(source)) => match source.text.as_deref() {
                    Some(text) if !text.contains(char::REPLACEMENT_CHARACTER) => (text, mode_of(source)),
                    _ => {
                        let message =
                            format!("`{asset}` is not a text in UTF-8, and only a text has placeholders");
                        self.findings.push(Finding::fatal("template", site, message));
                        return;
                    }
                },
                // Reports what is wrong.
                _ => return self.source_file(&file.source, path, &file.attributes, None, site),
            },
            Source::BuildStage(..) | Source::Fetched(..) => {
                let message =
                    format!("`{path}` has no text yet when the image is planned: it is built or downloaded");
                self.findings.push(Finding::fatal("template", site, message));
                return;
            }
        };
        let (found, left) = check(text, &file.fills, site);
        self.findings.extend(left.map(|finding| finding.at(&path)));
        if found.is_empty() {
            let text = filled(text, &file.fills);
            let Some(metadata) = self.metadata(&file.attributes, own) else { return };
            self.put(path, Kind::File(Origin::Text(text)), metadata, site);
        } else {
            self.findings.extend(found.into_iter().map(|finding| finding.at(&path)));
        }
    }
}

/// Returns what is wrong with the values of a template, and a note about placeholders that are left.
fn check(text: &str, fills: &[(String, String)], site: Site) -> (Vec<Finding>, Option<Finding>) {
    let names = placeholders(text);
    let mut found = Vec::new();
    for (index, (placeholder, _)) in fills.iter().enumerate() {
        let shown = placeholder.escape_debug();
        if fills[..index].iter().any(|(earlier, _)| earlier == placeholder) {
            let message = format!("the placeholder `{shown}` has two values");
            found.push(Finding::fatal("template", site, message).help("leave one of them out"));
        } else if placeholder.is_empty() || !text.contains(placeholder.as_str()) {
            let near = nearest(placeholder.as_str(), names.iter().copied());
            let finding =
                Finding::fatal("template", site, format!("the template has no placeholder `{shown}`"));
            found.push(finding.help_if(near.map(|near| format!("did you mean `{near}`?"))));
        }
    }
    let left = names.into_iter().find(|name| !fills.iter().any(|(placeholder, _)| placeholder == name));
    let left = left.filter(|_| found.is_empty()).map(|name| {
        let note =
            Finding::note("template-left", site, format!("`{name}` is left in the file without a value"));
        note.help(format!("add `.fill({name:?}, …)` if it is a placeholder"))
    });
    (found, left)
}

/// Returns the text with the values, which are not searched. Where two placeholders begin, the longer one is taken.
fn filled(text: &str, fills: &[(String, String)]) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let here = fills.iter().filter(|(placeholder, _)| rest.starts_with(placeholder.as_str()));
        if let Some((placeholder, value)) = here.max_by_key(|(placeholder, _)| placeholder.len()) {
            out.push_str(value);
            rest = &rest[placeholder.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// Returns what looks like a placeholder: `@NAME@`, in capital letters.
fn placeholders(text: &str) -> Vec<&str> {
    let is_name = |name: &&str| {
        let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        name.len() <= NAME_MAX
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(is_part)
    };
    let ends: Vec<usize> = text.match_indices('@').map(|(at, _)| at).collect();
    let pairs = ends.windows(2).map(|pair| (&text[pair[0] + 1..pair[1]], &text[pair[0]..=pair[1]]));
    pairs.filter(|(name, _)| is_name(name)).map(|(_, whole)| whole).collect()
}

#[cfg(test)]
mod tests {
    use super::{filled, placeholders};

    #[test]
    fn a_value_is_not_searched_and_the_longer_placeholder_is_taken() {
        let fills = [("@A@", "@B@"), ("@B@", "é"), ("@A@@", "long")];
        let fills = fills.map(|(placeholder, value)| (placeholder.to_owned(), value.to_owned()));
        assert_eq!(filled("x@A@y@B@ü@A@@z", &fills), "x@B@yéülongz");
    }

    #[test]
    fn a_mail_address_is_not_a_placeholder() {
        assert_eq!(placeholders("a@B.example, c@D_1@ @@ @1@ @lower@ @X@Y@"), ["@D_1@", "@X@", "@Y@"]);
    }
}
