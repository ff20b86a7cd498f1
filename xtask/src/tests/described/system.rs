//! A system below the random descriptions: a kernel, an SELinux policy, and programs that make a file of what they are
//! given. Real ones are asked in `kmods`, `selinux` and on the fixtures.

use lapstrake::entry::{EntryKind, Initramfs, Kmod, Run, Selinux};
use lapstrake::{Image, Layer};
use proptest::collection::vec;
use proptest::prelude::*;
use tar::EntryType;

use super::super::selinux;

/// The sources of its entries.
pub(super) const SOURCES: [(&str, &[u8]); 4] = [
    ("deploy/webapp.cil", b"(type webapp_t)\n(roletype object_r webapp_t)\n"),
    ("deploy/radio.cil", b"; no rule\n"),
    ("deploy/gnss.ko", b"gnss\n"),
    ("deploy/radar.ko.xz", b"radar\n"),
];

const KERNEL: &str = "usr/lib/modules/6.12.0";

const SEMODULE: &[u8] = b"#!/usr/bin/busybox sh
cd /etc/selinux/targeted/active || exit 1
echo \"$@\" >asked
/usr/bin/busybox cat booleans.local /run/selinux-modules/* >>../policy/policy.33 2>/dev/null
exit 0
";

const DEPMOD: &[u8] = b"#!/usr/bin/busybox sh
cd \"/usr/lib/modules/$2\" || exit 1
/usr/bin/busybox sha256sum extra/* >modules.dep
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
    let programs = [("usr/sbin/semodule", SEMODULE), ("usr/sbin/depmod", DEPMOD), ("usr/bin/dracut", DRACUT)];
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

/// Entries for which something runs, in groups of one call each.
pub(in super::super) fn running() -> impl Strategy<Value = Vec<Vec<EntryKind>>> {
    let words = || vec("[a-z]{1,6}", 0..3);
    let one = prop_oneof![
        2 => any::<bool>().prop_map(|is_on| vec![Selinux::boolean(selinux::BOOLEAN, is_on).into()]),
        1 => Just(vec![Selinux::permissive("httpd_t").into()]),
        2 => prop_oneof![Just("deploy/webapp.cil"), Just("deploy/radio.cil")]
            .prop_map(|module| vec![Selinux::module(module).into()]),
        1 => context().prop_map(|context| vec![context]),
        2 => prop_oneof![Just("deploy/gnss.ko"), Just("deploy/radar.ko.xz")]
            .prop_map(|module| vec![Kmod::file(module).into()]),
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

/// Returns the image with a lowest layer of those groups that `accepts` an image with, or none if no group is accepted.
pub(in super::super) fn below(
    image: &Image,
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
    let mut image = image.clone();
    image.layers.insert(0, running);
    (!image.layers[0].entries.is_empty()).then_some(image)
}
