//! Directives, sections and values of units, as the layers bring them.

use std::fs;

use lapstrake::entry::{DropIn, File, Unit};

use super::*;

/// The findings of the two checks in a service with these lines below `[Service]`.
fn of_service(below: Tar, lines: &str) -> Vec<Finding> {
    of_unit(below, "app.service", &format!("[Service]\nExecStart=/usr/bin/env\n{lines}\n"))
}

fn of_unit(below: Tar, name: &str, text: &str) -> Vec<Finding> {
    of_layer(below, Layer::new("u").unit(Unit::text(name, text)))
}

fn of_layer(below: Tar, layer: Layer) -> Vec<Finding> {
    let found = Workshop::on_stand_in_and(below.end()).check(&image(layer));
    found.into_iter().filter(|found| matches!(found.name, "unit-directive" | "unit-value")).collect()
}

/// The message of the one finding, and its help.
fn one(found: &[Finding]) -> (&str, &str) {
    let [finding] = found else { panic!("{found:#?}") };
    assert_eq!(finding.severity, Severity::Warning);
    (&finding.message, finding.help.as_deref().unwrap_or_default())
}

/// systemd 252: "Unknown key 'Usr' in section [Service], ignoring."
#[test]
fn a_name_that_is_no_directive_is_reported_with_the_nearest_one() {
    let found = of_service(Tar::new(), "Usr=web");
    let (message, help) = one(&found);
    let expected =
        "`app.service` has `Usr=` in `[Service]`, which is not a directive: systemd ignores it (line 3)";
    assert_eq!((message, help), (expected, "did you mean `User`?"));
    assert_eq!(of_service(Tar::new(), "X-Vendor=1\nNice=5"), []);
}

/// systemd 252: "Unknown key … in section [Service], ignoring."; `StartLimitBurst=` has a place in both.
#[test]
fn a_directive_is_in_its_section() {
    let found = of_service(Tar::new(), "WantedBy=multi-user.target");
    assert!(one(&found).0.contains("which belongs in `[Install]`"), "{found:#?}");
    let found = of_service(Tar::new(), "ListenStream=80");
    assert!(one(&found).0.contains("which only `[Socket]` of `.socket` units has"), "{found:#?}");
    assert_eq!(of_service(Tar::new(), "StartLimitBurst=5\n[Unit]\nStartLimitBurst=5"), []);
}

/// systemd 252: "Unknown section 'Servce'. Ignoring."
#[test]
fn a_section_is_one_that_the_unit_has() {
    let found = of_unit(Tar::new(), "app.target", "[Unti]\nDescription=x\n");
    let (message, help) = one(&found);
    assert_eq!(
        message,
        "`app.target` has the section `[Unti]`, which systemd does not know: it ignores it (line 1)"
    );
    assert_eq!(help, "did you mean `[Unit]`?");
    let found = of_unit(Tar::new(), "app.target", "[Service]\nUsr=web\n");
    assert!(one(&found).0.contains("which only `.service` units have"), "{found:#?}");
    assert_eq!(of_unit(Tar::new(), "app.target", "[Unit]\n[X-App]\nUsr=web\n[Target]\n[Install]\n"), []);
}

/// systemd.service(5): `OpenFile=` "Added in version 253".
#[test]
fn a_directive_is_as_old_as_the_systemd_of_the_base() {
    let on = |library: &str, lines: &str| of_service(Tar::new().file(library, "x"), lines);
    let debian = "usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so";
    let fedora = "usr/lib/systemd/libsystemd-shared-257.9-1.fc42.so";
    let found = on(debian, "OpenFile=/etc/hosts");
    assert!(one(&found).0.contains("which systemd 253 added, and the image has systemd 252"), "{found:#?}");
    assert_eq!(on(fedora, "OpenFile=/etc/hosts"), []);
    assert_eq!(of_service(Tar::new(), "OpenFile=/etc/hosts"), [], "the stand-in says no version");
    let found = on(debian, "Type=notify-reload");
    assert!(one(&found).0.contains("systemd 253 added it"), "{found:#?}");
    assert_eq!(on(fedora, "Type=notify-reload\nPrivateTmp=disconnected"), []);
}

/// systemd 252: "Failed to parse service type, ignoring: notfy", and "Unit configuration has fatal error, unit will not be
/// started."
#[test]
fn a_value_is_ignored_or_stops_the_unit() {
    let found = of_service(Tar::new(), "Type=notfy");
    let (message, help) = one(&found);
    assert!(
        message.starts_with("`app.service` has `Type=notfy`, and it takes `simple`, `exec`"),
        "{message}"
    );
    assert!(message.ends_with(": systemd ignores it (line 3)"), "{message}");
    assert_eq!(help, "did you mean `notify`?");
    for refused in ["User=a:b", "WorkingDirectory=app", "DynamicUser=maybe", "ExecStopPost=/usr/bin/env %F"] {
        let found = of_service(Tar::new(), refused);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].severity, Severity::Fatal, "{refused}");
    }
    assert_eq!(
        of_service(Tar::new(), "User=dbus\nWorkingDirectory=-/srv\nExecStopPost=/usr/bin/env %%F"),
        []
    );
}

/// In a drop-in, systemd 252 says the same and loads the unit without the rest of the drop-in.
#[test]
fn a_wrong_drop_in_does_not_stop_its_unit() {
    let unit = Unit::text("app.service", "[Service]\nExecStart=/usr/bin/env\n");
    let drop_in = DropIn::text("10-x", "[Service]\nWorkingDirectory=app\n", "app.service");
    let found = of_layer(Tar::new(), Layer::new("u").unit(unit).with(drop_in));
    let (message, _) = one(&found);
    assert!(message.contains("/app.service.d/10-x.conf` has `WorkingDirectory=app`"), "{message}");
    assert!(message.contains("systemd does not read the rest of the file"), "{message}");
    let of_all = Layer::new("u").text("[Service]\nNcie=5\n", "/usr/lib/systemd/system/service.d/10-x.conf");
    assert!(one(&of_layer(Tar::new(), of_all)).0.contains("Ncie"));
}

#[test]
fn a_unit_of_users_is_judged_by_the_same_rules() {
    let layer = |text: &str| Layer::new("u").text(text, "/usr/lib/systemd/user/app.service");
    assert_eq!(of_layer(Tar::new(), layer("[Service]\nExecStart=/usr/bin/env\nNcie=5\n")).len(), 1);
    assert_eq!(of_layer(Tar::new(), layer("[Service]\nExecStart=/usr/bin/env\nNice=5\n")), []);
}

#[test]
fn the_word_is_underlined_in_the_file() {
    let workshop = Workshop::stand_in();
    workshop.source("deploy/app.service", b"[Service]\nExecStart=/usr/bin/env\nReadWritePaths=/srv data\n");
    let found = workshop.check(&image(Layer::new("app").with(Unit::file("deploy/app.service"))));
    let found = found.iter().find(|found| found.name == "unit-value").unwrap();
    let place = found.place.as_deref().unwrap();
    assert_eq!(
        (place.file.as_str(), place.line, place.column, place.end_column),
        ("deploy/app.service", 3, 21, 25)
    );
}

/// A value of `Environment=` can be a secret.
#[test]
fn a_wrong_environment_is_not_shown() {
    let found = of_service(Tar::new(), "Environment=A=b very-secret");
    let (message, help) = one(&found);
    assert!(!message.contains("very-secret") && !help.contains("very-secret"), "{message}");
}

#[test]
fn a_file_of_many_faults_is_short_to_read_and_quick_to_judge() {
    let lines: String = (0..20_000).fold(String::new(), |lines, number| lines + &format!("Key{number}=1\n"));
    let started = std::time::Instant::now();
    let found = of_service(Tar::new(), &lines);
    assert_eq!(found.len(), 21, "{:#?}", found.last());
    assert!(found.iter().any(|found| found.message.contains("19980 more such lines")));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

/// One line is wrong: what it says and what comes of it is one finding.
#[test]
fn a_time_that_cannot_be_read_and_a_timer_without_another_are_one_finding() {
    let workshop = Workshop::stand_in();
    workshop.source("deploy/a.timer", b"[Timer]\nOnCalendar=dayly\nUnit=basic.target\n");
    let found = workshop.check(&image(Layer::new("t").unit(Unit::file("deploy/a.timer"))));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].name, found[0].severity), ("incomplete-unit", Severity::Fatal));
    assert_eq!(found[0].place.as_ref().unwrap().to_string(), "deploy/a.timer:2:12");
    assert!(found[0].message.starts_with("`a.timer` has `OnCalendar=dayly`, and "), "{found:#?}");
    let end = "; `a.timer` has nothing that starts it and that systemd reads, so systemd refuses it";
    assert!(found[0].message.ends_with(end), "{found:#?}");
    let two = "[Timer]\nOnCalendar=dayly\nOnBootSec=1\nUnit=basic.target\n";
    workshop.source("deploy/a.timer", two.as_bytes());
    let found = workshop.check(&image(Layer::new("t").unit(Unit::file("deploy/a.timer"))));
    let names: Vec<_> = found.iter().map(|found| (found.name, found.severity)).collect();
    assert_eq!(names, [("unit-value", Severity::Warning)]);
}

/// What a distribution ships is right.
#[test]
fn units_of_a_real_distribution_pass() {
    let mut layer = Layer::new("distribution");
    let mut count = 0;
    for directory in ["/usr/lib/systemd/system", "/usr/lib/systemd/user"] {
        let Ok(entries) = fs::read_dir(directory) else { continue };
        for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())) {
            let name = entry.file_name().into_string().unwrap();
            if let Ok(text) = fs::read_to_string(entry.path()) {
                layer = layer.with(File::text(text, format!("{directory}/{name}").as_str()));
                count += 1;
            }
        }
    }
    assert!(count > 100 || std::env::var_os("CI").is_none(), "only {count} units");
    let judged = ["unit-directive", "unit-value", "incomplete-unit"];
    let mut found = Workshop::stand_in().check(&image(layer));
    found.retain(|found| judged.contains(&found.name));
    assert!(found.is_empty(), "{count}: {found:#?}");
}
