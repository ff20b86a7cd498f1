//! A comparison as JSON; `xtask/guide/diff.schema.json` describes it.

use serde_json::{Map, Value, json};

use crate::difference::{Change, Difference, Layer, Part, Side};

pub(super) fn of(difference: &Difference<'_>) -> Value {
    let download = &difference.download;
    let mut document = json!({
        "old": side(difference.old),
        "new": side(difference.new),
        "same_image": difference.is_same_image(),
        "download": {
            "bytes": download.bytes(),
            "config": download.config,
            "manifest": download.manifest,
            "layers": download.layers.iter().map(layer).collect::<Vec<_>>(),
            "removed": download.gone.iter().map(layer).collect::<Vec<_>>(),
        },
        "ostree_objects": difference.objects,
    });
    for part in &difference.parts {
        let changes: Vec<_> = part.changes.iter().map(change).collect();
        document[part.part.key()] = json!({ "unknown": part.unknown, "changes": changes });
    }
    debug_assert!(document[Part::Files.key()].is_object(), "every part is in the document");
    document
}

fn side(side: &Side) -> Value {
    json!({
        "name": side.name,
        "digest": side.image.digest,
        "architecture": side.image.architecture.as_str(),
        "version": side.image.label("org.opencontainers.image.version"),
    })
}

fn layer(layer: &Layer) -> Value {
    json!({
        "digest": layer.digest,
        "name": layer.name,
        "size": layer.size,
        "state": layer.state.word(),
        "download": layer.download,
    })
}

fn change(change: &Change) -> Value {
    let facts = change
        .facts
        .iter()
        .map(|fact| (fact.name.replace(' ', "_"), json!({ "old": fact.old, "new": fact.new })));
    json!({ "change": change.how.word(), "name": change.name, "facts": facts.collect::<Map<_, _>>() })
}
