//! Unit files as systemd reads them. Each `[Install]` case was given to `systemctl --root=DIR enable`
//! (systemd 252; `UpheldBy=` is newer), and what is expected here is what that did.

use lapstrake::systemd::{EnvironmentFault, Install, LinkKind, UnitFile, Unread};
use lapstrake::value::UnitName;

/// What enabling does, one word each: `a.target.wants`, `a.target.requires`, `alias x.service`,
/// `also y.service`, `refused …`.
fn enable(unit: &str, text: &str) -> Vec<String> {
    let install = Install::of(&UnitName::parse(unit).expect(unit), &UnitFile::parse(text));
    let links = install.links().iter().map(|link| match link.kind.directory() {
        Some(directory) => format!("{}.{directory}", link.unit),
        None => format!("alias {}", link.unit),
    });
    let also = install.also().iter().map(|unit| format!("also {unit}"));
    links.chain(also).chain(install.wrong().iter().map(|wrong| format!("refused {wrong}"))).collect()
}

#[track_caller]
fn enables(unit: &str, text: &str, expected: &[&str]) {
    assert_eq!(enable(unit, text), expected, "{unit}: {text:?}");
}

#[test]
fn a_backslash_at_the_end_of_a_line_continues_it() {
    let unit = "x.service";
    enables(unit, "[Install]\nWantedBy=a.target \\\n  b.target\n", &["a.target.wants", "b.target.wants"]);
    enables(unit, "[Install]\nWantedBy=a.target \\", &["a.target.wants"]);
    // Comments inside are passed over, and do not end it, not even with a backslash of their own.
    let comments = "[Install]\nWantedBy=a.target \\\n# one \\\n ; two\n  b.target\nAlias=y.service\n";
    enables(unit, comments, &["alias y.service", "a.target.wants", "b.target.wants"]);
    // An empty line does end it.
    let empty = "[Install]\nWantedBy=a.target \\\n\nb.target\nRequiredBy=c.target\n";
    enables(unit, empty, &["c.target.requires", "a.target.wants"]);
}

#[test]
fn a_backslash_that_is_escaped_or_followed_by_a_space_continues_nothing() {
    let spaced = "[Install]\nWantedBy=a.target \\ \nRequiredBy=c.target\n";
    enables("x.service", spaced, &["c.target.requires", "a.target.wants", "refused WantedBy=\\"]);
    let escaped = "[Install]\nWantedBy=a.target \\\\\nRequiredBy=c.target\n";
    enables("x.service", escaped, &["c.target.requires", "a.target.wants", "refused WantedBy=\\\\"]);
}

#[test]
fn white_space_around_names_and_values_is_nothing() {
    enables("x.service", " [Install] \n  WantedBy  =  a.target  \n", &["a.target.wants"]);
    enables("x.service", "[Install]\nWantedBy=a.target\tb.target\n", &["a.target.wants", "b.target.wants"]);
    enables(
        "x.service",
        "\u{feff}[Install]\r\nWantedBy=a.target\r\nRequiredBy=b.target\r\n",
        &["b.target.requires", "a.target.wants"],
    );
    // A no-break space is none of systemd's.
    let no_break = "[Install]\nWantedBy=a.target\u{a0}b.target\n";
    enables("x.service", no_break, &["refused WantedBy=a.target\u{a0}b.target"]);
}

#[test]
fn sections_of_one_name_add_up_and_others_are_not_it() {
    let twice = "[Install]\nWantedBy=a.target\n[Service]\nWantedBy=no.target\n[Install]\nWantedBy=b.target\n";
    enables("x.service", twice, &["a.target.wants", "b.target.wants"]);
    enables("x.service", "[install]\nWantedBy=a.target\n", &[]);
    enables("x.service", "[ Install ]\nWantedBy=a.target\n", &[]);
    enables("x.service", "WantedBy=a.target\n", &[]);
}

#[test]
fn an_empty_value_resets_a_list_but_not_also() {
    enables("x.service", "[Install]\nWantedBy=a.target\nWantedBy=\nWantedBy=b.target\n", &["b.target.wants"]);
    let also = "[Install]\nAlso=a.socket\nAlso=\nAlso=b.timer c.path\n";
    enables("x.service", also, &["also a.socket", "also b.timer", "also c.path"]);
}

#[test]
fn quotes_are_taken_off_but_not_in_also() {
    let quoted = "[Install]\nWantedBy=\"a.target\" 'b.target' c.tar\"get\"\n";
    enables("x.service", quoted, &["a.target.wants", "b.target.wants", "c.target.wants"]);
    enables("x.service", "[Install]\nAlso=\"a.socket\"\n", &["refused Also=\"a.socket\""]);
}

#[test]
fn every_kind_of_link_has_its_directory() {
    let all = "[Install]\nWantedBy=a.target\nRequiredBy=b.target\nUpheldBy=c.target\nAlias=y.service\n";
    enables(
        "x.service",
        all,
        &["alias y.service", "b.target.requires", "c.target.upholds", "a.target.wants"],
    );
    assert_eq!(LinkKind::Alias.directory(), None);
    // A device is pulled up by udev, and pulls its service.
    let device = "[Install]\nWantedBy=sys-subsystem-net-devices-can0.device dev-disk-by\\x2dlabel-x.device\n";
    enables(
        "x.service",
        device,
        &["sys-subsystem-net-devices-can0.device.wants", "dev-disk-by\\x2dlabel-x.device.wants"],
    );
}

#[test]
fn what_names_no_unit_is_refused_and_the_rest_done() {
    let text = "[Install]\nWantedBy=nonsense a.target a@.target\nAlso=nothing\n";
    enables(
        "x.service",
        text,
        &["a.target.wants", "a@.target.wants", "refused WantedBy=nonsense", "refused Also=nothing"],
    );
    enables(
        "x.service",
        "[Install]\nWantedBy=a%Z.target b.target\n",
        &["b.target.wants", "refused WantedBy=a%Z.target"],
    );
}

#[test]
fn specifiers_are_those_of_the_unit() {
    let text = "[Install]\nAlias=x-%p.service y-%N.service z-%j.service q-%n\n";
    enables(
        "foo-bar.service",
        text,
        &[
            "alias x-foo-bar.service",
            "alias y-foo-bar.service",
            "alias z-bar.service",
            "alias q-foo-bar.service",
        ],
    );
    // No name can hold a percent sign.
    enables("x.service", "[Install]\nAlias=pct%%.service\n", &["refused Alias=pct%%.service"]);
    enables(
        "can@c0.service",
        "[Install]\nWantedBy=bus@%i.target %p.target\n",
        &["bus@c0.target.wants", "can.target.wants"],
    );
}

#[test]
fn an_alias_is_of_the_same_kind_and_instance() {
    for (unit, alias, expected) in [
        ("x.service", "y.service", "alias y.service"),
        ("x.target", "y.target", "alias y.target"),
        ("x.service", "y.socket", "refused Alias=y.socket"),
        ("m.mount", "n.mount", "refused Alias=n.mount"),
        ("x.service", "/etc/systemd/system/y.service", "refused Alias=/etc/systemd/system/y.service"),
        ("x.service", "y@.service", "refused Alias=y@.service"),
        ("x.service", "y@z.service", "refused Alias=y@z.service"),
        ("x@.service", "y@.service", "alias y@.service"),
        ("x@.service", "y@z.service", "alias y@z.service"),
        ("x@.service", "y.service", "refused Alias=y.service"),
        ("x@i.service", "y@.service", "alias y@i.service"),
        ("x@i.service", "y@i.service", "alias y@i.service"),
        ("x@i.service", "y@z.service", "refused Alias=y@z.service"),
        ("x@i.service", "y-%i.service", "refused Alias=y-%i.service"),
    ] {
        enables(unit, &format!("[Install]\nAlias={alias}\n"), &[expected]);
    }
    // Nor is one made twice, and its own name is no link to make.
    enables("x.service", "[Install]\nAlias=y.service y.service\nAlias=y.service\n", &["alias y.service"]);
    enables("x.service", "[Install]\nAlias=x.service\n", &[]);
}

#[test]
fn a_template_is_enabled_by_its_default_instance() {
    let instance = |unit: &str, text: &str| {
        let install = Install::of(&UnitName::parse(unit).unwrap(), &UnitFile::parse(text));
        install.default_instance().map(str::to_owned)
    };
    for (value, expected) in [
        ("DefaultInstance=d0", Some("d0")),
        ("DefaultInstance=a\nDefaultInstance=b", Some("b")),
        ("DefaultInstance=a\nDefaultInstance=", None),
        ("DefaultInstance=%p", Some("can")),
        ("DefaultInstance=x@y", Some("x@y")),
        ("DefaultInstance=a/b", None),
        ("", None),
    ] {
        assert_eq!(
            instance("can@.service", &format!("[Install]\n{value}\n")).as_deref(),
            expected,
            "{value}"
        );
    }
    // It means nothing to any other unit.
    assert_eq!(instance("can.service", "[Install]\nDefaultInstance=d0\n"), None);
    assert_eq!(instance("can@c1.service", "[Install]\nDefaultInstance=d0\n"), None);

    let text = "[Install]\nDefaultInstance=d0\nWantedBy=a.target\nAlias=bus@%i.service bus@.service\n";
    enables("can@.service", text, &["alias bus@d0.service", "alias bus@.service", "a.target.wants"]);
    enables("can@c1.service", text, &["alias bus@c1.service", "a.target.wants"]);
    enables("can@.service", "[Install]\nDefaultInstance=a/b\n", &["refused DefaultInstance=a/b"]);
}

#[test]
fn a_template_without_an_instance_is_only_pulled_in_by_what_brings_one() {
    let text = "[Install]\nWantedBy=a.target b@.target b@x.target\n";
    enables("can@.service", text, &["b@.target.wants", "b@x.target.wants", "refused WantedBy=a.target"]);
    enables("can@c0.service", text, &["a.target.wants", "b@.target.wants", "b@x.target.wants"]);
}

#[test]
fn sections_and_assignments_keep_their_order() {
    let file = UnitFile::parse(
        "[Unit]\nAfter=a\n[Service]\nExecStartPre=x\nExecStart=y=z\n[Service]\nExecStart=w\n",
    );
    let names: Vec<_> = file.sections().iter().map(|section| section.name.as_str()).collect();
    assert_eq!(names, ["Unit", "Service", "Service"]);
    assert_eq!(file.values("Service", "ExecStart").collect::<Vec<_>>(), ["y=z", "w"]);
}

#[test]
fn a_line_that_is_none_is_passed_over() {
    let file = UnitFile::parse("stray=1\n[Service]\nno assignment\n=no key\n[Broken\nUser=a\n\n#[Unit]\n");
    assert_eq!(file.sections().len(), 1);
    let assignments: Vec<_> = file.values("Service", "User").collect();
    assert_eq!((assignments, file.sections()[0].assignments.len()), (vec!["a"], 1));
    let ignored: Vec<_> = file.ignored().iter().map(|ignored| (ignored.at.line, ignored.why)).collect();
    let whys = [Unread::NoSection, Unread::NoEquals, Unread::NoKey, Unread::OpenHeader];
    assert_eq!(ignored, [(1, whys[0]), (3, whys[1]), (4, whys[2]), (5, whys[3])]);
}

#[test]
fn each_key_and_value_says_where_it_is_in_the_text() {
    let text =
        "\u{feff}[Unit]\r\n  After = a.target\\\r\n# between\r\n\tb.target \r\nWants=\r\n\\\n Before=c\n";
    let unit = UnitFile::parse(text);
    let section = &unit.sections()[0];
    assert_eq!((section.at.line, section.at.of(text)), (1, "[Unit]"));
    let places: Vec<_> = section.assignments.iter().map(|it| (it.key_at.line, it.key_at.of(text))).collect();
    assert_eq!(places, [(2, "After"), (5, "Wants"), (7, "Before")]);
    let values: Vec<_> = section.assignments.iter().map(|it| it.value_at.of(text)).collect();
    assert_eq!(values, ["a.target\\\r\n# between\r\n\tb.target", "", "c"]);
    assert_eq!(section.assignments[0].value_at.word(text, "b.target").line, 4);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in r"([\[\]=\\#; \t\r\na-z%@.]|\PC|Install|WantedBy|Alias){0,60}") {
        let file = UnitFile::parse(&text);
        for assignment in file.sections().iter().flat_map(|section| &section.assignments) {
            // A key or value that is on one line is that part of the text.
            for (read, at) in [(&assignment.key, &assignment.key_at), (&assignment.value, &assignment.value_at)] {
                let part = text.get(at.bytes.clone()).expect("a part of the text");
                proptest::prop_assert!(part.contains('\\') || part == read, "{part:?} {read:?}");
            }
        }
        let _ = Install::of(&UnitName::parse("x@.service").unwrap(), &file);
    }
}

#[test]
fn an_environment_file_that_systemd_reads_whole_has_no_faults() {
    for text in [
        "",
        "\n# a comment\n; another\n  \t\n",
        "A=1\nB = 2 \n  C=3",
        "A=\"one\n two\"\nB='three\n#four'\n",
        "A=one \\\n  two\\\nB=3\n",
        "A=\"x\" 'y' z\r\nB=1\r\n",
        "A=a # b\nB=it's\nC=\"\\\"\"\nD=a\"b\n",
        "A=\"b\"c#d\n",
    ] {
        assert_eq!(EnvironmentFault::all(text), [], "{text:?}");
    }
}

#[test]
fn a_line_of_an_environment_file_that_is_lost_is_found() {
    for (text, line, part) in [
        ("A=1\nB\n", 2, "has no `=`"),
        ("export A=1\n", 1, "not a shell"),
        ("\n\n2A=1\n", 3, "has `2A` as a name"),
        ("MY-NAME=1\n", 1, "has `MY-NAME` as a name"),
        ("A=1\nB=\"two\nC=3\n", 2, "not closed"),
        ("A='it\n", 1, "not closed"),
        ("A=\"x\" # y\n", 1, "has a comment behind its value"),
        ("A=1\nB=\u{1b}[1m\n", 2, "has the control character `\\u{1b}`"),
        ("A=1\r\nB=a\\\r\nC\r\n", 3, "has no `=`"),
        ("A=\u{fffd}\n", 1, "is not UTF-8"),
    ] {
        let faults = EnvironmentFault::all(text);
        assert_eq!(faults.len(), 1, "{text:?}: {faults:?}");
        assert_eq!(faults[0].line, line, "{text:?}");
        assert!(faults[0].reason.contains(part), "{text:?}: {}", faults[0].reason);
    }
}
