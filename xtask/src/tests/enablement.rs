//! What systemctl says of a unit that an image enables. The guide documents it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use lapstrake::entry::Unit;
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::tree::Kind;

use super::engine::output;
use super::workshop::Workshop;
use crate::plan::Origin;

/// Links of enablement are in /usr, where an update replaces them. systemd follows them, and `systemctl is-enabled` and
/// `disable` look into /etc alone; `mask` is how a device turns the unit off.
#[test]
fn systemctl_calls_a_unit_disabled_that_the_image_enables_and_masks_it() {
    if !Path::new("/usr/bin/systemctl").exists() {
        assert!(std::env::var_os("CI").is_none(), "systemctl is missing");
        return;
    }
    let workshop = Workshop::stand_in();
    let text = "[Service]\nExecStart=/usr/bin/app\n[Install]\nWantedBy=multi-user.target\n";
    let unit = Unit::text("app.service", text).enabled();
    let plan = workshop.planned(&Image::new("enabled", Base::stand_in()).layer(Layer::new("app").with(unit)));
    let root = tempfile::tempdir().unwrap();
    for (path, member) in &plan.layers[0].members {
        let at = root.path().join(path.relative());
        match &member.kind {
            Kind::Directory => fs::create_dir_all(&at).unwrap(),
            Kind::Symlink { target } => symlink(&**target, &at).unwrap(),
            Kind::File(Origin::Text(text)) => fs::write(&at, text).unwrap(),
            other => panic!("{path}: {other:?}"),
        }
    }
    let systemctl = |command: &str| {
        let root = format!("--root={}", root.path().display());
        let output = output("systemctl", &[&root, command, "app.service"], Path::new("/"));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let link = root.path().join("usr/lib/systemd/system/multi-user.target.wants/app.service");
    assert_eq!(systemctl("is-enabled"), "disabled");
    systemctl("disable");
    assert!(link.is_symlink(), "`disable` leaves what the image has");
    systemctl("mask");
    assert_eq!(systemctl("is-enabled"), "masked");
    assert!(link.is_symlink());
    systemctl("unmask");
    assert_eq!(systemctl("is-enabled"), "disabled");
}
