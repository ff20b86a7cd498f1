//! The elements of an XML file, and the first place at which it is not well-formed (XML 1.0). It reads what expat reads of
//! the configuration of programs: names and attributes. A file with a document type may define entities of its own.

use std::ops::Range;

use lapstrake::Span;

/// At most so many elements are open at once.
const DEEPEST: usize = 256;

/// A start tag.
#[derive(Debug)]
pub(super) struct Element<'t> {
    pub(super) name: &'t str,
    /// Where its name is.
    pub(super) at: Range<usize>,
    pub(super) attributes: Vec<Attribute<'t>>,
    /// The element that it is in.
    pub(super) parent: Option<usize>,
}

/// An attribute, with its value as it is written.
#[derive(Debug)]
pub(super) struct Attribute<'t> {
    pub(super) name: &'t str,
    pub(super) value: &'t str,
    /// Where the name and the value are.
    pub(super) at: Range<usize>,
}

impl<'t> Element<'t> {
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute<'t>> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

/// Why a text is not well-formed, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) at: Range<usize>,
    pub(super) what: String,
    /// The element that is not closed.
    pub(super) open: Option<String>,
}

/// Returns the elements of a text, each after that which it is in.
pub(super) fn elements(text: &str) -> Result<Vec<Element<'_>>, Malformed> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { text, at: start, found: Vec::new(), open: Vec::new(), has_type: false };
    if text[start..].starts_with("<?xml") {
        reader.past("?>")?;
    }
    while reader.at < text.len() {
        reader.next()?;
    }
    match (reader.open.last(), reader.found.is_empty()) {
        (Some(open), _) => {
            let open = &reader.found[*open];
            let what = format!("`<{}>` is not closed", open.name);
            Err(Malformed { at: open.at.clone(), what, open: Some(open.name.to_owned()) })
        }
        (None, true) => {
            Err(Malformed { at: 0..text.len(), what: "it has no element".to_owned(), open: None })
        }
        (None, false) => Ok(reader.found),
    }
}

/// Returns the span of a part of a text.
pub(super) fn span(text: &str, at: &Range<usize>) -> Span {
    let line = text.bytes().take(at.start).filter(|byte| *byte == b'\n').count() + 1;
    Span { line: u32::try_from(line).unwrap_or(u32::MAX), bytes: at.clone() }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    found: Vec<Element<'t>>,
    /// The elements that are not closed, the innermost last.
    open: Vec<usize>,
    has_type: bool,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn fault<T>(&self, at: Range<usize>, what: impl Into<String>) -> Result<T, Malformed> {
        // A fault at the end is shown at the last character.
        let start = at.start.min(self.text.trim_end().len().saturating_sub(1));
        let start = (0..=start).rev().find(|start| self.text.is_char_boundary(*start)).unwrap_or(0);
        let end = at.end.clamp(start, self.text.len());
        let end = (end..=self.text.len()).find(|end| self.text.is_char_boundary(*end)).unwrap_or(start);
        Err(Malformed { at: start..end, what: what.into(), open: None })
    }

    /// Goes on after the next `end`, and returns what is before it.
    fn past(&mut self, end: &str) -> Result<&'t str, Malformed> {
        let Some((before, _)) = self.rest().split_once(end) else {
            return self.fault(self.at..self.at + 1, format!("`{end}` is missing"));
        };
        self.at += before.len() + end.len();
        Ok(before)
    }

    /// Reads one piece: text, a tag, a comment.
    fn next(&mut self) -> Result<(), Malformed> {
        let rest = self.rest();
        if !rest.starts_with('<') {
            let end = rest.find('<').unwrap_or(rest.len());
            self.references(self.at..self.at + end)?;
            if self.open.is_empty() && !rest[..end].trim_matches(is_space).is_empty() {
                let start = self.at + (end - rest[..end].trim_start_matches(is_space).len());
                return self.fault(start..start + 1, "text is outside of the first element");
            }
            self.at += end;
            return Ok(());
        }
        let start = self.at;
        if rest.starts_with("<!--") {
            self.at += 4;
            let comment = self.past("-->")?;
            if comment.contains("--") || comment.ends_with('-') {
                return self.fault(start..self.at, "a comment can't have `--` in it");
            }
        } else if rest.starts_with("<![CDATA[") && !self.open.is_empty() {
            self.past("]]>")?;
        } else if rest.starts_with("<!DOCTYPE") && self.found.is_empty() && !self.has_type {
            self.has_type = true;
            let inner = rest.find('[').filter(|inner| rest.find('>').is_some_and(|end| *inner < end));
            if inner.is_some() {
                self.past("]")?;
            }
            self.past(">")?;
        } else if rest.starts_with("<?") && !rest.starts_with("<?xml ") {
            self.past("?>")?;
        } else if rest.starts_with("</") {
            self.close()?;
        } else {
            self.tag()?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        self.at += 2;
        let name = self.name()?;
        let at = start..self.at;
        self.space();
        if !self.rest().starts_with('>') {
            return self.fault(at, format!("`</{name}` has no `>`"));
        }
        self.at += 1;
        match self.open.pop().map(|open| self.found[open].name) {
            Some(open) if open == name => Ok(()),
            Some(open) => {
                let what = format!("`</{name}>` is where `<{open}>` has to be closed");
                Err(Malformed { at, what, open: Some(open.to_owned()) })
            }
            None => self.fault(at, format!("`</{name}>` closes nothing")),
        }
    }

    fn tag(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        self.at += 1;
        let name = self.name()?;
        let at = start + 1..self.at;
        if self.open.is_empty() && !self.found.is_empty() {
            return self.fault(at, format!("`<{name}>` is after the end of the first element"));
        }
        let mut attributes: Vec<Attribute<'t>> = Vec::new();
        loop {
            let has_space = self.space();
            let rest = self.rest();
            if rest.starts_with('>') || rest.starts_with("/>") {
                break;
            }
            if rest.is_empty() || !has_space {
                return self.fault(self.at..self.at + 1, format!("`<{name}` has no `>`"));
            }
            let attribute = self.attribute()?;
            if attributes.iter().any(|other| other.name == attribute.name) {
                let what = format!("`{}` is there twice", attribute.name);
                return self.fault(attribute.at, what);
            }
            attributes.push(attribute);
        }
        let parent = self.open.last().copied();
        self.found.push(Element { name, at, attributes, parent });
        if self.rest().starts_with('/') {
            self.at += 2;
            return Ok(());
        }
        self.at += 1;
        self.open.push(self.found.len() - 1);
        if self.open.len() > DEEPEST {
            return self.fault(start..self.at, format!("{DEEPEST} elements are in one another"));
        }
        Ok(())
    }

    fn attribute(&mut self) -> Result<Attribute<'t>, Malformed> {
        let start = self.at;
        let name = self.name()?;
        self.space();
        if !self.rest().starts_with('=') {
            return self.fault(start..self.at, format!("`{name}` has no value"));
        }
        self.at += 1;
        self.space();
        let quote = match self.rest().chars().next() {
            Some('"') => "\"",
            Some('\'') => "'",
            _ => return self.fault(start..self.at + 1, format!("the value of `{name}` has no quotes")),
        };
        self.at += 1;
        let value_at = self.at;
        let value = self.past(quote)?;
        if let Some(less) = value.find('<') {
            let at = value_at + less;
            return self.fault(at..at + 1, format!("the value of `{name}` has `<` in it, or no end"));
        }
        self.references(value_at..value_at + value.len())?;
        Ok(Attribute { name, value, at: start..self.at })
    }

    /// Checks the references to characters and entities in a part of the text.
    fn references(&self, part: Range<usize>) -> Result<(), Malformed> {
        for (start, _) in self.text[part.clone()].match_indices('&') {
            let start = part.start + start;
            let name = self.text[start + 1..part.end].split_once(';').map(|(name, _)| name);
            let is_number = |name: &str| {
                let digits = name
                    .strip_prefix('#')
                    .map(|number| number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16)));
                digits.is_some_and(|(digits, radix)| {
                    u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).is_some()
                })
            };
            let is_known =
                |name: &str| ["lt", "gt", "amp", "quot", "apos"].contains(&name) || is_number(name);
            if !name.is_some_and(|name| is_known(name) || self.has_type && is_name(name)) {
                return self.fault(start..start + 1, "`&` begins nothing that is known; write `&amp;`");
            }
        }
        Ok(())
    }

    fn name(&mut self) -> Result<&'t str, Malformed> {
        let rest = self.rest();
        let end = rest.find(|character| !is_of_name(character)).unwrap_or(rest.len());
        let name = &rest[..end];
        if !is_name(name) {
            return self.fault(self.at..self.at + 1, "a name of an element or an attribute has to be here");
        }
        self.at += end;
        Ok(name)
    }

    fn space(&mut self) -> bool {
        let rest = self.rest();
        let space = rest.len() - rest.trim_start_matches(is_space).len();
        self.at += space;
        space > 0
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | ':' | '-' | '.')
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | ':'))
        && name.chars().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    const WELL_FORMED: [&str; 9] = [
        "<a/>",
        "\u{feff}<?xml version=\"1.0\"?>\n<a><b c = 'd\"'/></a>\n",
        "<!DOCTYPE a PUBLIC \"-//x//DTD y//EN\" \"http://example.org/a.dtd\">\n<a>&own;</a>",
        "<!DOCTYPE a [<!ENTITY own \"x\">]><a>&own;</a>",
        "<a><!-- - > --><?p q?><![CDATA[<&]]></a><!-- end -->",
        "<a b=\"&#x41;&#65;&lt;&amp;\">&gt;</a >",
        "<a b='>'/>",
        "<a-b.c_d:e xmlns:e='x'/>",
        "<a>\n<b>\n</b></a>\n\n",
    ];
    const MALFORMED: [(&str, &str); 18] = [
        ("", "no element"),
        ("x", "text"),
        ("<a>", "`<a>` is not closed"),
        ("<a><b></a>", "`</a>` is where `<b>`"),
        ("</a>", "closes nothing"),
        ("<a/><b/>", "after the end"),
        ("<a/>x", "text"),
        ("<a b/>", "no value"),
        ("<a b=c/>", "no quotes"),
        ("<a b='c' b='d'/>", "twice"),
        ("<a b='c'd='e'/>", "no `>`"),
        ("<a b=\"c/>", "`\"` is missing"),
        ("<a b=\"c>\n<d e=\"f\"/></a>", "has `<` in it"),
        ("<a>&</a>", "`&`"),
        ("<a>&own;</a>", "`&`"),
        ("<a>&#xD800;</a>", "`&`"),
        ("<a><!-- -- --></a>", "`--`"),
        ("<a><1/></a>", "a name"),
    ];

    /// What expat says, as Python has it.
    fn is_read_by_expat(text: &str) -> Option<bool> {
        let script =
            "import sys, xml.parsers.expat as e\ne.ParserCreate().Parse(sys.stdin.buffer.read(), True)";
        let mut command = Command::new("python3");
        let child = command.args(["-c", script]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut child) = child else {
            assert!(std::env::var_os("CI").is_none(), "python3 is missing");
            return None;
        };
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        Some(child.wait().unwrap().success())
    }

    #[test]
    fn what_expat_reads_is_well_formed() {
        for text in WELL_FORMED {
            assert!(elements(text).is_ok(), "{text}: {:?}", elements(text));
            assert_ne!(is_read_by_expat(text), Some(false), "{text}");
        }
        for (text, words) in MALFORMED {
            let found = elements(text).unwrap_err();
            assert!(found.what.contains(words), "{text}: {found:?}");
            assert!(text.get(found.at.clone()).is_some(), "{text}: {found:?}");
            assert_ne!(is_read_by_expat(text), Some(true), "{text}");
        }
    }

    #[test]
    fn a_fault_is_on_its_line() {
        let text = "<a>\n  <b c=\"d\">\n</a>\n";
        let found = elements(text).unwrap_err();
        let span = span(text, &found.at);
        assert_eq!((span.line, span.of(text)), (3, "</a"));
    }
}
