//! Stages: what is compiled in another image is staged like any file, kept for as long as nothing that goes
//! into it changes, and nothing else of that image is in ours.

use lapstrake::entry::{File, Packages, Run, Secret, Tree};
use lapstrake::{Base, BuildStage, Image, Layer};

use super::engine::{output, present};
use super::workshop::Workshop;
use super::{equivalence, hostile};
use crate::engine::EnginePolicy;
use crate::engine::build_stage::BuildStageError;
use crate::support::explain::Located;

/// A stage on the workshop's own base: its shell is all the compiler that a test needs.
fn stage(workshop: &Workshop, script: &str) -> BuildStage {
    let compile =
        Run::new(["/bin/busybox", "sh", "-ec", script]).current_dir("/src").cache("/var/cache/compiler");
    BuildStage::on(workshop.described_base()).source("firmware", "/src").with(compile)
}

/// Whether a stage is not in the cache.
fn needs_engine(error: &Located<BuildStageError>) -> bool {
    let cause = std::error::Error::source(error).unwrap().to_string();
    cause == "it has to run, and `--engine native` runs nothing"
}

const COMPILE: &str = "cat main.c part/b.c > canfw; echo made >> /var/cache/compiler/log";

fn workshop() -> Workshop {
    let workshop = Workshop::hostile();
    workshop.source("firmware/main.c", b"main\n");
    workshop.source("firmware/part/b.c", b"part\n");
    workshop
}

fn image(stage: &BuildStage, at: &str) -> Image {
    let file = File::from_stage(stage.clone(), "/src/canfw", at);
    Image::new("staged", Base::stand_in()).layer(Layer::new("app").with(file))
}

#[test]
fn what_a_stage_makes_is_in_the_image_and_in_the_context_that_needs_no_stage() {
    if present(&["podman", "skopeo", "busybox"]) {
        let workshop = workshop();
        equivalence::compare(&workshop, &image(&stage(&workshop, COMPILE), "/usr/libexec/canfw"));
        let context = std::fs::read_to_string(workshop.path().join("context/Containerfile")).unwrap();
        assert!(!context.contains("AS stage"), "{context}");
    }
}

/// podman finds only images with OCI's media types in a layout.
#[test]
fn a_layout_with_media_types_of_docker_is_a_base_and_a_builder() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let docker = [
        ("manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"),
        ("config.v1+json", "application/vnd.docker.container.image.v1+json"),
        ("layer.v1.tar+gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip"),
        ("layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar"),
    ];
    let foreign = [("layer.v1.tar+gzip", "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")];
    for (name, types) in [("of-docker", &docker[..]), ("foreign", &foreign)] {
        let types: Vec<_> = types
            .iter()
            .map(|(oci, other)| (format!("application/vnd.oci.image.{oci}"), (*other).to_owned()))
            .collect();
        let types: Vec<_> = types.iter().map(|(oci, other)| (oci.as_str(), other.as_str())).collect();
        let workshop = Workshop::on_layout(|layout| {
            hostile::write(layout);
            hostile::change_media_types(layout, &types);
        });
        workshop.source("firmware/main.c", b"main\n");
        let stage = stage(&workshop, "cp main.c canfw");
        let step = Layer::new("step").with(Run::new(["/bin/busybox", "touch", "/etc/step"]));
        let compiled = File::from_stage(stage, "/src/canfw", "/usr/libexec/canfw");
        let app = Layer::new("app").with(compiled);
        let image = Image::new(name, Base::stand_in()).layer(app).layer(step);
        equivalence::compare(&workshop, &image);
    }
}

#[test]
fn a_stage_runs_again_only_when_what_goes_into_it_changes() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let made = |script: &str, at: &str, engine| {
        let plan = workshop.planned(&image(&stage(&workshop, script), at));
        workshop.stages(&plan, engine).map(|built| {
            let path = built.values().next().unwrap();
            std::fs::read_to_string(path).unwrap()
        })
    };
    let idle = |result: Result<String, Located<_>>| result.is_err_and(|error| needs_engine(&error));
    assert!(idle(made(COMPILE, "/usr/bin/x", EnginePolicy::Never)), "nothing is kept yet");
    assert_eq!(made(COMPILE, "/usr/bin/x", EnginePolicy::Any).unwrap(), "main\npart\n");
    // Where it goes is no matter of the stage.
    assert_eq!(made(COMPILE, "/usr/libexec/y", EnginePolicy::Never).unwrap(), "main\npart\n");
    assert!(idle(made("cp main.c canfw", "/usr/bin/x", EnginePolicy::Never)), "a step changed");
    workshop.source("firmware/part/b.c", b"changed\n");
    assert!(idle(made(COMPILE, "/usr/bin/x", EnginePolicy::Never)), "a source changed");
    assert_eq!(made(COMPILE, "/usr/bin/x", EnginePolicy::Any).unwrap(), "main\nchanged\n");
}

#[test]
fn a_result_that_holds_a_secret_of_its_stage_is_refused() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = workshop();
    workshop.source("secrets/token", b"marker-0d5e1f\n");
    let leak =
        Run::new(["/bin/busybox", "sh", "-ec", "cat /run/secrets/token main.c > canfw"]).current_dir("/src");
    let stage = BuildStage::on(workshop.described_base())
        .source("firmware", "/src")
        .with(leak.secret(Secret::file("token", "secrets/token")));
    let plan = workshop.planned(&image(&stage, "/usr/bin/x"));
    let error = workshop.stages(&plan, EnginePolicy::Any).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "`/src/canfw` holds the secret `token`: a step wrote it there");
    let again = workshop.stages(&plan, EnginePolicy::Never).unwrap_err();
    assert!(needs_engine(&again), "it is not kept either");
}

#[test]
fn entries_of_one_stage_share_its_run() {
    let workshop = workshop();
    let stage = stage(&workshop, COMPILE);
    let layer = Layer::new("app")
        .with(File::from_stage(stage.clone(), "/src/canfw", "/usr/libexec/canfw"))
        .with(File::from_stage(stage, "/src/main.c", "/usr/share/main.c").mode(0o644));
    let plan = workshop.planned(&Image::new("staged", Base::stand_in()).layer(layer));
    assert_eq!(plan.stages.len(), 1);
    assert_eq!(plan.stages[0].results.len(), 2);
}

/// dnf is given the path of the file, which it can read.
#[test]
fn an_rpm_of_a_stage_is_installed_as_one_of_the_workspace() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let stage = stage(&workshop, "cat main.c > canfw.rpm");
    let dnf = "#!/bin/sh\necho \"$*\" > /usr/share/asked\n/bin/busybox cp /run/lapstrake/rpms/canfw.rpm /usr/share/installed\n";
    let rpm = "#!/bin/sh\n[ ! -e /usr/share/installed ] || /bin/busybox cat /usr/share/installed\n";
    let program = |text: &'static str, path: &str| File::text(text, path).mode(0o755);
    let tools = Layer::new("tools").with(program(dnf, "/usr/bin/dnf")).with(program(rpm, "/usr/bin/rpm"));
    let packages = Packages::default().rpm_from_stage(stage, "/src/canfw.rpm").allow("elf-version");
    let image =
        Image::new("of-stage", Base::stand_in()).layer(tools).layer(Layer::new("packages").with(packages));
    equivalence::compare(&workshop, &image);
    let rpm =
        std::fs::read(workshop.path().join("context/steps/02-packages/packages/rpms/canfw.rpm")).unwrap();
    assert_eq!(rpm, b"main\n");
}

fn with_tree(stage: BuildStage) -> Image {
    let tree = Tree::from_stage(stage, "/src/out", "/usr/share/page").exclude("**/*.map");
    Image::new("tree", Base::stand_in()).layer(Layer::new("page").with(tree.mode_of("bin/*", 0o750)))
}

const TREE: &str = "mkdir -p out/bin out/empty; cp main.c out/bin/app; cp part/b.c out/b; chmod 755 out/b; \
                    ln -s bin/app out/link; echo map > out/bin/app.map; echo made >> /var/cache/compiler/runs";

#[test]
fn a_directory_of_a_stage_is_in_the_image_as_one_of_the_workspace() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let image = with_tree(stage(&workshop, TREE));
    equivalence::compare(&workshop, &image);
    let plan = workshop.planned(&image);
    assert_eq!(plan.undecided.len(), 0);
    let members = plan.layers[0].described();
    let members: Vec<_> = members
        .map(|(path, member)| format!("{path} {} {}", member.kind.name(), member.metadata.mode))
        .collect();
    assert_eq!(
        members,
        [
            "/usr/share/page directory 0755",
            "/usr/share/page/b file 0755",
            "/usr/share/page/bin directory 0755",
            "/usr/share/page/bin/app file 0750",
            "/usr/share/page/empty directory 0755",
            "/usr/share/page/link symlink 0777",
        ]
    );
}

#[test]
fn a_kept_directory_that_was_changed_is_made_again() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let image = with_tree(stage(&workshop, TREE));
    let plan = workshop.planned(&image);
    let made = |engine| workshop.stages(&plan, engine);
    let built = made(EnginePolicy::Never).expect("it is kept");
    let folder = built.values().next().unwrap();
    let file = folder.join("bin/app");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "main\n");
    for damage in ["bin/app", "added", "empty"] {
        let path = folder.join(damage);
        if path.is_dir() {
            std::fs::remove_dir(&path).unwrap();
        } else {
            std::fs::write(&path, "damage").unwrap();
        }
        assert!(needs_engine(&made(EnginePolicy::Never).unwrap_err()), "{damage}");
        made(EnginePolicy::Any).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "main\n");
}

#[test]
fn what_is_no_directory_or_holds_a_secret_is_refused() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = workshop();
    workshop.source("secrets/token", b"marker-0d5e1f\n");
    let refused = |script: &str| {
        let leak = Run::new(["/bin/busybox", "sh", "-ec", script]).current_dir("/src");
        let stage = BuildStage::on(workshop.described_base())
            .source("firmware", "/src")
            .with(leak.secret(Secret::file("token", "secrets/token")));
        let plan = workshop.planned_first(&with_tree(stage));
        assert_eq!(plan.undecided[0].what, "`Tree::from_stage(…, \"/src/out\", …)`");
        let error = workshop.stages(&plan, EnginePolicy::Any).unwrap_err();
        std::error::Error::source(&error).unwrap().to_string()
    };
    assert_eq!(
        refused("mkdir -p out/deep && cp /run/secrets/token out/deep/token"),
        "`/src/out` holds the secret `token`: a step wrote it there"
    );
    assert_eq!(
        refused("cp main.c out"),
        "`/src/out` is a file of the stage, and its entry takes a directory"
    );
    assert_eq!(refused("true"), "its steps made no `/src/out`");
}

#[test]
fn two_rpms_of_one_name_are_an_error_wherever_they_come_from() {
    let workshop = workshop();
    workshop.source("rpms/canfw.rpm", b"rpm");
    let rpms = Packages::default()
        .rpm_file("rpms/canfw.rpm")
        .rpm_from_stage(stage(&workshop, COMPILE), "/src/canfw.rpm");
    let image = Image::new("of-stage", Base::stand_in()).layer(Layer::new("packages").with(rpms));
    let (_, findings) = workshop.plan(&image);
    assert_eq!(findings[0].message, "`/src/canfw.rpm` is not an RPM file with a name of its own");
}

#[test]
fn a_stage_that_fails_or_lacks_its_result_says_so_and_leaves_nothing() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let names = || {
        let listed = output("podman", &["images", "--all", "--format", "{{.Names}}"], workshop.path());
        String::from_utf8(listed.stdout).unwrap()
    };
    for (script, told) in
        [("echo no such header >&2; exit 2", "no such header"), ("true", "made no `/src/canfw`")]
    {
        let plan = workshop.planned(&image(&stage(&workshop, script), "/usr/bin/x"));
        let error = workshop.stages(&plan, EnginePolicy::Any).unwrap_err();
        let site = error.site.unwrap();
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        let said: Vec<_> = causes.map(ToString::to_string).collect();
        assert!(said.join("\n").contains(told), "{said:?}");
        assert!(site.file().ends_with("tests/stage.rs"), "{site}");
        // Of another stage that is run meanwhile there may be images.
        let own = said.iter().find_map(|said| said.split_once("FROM oci:")?.1.split(':').next());
        assert!(!own.is_some_and(|own| names().contains(own)), "{}", names());
        assert_eq!(own.is_some(), told == "no such header", "{said:?}");
    }
}
