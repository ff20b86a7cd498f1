//! A system below the random descriptions: a kernel, an SELinux policy, and programs that make a file of what they are
//! given. Real ones are asked in `kmods`, `selinux` and on the fixtures.

use lapstrake::entry::{EntryKind, Initramfs, Kernel, Kmod, Run, Secret, Selinux};
use lapstrake::{Base, BuildStage, Image, Layer};
use proptest::collection::vec;
use proptest::prelude::*;
use tar::EntryType;

use super::super::selinux;
use super::device;

/// The sources of its entries.
pub(super) const SOURCES: [(&str, &[u8]); 13] = [
    ("deploy/webapp.cil", b"(type webapp_t)\n(roletype object_r webapp_t)\n"),
    ("deploy/radio.cil", b"; no rule\n"),
    ("deploy/gnss.ko", b"gnss\n"),
    ("deploy/radar.ko.xz", b"radar\n"),
    ("deploy/modules.pem", b"certificate\n"),
    ("secrets/modules.key", b"private\n"),
    ("secrets/pin", b"4711\n"),
    ("signing/drivers/lidar.ko", b"\x7fELF lidar\0vermagic=6.12.0 SMP\0"),
    ("signing/drivers/extra/can.ko", b"\x7fELF can\0vermagic=6.12.0 SMP\0"),
    ("signing/drivers/extra/net/lin.ko", b"\x7fELF lin\0"),
    ("signing/headers/.config", b"CONFIG_MODULE_SIG_HASH=\"sha512\"\n"),
    ("signing/headers/scripts/sign-file", SIGN_FILE),
    ("signing/signature", SIGNED.split_at(b"a module\n".len()).1),
];

/// By sign-file of Linux 6.1.
const SIGNED: &[u8] = include_bytes!("../../../fuzz/corpus/module/signed.ko");

/// Adds what it was given to a module, and a signature that the real program has made.
const SIGN_FILE: &[u8] = b"#!/bin/sh
{ echo \"$1 ${#KBUILD_SIGN_PIN}\"; sha256sum <\"$2\"; cat \"$3\" /src/signature; } >>\"$4\"
";

/// Takes a kernel away, without what no package owns, and brings another one. The script of a real dnf is in the rig.
const DNF: &[u8] = b"#!/usr/bin/busybox sh
case \"$*\" in *--assumeno*) exit 0 ;; esac
for old in /usr/lib/modules/*; do rm -f $old/vmlinuz; done
for package; do new=/usr/lib/modules/7.0.0-$package; done
mkdir -p $new/kernel /boot/loader/entries
echo \"$*\" >/usr/lib/modules/asked
echo $package >$new/vmlinuz
cp $new/vmlinuz /boot/vmlinuz-${new##*/}
: >/boot/loader/entries/0123-${new##*/}.conf
";

const KERNEL: &str = "usr/lib/modules/6.12.0";

const SEMODULE: &[u8] = b"#!/usr/bin/busybox sh
cd /etc/selinux/targeted/active || exit 1
echo \"$@\" >asked
/usr/bin/busybox cat booleans.local /run/selinux-modules/* >>../policy/policy.33 2>/dev/null
exit 0
";

const DEPMOD: &[u8] = b"#!/usr/bin/busybox sh
for kernel; do :; done
cd \"/usr/lib/modules/$kernel\" || exit 1
find . -name '*.ko*' -type f -exec sha256sum {} + 2>/dev/null | sort >modules.dep
";

const DRACUT: &[u8] = b"#!/usr/bin/busybox sh
/usr/bin/busybox cat /usr/lib/dracut/dracut.conf.d/* >\"$4\" 2>/dev/null
echo \"$@\" >>\"$4\"
";

/// Returns the layer of the base that has it.
pub(in super::super) fn tar() -> Vec<u8> {
    let tar = selinux::policy().directory("usr").directory("usr/bin").directory("usr/sbin");
    let tar = tar.directory("usr/lib").directory("usr/lib/modules").directory(KERNEL);
    let tar =
        tar.file(&format!("{KERNEL}/vmlinuz"), "kernel\n").file(&format!("{KERNEL}/initramfs.img"), "old\n");
    // The shell is busybox, which takes its own depmod, and that reads /lib.
    let tar = tar.symlink("lib", "usr/lib");
    let tar = device::DIRECTORIES.iter().fold(tar, |tar, directory| tar.directory(directory));
    let tar = device::FILES.iter().fold(tar, |tar, (path, text)| tar.file(path, text));
    let programs = [
        ("usr/bin/update-ca-trust", device::UPDATE_CA_TRUST),
        ("usr/sbin/semodule", SEMODULE),
        ("usr/sbin/depmod", DEPMOD),
        ("usr/bin/dracut", DRACUT),
        ("usr/bin/dnf", DNF),
        ("usr/bin/rpm", b"#!/usr/bin/busybox sh\n"),
    ];
    let program = |path: &str| path.as_bytes().to_vec();
    programs
        .into_iter()
        .fold(tar, |tar, (path, text)| tar.member(&program(path), EntryType::Regular, "", 0o755, text))
        .end()
}

/// A file context, which needs no compiler.
pub(super) fn context() -> impl Strategy<Value = EntryKind> {
    let paths = prop_oneof![Just("/webapp(/.*)?"), Just("/srv/raw"), Just("/usr/libexec/[^/]*")];
    let context = prop_oneof![Just("httpd_sys_content_t"), Just("<<none>>")];
    (paths, context).prop_map(|(paths, context)| Selinux::context(paths, context).into())
}

/// A kernel in the place of that of the base.
pub(in super::super) fn kernel() -> impl Strategy<Value = Vec<EntryKind>> {
    ("kernel-[a-z]{1,4}", any::<bool>()).prop_map(|(package, is_named)| {
        let kernel = Kernel::package(package);
        let kernel = if is_named { kernel.replacing("kernel-old") } else { kernel };
        kernel.into_iter().collect()
    })
}

/// A module that a build stage signs, or a directory of modules.
fn signed() -> impl Strategy<Value = Vec<EntryKind>> {
    let made = prop_oneof![Just("/src/drivers/lidar.ko"), Just("/src/drivers/extra"), Just("/src/drivers")];
    (made, any::<bool>()).prop_map(|(made, has_pin)| {
        let install =
            "/usr/bin/busybox --install -s /usr/bin; chmod 0755 /usr/src/kernels/7/scripts/sign-file";
        let stage = BuildStage::on(Base::oci("base:hostile"))
            .source("signing", "/src")
            .source("signing/headers", "/usr/src/kernels/7")
            .with(Run::new(["/usr/bin/busybox", "sh", "-ec", install]));
        let key = Secret::file("module-key", "secrets/modules.key");
        let module = Kmod::from_stage(stage, made).signed(key, "deploy/modules.pem");
        let pin = Secret::file("module-pin", "secrets/pin");
        vec![if has_pin { module.pin(pin) } else { module }.into()]
    })
}

/// Entries for which something runs, in groups of one call each.
pub(in super::super) fn running() -> impl Strategy<Value = Vec<Vec<EntryKind>>> {
    let words = || vec("[a-z]{1,6}", 0..3);
    let one = prop_oneof![
        2 => any::<bool>().prop_map(|is_on| vec![Selinux::boolean(selinux::BOOLEAN, is_on).into()]),
        1 => Just(vec![Selinux::permissive("httpd_t").into()]),
        2 => prop_oneof![Just("deploy/webapp.cil"), Just("deploy/radio.cil")]
            .prop_map(|module| vec![Selinux::module(module).into()]),
        1 => context().prop_map(|context| vec![context]),
        1 => Just(vec![device::certificate()]),
        2 => prop_oneof![Just("deploy/gnss.ko"), Just("deploy/radar.ko.xz")]
            .prop_map(|module| vec![Kmod::file(module).into()]),
        2 => signed(),
        2 => (words(), words(), words()).prop_map(|(modules, omitted, drivers)| {
            Initramfs::regenerated().modules(modules).omit(omitted).drivers(drivers).into_iter().collect()
        }),
        2 => "[ -~é\n\t$\"'\\\\]{0,24}".prop_map(|text| {
            let script = "printf %s \"$1\" >>/usr/share/printed";
            vec![Run::new(["/usr/bin/busybox", "sh", "-ec", script, "sh", &text]).into()]
        }),
    ];
    vec(one, 1..6)
}

/// Returns the image with a layer of those groups that `accepts` an image with below its layers, or none if no group is
/// accepted. A kernel is in a layer below, because modules that are twice in its own layer are known only once it is built.
pub(in super::super) fn below(
    image: &Image,
    kernel: Option<Vec<EntryKind>>,
    groups: &[Vec<EntryKind>],
    accepts: impl Fn(&Image) -> bool,
) -> Option<Image> {
    let alone = |layer: &Layer| {
        let mut alone = image.clone();
        alone.layers = vec![layer.clone()];
        alone
    };
    let mut running = Layer::new("running");
    for group in groups {
        let more = running.clone().entries(group.clone());
        if accepts(&alone(&more)) {
            running = more;
        }
    }
    if running.entries.is_empty() {
        return None;
    }
    let mut image = image.clone();
    image.layers.insert(0, running);
    if let Some(kernel) = kernel {
        image.layers.insert(0, Layer::new("kernel").entries(kernel));
    }
    Some(image)
}
