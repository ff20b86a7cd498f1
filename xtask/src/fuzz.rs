//! Gives a fuzzer the readers of bytes that anybody may have written. No input may make them panic, hang,
//! or use memory without bound. Each target reads its input as the tool does. The targets for files and
//! layers also run every check over an image that holds the input. Only `xtask/fuzz` and the test that
//! replays its corpus use this module.

use std::collections::HashSet;
use std::error::Error;
use std::io::Cursor;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::entry::{DropIn, Edit, File, Tree, Unit, Zone};
use lapstrake::value::{SysusersLine, TmpfilesLine};
use lapstrake::{Image, Layer, TransportRef};
use lapstrake_oci::{Blobs, Digest, import_archive};
use lapstrake_oci::{Descriptor, MediaType};
use serde_json::json;

use crate::base::{self, Base, BaseRequest, Cache, StandIn};
use crate::check::{self, Checks, Contents, Facts, Phase, Subject};
use crate::difference::Packages;
use crate::finding::{Look, Run, draw, sarif};
use crate::inputs::{keep_members, read_archive};
use crate::plan::{self, ArchiveMember, Builders, CargoOptions, Fetched};
use crate::project::cargo_flags::CargoFlags;
use crate::project::workspace::Workspace;
use crate::support::columns::Columns;
use crate::support::module_signature::ends_with_signature;
use crate::support::progress::{Colour, Progress, ProgressMode};
use crate::support::small_map::SmallMap;

/// A reader to fuzz.
#[derive(Debug)]
pub struct Target {
    /// The name of the target and of its folder in the corpus.
    pub name: &'static str,
    /// Reads one input.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 18] = [
    Target { name: "elf", run: elf },
    Target { name: "module", run: module },
    Target { name: "unit", run: unit },
    Target { name: "sysusers", run: sysusers },
    Target { name: "tmpfiles", run: tmpfiles },
    Target { name: "toml", run: toml },
    Target { name: "config", run: config },
    Target { name: "drop-in", run: drop_in },
    Target { name: "secret", run: secret },
    Target { name: "edit", run: edit },
    Target { name: "zone", run: zone },
    Target { name: "archive", run: archive },
    Target { name: "packages", run: packages },
    Target { name: "tar", run: tar },
    Target { name: "oci-index", run: oci_index },
    Target { name: "oci-manifest", run: oci_manifest },
    Target { name: "oci-config", run: oci_config },
    Target { name: "oci-archive", run: oci_archive },
];

/// The files of programs other than systemd.
const CONFIGS: [&str; 12] = [
    "/etc/build-info",
    "/etc/group",
    "/etc/gshadow",
    "/etc/ld.so.conf",
    "/etc/machine-id",
    "/etc/passwd",
    "/etc/selinux/config",
    "/etc/selinux/targeted/contexts/files/file_contexts",
    "/usr/lib/bootc-image-builder/disk.yaml",
    "/usr/lib/os-release",
    "/usr/lib/ostree/prepare-root.conf",
    "/usr/share/containers/systemd/fuzzed.container",
];

/// The files of drop-in directories that are read line by line.
const DROP_INS: [&str; 9] = [
    "/usr/lib/binfmt.d/fuzzed.conf",
    "/usr/lib/environment.d/fuzzed.conf",
    "/usr/lib/modules-load.d/fuzzed.conf",
    "/usr/lib/sysctl.d/fuzzed.conf",
    "/usr/lib/udev/rules.d/fuzzed.rules",
    "/etc/ssh/sshd_config.d/fuzzed.conf",
    "/etc/sudoers.d/fuzzed",
    "/usr/lib/systemd/system-preset/fuzzed.preset",
    "/usr/share/dbus-1/system.d/fuzzed.conf",
];

/// What is signed stays signed behind other bytes.
fn module(bytes: &[u8]) {
    if ends_with_signature(bytes) {
        assert!(ends_with_signature(&[b"module", bytes].concat()));
    }
}

fn elf(bytes: &[u8]) {
    let bench = Bench::get();
    bench.check(
        &image(Layer::new("fuzzed").with(File::text("", "/usr/bin/fuzzed").mode(0o755))),
        &bench.base,
        bytes,
    );
}

fn unit(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let unit = |name| Unit::text(name, text.clone()).enabled();
    let layer = Layer::new("fuzzed")
        .unit(unit("fuzzed.service"))
        .unit(unit("fuzzed@.service").instances(["one"]))
        .unit(unit("fuzzed.socket"))
        .unit(unit("fuzzed.timer"))
        .with(DropIn::text("fuzzed", text.clone(), "remote-fs.target"));
    check(layer);
}

fn packages(bytes: &[u8]) {
    drop(Packages::read(bytes));
}

fn sysusers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        if let Ok(parsed) = SysusersLine::parse(line) {
            assert_eq!(
                SysusersLine::parse(&parsed.to_string()).as_ref(),
                Ok(&parsed),
                "written as it is read"
            );
        }
    }
    check(Layer::new("fuzzed").text(text, "/usr/lib/sysusers.d/fuzzed.conf"));
}

fn tmpfiles(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        if let Ok(parsed) = TmpfilesLine::parse(line) {
            assert_eq!(
                TmpfilesLine::parse(&parsed.to_string()).as_ref(),
                Ok(&parsed),
                "written as it is read"
            );
        }
    }
    check(Layer::new("fuzzed").text(text, "/usr/lib/tmpfiles.d/fuzzed.conf"));
}

fn toml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let layer = Layer::new("fuzzed").text(text.clone(), "/usr/lib/bootc/kargs.d/fuzzed.toml");
    check(layer.text(text, "/usr/lib/bootc/install/fuzzed.toml"));
}

fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    check(CONFIGS.into_iter().fold(Layer::new("fuzzed"), |layer, path| layer.text(text.clone(), path)));
}

fn drop_in(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    check(DROP_INS.into_iter().fold(Layer::new("fuzzed"), |layer, path| layer.text(text.clone(), path)));
}

/// Looks for keys, tokens and passwords in a file of any kind, and in a member of an archive.
fn secret(bytes: &[u8]) {
    let bench = Bench::get();
    let names = ["/etc/fuzzed.pem", "/etc/fuzzed.p12", "/usr/share/fuzzed.zip"];
    let layer = names.into_iter().fold(Layer::new("fuzzed"), |layer, path| layer.text("", path));
    bench.check(&image(layer), &bench.base, bytes);
}

/// Makes each kind of change, each on a file of its own: one that does not fit ends its edit.
fn edit(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let sets = ["conf", "toml", "json"].into_iter().flat_map(|format| {
        let at = move |number: usize| Edit::of(format!("/etc/{number}.{format}"));
        [at(0).set("a", "b", "1"), at(1).set("", "b", "1"), at(2).set("a.b", "c", "true")]
    });
    let texts = [
        Edit::of("/etc/replace").replace("a", "b"),
        Edit::of("/etc/replace-all").replace_all("a", "aa"),
        Edit::of("/etc/insert").insert_after("[a]", "d = 1"),
        Edit::of("/etc/append").append("e"),
    ];
    let edits: Vec<Edit> = sets.chain(texts).collect();
    let below = edits.iter().fold(Layer::new("below"), |layer, edit| {
        layer.text(text.clone(), edit.at.get().expect("the paths are valid").clone())
    });
    let layer = edits.into_iter().fold(Layer::new("fuzzed"), Layer::with);
    let bench = Bench::get();
    bench.check(
        &Image::new("fuzzed", lapstrake::Base::stand_in()).layer(below).layer(layer),
        &bench.base,
        b"",
    );
}

/// Adds to the input as the vendor's zone.
fn zone(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let below = Layer::new("below")
        .text(text, "/usr/lib/firewalld/zones/public.xml")
        .text("", "/usr/lib/firewalld/services/http.xml");
    let zone = Zone::new("public").port("7447/tcp").service("http").source("10.0.0.0/8").masquerade();
    let zones = Layer::new("fuzzed").with(zone).default_zone("public");
    let bench = Bench::get();
    bench.check(
        &Image::new("fuzzed", lapstrake::Base::stand_in()).layer(below).layer(zones),
        &bench.base,
        b"",
    );
}

/// Reads an archive, takes its files out of it, and checks the image of two trees of it.
fn archive(bytes: &[u8]) {
    let (url, digest) = ("https://files.example/a", Digest::of(bytes));
    let size = bytes.len() as u64;
    let Ok(archive) = read_archive(Cursor::new(bytes), size) else { return };
    let files = archive.members.values().filter_map(|member| match member {
        ArchiveMember::File(file) => Some((file.size, file.digest.clone())),
        _ => None,
    });
    let files: HashSet<_> = files.collect();
    with_blobs(|blobs| {
        keep_members(Cursor::new(bytes), size, &files, blobs).expect("it was read before");
        assert!(files.iter().all(|(size, digest)| blobs.has(digest, *size)), "all files are kept");
    });
    let tree = |at| Tree::fetched(url, digest.to_string(), at);
    let trees =
        [tree("/"), tree("/usr").strip_components(1).mode_of("bin/*", 0o755), tree("/srv").only("bin")];
    for tree in trees {
        let shared = plan::Shared::default();
        let file = Fetched { url: url.to_owned(), digest: digest.clone() };
        shared.archives().add(file, Ok(archive.clone()));
        let bench = Bench::get();
        bench.check_in(&shared, &image(Layer::new("fuzzed").with(tree)), &bench.base, b"");
    }
}

fn tar(bytes: &[u8]) {
    let bench = Bench::get();
    // A layer that can be read is checked like any other base.
    if let Ok(index) = bench.stand_in.under(bytes) {
        let base = Base { index: index.into(), ..bench.base.clone() };
        bench.check(&image(Layer::new("fuzzed").text("", "/usr/share/fuzzed")), &base, b"");
    }
}

/// Reads the input as the `index.json` of a layout, and as an index that an `index.json` lists.
fn oci_index(bytes: &[u8]) {
    with_blobs(|blobs| {
        base::read_images(bytes, blobs);
        read_listed(MediaType::ImageIndex, bytes, blobs);
    });
}

fn oci_manifest(bytes: &[u8]) {
    with_blobs(|blobs| read_listed(MediaType::ImageManifest, bytes, blobs));
}

fn oci_config(bytes: &[u8]) {
    with_blobs(|blobs| {
        let config = stored(MediaType::ImageConfig, bytes, blobs);
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [] });
        read_listed(MediaType::ImageManifest, manifest.to_string().as_bytes(), blobs);
    });
}

/// Corrects the checksums of the input's headers first, so that a changed header is not refused for its
/// checksum alone.
fn oci_archive(bytes: &[u8]) {
    let mut tar = bytes.to_vec();
    for header in tar.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    with_blobs(|blobs| {
        if let Ok(index) = import_archive(tar.as_slice(), blobs) {
            base::read_images(&index, blobs);
        }
    });
}

/// Runs `read` on an empty store of blobs.
fn with_blobs(read: impl FnOnce(&Blobs)) {
    let directory = tempfile::tempdir().expect("a temporary directory can be created");
    let root = Utf8Path::from_path(directory.path()).expect("the temporary directory is UTF-8");
    read(&Blobs::open(root).expect("the temporary directory can be written"));
}

/// Reads the image whose document of that type is `bytes`.
fn read_listed(media_type: MediaType, bytes: &[u8], blobs: &Blobs) {
    let listed = stored(media_type, bytes, blobs);
    let index = json!({ "schemaVersion": 2, "manifests": [listed] });
    base::read_images(index.to_string().as_bytes(), blobs);
}

/// Stores a blob, and returns its descriptor.
fn stored(media_type: MediaType, bytes: &[u8], blobs: &Blobs) -> Descriptor {
    let (digest, size) = blobs.put(bytes).expect("the temporary directory can be written");
    Descriptor::new(media_type, size, &digest)
}

fn check(layer: Layer) {
    let bench = Bench::get();
    bench.check(&image(layer), &bench.base, b"");
}

fn image(layer: Layer) -> Image {
    Image::new("fuzzed", lapstrake::Base::stand_in()).layer(layer)
}

/// What does not change from one input to the next.
struct Bench {
    workspace: Workspace,
    base: Base,
    stand_in: StandIn,
    checks: Vec<check::Check>,
}

impl Bench {
    fn get() -> &'static Self {
        static BENCH: OnceLock<Bench> = OnceLock::new();
        BENCH.get_or_init(|| Self::set_up().unwrap_or_else(|error| panic!("nothing to fuzz on: {error}")))
    }

    fn set_up() -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let cache = Cache::at(
            Utf8Path::from_path(directory.path()).ok_or("a directory that is not UTF-8")?,
            &Progress::silent(),
        )?;
        let progress = Progress::new(ProgressMode::None, true, Colour::Never);
        let base = base::open(
            &TransportRef::StandIn,
            &TransportRef::StandIn,
            BaseRequest::default(),
            &cache,
            &progress,
        )?;
        let nowhere = Utf8PathBuf::from("/nowhere");
        let workspace = Workspace {
            target: nowhere.clone(),
            packages: SmallMap::new(),
            flags: CargoFlags::default(),
            root: nowhere,
        };
        Ok(Self { workspace, base, stand_in: StandIn::read()?, checks: Checks::default().all() })
    }

    /// Plans an image whose programs have the content `program`, runs every check over it, and draws the
    /// findings.
    fn check(&self, image: &Image, base: &Base, program: &[u8]) {
        self.check_in(&plan::Shared::default(), image, base, program);
    }

    /// The same, with what was read before.
    fn check_in(&self, shared: &plan::Shared, image: &Image, base: &Base, program: &[u8]) {
        let resolved = plan::resolve(
            image,
            &self.workspace,
            shared,
            base,
            &Builders::new(),
            &[],
            &CargoOptions::default(),
        );
        let mut findings = resolved.findings;
        if let Some(plan) = resolved.plan {
            let mut contents = Contents::of(&plan.layers);
            findings.extend(check::run(&self.checks, Phase::Tree, &Subject::new(&plan, base, &contents)));
            contents.learn(&plan.layers, &Facts::of(program));
            findings.extend(check::run(&self.checks, Phase::Inputs, &Subject::new(&plan, base, &contents)));
        }
        drop(draw(&findings, &self.workspace.root, Look { colour: true, columns: Columns::new(80) }));
        let rules: Vec<_> = self.checks.iter().map(check::Check::rule).collect();
        let root = &*self.workspace.root;
        drop(sarif(Run { findings: &findings, rules: &rules, complete: true, root, failure: None }));
    }
}
