//! Zones of the firewall, as firewalld's own reader sees them.

use std::fs;
use std::process::Command;

use lapstrake::entry::Zone;
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::tree::Kind;
use tempfile::TempDir;

use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::plan::Origin;

const PUBLIC: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<zone>\n  <short>Public</short>\n  <description>Not \
                      trusted.</description>\n  <service name=\"ssh\"/>\n  <forward/>\n</zone>\n";
/// Debian's python3, which has firewalld's library.
const PYTHON: &str = "/usr/bin/python3";
const READ: &str = "
import sys
from firewall.core.io.zone import zone_reader
zone = zone_reader(sys.argv[2], sys.argv[1])
print(sorted(zone.services), sorted(zone.ports), zone.masquerade, sorted(zone.sources), sorted(zone.interfaces))
";

fn firewalld() -> Workshop {
    let tar = Tar::new().directory("etc").directory("etc/firewalld").directory("usr").directory("usr/lib");
    let tar = tar.directory("usr/lib/firewalld").directory("usr/lib/firewalld/zones");
    let tar = tar.file("usr/lib/firewalld/zones/public.xml", PUBLIC);
    let tar = tar.file("etc/firewalld/firewalld.conf", "# the default\nDefaultZone=public\nLogDenied=off\n");
    let tar = tar.directory("usr/lib/firewalld/services");
    let tar = tar.file("usr/lib/firewalld/services/http.xml", "<service/>");
    Workshop::on_stand_in_and(tar.file("usr/lib/firewalld/services/ssh.xml", "<service/>").end())
}

fn image(layer: Layer) -> Image {
    Image::new("zones", Base::stand_in()).layer(layer)
}

/// The text that a layer puts at a path.
fn text(workshop: &Workshop, layer: Layer, path: &str) -> String {
    let plan = workshop.planned(&image(layer));
    let (_, member) = plan.layers[0].described().find(|(at, _)| at.as_str() == path).unwrap();
    match &member.kind {
        Kind::File(Origin::Text(text)) => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// Whether firewalld's library is there. Under CI it must be.
fn has_library() -> bool {
    let found = Command::new(PYTHON).args(["-c", "import firewall.core.io.zone"]).output();
    let is_there = found.is_ok_and(|found| found.status.success());
    assert!(is_there || std::env::var_os("CI").is_none(), "python3-firewall must be installed under CI");
    if !is_there {
        eprintln!("\n*** SKIPPED, python3-firewall is not installed ***\n");
    }
    is_there
}

/// What firewalld reads in a zone's file.
fn read(text: &str) -> String {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("zone.xml"), text).unwrap();
    let read = Command::new(PYTHON).args(["-c", READ]).arg(folder.path()).arg("zone.xml").output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_zone_is_that_of_the_base_with_the_change() {
    if !has_library() {
        return;
    }
    let zone = Zone::new("public")
        .port("7447/tcp")
        .port("8000-8100/udp")
        .service("ssh")
        .service("http")
        .source("10.0.0.0/8")
        .interface("eth0")
        .masquerade();
    let text = text(&firewalld(), Layer::new("f").with(zone), "/etc/firewalld/zones/public.xml");
    assert!(text.contains("<description>Not trusted.</description>"), "{text}");
    let ports = "[('7447', 'tcp'), ('8000-8100', 'udp')]";
    assert_eq!(read(&text), format!("['http', 'ssh'] {ports} True ['10.0.0.0/8'] ['eth0']"));
}

#[test]
fn a_zone_that_is_nowhere_is_new() {
    if !has_library() {
        return;
    }
    let zone = Zone::new("vehicle").port("1/tcp");
    let text = text(&firewalld(), Layer::new("f").with(zone), "/etc/firewalld/zones/vehicle.xml");
    assert_eq!(read(&text), "[] [('1', 'tcp')] False [] []");
}

#[test]
fn the_default_zone_is_a_line_of_the_configuration() {
    let layer = Layer::new("f").default_zone("vehicle");
    let text = text(&firewalld(), layer, "/etc/firewalld/firewalld.conf");
    assert_eq!(text, "# the default\nDefaultZone=vehicle\nLogDenied=off\n");
}

#[test]
fn a_service_that_firewalld_does_not_know_is_an_error() {
    let (_, found) = firewalld().plan(&image(Layer::new("f").with(Zone::new("public").service("htpp"))));
    assert_eq!(found[0].message, "firewalld knows no service `htpp`");
    assert_eq!(found[0].help.as_deref(), Some("did you mean `http`?"));
}

#[test]
fn a_zone_without_firewalld_is_an_error() {
    let (_, found) =
        Workshop::stand_in().plan(&image(Layer::new("f").with(Zone::new("public").port("1/tcp"))));
    assert_eq!(found[0].name, "firewall");
    assert_eq!(found[0].help.as_deref(), Some("add `.packages([\"firewalld\"])`"));
}
