//! A kernel of packages is replaced by another one, with dnf, rpm, depmod and mkinitramfs as they are.

use std::process::Command;

use crate::example::Example;
use crate::fixtures;
use crate::stored::Stored;

const OLD: &str = "6.1.0-1.rig";
const NEW: &str = "6.1.0-1.rig.rt";

#[test]
fn dnf_leaves_exactly_the_kernel_of_the_new_package_with_its_initramfs() {
    let Some(fixtures) = fixtures::made() else { return };
    let example = Example::copied(&fixtures);
    example.describe(include_str!("kernel/main.rs"));
    example.build("realtime");
    let (code, found, stderr) = example.image(&["check", "realtime"]);
    assert_eq!(code, 0, "{stderr}{found}");
    let stored = Stored::named("realtime");
    example.take("realtime", &stored);
    let tree = stored.tree(&example.log);
    let below = |directory: &str| {
        let paths = tree.keys().filter_map(|path| path.strip_prefix(directory)).map(str::to_owned);
        paths.collect::<Vec<_>>()
    };
    let kernels = below("usr/lib/modules/").into_iter().filter(|path| !path.contains('/'));
    assert_eq!(kernels.collect::<Vec<_>>(), [NEW]);
    let kernel = below(&format!("usr/lib/modules/{NEW}/"));
    for file in ["vmlinuz", "initramfs.img", "modules.dep", "kernel/drivers/rig.ko"] {
        assert!(kernel.iter().any(|path| path == file), "{file}: {kernel:?}");
    }
    let copies: Vec<_> = below("boot/").into_iter().filter(|path| path.contains(OLD)).collect();
    assert!(copies.is_empty(), "nothing of either kernel is in /boot: {copies:?}");
    let listed = format!("lsinitramfs /usr/lib/modules/{NEW}/initramfs.img");
    let run = ["run", "--rm", "--network=none", stored.name(), "sh", "-c", &listed];
    let listed = example.log.read(Command::new("podman").args(run));
    assert!(listed.lines().any(|line| line == format!("usr/lib/modules/{NEW}/modules.dep")), "{listed}");
    let packages = stored.packages(&example.log);
    let has = |name: &str| packages.iter().any(|package| package.starts_with(name));
    assert!(has("rig-kernel-rt-6.1.0") && has("rig-kernel-rt-core-6.1.0"), "{packages:?}");
    assert!(!has("rig-kernel-core"), "{packages:?}");
}
