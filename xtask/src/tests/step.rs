//! What a run step is given, and what is left of it: by podman alone and by this crate it makes the same,
//! and a secret is in nothing that stays.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;

use lapstrake::entry::{Dir, File, Initramfs, Packages, Repository, Run, Secret};
use lapstrake::{Base, Image, Layer};

use super::engine::{Stored, present, run};
use super::equivalence::compare_with;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::engine::EnginePolicy;
use crate::support::explain::Explain;
use lapstrake_oci::Compression;

const MARKER: &str = "marker-5f2e91c07ab3";

/// A workshop whose secret is a file beside it.
fn workshop() -> Workshop {
    let workshop = Workshop::hostile();
    workshop.source("secrets/token", format!("{MARKER}\n").as_bytes());
    workshop.source("maps/eu/berlin", b"a map\n");
    workshop.source("maps/index", b"an index\n");
    workshop
}

fn token() -> Secret {
    Secret::file("token", "secrets/token")
}

fn image(run: Run) -> Image {
    Image::new("steps", Base::stand_in()).layer(Layer::new("steps").with(run))
}

/// What dracut does to the image; the kernel that runs meanwhile is that of the machine that builds.
#[test]
fn an_initramfs_is_made_for_the_kernel_of_the_image() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let dracut = "#!/usr/bin/busybox sh\n\
                  for last; do image=$path path=$last; done\n\
                  { echo \"$path\"; cat /usr/lib/dracut/dracut.conf.d/*; } > \"$image\"\n";
    let copy = format!("/usr/lib/ostree-boot/initramfs-6.12.0-stand-in.{}.img-0123", std::env::consts::ARCH);
    let programs = Layer::new("programs")
        .text("old\n", copy.as_str())
        .with(File::text(dracut, "/usr/bin/dracut").mode(0o755))
        .symlink("busybox", "/usr/bin/sh");
    let layer = Layer::new("unlock").entries(Initramfs::regenerated().modules(["clevis"]).omit(["plymouth"]));
    let image = Image::new("steps", Base::stand_in()).layer(programs).layer(layer);
    let workshop = Workshop::stand_in_with_busybox();
    workshop.build(&image, Compression::Zstd);
    let stored = Stored::named("initramfs");
    let to = format!("containers-storage:{}", stored.0);
    run("skopeo", &["copy", "--quiet", &workshop.reference("steps"), &to], workshop.path());
    let mounted = stored.mount();
    let modules = Path::new(&mounted).join("usr/lib/modules");
    let kernel = fs::read_dir(modules).unwrap().next().unwrap().unwrap();
    let made = fs::read_to_string(kernel.path().join("initramfs.img")).unwrap();
    let name = kernel.file_name().into_string().unwrap();
    let sealed = fs::read_to_string(Path::new(&mounted).join(copy.trim_start_matches('/'))).unwrap();
    assert_eq!(sealed, made, "`aib reseal` takes this one");
    assert_eq!(
        made,
        format!("{name}\nadd_dracutmodules+=\" clevis \"\nomit_dracutmodules+=\" plymouth \"\n")
    );
}

fn sh(script: &str) -> Run {
    Run::new(["/bin/busybox", "sh", "-ec", script])
}

fn refused(run: Run) -> String {
    let error = workshop().build_by(&image(run), EnginePolicy::Any, Compression::Zstd).unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    format!("{source}; {}", error.help().unwrap_or_default())
}

/// Every file below a folder, each blob of an image as the bytes that were compressed.
fn everything(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            all.extend(everything(&entry));
        } else if entry.is_file() {
            let bytes = fs::read(&entry).unwrap();
            let mut plain = Vec::new();
            let inflated = zstd::Decoder::new(&bytes[..]).and_then(|mut tar| tar.read_to_end(&mut plain));
            all.push((entry.display().to_string(), if inflated.is_ok() { plain } else { bytes }));
        }
    }
    all
}

#[test]
fn a_step_has_what_it_was_given_and_podman_alone_makes_the_same() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let script = "
        test \"$GREETING\" = 'two  words; $HOME' && test \"$(pwd)\" = /usr/share
        cp -r /run/maps/in/eu . && echo seen > /var/cache/kept/seen
        test \"$(cat /run/secrets/token)\" = \"$(cat /run/maps/expected)\"
        wc -c < /run/secrets/token > length
    ";
    let run = sh(script)
        .env("GREETING", "two  words; $HOME")
        .current_dir("/usr/share")
        .cache("/var/cache/kept")
        .bind("maps", "/run/maps/in")
        .bind("secrets/token", "/run/maps/expected")
        .secret(token());
    let workshop = workshop();
    let secret = format!("id=token,src={}", workshop.workspace.root.join("secrets/token"));
    compare_with(&workshop, &image(run), &["--secret", &secret]);
}

#[test]
fn what_was_made_to_mount_a_cache_at_is_not_in_the_image() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let steps = Layer::new("steps")
        .with(sh("echo x > /var/cache/new/deep/x").cache("/var/cache/new/deep"))
        .with(sh("mkdir /opt/tool; echo tool > /opt/tool/tool"))
        .with(sh("echo x > /opt/tool/cache/x").cache("/opt/tool/cache"));
    let gone = "test ! -e /var/cache/new && test ! -e /opt/tool/cache && test -f /opt/tool/tool";
    let image = Image::new("steps", Base::stand_in()).layer(steps).layer(Layer::new("after").with(sh(gone)));
    compare_with(&workshop(), &image, &[]);
}

/// podman 4 removes from the image what it mounted something over.
#[test]
fn a_directory_of_the_image_that_a_cache_was_mounted_at_stays() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let steps = Layer::new("steps")
        .with(Dir::new("/usr/share/tool").mode(0o2750).owner("33:998"))
        .with(sh("echo x > /tmp/x; echo x > /usr/share/tool/x").cache("/tmp").cache("/usr/share/tool"))
        .with(sh(
            "test -z \"$(ls -A /usr/share/tool)\" && test $(stat -c %a%u%g /usr/share/tool) = 275033998",
        ));
    let after = Layer::new("after").with(sh("test $(stat -c %a /tmp) = 1777"));
    compare_with(&workshop(), &Image::new("mounted", Base::stand_in()).layer(steps).layer(after), &[]);
}

#[test]
fn a_step_that_only_reads_its_secret_leaves_nothing_of_it() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let run = sh("cat /run/secrets/token; wc -c < /run/secrets/token > /usr/share/length").secret(token());
    let image = image(run);
    workshop.build(&image, Compression::Zstd);
    workshop.emit(&image, &workshop.workspace.root.join("target/context"));
    let all = everything(workshop.path().join("target").as_path());
    assert!(
        all.iter().any(|(_, bytes)| bytes.windows(6).any(|window| window == b"length")),
        "blobs are read"
    );
    for (path, bytes) in all {
        assert!(!bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes()), "{path}");
    }
}

#[test]
fn a_step_that_writes_its_secret_is_refused_wherever_it_hides_it() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    for (script, path) in [
        ("cat /run/secrets/token > /etc/token", "/etc/token"),
        ("ln -s $(cat /run/secrets/token) /etc/link", "/etc/link"),
        ("mkdir /etc/$(cat /run/secrets/token)", "`/etc/***`"),
        ("mkdir -p /etc/x/a-$(cat /run/secrets/token)-b/c", "`/etc/x/a-***-b`"),
        ("head -c 400000 /dev/zero > /etc/big; cat /run/secrets/token >> /etc/big", "/etc/big"),
    ] {
        let told = refused(sh(script).secret(token()));
        assert!(told.contains("holds the secret `token`: a step wrote it there"), "{script}: {told}");
        assert!(told.contains(path) && !told.contains(MARKER), "{script}: {told}");
    }
}

#[test]
fn what_a_failed_step_printed_is_shown_without_its_secret() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let run = sh("echo \"token $(cat /run/secrets/token) is wrong\" >&2; exit 1").secret(token());
    let error = workshop().build_by(&image(run), EnginePolicy::Any, Compression::Zstd).unwrap_err();
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    let told: Vec<_> = causes.map(ToString::to_string).collect();
    let told = told.join("\n");
    assert!(told.contains("token *** is wrong"), "{told}");
    assert!(!format!("{told}{error:?}").contains(MARKER), "{error:?}");
}

#[test]
fn a_secret_that_is_not_there_is_told_before_an_engine_is_started() {
    let steps = |secret| Layer::new("steps").with(Run::new(["true"]).secret(secret));
    let absent = Secret::env("token", "LAPSTRAKE_TEST_ABSENT");
    for (secret, cause, help) in [
        (absent, "secret `token` is the variable `LAPSTRAKE_TEST_ABSENT`, which is not set", "read -rs"),
        (Secret::file("token", "secrets/no-such"), "which can't be read", ""),
    ] {
        let image = Image::new("steps", Base::stand_in())
            .layer(Layer::new("first").run(["true"]))
            .layer(steps(secret));
        let built = workshop().build_by(&image, EnginePolicy::Any, Compression::Zstd);
        // Where no engine is installed that is told first.
        if present(&["podman"]) {
            let error = built.unwrap_err();
            let causes =
                std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
            let told: Vec<_> = causes.map(ToString::to_string).collect();
            assert_eq!(told[1], "the secrets of layer `steps` can't be read");
            assert!(told[2].contains(cause), "{told:?}");
            assert!(error.help().unwrap_or_default().contains(help), "{error:?}");
        }
    }
}

#[test]
fn what_no_containerfile_or_package_manager_could_be_told_is_a_finding() {
    let workshop = workshop();
    workshop.source("vendor/x.rpm", b"");
    workshop.source("vendor/two/x.rpm", b"");
    workshop.source("vendor/x.conf", b"");
    let repository = || Repository::new("vendor", "https://rpms.example");
    for (name, layer) in [
        ("mount-point", Layer::new("l").with(Run::new(["true"]).cache("/var/cache/a,b"))),
        ("mount-point", Layer::new("l").with(Run::new(["true"]).bind("maps", "/"))),
        ("missing-asset", Layer::new("l").with(Run::new(["true"]).bind("no-such", "/run/x"))),
        ("invalid-value", Layer::new("l").with(Run::new(["true"]).env("A=B", "c"))),
        ("invalid-value", Layer::new("l").with(Run::new(["true"]).env("A", "\0"))),
        ("rpm-file", Layer::new("l").with(Packages::install(["a"]).rpm_file("vendor/x.conf"))),
        (
            "rpm-file",
            Layer::new("l")
                .with(Packages::install(["a"]).rpm_file("vendor/x.rpm").rpm_file("vendor/two/x.rpm")),
        ),
        ("repo-file", Layer::new("l").with(Packages::install(["a"]).repo_file("vendor/x.conf"))),
        (
            "duplicate-repository",
            Layer::new("l").with(Packages::install(["a"]).repository(repository()).repository(repository())),
        ),
    ] {
        let image = Image::new("steps", Base::stand_in()).layer(layer.clone());
        let found: Vec<_> = workshop.plan(&image).1.iter().map(|finding| finding.name).collect();
        assert_eq!(found, [name], "{layer:?}");
    }
}

/// Returns the findings of a layer with these packages, on a base that has the package manager.
fn found_with(tool: &str, packages: Packages) -> Vec<String> {
    let tar = Tar::new().directory("usr").directory("usr/bin").file(&format!("usr/bin/{tool}"), "");
    let workshop = Workshop::on_stand_in_and(tar.end());
    workshop.source("vendor/x.rpm", b"");
    let image = Image::new("steps", Base::stand_in()).layer(Layer::new("l").with(packages));
    workshop.plan(&image).1.iter().map(|finding| format!("{}: {}", finding.name, finding.message)).collect()
}

#[test]
fn what_a_package_manager_cannot_do_is_a_finding() {
    let group = || Packages::install(["@Development Tools"]);
    let cannot = |what: &str| vec![format!("package-transaction: {what}")];
    for (tool, packages, expected) in [
        (
            "microdnf",
            Packages::install(["a"]).and_remove(["b"]),
            cannot("microdnf can't install and remove in one transaction"),
        ),
        ("microdnf", Packages::install(["a"]).module("php:8.2").enable_repository("crb"), vec![]),
        ("microdnf", Packages::default().and_remove(["b"]), vec![]),
        ("microdnf", group(), cannot("microdnf has no groups, and `@Development Tools` is one")),
        ("microdnf", Packages::install(["a"]).allow_erasing(), cannot("microdnf has no `--allowerasing`")),
        (
            "microdnf",
            Packages::default().rpm_file("vendor/x.rpm"),
            cannot("microdnf installs packages of repositories alone, and `x.rpm` is a file"),
        ),
        ("dnf5", Packages::default().rpm_file("vendor/x.rpm"), vec![]),
        ("dnf5", group(), cannot("dnf5 finds a group by its id, and `@Development Tools` is a name")),
        ("dnf5", Packages::install(["@development-tools"]).and_remove(["@core"]), vec![]),
        ("dnf", group().allow_erasing().upgrade_all(), vec![]),
        (
            "dnf",
            Packages::remove(["@core"]),
            cannot(
                "dnf 4 can't remove the group `@core`: its list of installed groups is in `/var/lib/dnf`, which is in \
                 no image",
            ),
        ),
        (
            "dnf",
            Packages::swap("a", "@core"),
            cannot("a swap is of packages, and one of `a` and `@core` is a group"),
        ),
    ] {
        assert_eq!(found_with(tool, packages.clone()), expected, "{tool} {packages:?}");
    }
}

#[test]
fn packages_without_scriptlets_are_a_warning_until_it_is_accepted() {
    let packages = || Packages::install(["a"]).without_scriptlets();
    let found = found_with("dnf", packages());
    assert!(matches!(&found[..], [found] if found.starts_with("without-scriptlets: ")), "{found:?}");
    assert_eq!(found_with("dnf", packages().allow("without-scriptlets")), [""; 0]);
}

/// A package manager that installs one package, and claims to have installed another.
const DNF: &str = "#!/bin/sh
echo lapstrake-before base-1-1.noarch
echo lapstrake-after forged-1-1.noarch
echo forged-1-1.noarch > /lapstrake-packages
echo real-1-1.noarch >> /usr/lib/packages
";
const RPM: &str = "#!/bin/sh
cat /usr/lib/packages
";

#[test]
fn a_step_that_prints_a_list_of_packages_pins_nothing() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let program = |text: &'static str, path: &str| File::text(text, path).mode(0o755);
    let image = Image::new("steps", Base::stand_in())
        .layer(
            Layer::new("tools")
                .with(program(DNF, "/usr/bin/dnf"))
                .with(program(RPM, "/usr/bin/rpm"))
                .text("base-1-1.noarch\n", "/usr/lib/packages"),
        )
        .layer(
            Layer::new("packages")
                .with(Packages::install(["real"]))
                .with(sh("echo lapstrake-after forged-2-1.noarch; rm /lapstrake-packages")),
        );
    for engine in ["podman", "buildah"] {
        let policy = EnginePolicy::of_value(engine).unwrap();
        let (built, installed) = workshop().build_with_packages(&image, policy, Compression::Zstd);
        let built = built.unwrap().unwrap();
        let packages = installed.into_iter().map(|(layer, packages)| (layer.to_string(), packages));
        let real = ("packages".to_owned(), BTreeSet::from(["real-1-1.noarch".to_owned()]));
        assert_eq!(packages.collect::<Vec<_>>(), [real], "{engine}");
        assert_eq!(built.layers.last().unwrap().name.as_ref().unwrap().as_str(), "packages");
    }
}
