//! `unsigned-module`: kernel modules without a signature, in an image whose kernel loads no others. Secure Boot may ask for
//! signatures, too; that is known on the device alone.

use lapstrake::Site;

use crate::check::kargs::of_device;
use crate::check::{Check, Example, Fault, Node, Subject};
use crate::support::small_map::SmallMap;

pub(super) const CHECK: Check = Check::fatal(
    "unsigned-module",
    "a kernel that demands signatures refuses a module without one with `Key was rejected by service`",
    check,
)
.of_input_files()
.shown(Example::Words {
    faulty: "`Kmod::file(\"vendor/gnss.ko\")` without a signature, with `.kargs(\"10-modules\", [\"module.sig_enforce=1\"])` or on a kernel with `CONFIG_MODULE_SIG_FORCE=y`",
    fixed: "`Kmod::from_stage(stage, \"/src/gnss.ko\").signed(Secret::file(\"module-key\", \"secrets/modules.key\"), \"deploy/modules.pem\")`",
});

const MODULES: &str = "/usr/lib/modules";
/// What kmod reads.
const SUFFIXES: [&str; 3] = [".ko", ".ko.zst", ".ko.gz"];
const HELP: &str =
    "sign it: `Kmod::from_stage(…).signed(Secret::file(\"module-key\", …), \"deploy/modules.pem\")`";

/// What demands signatures of a kernel.
enum Demand<'a> {
    Argument(Node<'a>, String),
    Configuration(Node<'a>),
}

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    // A step that has not run may sign them.
    if subject.runs_unseen() {
        return Vec::new();
    }
    let argument = of_device(subject).into_iter().find(|(_, argument)| is_enforced(argument));
    let kernels = subject.tree().children(MODULES).filter(Node::is_directory);
    let demanding = kernels.filter_map(|kernel| Some((demand(subject, &kernel, argument.as_ref())?, kernel)));
    demanding.flat_map(|(demand, kernel)| faults(subject, &kernel, &demand)).collect()
}

/// Whether an argument sets the parameter, which nothing unsets again (`bool_enable_only`). The kernel takes `-` for `_`.
fn is_enforced(argument: &str) -> bool {
    let (name, value) = argument.split_once('=').unwrap_or((argument, "1"));
    let is_true =
        matches!(value.as_bytes(), [b'y' | b'Y' | b't' | b'T' | b'1', ..] | [b'o' | b'O', b'n' | b'N', ..]);
    name.replace('-', "_") == "module.sig_enforce" && is_true
}

/// Returns what demands signatures of a kernel, if it knows them at all.
fn demand<'a>(
    subject: &Subject<'a>,
    kernel: &Node<'_>,
    argument: Option<&(Node<'a>, String)>,
) -> Option<Demand<'a>> {
    let configuration = subject.tree().follow(&format!("{}/config", kernel.path()));
    let text = configuration.as_ref().and_then(Node::text);
    let has = |option: &str| text.is_some_and(|text| text.lines().any(|line| line == option));
    if has("CONFIG_MODULE_SIG_FORCE=y") {
        return configuration.map(Demand::Configuration);
    }
    let (node, argument) = argument.filter(|_| text.is_none() || has("CONFIG_MODULE_SIG=y"))?;
    Some(Demand::Argument(node.clone(), argument.clone()))
}

/// Returns a fault for each entry or step that brings modules without a signature.
fn faults(subject: &Subject<'_>, kernel: &Node<'_>, demand: &Demand<'_>) -> Vec<Fault> {
    let mut unsigned: SmallMap<Site, Vec<Node<'_>>> = SmallMap::new();
    for node in subject.tree().below(kernel.path().as_str()) {
        let Some(site) = node.site() else { continue };
        if SUFFIXES.iter().any(|suffix| node.ends_with(suffix)) && node.lacks_signature() {
            unsigned.or_default(site).push(node);
        }
    }
    let fault = |nodes: Vec<Node<'_>>| {
        let first = nodes.first()?;
        let more = match nodes.len() - 1 {
            0 => String::new(),
            1 => " like another module beside it,".to_owned(),
            more => format!(" like {more} others,"),
        };
        let by = match demand {
            Demand::Argument(node, argument) => format!("`{argument}` of `{}`", node.path()),
            Demand::Configuration(node) => format!("`CONFIG_MODULE_SIG_FORCE=y` of `{}`", node.path()),
        };
        let message =
            format!("`{}` has no signature,{more} and {by} makes the kernel refuse it", first.path());
        let fault = Fault::at(first, message).help(HELP).and_paths(&nodes);
        Some(match demand {
            Demand::Argument(node, _) => fault.also(node, "signatures are demanded here"),
            Demand::Configuration(_) => fault,
        })
    };
    unsigned.into_values().filter_map(fault).collect()
}
