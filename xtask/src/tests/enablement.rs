//! What systemctl says of a unit that an image enables. The guide documents it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use lapstrake::entry::{Unit, UnitState};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::tree::Kind;

use super::engine::{output, run};
use super::merged_tree;
use super::workshop::Workshop;
use crate::finding::Severity;
use crate::plan::{Origin, Plan};

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
    write(&plan, root.path());
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

/// Writes the files of a plan's first layer into a folder.
fn write(plan: &Plan, root: &Path) {
    for (path, member) in &plan.layers[0].members {
        let at = root.join(path.relative());
        match &member.kind {
            Kind::Directory => fs::create_dir_all(&at).unwrap(),
            Kind::Symlink { target } => symlink(&**target, &at).unwrap(),
            Kind::File(Origin::Text(text)) => fs::write(&at, text).unwrap(),
            other => panic!("{path}: {other:?}"),
        }
    }
}

/// `systemctl --global` makes its links in /etc; those of an image are in /usr, under the same names.
#[test]
fn a_unit_for_users_is_enabled_as_systemctl_does_for_all_users() {
    if !Path::new("/usr/bin/systemctl").exists() {
        assert!(std::env::var_os("CI").is_none(), "systemctl is missing");
        return;
    }
    let workshop = Workshop::stand_in();
    let agent =
        "[Service]\nExecStart=/usr/bin/agent\n[Install]\nWantedBy=default.target\nAlias=helper.service\n";
    let bus = "[Socket]\nListenStream=%t/bus-%i\n[Install]\nRequiredBy=sockets.target\n";
    let units = || {
        let agent = Unit::text("agent.service", agent).for_users();
        [agent, Unit::text("bus@.socket", bus).for_users()]
    };
    let [own, template] = units();
    let layer = Layer::new("app").unit(own.enabled()).unit(template.instances(["a"]));
    let plan = workshop.planned(&Image::new("users", Base::stand_in()).layer(layer));
    let [own, template] = units();
    let plain = Layer::new("app").unit(own).unit(template);
    let plain = workshop.planned(&Image::new("users", Base::stand_in()).layer(plain));
    let root = tempfile::tempdir().unwrap();
    write(&plain, root.path());
    let argument = format!("--root={}", root.path().display());
    let units = ["agent.service", "bus@a.socket"];
    run("systemctl", &[&[argument.as_str(), "--global", "enable"][..], &units].concat(), Path::new("/"));
    let etc = root.path().join("etc/systemd/user");
    let made = merged_tree::walk(&etc);
    let made: Vec<_> =
        made.iter().filter(|(_, node)| node.kind == "symlink").map(|(path, _)| path.clone()).collect();
    let links = plan.layers[0].members.iter().filter(|(_, member)| member.kind.target().is_some());
    let links: Vec<_> = links
        .map(|(path, _)| path.as_str().strip_prefix("/usr/lib/systemd/user/").unwrap().to_owned())
        .collect();
    assert_eq!(links, made);
    assert_eq!(links.len(), 3, "{links:?}");
}

#[test]
fn a_unit_that_may_be_absent_is_a_note_where_it_is() {
    let workshop = Workshop::stand_in();
    let image = |layer| Image::new("maybe", Base::stand_in()).layer(layer);
    let absent = Layer::new("app").enable_if_present("qemu-guest-agent.service");
    let (plan, findings) = workshop.plan(&image(absent.with(UnitState::masked("gone.service").if_present())));
    assert_eq!(
        findings.iter().map(|finding| finding.name).collect::<Vec<_>>(),
        ["unit-absent", "unit-absent"]
    );
    assert!(findings.iter().all(|finding| finding.severity == Severity::Note));
    assert_eq!(plan.unwrap().layers[0].members.len(), 0);
    let present = image(Layer::new("app").enable_if_present("remote-fs.target"));
    let stated = image(Layer::new("app").enable("remote-fs.target"));
    assert_eq!(
        workshop.planned(&present).layers[0].members.len(),
        workshop.planned(&stated).layers[0].members.len()
    );
}

/// The managers have units of the same names.
#[test]
fn a_unit_of_users_is_another_than_that_of_the_system() {
    let workshop = Workshop::stand_in();
    let found = |layer| {
        let (_, findings) = workshop.plan(&Image::new("two", Base::stand_in()).layer(layer));
        findings.into_iter().map(|finding| finding.name).collect::<Vec<_>>()
    };
    let own = || Unit::text("remote-fs.target", "[Install]\nWantedBy=default.target\n").for_users().enabled();
    assert_eq!(found(Layer::new("app").unit(own()).mask("remote-fs.target")), Vec::<&str>::new());
    let masked = UnitState::masked("remote-fs.target").for_users();
    assert_eq!(found(Layer::new("app").unit(own()).with(masked)), ["contradictory-unit"]);
    let of_users = UnitState::enabled("remote-fs.target").for_users();
    assert_eq!(found(Layer::new("app").with(of_users)), ["unknown-unit"]);
}
