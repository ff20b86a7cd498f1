//! Messages, environments of services and checks of a boot's health, as systemd, greenboot and a shell see them.

use std::fs;
use std::process::Command;

use lapstrake::entry::{EnvironmentFile, File, HealthCheck};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::tree::Kind;

use super::engine::present;
use super::equivalence;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::finding::Finding;
use crate::plan::{Origin, Plan};

fn sysboot() -> Tar {
    let tar = Tar::new().directory("usr").directory("usr/lib").directory("usr/lib/systemd");
    let unit = "[Service]\nExecStart=/usr/bin/true\n[Install]\nRequiredBy=sysboot-health.target\n";
    let target = "[Install]\nWantedBy=multi-user.target\n";
    tar.directory("usr/lib/systemd/system")
        .file("usr/lib/systemd/system/sysboot-check@.service", unit)
        .file("usr/lib/systemd/system/sysboot-health.target", target)
}

fn greenboot() -> Tar {
    let tar = Tar::new().directory("usr").directory("usr/lib").directory("usr/lib/systemd");
    let unit = "[Service]\nExecStart=/usr/bin/true\n[Install]\nRequiredBy=boot-complete.target\n";
    tar.directory("usr/lib/systemd/system")
        .file("usr/lib/systemd/system/greenboot-healthcheck.service", unit)
        .directory("usr/lib/greenboot")
}

fn planned(tar: Tar, layer: Layer) -> (Plan, Vec<Finding>) {
    let workshop = Workshop::on_stand_in_and(tar.end());
    workshop.source("deploy/web.env", b"PORT=8000\nexport HOST=0.0.0.0\n");
    let (plan, findings) = workshop.plan(&Image::new("gateway", Base::stand_in()).layer(layer));
    (plan.unwrap(), findings)
}

/// The paths of the layer with their texts and targets. The base asks for a directory, too.
fn files(plan: &Plan) -> Vec<String> {
    let members = plan.layers[0].described();
    let text = |kind: &Kind<Origin>| match kind {
        Kind::File(Origin::Text(text)) => Some(text.clone()),
        Kind::Symlink { target } => Some(format!("-> {target}")),
        _ => None,
    };
    members.filter_map(|(path, member)| Some(format!("{path}: {}", text(&member.kind)?))).collect()
}

fn checks() -> Layer {
    let sensors = HealthCheck::command("sensors", ["/usr/bin/sensord", "--name", "it's 100% $me"]);
    Layer::new("health").health_check(sensors).health_check(HealthCheck::unit("web.service"))
}

#[test]
fn a_health_check_is_a_drop_in_of_sysboot() {
    let (plan, found) = planned(sysboot(), checks());
    assert!(found.is_empty(), "{found:#?}");
    let units = "/usr/lib/systemd/system";
    assert_eq!(
        files(&plan),
        [
            format!("{units}/multi-user.target.wants/sysboot-health.target: -> ../sysboot-health.target"),
            format!(
                "{units}/sysboot-check@sensors.service.d/sensors.conf: [Service]\n\
                 ExecStart=/usr/bin/sensord --name \"it's 100%% $$me\"\n"
            ),
            format!(
                "{units}/sysboot-health.target.requires/sysboot-check@sensors.service: -> ../sysboot-check@.service"
            ),
            format!("{units}/web.service.d/sysboot.conf: -> /usr/share/sysboot/service.d/sysboot.conf"),
        ]
    );
}

#[test]
fn a_health_check_is_a_script_of_greenboot() {
    let (plan, found) = planned(greenboot(), checks());
    assert!(found.is_empty(), "{found:#?}");
    let scripts = "/usr/lib/greenboot/check/required.d";
    assert_eq!(
        files(&plan),
        [
            format!("{scripts}/50-sensors.sh: #!/bin/sh\nexec /usr/bin/sensord --name 'it'\\''s 100% $me'\n"),
            format!("{scripts}/50-web-service.sh: #!/bin/sh\nexec systemctl start web.service\n"),
            "/usr/lib/systemd/system/boot-complete.target.requires/greenboot-healthcheck.service: \
             -> ../greenboot-healthcheck.service"
                .to_owned(),
        ]
    );
    let modes = plan.layers[0]
        .described()
        .filter(|(path, _)| path.as_str().starts_with("/usr/lib/greenboot/check/required.d/"));
    assert!(modes.into_iter().all(|(_, member)| member.metadata.mode.bits() == 0o755));
}

#[test]
fn a_shell_runs_the_words_of_a_check() {
    let check = HealthCheck::command("words", ["/bin/printf", "[%s]", "two words", "$HOME", "it's", ""]);
    let (plan, _) = planned(greenboot(), Layer::new("health").health_check(check));
    let script =
        files(&plan).into_iter().find_map(|file| Some(file.split_once(".sh: ")?.1.to_owned())).unwrap();
    let output = Command::new("sh").arg("-c").arg(script.replace("/bin/printf", "printf")).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "[two words][$HOME][it's][]");
}

#[test]
fn a_base_that_checks_nothing_is_an_error() {
    let (_, found) = planned(Tar::new(), checks());
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|finding| finding.name == "health-check"));
    assert!(found[0].message.contains("neither sysboot nor greenboot"), "{}", found[0].message);
    let (plan, _) = planned(Tar::new(), checks().packages(["greenboot"]));
    let undecided: Vec<_> = plan.undecided.iter().map(|undecided| undecided.what.as_str()).collect();
    assert_eq!(undecided, ["the health check `sensors`", "the health check `web.service`"]);
}

#[test]
fn a_message_is_where_the_logins_of_the_base_read_it() {
    let layer = || Layer::new("motd").motd("Gateway");
    let (plan, found) = planned(Tar::new(), layer());
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(files(&plan), ["/etc/motd: Gateway\n"]);
    let pam = ["usr", "usr/lib64", "usr/lib64/security"];
    let pam = pam.into_iter().fold(Tar::new(), Tar::directory).file("usr/lib64/security/pam_motd.so", "");
    let (plan, _) = planned(pam, layer());
    assert_eq!(files(&plan), ["/usr/lib/motd.d/50-image: Gateway\n"]);
    let (plan, _) = planned(Tar::new(), layer().packages(["pam"]));
    assert_eq!(plan.undecided.len(), 1, "{:?}", plan.undecided);
}

#[test]
fn a_line_that_systemd_ignores_is_an_error_with_its_number() {
    let layer = Layer::new("web").environment_file("deploy/web.env", "/etc/default/web");
    let (_, found) = planned(Tar::new(), layer);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].name, "environment-file");
    assert_eq!(found[0].message, "line 2 of `deploy/web.env` has `export`, and systemd is not a shell");
    assert_eq!(found[0].help.as_deref(), Some("write `HOST=…`"));
    let place = found[0].place.as_deref().unwrap();
    assert_eq!((place.file.as_str(), place.line, place.column), ("deploy/web.env", 2, 1));
    assert!(!format!("{place:?}").contains("export"), "the line may have a credential");
    let text = EnvironmentFile::text("PORT=8000\n", "/etc/default/web");
    let (plan, found) = planned(Tar::new(), Layer::new("web").with(text));
    assert!(found.is_empty(), "{found:#?}");
    let (_, member) = plan.layers[0].described().next().unwrap();
    assert_eq!(member.metadata.mode.bits(), 0o644);
}

#[test]
fn podman_has_the_same_checks_of_greenboot() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let unit = "[Service]\nExecStart=/usr/bin/true\n[Install]\nRequiredBy=boot-complete.target\n";
    let base = Layer::new("greenboot")
        .text(unit, "/usr/lib/systemd/system/greenboot-healthcheck.service")
        .with(File::text("#!/bin/sh\n", "/usr/libexec/greenboot/greenboot").mode(0o755));
    let image = Image::new("health", Base::stand_in()).layer(base).layer(checks());
    equivalence::compare(&workshop, &image);
    let context = fs::read_to_string(workshop.path().join("context/Containerfile")).unwrap();
    assert!(!context.contains("RUN"), "nothing runs: {context}");
}
