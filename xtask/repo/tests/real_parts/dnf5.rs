//! The package transactions of dnf5: podman alone makes the same files, and the packages are those that were
//! asked for.

use std::process::Command;

use crate::example::Example;
use crate::fixtures;
use crate::stored::Stored;
use crate::tree::assert_same_of;

#[test]
fn dnf5_installs_removes_and_upgrades() {
    let Some(fixtures) = fixtures::made() else { return };
    let example = Example::copied(&fixtures);
    example.describe(include_str!("dnf5/main.rs"));
    example.build("by-dnf5");
    // dnf5 notes of a group that it was asked for, and of a lock's packages each by itself. The context has the lock.
    std::fs::remove_dir_all(example.project.join("target/lapstrake")).unwrap();
    example.build("by-dnf5");
    let [first, again] = ["by-dnf5", "by-dnf5-podman"].map(Stored::named);
    example.take("by-dnf5", &first);
    let packages = first.packages(&example.log);
    for (nevra, is_there) in [
        ("rig-daemon-2.4.62-1.noarch", true),
        ("rig-tilde-2:1.0~rc1-1.noarch", true),
        // Of the group, beside which `rig-old` can't stay.
        ("rig-new-1-1.noarch", true),
        ("rig-old-1-1.noarch", false),
        ("rig-greeter-1.1-1.noarch", true),
        ("rig-modules-1-1.x86_64", false),
    ] {
        assert_eq!(packages.contains(&nevra.to_owned()), is_there, "{nevra} in {packages:?}");
    }
    let tree = first.tree(&example.log);
    let wanted = "usr/lib/systemd/system/multi-user.target.wants/rig-daemon.service";
    assert_eq!(tree[wanted].content, "../rig-daemon.service");
    let lines = first.text("usr/lib/tmpfiles.d/services.conf", &example.log);
    assert!(lines.contains("d /var/lib/rig-daemon 0750 rig-daemon "), "{lines}");

    let context = example.beside.join("context");
    let (code, _, stderr) = example.image(&["emit", "by-dnf5", "-o", context.to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");
    let build = ["build", "-q", "--no-cache", "-t", again.name(), "."];
    example.log.read(Command::new("podman").args(build).current_dir(context));
    assert_same_of(2500, &tree, &again.tree(&example.log), "hybrid (left), podman (right)");
    assert_eq!(packages, again.packages(&example.log));
}
