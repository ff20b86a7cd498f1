//! The image's config: every field of the base's config, with labels, history and `diff_ids` added. Fields that
//! this tool does not know stay too.

use serde_json::{Map, Value, json};

use super::layers::WrittenLayer;
use super::{Epoch, NativeError};
use crate::plan::Plan;

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
    let diff_ids = array(object(&mut config, "rootfs")?, "diff_ids")?;
    diff_ids.extend(layers.iter().map(|layer| json!(layer.written.diff_id.to_string())));
    let history = array(&mut config, "history")?;
    history.extend(layers.iter().map(|layer| {
        json!({ "created": epoch.to_string(), "created_by": format!("lapstrake layer {}", layer.name) })
    }));
    Ok(Value::Object(config))
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
