//! A base is found, taken into the cache, and opened from there again.

use std::fs;

use lapstrake::TransportRef;
use lapstrake::value::Architecture;
use serde_json::json;

use super::fixture::{Place, Tar, gzip, index, open, path, told};
use crate::base::BaseError;
use crate::base::facts;
use crate::support::explain::Explain;
use lapstrake_oci::{Digest, Layout};

fn tars() -> Vec<Vec<u8>> {
    (0..6)
        .map(|number| {
            Tar::new()
                .file(&format!("f{number}"), &"x".repeat(number * 1000))
                .file("top", &number.to_string())
                .end()
        })
        .collect()
}

#[test]
fn a_base_is_what_its_documents_say_and_every_field_survives() {
    let base = Place::with_layers(&tars()).open().unwrap();
    assert_eq!((base.layers.len(), base.architecture), (6, Architecture::Amd64));
    assert_eq!(base.label("containers.bootc"), Some("1"));
    assert_eq!(base.config["x-unknown"]["kept"], json!(true));
    assert_eq!((base.blobs().count(), &base.resolved_now), (8, &base.digest));
}

#[test]
fn the_cache_holds_all_of_it_and_the_place_may_go() {
    let place = Place::with_layers(&tars());
    let before = place.outside_of_cache();
    let first = place.open().unwrap();
    assert_eq!(place.outside_of_cache(), before);
    assert_eq!(first.portable_name(), "oci:layout", "where it lies must not show in an image");
    let cache = place.cache();
    for (digest, size) in first.blobs() {
        assert_eq!(Digest::of(&fs::read(cache.blobs().path(&digest)).unwrap()), digest);
        assert!(cache.blobs().has(&digest, size));
    }
    // Layers are not looked at again.
    fs::remove_dir_all(place.layout().join("blobs")).unwrap();
    let second = place.open().unwrap();
    assert_eq!((first.index, first.digest), (second.index, second.digest));
}

#[test]
fn a_cache_that_is_damaged_is_made_anew() {
    let place = Place::with_layers(&tars());
    let first = place.open().unwrap();
    let kept = place.root().join("cache/records/index").join(first.digest.hex());
    let good = fs::read(&kept).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    for bytes in [Vec::new(), b"junk".to_vec(), good[..good.len() / 2].to_vec(), flipped] {
        fs::write(&kept, bytes).unwrap();
        assert_eq!(place.open().unwrap().index, first.index);
        assert_eq!(fs::read(&kept).unwrap(), good);
    }
    let layer = &first.layers[3].digest;
    fs::remove_file(place.cache().blobs().path(layer)).unwrap();
    place.open().unwrap();
    assert!(place.cache().blobs().path(layer).exists());
}

#[test]
fn a_layer_that_is_read_again_is_verified_again() {
    let place = Place::with_layers(&tars());
    let layer = place.open().unwrap().layers[3].clone();
    fs::remove_dir_all(place.root().join("cache/records/index")).unwrap();
    fs::write(place.blob(&layer.digest), vec![0; usize::try_from(layer.size).unwrap()]).unwrap();
    let message = told(&place.open().unwrap_err());
    assert!(
        message.starts_with(&format!("blob `{}` has content with the digest", layer.digest)),
        "{message}"
    );
}

#[test]
fn layers_lie_in_their_order_whichever_is_read_first() {
    let base = Place::with_layers(&tars()).open().unwrap();
    let top = base.index.tree().get(&path("/top")).unwrap().node;
    assert_eq!(facts(&top.kind).unwrap().digest, Digest::of(b"5"));
}

#[test]
fn every_compression_gives_the_same_base() {
    let tar = Tar::new().file("a", &"abc".repeat(5000)).file("b", "1").end();
    let plain = index(std::slice::from_ref(&tar));
    let half = tar.len() / 2;
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    // A skippable frame, as zstd:chunked has it (RFC 8878, 3.1.2).
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0], &b"skip"[..]].concat();
    let blobs = [
        ("tar", tar.clone()),
        ("tar+gzip", gzip(&tar)),
        ("tar+gzip", [gzip(&tar[..half]), gzip(&tar[half..])].concat()),
        ("tar+zstd", zstd(&tar)),
        ("tar+zstd", [skippable.clone(), zstd(&tar[..half]), zstd(&tar[half..]), skippable].concat()),
        // Media types have been known to be wrong.
        ("tar+gzip", zstd(&tar)),
    ];
    for (kind, blob) in blobs {
        let place = Place::new();
        let mut made = place.make(std::slice::from_ref(&tar));
        made.manifest["layers"] = json!([place.put(&blob)]);
        made.manifest["layers"][0]["mediaType"] = json!(format!("application/vnd.oci.image.layer.v1.{kind}"));
        place.list(&[place.image(made)]);
        let base = place.open().unwrap_or_else(|error| panic!("{}", told(&error)));
        assert!(*base.index == plain && base.layers[0].diff_id == Digest::of(&tar));
    }
}

#[test]
fn dockers_media_types_are_taken_for_what_they_are() {
    let place = Place::new();
    let tar = Tar::new().file("a", "1").end();
    let mut made = place.make(std::slice::from_ref(&tar));
    made.manifest["layers"] = json!([place.put(&gzip(&tar))]);
    made.manifest["layers"][0]["mediaType"] = json!("application/vnd.docker.image.rootfs.diff.tar.gzip");
    made.manifest["mediaType"] = json!("application/vnd.docker.distribution.manifest.v2+json");
    let mut config = place.put(made.config.to_string().as_bytes());
    config["mediaType"] = json!("application/vnd.docker.container.image.v1+json");
    made.manifest["config"] = config;
    let mut manifest = place.image(made);
    manifest["mediaType"] = json!("application/vnd.docker.distribution.manifest.v2+json");
    manifest["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    let mut list = place.put(json!({ "schemaVersion": 2, "manifests": [manifest] }).to_string().as_bytes());
    list["mediaType"] = json!("application/vnd.docker.distribution.manifest.list.v2+json");
    place.list(&[list]);
    let base =
        place.open_as(Some(Architecture::Amd64), None).unwrap_or_else(|error| panic!("{}", told(&error)));
    let media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    assert_eq!(base.layers[0].media_type.to_string(), media_type);
    assert_eq!(base.manifest.layers[0].media_type.to_string(), media_type);
    assert_eq!(base.descriptor.parse_digest().unwrap(), base.digest);
}

#[test]
fn of_several_architectures_the_wanted_one_is_taken() {
    let place = Place::new();
    let image = |architecture: &str| {
        let mut made = place.make(&[Tar::new().file(architecture, "1").end()]);
        made.config["architecture"] = json!(architecture);
        let mut manifest = place.image(made);
        manifest["platform"] = json!({ "os": "linux", "architecture": architecture });
        manifest
    };
    let write = |manifests: serde_json::Value| {
        let mut list =
            place.put(json!({ "schemaVersion": 2, "manifests": manifests }).to_string().as_bytes());
        list["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
        place.list(&[list]);
    };
    write(json!([image("amd64"), image("arm64")]));
    for architecture in [Architecture::Amd64, Architecture::Arm64] {
        let base = place.open_as(Some(architecture), None).unwrap();
        assert!(
            base.index.tree().get(&path(&format!("/{architecture}"))).is_some()
                && base.architecture == architecture
        );
    }
    assert_eq!(place.open().unwrap().architecture, Architecture::host().unwrap());
    write(json!([image("s390x"), image("arm64")]));
    let message = told(&place.open_as(Some(Architecture::Amd64), None).unwrap_err());
    assert!(message.ends_with("has no image for `amd64`; it has `linux/s390x`, `linux/arm64`"), "{message}");
    place.list(&[image("amd64")]);
    let error = place.open_as(Some(Architecture::Arm64), None).unwrap_err();
    assert!(error.to_string().ends_with("is for `amd64`, not for `arm64`"), "{error}");
}

/// A publisher lists images for newer processors beside the plain one, in any order; a device may have an older one.
#[test]
fn of_several_variants_the_one_that_runs_on_every_processor_is_taken() {
    let place = Place::new();
    let image = |variant: Option<&str>| {
        let mut made = place.make(&[Tar::new().file(variant.unwrap_or("plain"), "1").end()]);
        made.config["architecture"] = json!("amd64");
        let mut manifest = place.image(made);
        manifest["platform"] = json!({ "os": "linux", "architecture": "amd64" });
        if let Some(variant) = variant {
            manifest["platform"]["variant"] = json!(variant);
        }
        manifest
    };
    let taken = |variants: &[Option<&str>]| {
        let manifests: Vec<_> = variants.iter().map(|variant| image(*variant)).collect();
        let list = json!({ "schemaVersion": 2, "manifests": manifests });
        let mut list = place.put(list.to_string().as_bytes());
        list["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
        place.list(&[list]);
        let base = place.open_as(Some(Architecture::Amd64), None).unwrap();
        let has = |name: &str| base.index.tree().get(&path(&format!("/{name}"))).is_some();
        let all = [Some("v10"), Some("v3"), Some("v2"), Some("v1"), None, Some("odd")];
        let found = all.into_iter().find(|variant| has(variant.unwrap_or("plain")));
        found.unwrap().unwrap_or("plain").to_owned()
    };
    assert_eq!(taken(&[Some("v3"), None]), "plain");
    assert_eq!(taken(&[Some("v3"), Some("v1"), Some("v2")]), "v1");
    assert_eq!(taken(&[Some("v10"), Some("v3")]), "v3");
    assert_eq!(taken(&[Some("odd"), Some("v3")]), "v3");
}

#[test]
fn a_pin_holds_while_its_image_can_be_had() {
    let place = Place::with_layers(&[Tar::new().file("old", "1").end()]);
    let old = place.open().unwrap();
    let new = place.image(place.make(&[Tar::new().file("new", "1").end()]));
    place.list(&[new]);
    let held = place.open_as(None, Some(&old.digest)).unwrap();
    assert_eq!((&held.digest, &held.index), (&old.digest, &old.index));
    assert_ne!(held.resolved_now, held.digest);
    // Gone from the place, but still in the cache; then from both.
    let manifest = |blobs: &lapstrake_oci::Blobs| fs::remove_file(blobs.path(&old.digest)).unwrap();
    manifest(&lapstrake_oci::Blobs::at(&place.layout()));
    place.open_as(None, Some(&old.digest)).unwrap();
    manifest(place.cache().blobs());
    let error = place.open_as(None, Some(&old.digest)).unwrap_err();
    assert!(matches!(&error, BaseError::Moved { pinned, .. } if *pinned == old.digest), "{error}");
    assert_eq!(error.help().as_deref(), Some("run `cargo xtask image lock --update`"));
}

#[test]
fn an_archive_is_read_once_and_again_when_its_blobs_are_gone() {
    let place = Place::with_layers(&tars());
    let listed = place.open().unwrap();
    let layout = Layout::create_or_open(&place.layout()).unwrap();
    layout.tag("x", &listed.descriptor).unwrap();
    let file = place.root().join("base.tar");
    layout.archive("x", &file, &|_, _| {}).unwrap();
    let location = TransportRef::OciArchive { file: file.clone(), tag: Some("x".to_owned()) };
    let other = Place::new();
    let first = open(&location, None, None, &other.cache()).unwrap();
    assert_eq!((&first.digest, &first.index), (&listed.digest, &listed.index));
    // Not opened: only its size, time and place are looked at.
    let times = fs::metadata(&file).unwrap().modified().unwrap();
    let size = fs::metadata(&file).unwrap().len();
    let bytes = fs::read(&file).unwrap();
    let rewrite = |content: &[u8]| {
        let open = fs::File::options().write(true).open(&file).unwrap();
        std::io::Write::write_all(&mut &open, content).unwrap();
        open.set_modified(times).unwrap();
    };
    rewrite(&vec![b'!'; usize::try_from(size).unwrap()]);
    assert_eq!(open(&location, None, None, &other.cache()).unwrap().digest, first.digest);
    rewrite(&bytes);
    fs::remove_dir_all(other.root().join("cache/blobs")).unwrap();
    assert_eq!(open(&location, None, None, &other.cache()).unwrap().index, first.index);
}

#[test]
fn an_archive_that_is_none_is_told() {
    let place = Place::new();
    let file = place.root().join("base.tar");
    let location = TransportRef::OciArchive { file: file.clone(), tag: None };
    let message = || told(&open(&location, None, None, &place.cache()).unwrap_err());
    assert!(message().contains("base.tar` can't be read"), "{}", message());
    for (bytes, expected) in [
        (Tar::new().file("x", "").end(), "the archive has no `index.json`"),
        (Tar::new().file("index.json", "{").end(), "index.json` is not a valid OCI document"),
        (Tar::new().file("../x", "").end(), "member `../x` is not allowed in an OCI archive"),
        (b"junk".repeat(200), "is not a tar header"),
    ] {
        fs::write(&file, bytes).unwrap();
        assert!(message().contains(expected), "{}", message());
    }
}

#[test]
fn a_tag_chooses() {
    let place = Place::new();
    let tagged = |name: &str| {
        let mut manifest = place.image(place.make(&[Tar::new().file(name, "1").end()]));
        manifest["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
        manifest
    };
    place.list(&[tagged("one"), tagged("two")]);
    let at = |tag: Option<&str>| {
        let location = TransportRef::Oci { dir: place.layout(), tag: tag.map(str::to_owned) };
        open(&location, None, None, &place.cache())
    };
    assert!(at(Some("two")).unwrap().index.tree().get(&path("/two")).is_some());
    let message = told(&at(Some("three")).unwrap_err());
    assert_eq!(
        message,
        "the OCI layout can't be read: no image has the tag `three`; the layout lists `one`, `two`"
    );
    assert!(told(&at(None).unwrap_err()).contains("a tag has to decide"));
}
