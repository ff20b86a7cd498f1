//! Container images inside of an image, as skopeo and podman read them on a device.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use lapstrake::entry::{Embedded, File, Quadlet, Unit};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::{Compression, Decompressor, Digest};
use serde_json::{Value, json};

use super::engine::{present, run};
use super::workshop::Workshop;
use super::{equivalence, hostile};
use crate::base::stand_in_tar;
use crate::plan::{Origin, Plan};
use lapstrake_oci::tree::Kind;

const CACHE: &str = "/usr/lib/containers-image-cache";

fn image(layer: Layer) -> Image {
    Image::new("fleet", Base::stand_in()).layer(layer)
}

/// The image that the workshop is built on, as one that is embedded.
fn radio(workshop: &Workshop) -> Embedded {
    Embedded::of(workshop.described_base()).named("localhost/fleet/radio:2")
}

/// A workshop on the stand-in in a layout, which is an image that any user can unpack.
fn stand_in() -> Workshop {
    Workshop::on_layout(|layout| {
        hostile::write_layers(layout, [(stand_in_tar(), false)]);
    })
}

/// The files and symlinks of the lowest layer.
fn members(plan: &Plan) -> BTreeMap<String, Kind<Origin>> {
    let members = plan.layers[0].described().filter(|(_, member)| !member.kind.is_directory());
    members.map(|(path, member)| (path.to_string(), member.kind.clone())).collect()
}

/// The text of the one service that copies an image.
fn service(plan: &Plan) -> String {
    let services: Vec<_> = members(plan)
        .into_iter()
        .filter_map(|(path, kind)| match kind {
            Kind::File(Origin::Text(text)) if path.contains("/embedded-") => Some(text),
            _ => None,
        })
        .collect();
    let [service] = services.as_slice() else { panic!("{services:#?}") };
    service.clone()
}

#[test]
fn an_image_is_a_layout_below_usr_and_a_service_that_copies_it() {
    let workshop = Workshop::hostile();
    let image = image(Layer::new("radio").embed(radio(&workshop)));
    let first = workshop.planned_first(&image);
    assert_eq!(first.undecided[0].what, "`.embed(\"localhost/fleet/radio:2\")`");
    let hex = workshop.base.digest.hex();
    let expected = format!(
        "[Unit]\n\
         Description=Container image localhost/fleet/radio:2\n\
         RequiresMountsFor=/var/lib/containers/storage {CACHE}\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         RemainAfterExit=yes\n\
         ExecStart=/usr/bin/skopeo --insecure-policy copy --quiet --preserve-digests oci:{CACHE}/{hex} containers-storage:localhost/fleet/radio:2\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n"
    );
    assert_eq!(service(&first), expected, "it does not depend on what is read");
    let plan = workshop.planned(&image);
    assert_eq!(service(&plan), expected);
    let mut wanted: Vec<String> =
        workshop.base.blobs().map(|(digest, _)| format!("{CACHE}/blobs/sha256/{}", digest.hex())).collect();
    wanted.extend(["blobs", "index.json", "oci-layout"].map(|name| format!("{CACHE}/{hex}/{name}")));
    let unit = "embedded-radio-8e1a037a09a0.service";
    wanted.push(format!("/usr/lib/systemd/system/{unit}"));
    wanted.push(format!("/usr/lib/systemd/system/multi-user.target.wants/{unit}"));
    wanted.sort();
    wanted.dedup();
    assert_eq!(members(&plan).into_keys().collect::<Vec<_>>(), wanted);
    if present(&["podman", "skopeo"]) {
        equivalence::compare(&workshop, &image);
    }
}

#[test]
fn the_services_that_name_the_image_start_after_it_is_there() {
    let workshop = Workshop::hostile();
    let container = |image: &str| format!("[Container]\nImage={image}\n");
    let layer = Layer::new("radio")
        .embed(radio(&workshop))
        .quadlet(Quadlet::text("radio.container", container("localhost/fleet/radio:2")))
        .quadlet(Quadlet::text("named.container", container("localhost/fleet/radio:2") + "ServiceName=fm\n"))
        .quadlet(Quadlet::text("data.volume", "[Volume]\nDriver=image\nImage=localhost/fleet/radio:2\n"))
        .quadlet(Quadlet::text("pods.kube", "[Kube]\nYaml=pods.yaml\n"))
        .quadlet(Quadlet::text("other.container", container("localhost/fleet/radio:3")))
        .quadlet(Quadlet::text("template@.container", container("localhost/fleet/radio:2")))
        .with(File::text(container("localhost/fleet/radio:2"), "/etc/containers/systemd/file.container"))
        .with(File::text(container("localhost/fleet/radio:2"), "/etc/containers/systemd/users/u.container"))
        .unit(Unit::text("plain.service", "[Service]\nExecStart=podman run --rm localhost/fleet/radio:2\n"));
    let service = service(&workshop.planned_first(&image(layer)));
    let before: Vec<_> = service.lines().filter_map(|line| line.strip_prefix("Before=")).collect();
    assert_eq!(
        before,
        [
            "data-volume.service",
            "file.service",
            "fm.service",
            "plain.service",
            "pods.service",
            "radio.service"
        ]
    );
}

/// Writes the files of the lowest layer of a built image to a folder, and returns the command of the service.
fn unpacked(workshop: &Workshop, image: &Image, to: &Path) -> Vec<String> {
    let built = workshop.build(image, Compression::Zstd);
    let blobs = workshop.store.layout.blobs();
    let read = |descriptor: &Value| {
        let digest = Digest::parse(descriptor["digest"].as_str().unwrap()).unwrap();
        blobs.read(&digest, descriptor["size"].as_u64().unwrap()).unwrap()
    };
    let manifest: Value =
        serde_json::from_slice(&read(&serde_json::to_value(&built.descriptor).unwrap())).unwrap();
    let layer = read(&manifest["layers"][workshop.base.layers.len()]);
    let mut tar = Vec::new();
    Decompressor::new(layer.as_slice()).unwrap().read_to_end(&mut tar).unwrap();
    let mut archive = tar::Archive::new(tar.as_slice());
    archive.set_preserve_permissions(false);
    archive.unpack(to).unwrap();
    let text = service(&workshop.planned(image));
    let command = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    command.split(' ').map(str::to_owned).collect()
}

/// What a device does: the command of the service, with the layer's files and a storage of its own. Returns the digest that
/// podman has for the name.
fn loaded(workshop: &Workshop, image: &Image, name: &str) -> String {
    let (files, storage) = (workshop.path().join("files"), workshop.path().join("storage"));
    let command = unpacked(workshop, image, &files);
    let [program, arguments @ .., from, to] = command.as_slice() else { panic!("{command:?}") };
    assert_eq!(program, "/usr/bin/skopeo");
    let (root, runs) = (storage.join("root"), storage.join("run"));
    let place = format!("containers-storage:[vfs@{}+{}]", root.display(), runs.display());
    let from = from.replace("oci:/", &format!("oci:{}/", files.display()));
    let to = to.replace("containers-storage:", &place);
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend([from.as_str(), to.as_str()]);
    // A base that accepts only what is signed by its keys has such a policy (containers-policy.json(5)).
    let policy = workshop.path().join("home/.config/containers");
    fs::create_dir_all(&policy).unwrap();
    fs::write(policy.join("policy.json"), r#"{"default":[{"type":"reject"}]}"#).unwrap();
    let home = format!("HOME={}", workshop.path().join("home").display());
    let arguments: Vec<_> = [home.as_str(), "skopeo"].into_iter().chain(arguments).collect();
    // The second time is the next boot.
    for _ in 0..2 {
        run("env", &arguments, workshop.path());
    }
    let (root, runs) = (root.to_str().unwrap(), runs.to_str().unwrap());
    let podman = ["--storage-driver", "vfs", "--root", root, "--runroot", runs, "image", "inspect"];
    let found = run("podman", &[&podman[..], &["--format", "{{.Digest}}", name]].concat(), workshop.path());
    found.trim().to_owned()
}

#[test]
fn podman_has_the_image_by_its_name_and_digest() {
    if !present(&["podman", "skopeo"]) {
        return;
    }
    let workshop = stand_in();
    let own = workshop.base.digest.to_string();
    let by_tag = image(Layer::new("radio").embed(radio(&workshop)));
    assert_eq!(loaded(&workshop, &by_tag, "localhost/fleet/radio:2"), own);
    let pinned = format!("registry.example/fleet/radio@{own}");
    let by_digest = image(Layer::new("radio").embed(pinned.as_str()));
    assert_eq!(loaded(&workshop, &by_digest, &pinned), own);
}

/// The digest that a registry shows for a name is often that of an index.
#[test]
fn podman_has_the_image_by_the_digest_of_the_index_for_several_architectures() {
    if !present(&["podman", "skopeo"]) {
        return;
    }
    let workshop = stand_in();
    let (digest, size) = (&workshop.base.digest, workshop.base.descriptor.size);
    let entry = |digest: &Digest, architecture: &str| {
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let platform = json!({ "os": "linux", "architecture": architecture });
        json!({ "mediaType": media_type, "digest": digest, "size": size, "platform": platform })
    };
    let own = workshop.base.architecture.as_str();
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry(&Digest::of(b"elsewhere"), "s390x"), entry(digest, own)],
    });
    let (listed, _) = workshop.cache.blobs().put(index.to_string().as_bytes()).unwrap();
    let pinned = format!("registry.example/fleet/radio:2@{listed}");
    let image = image(Layer::new("radio").embed(pinned.as_str()));
    assert!(service(&workshop.planned_first(&image)).contains(&format!("radio@{listed}\n")));
    assert_eq!(loaded(&workshop, &image, &pinned), listed.to_string());
    let layout =
        fs::read_to_string(workshop.path().join(format!("files{CACHE}/{}/index.json", listed.hex())));
    assert!(layout.unwrap().contains(&listed.to_string()));
}

#[test]
fn an_index_that_does_not_list_the_image_is_refused() {
    let workshop = Workshop::hostile();
    let index = json!({ "schemaVersion": 2, "manifests": [] });
    let (listed, _) = workshop.cache.blobs().put(index.to_string().as_bytes()).unwrap();
    let refused = |digest: &str| {
        let name = format!("registry.example/radio@{digest}");
        let plan = workshop.planned_first(&image(Layer::new("radio").embed(name)));
        let error = workshop.stages(&plan, crate::engine::EnginePolicy::Never).unwrap_err();
        let cause = std::error::Error::source(&error.error).unwrap();
        std::error::Error::source(cause).unwrap().to_string()
    };
    let own = &workshop.base.digest;
    assert_eq!(
        refused(&listed.to_string()),
        format!("`registry.example/radio@{listed}` is pinned to `{own}`, and now stands for `{listed}`")
    );
    let unknown = Digest::of(b"nowhere").to_string();
    assert_eq!(
        refused(&unknown),
        format!("`docker://registry.example/radio@{unknown}` is not in the cache, and `--offline` was given")
    );
}

#[test]
fn images_share_their_blobs_and_the_order_of_layers_does_not_matter() {
    let workshop = Workshop::hostile();
    let other = || radio(&workshop).named("localhost/fleet/tuner:1");
    let together = workshop.planned(&image(Layer::new("both").embed(radio(&workshop)).embed(other())));
    let blobs = |plan: &Plan, layer: usize| {
        plan.layers[layer].described().filter(|(path, _)| path.as_str().starts_with(CACHE)).count()
    };
    let alone = workshop.planned(&image(Layer::new("radio").embed(radio(&workshop))));
    assert_eq!(blobs(&together, 0), blobs(&alone, 0));
    let apart = image(Layer::new("radio").embed(radio(&workshop))).layer(Layer::new("tuner").embed(other()));
    let plan = workshop.planned(&apart);
    assert_eq!((blobs(&plan, 0), blobs(&plan, 1)), (blobs(&alone, 0), 0));
    if present(&["podman", "skopeo"]) {
        equivalence::compare(&workshop, &apart);
    }
}

#[test]
fn an_image_without_a_name_or_with_a_wrong_one_is_refused_with_the_way_out() {
    let workshop = Workshop::hostile();
    let refused = |embedded: Embedded| {
        let (_, findings) = workshop.plan(&image(Layer::new("radio").embed(embedded)));
        let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
        assert_eq!(finding.name, "embedded-image");
        (finding.message.clone(), finding.help.clone().unwrap())
    };
    let (message, help) = refused(Embedded::of(workshop.described_base()));
    assert!(message.ends_with("is embedded without a name in podman's storage"), "{message}");
    assert!(help.starts_with("write `.named(\"localhost/NAME:1\")`"), "{help}");
    let wrong = Digest::of(b"other").to_string();
    let (message, help) = refused(radio(&workshop).named(format!("localhost/radio@{wrong}")));
    let own = &workshop.base.digest;
    assert_eq!(
        message,
        format!("`localhost/radio@{wrong}` can't be the name of an image whose digest is `{own}`")
    );
    assert_eq!(help, format!("write `.named(\"localhost/radio@{own}\")`"));
    let (message, help) = refused(Embedded::of(Base::containers_storage("localhost/radio:1")));
    assert_eq!(
        message,
        "`containers-storage:localhost/radio:1` can't be embedded, because it is not in an OCI layout"
    );
    assert!(help.starts_with("`podman save --format oci-archive"), "{help}");
}
