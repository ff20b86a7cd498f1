//! Names on the system bus, as a bus itself gives them out.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use lapstrake::entry::Unit;

use super::*;

const NAME: &str = "org.example.App";

fn unit(lines: &str) -> Unit {
    Unit::text("app.service", format!("[Service]\nExecStart=/usr/bin/env\n{lines}\n"))
}

fn policy(text: &str) -> Vec<Finding> {
    let layer = Layer::new("d").unit(unit(&format!("Type=dbus\nBusName={NAME}")));
    found("dbus-policy", Tar::new(), layer.text(text, "/usr/share/dbus-1/system.d/app.conf"))
}

/// Whether a bus with a policy gives the name to root, if one is here.
fn gives(policy: &str) -> Option<bool> {
    let root = tempfile::TempDir::new().unwrap();
    let (socket, config) = (root.path().join("bus"), root.path().join("bus.conf"));
    fs::write(root.path().join("app.conf"), policy).unwrap();
    let text = format!(
        "<busconfig><type>system</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow user=\"*\"/><deny own=\"*\"/><allow send_type=\"method_call\"/>\
         <allow receive_type=\"method_return\"/><allow receive_type=\"error\"/></policy><include>app.conf</include></busconfig>",
        socket.display()
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new("dbus-daemon");
    command.arg(format!("--config-file={}", config.display())).args(["--nofork", "--print-address"]);
    let Ok(mut bus) = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
        assert!(std::env::var_os("CI").is_none(), "dbus-daemon is missing");
        return None;
    };
    let mut line = String::new();
    BufReader::new(bus.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let call = ["org.freedesktop.DBus.RequestName", &format!("string:{NAME}"), "uint32:0"].map(str::to_owned);
    let asked = Command::new("dbus-send")
        .arg(format!("--bus={}", line.trim()))
        .args(["--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"])
        .args(call)
        .output();
    bus.kill().unwrap();
    bus.wait().unwrap();
    Some(asked.unwrap().status.success())
}

#[test]
fn a_service_takes_a_name_that_a_policy_allows() {
    for rule in [
        format!("<policy user=\"root\"><allow own=\"{NAME}\"/></policy>"),
        format!("<policy user='root'><allow own='{NAME}'/></policy>"),
        "<policy user=\"root\"><allow own_prefix=\"org.example\"/></policy>".to_owned(),
        "<policy user=\"root\"><allow own=\"*\"/></policy>".to_owned(),
        "<policy user=\"root\"><allow own=\"org.example.Ap\"/></policy>".to_owned(),
        "<policy user=\"root\"><allow own_prefix=\"org.exam\"/></policy>".to_owned(),
        format!("<policy user=\"root\"><allow send_destination=\"{NAME}\"/></policy>"),
    ] {
        let text = format!("<busconfig>{rule}</busconfig>");
        let Some(gives) = gives(&text) else { return };
        assert_eq!(policy(&text).is_empty(), gives, "{rule}");
    }
}

#[test]
fn the_bus_starts_a_unit_of_the_image() {
    let of = |file: &str, text: &str| {
        let at = format!("/usr/share/dbus-1/system-services/{file}.service");
        let layer = Layer::new("d").unit(unit(&format!("Type=dbus\nBusName={NAME}"))).text(text, at.as_str());
        found("dbus-service", Tar::new(), layer).into_iter().map(|found| found.message).collect::<Vec<_>>()
    };
    let right =
        format!("[D-BUS Service]\nName={NAME}\nExec=/bin/false\nUser=root\nSystemdService=app.service\n");
    assert_eq!(of(NAME, &right), [""; 0]);
    assert_eq!(of(NAME, &format!("[D-BUS Service]\nName={NAME}\nExec=/usr/bin/env\nUser=root\n")), [""; 0]);
    for (file, wrong) in [
        ("app", right.clone()),
        (NAME, right.replace("app.service", "ap.service")),
        (NAME, right.replace("[D-BUS Service]", "[Service]")),
        (NAME, format!("[D-BUS Service]\nName={NAME}\n")),
        ("org.example.Other", right.replace(NAME, "org.example.Other")),
    ] {
        assert_eq!(of(file, &wrong).len(), 1, "{wrong}");
    }
}
