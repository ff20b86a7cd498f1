//! Encodes JSON so that its bytes depend on its content alone.
//!
//! `serde_json` sorts keys only as long as no crate of a user's workspace enables its feature
//! `preserve_order`, and maps may come from a `HashMap`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// Encodes a document as compact JSON with the keys of every object sorted.
///
/// # Errors
///
/// Fails if the document has no form in JSON, for example a map whose keys are structs.
///
/// ```
/// let document = serde_json::json!({ "size": 1, "digest": "sha256:…" });
/// assert_eq!(lapstrake_oci::canonical(&document)?, r#"{"digest":"sha256:…","size":1}"#.as_bytes());
/// # Ok::<_, serde_json::Error>(())
/// ```
pub fn canonical(document: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Sorted(&serde_json::to_value(document)?))
}

struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => {
                let sorted: BTreeMap<_, _> = map.iter().map(|(key, value)| (key, Sorted(value))).collect();
                sorted.serialize(serializer)
            }
            Value::Array(values) => serializer.collect_seq(values.iter().map(Sorted)),
            plain => plain.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::canonical;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let map: HashMap<String, u32> = (0..10).rev().map(|i| (format!("k{i}"), i)).collect();
        let text = String::from_utf8(canonical(&vec![map]).unwrap()).unwrap();
        assert!(text.starts_with(r#"[{"k0":0,"k1":1,"k2":2"#) && text.ends_with(r#""k9":9}]"#), "{text}");
    }
}
