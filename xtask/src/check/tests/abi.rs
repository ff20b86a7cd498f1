//! The ABI gate: programs against the loader of the stand-in, which has glibc 2.39. How the loader
//! searches is tested against this machine's own, beside its model.

use lapstrake::entry::File;
use lapstrake::value::Architecture;
use tar::EntryType;

use super::*;
use crate::base::{Library, Wanted};
use crate::finding::Severity;
use crate::project::cargo_flags::CargoFlags;
use crate::project::workspace::Package;

const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";

fn program<'a>() -> Library<'a> {
    Library { interpreter: Some(LOADER), needed: &["libc.so.6"], ..Library::default() }
}

fn library<'a>(soname: &'a str, needed: &'a [&'a str]) -> Library<'a> {
    Library { soname, needed, ..Library::default() }
}

fn bytes(library: &Library<'_>) -> Vec<u8> {
    library.to_elf(Architecture::Amd64)
}

/// The gate's findings in an image of those files, on the stand-in with one more layer below.
fn findings(below: Tar, layer: Layer, files: &[(&str, Vec<u8>)]) -> Vec<Finding> {
    let workshop = Workshop::on_stand_in_and(below.end());
    let lay = |layer: Layer, (number, (at, bytes)): (usize, &(&str, Vec<u8>))| {
        let source = format!("files/{number}");
        workshop.source(&source, bytes);
        layer.with(File::new(source.as_str(), *at).mode(0o755))
    };
    let layer = files.iter().enumerate().fold(layer, lay);
    let ours = |finding: &Finding| finding.name.starts_with("elf-") || finding.name == "ldconfig";
    workshop.check(&image(layer)).into_iter().filter(ours).collect()
}

/// Those of one name.
fn gate(name: &str, below: Tar, layer: Layer, files: &[(&str, Vec<u8>)]) -> Vec<Finding> {
    findings(below, layer, files).into_iter().filter(|finding| finding.name == name).collect()
}

fn of(name: &str, files: &[(&str, Vec<u8>)]) -> Vec<Finding> {
    gate(name, Tar::new(), Layer::new("app"), files)
}

fn all(files: &[(&str, Vec<u8>)]) -> Vec<Finding> {
    findings(Tar::new(), Layer::new("app"), files)
}

fn one(found: Vec<Finding>) -> Finding {
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().unwrap()
}

#[test]
fn a_program_for_the_base_passes() {
    let wanted = [Wanted { library: "libc.so.6", version: "GLIBC_2.39", weak: false }];
    let fine = Library { required: &wanted, needed: &["libgcc_s.so.1", "libc.so.6"], ..program() };
    assert_eq!(all(&[("/usr/bin/sensord", bytes(&fine))]), []);
}

#[test]
fn this_very_test_and_a_static_busybox_are_read_as_they_are() {
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let found = all(&[("/usr/bin/own", own)]);
    // The machine that runs the tests may be newer than the stand-in, and nothing else.
    let newer = |finding: &Finding| finding.name == "elf-version" && finding.message.contains("`GLIBC_2.");
    assert!(found.iter().all(newer), "{found:#?}");
    if let Ok(busybox) = std::fs::read("/bin/busybox") {
        assert_eq!(all(&[("/usr/bin/busybox", busybox)]), []);
    } else {
        assert!(std::env::var_os("CI").is_none(), "busybox is missing");
        eprintln!("\n*** SKIPPED: busybox is missing ***\n");
    }
}

#[test]
fn a_version_that_the_base_has_not_is_named_beside_what_it_has() {
    let want = |version| Wanted { library: "libc.so.6", version, weak: false };
    let wanted = [want("GLIBC_2.9"), want("GLIBC_2.40"), want("GLIBC_2.100"), want("GLIBC_2.34")];
    let file = bytes(&Library { required: &wanted, ..program() });
    let found = one(of("elf-version", &[("/usr/bin/sensord", file)]));
    assert_eq!(
        found.message,
        "`/usr/bin/sensord` wants `GLIBC_2.100`, `GLIBC_2.40` of the base's `libc.so.6`, which has up to `GLIBC_2.39`"
    );
    assert_eq!(found.severity, Severity::Fatal);
    assert_eq!(found.blame, Some(Blame::Layer("app".try_into().unwrap())));
    let help = found.help.unwrap();
    for way in ["a stage of the image", "x86_64-unknown-linux-gnu.2.39", "x86_64-unknown-linux-musl"] {
        assert!(help.contains(way), "{help}");
    }
}

#[test]
fn a_version_that_may_be_missing_is_no_fault() {
    let wanted = [Wanted { library: "libc.so.6", version: "GLIBC_2.40", weak: true }];
    assert_eq!(all(&[("/usr/bin/sensord", bytes(&Library { required: &wanted, ..program() }))]), []);
}

#[test]
fn the_library_that_is_loaded_is_the_one_that_counts() {
    let wanted = [Wanted { library: "libown.so.1", version: "OWN_2", weak: false }];
    let needed = &["libown.so.1", "libc.so.6"];
    let file = Library { required: &wanted, needed, runpath: Some("$ORIGIN/../lib/app"), ..program() };
    let own = |version: &str| Library { versions: vec![version.to_owned()], ..library("libown.so.1", &[]) };
    let files = |near, far| {
        [
            ("/usr/bin/sensord", bytes(&file)),
            ("/usr/lib/app/libown.so.1", bytes(&own(near))),
            ("/usr/lib64/libown.so.1", bytes(&own(far))),
        ]
    };
    let found = one(of("elf-version", &files("OWN_1", "OWN_2")));
    assert!(
        found.message.ends_with("`OWN_2` of the layers' `libown.so.1`, which has up to `OWN_1`"),
        "{found:#?}"
    );
    assert_eq!(of("elf-version", &files("OWN_2", "OWN_1")), []);
}

#[test]
fn an_older_library_of_a_layer_is_blamed_for_what_it_breaks_of_the_base() {
    let old = Library { versions: vec!["GCC_3.0".to_owned()], ..library("libgcc_s.so.1", &["libc.so.6"]) };
    let wanted = [Wanted { library: "libgcc_s.so.1", version: "GCC_14.0.0", weak: false }];
    let of_base = bytes(&Library { required: &wanted, ..library("libstdc++.so.6", &["libgcc_s.so.1"]) });
    let below = Tar::new().member(b"usr/lib64/libstdc++.so.6", EntryType::Regular, "", 0o755, &of_base);
    let file = bytes(&Library { needed: &["libstdc++.so.6"], ..program() });
    let files = [("/usr/bin/sensord", file), ("/usr/lib64/libgcc_s.so.1", bytes(&old))];
    let found = one(gate("elf-version", below, Layer::new("app"), &files));
    assert_eq!(found.path.unwrap().as_str(), "/usr/lib64/libgcc_s.so.1");
    assert!(found.message.starts_with("`/usr/lib64/libstdc++.so.6` wants `GCC_14.0.0`"), "{}", found.message);
}

#[test]
fn what_one_file_of_the_base_lacks_of_another_is_not_told_of_the_layers() {
    let needs = bytes(&library("libodd.so.1", &["libnowhere.so.1"]));
    let below = || Tar::new().member(b"usr/lib64/libodd.so.1", EntryType::Regular, "", 0o755, &needs);
    let files = [("/usr/bin/sensord", bytes(&Library { needed: &["libodd.so.1"], ..program() }))];
    assert_eq!(gate("elf-library", below(), Layer::new("app"), &files), []);
}

#[test]
fn a_library_that_the_image_has_not_is_told_with_all_its_fellows() {
    let file = bytes(&Library { needed: &["libvsomeip3.so.3", "libc.so.6", "libboost.so.1"], ..program() });
    let found = one(of("elf-library", &[("/usr/bin/sensord", file.clone())]));
    let (boost, someip) =
        ("`libboost.so.1`, which the image has not", "`libvsomeip3.so.3`, which the image has not");
    assert_eq!(found.message, format!("`/usr/bin/sensord` needs {boost}; {someip}"));
    assert_eq!(found.severity, Severity::Fatal);
    // Packages may bring it.
    let with_packages = Layer::new("app").packages(["vsomeip3"]);
    let found = one(gate("elf-library", Tar::new(), with_packages, &[("/usr/bin/sensord", file)]));
    assert_eq!(found.severity, Severity::Warning);
}

#[test]
fn a_library_outside_of_the_search_path_is_found_only_if_the_program_says_where() {
    let file = |runpath| bytes(&Library { needed: &["libown.so.1"], runpath, ..program() });
    let files = |runpath| {
        [
            ("/usr/bin/sensord", file(runpath)),
            ("/usr/lib/app/libown.so.1", bytes(&library("libown.so.1", &["libc.so.6"]))),
        ]
    };
    let found = one(of("elf-library", &files(None)));
    assert_eq!(
        found.message,
        "`/usr/bin/sensord` needs `libown.so.1`, and `/usr/lib/app/libown.so.1` lies outside of its search path"
    );
    assert!(found.help.unwrap().contains("-Wl,-rpath,/usr/lib/app"));
    for runpath in ["/usr/lib/app", "$ORIGIN/../lib/app", "${ORIGIN}/../lib/app/", "/nowhere:/lib/app"] {
        assert_eq!(all(&files(Some(runpath))), [], "{runpath}");
    }
    // 64-bit libraries of the stand-in, as of CentOS, are in lib64: /usr/lib is for ldconfig alone.
    assert_eq!(of("elf-library", &files(Some("/usr/lib"))).len(), 1);
    let told = "[Service]\nExecStart=/usr/bin/sensord\nEnvironment=\"LD_LIBRARY_PATH=/opt/x:/usr/lib/app\"\n";
    let unit = Layer::new("app").text(told, "/usr/lib/systemd/system/sensord.service");
    assert_eq!(gate("elf-library", Tar::new(), unit, &files(None)), []);
}

#[test]
fn what_a_library_of_a_layer_needs_is_looked_for_too() {
    let file = bytes(&Library { needed: &["liba.so.1"], ..program() });
    let files = |needed| {
        [("/usr/bin/sensord", file.clone()), ("/usr/lib64/liba.so.1", bytes(&library("liba.so.1", needed)))]
    };
    let found = one(of("elf-library", &files(&["libb.so.1"])));
    assert!(found.message.starts_with("`/usr/lib64/liba.so.1` needs `libb.so.1`"), "{}", found.message);
    assert_eq!(of("elf-library", &files(&["libm.so.6"])), []);
    // A plug-in that no program is linked to.
    let alone = [("/usr/lib64/plugins/liba.so", bytes(&library("", &["libb.so.1"])))];
    assert_eq!(of("elf-library", &alone).len(), 1);
}

#[test]
fn a_pointer_in_place_of_a_library_is_told() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\nsize 12345\n".to_vec();
    let file = bytes(&Library { needed: &["liba.so.1"], ..program() });
    let found = one(of("elf-library", &[("/usr/bin/sensord", file), ("/usr/lib64/liba.so.1", pointer)]));
    assert!(found.message.contains("not a whole ELF file"), "{}", found.message);
}

#[test]
fn a_loader_that_the_image_has_not_is_told_with_a_way_out() {
    let with = |path| bytes(&Library { interpreter: Some(path), needed: &[], ..Library::default() });
    for (path, way) in [
        ("/lib/ld-musl-x86_64.so.1", "+crt-static"),
        ("/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2", "nix"),
        ("/lib/ld-linux.so.2", "x86_64-unknown-linux-gnu"),
    ] {
        let found = one(of("elf-interpreter", &[("/usr/bin/sensord", with(path))]));
        assert!(found.message.contains(&format!("`{path}`, which the image has not")), "{}", found.message);
        assert!(found.help.unwrap().contains(way));
    }
    assert_eq!(of("elf-interpreter", &[("/usr/bin/sensord", with("/usr/lib64/ld-linux-x86-64.so.2"))]), []);
    let foreign = ("/lib64/ld-own.so.1", library("ld-own.so.1", &[]).to_elf(Architecture::Arm64));
    let files = [foreign, ("/usr/bin/sensord", with("/lib64/ld-own.so.1"))];
    assert!(one(of("elf-interpreter", &files)).message.contains("another processor"));
}

#[test]
fn a_program_for_another_processor_is_told_once() {
    let foreign = program().to_elf(Architecture::Arm64);
    let found = one(all(&[("/usr/bin/sensord", foreign.clone())]));
    assert_eq!(found.message, "`/usr/bin/sensord` is for aarch64, and the image is for x86_64");
    assert_eq!((found.name, found.severity), ("elf-machine", Severity::Fatal));
    // What no kernel starts may be for any processor.
    let mut object = foreign.clone();
    object[16] = 1;
    for (at, file) in [("/usr/lib/firmware/dsp.elf", foreign), ("/usr/lib/app/filter.o", object)] {
        assert_eq!(all(&[(at, file)]), [], "{at}");
    }
}

#[test]
fn a_program_of_the_qm_partition_is_judged_by_the_partitions_own_root() {
    let file = bytes(&Library { needed: &["libown.so.1", "libc.so.6"], ..program() });
    let qm = |name: &str| format!("usr/lib/qm/rootfs/{name}");
    let own = bytes(&library("libown.so.1", &[]));
    let of_base = |tar: Tar, name: &str| {
        let base = bytes(&library(name, &[]));
        tar.member(qm(&format!("usr/lib64/{name}")).as_bytes(), EntryType::Regular, "", 0o755, &base)
    };
    let below = || {
        let tar = Tar::new().symlink(&qm("lib64"), "usr/lib64");
        of_base(of_base(tar, "ld-linux-x86-64.so.2"), "libc.so.6")
    };
    let program = ("/usr/lib/qm/rootfs/usr/bin/sensord", file);
    let inside = [program.clone(), ("/usr/lib/qm/rootfs/usr/lib64/libown.so.1", own.clone())];
    assert_eq!(gate("elf-library", below(), Layer::new("app"), &inside), []);
    assert_eq!(gate("elf-interpreter", below(), Layer::new("app"), &inside), []);
    let outside = [program, ("/usr/lib64/libown.so.1", own)];
    let found = one(gate("elf-library", below(), Layer::new("app"), &outside));
    assert!(found.message.contains("`libown.so.1`, which the image has not"), "{}", found.message);
}

#[test]
fn a_library_that_only_the_cache_knows_wants_ldconfig() {
    let below = || {
        Tar::new()
            .file("etc/ld.so.conf", "include ld.so.conf.d/*.conf\n")
            .directory("etc/ld.so.conf.d")
            .file("etc/ld.so.conf.d/local.conf", "# ours\n/usr/local/lib # here\n")
            .file("etc/ld.so.conf.d/other.txt", "/usr/lib/other\n")
    };
    let files = |directory: &str| -> Vec<(String, Vec<u8>)> {
        vec![
            ("/usr/bin/sensord".to_owned(), bytes(&Library { needed: &["libown.so.1"], ..program() })),
            (format!("{directory}/libown.so.1"), bytes(&library("libown.so.1", &[]))),
        ]
    };
    let found = |name, layer, directory| {
        let files = files(directory);
        let files: Vec<_> = files.iter().map(|(at, file)| (at.as_str(), file.clone())).collect();
        gate(name, below(), layer, &files)
    };
    let told = one(found("ldconfig", Layer::new("app"), "/usr/local/lib"));
    assert_eq!(told.severity, Severity::Warning);
    assert!(told.help.unwrap().contains(".run([\"ldconfig\"])"));
    // The library is where it belongs; that is not the program's fault.
    assert_eq!(found("elf-library", Layer::new("app"), "/usr/local/lib"), []);
    assert_eq!(found("ldconfig", Layer::new("app").run(["ldconfig"]), "/usr/local/lib"), []);
    assert_eq!(found("ldconfig", Layer::new("app"), "/usr/lib64"), []);
    // The loader of the stand-in, as CentOS builds it, has lib64 built in and not lib.
    assert_eq!(found("ldconfig", Layer::new("app"), "/usr/lib").len(), 1);
    // No line of ld.so.conf names it: the loader does not look there at all.
    assert_eq!(found("ldconfig", Layer::new("app"), "/usr/lib/other"), []);
    assert_eq!(found("elf-library", Layer::new("app"), "/usr/lib/other").len(), 1);
}

/// Cargo reads the flag from a file that the description does not name, so that the finding does.
#[test]
fn a_binary_for_the_processor_of_this_machine_names_the_file_that_says_so() {
    let package = |bins: &[&str]| Package {
        id: cargo_metadata::PackageId { repr: "app".to_owned() },
        version: "1.0.0".to_owned(),
        bins: bins.iter().map(|bin| (*bin).to_owned()).collect(),
        features: Vec::new(),
        manifest: "/w/Cargo.toml".into(),
        path_dependencies: Vec::new(),
    };
    let mut workshop = Workshop::stand_in();
    workshop.workspace.packages.insert("app".to_owned(), package(&["one", "two"]));
    let found = |workshop: &Workshop, layer: Layer| {
        let plan = workshop.planned(&image(layer));
        let contents = crate::check::Contents::of(&plan.layers);
        let subject = crate::check::Subject::new(&plan, &workshop.base, &contents);
        let found =
            crate::check::run(&crate::check::Checks::default().all(), crate::check::Phase::Tree, &subject);
        found.into_iter().filter(|finding| finding.name == "native-cpu").collect::<Vec<_>>()
    };
    let both = || Layer::new("app").bin("one").bin("two");
    assert_eq!(found(&workshop, both()), []);
    let config = "[build]\nrustflags = [\"-C\", \"target-cpu=native\"]\n";
    workshop.workspace.flags = CargoFlags::of_file(".cargo/config.toml", config);
    let one = found(&workshop, both());
    let [finding] = one.as_slice() else { panic!("{one:#?}") };
    assert_eq!(
        finding.message,
        "`one` is compiled for the processor of this machine: `build.rustflags` of `.cargo/config.toml` has `target-cpu=native`"
    );
    assert_eq!((finding.severity, finding.site.is_some()), (Severity::Fatal, true));
    let accepted = |bin: &str| lapstrake::entry::Bin::new(bin).allow("native-cpu");
    assert_eq!(found(&workshop, Layer::new("app").with(accepted("one")).with(accepted("two"))), []);
    assert_eq!(found(&workshop, Layer::new("app").with(accepted("one")).bin("two")).len(), 1);
    assert_eq!(found(&workshop, Layer::new("app").text("x\n", "/etc/x")), [], "nothing is compiled");
}

#[test]
fn a_library_that_programs_of_the_base_need_stays() {
    let base = || {
        let systemd = bytes(&Library { needed: &["libmount.so.1", "libc.so.6"], ..program() });
        let mount = bytes(&library("libmount.so.1", &["libblkid.so.1"]));
        let member = |tar: Tar, at: &[u8], bytes: &[u8]| tar.member(at, EntryType::Regular, "", 0o755, bytes);
        let tar = member(Tar::new(), b"usr/lib/systemd/systemd", &systemd);
        let tar = member(tar, b"usr/lib64/libmount.so.1.1.0", &mount);
        let tar = tar.symlink("usr/lib64/libmount.so.1", "libmount.so.1.1.0");
        let tar = member(tar, b"usr/lib64/libblkid.so.1", &bytes(&library("libblkid.so.1", &[])));
        member(tar, b"usr/lib64/libunused.so.1", &bytes(&library("libunused.so.1", &[])))
    };
    let lost = |layer: Layer| -> Vec<_> {
        let found = found("base-library", base(), layer);
        assert!(
            found.iter().all(|it| it.severity == Severity::Fatal && it.blame != Some(Blame::Base)),
            "{found:#?}"
        );
        found.into_iter().map(|finding| finding.message).collect()
    };
    let remove = |path: &str| Layer::new("small").remove(path);
    let by_systemd = "is gone, which `/usr/lib/systemd/systemd` of the base needs";
    assert_eq!(
        lost(remove("/usr/lib64/libmount.so.1")),
        [format!("`/usr/lib64/libmount.so.1` {by_systemd}")]
    );
    let target = lost(remove("/usr/lib64/libmount.so.1.1.0"));
    assert_eq!(target, [format!("`/usr/lib64/libmount.so.1` {by_systemd}")], "a link to nothing");
    let of_library = lost(remove("/usr/lib64/libblkid.so.1"));
    assert!(of_library.len() == 1 && of_library[0].contains("libmount.so.1.1.0"), "{of_library:?}");
    assert_eq!(lost(remove("/usr/lib64/libunused.so.1")), [""; 0], "nothing needs it");
    let with_its_program = remove("/usr/lib64/libmount.so.1").remove("/usr/lib/systemd/systemd");
    assert_eq!(lost(with_its_program), [""; 0], "who needs it is gone, too");
    let moved = remove("/usr/lib64/libmount.so.1.1.0").symlink("libunused.so.1", "/usr/lib64/libmount.so.1");
    assert_eq!(lost(moved), [""; 0], "another library has its name");
}
