//! Quadlets on a base that masks podman's generator, as AutoSD does: the generator runs in the build.

use std::fs;
use std::path::Path;
use std::process::Command;

use lapstrake::entry::{File, Quadlet, Symlink};
use lapstrake::{Base, Image, Layer};

use super::engine::present;
use super::equivalence;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::plan::Plan;

const GENERATOR: &str = "usr/lib/systemd/system-generators/podman-system-generator";
const MASK: &str = "etc/systemd/system-generators/podman-system-generator";
const RADIO: &str = "[Container]\nImage=registry.example/radio:2\n[Install]\nWantedBy=multi-user.target\n";

fn radio() -> Layer {
    Layer::new("radio").quadlet(Quadlet::text("radio.container", RADIO))
}

fn planned(tar: Tar, layer: Layer) -> Plan {
    let workshop = Workshop::on_stand_in_and(tar.end());
    workshop.planned(&Image::new("fleet", Base::stand_in()).layer(layer))
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.layers.iter().flat_map(|layer| &layer.runs).map(|run| run.argv.join(" ")).collect()
}

fn masked() -> Tar {
    Tar::new().file(GENERATOR, "x").symlink(MASK, "/dev/null")
}

#[test]
fn a_masked_generator_runs_in_the_build_once_for_the_quadlets_of_a_layer() {
    let step = format!("/{GENERATOR} -no-kmsg-log -v /usr/lib/systemd/system");
    let two = radio().run(["after"]).quadlet(Quadlet::text("data.volume", "[Volume]\n"));
    assert_eq!(steps(&planned(masked(), two)), [step.as_str(), "after"]);
    let empty = Tar::new().file(GENERATOR, "x").file(MASK, "");
    assert_eq!(steps(&planned(empty, radio())), [step]);
    for (below, layer) in [
        (masked(), Layer::new("app").text("x", "/usr/share/app")),
        (Tar::new().file(GENERATOR, "x"), radio()),
        (Tar::new().file(GENERATOR, "x").file(MASK, "another generator"), radio()),
        (Tar::new().symlink(MASK, "/dev/null"), radio()),
    ] {
        assert_eq!(steps(&planned(below, layer)), [""; 0]);
    }
    let packaged = planned(Tar::new().symlink(MASK, "/dev/null"), radio().packages(["podman"]));
    let undecided: Vec<_> = packaged.undecided.iter().map(|undecided| undecided.what.as_str()).collect();
    assert_eq!(undecided, ["the service of a quadlet"]);
}

/// podman 5's own generator by that step. None without it: `cargo xtask fixtures` brings it.
#[test]
fn podman_itself_makes_the_service_by_that_step() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let program = root.join("target/fixtures/podman5/usr/libexec/podman/quadlet");
    if !program.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", program.display());
        eprintln!("\n*** SKIPPED: `cargo xtask fixtures` brings podman's generator ***\n");
        return;
    }
    let plan = planned(masked(), radio());
    let run = &plan.layers[0].runs[0].argv;
    let [_, options @ .., directory] = run.as_slice() else { panic!("{run:?}") };
    assert_eq!(directory, "/usr/lib/systemd/system");
    let image = tempfile::tempdir().unwrap();
    let (quadlets, units) = (image.path().join("quadlets"), image.path().join("units"));
    fs::create_dir(&quadlets).unwrap();
    fs::create_dir(&units).unwrap();
    fs::write(quadlets.join("radio.container"), RADIO).unwrap();
    let output =
        Command::new(program).args(options).arg(&units).env("QUADLET_UNIT_DIRS", &quadlets).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(units.join("radio.service")).unwrap();
    assert!(text.contains(&format!("SourcePath={}\n", quadlets.join("radio.container").display())), "{text}");
    assert!(text.lines().any(|line| line.starts_with("ExecStart=/usr/bin/podman run")), "{text}");
    let link = fs::read_link(units.join("multi-user.target.wants/radio.service")).unwrap();
    assert_eq!(link, Path::new("../radio.service"));
}

#[test]
fn podman_runs_the_same_step_and_the_service_that_was_made_is_no_finding() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let generator = "#!/bin/sh\nset -e\n\
         echo \"SourcePath=/usr/share/containers/systemd/radio.container\" >$3/radio.service\n";
    let tools = Layer::new("tools")
        .dir("/usr/lib/systemd/system")
        .with(File::text(generator, format!("/{GENERATOR}")).mode(0o755))
        .with(Symlink::to("/dev/null", format!("/{MASK}")));
    let image = Image::new("quadlets", Base::stand_in()).layer(tools).layer(radio());
    equivalence::compare(&workshop, &image);
    let found = workshop.final_findings(&image);
    assert!(!found.iter().any(|finding| finding.name == "quadlet-generator"), "{found:#?}");
    let other = Layer::new("other").text("[Container]\n", "/usr/share/containers/systemd/other.container");
    let found = workshop.final_findings(&image.layer(other));
    let found: Vec<_> = found.iter().filter(|finding| finding.name == "quadlet-generator").collect();
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    assert!(finding.message.contains("other.container"), "{}", finding.message);
}
