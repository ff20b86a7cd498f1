use std::collections::BTreeSet;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::TransportRef;
use lapstrake::value::{Architecture, ImageName, LayerName};

use super::{Lock, Saved};
use crate::support::explain::Explain;
use lapstrake_oci::{AtomicFile, Digest};

const ON: Architecture = Architecture::Amd64;

fn workspace() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap().to_owned();
    (folder, root)
}

fn base(name: &str) -> TransportRef {
    format!("oci:{name}:tag").parse().unwrap()
}

fn pin(lock: &mut Lock, name: &str) {
    lock.set(&base(name), ON, &Digest::of(name.as_bytes()));
}

fn pinned(root: &Utf8Path, name: &str) -> Option<Digest> {
    Lock::read(root).unwrap().pin(&base(name), ON).cloned()
}

#[test]
fn two_builds_that_pin_at_once_keep_both_pins() {
    let (_folder, root) = workspace();
    let [mut one, mut two] = [(); 2].map(|()| Lock::read(&root).unwrap());
    pin(&mut one, "one");
    pin(&mut two, "two");
    let names = |layer: &str| (ImageName::parse("image").unwrap(), LayerName::parse(layer).unwrap());
    let asked = BTreeSet::from(["vim".to_owned()]);
    for (lock, layer) in [(&mut one, "one"), (&mut two, "two")] {
        let (image, layer) = names(layer);
        lock.set_packages(&image, &layer, ON, asked.clone(), asked.clone());
    }
    assert_eq!(one.save(false).unwrap(), Saved::New);
    assert_eq!(two.save(false).unwrap(), Saved::Updated);
    for name in ["one", "two"] {
        assert_eq!(pinned(&root, name), Some(Digest::of(name.as_bytes())), "{name}");
        let (image, layer) = names(name);
        assert_eq!(Lock::read(&root).unwrap().packages(&image, &layer, ON, &asked), Some(&asked));
    }
}

#[test]
fn many_builds_that_pin_at_once_lose_no_pin() {
    let (_folder, root) = workspace();
    let names: Vec<_> = (0..24).map(|number| format!("base-{number}")).collect();
    let together = std::sync::Barrier::new(names.len());
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| {
                let mut lock = Lock::read(&root).unwrap();
                together.wait();
                pin(&mut lock, name);
                lock.save(false).unwrap();
            });
        }
    });
    let lost: Vec<_> = names.iter().filter(|name| pinned(&root, name).is_none()).collect();
    assert_eq!(lost, Vec::<&String>::new());
}

#[test]
fn a_pin_that_one_build_drops_does_not_come_back_and_one_that_another_sets_stays() {
    let (_folder, root) = workspace();
    let mut first = Lock::read(&root).unwrap();
    pin(&mut first, "old");
    first.save(false).unwrap();
    let [mut drops, mut adds] = [(); 2].map(|()| Lock::read(&root).unwrap());
    drops.retain(&[]);
    pin(&mut adds, "new");
    adds.save(false).unwrap();
    drops.save(false).unwrap();
    assert_eq!((pinned(&root, "old"), pinned(&root, "new").is_some()), (None, true));
    // The process that dropped it has nothing more to say.
    let text = fs::read_to_string(root.join("lapstrake.lock")).unwrap();
    assert_eq!(drops.save(false).unwrap(), Saved::Unchanged);
    assert_eq!(fs::read_to_string(root.join("lapstrake.lock")).unwrap(), text);
}

#[test]
fn what_a_killed_writer_left_is_removed_and_what_a_living_one_writes_is_not() {
    let (_folder, root) = workspace();
    let debris = root.join(AtomicFile::prefix("lapstrake.lock") + "Ab12");
    let leave = || fs::write(&debris, "version").unwrap();
    leave();
    let mut lock = Lock::read(&root).unwrap();
    let living = fs::File::open(&root).unwrap();
    living.lock().unwrap();
    assert_eq!(lock.save(false).unwrap(), Saved::Unchanged);
    assert!(debris.exists(), "another process writes");
    drop(living);
    lock.save(false).unwrap();
    assert!(!debris.exists(), "nobody writes");
    leave();
    pin(&mut lock, "base");
    lock.save(false).unwrap();
    assert!(!debris.exists());
    assert!(pinned(&root, "base").is_some());
}

#[test]
fn a_fifo_a_directory_and_a_device_in_the_place_of_the_lockfile_are_errors_at_once() {
    let fifo = |path: &Utf8Path| {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let directory = |path: &Utf8Path| fs::create_dir(path).unwrap();
    let endless = |path: &Utf8Path| std::os::unix::fs::symlink("/dev/zero", path).unwrap();
    let huge = |path: &Utf8Path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap();
    let all: [fn(&Utf8Path); 4] = [fifo, directory, endless, huge];
    for put in all {
        let (_folder, root) = workspace();
        let path = root.join("lapstrake.lock");
        put(&path);
        let error = Lock::read(&root).unwrap_err();
        assert_eq!(error.to_string(), format!("`{path}` can't be read"));
        assert!(error.help().unwrap().starts_with("restore it with `git checkout lapstrake.lock`"));
    }
}
