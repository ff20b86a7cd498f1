//! `aib-files`: what `aib to-disk-image` and `aib reseal` read in an image.

use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "aib-files",
    "`aib to-disk-image` reads the layout, the kernel's arguments and the target from these files of the base",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("IMAGE_VERSION=2\n", "/etc/build-info")"#,
    fixed: r#"Layer::new("app").text("IMAGE_VERSION=2\n", "/usr/lib/app/build-info")"#,
});

const FILES: [&str; 3] =
    ["/etc/build-info", "/usr/lib/bootc-image-builder/disk.yaml", "/usr/lib/bootc/install/05-aib.toml"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let below = subject.below();
    let mut faults = Vec::new();
    for path in FILES.into_iter().filter(|path| below.get(path).is_some()) {
        let help = "leave it to the base; the base's manifest says what is in it";
        match subject.tree().get(path) {
            Some(node) if node.site().is_some() => {
                faults.push(
                    Fault::at(&node, format!("`{path}` is Automotive Image Builder's, and is replaced"))
                        .help(help),
                );
            }
            Some(_) => {}
            None => faults.push(
                subject
                    .gone(path, format!("`{path}` is Automotive Image Builder's, and is removed"))
                    .help(help),
            ),
        }
    }
    faults
}
