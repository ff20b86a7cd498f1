//! The image's config: the base's, every field of it, with labels, history and `diff_ids` added.
//! Nothing the base says is dropped, known to us or not.

use serde_json::{Map, Value, json};

use super::layers::WrittenLayer;
use super::{Epoch, NativeError};
use crate::plan::Plan;

/// What podman gives an image whose base has no `PATH`; without it the two engines would disagree.
const DEFAULT_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The config of `plan` on a base with the config `base` (OCI image spec, config.md).
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
    let diff_ids = array(object(&mut config, "rootfs")?, "diff_ids")?;
    diff_ids.extend(layers.iter().map(|layer| json!(layer.written.diff_id.to_string())));
    let history = array(&mut config, "history")?;
    history.extend(layers.iter().map(|layer| {
        json!({ "created": epoch.to_string(), "created_by": format!("lapstrake layer {}", layer.name) })
    }));
    Ok(Value::Object(config))
}

/// The object under a key; one that is missing or `null` is made.
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
