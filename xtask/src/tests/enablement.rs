//! What systemctl says of a unit that an image enables. The guide documents it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use lapstrake::entry::{Edit, Unit, UnitState};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::tree::Kind;

use super::engine::{output, run};
use super::merged_tree;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
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

/// The links that a layer makes, and their targets.
fn links(plan: &Plan, layer: usize) -> Vec<(String, String)> {
    let members = plan.layers[layer].members.iter();
    let links =
        members.filter_map(|(path, member)| Some((path.to_string(), member.kind.target()?.to_owned())));
    links.collect()
}

fn wanted(unit: &str) -> (String, String) {
    (format!("/usr/lib/systemd/system/multi-user.target.wants/{unit}"), format!("../{unit}"))
}

const WEB: &str = "[Service]\nExecStart=/bin/sh\n[Install]\nWantedBy=multi-user.target\n";

/// A workshop whose base has the unit `web.service`, a template of it, and the template of a vendor outside of systemd's directories.
fn with_web() -> Workshop {
    let units = "usr/lib/systemd/system";
    let tar = Tar::new().directory("usr").directory("usr/lib").directory("usr/lib/systemd").directory(units);
    let tar = tar.directory("usr/share").directory("usr/share/vendor");
    let tar = tar.file(&format!("{units}/web.service"), WEB).file(&format!("{units}/web@.service"), WEB);
    Workshop::on_stand_in_and(tar.file("usr/share/vendor/vendor.service", WEB).end())
}

#[test]
fn a_copied_unit_is_enabled_in_its_layer_and_above() {
    let unit = |name: &str| format!("/usr/lib/systemd/system/{name}");
    let image = |layer: Layer| Image::new("copied", Base::stand_in()).layer(layer);
    for (from, to, enabled, is_renamed) in [
        (unit("web.service"), unit("site.service"), "site.service", false),
        (unit("web.service"), unit("site.service"), "site.service", true),
        (unit("web@.service"), unit("site@.service"), "site@1.service", false),
        ("/usr/share/vendor/vendor.service".to_owned(), unit("site.service"), "site.service", false),
        ("/usr/share/vendor".to_owned(), "/usr/lib/systemd/system".to_owned(), "vendor.service", false),
    ] {
        let layer = || {
            let layer = Layer::new("app");
            if is_renamed {
                layer.rename(from.as_str(), to.as_str())
            } else {
                layer.copy(from.as_str(), to.as_str())
            }
        };
        let target = enabled.replace("@1.", "@.");
        let expected = (wanted(enabled).0, format!("../{target}"));
        let workshop = with_web();
        let one = workshop.planned(&image(layer().enable(enabled)));
        assert_eq!(links(&one, 0), std::slice::from_ref(&expected), "{from} to {to}");
        let two = workshop.planned(&image(layer()).layer(Layer::new("above").enable(enabled)));
        assert_eq!(links(&two, 1), [expected], "{from} to {to}, enabled above");
    }
}

#[test]
fn a_unit_of_the_image_itself_is_copied_and_enabled() {
    let own = Layer::new("own").unit(Unit::text("own.service", WEB));
    let copy = |name: &str| format!("/usr/lib/systemd/system/{name}");
    let copies =
        Layer::new("copies").copy(copy("own.service"), copy("other.service")).enable("other.service");
    let again =
        Layer::new("again").copy(copy("other.service"), copy("third.service")).enable("third.service");
    let image = Image::new("copied", Base::stand_in()).layer(own).layer(copies).layer(again);
    let plan = Workshop::stand_in().planned(&image);
    assert_eq!(links(&plan, 1), [wanted("other.service")]);
    assert_eq!(links(&plan, 2), [wanted("third.service")]);
}

/// The links are those of the `[Install]` section after the edit.
#[test]
fn an_edited_unit_is_enabled_as_it_is_edited() {
    let at = "/usr/lib/systemd/system/web.service";
    let edit = || Edit::of(at).set("Install", "WantedBy", "timers.target");
    let expected =
        [("/usr/lib/systemd/system/timers.target.wants/web.service".to_owned(), "../web.service".to_owned())];
    let image = |layer: Layer| Image::new("edited", Base::stand_in()).layer(layer);
    let one = with_web().planned(&image(Layer::new("app").with(edit()).enable("web.service")));
    assert_eq!(links(&one, 0), expected);
    let above = Layer::new("above").enable("web.service");
    let two = with_web().planned(&image(Layer::new("app").with(edit())).layer(above));
    assert_eq!(links(&two, 1), expected);
}

/// Images of one run share the layer that copies, and each enables the copy.
#[test]
fn images_that_share_a_copied_unit_enable_it() {
    let image = |name: &str| {
        let copies = Layer::new("copies")
            .copy("/usr/lib/systemd/system/web.service", "/usr/lib/systemd/system/site.service");
        Image::new(name, Base::stand_in()).layer(copies)
    };
    let images = [image("plain"), image("enabled").layer(Layer::new("above").enable("site.service"))];
    let made = with_web().make(&images);
    assert_eq!(links(&made[1].plan, 1), [wanted("site.service")]);
}
