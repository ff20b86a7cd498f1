//! `elf-version`: a symbol version that the library which will be loaded does not define. The loader
//! refuses the program for it, whether the symbol is ever called or not.

use std::collections::BTreeSet;

use super::program::{Linked, linked};
use crate::base::Elf;
use crate::check::{Check, Example, Fault, Node, Subject};
use crate::plan::{Origin, PlannedLayer, Transaction};
use crate::support::small_map::SmallMap;

pub(super) const CHECK: Check = Check::fatal(
    "elf-version",
    "a program that was built against a newer glibc than the base's does not start on it",
    check,
)
.of_input_files()
.shown(Example::Words {
    faulty: "A program that was built on a desk with glibc 2.41, on a base with glibc 2.34",
    fixed: "Build it in an image like the base, `.in_stage(BuildStage::on(…))`, by `cargo zigbuild --target x86_64-unknown-linux-gnu.2.34`, or for `x86_64-unknown-linux-musl`",
});

/// One library that lacks versions, as one object wants them.
struct Lack<'a> {
    /// As the object calls it.
    library: &'a str,
    wanted: Vec<&'a str>,
    defined: &'a BTreeSet<String>,
    /// None where the library is outside of the tree.
    by: Option<Node<'a>>,
}

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    // A library that several programs load is told of once.
    let mut faults = SmallMap::new();
    for Linked { program, loaded } in linked(subject) {
        for object in &loaded.objects {
            let (Some(elf), Some(node)) = (object.elf, program.root.node(&object.path)) else { continue };
            let provider = |library: &str| {
                let object = loaded.named(library)?;
                Some((object.elf?, program.root.node(&object.path)))
            };
            let lacks = lacks(elf, provider);
            if let Some(fault) = fault(subject, &node, &lacks) {
                faults.or_insert_with(node.path().clone(), || fault);
            }
        }
    }
    faults.into_values().collect()
}

fn lacks<'a>(elf: &'a Elf, provider: impl Fn(&str) -> Option<(&'a Elf, Option<Node<'a>>)>) -> Vec<Lack<'a>> {
    let lack = |(library, versions): (&'a String, &'a BTreeSet<String>)| {
        let (provider, by) = provider(library)?;
        // Of a library without any versions the loader takes what there is.
        if provider.defined.is_empty() {
            return None;
        }
        let mut wanted: Vec<_> = versions
            .iter()
            .map(String::as_str)
            .filter(|version| !provider.defined.contains(*version))
            .collect();
        wanted.sort_by_key(|version| std::cmp::Reverse(number(version)));
        (!wanted.is_empty()).then_some(Lack { library, wanted, defined: &provider.defined, by })
    };
    elf.required.iter().filter_map(lack).collect()
}

fn fault(subject: &Subject<'_>, node: &Node<'_>, lacks: &[Lack<'_>]) -> Option<Fault> {
    let ours = |by: &Option<Node<'_>>| by.as_ref().is_some_and(|by| by.site().is_some());
    // What the base's own files lack of each other is the base's.
    let own: Vec<_> = lacks.iter().filter(|lack| node.site().is_some() || ours(&lack.by)).collect();
    let first = own.first()?;
    let told: Vec<_> = own.iter().map(|lack| lack.told(ours(&lack.by))).collect();
    let message = format!("`{}` wants {}", node.path(), told.join(", and "));
    let fault = match (node.site(), &first.by) {
        // A layer that brings an older library breaks the base's program.
        (None, Some(by)) => Fault::at(by, message).help("bring a version no older than the base's"),
        _ => Fault::at(node, message).help(help(subject, node, first)),
    };
    let doubt =
        may_be_replaced(subject, first).then_some("a step or a package of a layer may bring a newer one");
    Some(fault.doubted(doubt))
}

impl Lack<'_> {
    fn told(&self, ours: bool) -> String {
        let wanted: Vec<_> = self.wanted.iter().map(|version| format!("`{version}`")).collect();
        let owner = if ours { "the layers'" } else { "the base's" };
        let Self { library, .. } = self;
        let has = match self.highest() {
            Some(highest) => format!("has up to `{highest}`"),
            None => "has no such versions".to_owned(),
        };
        format!("{} of {owner} `{library}`, which {has}", wanted.join(", "))
    }

    /// The highest version of the wanted one's family that the library defines.
    fn highest(&self) -> Option<&str> {
        let family = family(self.wanted.first()?);
        let same = self.defined.iter().filter(|version| self::family(version) == family);
        let numbered = same.filter_map(|version| Some((number(version)?, version.as_str())));
        numbered.max().map(|(_, version)| version)
    }
}

fn help(subject: &Subject<'_>, node: &Node<'_>, lack: &Lack<'_>) -> String {
    let target = subject.architecture().target();
    let glibc = lack.highest().and_then(|version| version.strip_prefix("GLIBC_"));
    let Some(glibc) = glibc else {
        return "build it in a stage of the image, or against libraries no newer than the base's".to_owned();
    };
    let musl = target.replace("-gnu", "-musl");
    let musl = match node.origin() {
        Some(Origin::Artefact(artefact)) => format!("`.bin(Bin::new({:?}).target({musl:?}))`", artefact.bin),
        _ => format!("`--target {musl}`"),
    };
    format!(
        "build it in a stage of the image, by `cargo zigbuild --target {target}.{glibc}`, or without glibc: {musl}"
    )
}

/// Whether a step of the build may bring a newer library. Packages bring what is missing, and replace what
/// is there only where they are named.
fn may_be_replaced(subject: &Subject<'_>, lack: &Lack<'_>) -> bool {
    let stem = lack.library.split(['.', '-', '_']).next().unwrap_or_default();
    let glibc = matches!(lack.library, "libm.so.6" | "libpthread.so.0" | "libdl.so.2" | "librt.so.1")
        || stem == "libc"
        || stem == "ld";
    let replaces = |layer: &PlannedLayer| {
        let named = |package: &String| package.starts_with(if glibc { "glibc" } else { stem });
        let changes = |transaction: &Transaction| {
            let swapped = transaction.swap.iter().any(|(_, to)| named(to));
            swapped || transaction.install.iter().chain(transaction.rpm_files.keys()).any(named)
        };
        !layer.runs.is_empty() || layer.transaction.as_ref().is_some_and(changes)
    };
    lack.by.as_ref().is_none_or(|by| by.site().is_none())
        && subject.plan.layers.iter().any(|layer| replaces(layer))
}

/// `GLIBC` of `GLIBC_2.39`.
fn family(version: &str) -> &str {
    version.split_once('_').map_or(version, |(family, _)| family)
}

/// 2, 39 of `GLIBC_2.39`; none of `GLIBC_PRIVATE`.
fn number(version: &str) -> Option<Vec<u32>> {
    version.split_once('_')?.1.split('.').map(|part| part.parse().ok()).collect()
}
