//! Every public name says what it is and is shown in an example that runs. rustc asks for the doc
//! comment; nothing else asks for the example.
//!
//! This reads lines as rustfmt leaves them. It needs no module tree: by the `unreachable_pub` lint,
//! what is `pub` here is public.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A public name, and the doc comments that may show it: its own, and those it belongs to.
#[derive(Debug)]
struct Item {
    line: usize,
    name: String,
    own: String,
    owners: String,
}

/// What the line being read is part of.
enum Block {
    File,
    /// An inherent impl or a macro, by the name of the type or macro, and its own doc comment.
    Of(String, String),
    /// An impl of a trait, which has the trait's documentation, or an inline module.
    Skipped,
}

#[test]
fn every_public_name_has_a_doc_comment_and_an_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut offenders = Vec::new();
    let mut seen = 0;
    for file in sources(&root) {
        let items = items(&fs::read_to_string(&file).unwrap());
        seen += items.len();
        let file = file.strip_prefix(&root).unwrap().display();
        offenders.extend(
            items
                .iter()
                .filter_map(|item| Some(format!("src/{file}:{} {} {}", item.line, item.name, lack(item)?))),
        );
    }
    assert!(seen > 50, "only {seen} public names were found: is the scan blind?");
    assert!(offenders.is_empty(), "{} of {seen} names:\n{}", offenders.len(), offenders.join("\n"));
}

#[test]
fn a_name_without_a_doc_comment_is_found() {
    let source = "
/// A wheel.
///
/// ```
/// Wheel::new().turn();
/// ```
#[derive(
    Debug,
)]
pub struct Wheel(u32);

impl Wheel {
    /// Makes one.
    pub const fn new() -> Self {}

    pub(crate) fn oil(&self) {}

    pub fn turn(self) {}
}

impl Iterator for Wheel {
    pub fn next() {}
}
";
    assert_eq!(lacks(source), ["18 turn has no doc comment"]);
}

#[test]
fn a_name_that_no_running_example_shows_is_found() {
    let source = "
/// ```
/// use cart::hidden;
/// # hidden();
/// shown_more();
/// ```
///
/// ```text
/// hidden()
/// ```
pub fn hidden() {}

/// ```
/// shown();
/// ```
pub fn shown() {}

/// Elsewhere: `shown_more`.
#[macro_export]
macro_rules! shown_more {
    () => {
        /// Makes one.
        pub fn made() {}
    };
}

/// Not exported.
macro_rules! inner {}
";
    let lack = "is in no example that runs";
    let expected = [("11", "hidden"), ("20", "shown_more"), ("23", "made")];
    assert_eq!(lacks(source), expected.map(|(line, name)| format!("{line} {name} {lack}")));
}

fn lacks(source: &str) -> Vec<String> {
    let lacking = |item: &Item| Some(format!("{} {} {}", item.line, item.name, lack(item)?));
    items(source).iter().filter_map(lacking).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        // The fuzzer's door is hidden, and no part of what is published for use.
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("fuzz.rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What an item lacks.
fn lack(item: &Item) -> Option<&'static str> {
    if item.own.trim().is_empty() {
        Some("has no doc comment")
    } else if ![&item.own, &item.owners].iter().any(|docs| shows(docs, &item.name)) {
        Some("is in no example that runs")
    } else {
        None
    }
}

/// Whether a code block that runs and that a reader sees has the name, other than in a `use`.
fn shows(docs: &str, name: &str) -> bool {
    // The fence's words where a block is open.
    let mut open = None;
    docs.lines().any(|line| {
        if let Some(words) = line.strip_prefix("```") {
            open = if open.is_some() { None } else { Some(words) };
            return false;
        }
        // A `main` reads the arguments of its own process: it is compiled, not run.
        let runs = match open {
            Some("" | "rust" | "should_panic" | "compile_fail") => true,
            Some("no_run") => name.starts_with("main"),
            _ => false,
        };
        let hidden = line == "#" || line.starts_with("# ") || line.starts_with("use ");
        runs && !hidden && line.split(|c| !is_word(c)).any(|word| word == name)
    })
}

fn items(source: &str) -> Vec<Item> {
    let mut items: Vec<(Item, String)> = Vec::new();
    let mut types = BTreeMap::new();
    let mut block = Block::File;
    let (mut docs, mut attribute_open, mut exported) = (String::new(), false, false);
    for (at, line) in source.lines().enumerate() {
        let code = line.trim();
        if attribute_open || code.starts_with("#[") {
            attribute_open = !code.ends_with(']');
            exported |= code == "#[macro_export]";
            continue;
        }
        if let Some(doc) = code.strip_prefix("///") {
            docs.extend([doc.strip_prefix(' ').unwrap_or(doc), "\n"]);
            continue;
        }
        let own = std::mem::take(&mut docs);
        let exported = std::mem::take(&mut exported);
        let name = match (public(code), code.strip_prefix("macro_rules! ")) {
            (None, Some(name)) if exported => Some(first_word(name)),
            (name, _) => name,
        };
        let outermost = !line.starts_with(' ') && !code.is_empty();
        if outermost {
            types.extend(name.map(|name| (name.to_owned(), own.clone())));
            block = opened(code, &own).unwrap_or(Block::File);
        }
        let (owner, block_docs) = match &block {
            Block::Of(owner, docs) if !outermost => (owner.clone(), docs.clone()),
            Block::Skipped => continue,
            Block::File | Block::Of(..) => Default::default(),
        };
        if let Some(name) = name {
            items.push((Item { line: at + 1, name: name.to_owned(), own, owners: block_docs }, owner));
        }
    }
    let with_type = |(mut item, owner): (Item, String)| {
        item.owners.push('\n');
        item.owners.push_str(types.get(&owner).map_or("", String::as_str));
        item
    };
    items.into_iter().map(with_type).collect()
}

/// The block that an outermost line opens.
fn opened(code: &str, docs: &str) -> Option<Block> {
    if let Some(name) = code.strip_prefix("macro_rules! ") {
        return Some(Block::Of(first_word(name).to_owned(), docs.to_owned()));
    }
    let inline = (code.starts_with("mod ") || code.starts_with("pub mod ")) && code.ends_with('{');
    if inline || (code.starts_with("impl") && code.contains(" for ")) {
        return Some(Block::Skipped);
    }
    let header = code.strip_prefix("impl")?;
    let depth_after = |depth: i32, c| depth + i32::from(c == '<') - i32::from(c == '>');
    let mut depth = 0;
    let generics = header.find(|c| {
        depth = depth_after(depth, c);
        depth == 0 && (c == ' ' || is_word(c))
    })?;
    Some(Block::Of(first_word(header[generics..].trim_start()).to_owned(), docs.to_owned()))
}

/// The name of a public item that is code, data or a type; modules say theirs in their own file.
fn public(code: &str) -> Option<&str> {
    let mut words = code.strip_prefix("pub ")?.split(' ').peekable();
    let kind = words.find(|word| !matches!(*word, "async" | "unsafe"))?;
    let kind = if kind == "const" { words.next_if_eq(&"fn").unwrap_or(kind) } else { kind };
    let named = matches!(kind, "fn" | "const" | "static" | "struct" | "enum" | "union" | "trait" | "type");
    named.then(|| first_word(words.next().unwrap_or_default()))
}

fn first_word(text: &str) -> &str {
    text.split(|c| !is_word(c)).next().unwrap_or_default()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
