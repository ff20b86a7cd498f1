//! The words in which the forms for a person describe a change.

use indicatif::HumanBytes;
use serde_json::Value;

use crate::difference::{Change, Difference, Fact, How, LayerState, PartDifference};

/// How many lines of a part are shown.
const SHOWN: usize = 20;

/// Returns the lines of a part that are shown, and how many more there are.
pub(super) fn shown(changes: &[Change], all: bool) -> (&[Change], usize) {
    // A line about one more change is as long as the change.
    let count = if all || changes.len() <= SHOWN + 1 { changes.len() } else { SHOWN };
    (&changes[..count], changes.len() - count)
}

/// Returns how many changes of each kind a part has: "1 added, 2 changed".
pub(super) fn counts(part: &PartDifference) -> String {
    let count = |how| part.changes.iter().filter(|change| change.how == how).count();
    let kinds = [How::Added, How::Removed, How::Changed].map(|how| (count(how), how.word()));
    let known: Vec<_> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let unknown = (!part.unknown.is_empty()).then(|| "not known".to_owned());
    let all: Vec<_> = known.into_iter().chain(unknown).collect();
    if all.is_empty() { "no change".to_owned() } else { all.join(", ") }
}

/// Returns the facts of a change, each as a text.
pub(super) fn facts(change: &Change) -> Vec<String> {
    change.facts.iter().filter_map(|fact| of_fact(change.how, fact)).collect()
}

fn of_fact(how: How, fact: &Fact) -> Option<String> {
    let is_content = ["content", "content of drop-ins", "vmlinuz", "initramfs.img"].contains(&fact.name);
    let text = |value: &Option<Value>| {
        value.as_ref().map_or_else(|| of_none(fact.name).to_owned(), |value| of_value(fact.name, value))
    };
    if how == How::Changed {
        // Digests tell a person nothing.
        if is_content && fact.old.is_some() && fact.new.is_some() {
            return Some(fact.name.to_owned());
        }
        let (old, new) = (text(&fact.old), text(&fact.new));
        if old == new {
            return None;
        }
        return Some(match fact.name {
            "version" | "value" => format!("{old} -> {new}"),
            name => format!("{name} {old} -> {new}"),
        });
    }
    let value = fact.new.as_ref().or(fact.old.as_ref())?;
    match (fact.name, value.as_str()) {
        _ if is_content => None,
        ("kind", Some("file" | "symlink")) | ("owner", Some("0:0")) => None,
        ("target", Some(target)) => Some(format!("-> {target}")),
        ("version" | "value" | "kind" | "size" | "mode" | "owner" | "device" | "file", _) => {
            Some(of_value(fact.name, value))
        }
        (name, _) => Some(format!("{name} {}", of_value(name, value))),
    }
}

/// Returns the text for a fact that a side has not.
fn of_none(name: &str) -> &'static str {
    if name == "masked" { "no" } else { "none" }
}

fn of_value(name: &str, value: &Value) -> String {
    let text = match value {
        Value::Number(bytes) if name == "size" => HumanBytes(bytes.as_u64().unwrap_or(0)).to_string(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(values) => {
            let texts: Vec<_> = values.iter().map(|value| of_value(name, value)).collect();
            texts.join(", ")
        }
        Value::Object(_) | Value::Number(_) | Value::Null => value.to_string(),
    };
    visible(&text)
}

/// Escapes what would change a terminal or end a line.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

/// A line about a layer: its sign, its name, and what becomes of it.
pub(super) struct LayerLine {
    pub(super) sign: char,
    pub(super) name: String,
    pub(super) bytes: String,
    pub(super) note: &'static str,
}

/// Returns a line for each layer that is not kept, and one for the config and the manifest.
pub(super) fn layers(difference: &Difference<'_>) -> Vec<LayerLine> {
    let download = &difference.download;
    let mut lines = Vec::new();
    for layer in download.layers.iter().chain(&download.gone) {
        let is_replaced = |state| {
            state == LayerState::Removed
                && download
                    .layers
                    .iter()
                    .any(|other| other.state == LayerState::Replaced && other.name == layer.name)
        };
        let (sign, note) = match layer.state {
            LayerState::Kept => continue,
            state if is_replaced(state) => continue,
            LayerState::Replaced => ('~', "replaced"),
            LayerState::Recompressed => ('~', "same files, compressed otherwise"),
            LayerState::Added if layer.download == 0 => ('+', "added, same blob as another"),
            LayerState::Added => ('+', "added"),
            LayerState::Removed => ('-', "removed"),
        };
        let short = || layer.digest.to_string().chars().take(19).collect();
        let name = layer.name.as_deref().map_or_else(short, visible);
        let bytes = if layer.state == LayerState::Removed {
            String::new()
        } else {
            HumanBytes(layer.download).to_string()
        };
        lines.push(LayerLine { sign, name, bytes, note });
    }
    let documents = download.config + download.manifest;
    if documents > 0 {
        let (name, bytes) = ("config and manifest".to_owned(), HumanBytes(documents).to_string());
        lines.push(LayerLine { sign: '~', name, bytes, note: "" });
    }
    lines
}

/// Returns the sentence about the download.
pub(super) fn summary(difference: &Difference<'_>) -> String {
    let (old, new) = (&difference.old.name, &difference.new.name);
    let (old, new) = (visible(old), visible(new));
    if difference.is_same_image() {
        return format!("{old} and {new} are the same image: a device downloads nothing");
    }
    let download = &difference.download;
    let bytes = HumanBytes(download.bytes());
    let all = download.layers.len();
    let layers = format!("{} of {all} layer{}", download.fetched(), if all == 1 { "" } else { "s" });
    format!("a device with {old} downloads {bytes} for {new}: {layers}, config and manifest")
}
