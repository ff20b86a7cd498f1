//! Kernel modules that an image adds, as depmod sees them.

use std::fs;
use std::process::Command;

use lapstrake::entry::{File, Kmod};
use lapstrake::{Base, Image, Layer};

use super::equivalence;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::finding::Finding;
use crate::plan::Plan;

fn depmod() -> Tar {
    Tar::new().directory("usr").directory("usr/sbin").file("usr/sbin/depmod", "")
}

fn planned(tar: Tar, layer: Layer) -> (Plan, Vec<Finding>) {
    let workshop = Workshop::on_stand_in_and(tar.end());
    for module in ["gnss.ko", "radar.ko.xz", "gnss.o"] {
        workshop.source(&format!("vendor/{module}"), b"module");
    }
    let (plan, findings) = workshop.plan(&Image::new("kernel", Base::stand_in()).layer(layer));
    (plan.unwrap(), findings)
}

fn drivers() -> Layer {
    Layer::new("drivers").with(Kmod::file("vendor/gnss.ko"))
}

/// The version of the stand-in's kernel.
fn version() -> String {
    format!("6.12.0-stand-in.{}", std::env::consts::ARCH)
}

#[test]
fn modules_of_a_layer_are_listed_once_before_its_steps() {
    let layer = drivers().run(["dracut", "-f"]).with(Kmod::file("vendor/radar.ko.xz"));
    let (plan, found) = planned(depmod(), layer);
    assert!(found.is_empty(), "{found:#?}");
    let runs: Vec<_> = plan.layers[0].runs.iter().map(|run| run.argv.join(" ")).collect();
    assert_eq!(runs, [format!("/usr/sbin/depmod -a {}", version()), "dracut -f".to_owned()]);
    let paths = plan.layers[0].described().map(|(path, _)| path.to_string());
    let paths: Vec<_> = paths.filter(|path| path.contains("/extra/")).collect();
    let extra = format!("/usr/lib/modules/{}/extra", version());
    assert_eq!(paths, [format!("{extra}/gnss.ko"), format!("{extra}/radar.ko.xz")]);
}

#[test]
fn a_module_needs_one_kernel_a_list_and_a_name() {
    let refused = |tar: Tar, layer: Layer| {
        let (_, found) = planned(tar, layer);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].name, "kernel-modules");
        found[0].message.clone()
    };
    assert!(refused(Tar::new(), drivers()).contains("have no `depmod`"));
    let object = Layer::new("drivers").with(Kmod::file("vendor/gnss.o"));
    let (_, found) = planned(depmod(), object);
    assert_eq!(found[0].message, "`gnss.o` is not a kernel module by its name");
    let second = depmod().directory("usr/lib").directory("usr/lib/modules").directory("usr/lib/modules/7");
    let second = refused(second.file("usr/lib/modules/7/vmlinuz", ""), drivers());
    assert!(second.starts_with("the image has two kernels"), "{second}");
}

#[test]
fn a_module_follows_the_packages_of_its_layer() {
    let (plan, _) = planned(depmod(), drivers().packages(["kernel-rt"]));
    let undecided: Vec<_> = plan.undecided.iter().map(|undecided| undecided.what.as_str()).collect();
    assert_eq!(undecided, ["the kernel module `gnss.ko`"]);
}

#[test]
fn depmod_lists_a_module_in_that_directory() {
    if !super::engine::present(&["depmod"]) {
        return;
    }
    let (plan, _) = planned(depmod(), drivers());
    let root = tempfile::TempDir::new().unwrap();
    let (path, _) = plan.layers[0].described().find(|(path, _)| path.as_str().contains("/extra/")).unwrap();
    let modules = root.path().join("lib/modules").join(version());
    fs::create_dir_all(modules.join("extra")).unwrap();
    let in_modules = path.as_str().strip_prefix(&format!("/usr/lib/modules/{}/", version())).unwrap();
    // An object without sections, for this machine.
    fs::write(modules.join(in_modules), object()).unwrap();
    let run = &plan.layers[0].runs[0].argv;
    let listed = Command::new(&run[0]).arg("-b").arg(root.path()).args(&run[1..]).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    assert_eq!(fs::read_to_string(modules.join("modules.dep")).unwrap(), "extra/gnss.ko:\n");
}

#[test]
fn podman_lists_modules_by_the_same_step() {
    if !super::engine::present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    workshop.source("vendor/gnss.ko", b"module");
    let depmod = "#!/bin/sh\ncd /usr/lib/modules/$2 && /bin/busybox find extra -type f >modules.dep\n";
    let tools = Layer::new("tools")
        .with(File::text(depmod, "/usr/sbin/depmod").mode(0o755))
        .text("kernel", "/usr/lib/modules/6.1/vmlinuz");
    let image = Image::new("kernel", Base::stand_in()).layer(tools).layer(drivers());
    equivalence::compare(&workshop, &image);
    let context = fs::read_to_string(workshop.path().join("context/Containerfile")).unwrap();
    assert!(context.contains(r#"["/usr/sbin/depmod", "-a", "6.1"]"#), "{context}");
}

/// The smallest relocatable object of ELF: a header, and the section that each has.
fn object() -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(62_u16.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend([0; 16]);
    bytes.extend(64_u64.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend([64_u16, 0, 0, 64, 2, 1].map(u16::to_le_bytes).concat());
    bytes.extend([0; 64]);
    let mut names = Vec::new();
    names.extend(1_u32.to_le_bytes());
    names.extend(3_u32.to_le_bytes());
    names.extend([0; 16]);
    names.extend(192_u64.to_le_bytes());
    names.extend(11_u64.to_le_bytes());
    names.resize(64, 0);
    bytes.extend(names);
    bytes.extend(b"\0.shstrtab\0");
    bytes
}
