//! The same input gives the same digest: in another directory, with other threads, umask and time.

use std::os::unix::fs::PermissionsExt;

use lapstrake::entry::Tree;
use lapstrake::{Base, Image, Layer};

use super::workshop::Workshop;
use lapstrake_oci::Compression;

fn image() -> Image {
    Image::new("again", Base::stand_in())
        .layer(Layer::new("tree").with(Tree::new("deploy/tree", "/usr/share/again")))
        .layer(Layer::new("file").file("deploy/program", "/usr/bin/program").remove("/etc/hostname"))
}

fn digest(mode: u32) -> String {
    let workshop = Workshop::hostile();
    // Made in another order each time, so that a walk in the directory's order would show.
    let mut names = ["a", "b", "c", "sub/d"];
    if mode & 1 == 1 {
        names.reverse();
    }
    for name in names {
        workshop.source(&format!("deploy/tree/{name}"), name.as_bytes());
    }
    workshop.source("deploy/program", &vec![7; 3_000_000]);
    let program = workshop.workspace.root.join("deploy/program");
    std::fs::set_permissions(program, PermissionsExt::from_mode(mode)).unwrap();
    workshop.build(&image(), Compression::Zstd).descriptor.digest
}

#[test]
fn neither_directory_nor_umask_nor_time_nor_order_shows() {
    let first = digest(0o755);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(first, digest(0o711));
}

#[test]
fn what_is_executable_does_show() {
    assert_ne!(digest(0o755), digest(0o644));
}

#[test]
fn an_unchanged_layer_is_not_written_again() {
    let workshop = Workshop::hostile();
    workshop.source("deploy/tree/a", b"a");
    workshop.source("deploy/program", b"1");
    let reused = |workshop: &Workshop| -> Vec<_> {
        let built = workshop.build(&image(), Compression::Zstd);
        built
            .layers
            .into_iter()
            .filter(|layer| layer.name.is_some())
            .map(|layer| (layer.reused, layer.reason))
            .collect()
    };
    assert_eq!(reused(&workshop), [(false, "first build".to_owned()), (false, "first build".to_owned())]);
    assert_eq!(reused(&workshop), [(true, "unchanged".to_owned()), (true, "unchanged".to_owned())]);
    workshop.source("deploy/program", b"2");
    assert_eq!(reused(&workshop)[1], (false, "`/usr/bin/program` changed".to_owned()));
}
