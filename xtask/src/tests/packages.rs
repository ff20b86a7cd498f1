//! What findings say of the files that packages bring: which package has them, and what its user can do.

use std::os::unix::fs::MetadataExt as _;

use lapstrake::entry::{File, Packages, Repository, Tmpfiles};
use lapstrake::value::ImagePath;
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::tree::Kind;

use super::engine::present;
use super::workshop::Workshop;
use crate::engine::EnginePolicy;
use crate::finding::{Blame, Finding};
use crate::plan::{Origin, Plan};

/// A package manager that installs two programs and a directory, of which rpm lists one program and the directory.
const DNF: &str = "#!/bin/sh
/bin/busybox mkdir -p /var/lib/real
for name in listed unlisted; do
    echo program > /usr/bin/$name
    /bin/busybox chmod 4755 /usr/bin/$name
done
echo real-1-1.noarch >> /usr/lib/packages
";
/// rpm lists a path as the package has it: `/bin` is a link.
const RPM: &str = "#!/bin/sh
case \"$3\" in
*FILENAMES*) printf 'real-1-1.noarch\\t/bin/listed\\nreal-1-1.noarch\\t/var/lib/real\\na line\\nold-1\\t/usr/bin/unlisted\\n' ;;
*) cat /usr/lib/packages ;;
esac
";

/// Returns an image whose layer `packages` installs what the package manager does.
fn image(packages: Packages) -> Image {
    let program = |text: &'static str, path: &str| File::text(text, path).mode(0o755);
    let tools = Layer::new("tools")
        .with(program(DNF, "/usr/bin/dnf"))
        .with(program(RPM, "/usr/bin/rpm"))
        .text("base-1-1.noarch\n", "/usr/lib/packages");
    Image::new("packages", Base::stand_in()).layer(tools).layer(Layer::new("packages").with(packages))
}

fn found(name: &str, packages: Packages) -> Vec<Finding> {
    let mut found = Workshop::hostile().final_findings(&image(packages));
    found.retain(|finding| finding.name == name && finding.blame != Some(Blame::Base));
    found
}

#[test]
fn a_finding_names_the_package_that_has_the_path() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let found_setuid = found("setuid", Packages::install(["real"]));
    let messages: Vec<_> = found_setuid.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`/usr/bin/listed` has mode 4755: it runs with its owner's rights (from package `real-1-1.noarch`)",
            "`/usr/bin/unlisted` has mode 4755: it runs with its owner's rights",
        ]
    );
    let help = "accept it where it comes from: `.allow(checks::SETUID)` of these packages or this step";
    assert_eq!(found_setuid[0].help.as_deref(), Some(help));

    let state = found("var-tmpfiles", Packages::install(["real"]).allow("setuid"));
    assert_eq!(state.len(), 1, "{state:#?}");
    assert!(state[0].message.ends_with(" (from package `real-1-1.noarch`)"), "{state:#?}");
}

#[test]
fn what_the_packages_accept_is_not_found() {
    if present(&["podman", "busybox"]) {
        assert_eq!(found("setuid", Packages::install(["real"]).allow("setuid")), []);
    }
}

/// A package manager whose packages leave state, of which one package has a line of tmpfiles.d itself.
const STATEFUL: &str = "#!/bin/sh
cd /var/lib
/bin/busybox mkdir -p made real 'odd name %t' deep/er
/bin/busybox chmod 0750 real
/bin/busybox chown 33:44 real
/bin/busybox ln -s '../%t x' link
echo data > deep/file
/bin/busybox mkdir -p /usr/lib/tmpfiles.d
echo 'd /var/lib/made 0700 - - -' > /usr/lib/tmpfiles.d/made.conf
echo 'www:x:33:33::/:/sbin/nologin' >> /etc/passwd
";

#[test]
fn what_packages_have_below_var_is_made_at_boot() {
    if !present(&["podman", "skopeo", "busybox", "systemd-tmpfiles"]) {
        return;
    }
    let (workshop, path) = (Workshop::hostile(), ImagePath::parse("/usr/lib/tmpfiles.d/state.conf").unwrap());
    let program = |text: &'static str, path: &str| File::text(text, path).mode(0o755);
    let tools = Layer::new("tools")
        .with(program(STATEFUL, "/usr/bin/dnf"))
        .with(program("#!/bin/sh\n", "/usr/bin/rpm"))
        .text("root:x:0:0::/root:/bin/sh\n", "/etc/passwd");
    let packages = Layer::new("packages").packages(["stateful"]);
    let image = |packages: Layer| Image::new("state", Base::stand_in()).layer(tools.clone()).layer(packages);

    let first = workshop.planned(&image(packages.clone().tmpfiles_of_packages("state")));
    assert_eq!(first.undecided[0].what, "`Tmpfiles::of_packages(\"state\")`");
    let lines = |packages: Layer| {
        let (built, _) =
            workshop.build_and_plan(&image(packages), EnginePolicy::Any, lapstrake_oci::Compression::Zstd);
        let (_, plan) = built.unwrap().unwrap();
        let member = plan.layers.last().unwrap().members[&path].kind.clone();
        let Kind::File(Origin::Text(text)) = member else { panic!("it is written: {member:?}") };
        text
    };
    let text = lines(packages.clone().tmpfiles_of_packages("state"));
    assert_eq!(
        text.lines().filter(|line| line.contains("/var/lib/")).collect::<Vec<_>>(),
        [
            "d /var/lib/deep 0755 root root -",
            "d /var/lib/deep/er 0755 root root -",
            "L /var/lib/link - - - - ../%%t x",
            "d \"/var/lib/odd name %%t\" 0755 root root -",
            "d /var/lib/real 0750 www 44 -",
        ]
    );
    let by_file = Layer::new("state").with(Tmpfiles::of_packages("state"));
    let (built, _) = workshop.build_and_plan(
        &image(packages.clone()).layer(by_file),
        EnginePolicy::Any,
        lapstrake_oci::Compression::Zstd,
    );
    let above = built.unwrap().unwrap().1;
    assert!(above.layers.last().unwrap().members.contains_key(&path), "a layer above has the same lines");

    let device = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = device.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("usr/lib/tmpfiles.d/state.conf", &text);
    write("etc/passwd", "root:x:0:0::/:/bin/sh\nwww:x:33:33::/:/bin/sh\n");
    write("etc/group", "root:x:0:\n");
    let option = format!("--root={}", device.path().display());
    let made = super::engine::output("systemd-tmpfiles", &[&option, "--create"], device.path());
    assert!(made.status.success(), "{made:?}");
    let real = std::fs::metadata(device.path().join("var/lib/real")).unwrap();
    assert_eq!((real.mode() & 0o7777, real.uid(), real.gid()), (0o750, 33, 44));
    assert!(device.path().join("var/lib/odd name %t").is_dir());
    assert_eq!(std::fs::read_link(device.path().join("var/lib/link")).unwrap().to_str(), Some("../%t x"));

    let found = |packages: Layer| {
        let found = workshop.final_findings(&image(packages)).into_iter();
        let found = found.filter(|found| found.name == "var-tmpfiles" && found.blame != Some(Blame::Base));
        found.map(|found| found.message).collect::<Vec<_>>()
    };
    let without = found(packages.clone());
    assert!(without[0].contains("`/var/lib/deep`"), "{without:?}");
    let with = found(packages.tmpfiles_of_packages("state"));
    assert_eq!(with.len(), 1, "{with:?}");
    assert!(with[0].contains("`/var/lib/deep/file`"), "no line makes a file: {with:?}");
}

/// Returns a workshop with RPM files, some of them in an indexed directory.
fn with_rpms() -> Workshop {
    let workshop = Workshop::stand_in();
    for name in ["a-1-1.noarch.rpm", "deep/b-1-1.noarch.rpm", "a-1-1.src.rpm", "a.log"] {
        workshop.source(&format!("artifacts/{name}"), name.as_bytes());
    }
    workshop.source("twice/one/a-1-1.noarch.rpm", b"a");
    workshop.source("twice/two/a-1-1.noarch.rpm", b"b");
    workshop.source("none/README", b"no RPM\n");
    workshop.source("rpms/a-1-1.noarch.rpm", b"a");
    workshop.source("rpms/repodata/repomd.xml", b"<repomd/>\n");
    workshop
}

fn planned(workshop: &Workshop, packages: Packages) -> (Option<Plan>, Vec<(String, Option<String>)>) {
    let image = Image::new("rpms", Base::stand_in()).layer(Layer::new("l").with(packages));
    let (plan, findings) = workshop.plan(&image);
    (
        plan,
        findings
            .into_iter()
            .map(|found| (format!("{}: {}", found.name, found.message), found.help))
            .collect(),
    )
}

#[test]
fn all_rpm_files_of_a_directory_are_installed_and_its_other_files_are_not() {
    let (plan, found) = planned(&with_rpms(), Packages::default().rpm_dir("artifacts"));
    assert_eq!(found, []);
    let layer = &plan.unwrap().layers[0];
    let files: Vec<_> =
        layer.transaction.as_ref().unwrap().rpm_files.values().map(|path| path.as_str()).collect();
    assert_eq!(files, ["artifacts/a-1-1.noarch.rpm", "artifacts/deep/b-1-1.noarch.rpm"]);
    let context: Vec<_> = layer.context.keys().map(String::as_str).collect();
    assert_eq!(
        context,
        ["packages", "packages/rpms", "packages/rpms/a-1-1.noarch.rpm", "packages/rpms/b-1-1.noarch.rpm"]
    );
}

#[test]
fn a_repository_may_be_a_directory_whose_cached_index_dnf_reads_again() {
    let local = Repository::directory("local", "rpms").unsigned();
    let (plan, found) = planned(&with_rpms(), Packages::install(["a"]).repository(local));
    assert_eq!(found, []);
    let layer = &plan.unwrap().layers[0];
    assert!(
        layer.context.contains_key("packages/local/local/a-1-1.noarch.rpm"),
        "{:?}",
        layer.context.keys()
    );
    let file = layer.context["packages/repos/local.repo"].file().unwrap();
    let Origin::Text(text) = &file.from else { panic!("it is written: {file:?}") };
    assert_eq!(
        text,
        "[local]\nname=local\nbaseurl=file:///run/lapstrake/local/local\nenabled=1\ngpgcheck=0\nmetadata_expire=1\n"
    );
}

#[test]
fn a_directory_that_gives_no_packages_is_an_error() {
    let workshop = with_rpms();
    let dir = |path: &'static str| Packages::default().rpm_dir(path);
    let local = |path: &'static str| Repository::directory("local", path);
    let of = |repository: Repository| Packages::install(["a"]).repository(repository);
    for (packages, message, help) in [
        (dir("none"), "rpm-file: `none` has no RPM file", None),
        (
            dir("rpms/a-1-1.noarch.rpm"),
            "rpm-file: `rpms/a-1-1.noarch.rpm` is a file",
            Some("write `.rpm_file(\"rpms/a-1-1.noarch.rpm\")`"),
        ),
        (
            dir("twice"),
            "rpm-file: `twice/two/a-1-1.noarch.rpm` is not an RPM file with a name of its own",
            Some("name each RPM of the workspace once: `NAME-VERSION-RELEASE.ARCH.rpm`"),
        ),
        (
            of(local("artifacts")),
            "repo-directory: `artifacts` has no index of packages: `repodata/repomd.xml` is missing",
            Some("run `createrepo_c artifacts`, or install all of its RPM files: `.rpm_dir(\"artifacts\")`"),
        ),
        (
            of(local("rpms").kept()),
            "repo-directory: repository `local` is a directory of the workspace, which is not in the image",
            Some("leave `.kept()` out, or give the repository a URL"),
        ),
    ] {
        let (_, found) = planned(&workshop, packages);
        assert_eq!(found.first(), Some(&(message.to_owned(), help.map(str::to_owned))), "{found:?}");
    }
}
