//! The kernel that a package replaces, with a package manager that does what dnf does for the packages of a kernel: files that no
//! package owns stay, and scriptlets write to `/boot`.

use std::path::Path;

use lapstrake::entry::{File, Initramfs, Kernel, Kmod};
use lapstrake::{Base, BuildStage, Image, Layer};

use super::engine::{Stored, present, run};
use super::workshop::Workshop;
use crate::engine::EnginePolicy;
use lapstrake_oci::Compression;

/// Takes the package of the old kernel away, without its initramfs, and brings another one.
const DNF: &str = "#!/usr/bin/busybox sh
echo \"$@\" >> /usr/lib/asked
case \"$*\" in *--assumeno*) exit 0 ;; esac
for old in /usr/lib/modules/*; do rm -f $old/vmlinuz $old/modules.builtin; done
mkdir -p /usr/lib/modules/6.13.0-1.rt/kernel /boot/loader/entries /boot/0123abcd/6.13.0-1.rt
echo rt > /usr/lib/modules/6.13.0-1.rt/vmlinuz
touch /boot/vmlinuz-6.13.0-1.rt /boot/.vmlinuz-6.13.0-1.rt.hmac /boot/initramfs-6.13.0-1.rt.img
touch /boot/loader/entries/0123abcd-6.13.0-1.rt.conf /boot/0123abcd/6.13.0-1.rt/linux /boot/kept
";
const DRACUT: &str = "#!/usr/bin/busybox sh
for last; do image=$path path=$last; done
{ echo \"for $path\"; cat /usr/lib/dracut/dracut.conf.d/* 2>/dev/null; } > \"$image\"
";

fn image(tools: impl Fn(Layer) -> Layer) -> Image {
    let program = |text: &'static str, path: &str| File::text(text, path).mode(0o755);
    let mut layer = Layer::new("tools")
        .with(program(DNF, "/usr/bin/dnf"))
        .with(program(DRACUT, "/usr/bin/dracut"))
        .with(program("#!/usr/bin/busybox sh\n", "/usr/bin/rpm"))
        .with(program(
            "#!/usr/bin/busybox sh\nfor kernel; do :; done\n: > /usr/lib/modules/$kernel/modules.dep\n",
            "/usr/bin/depmod",
        ));
    for applet in ["sh", "env", "rm"] {
        layer = layer.symlink("busybox", &*format!("/usr/bin/{applet}"));
    }
    let realtime = Layer::new("realtime")
        .kernel(Kernel::package("kernel-rt"))
        .entries(Initramfs::regenerated().modules(["clevis"]));
    Image::new("kernel", Base::stand_in()).layer(tools(layer)).layer(realtime)
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_image_has_the_kernel_of_the_package_and_nothing_of_the_old_one() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::stand_in_with_busybox();
    workshop.build(&image(|layer| layer), Compression::Zstd);
    let stored = Stored::named("kernel");
    let to = format!("containers-storage:{}", stored.0);
    run("skopeo", &["copy", "--quiet", &workshop.reference("kernel"), &to], workshop.path());
    let mounted = stored.mount();
    let mounted: &Path = mounted.as_ref();
    assert_eq!(names(&mounted.join("usr/lib/modules")), ["6.13.0-1.rt"]);
    let kernel = mounted.join("usr/lib/modules/6.13.0-1.rt");
    assert!(["vmlinuz", "modules.dep"].iter().all(|name| kernel.join(name).exists()), "{:?}", names(&kernel));
    let initramfs = std::fs::read_to_string(kernel.join("initramfs.img")).unwrap();
    assert_eq!(initramfs, "for 6.13.0-1.rt\nadd_dracutmodules+=\" clevis \"\n");
    assert_eq!(names(&mounted.join("boot")), ["0123abcd", "kept", "loader"]);
    assert!(names(&mounted.join("boot/loader/entries")).is_empty());
    assert!(names(&mounted.join("boot/0123abcd")).is_empty());
    let asked = std::fs::read_to_string(mounted.join("usr/lib/asked")).unwrap();
    let first = asked.lines().next().unwrap();
    assert!(first.contains("--setopt=protect_running_kernel=False"), "{first}");
    assert!(first.ends_with("swap kernel-core kernel-rt"), "{first}");
}

/// Where modules go is known once the package of the kernel is installed.
#[test]
fn modules_of_the_layer_are_below_the_kernel_of_the_package() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::stand_in_with_busybox();
    workshop.source("vendor/gnss.ko", b"gnss");
    workshop.source("vendor/lidar.ko", b"lidar");
    workshop.source("vendor/extra/radar.ko", b"radar");
    let stage =
        BuildStage::on(workshop.described_base()).source("vendor", "/src").run(["/usr/bin/busybox", "true"]);
    let mut image = image(|layer| layer);
    let made = |path: &str| Kmod::from_stage(stage.clone(), path);
    let modules = [Kmod::file("vendor/gnss.ko"), made("/src/extra"), made("/src/lidar.ko")];
    image.layers[1] = modules.into_iter().fold(image.layers[1].clone(), Layer::with);
    let (_, plan) = workshop.build_and_plan(&image, EnginePolicy::Any, Compression::Zstd).0.unwrap().unwrap();
    let modules = plan.layers.iter().flat_map(|part| part.described().map(|(path, _)| path.to_string()));
    let modules: Vec<_> = modules.filter(|path| path.contains("/extra/")).collect();
    let extra = "/usr/lib/modules/6.13.0-1.rt/extra";
    assert_eq!(modules, ["gnss", "lidar", "radar"].map(|name| format!("{extra}/{name}.ko")));
}

#[test]
fn a_base_that_keeps_another_copy_of_its_kernel_is_refused() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let copied = image(|layer| layer.text("old\n", "/usr/lib/ostree-boot/vmlinuz-6.12.0-0123"));
    let built = Workshop::stand_in_with_busybox().build_by(&copied, EnginePolicy::Any, Compression::Zstd);
    assert_eq!(built.unwrap_err().to_string(), "layer `realtime` can't be made");
}
