//! Other tools read what we write: skopeo and podman both compressions, umoci gzip, ostree each layer.
//! Digests are verified by programs that are not ours.

use std::path::Path;

use lapstrake::entry::File;
use lapstrake::{Base, Image, Layer};
use serde_json::Value;

use super::engine::{Stored, present, run};
use super::workshop::Workshop;
use super::{equivalence, merged_tree};
use lapstrake_oci::Compression;

fn image() -> Image {
    Image::new("readers", Base::stand_in())
        .version("2.0")
        .layer(Layer::new("removals").remove("/usr/share/doc").remove("/usr/share/$HOME"))
        .layer(
            Layer::new("files")
                .with(File::text("x\n", "/usr/bin/tool").mode(0o755).capability("cap_net_raw=ep"))
                .text("é\n", "/etc/ümlaut file")
                .text("y\n", "/opt/app/data")
                .symlink("tool", "/usr/bin/alias"),
        )
}

/// A blob's bytes, uncompressed by the program that made the format.
fn uncompressed(media_type: &str, blob: &str) -> Vec<u8> {
    let (program, arguments) = match media_type.rsplit_once('+').map(|(_, compression)| compression) {
        Some("zstd") => ("zstd", vec!["-dcq", blob]),
        Some("gzip") => ("gzip", vec!["-dc"]),
        _ => ("cat", vec![blob]),
    };
    let mut command = std::process::Command::new(program);
    if program == "gzip" {
        command.stdin(std::fs::File::open(blob).unwrap());
    }
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn sha256sum(bytes: &[u8], directory: &Path) -> String {
    let file = directory.join("to-sum");
    std::fs::write(&file, bytes).unwrap();
    let sum = run("sha256sum", &[file.to_str().unwrap()], directory);
    format!("sha256:{}", sum.split_whitespace().next().unwrap())
}

#[test]
fn every_digest_and_diff_id_is_what_sha256sum_says() {
    if !present(&["zstd", "sha256sum"]) {
        return;
    }
    for compression in [Compression::Zstd, Compression::Gzip, Compression::None] {
        let workshop = Workshop::hostile();
        let built = workshop.build(&image(), compression);
        let blobs = workshop.store.layout.root().join("blobs/sha256");
        let blob = |digest: &str| blobs.join(digest.strip_prefix("sha256:").unwrap());
        for entry in blobs.read_dir_utf8().unwrap() {
            let entry = entry.unwrap();
            let bytes = std::fs::read(entry.path()).unwrap();
            assert_eq!(sha256sum(&bytes, workshop.path()), format!("sha256:{}", entry.file_name()));
        }
        let manifest: Value =
            serde_json::from_slice(&std::fs::read(blob(&built.descriptor.digest)).unwrap()).unwrap();
        let config: Value = serde_json::from_slice(
            &std::fs::read(blob(manifest["config"]["digest"].as_str().unwrap())).unwrap(),
        )
        .unwrap();
        let layers = manifest["layers"].as_array().unwrap();
        let diff_ids = config["rootfs"]["diff_ids"].as_array().unwrap();
        assert_eq!((layers.len(), diff_ids.len()), (4, 4));
        for (layer, diff_id) in layers.iter().zip(diff_ids) {
            let path = blob(layer["digest"].as_str().unwrap());
            assert_eq!(std::fs::metadata(&path).unwrap().len(), layer["size"].as_u64().unwrap());
            let tar = uncompressed(layer["mediaType"].as_str().unwrap(), path.as_str());
            assert_eq!(sha256sum(&tar, workshop.path()), diff_id.as_str().unwrap());
        }
    }
}

#[test]
fn skopeo_and_podman_read_every_compression() {
    if !present(&["podman", "skopeo"]) {
        return;
    }
    let mut trees = Vec::new();
    for compression in [Compression::Zstd, Compression::Gzip, Compression::None] {
        let workshop = Workshop::hostile();
        let built = workshop.build(&image(), compression);
        let inspected = run("skopeo", &["inspect", &workshop.reference("readers")], workshop.path());
        let inspected: Value = serde_json::from_str(&inspected).unwrap();
        assert_eq!(inspected["Digest"], built.descriptor.digest);
        assert_eq!(inspected["Labels"]["org.opencontainers.image.version"], "2.0");
        let stored = Stored(format!("localhost/lapstrake-test/read-{compression:?}:1").to_lowercase());
        let to = format!("containers-storage:{}", stored.0);
        run("skopeo", &["copy", "--quiet", &workshop.reference("readers"), &to], workshop.path());
        trees.push(merged_tree::walk(stored.mount().as_ref()));
    }
    merged_tree::assert_equal(&trees[0], &trees[1], "zstd and gzip");
    merged_tree::assert_equal(&trees[0], &trees[2], "zstd and none");
}

#[test]
fn umoci_unpacks_the_same_tree_as_podman_mounts() {
    if !present(&["podman", "skopeo", "umoci"]) {
        return;
    }
    let workshop = Workshop::hostile();
    workshop.build(&image(), Compression::Gzip);
    let stored = Stored("localhost/lapstrake-test/umoci:1".to_owned());
    run(
        "skopeo",
        &["copy", "--quiet", &workshop.reference("readers"), &format!("containers-storage:{}", stored.0)],
        workshop.path(),
    );
    let layout = format!("{}:readers", workshop.store.layout.root());
    run("umoci", &["unpack", "--image", &layout, "bundle"], workshop.path());
    let unpacked = merged_tree::walk(&workshop.path().join("bundle/rootfs"));
    merged_tree::assert_equal(&unpacked, &merged_tree::walk(stored.mount().as_ref()), "umoci and podman");
}

#[test]
fn what_was_described_is_what_the_kernel_shows() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = equivalence::workshop();
    workshop.build(&equivalence::everything(), Compression::Zstd);
    let stored = Stored("localhost/lapstrake-test/described:1".to_owned());
    let to = format!("containers-storage:{}", stored.0);
    run("skopeo", &["copy", "--quiet", &workshop.reference("everything"), &to], workshop.path());
    let tree = merged_tree::walk(stored.mount().as_ref());
    let tool = &tree["usr/bin/#tool"];
    assert_eq!((tool.kind, tool.mode, tool.uid, tool.gid), ("file", 0o4755, 0, 0));
    // What `setcap cap_net_raw=ep` writes.
    let net_raw = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(tool.xattrs["security.capability"], net_raw[..]);
    let big = &tree["etc/-rf"];
    assert_eq!((big.mode, big.uid, big.gid, big.size), (0o644, 3_000_000, 4_294_967_294, 7));
    let new = &tree["srv/private/new"];
    assert_eq!((new.kind, new.mode, new.uid, new.gid), ("directory", 0o2750, 33, 998));
    let private = &tree["srv/private"];
    assert_eq!((private.mode, private.uid, private.gid), (0o750, 0, 998));
    let link = &tree["usr/bin/li\\nnk"];
    assert_eq!((link.kind, link.content.as_str()), ("symlink", r#""tool\" $x""#));
    assert_eq!(tree["usr/share/brand new/a"].mode, 0o600);
    let long = format!("usr/share/{}/{}", "d".repeat(120), r"\xc3\xa9".repeat(100));
    assert_eq!(tree[&long].size, 5);
    // Through the base's symlink, which stays one.
    assert_eq!((tree["opt"].kind, tree["var/opt/app/data"].kind), ("symlink", "file"));
    // Removed, and only what was.
    for gone in
        ["etc/new\\nline", "usr/share/doc/index", "usr/share/doc/deep/page", "usr/share/brand new/sub"]
    {
        assert!(!tree.contains_key(gone), "{gone}");
    }
    assert!(tree.contains_key("usr/share/doc/deep/fresh"));
}

#[test]
fn an_archive_is_read_by_skopeo_with_the_same_digest() {
    if !present(&["skopeo"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let built = workshop.build(&image(), Compression::Zstd);
    let file = workshop.workspace.root.join("image.oci");
    workshop.store.layout.archive("readers", &file, &|_, _| {}).unwrap();
    let inspected = run("skopeo", &["inspect", &format!("oci-archive:{file}")], workshop.path());
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(inspected["Digest"], built.descriptor.digest);
}

#[test]
fn ostree_commits_each_layer() {
    if !present(&["ostree", "zstd"]) {
        return;
    }
    let workshop = Workshop::stand_in();
    let image = Image::new("readers", Base::stand_in())
        .layer(Layer::new("removals").remove("/usr/lib/os-release"))
        .layer(
            Layer::new("files")
                .with(File::text("x\n", "/usr/bin/tool").mode(0o755).capability("cap_net_raw=ep"))
                .text("é\n", "/etc/ümlaut file")
                .symlink("tool", "/usr/bin/alias"),
        );
    let built = workshop.build(&image, Compression::Zstd);
    run("ostree", &["init", "--repo=repo", "--mode=bare-user"], workshop.path());
    for (index, layer) in built.layers.iter().enumerate() {
        let blob = workshop
            .store
            .layout
            .root()
            .join("blobs/sha256")
            .join(layer.digest.strip_prefix("sha256:").unwrap());
        let tar = workshop.path().join(format!("{index}.tar"));
        std::fs::write(&tar, uncompressed(&layer.media_type, blob.as_str())).unwrap();
        let tree = format!("--tree=tar={}", tar.display());
        let branch = format!("--branch=layer-{index}");
        run(
            "ostree",
            &["commit", "--repo=repo", &branch, &tree, "--tar-autocreate-parents", "--subject=layer"],
            workshop.path(),
        );
    }
    let listed = run(
        "ostree",
        &["ls", "--repo=repo", "-R", &format!("layer-{}", built.layers.len() - 1)],
        workshop.path(),
    );
    assert!(listed.contains("/usr/bin/tool"), "{listed}");
}
