//! Users, groups and configuration files, as systemd and sudo read them: the files of a plan are put in a folder, and
//! the real programs make accounts and directories of them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use camino::Utf8Path;
use lapstrake::entry::{Conf, Dir, Edit, File, Group, Run, Secret, User};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::tree::Kind;
use tempfile::TempDir;

use super::engine::{present, run};
use super::equivalence::compare_with;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::inputs::secret_hash;
use crate::layer::{Removals, write_tar};
use crate::plan::{Origin, Plan, render_layers};
use crate::support::explain::Explain;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHRlc3Q100%\\x admin@desk";

fn image(layer: Layer) -> Image {
    Image::new("accounts", Base::stand_in()).layer(layer)
}

/// Writes the texts of a plan below a folder that has root's account.
fn written(plan: &Plan) -> TempDir {
    let root = TempDir::new().unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").unwrap();
    fs::write(root.path().join("etc/group"), "root:x:0:\n").unwrap();
    for (path, member) in plan.layers.iter().flat_map(|layer| layer.described()) {
        if let Kind::File(from) = &member.kind {
            let text = match from {
                Origin::Text(text) => text.clone().into_bytes(),
                Origin::Asset { host, .. } => fs::read(host).unwrap(),
                other => panic!("{other:?}"),
            };
            let file = root.path().join(path.as_str().trim_start_matches('/'));
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(member.metadata.mode.bits())).unwrap();
        }
    }
    root
}

/// The names of the findings of an image.
fn findings(workshop: &Workshop, image: &Image) -> Vec<&'static str> {
    workshop.check(image).iter().map(|finding| finding.name).collect()
}

fn at(root: &TempDir, path: &str) -> String {
    fs::read_to_string(root.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn systemd_makes_the_users_and_what_they_own() {
    if !present(&["systemd-sysusers", "systemd-tmpfiles", "visudo"]) {
        return;
    }
    let workshop = Workshop::stand_in();
    workshop.source("deploy/admin.pub", format!("# the desk\n{KEY}\n").as_bytes());
    let layer = Layer::new("accounts")
        .user(User::system("app").home("/var/lib/app").description("The \"app\""))
        .user(User::system("fixed").id(960).groups(["can"]))
        .user(
            User::login("admin", 1000)
                .groups(["wheel"])
                .authorized_keys("deploy/admin.pub")
                .sudo("NOPASSWD: /usr/bin/bootc upgrade")
                .lingering(),
        )
        .group("can")
        .group(Group::new("lin").id(961));
    let root = written(&workshop.planned(&image(layer)));
    let option = format!("--root={}", root.path().display());
    run("systemd-sysusers", &[&option], Path::new("/"));
    run("systemd-tmpfiles", &[&option, "--create", "--prefix=/var"], Path::new("/"));

    let passwd = at(&root, "etc/passwd");
    assert!(passwd.contains("\nadmin:x:1000:1000::/var/home/admin:/bin/bash\n"), "{passwd}");
    assert!(passwd.contains("\nfixed:x:960:960::/:/usr/sbin/nologin\n"), "{passwd}");
    let app = passwd.lines().find(|line| line.starts_with("app:")).unwrap();
    assert!(app.ends_with(":The \"app\":/var/lib/app:/usr/sbin/nologin"), "{app}");
    let group = at(&root, "etc/group");
    assert!(group.contains("\nlin:x:961:\n"), "{group}");
    assert!(group.lines().any(|line| line.starts_with("can:") && line.ends_with(":fixed")), "{group}");
    assert!(group.lines().any(|line| line.starts_with("wheel:") && line.ends_with(":admin")), "{group}");

    let home = fs::metadata(root.path().join("var/home/admin")).unwrap();
    assert_eq!((home.uid(), home.mode() & 0o7777), (1000, 0o700));
    let keys = "var/home/admin/.ssh/authorized_keys";
    assert_eq!(at(&root, keys), format!("{KEY}\n"), "what is special to tmpfiles.d is kept");
    let keys = fs::metadata(root.path().join(keys)).unwrap();
    assert_eq!((keys.uid(), keys.mode() & 0o7777), (1000, 0o600));
    assert!(root.path().join("var/lib/systemd/linger/admin").exists());
    assert_eq!(
        fs::metadata(root.path().join("var/lib/app")).unwrap().mode() & 0o7777,
        0o755,
        "as `StateDirectory=` makes it"
    );

    let sudoers = root.path().join("etc/sudoers.d/admin");
    assert_eq!(fs::metadata(&sudoers).unwrap().mode() & 0o7777, 0o440);
    run("visudo", &["--check", "--strict", "--file", sudoers.to_str().unwrap()], Path::new("/"));
}

const HASH: &str = "$6$saltsaltsalt$abcdefghijklmnopqrstuvwxyz./0123456789";

#[test]
fn systemd_sets_the_password_of_the_user_that_it_creates() {
    if !present(&["systemd-sysusers", "env"]) {
        return;
    }
    let workshop = Workshop::stand_in();
    workshop.source("secrets/admin.hash", HASH.as_bytes());
    let layer = Layer::new("accounts").user(User::login("admin", 1000).password_hash("secrets/admin.hash"));
    assert_eq!(findings(&workshop, &image(layer.clone())), [""; 0]);
    let plan = workshop.planned(&image(layer));
    assert!(!format!("{plan:?}").contains(HASH), "a plan is printed");
    let root = written(&plan);
    fs::write(root.path().join("etc/shadow"), "root:*:19000::::::\n").unwrap();
    let credential = root.path().join("usr/lib/credstore/passwd.hashed-password.admin");
    assert_eq!(fs::metadata(credential).unwrap().mode() & 0o7777, 0o600);
    let drop_in = at(&root, "usr/lib/systemd/system/systemd-sysusers.service.d/50-admin.conf");
    let line = "LoadCredential=passwd.hashed-password.admin:/usr/lib/credstore/passwd.hashed-password.admin";
    assert_eq!(drop_in, format!("[Service]\n{line}\n"));

    // What the service manager does for the line of the drop-in.
    let credentials = format!("CREDENTIALS_DIRECTORY={}/usr/lib/credstore", root.path().display());
    let option = format!("--root={}", root.path().display());
    run("env", &[&credentials, "systemd-sysusers", &option], Path::new("/"));
    let shadow = at(&root, "etc/shadow");
    assert!(shadow.lines().any(|line| line.starts_with(&format!("admin:{HASH}:"))), "{shadow}");
}

/// A user whose hash is a secret, in a layer in which nothing runs and in one with a step.
fn with_secret_hashes() -> Image {
    let admin = User::login("admin", 1000).password_hash(Secret::file("admin-hash", "secrets/admin.hash"));
    let kiosk = User::login("kiosk", 1001).password_hash(Secret::file("kiosk-hash", "secrets/kiosk.hash"));
    let steps = Layer::new("steps").user(kiosk).with(Run::new(["/bin/busybox", "true"]));
    Image::new("accounts", Base::stand_in()).layer(Layer::new("accounts").user(admin)).layer(steps)
}

#[test]
fn the_hash_of_a_secret_is_in_the_image_alone() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    workshop.source("secrets/admin.hash", format!("{HASH}\n").as_bytes());
    workshop.source("secrets/kiosk.hash", HASH.replace("salt", "pepper").as_bytes());
    let image = with_secret_hashes();
    let plan = workshop.planned(&image);
    let shown = [format!("{plan:?}"), serde_json::to_string(&plan).unwrap(), render_layers(&plan)].concat();
    assert!(!shown.contains("$6$"), "a plan is printed");
    let root = &workshop.workspace.root;
    let secrets = ["admin", "kiosk"].map(|name| format!("id={name}-hash,src={root}/secrets/{name}.hash"));
    compare_with(&workshop, &image, &["--secret", &secrets[0], "--secret", &secrets[1]]);
    for path in run("find", &["context", "-type", "f"], root.as_std_path()).lines() {
        let bytes = fs::read(root.join(path)).unwrap();
        assert!(!bytes.windows(3).any(|window| window == b"$6$"), "{path}");
    }
    let (mut tar, layer) = (Vec::new(), &plan.layers[0]);
    write_tar(layer, workshop.staged(&plan).layer(&layer.name), Removals::Whiteouts, &mut tar).unwrap();
    assert!(tar.windows(HASH.len() + 1).any(|window| window == format!("{HASH}\0").as_bytes()));
}

#[test]
fn a_secret_that_is_no_hash_is_refused_without_showing_it() {
    let workshop = Workshop::stand_in();
    for (text, said) in [
        (Some("changeme"), "secret `admin-hash` is not a hash as crypt(5) has it"),
        (Some(""), "secret `admin-hash` is not a hash as crypt(5) has it"),
        (Some("$1$saltsalt$abcdefghijklmnopqrstuv"), "guessed in seconds"),
        (None, "which can't be read"),
    ] {
        let file = root_of(&workshop).join("secrets/admin.hash");
        match text {
            Some(text) => workshop.source("secrets/admin.hash", text.as_bytes()),
            None => fs::remove_file(file).unwrap(),
        }
        let admin = User::login("admin", 1000);
        let layer =
            Layer::new("a").user(admin.password_hash(Secret::file("admin-hash", "secrets/admin.hash")));
        let plan = workshop.planned(&image(layer));
        let (_, hash, _) = plan.layers[0].secret_hashes().next().unwrap();
        let error = secret_hash(hash, root_of(&workshop)).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(said), "{cause}");
        assert_eq!(error.site().unwrap().file(), file!());
        let shown = format!("{error:?} {:?}", error.help());
        assert!(!shown.contains("changeme") && !shown.contains("saltsalt"), "{shown}");
    }
}

fn root_of(workshop: &Workshop) -> &Utf8Path {
    &workshop.workspace.root
}

#[test]
fn a_file_that_gives_no_password_is_an_error() {
    let workshop = Workshop::stand_in();
    workshop.source("line", format!("{HASH}\n").as_bytes());
    workshop.source("plain", b"changeme");
    workshop.source("md5", b"$1$saltsalt$abcdefghijklmnopqrstuv");
    workshop.source("two", format!("{HASH}:{HASH}").as_bytes());
    workshop.source("good", b"$y$j9T$saltsaltsaltsaltsalt$abcdefghijklmnopqrstuvwxyz");
    for (file, found) in [("line", 1), ("plain", 1), ("md5", 1), ("two", 1), ("good", 0)] {
        let layer = Layer::new("a").user(User::login("admin", 1000).password_hash(file));
        let all = workshop.check(&image(layer));
        let names: Vec<_> = all.iter().map(|finding| finding.name).collect();
        assert_eq!(names, vec!["password-hash"; found], "{file}");
        let ends = all.iter().any(|finding| finding.message.contains("ends with an end of line"));
        assert_eq!(ends, file == "line", "{file}");
        let shown = format!("{all:?}");
        assert!(!shown.contains("changeme") && !shown.contains("saltsalt"), "{shown}");
    }
}

#[test]
fn a_name_with_a_number_is_an_owner_in_every_layer() {
    let workshop = Workshop::stand_in();
    let below = Layer::new("data")
        .with(Dir::new("/usr/share/app").owner("app:can"))
        .with(File::text("x", "/etc/web.toml").mode(0o640).owner("root:web"));
    let above = Layer::new("accounts")
        .user(User::system("app").id(960))
        .group(Group::new("can").id(961))
        .sysusers("web", ["g web 962", "u web 962:962"]);
    let plan = workshop.planned(&Image::new("owners", Base::stand_in()).layer(below).layer(above));
    let owner = |path: &str| {
        let member = plan.layers[0].described().find(|(at, _)| at.as_str() == path).unwrap().1;
        (member.metadata.uid, member.metadata.gid)
    };
    assert_eq!(owner("/usr/share/app"), (960, 961));
    assert_eq!(owner("/etc/web.toml"), (0, 962));

    let unknown = Layer::new("data").user(User::system("app")).with(Dir::new("/usr/share/app").owner("app"));
    assert_eq!(findings(&workshop, &image(unknown)), ["unknown-owner"], "the device chooses the number");
}

#[test]
fn subordinate_ids_are_lines_more_in_the_files_of_the_base() {
    let subuid = "core:100000:65536\n";
    let tar = Tar::new().directory("etc").file("etc/subuid", subuid).end();
    let workshop = Workshop::on_stand_in_and(tar);
    let layer = Layer::new("accounts")
        .user(User::login("admin", 1000).subids(200_000, 65_536))
        .user(User::login("kiosk", 1001).subids(300_000, 65_536));
    let plan = workshop.planned(&image(layer.clone()));
    let root = written(&plan);
    let lines = "admin:200000:65536\nkiosk:300000:65536\n";
    assert_eq!(at(&root, "etc/subuid"), format!("core:100000:65536\n{lines}"));
    assert_eq!(at(&root, "etc/subgid"), lines, "the base has none");
    assert_eq!(findings(&workshop, &image(layer)), [""; 0], "it replaces no account of the base");
}

#[test]
fn an_edit_of_the_accounts_may_add_and_not_remove() {
    let passwd = "root:x:0:0:root:/root:/bin/sh\ncore:x:1000:1000::/var/home/core:/bin/sh\n";
    let workshop = Workshop::on_stand_in_and(Tar::new().directory("etc").file("etc/passwd", passwd).end());
    let edit = |edit: fn(Edit) -> Edit| image(Layer::new("a").with(edit(Edit::of("/etc/passwd"))));
    let added = edit(|edit| edit.append("app:x:960:960::/:/usr/sbin/nologin"));
    assert_eq!(
        findings(&workshop, &added),
        ["sysusers"],
        "bootc warns of `app`, and not of the base's `core`"
    );
    let removed = edit(|edit| edit.replace("core:x:1000:1000::/var/home/core:/bin/sh\n", ""));
    let found = workshop.check(&removed);
    assert_eq!(found[0].message, "an edit removes `core` of the base from `/etc/passwd`");
}

#[test]
fn a_seed_of_state_is_copied_once() {
    if !present(&["systemd-tmpfiles"]) {
        return;
    }
    let workshop = Workshop::stand_in();
    workshop.source("www/index.html", b"first");
    let layer = Layer::new("web").state_seed("www", "/var/www/html");
    assert_eq!(findings(&workshop, &image(layer.clone())), [""; 0]);
    let root = written(&workshop.planned(&image(layer)));
    let option = format!("--root={}", root.path().display());
    let boot = || run("systemd-tmpfiles", &[&option, "--create", "--prefix=/var"], Path::new("/"));
    boot();
    assert_eq!(at(&root, "var/www/html/index.html"), "first");
    fs::write(root.path().join("var/www/html/index.html"), "the device's").unwrap();
    boot();
    assert_eq!(at(&root, "var/www/html/index.html"), "the device's");

    let elsewhere = Layer::new("web").state_seed("www", "/srv/www");
    let found = workshop.plan(&image(elsewhere)).1;
    assert_eq!(found[0].message, "path of state `/srv/www` is not below `/var`");
}

#[test]
fn a_key_that_sshd_would_ignore_is_an_error() {
    let workshop = Workshop::stand_in();
    workshop
        .source("private", b"-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n");
    workshop.source("empty", b"\n# nothing\n");
    workshop.source("words", b"ssh-ed25519 AAAA\nplease let me in\n");
    workshop.source("good", b"ecdsa-sha2-nistp256 AAAA\nfrom=\"10.0.0.0/8\" ssh-ed25519 AAAA x\n");
    for (keys, found) in [("private", 1), ("empty", 1), ("words", 1), ("good", 0)] {
        let layer = Layer::new("a").user(User::login("admin", 1000).authorized_keys(keys));
        let found_names = findings(&workshop, &image(layer));
        assert_eq!(found_names, vec!["authorized-keys"; found], "{keys}");
    }
    let homeless = Layer::new("a").user(User::system("app").authorized_keys("good"));
    assert_eq!(findings(&workshop, &image(homeless)), ["authorized-keys"]);
}

#[test]
fn a_file_of_lines_is_at_the_place_of_its_reader() {
    let workshop = Workshop::stand_in();
    let layer = Layer::new("conf")
        .with(Conf::environment("port", [("GREETING", "50 % \"off\"")]))
        .with(Conf::sshd("10-fleet", ["PermitRootLogin no"]))
        .with(Conf::preset("10-fleet", ["disable  avahi-daemon.*"]));
    let root = written(&workshop.planned(&image(layer)));
    let environment = at(&root, "usr/lib/systemd/system.conf.d/port.conf");
    assert_eq!(environment, "[Manager]\nDefaultEnvironment=\"GREETING=50 %% \\\"off\\\"\"\n");
    let ssh = root.path().join("etc/ssh/sshd_config.d/10-fleet.conf");
    assert_eq!(fs::metadata(ssh).unwrap().mode() & 0o7777, 0o600);
    let preset = at(&root, "usr/lib/systemd/system-preset/10-fleet.preset");
    assert_eq!(preset, "disable avahi-daemon.*\n");
}

#[test]
fn every_bad_word_of_a_user_is_reported_with_the_others() {
    let workshop = Workshop::stand_in();
    let layer = Layer::new("a")
        .user(User::system("tel.emetry").home("var/lib/x").groups(["0day"]).sudo("ALL"))
        .user(User::system("app").sudo(""))
        .with(Conf::sysctl("x", ["a b = 1", "c"]));
    assert_eq!(findings(&workshop, &image(layer)), vec!["invalid-value"; 6]);
}
