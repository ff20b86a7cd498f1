//! Kernel modules without a signature, where the kernel demands it and where it does not.

use std::io::Write;

use lapstrake::entry::File;
use lapstrake_oci::Compression;

use super::*;
use crate::tests::engine::present;

const SIGNED: &[u8] = include_bytes!("../../../fuzz/corpus/module/signed.ko");
const FORCED: &str = "CONFIG_MODULES=y\nCONFIG_MODULE_SIG=y\nCONFIG_MODULE_SIG_FORCE=y\n";
const ENFORCED: &str = "kargs = [\"quiet module.sig_enforce=1\"]\n";
const KARGS: &str = "usr/lib/bootc/kargs.d/10-modules.toml";

fn version() -> String {
    format!("6.12.0-stand-in.{}", std::env::consts::ARCH)
}

fn unsigned() -> Vec<u8> {
    b"\x7fELF radar\0vermagic=6.1.0-rig SMP mod_unload\0".to_vec()
}

fn signed() -> Vec<u8> {
    [&unsigned(), SIGNED].concat()
}

fn compressed(by: Compression, module: &[u8]) -> Vec<u8> {
    let mut writer = by.writer(Vec::new()).unwrap();
    writer.write_all(module).unwrap();
    writer.finish().unwrap()
}

/// A base whose kernel has that configuration, and that file of arguments.
fn base(config: Option<&str>, kargs: Option<&str>) -> Tar {
    let mut tar = Tar::new().directory("usr/sbin").file("usr/sbin/depmod", "");
    if let Some(config) = config {
        tar = tar.file(&format!("usr/lib/modules/{}/config", version()), config);
    }
    if let Some(kargs) = kargs {
        tar = tar.directory("usr/lib/bootc").directory("usr/lib/bootc/kargs.d").file(KARGS, kargs);
    }
    tar
}

/// What is found of modules that a layer has, by their names.
fn judged(below: Tar, modules: &[(&str, Vec<u8>)], layer: Layer) -> Vec<Finding> {
    let workshop = Workshop::on_stand_in_and(below.end());
    let mut layer = layer;
    for (name, bytes) in modules {
        let source = format!("vendor/{name}");
        workshop.source(&source, bytes);
        layer =
            layer.with(File::new(source.as_str(), format!("/usr/lib/modules/{}/extra/{name}", version())));
    }
    let found = workshop.check(&image(layer));
    found.into_iter().filter(|finding| finding.name == "unsigned-module").collect()
}

fn count(config: Option<&str>, kargs: Option<&str>, module: (&str, Vec<u8>)) -> usize {
    judged(base(config, kargs), &[module], harmless()).len()
}

#[test]
fn a_kernel_that_demands_signatures_loads_no_module_without() {
    let radar = || ("radar.ko", unsigned());
    assert_eq!(count(Some(FORCED), None, radar()), 1);
    assert_eq!(count(None, Some(ENFORCED), radar()), 1);
    assert_eq!(count(None, None, radar()), 0, "a device may ask for it, and may not");
    assert_eq!(count(Some(FORCED), None, ("radar.ko", signed())), 0);
    let asks = "CONFIG_MODULE_SIG=y\n# CONFIG_MODULE_SIG_FORCE is not set\n";
    assert_eq!(count(Some(asks), None, radar()), 0);
    assert_eq!(count(Some(asks), Some(ENFORCED), radar()), 1);
    assert_eq!(count(Some("CONFIG_MODULES=y\n"), Some(ENFORCED), radar()), 0, "it has no such parameter");
    for (argument, most) in [
        ("module.sig_enforce", 1),
        ("module.sig-enforce=Y", 1),
        ("module.sig_enforce=on", 1),
        ("module.sig_enforce=0", 0),
        ("module.sig_enforce=off", 0),
        ("sig_enforce=1", 0),
    ] {
        assert_eq!(count(None, Some(&format!("kargs = [{argument:?}]\n")), radar()), most, "{argument}");
    }
    let elsewhere = format!("{ENFORCED}match-architectures = [\"riscv64\"]\n");
    assert_eq!(count(None, Some(&elsewhere), radar()), 0);
}

#[test]
fn a_compressed_module_is_judged_by_its_content_if_it_can_be_read() {
    for (name, by) in [("radar.ko.zst", Compression::Zstd), ("radar.ko.gz", Compression::Gzip)] {
        assert_eq!(count(Some(FORCED), None, (name, compressed(by, &unsigned()))), 1, "{name}");
        assert_eq!(count(Some(FORCED), None, (name, compressed(by, &signed()))), 0, "{name}");
    }
    assert_eq!(count(Some(FORCED), None, ("radar.ko.xz", b"\xfd7zXZ\0".to_vec())), 0);
    assert_eq!(count(Some(FORCED), None, ("radar.txt", unsigned())), 0, "the kernel does not load it");
}

#[test]
fn a_finding_names_the_demand_and_counts_the_modules_of_an_entry() {
    let layer = Layer::new("drivers").kargs("10-modules", ["module.sig_enforce=1"]);
    let found = judged(base(None, None), &[("radar.ko", unsigned()), ("lidar.ko", unsigned())], layer);
    assert_eq!(found.len(), 1, "one call brings both: {found:#?}");
    let message = format!(
        "`/usr/lib/modules/{}/extra/lidar.ko` has no signature, like another module beside it, and `module.sig_enforce=1` \
         of `/usr/lib/bootc/kargs.d/10-modules.toml` makes the kernel refuse it",
        version()
    );
    assert_eq!((found[0].severity, found[0].message.as_str()), (Severity::Fatal, message.as_str()));
    assert_eq!(found[0].related.len(), 1, "the arguments are the image's own");
    let at = format!("/usr/lib/modules/{}/extra/radar.ko", version());
    let allowed = Layer::new("drivers").with(File::new("vendor/radar.ko", at).allow("unsigned-module"));
    let workshop = Workshop::on_stand_in_and(base(Some(FORCED), None).end());
    workshop.source("vendor/radar.ko", &unsigned());
    assert!(workshop.check(&image(allowed)).iter().all(|finding| finding.name != "unsigned-module"));
}

#[test]
fn a_module_that_a_step_makes_is_judged_once_it_is_known() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let found = |modules: &[(&str, Vec<u8>)]| {
        let mut layer = Layer::new("drivers").text(FORCED, "/usr/lib/modules/6.1/config");
        layer = layer.text("", "/usr/lib/modules/6.1/vmlinuz");
        for (name, bytes) in modules {
            workshop.source(&format!("vendor/{name}"), bytes);
            layer =
                layer.with(File::new(format!("vendor/{name}").as_str(), format!("/usr/share/vendor/{name}")));
        }
        let copy =
            "mkdir -p /usr/lib/modules/6.1/extra && cp /usr/share/vendor/* /usr/lib/modules/6.1/extra/";
        let found = workshop.final_findings(&image(layer.run(["/bin/busybox", "sh", "-ec", copy])));
        found.into_iter().filter(|finding| finding.name == "unsigned-module").collect::<Vec<_>>()
    };
    let zstd = |module: &[u8]| compressed(Compression::Zstd, module);
    assert_eq!(found(&[("a.ko", signed()), ("b.ko.zst", zstd(&signed()))]), []);
    let two = found(&[("a.ko", unsigned()), ("b.ko.zst", zstd(&unsigned()))]);
    assert_eq!(two.len(), 1, "{two:#?}");
    assert!(two[0].message.contains("/a.ko` has no signature, like another"), "{}", two[0].message);
    let large = [&unsigned(), vec![0; 9 << 20].as_slice()].concat();
    let large = found(&[("a.ko", large.clone()), ("b.ko.zst", zstd(&signed()))]);
    assert_eq!(large.len(), 1, "it is read from a file: {large:#?}");
}
