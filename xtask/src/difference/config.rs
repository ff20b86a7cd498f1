//! The config of two images: what a container of them runs, their labels, and the annotations of their manifests.

use serde_json::{Value, json};

use super::Side;
use super::change::{Change, Items, compare as compare_items};

pub(super) fn compare(old: &Side, new: &Side) -> Vec<Change> {
    compare_items(&items(old), &items(new))
}

fn items(side: &Side) -> Items {
    let image = &side.image;
    let mut items = Items::new();
    let mut add = |name: String, value: &Value| drop(items.insert(name, vec![("value", value.clone())]));
    add("architecture".to_owned(), &json!(image.architecture.as_str()));
    let config = image.config.get("config").and_then(Value::as_object);
    for (key, value) in config.into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        match value.as_object().filter(|_| key == "Labels") {
            Some(labels) => labels.iter().for_each(|(label, value)| add(format!("label {label}"), value)),
            None => add(key.clone(), value),
        }
    }
    for (key, value) in image.manifest.annotations.iter().flatten() {
        add(format!("annotation {key}"), &json!(value));
    }
    items
}
