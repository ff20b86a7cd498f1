//! The kernels of two images, and the kernel arguments of their files in /usr/lib/bootc/kargs.d, which bootc adds and
//! removes on a device with an update.

use lapstrake::value::ImagePath;
use serde_json::json;

use super::change::{Items, compare as compare_items};
use super::{Part, PartDifference, Side};
use crate::base::facts;
use crate::check::Kargs;

const MODULES: &str = "/usr/lib/modules";
const KARGS: &str = "/usr/lib/bootc/kargs.d";

pub(super) fn compare(old: &Side, new: &Side) -> PartDifference {
    let mut unknown = Vec::new();
    let (old, new) = (items(old, &mut unknown), items(new, &mut unknown));
    PartDifference { part: Part::Kernel, changes: compare_items(&old, &new), unknown }
}

fn items(side: &Side, unknown: &mut Vec<String>) -> Items {
    let mut items = Items::new();
    for (kernel, path) in children(side, MODULES) {
        let tree = side.image.index.tree();
        let mut parts = Vec::new();
        for part in ["vmlinuz", "initramfs.img"] {
            let entry = path.join(part).ok().and_then(|path| tree.get(&tree.follow(&path).ok()?));
            if let Some(found) = entry.and_then(|entry| facts(&entry.node.kind)) {
                parts.push((part, json!(found.digest)));
            }
        }
        // A directory without a kernel has modules alone.
        if !parts.is_empty() {
            items.insert(format!("kernel {kernel}"), parts);
        }
    }
    for (file, path) in
        children(side, KARGS).into_iter().filter(|(file, _)| file.strip_suffix(".toml").is_some())
    {
        match side.image.index.text(&path).map(Kargs::parse) {
            Some(Ok(kargs)) if kargs.is_of(side.image.architecture) => {
                for karg in kargs.arguments() {
                    items.insert(format!("argument {karg}"), Vec::new());
                }
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => {
                unknown.push(format!(
                    "the kernel arguments of `{KARGS}/{file}` of `{}` can't be read",
                    side.name
                ));
            }
        }
    }
    items
}

/// Returns what is in a directory, by name.
fn children(side: &Side, directory: &str) -> Vec<(String, ImagePath)> {
    let tree = side.image.index.tree();
    let found = ImagePath::parse(directory).ok().and_then(|path| tree.follow(&path).ok());
    let Some((path, entry)) = found.and_then(|path| tree.get(&path).map(|entry| (path, entry))) else {
        return Vec::new();
    };
    let names = entry.children().filter_map(|(name, _)| Some((name.to_owned(), path.join(name).ok()?)));
    names.collect()
}
