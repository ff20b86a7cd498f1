//! What of the layers' files is judged: what the kernel starts or the loader maps, and with what it is
//! loaded. Object files, firmware, debug information and the programs of other machines' are data.

use std::collections::BTreeSet;

use lapstrake::value::{Architecture, ImagePath};

use super::files::Root;
use super::loader::{Loaded, Loader};
use super::search::SearchPath;
use crate::base::Elf;
use crate::check::{Node, Subject};

/// What is in there is for other processors, or for no processor.
const DATA: [&str; 3] = ["/usr/lib/firmware/", "/usr/lib/modules/", "/usr/lib/debug/"];

/// A program or library that a layer brings.
pub(super) struct Program<'t, 'a> {
    pub(super) node: Node<'a>,
    pub(super) elf: &'a Elf,
    pub(super) root: Root<'t, 'a>,
    /// Its path in its root.
    pub(super) inside: ImagePath,
}

/// A program with what the loader maps for it.
pub(super) struct Linked<'t, 'a> {
    pub(super) program: Program<'t, 'a>,
    pub(super) loaded: Loaded<'a>,
}

/// The programs and libraries that the layers bring, sorted by path.
pub(super) fn programs<'t, 'a>(subject: &'t Subject<'a>) -> impl Iterator<Item = Program<'t, 'a>> {
    subject.tree().loadable().filter_map(|(node, elf)| {
        let is_data = DATA.iter().any(|directory| node.path().as_str().starts_with(directory));
        let program = !is_data && (node.is_executable() || (elf.kind == 3 && elf.interpreter.is_none()));
        let (root, inside) = Root::of(subject.tree(), node.path())?;
        program.then_some(Program { node: node.clone(), elf, root, inside })
    })
}

/// Those of the image's architecture that glibc's loader maps, each with what it is loaded with. A
/// library that one of the programs loads is judged there: what it finds depends on who loads it.
pub(super) fn linked<'t, 'a>(subject: &'t Subject<'a>) -> Vec<Linked<'t, 'a>> {
    let (libraries, programs): (Vec<_>, Vec<_>) = programs(subject)
        .filter(|program| program.is_for(subject.architecture()) && program.is_for_glibc())
        .partition(|program| program.elf.interpreter.is_none());
    let mut search = Searches::default();
    let mut linked = Vec::new();
    let mut judged = BTreeSet::new();
    for program in programs.into_iter().chain(libraries) {
        let path = program.node.path().as_str();
        if program.is_library() && judged.contains(path) {
            continue;
        }
        let loaded = search.of(&program.root, subject.architecture()).load(&program.inside, program.elf);
        judged.extend(loaded.objects.iter().map(|object| program.root.outside(&object.path)));
        linked.push(Linked { program, loaded });
    }
    linked
}

/// The search path of each root, read once.
#[derive(Default)]
struct Searches {
    outermost: Option<SearchPath>,
    inner: Option<SearchPath>,
}

impl Searches {
    fn of<'s, 'r, 't, 'a>(
        &'s mut self,
        root: &'r Root<'t, 'a>,
        architecture: Architecture,
    ) -> Loader<'r, 's, Root<'t, 'a>> {
        let known = if root.is_outermost() { &mut self.outermost } else { &mut self.inner };
        Loader { files: root, search: known.get_or_insert_with(|| SearchPath::of(root, architecture)) }
    }
}

impl Program<'_, '_> {
    /// Whether the machine that the image is for can run it.
    pub(super) fn is_for(&self, architecture: Architecture) -> bool {
        let machine = match architecture {
            Architecture::Amd64 => 62,
            Architecture::Arm64 => 183,
        };
        (self.elf.class, self.elf.data, self.elf.machine) == (2, 1, machine)
    }

    pub(super) fn is_library(&self) -> bool {
        self.elf.interpreter.is_none()
    }

    /// Another libc has another loader, with rules of its own.
    fn is_for_glibc(&self) -> bool {
        let name = |path: &String| path.rsplit('/').next().is_some_and(|name| name.starts_with("ld-linux"));
        self.elf.interpreter.as_ref().is_none_or(name)
    }
}
