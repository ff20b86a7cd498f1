//! `ldconfig`: a library where the loader looks only by way of its cache, which nothing renews on the
//! device: `AutoSD` masks ldconfig.service, and elsewhere it runs only where the cache is missing.

use lapstrake::value::ImagePath;

use super::program::programs;
use super::search::SearchPath;
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "ldconfig",
    "the loader knows directories of ld.so.conf by its cache alone, and ldconfig.service does not run on the device",
    check,
)
.of_input_files()
.shown(Example::Words {
    faulty: "A library in `/usr/local/lib`, which `/etc/ld.so.conf.d/local.conf` names",
    fixed: "Put it into `/usr/lib64`, or add `.run([\"ldconfig\"])` to its layer",
});

const CACHE: &str = "/etc/ld.so.cache";
const SERVICE: &str = "ldconfig.service";

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut search = None;
    let mut faults = Vec::new();
    for program in programs(subject) {
        let node = program.node;
        let name = node.path().file_name();
        let is_library = (name.starts_with("lib") || name.starts_with("ld-")) && name.contains(".so");
        let judged = is_library && program.elf.kind == 3 && program.root.is_outermost();
        let Some(directory) = node.path().parent().filter(|_| judged) else { continue };
        let search = search.get_or_insert_with(|| SearchPath::of(&program.root, subject.architecture()));
        let soname = program.elf.soname.as_deref().unwrap_or(name);
        let known = [name, soname].iter().any(|name| in_base(subject, &directory, name));
        if search.needs_ldconfig(&directory) && !known && !renewed(subject, &node) {
            let built_in = search.built_in.last().map_or("/usr/lib64", ImagePath::as_str);
            let message =
                format!("`{}` is not found before `ldconfig` has run, and nothing runs it", node.path());
            let help = format!("put it into `{built_in}`, or add `.run([\"ldconfig\"])` to the layer");
            faults.push(Fault::at(&node, message).help(help));
        }
    }
    faults
}

/// The base's cache has the name already.
fn in_base(subject: &Subject<'_>, directory: &ImagePath, name: &str) -> bool {
    directory.join(name).is_ok_and(|path| subject.base.index.tree().get(&path).is_some())
}

/// Whether a step of the build renews the cache once the library is there, or the device does.
fn renewed(subject: &Subject<'_>, node: &Node<'_>) -> bool {
    let own = node.layer().map(|layer| &layer.name);
    let later = subject.plan.layers.iter().skip_while(|layer| Some(&layer.name) != own);
    let mut runs = later.flat_map(|layer| &layer.runs).flat_map(|run| &run.argv);
    let tree = subject.tree();
    let service = ["/etc/systemd/system", "/usr/lib/systemd/system"]
        .iter()
        .find_map(|directory| tree.get(&format!("{directory}/{SERVICE}")));
    // ConditionFileNotEmpty=|!/etc/ld.so.cache
    let at_boot = tree.get(CACHE).is_none() && service.is_some_and(|unit| unit.is_file());
    at_boot || runs.any(|argument| argument.contains("ldconfig"))
}
