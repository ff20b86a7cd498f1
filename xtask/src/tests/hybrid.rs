//! Layers in which something runs: an engine makes them, this crate rewrites and keeps them, and what
//! follows is laid natively. The result is what podman makes of the emitted context by itself.

use lapstrake::entry::{Dir, File, Run};
use lapstrake::{Base, Image, Layer};

use super::engine::{output, present};
use super::equivalence;
use super::workshop::Workshop;
use crate::engine::EnginePolicy;
use crate::finding::{Blame, Finding, Severity};
use crate::image::{Built, LayerOrigin};
use crate::support::explain::Explain;
use lapstrake_oci::Compression;

/// What a step may do to a tree that a tar can hold: replace, link, hide, empty, own.
const SCRIPT: &str = "
    mkdir -p /usr/share/made/private /usr/share/made/empty
    echo one > /usr/share/made/file && ln /usr/share/made/file /usr/share/made/again
    ln -s ../made/file /usr/share/made/link
    chmod 2750 /usr/share/made/private && chown 33:998 /usr/share/made/private
    cp /bin/busybox /usr/bin/raised && chmod 4755 /usr/bin/raised
    rm -rf /usr/share/doc && mkdir /usr/share/doc && echo new > /usr/share/doc/new
    echo changed >> /usr/share/ours
    mkdir -p /var/cache/tool /var/log/tool && echo x > /var/cache/tool/x && echo x > /var/log/tool/x
";

fn image(app: &str) -> Image {
    Image::new("hybrid", Base::stand_in())
        .layer(Layer::new("below").text("ours\n", "/usr/share/ours").text("goes\n", "/usr/share/goes"))
        .layer(
            Layer::new("steps")
                .remove("/usr/share/goes")
                .with(File::text("read by the step\n", "/usr/share/input").mode(0o640).owner("33:998"))
                .with(Run::new(["/bin/busybox", "sh", "-ec", SCRIPT]))
                .with(Run::new(["/bin/busybox", "test", "-f", "/usr/share/input"])),
        )
        .layer(
            Layer::new("app")
                .text(app, "/usr/share/made/private/app")
                .text("over\n", "/usr/share/made/again")
                .with(Dir::new("/usr/share/made/empty/no-more"))
                .remove("/usr/share/doc/new"),
        )
}

fn layer<'a>(built: &'a Built, name: &str) -> &'a crate::image::BuiltLayer {
    built.layers.iter().find(|layer| layer.name.as_ref().is_some_and(|own| own.as_str() == name)).unwrap()
}

fn failing(argv: &[&str]) -> String {
    let workshop = Workshop::hostile();
    let image = Image::new("failing", Base::stand_in())
        .layer(Layer::new("steps").with(Run::new(argv.iter().copied())));
    let error = workshop.build_by(&image, EnginePolicy::Any, Compression::Zstd).unwrap_err();
    assert_eq!(error.to_string(), "layer `steps` can't be made");
    let help = error.help().unwrap_or_default();
    let source = std::error::Error::source(&error).unwrap();
    let log = source.source().map(ToString::to_string).unwrap_or_default();
    let base = log.split_once("FROM oci:").unwrap().1.split(':').next().unwrap().to_owned();
    let left = output("podman", &["image", "exists", &format!("localhost/{base}")], workshop.path());
    assert_eq!(left.status.code(), Some(1), "`{base}` stays in the engine's storage");
    format!("{source}; {help}; {log}")
}

#[test]
fn what_an_engine_and_this_crate_make_together_is_what_podman_makes_alone() {
    if present(&["podman", "skopeo", "busybox"]) {
        equivalence::compare(&Workshop::hostile(), &image("app\n"));
    }
}

#[test]
fn every_layer_by_buildah_is_the_same_image() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let (one, other) = (Workshop::hostile(), Workshop::hostile());
    let by = |workshop: &Workshop, engine| {
        let built = workshop.build_by(&image("app\n"), engine, Compression::Zstd).unwrap().unwrap();
        let own = built.layers.into_iter().filter(|layer| layer.origin != LayerOrigin::Base);
        own.map(|layer| (layer.name, layer.diff_id)).collect::<Vec<_>>()
    };
    let hybrid = by(&one, EnginePolicy::Any);
    assert_eq!(by(&other, EnginePolicy::of_value("buildah").unwrap()), hybrid);
}

#[test]
fn an_edit_above_the_steps_starts_no_engine() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    assert!(workshop.build_by(&image("1\n"), EnginePolicy::Never, Compression::Zstd).unwrap().is_none());
    let first = workshop.build(&image("1\n"), Compression::Zstd);
    let second = workshop.build_by(&image("2\n"), EnginePolicy::Never, Compression::Zstd).unwrap().unwrap();
    assert_eq!(layer(&first, "steps").origin, LayerOrigin::Engine);
    assert_eq!(layer(&first, "steps").digest, layer(&second, "steps").digest);
    assert!(layer(&second, "steps").reused && layer(&second, "below").reused);
    assert_eq!((layer(&second, "app").origin, layer(&second, "app").reused), (LayerOrigin::Native, false));
    assert_eq!(layer(&first, "steps").media_type, layer(&first, "app").media_type);
}

#[test]
fn steps_that_repeat_give_a_layer_that_repeats() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let diff_ids = [(), ()].map(|()| {
        let built = Workshop::hostile().build(&image("app\n"), Compression::Zstd);
        built.layers.into_iter().map(|layer| layer.diff_id).collect::<Vec<_>>()
    });
    assert_eq!(diff_ids[0], diff_ids[1]);
}

#[test]
fn a_step_that_fails_is_told_with_what_it_said_and_leaves_nothing() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let told = failing(&["/bin/busybox", "sh", "-c", "echo the valve is stuck >&2; exit 3"]);
    assert!(told.starts_with("step `RUN /bin/busybox sh -c"), "{told}");
    assert!(told.contains("the valve is stuck"), "{told}");
}

#[test]
fn a_program_that_the_image_lacks_is_named() {
    if present(&["podman", "busybox"]) {
        let told = failing(&["dnf", "install", "jq"]);
        assert!(told.starts_with("the image has no program `dnf`; install its package"), "{told}");
    }
}

#[test]
fn a_step_has_the_network_only_if_it_asks() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    // A step of its own network sees `lo` alone, one with the network what the host has.
    let count = std::fs::read_to_string("/proc/net/dev").unwrap().matches(':').count();
    let step = |expected: usize| {
        let script = format!("test $(/bin/busybox grep -c : /proc/net/dev) -eq {expected}");
        Run::new(["/bin/busybox".to_owned(), "sh".to_owned(), "-c".to_owned(), script])
    };
    let image = |run| Image::new("networked", Base::stand_in()).layer(Layer::new("steps").with(run));
    let build = |run| Workshop::hostile().build_by(&image(run), EnginePolicy::Any, Compression::Zstd);
    assert!(build(step(1)).is_ok(), "only `lo`");
    assert!(build(step(7)).is_err(), "the step is run");
    if std::env::var("CONTAINERS_CONF").is_ok() {
        assert!(build(step(count).network()).is_ok(), "the host's, as containers.conf has it");
    }
}

/// Brings a unit, a user and a folder, as a vendor's script does.
const VENDOR: &str = "
    mkdir -p /usr/lib/systemd/system
    printf '[Service]\nExecStart=/bin/sh\n[Install]\nWantedBy=multi-user.target\n' > /usr/lib/systemd/system/made.service
    echo 'made:x:989:989::/:/usr/sbin/nologin' >> /etc/passwd && echo 'made:x:989:' >> /etc/group
    mkdir -p /usr/share/made && echo old > /usr/share/made/config && echo goes > /usr/share/made/goes
";

fn vendor(further: impl FnOnce(Layer) -> Layer) -> Image {
    let vendor = Layer::new("vendor").with(Run::new(["/bin/busybox", "sh", "-ec", VENDOR]));
    Image::new("vendor", Base::stand_in()).layer(further(vendor))
}

#[test]
fn a_unit_that_a_step_brings_is_enabled_in_the_layer_of_the_step() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let image = vendor(|layer| layer.enable("made.service"));
    equivalence::compare(&workshop, &image);
    let built = workshop.build(&image, Compression::Zstd);
    let layers = built.layers.iter().filter(|layer| layer.origin != LayerOrigin::Base);
    assert_eq!(layers.count(), 1, "one layer of the description is one of the image");
    let link = "/usr/lib/systemd/system/multi-user.target.wants/made.service";
    assert!(contents(&workshop, layer(&built, "vendor")).contains(&link.to_owned()));
}

#[test]
fn a_unit_that_no_step_brings_is_an_error_with_the_near_one() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let found = workshop.final_findings(&vendor(|layer| layer.enable("maid.service")));
    let found = found.iter().find(|finding| finding.name == "unknown-unit").expect("the unit is nowhere");
    assert_eq!(found.help.as_deref(), Some("did you mean `made.service`?"));
}

#[test]
fn files_above_a_step_belong_to_the_user_that_it_made() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let image = vendor(|layer| layer).layer(
        Layer::new("app")
            .with(File::text("new\n", "/usr/share/made/config").owner("made"))
            .remove("/usr/share/made/goes"),
    );
    let workshop = Workshop::hostile();
    let findings = workshop.plan(&image).1;
    assert!(findings.iter().all(|finding| finding.name != "unknown-owner"), "{findings:?}");
    equivalence::compare(&workshop, &image);
}

#[test]
fn a_context_that_would_leave_something_out_is_refused() {
    let workshop = Workshop::hostile();
    let image = vendor(|layer| layer.enable("made.service"));
    let error = workshop.emit_first(&image, &workshop.workspace.root.join("context")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`.enable(\"made.service\")` depends on the files that layer `vendor` brings, and it is not built yet"
    );
    assert_eq!(error.help().as_deref(), Some("run `cargo xtask image build vendor` first, and emit again"));
    assert!(error.site().is_some());
    assert!(!workshop.workspace.root.join("context").exists());
}

/// The paths of a layer of the store.
fn contents(workshop: &Workshop, layer: &crate::image::BuiltLayer) -> Vec<String> {
    let digest = lapstrake_oci::Digest::parse(&layer.digest).unwrap();
    let blob = workshop.store.layout.blobs().reader(&digest, layer.size).unwrap();
    let tar = lapstrake_oci::Decompressor::new(std::io::BufReader::new(blob)).unwrap();
    let read = lapstrake_oci::tar::read_layer(tar, &lapstrake_oci::Budget::largest(), |_, _, _| Ok(()));
    read.unwrap().entries().keys().map(ToString::to_string).collect()
}

/// Returns the names of the findings about the layer of a step, fatal ones first, with their messages.
fn found_after(script: &str) -> Vec<(Severity, &'static str, String)> {
    let workshop = Workshop::stand_in_with_busybox();
    let step = Layer::new("steps").with(Run::new(["/bin/busybox", "sh", "-ec", script]));
    let findings = workshop.final_findings(&Image::new("steps", Base::stand_in()).layer(step));
    let of_layer = |finding: &Finding| matches!(&finding.blame, Some(Blame::Layer(_)));
    findings.into_iter().filter(of_layer).map(|found| (found.severity, found.name, found.message)).collect()
}

/// What a step did is blamed on its layer, with the severity that the same entry would have.
#[test]
fn what_a_step_removes_or_changes_is_its_layer_s_fault() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let found = found_after(
        "busybox=/bin/busybox; $busybox rm /usr/lib/modules/*/vmlinuz; $busybox rmdir /tmp
         $busybox chmod 0700 /usr/share; $busybox rm -r /etc/skel && $busybox ln -s /usr/share /etc/skel",
    );
    let has = |severity, name, words: &str| {
        found.iter().any(|(is, check, message)| (*is, *check) == (severity, name) && message.contains(words))
    };
    assert!(has(Severity::Fatal, "kernel", "no kernel"), "{found:#?}");
    assert!(has(Severity::Fatal, "api-base-directories", "/tmp"), "{found:#?}");
    assert!(has(Severity::Warning, "directory-metadata", "`/usr/share`"), "{found:#?}");
    // The stand-in's /etc is transient, so no update merges it.
    assert!(has(Severity::Warning, "etc-merge", "`/etc/skel` is a directory of the base"), "{found:#?}");
}

/// The scriptlets of most daemons: none of this is a fault that stops a build.
#[test]
fn what_packages_do_is_not_fatal() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let found = found_after(
        "busybox=/bin/busybox
         echo 'toold:x:981:981::/var/lib/toold:/sbin/nologin' >> /etc/passwd; echo 'toold:x:981:' >> /etc/group
         $busybox mkdir -p /var/lib/toold /var/log/toold /usr/local/bin /srv/vendor
         $busybox chown 981:981 /var/lib/toold; $busybox chmod 0750 /var/lib/toold
         echo x > /usr/local/bin/tool; echo x > /srv/vendor/x",
    );
    assert!(found.iter().all(|(severity, ..)| *severity == Severity::Warning), "{found:#?}");
    let state: Vec<_> = found.iter().filter(|(_, name, _)| *name == "var-tmpfiles").collect();
    assert_eq!(state.len(), 1, "{found:#?}");
    assert!(state[0].2.contains("`/var/lib/toold`"), "{state:?}");
    assert!(state[0].2.contains("a device gets them at its first installation"), "{state:?}");
}

#[test]
fn accounts_of_the_base_that_a_step_removes_are_fatal() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let found = found_after("/bin/busybox sed -i /^root:/d /etc/passwd");
    let lost = found.iter().find(|(_, name, _)| *name == "refused-destination").expect("`root` is gone");
    assert_eq!(
        (lost.0, lost.2.as_str()),
        (Severity::Fatal, "a step removes `root` of the base from `/etc/passwd`")
    );
}
