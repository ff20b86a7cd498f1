//! A key of a JSON file. The file is written again: the order of its keys and its spaces change, and nothing else.

use serde_json::{Map, Value};

use super::{Unfit, shown};

/// Returns the text with the key of the object at `section`, a path of keys with dots.
pub(super) fn set(text: &str, section: &str, key: &str, value: &str) -> Result<String, Unfit> {
    let mut document: Value =
        serde_json::from_str(text).map_err(|error| Unfit::new(format!("is not JSON: {error}")))?;
    let value: Value = serde_json::from_str(value).map_err(|_| {
        let unfit = Unfit::new(format!("is JSON, and `{}` is not a value of JSON", shown(value)));
        unfit.help(format!("write `{value:?}` with its quotes, as JSON has a text"))
    })?;
    let mut at = &mut document;
    for name in section.split('.').filter(|name| !name.is_empty()) {
        let object = at.as_object_mut().ok_or_else(|| no_object(name))?;
        at = object.entry(name).or_insert_with(|| Value::Object(Map::new()));
    }
    at.as_object_mut().ok_or_else(|| no_object(section))?.insert(key.to_owned(), value);
    let text = serde_json::to_string_pretty(&document).expect("a value of JSON is written as JSON");
    Ok(text + "\n")
}

fn no_object(name: &str) -> Unfit {
    Unfit::new(format!("has no object at `{}`", shown(name)))
}
