//! The image's config: every field of the base's config, with labels, history and `diff_ids` added. Fields that
//! this tool does not know stay too.

use lapstrake::value::{ContainerUser, ImagePath, StopSignal};
use serde_json::{Map, Value, json};

use super::layers::WrittenLayer;
use super::{Epoch, NativeError};
use crate::plan::{Execution, Plan};

/// What podman sets if the base has no `PATH`. Without it, the two artefacts would differ.
const DEFAULT_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Returns the config of `plan` on a base with the config `base` (OCI image spec, config.md).
pub(super) fn extend(
    base: &Value,
    plan: &Plan,
    layers: &[WrittenLayer],
    epoch: Epoch,
) -> Result<Value, NativeError> {
    let mut config = base.as_object().cloned().ok_or(NativeError::BaseConfig)?;
    config.insert("created".to_owned(), json!(epoch.to_string()));
    let execution = object(&mut config, "config")?;
    let environment = array(execution, "Env")?;
    if !environment.iter().any(|variable| variable.as_str().is_some_and(|text| text.starts_with("PATH="))) {
        environment.push(json!(DEFAULT_PATH));
    }
    if !plan.labels.is_empty() {
        let labels = object(execution, "Labels")?;
        labels.extend(plan.labels.iter().map(|(key, value)| (key.to_string(), json!(value))));
    }
    set_execution(execution, &plan.execution)?;
    let diff_ids = array(object(&mut config, "rootfs")?, "diff_ids")?;
    let of_base = diff_ids.len();
    diff_ids.extend(layers.iter().map(|layer| json!(layer.written.diff_id.to_string())));
    let history = array(&mut config, "history")?;
    complete(history, of_base, epoch);
    history.extend(layers.iter().map(|layer| {
        json!({ "created": epoch.to_string(), "created_by": format!("lapstrake layer {}", layer.name) })
    }));
    Ok(Value::Object(config))
}

/// Changes what the instructions of a Containerfile would change, in the way of `podman build`.
fn set_execution(config: &mut Map<String, Value>, execution: &Execution) -> Result<(), NativeError> {
    let Execution { env, workdir, user, entrypoint, cmd, stop_signal } = execution;
    for (name, value) in env {
        let environment = array(config, "Env")?;
        let is_of_name = |variable: &Value| {
            variable
                .as_str()
                .and_then(|text| text.split_once('='))
                .is_some_and(|(key, _)| key == name.as_str())
        };
        environment.retain(|variable| !is_of_name(variable));
        environment.push(json!(format!("{name}={value}")));
    }
    let words = [
        ("WorkingDir", workdir.as_ref().map(ImagePath::as_str)),
        ("User", user.as_ref().map(ContainerUser::as_str)),
        ("StopSignal", stop_signal.as_ref().map(StopSignal::as_str)),
    ];
    for (key, word) in words {
        config.extend(word.map(|word| (key.to_owned(), json!(word))));
    }
    if entrypoint.is_some() {
        config.remove("Cmd");
    }
    for (key, argv) in [("Entrypoint", entrypoint), ("Cmd", cmd)] {
        match argv {
            Some(argv) if argv.is_empty() => drop(config.remove(key)),
            Some(argv) => drop(config.insert(key.to_owned(), json!(argv))),
            None => {}
        }
    }
    Ok(())
}

/// Gives each layer of the base an entry. podman compares their number with that of the layers, and builds on
/// nothing where they differ.
fn complete(history: &mut Vec<Value>, layers: usize, epoch: Epoch) {
    let is_of_layer = |entry: &&Value| entry.get("empty_layer") != Some(&json!(true));
    let listed = history.iter().filter(is_of_layer).count();
    if listed > layers {
        // No entry can be assigned to a layer.
        history.clear();
    }
    let missing = layers - history.iter().filter(is_of_layer).count();
    let entry = json!({ "created": epoch.to_string(), "created_by": "layer of the base, without history" });
    history.extend(std::iter::repeat_n(entry, missing));
}

/// Returns the object under a key, and adds it if it is missing or `null`.
fn object<'a>(of: &'a mut Map<String, Value>, key: &str) -> Result<&'a mut Map<String, Value>, NativeError> {
    let value = of.entry(key).or_insert(Value::Null);
    if value.is_null() {
        *value = json!({});
    }
    value.as_object_mut().ok_or(NativeError::BaseConfig)
}

fn array<'a>(of: &'a mut Map<String, Value>, key: &str) -> Result<&'a mut Vec<Value>, NativeError> {
    let value = of.entry(key).or_insert(Value::Null);
    if value.is_null() {
        *value = json!([]);
    }
    value.as_array_mut().ok_or(NativeError::BaseConfig)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Epoch, complete};

    /// podman refuses to build on an image whose history has not one entry for each layer.
    #[test]
    fn each_layer_of_the_base_has_an_entry_in_the_history() {
        let entry = |name: &str| json!({ "created_by": name });
        let empty = |name: &str| json!({ "created_by": name, "empty_layer": true });
        for (history, layers) in [
            (vec![], 0),
            (vec![], 3),
            (vec![entry("a")], 3),
            (vec![entry("a"), empty("b"), entry("c")], 2),
            (vec![entry("a"), entry("b"), entry("c")], 2),
            (vec![empty("a")], 1),
        ] {
            let before = history.clone();
            let mut history = history;
            complete(&mut history, layers, Epoch::default());
            let of_layers = history.iter().filter(|entry| entry.get("empty_layer").is_none()).count();
            assert_eq!(of_layers, layers, "{before:?}");
            if before.len() <= layers {
                assert!(history.starts_with(&before), "what the base says stays");
            }
        }
    }
}
