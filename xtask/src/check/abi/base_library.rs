//! `base-library`: a library of the base that is gone, though programs of the base need it.

use std::collections::BTreeMap;

use super::files::Root;
use super::loader::Loader;
use super::search::SearchPath;
use crate::check::{Check, Example, Fault, Node, Subject, Tree};

pub(super) const CHECK: Check = Check::fatal(
    "base-library",
    "a program of the base whose library was removed does not start; where it is systemd, the device does not boot",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("slim").remove("/usr/lib64/libc.so.6")"#,
    fixed: r#"Layer::new("slim").remove("/usr/lib64/libgcc_s.so.1")"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let gone = gone(subject);
    if gone.is_empty() {
        return Vec::new();
    }
    let Some((root, _)) = Root::of(tree, &lapstrake::value::ImagePath::root()) else { return Vec::new() };
    let search = SearchPath::of(&root, subject.architecture());
    let loader = Loader { files: &root, search: &search };
    let mut needed_by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in tree.iter().filter(|node| node.layer().is_none() && !is_of_qm(node)) {
        let Some(elf) = node.elf().filter(|elf| elf.is_loadable()) else { continue };
        if !elf.needed.iter().any(|name| gone.contains_key(name.as_str())) {
            continue;
        }
        let loaded = loader.load(node.path(), elf);
        // What one of its libraries lacks is a fault of that library.
        for (_, name) in loaded.missing.iter().filter(|(by, _)| *by == 0) {
            if let Some(path) = gone.get(*name) {
                needed_by.entry(path.clone()).or_default().push(node.path().to_string());
            }
        }
    }
    let fault = |(path, programs): (&String, &Vec<String>)| {
        let more = match programs.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!("`{path}` is gone, which `{}`{more} of the base needs", first(programs));
        // A link of that name may be there, and what it leads to is gone.
        let leads_to = tree.get(path).and_then(|_| tree.place(path));
        let gone = leads_to.as_ref().map_or(path.as_str(), |target| target.as_str());
        subject.gone(gone, message).help("leave it to the base")
    };
    needed_by.iter().map(fault).collect()
}

/// Returns the program to name: systemd, without which nothing starts, else the first.
fn first(programs: &[String]) -> &str {
    let systemd = programs.iter().find(|path| path.ends_with("/systemd"));
    systemd.or(programs.first()).map_or("", String::as_str)
}

/// Returns the libraries of the base that are gone, each name with its path.
fn gone(subject: &Subject<'_>) -> BTreeMap<String, String> {
    let before = match subject.base_alone() {
        Some(alone) => alone.tree().clone(),
        None => subject.below().clone(),
    };
    let is_library = |node: &Node<'_>| node.path().file_name().contains(".so");
    let gone = before.iter().filter(|node| is_library(node) && !is_there(subject.tree(), node));
    gone.map(|node| (node.path().file_name().to_owned(), node.path().to_string())).collect()
}

fn is_there(tree: &Tree<'_>, node: &Node<'_>) -> bool {
    tree.follow(node.path().as_str()).is_some()
}

/// The programs of the QM partition have a root of their own.
fn is_of_qm(node: &Node<'_>) -> bool {
    node.path().as_str().starts_with("/usr/lib/qm/")
}
