//! Bases that other tools write: each is one that podman pulls and bootc deploys.

use lapstrake::value::Architecture;
use serde_json::json;
use tar::EntryType;

use super::fixture::{Place, Tar, gzip, index, path};

/// kaniko states the root, starts names with `/`, and so do its hardlinks and whiteouts.
#[test]
fn absolute_names_are_below_the_root_of_the_image() {
    let lower = Tar::new().file("opt/gone", "1").file("opt/kept", "2").end();
    let upper = Tar::new()
        .directory("/")
        .directory("/opt/")
        .file("/opt/x", "3")
        .hardlink("/opt/y", "/opt/x")
        .hardlink("/opt/z", "/opt/kept")
        .file("/opt/.wh.gone", "")
        .symlink("/opt/link", "/opt/x")
        .end();
    let index = index(&[lower, upper]);
    let names: Vec<_> = index.tree().walk().map(|(path, _)| path.to_string()).collect();
    assert_eq!(names, ["/", "/opt", "/opt/kept", "/opt/link", "/opt/x", "/opt/y", "/opt/z"]);
    let node = |name| index.tree().get(&path(name)).unwrap().node;
    assert_eq!(node("/opt/x"), node("/opt/y"));
    assert_eq!(node("/opt/kept"), node("/opt/z"));
}

/// Linux takes `..` in `/` for `/` (`path_resolution(7)`).
#[test]
fn a_symlink_that_climbs_above_the_root_leads_to_what_is_in_the_root() {
    let tar = Tar::new()
        .file("etc/os-release", "ID=autosd\n")
        .symlink("usr/lib/os-release", "../../../../etc/os-release")
        .symlink("up", "../..")
        .symlink("usr/twice", "a/../../../../up/../etc/os-release")
        .directory("usr/a")
        .end();
    let index = index(&[tar]);
    for (link, target) in
        [("/usr/lib/os-release", "/etc/os-release"), ("/up", "/"), ("/usr/twice", "/etc/os-release")]
    {
        assert_eq!(index.tree().follow(&path(link)), Ok(path(target)), "{link}");
    }
    assert_eq!(index.text(&path("/usr/lib/os-release")), Some("ID=autosd\n"));
}

#[test]
fn layers_that_come_from_elsewhere_and_dockers_zstd_are_layers() {
    const OCI: &str = "application/vnd.oci.image.layer.v1.tar";
    let tar = Tar::new().file("a", "1").end();
    let (gz, zst) = (gzip(&tar), zstd::encode_all(tar.as_slice(), 3).unwrap());
    for (media_type, blob, expected) in [
        ("application/vnd.docker.image.rootfs.diff.tar.zstd", &zst, format!("{OCI}+zstd")),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar", &tar, OCI.to_owned()),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", &gz, format!("{OCI}+gzip")),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar", &tar, OCI.to_owned()),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", &gz, format!("{OCI}+gzip")),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", &zst, format!("{OCI}+zstd")),
    ] {
        let place = Place::new();
        let mut made = place.make(std::slice::from_ref(&tar));
        made.manifest["layers"] = json!([place.put(blob)]);
        made.manifest["layers"][0]["mediaType"] = json!(media_type);
        made.manifest["layers"][0]["urls"] = json!(["https://example.com/layer"]);
        place.list(&[place.image(made)]);
        let base = place.open().unwrap();
        assert!(base.index.tree().get(&path("/a")).is_some());
        // bootc deploys no layer of another type.
        let layer = serde_json::to_value(&base.manifest.layers[0]).unwrap();
        assert_eq!((layer["mediaType"].as_str(), layer.get("urls")), (Some(&*expected), None));
    }
}

/// `docker buildx` lists an attestation beside the image, and images have no platform where `--platform` was not
/// given; `cosign` and `oras` list what has an artifact type.
#[test]
fn the_one_image_of_an_index_is_found_beside_what_belongs_to_it() {
    let place = Place::new();
    let image = place.image(place.make(&[Tar::new().file("a", "1").end()]));
    let beside = |key: &str, value| {
        let mut entry = place.put(format!("{{\"{key}\":1}}").as_bytes());
        entry["mediaType"] = json!("application/vnd.oci.image.manifest.v1+json");
        entry[key] = value;
        entry
    };
    let unknown = json!({ "os": "unknown", "architecture": "unknown" });
    let others = [
        beside("platform", unknown.clone()),
        beside("annotations", json!({ "vnd.docker.reference.type": "attestation-manifest" })),
        beside("artifactType", json!("application/spdx+json")),
    ];
    for other in others {
        let listed = [other, image.clone()];
        let mut index = place.put(json!({ "schemaVersion": 2, "manifests": listed }).to_string().as_bytes());
        index["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
        for listed in [vec![index], listed.to_vec()] {
            place.list(&listed);
            let base = place.open_as(Some(Architecture::Amd64), None).unwrap();
            assert_eq!(json!(base.digest), image["digest"]);
        }
    }
    // Of two images, one must be chosen, and of one for something else, none is.
    let second = place.image(place.make(&[Tar::new().member(b"b", EntryType::Fifo, "", 0o644, b"").end()]));
    place.list(&[image.clone(), second]);
    assert!(place.open_as(Some(Architecture::Amd64), None).is_err());
    place.list(&[image]);
    assert!(place.open_as(Some(Architecture::Arm64), None).is_err());
}
