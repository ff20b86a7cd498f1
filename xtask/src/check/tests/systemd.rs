//! Units: what systemd would refuse, or start and see fail. A fault and a near miss of each.

use lapstrake::entry::{DropIn, File, Unit};

use super::*;

/// The findings of that name in these services, beside a program `/usr/bin/app` and a file that is none.
fn in_layer(name: &str, layer: Layer) -> Vec<Severity> {
    let layer = layer
        .with(File::text("x", "/usr/bin/app").mode(0o755))
        .with(File::text("x", "/usr/libexec/plain").mode(0o644));
    found(name, Tar::new(), layer).into_iter().map(|finding| finding.severity).collect()
}

fn service(name: &str, lines: &str) -> Vec<Severity> {
    let text = format!("[Service]\n{lines}\n");
    in_layer(name, Layer::new("u").unit(Unit::text("app.service", text)))
}

const FATAL: [Severity; 1] = [Severity::Fatal];
const WARNING: [Severity; 1] = [Severity::Warning];

#[test]
fn a_service_has_something_to_start() {
    assert_eq!(service("exec-start", "User=dbus"), FATAL);
    assert_eq!(service("exec-start", "ExecStart=/usr/bin/app\nExecStart="), FATAL, "reset");
    assert_eq!(service("exec-start", "ExecStart=/usr/bin/app\nExecStart=/usr/bin/app"), FATAL);
    for right in [
        "ExecStart=/usr/bin/app",
        "ExecStart=/usr/bin/app\nExecStart=\nExecStart=/usr/bin/app",
        "Type=oneshot\nExecStart=/usr/bin/app\nExecStart=/usr/bin/app",
        "Type=oneshot\nExecStop=/usr/bin/app",
        "ExecStart=/usr/bin/app \\\n# a comment\n  --long",
    ] {
        assert_eq!(service("exec-start", right), [], "{right}");
    }
}

#[test]
fn what_is_started_is_in_the_image() {
    for wrong in [
        "ExecStart=/usr/bin/ap",
        "ExecStart=apq",
        "ExecStart=/usr/bin",
        "ExecStart=@/usr/bin/gone app",
        "ExecStart=/usr/bin/app\nExecReload=+/usr/bin/gone",
        "ExecStart=\"/usr/bin/with space\"",
        "Type=oneshot\nExecStart=/usr/bin/app ; /usr/bin/gone",
    ] {
        assert_eq!(service("exec-missing", wrong), FATAL, "{wrong}");
    }
    assert_eq!(service("exec-missing", "ExecStart=/usr/bin/app\nExecStartPre=-/usr/bin/gone"), WARNING);
    for right in [
        "ExecStart=/usr/bin/app --serve",
        "ExecStart=app",
        "ExecStart=/bin/app",
        "ExecStart=-@!/usr/bin/app argv0",
        "ExecStart=/usr/bin/%p",
        "ExecStart=/usr/bin/app \\; /usr/bin/gone",
        "RootDirectory=/srv/other\nExecStart=/usr/bin/gone",
    ] {
        assert_eq!(service("exec-missing", right), [], "{right}");
    }
    // What a package may bring is not missed.
    let packages = Layer::new("u")
        .packages(["app"])
        .unit(Unit::text("a.service", "[Service]\nExecStart=/usr/bin/gone\n"));
    assert_eq!(in_layer("exec-missing", packages), []);
}

#[test]
fn what_is_started_can_be_executed() {
    assert_eq!(service("exec-mode", "ExecStart=/usr/libexec/plain"), FATAL);
    assert_eq!(service("exec-mode", "ExecStart=/usr/bin/app\nExecStop=-/usr/libexec/plain"), WARNING);
    assert_eq!(service("exec-mode", "ExecStart=/usr/bin/app /usr/libexec/plain"), []);
}

#[test]
fn a_drop_in_counts_over_the_unit_that_it_changes() {
    fn base() -> Tar {
        Tar::new().file(
            "usr/lib/systemd/system/old.service",
            "[Service]\nExecStart=/usr/bin/not-there\nUser=nobody-knows\n",
        )
    }
    let with = |name: &str, text: &str| {
        found(name, base(), Layer::new("d").with(DropIn::text("10-app", text, "old.service")))
    };
    assert_eq!(with("exec-missing", "[Service]\nNice=5\n"), [], "the base's own line is not ours");
    assert_eq!(with("exec-missing", "[Service]\nExecStart=\nExecStart=/usr/bin/gone\n").len(), 1);
    assert_eq!(
        with("exec-start", "[Service]\nExecStart=/usr/bin/env\n").len(),
        0,
        "the base's file is not ours"
    );
    assert_eq!(with("unit-user", "[Service]\nUser=web\n").len(), 1);
    assert_eq!(with("unit-user", "[Service]\nUser=dbus\n"), []);
}

#[test]
fn a_template_is_judged_as_its_instances_are() {
    let template =
        |lines: &str| Layer::new("t").unit(Unit::text("can@.service", format!("[Service]\n{lines}\n")));
    assert_eq!(in_layer("exec-missing", template("ExecStart=/usr/bin/gone %i")), FATAL);
    assert_eq!(in_layer("exec-missing", template("ExecStart=/usr/bin/app %i")), []);
}

#[test]
fn who_runs_it_is_made() {
    for wrong in ["User=web", "Group=web", "SupplementaryGroups=dbus web", "User=dbus\nUser=web"] {
        assert_eq!(service("unit-user", wrong), FATAL, "{wrong}");
    }
    for right in
        ["User=dbus", "User=1000", "User=%i", "DynamicUser=yes\nUser=web", "User=web\nUser=dbus", "User=root"]
    {
        assert_eq!(service("unit-user", right), [], "{right}");
    }
    let made = Unit::text("app.service", "[Service]\nUser=web\nGroup=net\n");
    let layer = Layer::new("u").unit(made).sysusers("web", ["u web -", "m web net"]);
    assert_eq!(in_layer("unit-user", layer), []);
    let socket = Unit::text("app.socket", "[Socket]\nListenStream=/run/app\nSocketUser=web\n");
    assert_eq!(in_layer("unit-user", Layer::new("u").unit(socket)), FATAL);
}

#[test]
fn units_that_are_named_exist() {
    let unit = |name: &str, text: &str| in_layer(name, Layer::new("u").unit(Unit::text("app.target", text)));
    let install = |lines: &str| unit("install-target", &format!("[Install]\n{lines}\n"));
    assert_eq!(install("WantedBy=multiuser.target"), FATAL);
    assert_eq!(install("WantedBy=multi-user.target gone.target"), WARNING, "one of them starts it");
    assert_eq!(install("WantedBy=multi-user.target\nAlso=gone.socket"), FATAL);
    for right in ["WantedBy=multi-user.target", "RequiredBy=dev-ttyS0.device", "WantedBy=var-lib.mount"] {
        assert_eq!(install(right), [], "{right}");
    }
    let requires = |lines: &str| unit("unit-requires", &format!("[Unit]\n{lines}\n"));
    assert_eq!(requires("Requires=gone.service"), FATAL);
    assert_eq!(requires("BindsTo=gone@x.service"), FATAL);
    assert_eq!(
        requires("Requires=gone.service\nRequires="),
        FATAL,
        "an empty value takes back no dependency"
    );
    for right in ["Wants=gone.service", "After=gone.service", "Requires=basic.target"] {
        assert_eq!(requires(right), [], "{right}");
    }
}

#[test]
fn a_link_pulls_in_a_unit_that_exists() {
    let link = |name: &str| {
        let at = format!("/usr/lib/systemd/system/multi-user.target.wants/{name}");
        in_layer("wants-link", Layer::new("l").symlink(format!("../{name}"), at.as_str()))
    };
    assert_eq!(link("gone.service"), WARNING);
    assert_eq!(link("remote-fs.target"), []);
    assert_eq!(link("dev-sda.device"), [], "the kernel's");
}

#[test]
fn units_and_quadlets_are_where_they_are_read() {
    let at = |path: &str| in_layer("misplaced-unit", Layer::new("m").text("[Unit]\n", path));
    assert_eq!(at("/usr/lib/systemd/system/app.container"), FATAL);
    assert_eq!(at("/etc/systemd/system/net.network"), FATAL);
    assert_eq!(at("/etc/containers/systemd/app.service"), FATAL);
    for right in [
        "/usr/lib/systemd/system/app.slice",
        "/etc/containers/systemd/app.pod",
        "/etc/systemd/network/net.network",
    ] {
        assert_eq!(at(right), [], "{right}");
    }
}

#[test]
fn a_quadlet_needs_a_generator_that_is_not_masked() {
    let quadlet = || Layer::new("q").text("[Container]\n", "/usr/share/containers/systemd/app.container");
    let with = |below: Tar| found("quadlet-generator", below, quadlet()).len();
    let generator = "usr/lib/systemd/system-generators/podman-system-generator";
    assert_eq!(with(Tar::new()), 1, "the stand-in has no podman");
    assert_eq!(with(Tar::new().file(generator, "x")), 0);
    let masked = Tar::new()
        .file(generator, "x")
        .symlink("etc/systemd/system-generators/podman-system-generator", "/dev/null");
    assert_eq!(with(masked), 1);
    assert_eq!(
        found("quadlet-generator", Tar::new(), quadlet().run(["podman-system-generator"])),
        [],
        "a step may make it"
    );
    let other = Layer::new("q").text("x", "/usr/share/containers/systemd/app.conf");
    assert_eq!(found("quadlet-generator", Tar::new(), other), []);
}

#[test]
fn state_is_made_in_one_way() {
    let both = |unit: &str, line: &str| {
        let unit = Unit::text("app.service", format!("[Service]\nExecStart=/usr/bin/app\n{unit}\n"));
        in_layer("state-directory", Layer::new("s").unit(unit).tmpfiles("app", [line]))
    };
    assert_eq!(both("User=dbus\nStateDirectory=app", "d /var/lib/app 0755 root root"), WARNING);
    assert_eq!(both("StateDirectory=other app", "d /var/lib/app 0700"), WARNING);
    assert_eq!(both("DynamicUser=yes\nCacheDirectory=app", "d /var/cache/app"), WARNING);
    assert_eq!(
        both("User=dbus\nStateDirectory=app\nStateDirectoryMode=0750", "d /var/lib/app 0750 dbus dbus"),
        []
    );
    assert_eq!(both("User=dbus\nStateDirectory=app", "d /var/lib/app/sub 0700 root root"), []);
    assert_eq!(both("StateDirectory=app", "d /var/lib/app"), []);
}

#[test]
fn a_privileged_port_wants_its_capability() {
    let web = |lines: &str| service("privileged-port", &format!("User=dbus\n{lines}"));
    for wrong in [
        "ExecStart=/usr/bin/app --port 443",
        "ExecStart=/usr/bin/app --listen=[::]:80",
        "ExecStart=/usr/bin/app 0.0.0.0:22",
        "ExecStart=/usr/bin/app\nEnvironment=\"PORT=80\" A=b",
    ] {
        assert_eq!(web(wrong), WARNING, "{wrong}");
    }
    for right in [
        "ExecStart=/usr/bin/app --port 8443",
        "ExecStart=/usr/bin/app --connect 10.0.0.1:443",
        "ExecStart=/usr/bin/app --retries 80",
        "ExecStart=+/usr/bin/app --port 443",
        "ExecStart=/usr/bin/app --port 443\nAmbientCapabilities=CAP_NET_BIND_SERVICE",
        "ExecStart=/usr/bin/app --port 443\nUser=root",
    ] {
        assert_eq!(web(right), [], "{right}");
    }
    let socket = Layer::new("s")
        .unit(Unit::text("app.service", "[Service]\nUser=dbus\nExecStart=/usr/bin/app --port 443\n"))
        .unit(Unit::text("app.socket", "[Socket]\nListenStream=443\n"));
    assert_eq!(in_layer("privileged-port", socket), []);
    let capable = Layer::new("c")
        .with(File::text("x", "/usr/bin/web").mode(0o755).capability("cap_net_bind_service+ep"))
        .unit(Unit::text("app.service", "[Service]\nUser=dbus\nExecStart=/usr/bin/web --port 443\n"));
    assert_eq!(in_layer("privileged-port", capable), []);
}

/// A typo in the name of an account is one mistake, wherever the account is named.
#[test]
fn one_missing_account_is_one_error() {
    let workshop = Workshop::stand_in();
    let unit = || Unit::text("app.service", "[Service]\nExecStart=/usr/bin/true\nUser=web\nGroup=web\n");
    let errors = |line: &str| {
        let layer = Layer::new("app")
            .sysusers("web", [line])
            .unit(unit())
            .tmpfiles("web", ["d /var/lib/web 0755 web web -", "d /var/lib/web/more 0755 web web -"]);
        let found = workshop.check(&image(layer));
        found.into_iter().filter(|finding| finding.severity == Severity::Fatal).collect::<Vec<_>>()
    };
    let found = errors("u wbe - \"Web server\"");
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(finding.message, "`/var/lib/web` shall belong to user `web`, which nothing makes (line 1)");
    assert_eq!(finding.help.as_deref(), Some("did you mean `wbe`?"));
    let related: Vec<_> = finding.related.iter().map(|related| related.message.as_str()).collect();
    assert_eq!(related, ["`app.service` has `User=web`, which nothing makes (line 3)"]);
    assert_eq!(errors("u web 990:web").len(), 1, "the group alone is missing");
    assert_eq!(errors("u web -"), []);
    let invalid = errors("x web -");
    assert!(matches!(invalid.as_slice(), [finding] if finding.name == "invalid-value"), "{invalid:#?}");
    let two =
        Layer::new("app").tmpfiles("two", ["d /var/lib/a 0755 one root -", "d /var/lib/b 0755 two root -"]);
    assert_eq!(workshop.check(&image(two)).iter().filter(|found| found.name == "tmpfiles-owner").count(), 2);
}

/// Each line of a file in UTF-16 is a fault for systemd; its encoding is the one mistake.
#[test]
fn a_unit_in_utf_16_is_one_error() {
    let workshop = Workshop::stand_in();
    let text = "[Unit]\nDescription=x\n\n[Service]\nExecStart=/usr/bin/true\nUser=web\n\n[Install]\nWantedBy=multi-user.target\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    workshop.source("app.service", &[&[0xff, 0xfe], &bytes[..]].concat());
    workshop.source("app.conf", &bytes);
    let unit = || Layer::new("app").with(Unit::file("app.service").enabled());
    let file =
        Layer::new("app").file("app.service", "/usr/lib/systemd/system/app.service").enable("app.service");
    let right = "[Service]\nExecStart=/usr/bin/busybox\n";
    let drop_in = Layer::new("app")
        .text(right, "/usr/lib/systemd/system/app.service")
        .file("app.conf", "/usr/lib/systemd/system/app.service.d/app.conf");
    for (layer, path) in [
        (unit(), "/usr/lib/systemd/system/app.service"),
        (file, "/usr/lib/systemd/system/app.service"),
        (drop_in, "/usr/lib/systemd/system/app.service.d/app.conf"),
    ] {
        let found = workshop.check(&image(layer.clone()));
        let found: Vec<_> = found.iter().filter(|found| found.name != "exec-missing").collect();
        let [finding] = found.as_slice() else { panic!("{found:#?}") };
        assert_eq!((finding.name, finding.severity), ("unit-encoding", Severity::Fatal));
        assert!(finding.message.contains(path), "{}", finding.message);
        let plan = workshop.planned(&image(layer));
        let contents = crate::check::Contents::of(&plan.layers);
        assert_eq!(
            crate::check::analyze::analyze(&crate::check::Subject::new(&plan, &workshop.base, &contents)),
            []
        );
    }
    // The name of a unit elsewhere says nothing of a file.
    workshop.source("map.slice", b"\0\0");
    assert!(workshop.check(&image(Layer::new("map").file("map.slice", "/usr/share/map.slice"))).is_empty());
}

/// `systemd-analyze verify`: "Unit to trigger not loaded", and "Socket service not loaded, refusing".
#[test]
fn what_a_timer_a_socket_or_a_path_starts_is_in_the_image() {
    let timer = "[Timer]\nOnCalendar=daily\n";
    let socket = "[Socket]\nListenStream=/run/app\n";
    let in_image = |units: &[(&str, &str)]| {
        let layer =
            units.iter().fold(Layer::new("u"), |layer, (name, text)| layer.unit(Unit::text(*name, *text)));
        in_layer("activated-unit", layer)
    };
    let service = ("app.service", "[Service]\nExecStart=/usr/bin/app\n");
    let template = ("app@.service", "[Service]\nExecStart=/usr/bin/app\n");
    let accept = &format!("{socket}Accept=yes\n");
    let other = &format!("{timer}Unit=app.service\n");
    for wrong in [
        &[("app.timer", timer)][..],
        &[("app.socket", socket)],
        &[("app.path", "[Path]\nPathExists=/run/app\n")],
        &[("app.socket", accept), service],
        &[("app.socket", socket), template],
        &[("other.timer", other)],
        &[("other.socket", socket), service],
    ] {
        assert_eq!(in_image(wrong), FATAL, "{wrong:?}");
    }
    for right in [
        &[("app.timer", timer), service][..],
        &[("app.socket", socket), service],
        &[("app.socket", accept), template],
        &[("other.timer", other), service],
        &[("app@x.timer", timer), template],
        &[("app.timer", "[Timer]\nOnCalendar=daily\nUnit=%p-job.service\n")],
    ] {
        assert_eq!(in_image(right), [], "{right:?}");
    }
    let quadlet = Layer::new("q")
        .unit(Unit::text("app.timer", timer))
        .text("[Container]\nImage=registry.example/app\n", "/usr/share/containers/systemd/app.container");
    assert_eq!(in_layer("activated-unit", quadlet), []);
}

/// By what systemd 252 verifies of each kind when it loads a unit.
#[test]
fn what_starts_others_says_what_it_waits_for_and_a_mount_has_the_name_of_its_path() {
    let unit = |name: &str, text: &str| {
        in_layer("incomplete-unit", Layer::new("u").unit(Unit::text(name, format!("{text}\n"))))
    };
    for (name, wrong) in [
        ("a.timer", "[Timer]\nUnit=app.service"),
        ("a.timer", "[Timer]\nOnCalendar=daily\nOnCalendar="),
        ("a.timer", "[Unit]\nDescription=x"),
        ("a.socket", "[Socket]\nAccept=yes"),
        ("a.path", "[Path]\nMakeDirectory=yes"),
        ("run-a.mount", "[Mount]\nType=tmpfs"),
        ("run-a.mount", "[Mount]\nWhat=tmpfs\nWhere=/run/b"),
        ("run-a-b.mount", "[Mount]\nWhat=tmpfs\nWhere=/run/a-b"),
        ("run-a.automount", "[Automount]\nWhere=/run/b"),
        ("dev-a.swap", "[Swap]\nWhat=/dev/b"),
        ("a.timer", "[Timer]\nOnCalendar=fortnightly"),
        ("a.service", "[Service]\nType=oneshot\nRestart=always\nExecStart=/usr/bin/app"),
        ("a.service", "[Service]\nType=dbus\nExecStart=/usr/bin/app"),
    ] {
        assert_eq!(unit(name, wrong), FATAL, "{name}: {wrong}");
    }
    for (name, right) in [
        ("a.timer", "[Timer]\nOnBootSec=1min"),
        ("a.timer", "[Timer]\nOnClockChange=yes"),
        ("a.socket", "[Socket]\nListenFIFO=/run/a"),
        ("a.path", "[Path]\nPathExistsGlob=/run/*"),
        ("run-a.mount", "[Mount]\nWhat=tmpfs\nType=tmpfs"),
        ("run-a.mount", "[Mount]\nWhat=tmpfs\nWhere=//run/a/"),
        ("run-a\\x2db.mount", "[Mount]\nWhat=tmpfs\nWhere=/run/a-b"),
        ("run-a.automount", "[Automount]\nWhere=/run/a"),
        ("dev-a.swap", "[Swap]\nWhat=/dev/a"),
        ("dev-a.swap", "[Swap]\nPriority=1"),
        ("a.timer", "[Timer]\nOnCalendar=fortnightly\nOnBootSec=1"),
        ("a.service", "[Service]\nType=oneshot\nRestart=on-failure\nExecStart=/usr/bin/app"),
        ("a.service", "[Service]\nType=dbus\nBusName=org.example.App\nExecStart=/usr/bin/app"),
        ("dev-a.swap", "[Swap]\nWhat=LABEL=swap"),
        ("a.service", "[Service]\nExecStart=/usr/bin/app"),
    ] {
        assert_eq!(unit(name, right), [], "{name}: {right}");
    }
}
