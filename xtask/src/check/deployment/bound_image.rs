//! `bound-image`: containers that an image brings along. bootc stages an image whose bound container is
//! missing, and the device finds out after the reboot.

use crate::check::{Check, Example, Fault, Subject};
use lapstrake::systemd::UnitFile;

pub(super) const CHECK: Check = Check::fatal(
    "bound-image",
    "bootc pulls what the links in /usr/lib/bootc/bound-images.d name, and nothing else",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").symlink("/usr/share/app/app.image", "/usr/lib/bootc/bound-images.d/app.image")"#,
    fixed: r#"Layer::new("app")
    .text("[Image]\nImage=registry.example/app@sha256:5d20c808ce198565ff70b3ed23a991dd\n", "/usr/share/app/app.image")
    .symlink("/usr/share/app/app.image", "/usr/lib/bootc/bound-images.d/app.image")"#,
});

const DIRECTORY: &str = "/usr/lib/bootc/bound-images.d";

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let mut faults = Vec::new();
    for node in tree.children(DIRECTORY) {
        let path = node.path();
        let Some(target) = node.target() else {
            let help = "put the file in `/usr/share/containers/systemd`, and add `.symlink(…)` here";
            faults.push(Fault::at(&node, format!("`{path}` is not a symlink; bootc ignores it")).help(help));
            continue;
        };
        let section = match target.rsplit_once('.') {
            Some((_, "image")) => "Image",
            Some((_, "container")) => "Container",
            _ => {
                let message =
                    format!("`{path}` leads to `{target}`, which is neither a `.image` nor a `.container`");
                faults.push(Fault::at(&node, message).help("link a quadlet of podman"));
                continue;
            }
        };
        let Some(file) = tree.follow(path.as_str()) else {
            if !subject.runs_unseen() {
                let message = format!("`{path}` leads to `{target}`, which is not in the image");
                faults.push(Fault::at(&node, message).help(format!("add `.file(…, {target:?})`")));
            }
            continue;
        };
        let Some(text) = file.text() else { continue };
        let unit = UnitFile::parse(text);
        let image = unit.values(section, "Image").last().unwrap_or_default().to_owned();
        if image.is_empty() {
            let message = format!("`{}` has no `Image=` in `[{section}]`", file.path());
            faults.push(Fault::at(&file, message).help("add `Image=REGISTRY/NAME@sha256:…`"));
        } else if !image.contains("@sha256:") && image.strip_suffix(".image").is_none() {
            let message = format!("`{}` binds `{image}`, which may be another image tomorrow", file.path());
            faults.push(
                Fault::at(&file, message)
                    .help(format!("pin it: `Image={image}@sha256:…`"))
                    .as_warning("bootc takes the image that has the name then"),
            );
        }
    }
    faults
}
