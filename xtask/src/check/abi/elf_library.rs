//! `elf-library`: a library that the loader finds nowhere on the program's search path.

use std::collections::BTreeSet;

use lapstrake::value::ImagePath;

use super::files::{OTHER_ROOT, Root};
use super::program::{Linked, linked};
use crate::base::ELF_MAX;
use crate::check::{Check, Example, Fault, Node, Subject};
use crate::support::small_map::SmallMap;

pub(super) const CHECK: Check = Check::fatal(
    "elf-library",
    "the loader refuses a program of which one library is missing, or lies outside of the search path",
    check,
)
.of_input_files()
.shown(Example::Words {
    faulty: "A program that needs `libvsomeip3.so.3`, on a base that has no such library",
    fixed: "Bring the library: `.packages([\"vsomeip3\"])` in a layer below, or the file itself in `/usr/lib64`",
});

/// What one object of a layer needs and the loader does not find.
struct Lack<'t, 'a> {
    node: Node<'a>,
    root: Root<'t, 'a>,
    /// Whether no program loads it that the layers bring: another may have loaded what it needs.
    alone: bool,
    names: BTreeSet<&'a str>,
}

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut lacks: SmallMap<ImagePath, Lack<'_, '_>> = SmallMap::new();
    let mut broken: SmallMap<ImagePath, Fault> = SmallMap::new();
    for Linked { program, loaded } in linked(subject) {
        let root = program.root;
        let ours = |path| root.node(path).filter(|node| node.site().is_some());
        for (by, name) in &loaded.missing {
            let Some(node) = loaded.objects.get(*by).and_then(|object| ours(&object.path)) else { continue };
            let alone = program.is_library();
            let lack = lacks.or_insert_with(node.path().clone(), || Lack {
                node,
                root,
                alone,
                names: BTreeSet::new(),
            });
            lack.names.insert(name);
        }
        for object in loaded.objects.iter().filter(|object| object.elf.is_none()) {
            let read = |node: &Node<'_>| node.size().is_some_and(|size| size <= ELF_MAX as u64);
            if let Some(node) = ours(&object.path).filter(read) {
                broken.insert(node.path().clone(), no_library(&node));
            }
        }
    }
    let elsewhere = elsewhere(subject, &lacks);
    let missing = lacks.values().filter_map(|lack| fault(subject, lack, &elsewhere));
    missing.chain(broken.into_values()).collect()
}

/// A pointer of Git LFS, a linker script, an empty file.
fn no_library(node: &Node<'_>) -> Fault {
    let message = format!("`{}` is loaded as a library, and is not a whole ELF file", node.path());
    Fault::at(node, message).help("bring the library itself; `git lfs pull` fetches what Git LFS keeps")
}

/// Where libraries of the names that are missing lie all the same.
fn elsewhere<'a>(
    subject: &Subject<'a>,
    lacks: &SmallMap<ImagePath, Lack<'_, '_>>,
) -> SmallMap<String, Vec<Node<'a>>> {
    let names: BTreeSet<&str> = lacks.values().flat_map(|lack| &lack.names).copied().collect();
    let mut found: SmallMap<_, Vec<_>> = SmallMap::new();
    if !names.is_empty() {
        for node in subject.tree().iter().filter(|node| names.contains(node.path().file_name())) {
            found.or_default(node.path().file_name().to_owned()).push(node);
        }
    }
    found
}

fn fault(
    subject: &Subject<'_>,
    lack: &Lack<'_, '_>,
    elsewhere: &SmallMap<String, Vec<Node<'_>>>,
) -> Option<Fault> {
    let path = lack.node.path();
    let mut told = Vec::new();
    let mut outside = None;
    for name in &lack.names {
        let fits = |node: &&Node<'_>| node.elf().zip(lack.node.elf()).is_none_or(|(one, two)| one.fits(two));
        let mut other = elsewhere.get(*name).into_iter().flatten().filter(fits).filter_map(|node| {
            let path = node.path();
            Some((path, path.parent()?)).filter(|_| {
                Root::of(subject.tree(), path)
                    .is_some_and(|(root, _)| root.is_outermost() == lack.root.is_outermost())
            })
        });
        match other.next() {
            Some((_, directory)) if is_in_environment(subject, &directory) => {}
            Some((at, directory)) => {
                told.push(format!("`{name}`, and `{at}` lies outside of its search path"));
                outside = Some(directory);
            }
            None => told.push(format!("`{name}`, which the image has not")),
        }
    }
    let first = lack.names.first()?;
    if told.is_empty() {
        return None;
    }
    let help = match &outside {
        Some(directory) => {
            format!("say so in its build.rs: `println!(\"cargo::rustc-link-arg=-Wl,-rpath,{directory}\");`")
        }
        None => format!(
            "bring it: `.packages([…])` in a layer below, or `.file(\"{first}\", \"/usr/lib64/{first}\")`"
        ),
    };
    let fault = Fault::at(&lack.node, format!("`{path}` needs {}", told.join("; "))).help(help);
    let other_root = (!lack.root.is_outermost()).then_some(OTHER_ROOT);
    let loaded = (lack.alone && outside.is_some()).then_some("the program that loads it may search there");
    Some(fault.doubted(subject.unseen_doubt().or(other_root).or(loaded)))
}

/// Whether a unit has that directory searched first.
fn is_in_environment(subject: &Subject<'_>, directory: &ImagePath) -> bool {
    let units = ["/usr/lib/systemd/system", "/etc/systemd/system"];
    let mut lines = units
        .iter()
        .flat_map(|units| subject.tree().below(units))
        .filter_map(|unit| unit.text())
        .flat_map(str::lines)
        .filter(|line| line.contains("LD_LIBRARY_PATH="));
    lines.any(|line| {
        let paths = line.split(['=', ':', '"', '\'', ' ']);
        paths.map(|path| path.trim_end_matches('/')).any(|path| path == directory.as_str())
    })
}
