//! What is different between two small images.

use lapstrake_oci::tree::CAPABILITY;
use tar::EntryType;

use super::*;
use crate::base::fixture::{Place, Tar, told};

fn side(name: &str, tars: &[Vec<u8>]) -> Side {
    let image = Place::with_layers(tars).open().unwrap_or_else(|error| panic!("{}", told(&error)));
    Side { name: name.to_owned(), image, packages: Packages::None }
}

/// Each change of a part as a line: its sign, its name, and its facts.
fn lines(difference: &Difference<'_>, part: Part) -> Vec<String> {
    let value = |value: &Option<serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => text.get(..14).unwrap_or(text).to_owned(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let line = |change: &Change| {
        let facts = change
            .facts
            .iter()
            .map(|fact| format!(" {}={}>{}", fact.name, value(&fact.old), value(&fact.new)));
        format!("{} {}{}", change.how.sign(), change.name, facts.collect::<String>())
    };
    difference.part(part).changes.iter().map(line).collect()
}

fn of(old: Tar, new: Tar, part: Part) -> Vec<String> {
    let (old, new) = (side("old", &[old.end()]), side("new", &[new.end()]));
    lines(&Difference::of(&old, &new), part)
}

#[test]
fn files_are_compared_by_kind_content_owner_mode_target_and_attributes() {
    let program =
        |tar: Tar, name: &str, mode: u32| tar.member(name.as_bytes(), EntryType::Regular, "", mode, b"x");
    let old = Tar::new().directory("etc").file("etc/same", "same").file("etc/a", "one").symlink("etc/l", "a");
    let old = program(old.directory("usr").directory("usr/gone").file("usr/gone/x", "12"), "usr/su", 0o755);
    let old = program(old, "usr/ping", 0o755).file("usr/kind", "");
    let new = Tar::new().directory("etc").file("etc/same", "same").file("etc/a", "two").symlink("etc/l", "b");
    let new = program(new.directory("usr"), "usr/su", 0o4755);
    let capability: &[u8] = &[1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let new = new.pax(&[(&format!("SCHILY.xattr.{CAPABILITY}"), capability)]);
    let new = program(new, "usr/ping", 0o755).symlink("usr/kind", "su").file("usr/new", "123");
    let digest = |text: &str| lapstrake_oci::Digest::of(text.as_bytes()).to_string()[..14].to_owned();
    let expected = [
        format!("~ /etc/a content={}>{}", digest("one"), digest("two")),
        "~ /etc/l target=a>b".to_owned(),
        "- /usr/gone kind=directory> mode=0755> owner=0:0>".to_owned(),
        format!("- /usr/gone/x kind=file> size=2> content={}> mode=0644> owner=0:0>", digest("12")),
        format!("~ /usr/kind kind=file>symlink size=0> content={}> mode=0644> target=>su", digest("")),
        format!("+ /usr/new kind=>file size=>3 content=>{} mode=>0644 owner=>0:0", digest("123")),
        "~ /usr/ping capabilities=>cap_net_raw=ep".to_owned(),
        "~ /usr/su mode=0755>4755".to_owned(),
    ];
    assert_eq!(of(old, new, Part::Files), expected);
}

#[test]
fn units_are_compared_by_what_a_boot_does_with_them() {
    let directories = |tar: Tar| {
        let wants = "usr/lib/systemd/system/multi-user.target.wants";
        [
            "usr",
            "usr/lib",
            "usr/lib/systemd",
            "usr/lib/systemd/system",
            wants,
            "etc",
            "etc/systemd",
            "etc/systemd/system",
        ]
        .iter()
        .fold(tar, |tar, name| tar.directory(name))
    };
    let unit = |tar: Tar, name: &str| tar.file(&format!("usr/lib/systemd/system/{name}"), "[Service]\n");
    let old = unit(unit(unit(directories(Tar::new()), "on.service"), "off.service"), "masked.service");
    let old = old.symlink("usr/lib/systemd/system/multi-user.target.wants/off.service", "../off.service");
    let new = unit(unit(unit(directories(Tar::new()), "on.service"), "off.service"), "masked.service");
    let new = new
        .symlink("usr/lib/systemd/system/multi-user.target.wants/on.service", "../on.service")
        .symlink("etc/systemd/system/masked.service", "/dev/null")
        .directory("etc/systemd/system/off.service.d")
        .file("etc/systemd/system/off.service.d/10-x.conf", "[Service]\nNice=1\n")
        .file("etc/systemd/system/notes.txt", "");
    let found = of(old, new, Part::Units);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].starts_with("~ masked.service file=/usr/lib/syste>/etc/systemd/s content="),
        "{found:?}"
    );
    assert!(found[0].ends_with(">-> /dev/null masked=>true"), "{found:?}");
    let wants = r#"["multi-user.target"]"#;
    assert!(
        found[1].starts_with(&format!(
            "~ off.service started by={wants}> drop-ins=>[\"/etc/systemd/system/off.service.d/10-x.conf\"]"
        )),
        "{found:?}"
    );
    assert_eq!(found[2], format!("~ on.service started by=>{wants}"));
}

#[test]
fn accounts_and_kernel_arguments_are_compared_as_a_device_gets_them() {
    let image = |sysusers: &str, passwd: &str, kargs: &str| {
        let tar = ["usr", "usr/lib", "usr/lib/sysusers.d", "usr/lib/bootc", "usr/lib/bootc/kargs.d", "etc"]
            .iter()
            .fold(Tar::new(), |tar, name| tar.directory(name));
        let tar = tar.file("usr/lib/sysusers.d/app.conf", sysusers).file("etc/passwd", passwd);
        tar.file("usr/lib/bootc/kargs.d/10-app.toml", kargs)
    };
    let old = || {
        image("u app 990\n", "root:x:0:0::/:/bin/sh\nold:x:5:5::/:/bin/sh\n", "kargs = [\"quiet splash\"]\n")
    };
    let new = || image("u app 991\nu fresh -\n", "root:x:0:0::/:/bin/sh\n", "kargs = [\"quiet\", \"rw\"]\n");
    let accounts = [
        "~ group app gid=990>991",
        "+ group fresh gid=>chosen at boot",
        "~ user app uid=990>991",
        "+ user fresh uid=>chosen at boot",
        "- user old uid=5>",
    ];
    assert_eq!(of(old(), new(), Part::Accounts), accounts);
    assert_eq!(of(old(), new(), Part::Kernel), ["+ argument rw", "- argument splash"]);
    let other = image("", "", "kargs = [\"quiet splash\"]\nmatch-architectures = [\"s390x\"]\n");
    assert_eq!(of(old(), other, Part::Kernel), ["- argument quiet", "- argument splash"]);

    let sides = [side("old", &[old().end()]), side("new", &[image("", "", "kargs = 1\n").end()])];
    let difference = Difference::of(&sides[0], &sides[1]);
    let unknown = "the kernel arguments of `/usr/lib/bootc/kargs.d/10-app.toml` of `new` can't be read";
    assert_eq!(difference.part(Part::Kernel).unknown, [unknown]);
    let found = violations(&difference, &[Limit::KernelChanged], None);
    assert_eq!(found[0].message, format!("it can't be decided, because {unknown}"));
}

#[test]
fn packages_are_compared_by_name_and_version_and_several_versions_stay_apart() {
    let tar = || vec![Tar::new().file("x", "").end()];
    let known = |list: &[(&str, &[&str])]| {
        let versions = |(name, versions): &(&str, &[&str])| {
            (format!("{name}.x86_64"), versions.iter().map(|version| (*version).to_owned()).collect())
        };
        Packages::Known(list.iter().map(versions).collect())
    };
    let (mut old, mut new) = (side("old", &tar()), side("new", &tar()));
    old.packages =
        known(&[("a", &["1-1"]), ("b", &["2-1"]), ("c", &["1-1"]), ("kernel", &["6.1-1", "6.2-1"])]);
    new.packages = known(&[("a", &["1-2"]), ("b", &["1:1-1"]), ("d", &["1-1"]), ("kernel", &["6.2-1"])]);
    let difference = Difference::of(&old, &new);
    let expected = [
        "~ a.x86_64 version=1-1>1-2",
        "~ b.x86_64 version=2-1>1:1-1",
        "- c.x86_64 version=1-1>",
        "+ d.x86_64 version=>1-1",
        "- kernel.x86_64 version=6.1-1>",
    ];
    assert_eq!(lines(&difference, Part::Packages), expected);
    let messages = |difference: &Difference<'_>| -> Vec<_> {
        let limits = [Limit::PackagesRemoved, Limit::Downgrade];
        violations(difference, &limits, None).into_iter().map(|found| found.message).collect()
    };
    assert_eq!(messages(&difference), ["2 packages are removed: `c.x86_64`, `kernel.x86_64`"]);
    let back = Difference::of(&new, &old);
    let lower = "2 packages are replaced by a lower version: `a.x86_64`, `b.x86_64`";
    assert_eq!(messages(&back), ["1 package is removed: `d.x86_64`", lower]);

    new.packages = Packages::Unknown("it is damaged".to_owned());
    let difference = Difference::of(&old, &new);
    let reason = "it can't be decided, because the packages of `new` are not known: it is damaged";
    assert_eq!(messages(&difference), [reason, reason]);
    assert_eq!(lines(&difference, Part::Packages), [""; 0]);
}

#[test]
fn what_a_device_downloads_is_each_blob_once_that_it_has_not() {
    let layer = |text: &str| Tar::new().file(&format!("{text}.txt"), text).end();
    let old = side("old", &[layer("base"), layer("app")]);
    let new = side("new", &[layer("base"), layer("app 2"), layer("twice"), layer("twice")]);
    let difference = Difference::of(&old, &new);
    let download = &difference.download;
    let states: Vec<_> = download.layers.iter().map(|layer| layer.state.word()).collect();
    assert_eq!(states, ["kept", "added", "added", "added"]);
    let sizes: Vec<_> = new.image.layers.iter().map(|layer| layer.size).collect();
    let documents = new.image.manifest.config.size + new.image.descriptor.size;
    assert_eq!(download.bytes(), sizes[1] + sizes[2] + documents);
    assert_eq!((download.layers[3].download, download.fetched(), download.gone.len()), (0, 2, 1));
    let same = Difference::of(&old, &old);
    assert_eq!((same.download.bytes(), same.is_same_image()), (0, true));

    let most = |text: &str| violations(&difference, &[], Some(text.parse().unwrap()));
    assert_eq!(most(&download.bytes().to_string()), []);
    let above = most(&(download.bytes() - 1).to_string());
    assert!(above[0].message.starts_with("a device with `old` downloads "), "{above:?}");
}

#[test]
fn a_program_that_gains_rights_is_found_and_a_directory_is_not() {
    let tar = |mode: u32, directory: u32| {
        let tar = Tar::new().member(b"d", EntryType::Directory, "", directory, b"");
        tar.member(b"su", EntryType::Regular, "", mode, b"x")
    };
    let found = |old: u32, new: u32| {
        let (old, new) = (side("old", &[tar(old, 0o755).end()]), side("new", &[tar(new, 0o2755).end()]));
        violations(&Difference::of(&old, &new), &[Limit::SetuidAdded], None).len()
    };
    assert_eq!((found(0o755, 0o4755), found(0o755, 0o2755), found(0o4755, 0o6755)), (1, 1, 1));
    let of_user = |uid: u64| {
        let mut header = crate::base::fixture::header(b"su", EntryType::Regular, "", 0o4755, 0);
        header.set_uid(uid);
        header.set_cksum();
        side("image", &[Tar::new().raw(header.as_bytes()).end()])
    };
    let (user, root) = (of_user(7), of_user(0));
    let limits = [Limit::SetuidAdded];
    assert_eq!(violations(&Difference::of(&user, &root), &limits, None).len(), 1, "it runs as root now");
    assert_eq!((found(0o755, 0o755), found(0o4755, 0o4711), found(0o6755, 0o755)), (0, 0, 0));
}

#[test]
fn a_database_that_is_not_read_is_never_taken_for_an_image_without_packages() {
    let found = |directory: &str, files: &[(&str, &str)]| {
        let mut tar = Tar::new();
        for (at, _) in directory.match_indices('/').chain([(directory.len(), "")]) {
            tar = tar.directory(&directory[..at]);
        }
        let tar = files.iter().fold(tar, |tar, (name, text)| tar.file(&format!("{directory}/{name}"), text));
        match database(&side("image", &[tar.end()]).image.index) {
            Database::None => "none".to_owned(),
            Database::File { size, .. } => format!("{size} bytes"),
            Database::Unreadable(reason) => reason,
        }
    };
    assert_eq!(
        found("usr/lib/sysimage/rpm", &[("rpmdb.sqlite", "123"), ("rpmdb.sqlite-wal", "")]),
        "3 bytes"
    );
    let journal = found("var/lib/rpm", &[("rpmdb.sqlite", "123"), ("rpmdb.sqlite-wal", "4")]);
    assert_eq!(journal, "`/var/lib/rpm/rpmdb.sqlite` has a journal that is not merged");
    for (directory, file) in [("usr/lib/sysimage/rpm", "Packages.db"), ("var/lib/rpm", "Packages")] {
        let other =
            format!("`/{directory}/{file}` is a database of another kind than sqlite, which is not read");
        assert_eq!(found(directory, &[(file, "1")]), other);
    }
    let foreign = "`/var/lib/dpkg/status` is not a database of rpm, and no other is read";
    assert_eq!(found("var/lib/dpkg", &[("status", "")]), foreign);
    assert_eq!(found("var/lib/rpm", &[]), "none");
}
