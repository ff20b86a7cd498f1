use std::fs;
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};

use super::Layout;
use crate::LayoutError;
use crate::{Descriptor, Digest, MediaType};

fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(scratch.path()).unwrap().join("layout");
    (scratch, root)
}

fn image(content: &str) -> Descriptor {
    Descriptor::new(MediaType::ImageManifest, content.len() as u64, &Digest::of(content.as_bytes()))
}

#[test]
fn a_tag_belongs_to_one_image() {
    let (_scratch, root) = scratch();
    let layout = Layout::create_or_open(&root).unwrap();
    layout.tag("b", &image("1")).unwrap();
    layout.tag("a", &image("1")).unwrap();
    layout.tag("b", &image("22")).unwrap();
    let manifests = Layout::open(&root).unwrap().manifests().unwrap();
    assert_eq!(manifests.find(Some("a"), None).unwrap().size, 1);
    assert_eq!(manifests.find(Some("b"), None).unwrap().size, 2);
    assert_eq!(manifests.len(), 2);
    let error = manifests.find(Some("c"), None).unwrap_err();
    assert_eq!(error.to_string(), "no image has the tag `c`; the layout lists `a`, `b`");
    let error = manifests.find(None, None).unwrap_err();
    assert_eq!(error.to_string(), "several images fit, and a tag has to decide; the layout lists `a`, `b`");
}

#[test]
fn the_index_depends_on_what_is_tagged_and_not_on_when() {
    let ((_one, one), (_two, two)) = (scratch(), scratch());
    let index = |root: &Utf8Path, tags: &[&str]| {
        let layout = Layout::create_or_open(root).unwrap();
        for tag in tags {
            layout.tag(tag, &image(tag)).unwrap();
        }
        fs::read(root.join("index.json")).unwrap()
    };
    assert_eq!(index(&one, &["a", "b", "c"]), index(&two, &["c", "a", "b", "a"]));
}

#[test]
fn the_same_tag_again_writes_no_file() {
    let (_scratch, root) = scratch();
    let layout = Layout::create_or_open(&root).unwrap();
    let inode = || fs::metadata(root.join("index.json")).unwrap().ino();
    layout.tag("a", &image("1")).unwrap();
    let before = inode();
    layout.tag("a", &image("1")).unwrap();
    assert_eq!(inode(), before);
    assert_eq!(fs::read_dir(&root).unwrap().count(), 3, "oci-layout, index.json, blobs");
}

#[test]
fn fields_that_other_tools_add_to_the_index_are_kept() {
    let (_scratch, root) = scratch();
    let layout = Layout::create_or_open(&root).unwrap();
    let foreign =
        r#"{"schemaVersion":2,"x":1,"manifests":[{"mediaType":"y","digest":"z:1","size":1,"q":[]}]}"#;
    fs::write(root.join("index.json"), foreign).unwrap();
    layout.tag("a", &image("1")).unwrap();
    let text = fs::read_to_string(root.join("index.json")).unwrap();
    assert!(text.contains(r#""q":[]"#) && text.contains(r#""x":1"#), "{text}");
}

#[test]
fn processes_that_tag_at_the_same_time_lose_no_tag() {
    let (_scratch, root) = scratch();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let root = &root;
            scope.spawn(move || {
                let layout = Layout::create_or_open(root).unwrap();
                (0..20).for_each(|i| layout.tag(&format!("{thread}-{i}"), &image("1")).unwrap());
            });
        }
    });
    assert_eq!(Layout::open(&root).unwrap().manifests().unwrap().len(), 80);
}

#[test]
fn a_directory_that_is_not_a_layout_is_refused() {
    let (_scratch, root) = scratch();
    assert!(matches!(Layout::open(&root), Err(LayoutError::Missing { .. })));
    assert!(!root.exists());
    fs::create_dir(&root).unwrap();
    for (content, expected) in
        [("{", "is not a valid OCI document"), (r#"{"imageLayoutVersion":"9"}"#, "the layout version `9`")]
    {
        fs::write(root.join("oci-layout"), content).unwrap();
        let error = Layout::open(&root).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn an_index_is_a_regular_file_of_limited_size() {
    let (_scratch, root) = scratch();
    let layout = Layout::create_or_open(&root).unwrap();
    let index = root.join("index.json");
    fs::File::options().write(true).open(&index).unwrap().set_len(super::INDEX_MAX + 1).unwrap();
    let error = layout.manifests().unwrap_err();
    assert_eq!(error.to_string(), format!("`{index}` has more than the limit of 8388608 bytes"));
    fs::remove_file(&index).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &index).unwrap();
    let LayoutError::Read { source, .. } = layout.manifests().unwrap_err() else { panic!("a device") };
    assert_eq!(source.to_string(), "it is not a regular file");
}
