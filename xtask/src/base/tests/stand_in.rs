//! The stand-in: the shape of a bootc image, the same for everyone.

use lapstrake::TransportRef;
use lapstrake::value::Architecture;

use super::fixture::{Place, open, path};
use crate::base::Base;
use crate::base::facts;
use lapstrake_oci::tree::Kind;

fn stand_in(architecture: Architecture) -> Base {
    open(&TransportRef::StandIn, Some(architecture), None, &Place::new().cache()).unwrap()
}

#[test]
fn it_has_the_shape_that_bootc_lints_for() {
    for architecture in [Architecture::Amd64, Architecture::Arm64] {
        let base = stand_in(architecture);
        let kind = |at: &str| base.index.tree().get(&path(at)).map(|entry| &entry.node.kind);
        for directory in
            ["/dev", "/proc", "/sys", "/run", "/tmp", "/var", "/boot", "/sysroot", "/usr/local", "/etc"]
        {
            assert_eq!(kind(directory), Some(&Kind::Directory), "{directory}");
        }
        for empty in ["/var", "/run", "/tmp", "/boot"] {
            assert_eq!(base.index.tree().children(&path(empty)).count(), 0, "{empty}");
        }
        assert_eq!(kind("/ostree"), Some(&Kind::symlink("sysroot/ostree")));
        assert_eq!(base.index.tree().get(&path("/tmp")).unwrap().node.metadata.mode.bits(), 0o1777);
        let kernels: Vec<_> =
            base.index.tree().walk().filter(|(path, _)| path.file_name() == "vmlinuz").collect();
        assert_eq!(kernels.len(), 1);
        assert_eq!(base.label("containers.bootc"), Some("1"));
        assert_eq!((base.architecture, base.layers.len(), base.index.is_sealed()), (architecture, 1, false));
        assert!(base.index.text(&path("/etc/os-release")).unwrap().contains("ID=lapstrake-stand-in\n"));
        assert!(base.index.text(&path("/etc/build-info")).unwrap().contains("IMAGE_MODE="));
        assert_eq!(
            base.index.tree().follow(&path("/usr/lib/systemd/system/default.target")).unwrap().file_name(),
            "multi-user.target"
        );
    }
}

#[test]
fn every_account_has_its_sysusers_line() {
    let base = stand_in(Architecture::Amd64);
    let text = |at: &str| base.index.text(&path(at)).unwrap();
    let sysusers = text("/usr/lib/sysusers.d/stand-in.conf");
    for (file, kind) in [("/etc/passwd", 'u'), ("/etc/group", 'g')] {
        for line in text(file).lines() {
            let fields: Vec<_> = line.split(':').collect();
            let (name, number) = (fields[0], fields[2]);
            let expected = if kind == 'u' {
                format!("u {name} {number}:{number} ")
            } else {
                format!("g {name} {number}")
            };
            assert!(sysusers.lines().any(|line| line.starts_with(&expected)), "{expected}");
        }
    }
}

#[test]
fn its_libraries_offer_what_a_program_asks_for() {
    for (architecture, linker, machine) in [
        (Architecture::Amd64, "/lib64/ld-linux-x86-64.so.2", 62),
        (Architecture::Arm64, "/lib/ld-linux-aarch64.so.1", 183),
    ] {
        let base = stand_in(architecture);
        let elf = |at: &str| {
            let at = base.index.tree().follow(&path(at)).unwrap();
            let found = base.index.tree().get(&at).unwrap_or_else(|| panic!("no {at}"));
            let elf = facts(&found.node.kind).and_then(|facts| facts.elf.clone());
            elf.unwrap_or_else(|| panic!("{at} has no facts"))
        };
        assert_eq!(elf(linker).machine, machine);
        for (library, version) in [
            ("libc.so.6", "GLIBC_2.39"),
            ("libc.so.6", "GLIBC_2.17"),
            ("libm.so.6", "GLIBC_2.29"),
            ("libgcc_s.so.1", "GCC_3.0"),
            ("libgcc_s.so.1", "GCC_14.0.0"),
            ("libpthread.so.0", "GLIBC_2.18"),
        ] {
            let facts = elf(&format!("/lib64/{library}"));
            assert_eq!(facts.soname.as_deref(), Some(library));
            assert!(facts.defined.contains(version), "{library} {version}: {facts:?}");
            assert!(!facts.defined.contains("GLIBC_2.40"));
        }
    }
}

#[test]
fn readelf_reads_its_libraries() {
    let Ok(version) = std::process::Command::new("readelf").arg("--version").output() else {
        assert!(std::env::var_os("CI").is_none(), "readelf is missing");
        eprintln!("skipped: readelf is missing");
        return;
    };
    assert!(version.status.success());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), crate::base::stand_in::libc()).unwrap();
    let output = std::process::Command::new("readelf")
        .env("LC_ALL", "C")
        .args(["-W", "-V", "-d", "-l", "-S"])
        .arg(file.path())
        .output()
        .unwrap();
    let (text, complaints) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(complaints, "");
    assert!(text.contains("Library soname: [libc.so.6]"), "{text}");
    assert!(text.contains("Name: GLIBC_2.2.5") && text.contains("Name: GLIBC_2.39"), "{text}");
    assert!(text.contains("Flags: BASE") && text.contains("(VERDEFNUM)"), "{text}");
}

#[test]
fn it_is_the_same_for_everyone() {
    for architecture in [Architecture::Amd64, Architecture::Arm64] {
        let (one, two) = (stand_in(architecture), stand_in(architecture));
        assert_eq!((one.digest, one.index), (two.digest, two.index));
    }
    assert_ne!(stand_in(Architecture::Amd64).digest, stand_in(Architecture::Arm64).digest);
}

#[test]
fn it_is_written_once_and_again_when_it_is_gone() {
    let place = Place::new();
    let first = open(&TransportRef::StandIn, Some(Architecture::Amd64), None, &place.cache()).unwrap();
    for (digest, _) in first.blobs() {
        std::fs::remove_file(place.cache().blobs().path(&digest)).unwrap();
        let again = open(&TransportRef::StandIn, Some(Architecture::Amd64), None, &place.cache()).unwrap();
        assert_eq!(again.digest, first.digest);
        assert!(place.cache().blobs().path(&digest).exists());
    }
}
