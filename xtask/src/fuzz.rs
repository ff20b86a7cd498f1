//! What reads bytes that anybody may have written, as functions that a fuzzer can call: no input may
//! make them panic, hang, or use memory without bound. Each reads its input as the tool would, and runs
//! every check over an image that holds it. Only for `xtask/fuzz` and the test that replays its corpus.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::entry::{DropIn, File, Unit};
use lapstrake::value::{SysusersLine, TmpfilesLine};
use lapstrake::{Image, Layer, TransportRef};

use crate::base::{self, Base, Cache, Demand, StandIn};
use crate::check::{self, Checks, Contents, Facts, Stage, Subject};
use crate::finding::{draw, sarif};
use crate::plan::{self, Builders, CargoOptions};
use crate::progress::{Colour, Progress, ProgressMode};
use crate::source::Sources;
use crate::workspace::Workspace;

/// Something to fuzz.
#[derive(Debug)]
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Reads one input.
    pub run: fn(&[u8]),
}

/// Everything there is to fuzz.
pub const TARGETS: [Target; 7] = [
    Target { name: "elf", run: elf },
    Target { name: "unit", run: unit },
    Target { name: "sysusers", run: sysusers },
    Target { name: "tmpfiles", run: tmpfiles },
    Target { name: "toml", run: toml },
    Target { name: "config", run: config },
    Target { name: "tar", run: tar },
];

/// Other files that somebody else than systemd reads.
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

fn tar(bytes: &[u8]) {
    let bench = Bench::get();
    // What is refused is refused; a layer that can be read is a base like any other.
    if let Ok(index) = bench.stand_in.under(bytes) {
        let base = Base { index: index.into(), ..bench.base.clone() };
        bench.check(&image(Layer::new("fuzzed").text("", "/usr/share/fuzzed")), &base, b"");
    }
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
        let cache = Cache::at(Utf8Path::from_path(directory.path()).ok_or("a directory that is not UTF-8")?)?;
        let progress = Progress::new(ProgressMode::None, true, Colour::Never);
        let base =
            base::open(&TransportRef::StandIn, &TransportRef::StandIn, Demand::default(), &cache, &progress)?;
        let nowhere = Utf8PathBuf::from("/nowhere");
        let workspace = Workspace { target: nowhere.clone(), packages: BTreeMap::new(), root: nowhere };
        Ok(Self { workspace, base, stand_in: StandIn::read()?, checks: Checks::default().all() })
    }

    /// Plans an image, runs every check over it, its programs having those bytes, and shows what is found.
    fn check(&self, image: &Image, base: &Base, program: &[u8]) {
        let resolved = plan::resolve(
            image,
            &self.workspace,
            &Sources::new(),
            base,
            &Builders::new(),
            None,
            &CargoOptions::default(),
        );
        let mut findings = resolved.findings;
        if let Some(plan) = resolved.plan {
            let mut contents = Contents::of(&plan.layers);
            findings.extend(check::run(&self.checks, Stage::Tree, &Subject::new(&plan, base, &contents)));
            contents.learn(&plan.layers, &Facts::of(program));
            findings.extend(check::run(&self.checks, Stage::Staged, &Subject::new(&plan, base, &contents)));
        }
        drop(draw(&findings, &self.workspace.root, true));
        drop(sarif(&findings, &self.checks, true, &self.workspace.root));
    }
}
