//! Files of drop-in directories: each fault beside its near misses, and what the readers themselves say of the lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use lapstrake::value::UdevRule;

use super::*;

/// The findings of that name in an image with that file of the workspace at a path.
fn of_file(name: &str, text: &str, at: &str) -> Vec<Finding> {
    let workshop = Workshop::stand_in();
    workshop.source("deploy/file", text.as_bytes());
    of_name(name, workshop.check(&image(Layer::new("a").file("deploy/file", at))))
}

fn of_name(name: &str, findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().filter(|finding| finding.name == name).collect()
}

/// The lines of the findings, and their helps.
fn lines(found: &[Finding]) -> Vec<(u32, &str)> {
    let line = |finding: &Finding| finding.place.as_ref().expect("it is in a file of the workspace").line;
    found.iter().map(|finding| (line(finding), finding.help.as_deref().unwrap_or_default())).collect()
}

#[test]
fn a_line_of_sysctl_d_sets_a_key_that_the_kernel_has() {
    let text = "# routing\n; too\n-net.ipv4.conf.eth0.rp_filter\nkernel.core_pattern =\n\
        net.ipv4.ip_forward 1\nvm.swapiness = 10\n-net.ipv4.tcp_syncookies=1\nnet.*.conf.all.x = 1\n\
        vm.swappiness: 10\nforward\nnet/ipv4/ip_forward=1\n";
    let found = of_file("sysctl-line", text, "/usr/lib/sysctl.d/90-net.conf");
    let expected = [
        (5, "write `net.ipv4.ip_forward = 1`"),
        (6, "did you mean `vm.swappiness`?"),
        (9, "write `vm.swappiness = 10`"),
        (10, "write `KEY = VALUE`, or `#` before a comment"),
    ];
    assert_eq!(lines(&found), expected, "{found:#?}");
    let fatal: Vec<_> = found.iter().map(|finding| finding.severity == Severity::Fatal).collect();
    assert_eq!(fatal, [true, false, true, true], "an unknown key is passed over in silence");
    let place = found[1].place.as_ref().unwrap();
    assert_eq!((place.file.as_str(), place.column, place.end_column), ("deploy/file", 1, 13));
    assert_eq!(of_file("sysctl-line", text, "/usr/share/doc/sysctl.conf"), []);
}

/// systemd-sysctl reads every line, and writes none whose prefix is not asked for.
#[test]
fn systemd_sysctl_fails_on_the_same_lines() {
    let lines = ["a.b = 1", "a.b 1", "-a.b", "-a.b=1", "# x", "; x", "a.b=", "x", "= 1", "a/b=1"];
    let root = tempfile::TempDir::new().unwrap();
    let file = root.path().join("lines.conf");
    fs::write(&file, lines.join("\n")).unwrap();
    let output = Command::new("/usr/lib/systemd/systemd-sysctl").arg("--prefix=/none").arg(&file).output();
    let Ok(output) = output else {
        assert!(std::env::var_os("CI").is_none(), "systemd-sysctl is missing");
        return;
    };
    let refused = numbers_in(&String::from_utf8(output.stderr).unwrap());
    let found = of_file("sysctl-line", &lines.join("\n"), "/etc/sysctl.d/lines.conf");
    let fatal = found.iter().filter(|finding| finding.severity == Severity::Fatal);
    assert_eq!(fatal.map(|finding| finding.place.as_ref().unwrap().line).collect::<BTreeSet<_>>(), refused);
}

/// The numbers of the lines of `lines.*` that a program reports.
fn numbers_in(reported: &str) -> BTreeSet<u32> {
    let number = |line: &str| {
        let rest = line.split_once("lines.")?.1.split_once(':')?.1;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    reported.lines().filter(|line| !line.contains("assuming '='")).filter_map(number).collect()
}

/// A base with a kernel that has two modules and one that is built in.
fn with_kernel() -> Tar {
    let kernel = format!("usr/lib/modules/6.12.0-stand-in.{}", std::env::consts::ARCH);
    Tar::new()
        .file(&format!("{kernel}/modules.builtin"), "kernel/drivers/net/loopback.ko\n")
        .file(&format!("{kernel}/kernel/net/can/can-gw.ko.xz"), "x")
        .file(&format!("{kernel}/kernel/net/can/vcan.ko"), "x")
}

#[test]
fn a_module_is_one_of_the_kernel_of_the_image() {
    let workshop = Workshop::on_stand_in_and(with_kernel().end());
    workshop.source("deploy/can.conf", b"# CAN\ncan-gw\ncan_gw\nloopback\nnet-pf-29\nvcam\nvcan bitrate=5\n");
    let layer = Layer::new("a").file("deploy/can.conf", "/usr/lib/modules-load.d/can.conf");
    let found = of_name("modules-load", workshop.check(&image(layer)));
    let expected = [(6, "did you mean `vcan`?"), (7, "write one module on each line, without options")];
    assert_eq!(lines(&found), expected, "{found:#?}");
    assert_eq!(of_file("modules-load", "vcam\n", "/etc/modules-load.d/can.conf"), [], "no kernel is known");
}

#[test]
fn a_rule_that_udev_ignores_is_underlined() {
    let text = "# GNSS\n\
        KERNEL==\"ttyUSB0\", GOTO=\"gnss\"\n\
        SUBSYSTEM=\"tty\", \\\n  SYMLINK+=\"gnss\"\n\
        LABEL=\"start\"\n\
        KERNEL==\"a\", GROUP=\"dialuot\"\n\
        KERNEL==\"b\", GOTO=\"start\"\n\
        LABEL=\"gnsss\"\n\
        KERNEL==\"c\", OWNER=\"root\", GROUP=\"$env{G}\", GOTO=\"end\"\n\
        LABEL=\"end\"\n";
    let found = of_file("udev-rule", text, "/usr/lib/udev/rules.d/70-gnss.rules");
    let expected = [
        (3, "write `SUBSYSTEM==\"tty\"`"),
        (2, "did you mean `gnsss`?"),
        (7, "add `LABEL=\"start\"` behind it"),
        (6, "add `.sysusers(\"dialuot\", [\"g dialuot -\"])`"),
    ];
    assert_eq!(lines(&found), expected, "{found:#?}");
    let place = found[0].place.as_ref().unwrap();
    assert_eq!((place.column, place.end_column), (1, 16));
    assert_eq!(of_file("udev-rule", text, "/usr/lib/udev/rules.d/README"), []);
}

#[test]
fn a_rule_runs_a_program_of_the_image() {
    let text = "RUN+=\"/usr/bin/gone %k\"\nRUN{program}+=\"gone\"\nRUN{builtin}+=\"kmod load can\"\n\
        RUN+=\"/bin/sh -c 'true'\"\nRUN+=\"$env{PROG}\"\nTEST==\"/usr/bin/gone\", RUN+=\"/usr/bin/gone\"\n\
        RUN+=\"'/usr/bin/with space' x\"\n";
    let found = of_file("udev-program", text, "/etc/udev/rules.d/70-can.rules");
    let expected = [
        (1, "bring `/usr/bin/gone` with the mode 0755"),
        (2, "write the whole path of `gone`: udev looks for it in `/usr/lib/udev`"),
        (7, "bring `/usr/bin/with space` with the mode 0755"),
    ];
    assert_eq!(lines(&found), expected, "{found:#?}");
}

/// Runs `udevadm test` over rules in a namespace of mounts, and returns the numbers of those that it complains about.
fn complained(rules: &[&str]) -> Option<BTreeSet<u32>> {
    let root = tempfile::TempDir::new().unwrap();
    fs::write(root.path().join("lines.rules"), rules.join("\n") + "\n").unwrap();
    // The folder is an argument of the script.
    let script = "mount -t tmpfs none /run && mount --bind \"$1\" /usr/lib/udev/rules.d && udevadm test /sys/class/net/lo";
    let output = Command::new("unshare").args(["-rm", "sh", "-c", script, "sh"]).arg(root.path()).output();
    let text = output.ok().map(|output| String::from_utf8(output.stderr).unwrap()).unwrap_or_default();
    if !text.contains("lines.rules") {
        assert!(std::env::var_os("CI").is_none(), "udevadm can't be asked: {text}");
        return None;
    }
    // What it reports of a rule that it takes begins with the device.
    let of_reading: Vec<_> = text.lines().filter(|line| line.starts_with("/usr/lib/udev/rules.d/")).collect();
    Some(numbers_in(&of_reading.join("\n")))
}

#[test]
fn udevadm_complains_about_the_same_rules() {
    let rules = [
        "KERNEL==\"lo\", NAME=\"a\"",
        "KERNEL=\"lo\"",
        "KERNEL+=\"lo\"",
        "SUBSYTEM==\"net\"",
        "KERNEL==lo",
        "KERNEL==\"lo",
        "KERNEL \"lo\"",
        "KERNEL{x}==\"lo\"",
        "ATTR==\"x\"",
        "ATTR{}==\"x\"",
        "ATTR{a}-=\"x\"",
        "ATTR{a}+=\"x\"",
        "ENV==\"x\"",
        "ENV{DEVNAME}=\"x\"",
        "ENV{DEVNAME}==\"x\", ENV{A}=\"x\"",
        "ENV{A}-=\"x\"",
        "ENV{A}:=\"x\"",
        "CONST{arch}==\"x86-64\", ENV{B}=\"1\"",
        "CONST{os}==\"x\"",
        "CONST{arch}=\"x\"",
        "TAG-=\"x\"",
        "TAG:=\"x\"",
        "TAGS=\"x\"",
        "NAME-=\"x\"",
        "NAME=\"\"",
        "NAME=\"%k\"",
        "SYMLINK-=\"x\"",
        "SYMLINK==\"x\", ENV{C}=\"1\"",
        "TEST{0644}==\"/x\", ENV{D}=\"1\"",
        "TEST{x}==\"/x\"",
        "TEST=\"/x\"",
        "PROGRAM=\"/bin/true\"",
        "PROGRAM-=\"/bin/true\"",
        "PROGRAM{x}==\"/bin/true\"",
        "IMPORT==\"x\"",
        "IMPORT{file}=\"/x\"",
        "IMPORT{builtin}=\"hwdb\"",
        "IMPORT{builtin}=\"nothing\"",
        "IMPORT{proc}=\"x\"",
        "RESULT=\"x\"",
        "OPTIONS+=\"watch\"",
        "OPTIONS=\"link_priority=10\"",
        "OPTIONS==\"watch\"",
        "OPTIONS=\"static_node=x\"",
        "OPTIONS=\"last_rule\"",
        "OWNER=\"0\"",
        "OWNER==\"0\"",
        "GROUP-=\"0\"",
        "GROUP{x}=\"0\"",
        "MODE=\"0660\"",
        "MODE==\"0660\"",
        "SECLABEL{selinux}=\"x\"",
        "SECLABEL=\"x\"",
        "RUN+=\"/bin/true\"",
        "RUN==\"/bin/true\"",
        "RUN{program}=\"/bin/true\"",
        "RUN{builtin}+=\"kmod load x\"",
        "RUN{builtin}+=\"kmood load x\"",
        "RUN{fail}+=\"x\"",
        "WAIT_FOR==\"x\"",
        "KERNEL==\"a\" ENV{E}=\"1\"",
        "KERNEL==\"a\",, ENV{F}=\"1\",",
        "MODE=\"0660\"; GROUP=\"0\"",
        "KERNEL==e\"a\\x20b\", ENV{G}=\"1\"",
        "KERNEL==\"a\\\"b\", ENV{H}=\"1\"",
        "SYSCTL{a}=\"1\"",
        "SYSCTL{a}-=\"1\"",
        "ACTION=\"add\"",
        "DEVPATH==\"x\", DRIVER==\"x\", DRIVERS==\"x\", KERNELS==\"x\", SUBSYSTEMS==\"x\", ENV{I}=\"1\"",
        "ATTRS{a}=\"x\"",
        "action==\"add\"",
        "LABEL==\"x\"",
        "GOTO+=\"x\"",
    ];
    let Some(complained) = complained(&rules) else { return };
    let refused = rules.iter().zip(1..).filter(|(rule, _)| UdevRule::parse(rule).is_err());
    assert_eq!(refused.map(|(_, number)| number).collect::<BTreeSet<u32>>(), complained);
}

/// What the distribution ships is read.
#[test]
fn the_drop_ins_of_this_machine_have_no_fault() {
    let mut read = 0;
    for (directory, ending, name) in [
        ("/usr/lib/udev/rules.d", "rules", "udev-rule"),
        ("/usr/lib/sysctl.d", "conf", "sysctl-line"),
        ("/etc/sysctl.d", "conf", "sysctl-line"),
        ("/usr/lib/environment.d", "conf", "environment-line"),
    ] {
        let workshop = Workshop::on_stand_in_and(accounts_of_this_machine().end());
        let mut layer = Layer::new("a");
        let Ok(files) = fs::read_dir(Path::new(directory)) else { continue };
        let paths = files.map(|file| file.unwrap().path());
        for path in paths.filter(|path| path.extension().is_some_and(|found| found == ending)) {
            let Ok(text) = fs::read(&path) else { continue };
            let file = path.file_name().unwrap().to_str().unwrap();
            workshop.source(&format!("deploy/{file}"), &text);
            layer = layer.file(format!("deploy/{file}"), format!("{directory}/{file}"));
            read += 1;
        }
        assert_eq!(of_name(name, workshop.check(&image(layer))), [], "{directory}");
    }
    assert!(read > 20 || std::env::var_os("CI").is_none(), "{read}");
}

fn accounts_of_this_machine() -> Tar {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    Tar::new().file("etc/passwd", &read("/etc/passwd")).file("etc/group", &read("/etc/group"))
}

#[test]
fn a_line_of_environment_d_gives_a_variable() {
    let text = "# a\nEDITOR=vi\nPATH=${PATH}:/opt/bin\nexport PAGER=less\nbad-name=x\nlonely\n";
    let found = of_file("environment-line", text, "/etc/environment.d/50-app.conf");
    let expected = [(4, "write `PAGER=…`"), (5, "write `bad_name`"), (6, "write `lonely=`, or leave it out")];
    assert_eq!(lines(&found), expected, "{found:#?}");
}

#[test]
fn a_file_that_no_reader_takes_is_found() {
    for (at, help, is_fatal) in [
        ("/etc/sysctl.d/90-net", "name it `90-net.conf`", false),
        ("/usr/lib/udev/rules.d/70-gnss.conf", "name it `70-gnss.rules`", false),
        ("/etc/tmpfiles.d/app.txt", "name it `app.conf`", false),
        ("/etc/ssh/sshd_config.d/10-fleet", "name it `10-fleet.conf`", false),
        ("/etc/sudoers.d/fleet.conf", "name it `fleet`", true),
        ("/etc/sudoers.d/10.fleet", "name it `10-fleet`", true),
        ("/etc/ssh/sshd_config_d/10-fleet.conf", "did you mean `/etc/ssh/sshd_config.d`?", false),
        ("/usr/lib/tmpfile.d/app.conf", "did you mean `/usr/lib/tmpfiles.d`?", false),
        ("/etc/udev/rules/70-gnss.rules", "did you mean `/etc/udev/rules.d`?", false),
    ] {
        let found = of_file("unread-file", "x\n", at);
        assert_eq!(found.len(), 1, "{at}: {found:#?}");
        assert_eq!(found[0].help.as_deref(), Some(help), "{at}");
        assert_eq!(found[0].severity == Severity::Fatal, is_fatal, "{at}");
        let has_no_ending = matches!(at, "/etc/sysctl.d/90-net" | "/etc/ssh/sshd_config.d/10-fleet");
        assert_eq!(found[0].fix.is_some(), has_no_ending, "{at}: another ending may be meant");
    }
    for at in [
        "/etc/sysctl.d/README",
        "/usr/lib/sysctl.d/90-net.conf",
        "/etc/sudoers.d/fleet",
        "/etc/ssh/ssh_config",
        "/etc/udev/hwdb.d/70-gnss.hwdb",
        "/usr/lib/udev/gnss",
        "/etc/app.d/notes.txt",
    ] {
        assert_eq!(of_file("unread-file", "x\n", at), [], "{at}");
    }
    // A directory that the base has is somebody's.
    let below = Tar::new().file("etc/udev/rules/old", "x");
    let layer = Layer::new("a").text("x\n", "/etc/udev/rules/70-gnss.rules");
    assert_eq!(found("unread-file", below, layer), []);
}
