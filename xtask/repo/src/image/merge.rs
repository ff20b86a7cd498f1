//! Merges the JSON documents of several examples. Lists are concatenated; every other value (`schema`, `version`) must
//! be the same in all documents.

use serde_json::{Map, Value};

#[derive(Debug, thiserror::Error)]
pub(super) enum MergeError {
    #[error("the example `{example}` printed invalid JSON")]
    NoJson { example: String, source: serde_json::Error },
    #[error("the example `{example}` printed JSON that is not an object")]
    NoObject { example: String },
    #[error("the example `{example}` has another `{key}` than the examples before it")]
    Differs { example: String, key: String },
}

/// Merges the documents in the order of the examples. Returns `None` when no example printed anything.
pub(super) fn merge(documents: &[(&str, Vec<u8>)]) -> Result<Option<Value>, MergeError> {
    let mut merged: Option<Map<String, Value>> = None;
    for (example, document) in documents {
        if document.trim_ascii().is_empty() {
            continue;
        }
        let parsed = serde_json::from_slice(document)
            .map_err(|source| MergeError::NoJson { example: (*example).to_owned(), source })?;
        let Value::Object(object) = parsed else {
            return Err(MergeError::NoObject { example: (*example).to_owned() });
        };
        match &mut merged {
            None => merged = Some(object),
            Some(merged) => join(merged, object)
                .map_err(|key| MergeError::Differs { example: (*example).to_owned(), key })?,
        }
    }
    Ok(merged.map(Value::Object))
}

/// Adds `more` to `merged`, or returns the key whose values differ.
fn join(merged: &mut Map<String, Value>, more: Map<String, Value>) -> Result<(), String> {
    for (key, value) in more {
        match (merged.get_mut(&key), value) {
            (Some(Value::Array(values)), Value::Array(more)) => values.extend(more),
            (Some(same), value) if *same == value => {}
            (Some(_), _) => return Err(key),
            (None, value) => drop(merged.insert(key, value)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(documents: &[&str]) -> Result<Option<Value>, MergeError> {
        let names = ["cockpit", "gateway", "sensord"];
        let documents: Vec<_> =
            names.into_iter().zip(documents).map(|(name, text)| (name, text.as_bytes().to_vec())).collect();
        merge(&documents)
    }

    #[test]
    fn images_are_put_after_one_another_and_the_schema_is_kept() {
        let documents = [
            r#"{"schema":1,"images":[{"name":"b"},{"name":"a"}]}"#,
            "",
            r#"{"schema":1,"images":[{"name":"c"}]}"#,
        ];
        let expected = json!({"schema": 1, "images": [{"name": "b"}, {"name": "a"}, {"name": "c"}]});
        assert_eq!(merged(&documents).unwrap(), Some(expected));
    }

    #[test]
    fn sarif_is_merged_by_its_runs() {
        let documents = [r#"{"version":"2.1.0","runs":[1]}"#, r#"{"version":"2.1.0","runs":[2]}"#];
        assert_eq!(merged(&documents).unwrap(), Some(json!({"version": "2.1.0", "runs": [1, 2]})));
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        assert_eq!(merged(&["", "\n"]).unwrap(), None);
    }

    #[test]
    fn what_can_not_be_one_is_an_error_that_names_the_example() {
        for (documents, error) in [
            (["{", "{}"], "the example `cockpit` printed invalid JSON"),
            (["{}", "[]"], "the example `gateway` printed JSON that is not an object"),
            (
                [r#"{"schema":1}"#, r#"{"schema":2}"#],
                "the example `gateway` has another `schema` than the examples before it",
            ),
        ] {
            assert_eq!(merged(&documents).unwrap_err().to_string(), error);
        }
    }
}
