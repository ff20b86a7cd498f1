//! Drop-ins that systemd reads and those that it does not, as systemd-analyze shows: it logs a wrong line of each file
//! that it reads.

use std::fs;
use std::process::Command;

use lapstrake::entry::{DropIn, Unit};

use super::*;

const UNITS: [&str; 3] = ["a-b.service", "a-b-c@.service", "plain.service"];
/// The instance or unit that systemd-analyze loads.
const LOADED: [&str; 3] = ["a-b.service", "a-b-c@x.service", "plain.service"];
const SERVICE: &str = "[Service]\nExecStart=/usr/bin/env\n";
/// A line that is read and not taken.
const WRONG: &str = "[Service]\nCPUAffinity=many\n";

/// Whether systemd-analyze reads a file, if it is here.
fn is_read(file: &str) -> Option<bool> {
    let root = tempfile::TempDir::new().unwrap();
    let units = root.path().join("usr/lib/systemd/system");
    let at = root.path().join("etc/systemd/system").join(file);
    fs::create_dir_all(&units).unwrap();
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    for name in UNITS {
        fs::write(units.join(name), SERVICE).unwrap();
    }
    for name in ["basic.target", "sysinit.target"] {
        fs::write(units.join(name), "[Unit]\n").unwrap();
    }
    fs::write(&at, WRONG).unwrap();
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--man=no", "--root"]).arg(root.path()).args(LOADED);
    let Ok(output) = command.env("SYSTEMD_LOG_COLOR", "0").output() else {
        assert!(std::env::var_os("CI").is_none(), "systemd-analyze is missing");
        return None;
    };
    Some(String::from_utf8(output.stderr).unwrap().contains("CPU affinity"))
}

fn of_file(file: &str) -> Vec<Finding> {
    let tar = UNITS
        .iter()
        .fold(Tar::new(), |tar, name| tar.file(&format!("usr/lib/systemd/system/{name}"), SERVICE));
    found(
        "unread-drop-in",
        tar,
        Layer::new("d").text("[Service]\nNice=1\n", format!("/etc/systemd/system/{file}").as_str()),
    )
}

#[test]
fn a_drop_in_is_read_where_systemd_reads_it() {
    for file in [
        "a-b.service.d/10-x.conf",
        "a-b.service.d/10-x",
        "a-b.service.d/10-x.conf.bak",
        "a-b.service.d/more/10-x.conf",
        "a-b.service/override.conf",
        "a-b.service.conf.d/10-x.conf",
        "a-b.d/10-x.conf",
        "a-b.servce.d/10-x.conf",
        "a-b/10-x.conf",
        "a-.service.d/10-x.conf",
        "a-b-.service.d/10-x.conf",
        "a-@.service.d/10-x.conf",
        "a-b-@.service.d/10-x.conf",
        "a-b-c@.service.d/10-x.conf",
        "a-b-c@x.service.d/10-x.conf",
        "a-b-c@x-.service.d/10-x.conf",
        "a-b-c-.service.d/10-x.conf",
        "a.service.d/10-x.conf",
        "service.d/10-x.conf",
        "plain.service.d/x.conf",
        "plain-.service.d/x.conf",
        "plian.service.d/x.conf",
        "Plain.service.d/x.conf",
        "plain.service.d/x.CONF",
    ] {
        let Some(is_read) = is_read(file) else { return };
        // Any instance may be started.
        let is_of_instance = file.starts_with("a-b-c@x-.");
        assert_eq!(of_file(file).is_empty(), is_read || is_of_instance, "{file}: {:#?}", of_file(file));
    }
}

#[test]
fn the_folder_that_was_meant_is_named() {
    let help = |file: &str| of_file(file).pop().and_then(|found| found.help);
    for (file, meant) in [
        ("a-b.service/override.conf", "did you mean `a-b.service.d`?"),
        ("a-b.service.conf.d/10-x.conf", "did you mean `a-b.service.d`?"),
        ("a-b.d/10-x.conf", "did you mean `a-b.service.d`?"),
        ("plian.service.d/10-x.conf", "did you mean `plain.service.d`?"),
        ("a-b.service.d/10-x", "name it `/etc/systemd/system/a-b.service.d/10-x.conf`"),
    ] {
        assert_eq!(help(file).as_deref(), Some(meant), "{file}");
    }
}

#[test]
fn a_unit_that_is_made_at_boot_has_drop_ins() {
    let quadlet = "[Container]\nImage=localhost/a:1\n";
    let tar =
        || Tar::new().file("etc/init.d/old", "x").file("usr/share/containers/systemd/app.container", quadlet);
    for unit in [
        "old.service",
        "app.service",
        "dev-sda.device",
        "home.mount",
        "user-.slice",
        "run-x.scope",
        "systemd-cryptsetup@data.service",
    ] {
        let drop_in = DropIn::text("10-x", "[Unit]\nDescription=x\n", unit);
        assert_eq!(found("unread-drop-in", tar(), Layer::new("d").with(drop_in)), [], "{unit}");
    }
}

/// The stand-in lacks most units, and only a name like one of the image's own is misspelt.
#[test]
fn on_the_stand_in_a_unit_of_a_real_base_may_have_a_drop_in() {
    let of = |unit: &str| {
        let drop_in = DropIn::text("10-x", "[Service]\nNice=1\n", unit);
        let layer = Layer::new("d").unit(Unit::text("sensord.service", SERVICE)).with(drop_in);
        let found = Workshop::stand_in().check(&image(layer));
        found.into_iter().filter(|found| found.name == "unread-drop-in").count()
    };
    assert_eq!([of("sshd.service"), of("sensord.service"), of("sensrod.service")], [0, 0, 1]);
}

#[test]
fn units_of_users_have_their_own_drop_ins() {
    let tar = || Tar::new().file("usr/lib/systemd/user/pipe.service", SERVICE);
    let of =
        |path: &str| found("unread-drop-in", tar(), Layer::new("d").text("[Service]\nNice=1\n", path)).len();
    assert_eq!(of("/etc/systemd/user/pipe.service.d/10-x.conf"), 0);
    assert_eq!(of("/etc/systemd/system/pipe.service.d/10-x.conf"), 1);
    assert_eq!(of("/etc/systemd/user/pype.service.d/10-x.conf"), 1);
}

/// A folder that is named like the unit does not hide it: systemd takes files alone.
#[test]
fn a_folder_of_the_name_of_a_unit_hides_no_unit() {
    let unit = Unit::text("app.service", "[Service]\nExecStart=/usr/bin/gone\n");
    let layer =
        Layer::new("d").unit(unit).text("[Service]\nNice=1\n", "/etc/systemd/system/app.service/x.conf");
    assert_eq!(found("exec-missing", Tar::new(), layer).len(), 1);
}
