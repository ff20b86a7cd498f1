//! A base that is legal and unkind: symlinked top levels, directories with odd owners, a hardlink, extended
//! attributes, a device, whiteouts and an opaque directory in its lower layers, names that break naive quoting. Its
//! tars are written by the `tar` crate alone.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use tar::{EntryType, Header};

use lapstrake_oci::Digest;

/// Paths of the base that a description can remove.
pub(super) const REMOVABLE: [&str; 8] = [
    "/usr/share/plain",
    "/usr/share/doc",
    "/usr/share/doc/index",
    "/usr/lib/a name with spaces",
    "/etc/quo\"te'd",
    "/etc/new\nline",
    "/usr/bin/hard",
    "/usr/share/$HOME",
];

/// Directories of the base that entries go to, through symlinks too.
pub(super) const DIRECTORIES: [&str; 13] = [
    "/usr/bin",
    "/bin",
    "/etc",
    "/opt",
    "/home",
    "/srv/private",
    "/srv/shared",
    "/tmp",
    "/usr/lib/a name with spaces",
    "/usr/share/doc",
    "/usr/share/loop-free",
    "/usr/share/opaque",
    "/usr/share/brand new",
];

/// Writes the base as an OCI layout, tagged `hostile`, and gives its manifest's digest.
pub(super) fn write(layout: &Path) -> Digest {
    write_with(layout, &json!({}))
}

/// Writes the same base with more in its config.
pub(super) fn write_with(layout: &Path, execution: &Value) -> Digest {
    let busybox = std::fs::read("/bin/busybox").unwrap_or_default();
    write_image(layout, [(lower(&busybox), true), (upper(), false)], execution)
}

/// Writes the base with one more layer, an uncompressed tar.
pub(super) fn write_with_layer(layout: &Path, tar: Vec<u8>) -> Digest {
    let busybox = std::fs::read("/bin/busybox").unwrap_or_default();
    write_layers(layout, [(lower(&busybox), true), (upper(), false), (tar, false)])
}

/// Writes a base of these layers, each gzipped or plain, with the hostile base's config and tag.
pub(super) fn write_layers(layout: &Path, tars: impl IntoIterator<Item = (Vec<u8>, bool)>) -> Digest {
    write_image(layout, tars, &json!({}))
}

/// Gives the image of a layout other media types, by pairs of the old and the new one.
pub(super) fn change_media_types(layout: &Path, types: &[(&str, &str)]) {
    let changed = |text: String| {
        types
            .iter()
            .fold(text, |text, (old, new)| text.replace(&json!(old).to_string(), &json!(new).to_string()))
    };
    let index = std::fs::read_to_string(layout.join("index.json")).unwrap();
    let mut index: Value = serde_json::from_str(&changed(index)).unwrap();
    let descriptor = &mut index["manifests"][0];
    let digest = Digest::parse(descriptor["digest"].as_str().unwrap()).unwrap();
    let manifest = std::fs::read_to_string(layout.join("blobs/sha256").join(digest.hex())).unwrap();
    let manifest = changed(manifest).into_bytes();
    descriptor["digest"] = json!(put(layout, &manifest).to_string());
    descriptor["size"] = json!(manifest.len());
    std::fs::write(layout.join("index.json"), index.to_string()).unwrap();
}

fn write_image(layout: &Path, tars: impl IntoIterator<Item = (Vec<u8>, bool)>, execution: &Value) -> Digest {
    std::fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
    let mut layers = Vec::new();
    let mut diff_ids = Vec::new();
    for (tar, gzip) in tars {
        diff_ids.push(Digest::of(&tar).to_string());
        let (blob, media_type) = if gzip {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&tar).unwrap();
            (encoder.finish().unwrap(), "application/vnd.oci.image.layer.v1.tar+gzip")
        } else {
            (tar, "application/vnd.oci.image.layer.v1.tar")
        };
        let digest = put(layout, &blob);
        layers.push(json!({ "mediaType": media_type, "digest": digest.to_string(), "size": blob.len() }));
    }
    let history = ["lower", "upper", "system"].into_iter().take(layers.len());
    let mut config = json!({
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-02T03:04:05Z",
        "config": {
            "Env": ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"],
            "Cmd": ["/sbin/init", "a b"],
            "Entrypoint": ["/usr/bin/env"],
            "WorkingDir": "/srv/private",
            "User": "1000:33",
            "StopSignal": "SIGRTMIN+3",
            "Labels": { "containers.bootc": "1", "org.example.base": "quo\"ted $HOME \\ " },
        },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
        "history": history.map(|by| json!({ "created_by": by })).collect::<Vec<_>>(),
    });
    let execution = execution.as_object().unwrap().clone();
    config["config"].as_object_mut().unwrap().extend(execution);
    let config = config.to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": put(layout, &config).to_string(),
            "size": config.len(),
        },
        "layers": layers,
    });
    let manifest = manifest.to_string().into_bytes();
    let digest = put(layout, &manifest);
    let index = json!({
        "schemaVersion": 2,
        "manifests": [{
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest.to_string(),
            "size": manifest.len(),
            "annotations": { "org.opencontainers.image.ref.name": "hostile" },
        }],
    });
    std::fs::write(layout.join("index.json"), index.to_string()).unwrap();
    std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    digest
}

fn put(layout: &Path, bytes: &[u8]) -> Digest {
    let digest = Digest::of(bytes);
    std::fs::write(layout.join("blobs/sha256").join(digest.hex()), bytes).unwrap();
    digest
}

fn lower(busybox: &[u8]) -> Vec<u8> {
    let mut tar = Tar::default();
    for directory in [
        "usr",
        "usr/bin",
        "usr/lib",
        "usr/share",
        "etc",
        "var",
        "srv",
        "proc",
        "sys",
        "dev",
        "run",
        "boot",
        "sysroot",
    ] {
        tar.directory(directory, 0o755, 0, 0);
    }
    for directory in ["var/opt", "var/home", "usr/share/doc", "usr/share/doc/deep", "usr/share/loop-free"] {
        tar.directory(directory, 0o755, 0, 0);
    }
    tar.directory("tmp", 0o1777, 0, 0);
    tar.directory("srv/private", 0o750, 0, 998);
    tar.xattr("user.note", "shared by=all");
    tar.directory("srv/shared", 0o2770, 33, 33);
    tar.directory("usr/lib/a name with spaces", 0o711, 0, 0);
    tar.directory("usr/share/opaque", 0o755, 0, 0);
    tar.symlink("bin", "usr/bin");
    tar.symlink("opt", "var/opt");
    tar.symlink("home", "/var/home");
    tar.symlink("ostree", "sysroot/ostree");
    tar.file("usr/bin/busybox", 0o755, busybox);
    for applet in ["sh", "rm", "env"] {
        tar.symlink(&format!("usr/bin/{applet}"), "busybox");
    }
    tar.xattr("user.note", "noted");
    tar.file("usr/share/noted", 0o640, b"noted\n");
    tar.file("usr/share/plain", 0o640, b"plain\n");
    tar.hardlink("usr/bin/hard", "usr/share/plain");
    tar.file("usr/share/doc/deep/page", 0o644, b"page\n");
    tar.file("usr/share/doc/index", 0o644, b"index\n");
    tar.file("usr/share/opaque/hidden", 0o644, b"hidden by the upper layer\n");
    tar.file("usr/share/gone", 0o644, b"whited out by the upper layer\n");
    tar.file("usr/share/$HOME", 0o644, b"not expanded\n");
    tar.file("etc/quo\"te'd", 0o600, b"quoted\n");
    tar.file("etc/new\nline", 0o644, b"newline\n");
    tar.file("usr/lib/a name with spaces/file", 0o4755, b"setuid\n");
    // What podman makes for a RUN where the base has none; a base of a real system has them.
    for file in ["etc/hosts", "etc/hostname", "etc/resolv.conf"] {
        tar.file(file, 0o644, b"# the base's own\n");
    }
    tar.file("etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n");
    tar.file("etc/group", 0o644, b"root:x:0:\nwww-data:x:33:\nsensord:x:998:\n");
    tar.device("usr/share/null", 1, 3);
    tar.finish()
}

fn upper() -> Vec<u8> {
    let mut tar = Tar::default();
    tar.directory("usr", 0o755, 0, 0);
    tar.directory("usr/share", 0o755, 0, 0);
    tar.file("usr/share/.wh.gone", 0o644, b"");
    tar.directory("usr/share/opaque", 0o755, 0, 0);
    tar.file("usr/share/opaque/.wh..wh..opq", 0o644, b"");
    tar.file("usr/share/opaque/shown", 0o644, b"shown\n");
    tar.finish()
}

/// A tar by the `tar` crate.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn entry(
        &mut self,
        kind: EntryType,
        name: &str,
        mode: u32,
        owner: (u64, u64),
        link: &str,
        content: &[u8],
    ) {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(owner.0);
        header.set_gid(owner.1);
        header.set_mtime(1_700_000_000);
        header.set_size(content.len() as u64);
        header.set_path(name).unwrap();
        if !link.is_empty() {
            header.set_link_name(link).unwrap();
        }
        header.set_cksum();
        self.raw(&header, content);
    }

    fn raw(&mut self, header: &Header, content: &[u8]) {
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
    }

    /// Gives the next member an extended attribute.
    fn xattr(&mut self, name: &str, value: &str) {
        let rest = format!(" SCHILY.xattr.{name}={value}\n");
        let length = (rest.len()..rest.len() + 9)
            .find(|length| length.to_string().len() + rest.len() == *length)
            .unwrap();
        self.entry(EntryType::XHeader, "pax", 0o644, (0, 0), "", format!("{length}{rest}").as_bytes());
    }

    fn directory(&mut self, name: &str, mode: u32, uid: u64, gid: u64) {
        self.entry(EntryType::Directory, name, mode, (uid, gid), "", b"");
    }

    fn file(&mut self, name: &str, mode: u32, content: &[u8]) {
        self.entry(EntryType::Regular, name, mode, (0, 0), "", content);
    }

    fn symlink(&mut self, name: &str, target: &str) {
        self.entry(EntryType::Symlink, name, 0o777, (0, 0), target, b"");
    }

    fn hardlink(&mut self, name: &str, target: &str) {
        self.entry(EntryType::Link, name, 0o640, (0, 0), target, b"");
    }

    fn device(&mut self, name: &str, major: u32, minor: u32) {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Char);
        header.set_mode(0o666);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(0);
        header.set_path(name).unwrap();
        header.set_device_major(major).unwrap();
        header.set_device_minor(minor).unwrap();
        header.set_cksum();
        self.raw(&header, b"");
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}
