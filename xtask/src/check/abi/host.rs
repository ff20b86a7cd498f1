//! The model of the loader against this machine's own loader: every file that the one picks, the other
//! picks, and what the one does not find, the other does not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use lapstrake::value::{Architecture, ImagePath};
use tempfile::TempDir;

use super::files::Files;
use super::loader::Loader;
use super::search::SearchPath;
use crate::base::{Elf, Library};
use lapstrake_oci::tree::Kind;

/// The files of this machine. A test ends soon; what it reads is never freed.
struct Host;

impl Files<'static> for Host {
    fn kind(&self, path: &ImagePath) -> Option<Kind<()>> {
        let kind = fs::symlink_metadata(path.as_str()).ok()?.file_type();
        if kind.is_symlink() {
            return Some(Kind::symlink(
                fs::read_link(path.as_str()).ok()?.into_os_string().into_string().ok()?,
            ));
        }
        Some(if kind.is_dir() { Kind::Directory } else { Kind::File(()) })
    }

    fn real(&self, path: &str) -> Option<ImagePath> {
        ImagePath::parse(fs::canonicalize(path).ok()?.to_str()?).ok()
    }

    fn elf(&self, path: &ImagePath) -> Option<&'static Elf> {
        Some(Box::leak(Box::new(Elf::parse(&fs::read(path.as_str()).ok()?)?)))
    }

    fn text(&self, path: &ImagePath) -> Option<&'static str> {
        Some(fs::read_to_string(path.as_str()).ok()?.leak())
    }

    fn names(&self, directory: &ImagePath) -> Vec<&'static str> {
        let entries = fs::read_dir(directory.as_str()).into_iter().flatten().flatten();
        let mut names: Vec<&str> =
            entries.filter_map(|entry| Some(&*entry.file_name().into_string().ok()?.leak())).collect();
        names.sort_unstable();
        names
    }
}

/// What is loaded with a program: each name with the file it stands for, none where it is not found.
type Picked = BTreeMap<String, Option<String>>;

/// This machine's glibc, or loudly nothing.
fn machine() -> Option<(Architecture, &'static str)> {
    let found = match Architecture::host() {
        Some(Architecture::Amd64) => Some((Architecture::Amd64, "/lib64/ld-linux-x86-64.so.2")),
        Some(Architecture::Arm64) => Some((Architecture::Arm64, "/lib/ld-linux-aarch64.so.1")),
        None => None,
    };
    let found = found.filter(|(_, loader)| Path::new(loader).exists());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "this machine has no glibc: under CI it must be there");
        eprintln!("\n*** SKIPPED, no loader of glibc on this machine ***\n");
    }
    found
}

/// What ld.so(8) itself says. The names with a slash it tells without an arrow.
fn told(loader: &str, program: &str) -> Picked {
    let mut command = Command::new(loader);
    command
        .arg(program)
        .env("LD_TRACE_LOADED_OBJECTS", "1")
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("LD_PRELOAD");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let real = |path: &str| Some(fs::canonicalize(path).ok()?.to_str()?.to_owned());
    text.lines()
        .filter_map(|line| {
            let (name, path) = line.trim().split_once(" => ")?;
            Some((name.to_owned(), real(path.split(" (0x").next()?)))
        })
        .collect()
}

fn modelled(architecture: Architecture, program: &str, names: impl Fn(&str) -> bool) -> Picked {
    let search = SearchPath::of(&Host, architecture);
    let loader = Loader { files: &Host, search: &search };
    let path = Host.real(program).unwrap();
    let loaded = loader.load(&path, Host.elf(&path).unwrap());
    let needed = loaded.objects.iter().filter_map(|object| object.elf).flat_map(|elf| &elf.needed);
    needed
        .filter(|name| names(name))
        .map(|name| (name.clone(), loaded.named(name).map(|object| object.path.to_string())))
        .collect()
}

#[test]
fn the_programs_of_this_machine_load_what_the_model_says() {
    let Some((architecture, loader)) = machine() else { return };
    let mut compared = 0;
    for entry in fs::read_dir("/usr/bin").unwrap().flatten() {
        let path = entry.path().canonicalize().unwrap_or_default();
        let facts = fs::read(&path).ok().and_then(|bytes| Elf::parse(&bytes));
        let dynamic = facts.is_some_and(|elf| elf.interpreter.as_deref() == Some(loader));
        if let (true, Some(path)) = (dynamic && compared < 150, path.to_str()) {
            let told = told(loader, path);
            // The loader itself it tells by its path alone.
            let modelled = modelled(architecture, path, |name| !name.starts_with("ld-linux"));
            assert_eq!(modelled, told, "{path}");
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} programs");
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const LIBRARIES: [&str; 5] = ["liba.so.1", "libb.so.1", "libc-own.so.1", "libd.so.1", "libe.so.1"];
const DIRECTORIES: [&str; 4] = ["bin", "lib", "lib/deep", "other"];

fn path_of(dice: &mut Dice, root: &str) -> Option<String> {
    let one = |dice: &mut Dice| {
        dice.one_of(&[
            "$ORIGIN",
            "$ORIGIN/../lib",
            "${ORIGIN}/../lib/deep",
            "$ORIGIN/../link",
            "/nowhere/$LIB:ROOT/other",
            "ROOT/lib/",
            "ROOT/no/../other",
            "",
            "ROOT/link/../other",
            "$ORIGINAL:$ORIGIN/deep",
        ])
        .replace("ROOT", root)
    };
    match dice.below(3) {
        0 => None,
        1 => Some(one(dice)),
        _ => Some(format!("{}:{}", one(dice), one(dice))),
    }
}

#[test]
fn search_paths_of_every_kind_lead_where_the_model_says() {
    let Some((architecture, loader)) = machine() else { return };
    let other = if architecture == Architecture::Amd64 { Architecture::Arm64 } else { Architecture::Amd64 };
    let mut dice = Dice(7);
    let (mut found, mut missing) = (0, 0);
    for _ in 0..200 {
        let place = TempDir::new().unwrap();
        let root = place.path().canonicalize().unwrap().to_str().unwrap().to_owned();
        for directory in DIRECTORIES {
            fs::create_dir_all(format!("{root}/{directory}")).unwrap();
        }
        symlink("lib/deep", format!("{root}/link")).unwrap();
        let write = |dice: &mut Dice, at: &str, soname: &str, on: Architecture| {
            let (rpath, runpath) = (path_of(dice, &root), path_of(dice, &root));
            let both = dice.below(2) == 0;
            let needed: BTreeSet<&str> =
                (0..2).map(|_| dice.one_of(&LIBRARIES)).filter(|name| *name != soname).collect();
            let needed: Vec<&str> = needed.into_iter().collect();
            let is_program = soname.is_empty();
            let file = Library {
                soname,
                needed: &needed,
                interpreter: is_program.then_some(loader),
                rpath: rpath.as_deref(),
                runpath: runpath.as_deref().filter(|_| both),
                ..Library::default()
            };
            fs::write(at, file.to_elf(on)).unwrap();
            fs::set_permissions(at, fs::Permissions::from_mode(0o755)).unwrap();
        };
        for name in LIBRARIES {
            for directory in DIRECTORIES {
                match dice.below(8) {
                    0..3 => write(&mut dice, &format!("{root}/{directory}/{name}"), name, architecture),
                    // For another processor: passed over.
                    3 => write(&mut dice, &format!("{root}/{directory}/{name}"), name, other),
                    4 => {
                        let target = format!("{root}/{directory}/{name}.0");
                        write(&mut dice, &target, name, architecture);
                        symlink(target, format!("{root}/{directory}/{name}")).unwrap();
                    }
                    _ => {}
                }
            }
        }
        let program = format!("{root}/bin/program");
        write(&mut dice, &program, "", architecture);
        let (told, modelled) = (told(loader, &program), modelled(architecture, &program, |_| true));
        found += told.values().flatten().count();
        missing += told.values().filter(|path| path.is_none()).count();
        if told != modelled {
            let kept = place.keep();
            panic!("in {}:\nld.so: {told:#?}\nmodel: {modelled:#?}", kept.display());
        }
    }
    assert!(found > 100 && missing > 100, "{found} found, {missing} missing");
}
