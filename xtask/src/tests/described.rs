//! Random descriptions that are legal on the hostile base: what a user could write, with the names and
//! the modes that break things.

mod device;
pub(super) mod system;

use std::collections::BTreeSet;

use lapstrake::entry::{
    Copied, Dir, Edit, Embedded, EntryKind, EntryRef, EnvironmentFile, File, Motd, Qm, Quadlet, Remove,
    Symlink, Tree,
};
use lapstrake::{Base, BuildStage, Image, Layer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use lapstrake_oci::Digest;

use super::hostile::{DIRECTORIES, REMOVABLE};

/// Sources that every workshop of these descriptions has.
const SOURCES: [(&str, &[u8]); 8] = [
    ("deploy/template", b"name = @NAME@@NAME@ \xc3\xa9\n"),
    ("deploy/small", b"small\n"),
    ("deploy/tree/a", b"a\n"),
    ("deploy/tree/sub/b", b"b\n"),
    ("deploy/tree/sub/c d", b"c\n"),
    ("deploy/empty", b""),
    ("deploy/radio.container", b"[Container]\nImage=registry.example/radio\n"),
    ("deploy/player.service", b"[Service]\nExecStart=/usr/bin/player\n"),
];

/// What a server would have. The cache has it already.
pub(super) const DOWNLOADED: &[u8] = b"downloaded\n\0\xff";

/// Returns the sources of all entries.
pub(super) fn sources() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    SOURCES.into_iter().chain(system::SOURCES).chain(device::SOURCES)
}

/// An archive that every workshop of these descriptions has in its cache.
pub(super) const ARCHIVE: &[u8] = include_bytes!("../../fuzz/corpus/archive/gnu.tar.gz");

/// Other names of sources.
pub(super) const LINKS: [(&str, &str); 2] =
    [("deploy/tree/a", "deploy/tree/sub/a"), ("deploy/tree/a", "deploy/tree/z")];

/// Layers, each with some entries.
pub(super) fn layers() -> impl Strategy<Value = Vec<Vec<EntryKind>>> {
    vec(vec(entry(), 1..7), 1..5)
}

/// Labels that a Containerfile can say.
pub(super) fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    vec(("[a-z]{1,4}(\\.[a-z]{1,4})?", "[ -~é$\"'\\\\]{0,12}"), 0..4)
}

/// What an image states for its containers.
#[derive(Debug, Clone)]
pub(super) enum Stated {
    Env(String, String),
    Workdir(&'static str),
    User(&'static str),
    Entrypoint(Vec<String>),
    Cmd(Vec<String>),
    StopSignal(&'static str),
}

/// What an image states for its containers, in any order.
pub(super) fn execution() -> impl Strategy<Value = Vec<Stated>> {
    let argv = || vec("[ -~é\n\t$\"'\\\\]{0,12}", 0..3);
    let one = prop_oneof![
        3 => ("(LANG|PATH|[A-C]_?[0-9]?)", "[ -~é$\"'\\\\]{0,12}").prop_map(|(name, value)| Stated::Env(name, value)),
        1 => proptest::sample::select(&DIRECTORIES[..]).prop_map(Stated::Workdir),
        1 => prop_oneof![Just("0"), Just("app"), Just("33:998"), Just("no.such:grp")].prop_map(Stated::User),
        1 => argv().prop_map(Stated::Entrypoint),
        1 => argv().prop_map(Stated::Cmd),
        1 => prop_oneof![Just("SIGTERM"), Just("15"), Just("SIGRTMIN+3"), Just("usr1")].prop_map(Stated::StopSignal),
    ];
    vec(one, 0..5)
}

/// Returns the image with those statements that `accepts` it with.
pub(super) fn stated(image: Image, stated: &[Stated], accepts: impl Fn(&Image) -> bool) -> Image {
    stated.iter().fold(image, |image, stated| {
        let more = image.clone();
        let more = match stated {
            Stated::Env(name, value) => more.env(name.as_str(), value.as_str()),
            Stated::Workdir(path) => more.workdir(*path),
            Stated::User(user) => more.user(*user),
            Stated::Entrypoint(argv) => more.entrypoint(argv.clone()),
            Stated::Cmd(argv) => more.cmd(argv.clone()),
            Stated::StopSignal(signal) => more.stop_signal(*signal),
        };
        if accepts(&more) { more } else { image }
    })
}

/// The image of some layers, of those entries that `accepts` an image with.
pub(super) fn image(
    name: &'static str,
    layers: &[Vec<EntryKind>],
    labels: &[(String, String)],
    accepts: impl Fn(&Image) -> bool,
) -> Image {
    let empty = || Image::new(name, Base::stand_in());
    let mut image = labels.iter().fold(empty(), |image, (key, value)| image.label(key, value.as_str()));
    for (index, entries) in layers.iter().enumerate() {
        let mut layer = Layer::new(format!("layer-{index}"));
        for entry in entries {
            let more = layer.clone().with(entry.clone());
            if accepts(&image.clone().layer(more.clone())) {
                layer = more;
            }
        }
        if !layer.entries.is_empty() {
            image = image.layer(layer);
        }
    }
    image
}

fn entry() -> impl Strategy<Value = EntryKind> {
    prop_oneof![
        4 => (path(), "[ -~\n]{0,40}", mode(), owner(), capability()).prop_map(|(at, text, mode, owner, capability)| {
            let file = File::text(text, at).mode(mode).owner(owner);
            match capability {
                Some(capability) => file.capability(capability).into(),
                None => file.into(),
            }
        }),
        2 => (path(), prop_oneof![Just("deploy/small"), Just("deploy/empty")])
            .prop_map(|(at, source)| File::new(source, at).into()),
        2 => (path(), mode(), owner()).prop_map(|(at, mode, owner)| Dir::new(at).mode(mode).owner(owner).into()),
        1 => path().prop_map(|at| Dir::new(at).into()),
        2 => (path(), target(), owner()).prop_map(|(at, target, owner)| Symlink::to(target, at).owner(owner).into()),
        1 => path().prop_map(|at| Tree::new("deploy/tree", at).into()),
        1 => (path(), proptest::sample::select(&EXCLUDES[..]))
            .prop_map(|(at, pattern)| Tree::new("deploy/tree", at).exclude(pattern).into()),
        1 => (path(), proptest::sample::select(&EXCLUDES[..]), mode(), owner()).prop_map(|(at, pattern, mode, owner)| {
            Tree::new("deploy/tree", at).mode_of(pattern, mode).owner_of(pattern, owner).into()
        }),
        1 => (path(), 0_usize..3, proptest::sample::select(&ARCHIVED[..]), any::<bool>(), mode(), owner()).prop_map(
            |(at, stripped, pattern, is_only, mode, owner)| {
                let tree = Tree::fetched("https://files.example/tool", Digest::of(ARCHIVE).to_string(), at);
                let tree = tree.strip_components(stripped).mode_of(pattern, mode).owner_of(pattern, owner);
                if is_only { tree.only(pattern).into() } else { tree.exclude("README").into() }
            },
        ),
        2 => (proptest::sample::select(&EDITED[..]), "[ -~\n]{0,20}")
            .prop_map(|(at, text)| Edit::of(at).append(text).into()),
        1 => (path(), "[a-c@\n]{0,20}", mode()).prop_map(|(at, value, mode)| {
            File::template("deploy/template", [("@NAME@", value)], at).mode(mode).into()
        }),
        2 => (source(), path(), any::<bool>()).prop_map(|(from, at, is_renamed)| {
            if is_renamed { Copied::renamed(from, at).into() } else { Copied::of(from, at).into() }
        }),
        1 => quadlet(),
        6 => device::entry(),
        1 => qm(),
        1 => system::context(),
        1 => (path(), mode(), owner()).prop_map(|(at, mode, owner)| {
            let digest = Digest::of(DOWNLOADED).to_string();
            File::fetched("https://files.example/k3s", digest, at).mode(mode).owner(owner).into()
        }),
        1 => (path(), "([A-C]_?[0-9]?='[ -&(-~]{0,20}'\n){0,3}", mode(), owner()).prop_map(|(at, text, mode, owner)| {
            EnvironmentFile::text(text, at).mode(mode).owner(owner).into()
        }),
        1 => "[!-~][ -~\n]{0,40}".prop_map(|text| Motd::new(text).into()),
        3 => proptest::sample::select(&REMOVABLE[..]).prop_map(|path| Remove::new(path).into()),
        1 => (proptest::sample::select(&TAKEN_FILES[..]), path(), mode())
            .prop_map(|(from, at, mode)| File::from_stage(other(), from, at).mode(mode).into()),
        1 => "[a-b]".prop_map(|name| {
            Embedded::of(Base::oci("base:hostile")).named(format!("localhost/{name}:1")).into()
        }),
        1 => (proptest::sample::select(&TAKEN_TREES[..]), path(), proptest::sample::select(&EXCLUDES[..]))
            .prop_map(|(from, at, pattern)| Tree::from_stage(other(), from, at).exclude(pattern).into()),
    ]
}

/// A quadlet of any kind, some with the link by which bootc pulls its image.
fn quadlet() -> impl Strategy<Value = EntryKind> {
    let kind = proptest::sample::select(&["container", "image", "volume", "network", "pod", "build"][..]);
    let text = ("[a-c]{1,2}(@|-x)?", kind, "[ -~\n]{0,40}")
        .prop_map(|(name, kind, text)| Quadlet::text(format!("{name}.{kind}"), text));
    let file =
        "[a-c]".prop_map(|name| Quadlet::file("deploy/radio.container").named(format!("{name}.container")));
    (prop_oneof![3 => text, 1 => file], mode(), any::<bool>()).prop_map(|(quadlet, mode, is_bound)| {
        let quadlet = quadlet.mode(mode);
        if is_bound { quadlet.bound().into() } else { quadlet.into() }
    })
}

/// An entry for the QM partition, whose `/etc` is elsewhere.
fn qm() -> impl Strategy<Value = EntryKind> {
    let directory = proptest::sample::select(&["/etc", "/usr/share", "/usr/lib/a b"][..]);
    let one = prop_oneof![
        (directory, name(), "[ -~\n]{0,40}", mode()).prop_map(|(directory, name, text, mode)| {
            Qm::new().with(File::text(text, format!("{directory}/{name}")).mode(mode))
        }),
        name().prop_map(|name| Qm::new().file("deploy/small", format!("/usr/bin/{name}"))),
        Just(Qm::new().unit("deploy/player.service")),
        "[a-c]{1,2}".prop_map(|name| Qm::new().enable(format!("{name}.service"), "multi-user.target")),
        Just(Qm::new().quadlet("deploy/radio.container")),
        "[1-9][0-9]?[KMG]".prop_map(|limit| Qm::new().memory_max(limit)),
        (1_u32..10_000).prop_map(|weight| Qm::new().cpu_weight(weight)),
    ];
    one.prop_map(|mut qm| qm.entries.remove(0))
}

/// Another image, which is the base by chance.
fn other() -> BuildStage {
    BuildStage::on(Base::oci("base:hostile"))
}

/// Of the other image, through symlinks too.
const TAKEN_FILES: [&str; 4] =
    ["/bin/hard", "/usr/lib/a name with spaces/file", "/etc/quo\"te'd", "/usr/bin/sh"];
const TAKEN_TREES: [&str; 4] = ["/usr/share/doc", "/usr/lib", "/bin", "/usr/share/opaque"];

/// Text files of the base, and of the layers.
const EDITED: [&str; 6] = [
    "/usr/share/plain",
    "/etc/quo\"te'd",
    "/usr/lib/a name with spaces/file",
    "/usr/share/opaque/shown",
    "/usr/bin/a",
    "/bin/b",
];

/// What an entry copies or moves: of the base, through symlinks too, and of the layers.
fn source() -> impl Strategy<Value = String> {
    let of_base = [
        "/bin",
        "/bin/sh",
        "/usr/lib",
        "/usr/share/null",
        "/usr/share/noted",
        "/usr/share/opaque/shown",
        "/etc/passwd",
        "/srv/shared",
    ];
    let of_base = proptest::sample::select(of_base.to_vec()).prop_map(str::to_owned);
    prop_oneof![2 => of_base, 2 => proptest::sample::select(&REMOVABLE[..]).prop_map(str::to_owned), 1 => path()]
}

/// Patterns of which each leaves something out of `deploy/tree`, or nothing.
const EXCLUDES: [&str; 6] = ["a", "sub", "**/b", "sub/*", "/b", "c ?"];

/// Patterns of what is in the archive.
const ARCHIVED: [&str; 5] = ["bin/*", "tool", "tool-1.2", "**/system/*", "t"];

fn path() -> impl Strategy<Value = String> {
    let directory = proptest::sample::select(&DIRECTORIES[..]).prop_map(str::to_owned);
    let removed = proptest::sample::select(&REMOVABLE[..]).prop_map(str::to_owned);
    prop_oneof![
        6 => (directory, name()).prop_map(|(directory, name)| format!("{directory}/{name}")),
        1 => removed,
        1 => (name(), name()).prop_map(|(directory, name)| format!("/usr/{directory}/{name}")),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let odd = "[-#$\\\\\"'`*?\\[\\] a\n\té✓=,:;&|<>(){}!~%@+^]{1,10}";
    let names = prop_oneof![3 => "[a-d]", 4 => odd, 1 => "[a-z]{120,200}", 1 => "é{60}"];
    names.prop_filter("a name of its own", |name| name != "." && name != ".." && !name.starts_with(".wh."))
}

fn mode() -> impl Strategy<Value = String> {
    prop_oneof![Just(0o644_u32), Just(0o755), 0_u32..=0o7777].prop_map(|mode| format!("{mode:04o}"))
}

fn owner() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![3 => Just((0, 0)), 1 => Just((33, 998)), 1 => (0_u32..3_000_000, 0_u32..3_000_000)]
}

fn capability() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some("cap_net_raw=ep")),
        1 => Just(Some("cap_net_bind_service,cap_checkpoint_restore=eip")),
    ]
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![Just("../lib".to_owned()), Just("/nowhere".to_owned()), name(), "[a-z/]{101,180}"]
}

/// The kinds that have tests of their own beside podman: what cargo compiles, and what a real dnf installs.
const ELSEWHERE: [&str; 2] = ["Bin", "Packages"];

macro_rules! kinds {
    ($($kind:ident)*) => {
        const KINDS: &[&str] = &[$(stringify!($kind)),*];

        /// The compiler finds a kind that is missing in the list.
        fn kind(entry: &EntryKind) -> &'static str {
            match EntryRef::of(entry) {
                $(EntryRef::$kind(_) => stringify!($kind),)*
            }
        }
    };
}
kinds!(Bin CaCertificate Conf Copied Dir DropIn Edit Embedded EnvironmentFile File Group HealthCheck Kargs Kmod Motd
    Packages Quadlet Remove Run Selinux Symlink Sysusers Tmpfiles Tree Unit UnitState User Zone);

#[test]
fn random_descriptions_have_every_kind_of_entry_and_it_is_accepted() {
    let mut runner = TestRunner::deterministic();
    let mut some = |strategy: BoxedStrategy<Vec<EntryKind>>| {
        vec(strategy, 400).new_tree(&mut runner).unwrap().current().into_iter().flatten()
    };
    let entries = some(entry().prop_map(|entry| vec![entry]).boxed());
    let running = some(system::running().prop_map(|groups| groups.concat()).boxed());
    let workshop = super::equivalence::workshop();
    let is_accepted = |entry: &EntryKind| {
        let layer = Layer::new("alone").with(entry.clone());
        workshop.accepts(&Image::new("alone", Base::stand_in()).layer(layer))
    };
    let accepted = entries.chain(running).filter(is_accepted);
    let found: BTreeSet<_> = accepted.map(|entry| kind(&entry)).collect();
    let missing: Vec<_> =
        KINDS.iter().filter(|kind| !found.contains(*kind) && !ELSEWHERE.contains(kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
