//! Names on the system bus, as a bus itself gives them out.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use lapstrake::entry::Unit;

use super::*;

const NAME: &str = "org.example.App";
const JOURNAL: &str = "/run/systemd/journal/socket";

fn unit(lines: &str) -> Unit {
    Unit::text("app.service", format!("[Service]\nExecStart=/usr/bin/env\n{lines}\n"))
}

fn policy(text: &str) -> Vec<Finding> {
    let layer = Layer::new("d").unit(unit(&format!("Type=dbus\nBusName={NAME}")));
    found("dbus-policy", Tar::new(), layer.text(text, "/usr/share/dbus-1/system.d/app.conf"))
}

/// Writes the configuration of a bus that reads a file of policies from a directory, and returns its path.
fn configured(root: &Path, policy: &str) -> String {
    fs::create_dir(root.join("system.d")).unwrap();
    fs::write(root.join("system.d/app.conf"), policy).unwrap();
    let text = format!(
        "<busconfig><type>system</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow user=\"*\"/><deny own=\"*\"/><allow send_type=\"method_call\"/>\
         <allow receive_type=\"method_return\"/><allow receive_type=\"error\"/></policy>\
         <includedir>system.d</includedir></busconfig>",
        root.join("bus").display()
    );
    fs::write(root.join("bus.conf"), text).unwrap();
    root.join("bus.conf").to_str().unwrap().to_owned()
}

/// Asks a bus for the name.
fn asked(address: &str) -> Output {
    let mut command = Command::new("dbus-send");
    command.arg(format!("--bus={address}"));
    command.args(["--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]);
    command.args(["org.freedesktop.DBus.RequestName", &format!("string:{NAME}"), "uint32:0"]);
    command.output().unwrap()
}

/// Whether dbus-daemon with a policy gives the name to root, if it is here.
fn gives(policy: &str) -> Option<bool> {
    let root = tempfile::TempDir::new().unwrap();
    let config = configured(root.path(), policy);
    let mut command = Command::new("dbus-daemon");
    command.arg(format!("--config-file={config}")).args(["--nofork", "--print-address"]);
    let Ok(mut bus) = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
        assert!(std::env::var_os("CI").is_none(), "dbus-daemon is missing");
        return None;
    };
    let mut line = String::new();
    BufReader::new(bus.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let asked = asked(line.trim());
    bus.kill().unwrap();
    bus.wait().unwrap();
    Some(asked.status.success())
}

/// Whether dbus-broker starts with a policy, and whether it gives the name to root, if it is here.
fn broker_gives(policy: &str) -> Option<(bool, bool)> {
    let is_here = Path::new("/usr/bin/dbus-broker-launch").exists();
    // It does not start without the journal's socket.
    let has_journal = UnixDatagram::unbound().unwrap().connect(JOURNAL).is_ok();
    if !is_here || !has_journal && fs::create_dir_all("/run/systemd/journal").is_err() {
        assert!(std::env::var_os("CI").is_none(), "dbus-broker is missing");
        return None;
    }
    let journal = (!has_journal).then(|| {
        // One that nobody reads any more.
        let _ = fs::remove_file(JOURNAL);
        UnixDatagram::bind(JOURNAL).unwrap()
    });
    let root = tempfile::TempDir::new().unwrap();
    let config = configured(root.path(), policy);
    let socket = root.path().join("bus");
    let mut command = Command::new("systemd-socket-activate");
    // It talks to systemd over its own bus, and ends where it can't.
    let own = format!("DBUS_SESSION_BUS_ADDRESS=unix:path={}", socket.display());
    command.arg("-l").arg(&socket).args(["-E", &own, "dbus-broker-launch"]);
    command.args([&format!("--config-file={config}"), "--scope", "user"]).stderr(Stdio::null());
    let mut bus = command.spawn().unwrap();
    while !socket.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let asked = asked(&format!("unix:path={}", socket.display()));
    bus.kill().unwrap();
    bus.wait().unwrap();
    if journal.is_some() {
        fs::remove_file(JOURNAL).unwrap();
    }
    let has_started = !String::from_utf8_lossy(&asked.stderr).contains("Failed to register");
    Some((has_started, asked.status.success()))
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

/// What the buses read, of which a bus reads less than it says, and of which dbus-broker does not start.
#[test]
fn a_bus_reads_what_its_check_lets_pass() {
    let allow = format!("<allow own=\"{NAME}\"/>");
    let policy = format!("<policy user=\"root\">{allow}</policy>");
    let read = [
        format!("<busconfig>{policy}</busconfig>"),
        format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN\" \
                 \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig><!-- x -->{policy}</busconfig>"
        ),
        format!("<busconfig><limit name=\"max_replies_per_connection\">100</limit>{policy}</busconfig>"),
        format!("<busconfig><policy context=\"default\">{allow}</policy></busconfig>"),
        format!("<busconfig><policy group='root'>{allow}</policy></busconfig>"),
    ];
    for text in read {
        let layer = Layer::new("d").text(text.as_str(), "/usr/share/dbus-1/system.d/app.conf");
        let messages: Vec<_> =
            found("dbus-config", Tar::new(), layer).into_iter().map(|found| found.message).collect();
        assert_eq!(messages, [""; 0], "{text}");
        assert_ne!(gives(&text), Some(false), "{text}");
        assert!(broker_gives(&text).is_none_or(|gives| gives == (true, true)), "{text}");
    }
    let unread = [
        (format!("<busconfig><alow/>{policy}</busconfig>"), "no element `<alow>`, but `<allow>`"),
        (
            format!(
                "<busconfig><policy user=\"root\"><allow own=\"{NAME}\" oown=\"x\"/></policy></busconfig>"
            ),
            "no attribute `oown`",
        ),
        (format!("<busconfig><policy>{allow}</policy></busconfig>"), "says for whom it is"),
        (
            format!("<busconfig><policy user=\"root\" group=\"root\">{allow}</policy></busconfig>"),
            "one of user, group",
        ),
        (format!("<busconfig><policy context=\"defualt\">{allow}</policy></busconfig>"), "`defualt` is not"),
        (format!("<busconfig>{policy}<busconfig/></busconfig>"), "is in another one"),
        (
            format!(
                "<busconfig>{policy}<policy user=\"root\"><allow at_console=\"true\"/></policy></busconfig>"
            ),
            "no attribute `at_console`",
        ),
        (
            format!(
                "<busconfig>{policy}<policy user=\"root\"><allow send_sender=\"a.b\"/></policy></busconfig>"
            ),
            "no attribute `send_sender`",
        ),
        (format!("<config>{policy}</config>"), "begins with `<busconfig>`"),
        (format!("<busconfig>{allow}</busconfig>"), "outside of a `<policy>`"),
        (format!("<busconfig>{policy}<policy user=\"root\"><allow/></policy></busconfig>"), "says nothing"),
        (
            format!("<busconfig><policy user=\"nobdy\">{allow}</policy></busconfig>"),
            "the user `nobdy`, which nothing makes",
        ),
        (format!("<busconfig>{policy}"), "`<busconfig>` is not closed"),
        (
            format!("<busconfig><policy user=\"root\"><allow own=\"{NAME}\"></policy></busconfig>"),
            "`<allow>` has to be closed",
        ),
        (String::new(), "no element"),
    ];
    for (text, words) in unread {
        let layer = || Layer::new("d").text(text.as_str(), "/usr/share/dbus-1/system.d/app.conf");
        let found_here = found("dbus-config", Tar::new(), layer());
        let [finding] = &found_here[..] else { panic!("{text}: {found_here:#?}") };
        assert!(finding.message.contains(words), "{text}: {finding:#?}");
        assert_ne!(gives(&text), Some(true), "{text}");
        if words == "`<allow>` has to be closed" {
            assert_eq!(finding.help.as_deref(), Some("write `<allow …/>`, or `</allow>` after it"));
        }
        let broker = Tar::new().file("usr/bin/dbus-broker-launch", "x");
        let is_fatal = found("dbus-config", broker, layer())[0].severity == Severity::Fatal;
        let starts = broker_gives(&text).is_none_or(|(starts, _)| starts != is_fatal);
        assert!(starts, "{text}: fatal is {is_fatal}");
    }
}

#[test]
fn a_service_of_the_bus_is_for_an_account_of_the_image() {
    let of = |user: &str, unit: &str| {
        let text = format!("[D-BUS Service]\nName={NAME}\nExec=/usr/bin/env\nUser={user}\n{unit}");
        let at = format!("/usr/share/dbus-1/system-services/{NAME}.service");
        found("dbus-service", Tar::new(), Layer::new("d").text(text, at.as_str())).len()
    };
    assert_eq!((of("root", ""), of("dbus", ""), of("dbsu", "")), (0, 0, 1));
}

#[test]
fn the_bus_of_a_user_starts_a_unit_of_users() {
    let of = |unit: Unit| {
        let text = format!("[D-BUS Service]\nName={NAME}\nExec=/bin/false\nSystemdService=app.service\n");
        // A user's bus takes a file of any name.
        let layer = Layer::new("d").unit(unit).text(text, "/usr/share/dbus-1/services/app.service");
        found("dbus-service", Tar::new(), layer).into_iter().map(|found| found.message).collect::<Vec<_>>()
    };
    let lines = format!("Type=dbus\nBusName={NAME}");
    assert_eq!(of(unit(&lines).for_users()), [""; 0]);
    let missing = of(unit(&lines));
    assert!(missing[0].contains("is not a unit of a user"), "{missing:?}");
    assert_eq!(of(unit(&lines.replace("App", "Other")).for_users()).len(), 1);
}
