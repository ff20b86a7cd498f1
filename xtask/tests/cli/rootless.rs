//! Engines of a user who is not root: without ids of their own, without namespaces, and as they should be.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use crate::fixture::{self, Run, Workspace, present};
use crate::storage::{
    BUSYBOX, ENGINES, Storage, assert_no_context, assert_told, on_another_machine, program,
};

/// `nobody`, who owns nothing and has no ids.
const NOBODY: u32 = 65_534;
/// Gives `nobody` ids, as subuid(5) would.
const IDS: &str = "mount --bind ids /etc/subuid\nmount --bind ids /etc/subgid";

/// A workspace of `nobody`.
struct Nobody {
    workspace: Workspace,
}

impl Nobody {
    fn new() -> Self {
        let nobody = Self { workspace: Workspace::new() };
        let path = |path: &str| nobody.workspace.path(path);
        nobody.workspace.write("ids", "nobody:200000:65536\n");
        fs::copy(program("busybox"), path("deploy/busybox")).unwrap();
        for folder in ["programs", "home", "run"] {
            fs::create_dir(path(folder)).unwrap();
        }
        // Where this test and cargo are may be closed to others.
        fs::copy(fixture::binary(), path("programs/image-of-nobody")).unwrap();
        fs::copy(env!("CARGO"), path("programs/cargo")).unwrap();
        give_away(nobody.workspace.root().parent().unwrap());
        fs::set_permissions(path("run"), fs::Permissions::from_mode(0o700)).unwrap();
        nobody
    }

    /// Builds as `nobody` on a machine that `setup` has changed; `user` is how programs are started.
    fn build(&self, setup: &str, user: &str, owner: &str, arguments: &[&str]) -> (Run, String) {
        let path = |path: &str| self.workspace.path(path);
        let mut command = Command::new(path("programs/image-of-nobody"));
        command.args(["image", "build", "running"]).args(arguments).current_dir(self.workspace.root());
        self.workspace.clean(&mut command);
        let own = std::env::join_paths([path("programs"), "/usr/bin".into(), "/bin".into()]).unwrap();
        command
            .env("CARGO", path("programs/cargo"))
            .env("PATH", own)
            .env("HOME", path("home"))
            .env("XDG_RUNTIME_DIR", path("run"));
        command.env("DESCRIBE", "running").env("OWNER", owner).env("STEP", format!("{BUSYBOX}\ntrue"));
        command.env_remove("CONTAINERS_CONF").env_remove("CARGO_HOME");
        let left = path("left");
        let user = format!("setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups {user}");
        let run = Run::of(&mut on_another_machine(&command, setup, &user, &left));
        assert_no_context(&path("target"));
        (run, fs::read_to_string(left).unwrap())
    }
}

fn give_away(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            give_away(&entry.unwrap().path());
        }
    }
}

fn programs_are_here() -> bool {
    present(&["podman", "buildah", "busybox", "newuidmap", "setpriv", "unshare"])
}

#[test]
fn a_user_without_ids_is_told_to_get_some() {
    if !programs_are_here() {
        return;
    }
    let nobody = Nobody::new();
    for engine in ENGINES {
        let (run, left) = nobody.build("", "", "33:998", &["--engine", engine]);
        assert_told(
            &run.failed(),
            "this user has no ids for the owners of the image's files",
            "lchown /usr/bin/garbage: invalid argument",
            "run as root, or give the user ids: `usermod --add-subuids",
        );
        assert_eq!(left, "");
    }
}

#[test]
fn a_user_who_may_have_no_namespace_is_told_so_and_not_that_the_disk_is_full() {
    if !programs_are_here() {
        return;
    }
    let nobody = Nobody::new();
    // namespaces(7): none in this one.
    let none = "unshare --user --map-current-user --keep-caps sh -c 'echo 0 >/proc/sys/user/max_user_namespaces \
                && exec setpriv --inh-caps=-all --ambient-caps=-all \"$@\"' sh";
    for engine in ENGINES {
        for (setup, user, log) in [
            ("", none, "No space left on device"),
            (IDS, "--no-new-privs", "newuidmap: write to uid_map failed: Operation not permitted"),
        ] {
            let (run, _) = nobody.build(setup, user, "33:998", &["--engine", engine]);
            assert_told(
                &run.failed(),
                "containers are not permitted here",
                log,
                "run as root, or let users have namespaces: `sysctl user.max_user_namespaces=28633`",
            );
        }
    }
}

#[test]
fn a_user_builds_what_root_builds_and_does_not_see_what_root_has() {
    if !programs_are_here() {
        return;
    }
    let nobody = Nobody::new();
    let (run, left) = nobody.build(IDS, "", "33:998", &["--format", "json"]);
    let built = run.done().json();
    assert_eq!(left, "");

    let root = Storage::new();
    let mut command = root.command(&[BUSYBOX, "true"], &["--format", "json"]);
    let by_root = Run::of(command.env("OWNER", "33:998")).done().json();
    assert_eq!(built["images"][0]["digest"], by_root["images"][0]["digest"]);

    let stored = "containers-storage:localhost/lapstrake-test/split:1";
    let mut store = root.workspace.command(&["build", "cockpit", "-o", stored]);
    Run::of(root.with(&mut store)).done();
    let (run, _) = nobody.build(IDS, "", "", &["--base", stored]);
    let failed = run.refused().stderr;
    assert!(failed.contains("the storage of this user has no such image"), "{failed}");
    assert!(failed.contains("help: this is your own storage, and `aib build` leaves its result in root's: `sudo podman image scp root@localhost::"), "{failed}");
}
