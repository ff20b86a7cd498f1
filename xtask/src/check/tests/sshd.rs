//! Drop-ins of sshd, as sshd itself judges them.

use std::fs;
use std::process::Command;

use lapstrake::entry::Conf;
use lapstrake::value::SshdLine;

use super::*;

const SSHD: &str = "/usr/sbin/sshd";

fn of_file(text: &str, main: &str) -> Vec<Finding> {
    let workshop = Workshop::on_stand_in_and(Tar::new().file("etc/ssh/sshd_config", main).end());
    workshop.source("deploy/ssh.conf", text.as_bytes());
    let layer = Layer::new("s").file("deploy/ssh.conf", "/etc/ssh/sshd_config.d/10-fleet.conf");
    workshop.check(&image(layer)).into_iter().filter(|finding| finding.name == "sshd-config").collect()
}

#[test]
fn a_line_with_which_sshd_does_not_start_is_underlined() {
    let main = "Include /etc/ssh/sshd_config.d/*.conf\n";
    let text = "# fleet\nPermitRotLogin no\npermitrootlogin=Prohibit-Password # by key\nX11Forwarding maybe\n\
        MaxAuthTries\nUseDNS no yes\nUsePrivilegeSeparation sandbox\nMatch User admin\n  PasswordAuthentication no\n  Port 23\n";
    let found = of_file(text, main);
    let place = |finding: &Finding| {
        let place = finding.place.clone().unwrap();
        (place.line, place.column, place.end_column)
    };
    let places: Vec<_> = found.iter().map(place).collect();
    assert_eq!(places, [(2, 1, 15), (4, 15, 20), (5, 1, 13), (6, 11, 14), (10, 3, 10)], "{found:#?}");
    assert!(found.iter().all(|finding| finding.severity == Severity::Fatal));
    assert_eq!(found[0].help.as_deref(), Some("did you mean `permitrootlogin`?"));
    assert_eq!(found[4].related[0].place.as_ref().unwrap().line, 8);
}

#[test]
fn a_drop_in_is_read_if_the_main_file_includes_its_directory() {
    let found = of_file("UseDNS no\n", "# Include /etc/ssh/sshd_config.d/*.conf\nPort 22\n");
    assert_eq!(found.len(), 1, "{found:#?}");
    let help = "add `Include /etc/ssh/sshd_config.d/*.conf` as the first line of `/etc/ssh/sshd_config`";
    assert_eq!(found[0].help.as_deref(), Some(help));
    assert_eq!(of_file("UseDNS no\n", "  include  \"/etc/ssh/sshd_config.d/*.conf\"\n"), []);
}

#[test]
fn a_literal_is_judged_by_the_same_rules() {
    assert!(Conf::sshd("a", [("PermitRootLogin", "sometimes")]).text().is_err());
    assert!(Conf::sshd("a", [("PermitRootLogin", "prohibit-password")]).text().is_ok());
}

/// Whether sshd starts with a line, if it is here.
fn starts(line: &str) -> Option<bool> {
    let root = tempfile::TempDir::new().unwrap();
    let file = root.path().join("sshd_config");
    fs::write(&file, format!("{line}\n")).unwrap();
    let output = Command::new(SSHD).arg("-t").arg("-f").arg(&file).output();
    let Ok(output) = output else {
        assert!(std::env::var_os("CI").is_none(), "{SSHD} is missing");
        return None;
    };
    // Where it finds nothing wrong with the file, it may lack keys or a directory.
    let reported = String::from_utf8(output.stderr).unwrap();
    let is_refused = reported.lines().any(|line| {
        let is_ignored = line.contains("Deprecated option") || line.contains("Unsupported option");
        line.contains("sshd_config") && !is_ignored
    });
    Some(!is_refused)
}

#[test]
fn sshd_starts_with_the_same_lines() {
    let mut disagreed = Vec::new();
    for line in [
        "PermitRootLogin no",
        "permitrootlogin WITHOUT-PASSWORD",
        "PermitRootLogin=no",
        "PermitRootLogin = no",
        "PermitRootLogin \"no\"",
        "PermitRootLogin never",
        "PermitRootLogin",
        "PermitRootLogin no yes",
        "PermitRootLogin no # comment",
        "PasswordAuthentication true",
        "PasswordAuthentication Yes",
        "PasswordAuthentication 0",
        "ClientAliveInterval 1h30m",
        "ClientAliveInterval 1x",
        "ClientAliveInterval -1",
        "ClientAliveCountMax x",
        "ClientAliveCountMax 3",
        "LoginGraceTime 2m",
        "LoginGraceTime 0",
        "MaxAuthTries six",
        "Port 22",
        "Port ssh",
        "Compression delayed",
        "Compression on",
        "GatewayPorts clientspecified",
        "AllowTcpForwarding local",
        "AllowTcpForwarding both",
        "LogLevel verbose",
        "LogLevel LOUD",
        "SyslogFacility AUTHPRIV",
        "SyslogFacility mail",
        "FingerprintHash sha1",
        "AddressFamily inet6",
        "AddressFamily ipv4",
        "PermitTunnel point-to-point",
        "PermitTunnel always",
        "IgnoreRhosts shosts-only",
        "UsePrivilegeSeparation sandbox",
        "Protocol 2",
        "RSAAuthentication yes",
        "UseLogin no",
        "Include /etc/ssh/none.d/*.conf",
        "Subsystem sftp internal-sftp",
        "AcceptEnv LANG LC_*",
        "AllowUsers a b@c",
        "HostKey /etc/ssh/none",
        "Match User a",
        "Match Usr a",
        "Match all",
        "Host example",
        "IdentityFile ~/.ssh/id",
        "ServerAliveInterval 3",
        "PermitRotLogin no",
        "Banner none",
        "AuthorizedKeysFile .ssh/authorized_keys",
        "x11displayoffset 10",
        "x11displayoffset ten",
        "UsePAM yes",
        "KbdInteractiveAuthentication no",
        "ChallengeResponseAuthentication no",
        "DebianBanner no",
        "StrictModes off",
        "TCPKeepAlive yes",
        "MaxStartups 10:30:60",
        "AuthenticationMethods publickey",
        "DisableForwarding yes",
        "ExposeAuthInfo maybe",
    ] {
        let Some(starts) = starts(line) else { return };
        if SshdLine::parse(line).is_ok() != starts {
            disagreed.push((line, starts));
        }
    }
    assert_eq!(disagreed, [], "the lines, and whether sshd starts with each");
}
