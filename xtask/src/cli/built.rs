//! What a build reports of its layers: the size of each, what changed since the last build, and what a device downloads
//! that has that build.

use indicatif::HumanBytes;
use serde_json::{Map, Value, json};
use unicode_width::UnicodeWidthStr;

use crate::image::{Built, BuiltLayer, LayerOrigin, Since};
use crate::plan::Plan;
use crate::support::progress::Progress;

/// Returns the bytes of all layers.
pub(super) fn size_of(layers: &[BuiltLayer]) -> u64 {
    layers.iter().map(|layer| layer.size).sum()
}

/// Returns the bytes that a device downloads which has the last build. None without such a build.
pub(super) fn download_of(layers: &[BuiltLayer]) -> Option<u64> {
    layers.iter().map(|layer| layer.download).sum()
}

/// A line about a layer, or about all layers of the base.
struct Line {
    verb: &'static str,
    name: String,
    size: u64,
    change: String,
    fact: Map<String, Value>,
}

/// Writes one line for each layer and one with their sum.
pub(super) fn report_built(plan: &Plan, built: &Built, progress: &Progress) {
    let (of_base, own): (Vec<_>, Vec<_>) =
        built.layers.iter().cloned().partition(|layer| layer.origin == LayerOrigin::Base);
    let lines = base_line(plan, &of_base).into_iter().chain(own.iter().map(|layer| own_line(plan, layer)));
    let lines: Vec<_> = lines.collect();
    let width =
        |text: &dyn Fn(&Line) -> String| lines.iter().map(|line| text(line).width()).max().unwrap_or(0);
    let size = |line: &Line| HumanBytes(line.size).to_string();
    let (names, sizes) = (width(&|line| line.name.clone()), width(&size));
    for line in lines {
        let size = size(&line);
        let what = format!("{:names$}  {size:>sizes$}  {}", line.name, line.change);
        progress.status_with(line.verb, &what, &|| line.fact.clone());
    }
    for name in built.gone.iter().flatten() {
        progress.status_with("Gone", &format!("{name}, a layer of the last build"), &|| {
            fact_of(plan, "layer", json!({ "name": name }))
        });
    }
    finished(plan, built, &own, progress);
}

fn base_line(plan: &Plan, layers: &[BuiltLayer]) -> Option<Line> {
    let new: Vec<_> = layers.iter().filter(|layer| layer.since_last_build == Some(Since::New)).collect();
    let first = layers.first()?;
    let change = match (first.since_last_build, new.len()) {
        (None, _) => "as it is".to_owned(),
        (Some(_), 0) => "unchanged".to_owned(),
        (Some(_), count) => {
            let bytes = HumanBytes(download_of(layers).unwrap_or(0));
            format!("download {bytes} in {}, because the base changed", plural(count))
        }
    };
    let (size, download) = (size_of(layers), download_of(layers));
    let base = json!({ "layers": layers.len(), "new": new.len(), "size": size, "download": download });
    let fact = fact_of(plan, "base", base);
    Some(Line { verb: "Base", name: plural(layers.len()), size, change, fact })
}

fn own_line(plan: &Plan, layer: &BuiltLayer) -> Line {
    // The reason is against the last time that the layer was written, also in a build that was not finished.
    let is_unchanged = layer.reused && layer.reason == "unchanged";
    let is_of_earlier = layer.reused && layer.origin == LayerOrigin::Engine;
    let change = match layer.since_last_build {
        None => layer.reason.clone(),
        Some(Since::Same) if layer.reused => "unchanged".to_owned(),
        Some(Since::Same) => "unchanged, but written again".to_owned(),
        // Another layer has the same bytes.
        Some(_) if layer.download == Some(0) => "nothing more to download".to_owned(),
        Some(Since::Changed) if is_unchanged => "download, because a build since then wrote it".to_owned(),
        Some(Since::Changed) if is_of_earlier => {
            "download, because its inputs changed; such a layer is in the store".to_owned()
        }
        Some(Since::Changed) => format!("download, because {}", layer.reason),
        Some(Since::New) => "download, because the layer is new".to_owned(),
    };
    let fact = fact_of(plan, "layer", json!(layer));
    let name = layer.name.as_ref().map(ToString::to_string).unwrap_or_default();
    Line { verb: "Layer", name, size: layer.size, change, fact }
}

fn fact_of(plan: &Plan, name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([("image".to_owned(), json!(plan.name)), (name.to_owned(), value)])
}

fn finished(plan: &Plan, built: &Built, own: &[BuiltLayer], progress: &Progress) {
    let written = own.iter().filter(|layer| !layer.reused).count();
    let what = match (written, own.len() - written) {
        (0, _) => "no layer written".to_owned(),
        (written, 0) => format!("{written} written"),
        (written, reused) => format!("{written} written, {reused} reused"),
    };
    let (size, download) = (size_of(&built.layers), download_of(&built.layers));
    let bytes = match download {
        Some(download) => format!("a device with the last build downloads {}", HumanBytes(download)),
        None => format!("{} in {}", HumanBytes(size), plural(built.layers.len())),
    };
    let digest = built.descriptor.digest.clone();
    let short = digest.get(..19).expect("a digest has an algorithm and 64 digits");
    progress.status_with("Finished", &format!("{} {short} ({what}); {bytes}", plan.name), &|| {
        let fields = [
            ("image", json!(plan.name)),
            ("digest", json!(digest)),
            ("size", json!(size)),
            ("download", json!(download)),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    });
}

fn plural(layers: usize) -> String {
    format!("{layers} layer{}", if layers == 1 { "" } else { "s" })
}
