//! Bad input → the message. Each names the blob, and the member where there is one; nothing outside of
//! the cache is changed, and no index is kept.

use std::fs;

use lapstrake::value::Architecture;
use serde_json::json;
use tar::EntryType;

use super::fixture::{Made, Place, Tar, gzip, header, told};
use crate::base::layer;
use lapstrake_oci::{Budget, Digest};

/// A tar that can't be a layer, and what is said after the layer's name.
fn refused(tar: Vec<u8>) -> String {
    let digest = Digest::of(&tar);
    let place = Place::with_layers(&[tar]);
    let before = place.outside_of_cache();
    let message = told(&place.open().unwrap_err());
    assert_eq!(place.outside_of_cache(), before);
    assert!(!place.root().join("cache/index").exists());
    let named = format!("layer `{digest}` can't be used: ");
    message.strip_prefix(&named).unwrap_or_else(|| panic!("{message}")).to_owned()
}

#[test]
fn a_tar_that_is_odd_is_refused() {
    let file = |name: &str| Tar::new().file(name, "x").end();
    let named = |name: &[u8]| Tar::new().member(name, EntryType::Regular, "", 0o644, b"").end();
    let path = |name: &str| Tar::new().pax(&[("path", name.as_bytes())]).file("short", "").end();
    let symlink = |name: &str, target: &str| Tar::new().symlink(name, target).end();
    let hardlink = |target: &str| Tar::new().file("a", "1").hardlink("b/c", target).end();
    let deep = "d/".repeat(257);
    let long = format!("{}x", "y/".repeat(2048));
    let name = "n".repeat(256);
    let cases = [
        (file("../x"), "member `../x` climbs with `..`"),
        (file("a/../../x"), "member `a/../../x` climbs with `..`"),
        (named(b"a\xffb"), "member `a\u{fffd}b` has a name that is not UTF-8"),
        (path("a\0b"), "member `a\\0b` has a name that no image can hold"),
        (path(&name), "has a name that no image can hold"),
        (path(&deep), "has a name of 257 components; at most 256 are supported"),
        (path(&long), "has a name of 4097 bytes; Linux takes at most 4095"),
        (symlink("a", ""), "member `a` links to ``, which no image can hold"),
        (hardlink("../a"), "member `b/c` links to `../a`, which leads out of the root"),
        (hardlink("/etc/passwd"), "`/b/c` is a hardlink to `/etc/passwd`, which does not exist"),
        (hardlink("gone"), "`/b/c` is a hardlink to `/gone`, which does not exist"),
        (hardlink("b"), "`/b/c` is a hardlink to `/b`, which does not exist"),
        (
            Tar::new().directory("d").hardlink("x", "d").end(),
            "`/x` is a hardlink to `/d`, which is a directory",
        ),
        (Tar::new().hardlink("x", "y").hardlink("y", "x").end(), "which does not exist"),
        (
            Tar::new().symlink("a", "/etc").file("a/x", "1").end(),
            "`/a/x` is below `/a`, which the same layer makes something other than a directory",
        ),
        (file("a/.wh."), "member `a/.wh.` is not a whiteout of the OCI image spec"),
        (file("a/.wh..."), "member `a/.wh...` is not a whiteout of the OCI image spec"),
        (file(".wh.a/b"), "member `.wh.a/b` has a name that no image can hold"),
        (symlink("./", "/etc"), "`/` becomes something other than a directory"),
        (
            Tar::new().member(b"s", EntryType::GNUSparse, "", 0o644, b"").end(),
            "member `s` has the type `S`, which is not allowed in a layer",
        ),
        (
            Tar::new().member(b"s", EntryType::Continuous, "", 0o644, b"").end(),
            "member `s` has the type `7`, which is not allowed in a layer",
        ),
        (
            Tar::new().pax(&[("uid", b"4294967296")]).file("x", "").end(),
            "member `x` has the uid 4294967296; the largest in Linux is 4294967295",
        ),
        (
            Tar::new().pax(&[("uid", b"-1")]).file("x", "").end(),
            "the extended header before its first member has invalid pax records",
        ),
        (
            Tar::new().member(b"p", EntryType::XHeader, "", 0, b"99 path=x\n").file("x", "").end(),
            "the extended header before its first member has invalid pax records",
        ),
        (
            Tar::new().member(b"p", EntryType::XGlobalHeader, "", 0, b"9 path=x\n").file("x", "").end(),
            "a global pax header sets `path`, which readers interpret differently",
        ),
        (Tar::new().pax(&[("path", b"x")]).cut(), "the tar is cut off before its first member"),
    ];
    for (tar, expected) in cases {
        let message = refused(tar);
        assert!(message.contains(expected), "{message:?} is not {expected:?}");
    }
}

#[test]
fn a_header_that_lies_is_refused() {
    let regular = |name: &[u8], size| header(name, EntryType::Regular, "", 0o644, size);
    let with_sum = |change: &dyn Fn(&mut tar::Header)| {
        let mut header = regular(b"x", 0);
        change(&mut header);
        header.set_cksum();
        Tar::new().file("first", "1").raw(header.as_bytes()).end()
    };
    let mut unsummed = regular(b"x", 0);
    unsummed.as_old_mut().mode[3] = b'1';
    let terabyte = 1 << 40;
    let extension = |kind| Tar::new().raw(header(b"l", kind, "", 0, terabyte).as_bytes()).end();
    let cases = [
        (
            Tar::new().raw(regular(b"big", 1 << 30).as_bytes()).raw(&[7; 2000]).end(),
            "member `big` can't be read: ",
        ),
        (Tar::new().pax(&[("size", b"1073741824")]).file("big", "x").end(), "member `big` can't be read: "),
        (
            Tar::new().raw(regular(b"big", terabyte).as_bytes()).raw(&[7; 2000]).end(),
            "member `big` is more than an image of this size may have",
        ),
        (
            extension(EntryType::XHeader),
            "the extended headers before its first member have 1099511627776 bytes; the limit is 1048576",
        ),
        (
            extension(EntryType::GNULongName),
            "the extended headers before its first member have 1099511627776 bytes",
        ),
        (
            extension(EntryType::GNULongLink),
            "the extended headers before its first member have 1099511627776 bytes",
        ),
        (
            Tar::new().raw(header(b"l", EntryType::XHeader, "", 0, 5000).as_bytes()).end(),
            "the tar is cut off before its first member",
        ),
        (
            Tar::new().file("first", "1").raw(unsummed.as_bytes()).end(),
            "the block after `first` is not a tar header",
        ),
        (Tar::new().file("first", "1").raw(&[9; 512]).end(), "the block after `first` is not a tar header"),
        (
            Tar::new().file("first", "1").raw(&[0; 512]).raw(&[9; 512]).end(),
            "the block after `first` is not a tar header",
        ),
        (Tar::new().file("first", "1").cut()[..700].to_vec(), "the tar is cut off after `first`"),
        (Tar::new().file("first", "1").cut()[..200].to_vec(), "the tar is cut off before its first member"),
        (
            with_sum(&|header| header.as_old_mut().mode = *b"0009999\0"),
            "the mode in the header of `x` is not a number",
        ),
        (
            with_sum(&|header| header.as_old_mut().uid = *b"zzzzzzz\0"),
            "the uid in the header of `x` is not a number",
        ),
        (
            with_sum(&|header| header.as_old_mut().size = *b"-0000000001\0"),
            "the size in the header of `x` is not a number",
        ),
        (
            with_sum(&|header| header.as_old_mut().gid = [0xff; 8]),
            "member `x` has the gid 9223372036854775807; the largest in Linux is 4294967295",
        ),
    ];
    for (tar, expected) in cases {
        let message = refused(tar);
        assert!(message.contains(expected), "{message:?} is not {expected:?}");
    }
}

#[test]
fn more_members_than_are_taken_are_refused() {
    let tar = Tar::new().file("a", "").file("b", "").file("c", "").end();
    let read = |members| layer::read_within(tar.as_slice(), &Budget::of_image(1).members(members));
    assert!(read(3).is_ok());
    let message = read(2).unwrap_err().to_string();
    assert_eq!(
        message,
        "member `c` is more than an image of this size may have in members, names or content"
    );
}

/// What `change` makes wrong with a good image, and the whole message.
fn broken(change: impl FnOnce(&Place, &mut Made)) -> String {
    let place = Place::new();
    let mut made = place.make(&[Tar::new().file("a", "1").end()]);
    change(&place, &mut made);
    place.list(&[place.image(made)]);
    let before = place.outside_of_cache();
    let message = told(&place.open().unwrap_err());
    assert_eq!(place.outside_of_cache(), before);
    assert!(!place.root().join("cache/index").exists());
    message
}

#[test]
fn an_image_that_does_not_agree_with_itself_is_refused() {
    let tar = Tar::new().file("a", "1").end();
    let digest = Digest::of(&tar);
    let size = tar.len();
    let layer = |made: &mut Made, key: &str, value| made.manifest["layers"][0][key] = value;
    let other = Digest::of(b"other");

    let message = broken(|place, _| fs::remove_file(place.blob(&digest)).unwrap());
    assert_eq!(message, format!("blob `{digest}` is missing"));
    let message = broken(|place, _| fs::write(place.blob(&digest), &tar[..100]).unwrap());
    assert_eq!(message, format!("blob `{digest}` has 100 bytes instead of {size}"));
    let message = broken(|_, made| layer(made, "size", json!(size + 1)));
    assert_eq!(message, format!("blob `{digest}` has {size} bytes instead of {}", size + 1));
    let message = broken(|place, _| fs::write(place.blob(&digest), vec![1; size]).unwrap());
    let found = Digest::of(&vec![1; size]);
    assert_eq!(message, format!("blob `{digest}` has content with the digest `{found}`"));
    let message = broken(|_, made| layer(made, "digest", json!(other)));
    assert_eq!(message, format!("blob `{other}` is missing"));
    let message = broken(|_, made| layer(made, "digest", json!("sha512:00")));
    assert!(message.contains("names a blob that can't be used"), "{message}");
    let message = broken(|_, made| layer(made, "digest", json!("md5:../../../etc/passwd")));
    assert!(message.contains("names a blob that can't be used"), "{message}");
    let message = broken(|_, made| layer(made, "mediaType", json!("application/x\u{1b}")));
    assert_eq!(
        message,
        format!("blob `{digest}` is `application/x\\u{{1b}}`, which is not a container image")
    );
    let message = broken(|_, made| made.config["rootfs"]["diff_ids"] = json!([other]));
    assert_eq!(
        message,
        format!("layer `{digest}` holds a tar with the digest `{digest}`; the config says `{other}`")
    );
    let message = broken(|_, made| made.config["rootfs"]["diff_ids"] = json!([other, other]));
    assert!(message.ends_with("has 2 diff_ids, and the manifest 1 layers"), "{message}");
    let message = broken(|_, made| made.config["rootfs"] = json!(null));
    assert!(message.ends_with("has 0 diff_ids, and the manifest 1 layers"), "{message}");
    let message = broken(|_, made| made.config["rootfs"]["diff_ids"] = json!(["x"]));
    assert!(message.contains("`x` is not `sha256:` and 64 lowercase hexadecimal digits"), "{message}");
    let message = broken(|_, made| made.config["architecture"] = json!("mips"));
    assert!(message.ends_with("is for `linux` on `mips`, which bootc does not install on"), "{message}");
    let message = broken(|_, made| made.config = json!([]));
    assert!(message.contains("bootc does not install on"), "{message}");
    let message = broken(|place, made| {
        let mut config = place.put(&vec![b' '; 9 << 20]);
        config["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
        made.manifest["config"] = config;
    });
    assert!(message.contains("has 9437184 bytes; the limit is 8388608"), "{message}");
    let message = broken(|_, made| made.manifest = json!({ "schemaVersion": 2 }));
    assert!(message.contains("is not a valid OCI document"), "{message}");
}

#[test]
fn a_blob_that_does_not_decompress_is_refused() {
    let tar = Tar::new().file("a", &"abcdefgh".repeat(10_000)).end();
    let zstd = zstd::encode_all(tar.as_slice(), 3).unwrap();
    for whole in [gzip(&tar), zstd] {
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x55;
        for blob in [whole[..whole.len() - 9].to_vec(), damaged, [whole.as_slice(), b"trailing"].concat()] {
            let place = Place::new();
            let mut made = place.make(std::slice::from_ref(&tar));
            made.manifest["layers"] = json!([place.put(&blob)]);
            made.manifest["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+gzip");
            place.list(&[place.image(made)]);
            let message = told(&place.open().unwrap_err());
            assert!(message.contains(&format!("`{}`", Digest::of(&blob))), "{message}");
        }
    }
}

#[test]
fn a_layout_that_is_none_is_told() {
    let place = Place::with_layers(&[Tar::new().end()]);
    fs::write(place.layout().join("index.json"), "{").unwrap();
    assert!(told(&place.open().unwrap_err()).contains("index.json` is not a valid OCI document"));
    place.list(&[]);
    assert_eq!(told(&place.open().unwrap_err()), "the OCI layout can't be read: the layout lists no image");
    fs::remove_file(place.layout().join("oci-layout")).unwrap();
    assert!(told(&place.open().unwrap_err()).contains("is not an OCI layout: it has no `oci-layout`"));
    let mut manifest = place.put(b"{}");
    manifest["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
    fs::write(place.layout().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    place.list(&[manifest]);
    assert!(told(&place.open().unwrap_err()).contains("is not a valid OCI document"));
}

#[test]
fn an_index_that_leads_to_itself_ends() {
    let place = Place::new();
    // An index can't hold its own digest; a chain of them can be long.
    let mut entry = place.image(place.make(&[]));
    for _ in 0..10 {
        entry = place.put(json!({ "schemaVersion": 2, "manifests": [entry] }).to_string().as_bytes());
        entry["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
    }
    place.list(&[entry]);
    let message = told(&place.open_as(Some(Architecture::Amd64), None).unwrap_err());
    assert!(message.contains("an index within indexes"), "{message}");
}
