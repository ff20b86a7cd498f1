//! The payload that is signed: which digest, under which name (containers-signature(5)).

use serde_json::Value;

use crate::Digest;

const TYPE: &str = "cosign container image signature";

/// What a signature says: this digest has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payload {
    /// The repository, with the tag if it was signed for one.
    pub(super) reference: String,
    pub(super) digest: String,
}

impl Payload {
    pub(super) fn new(reference: &str, digest: &Digest) -> Self {
        Self { reference: reference.to_owned(), digest: digest.to_string() }
    }

    /// Encodes the payload in the bytes of cosign.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let quoted = |text: &str| Value::from(text).to_string();
        let identity = format!(r#"{{"docker-reference":{}}}"#, quoted(&self.reference));
        let image = format!(r#"{{"docker-manifest-digest":{}}}"#, quoted(&self.digest));
        let critical = format!(r#"{{"identity":{identity},"image":{image},"type":{}}}"#, quoted(TYPE));
        format!(r#"{{"critical":{critical},"optional":null}}"#).into_bytes()
    }

    /// Parses a payload as strictly as a device does: no field of `critical` is unknown.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(bytes).ok()?;
        let [critical, optional] = exact(&document, ["critical", "optional"])?;
        let is_optional = match optional {
            Value::Null => true,
            Value::Object(fields) => {
                fields.get("creator").is_none_or(Value::is_string)
                    && fields.get("timestamp").is_none_or(Value::is_number)
            }
            _ => false,
        };
        let [identity, image, kind] = exact(critical, ["identity", "image", "type"])?;
        let [reference] = exact(identity, ["docker-reference"])?;
        let [digest] = exact(image, ["docker-manifest-digest"])?;
        if !is_optional || kind != TYPE {
            return None;
        }
        Some(Self { reference: reference.as_str()?.to_owned(), digest: digest.as_str()?.to_owned() })
    }
}

/// Returns the values of an object that has exactly these keys.
fn exact<'a, const N: usize>(value: &'a Value, keys: [&str; N]) -> Option<[&'a Value; N]> {
    let object = value.as_object().filter(|object| object.len() == N)?;
    let values: Option<Vec<_>> = keys.iter().map(|key| object.get(*key)).collect();
    values?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_cosign() {
        let digest = "sha256:26a73151ab47a7a400c7a327e1cb9c7d15384ba73af682ceb9cc46aafa76a0b0";
        let payload = Payload::new("127.0.0.1:5971/fleet/edge", &Digest::parse(digest).unwrap());
        // As cosign 2.5 wrote it.
        let text = r#"{"critical":{"identity":{"docker-reference":"127.0.0.1:5971/fleet/edge"},"image":{"docker-manifest-digest":"sha256:26a73151ab47a7a400c7a327e1cb9c7d15384ba73af682ceb9cc46aafa76a0b0"},"type":"cosign container image signature"},"optional":null}"#;
        assert_eq!(String::from_utf8(payload.to_bytes()).unwrap(), text);
        assert_eq!(Payload::parse(text.as_bytes()), Some(payload));
        for (from, to) in [
            ("\"type\"", "\"more\":1,\"type\""),
            ("cosign container", "other container"),
            ("\"optional\":null", "\"optional\":[]"),
            (",\"optional\":null", ""),
            ("\"optional\":null", "\"optional\":{\"creator\":1}"),
            ("\"docker-reference\":\"127", "\"more\":\"\",\"docker-reference\":\"127"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            assert_eq!(Payload::parse(changed.as_bytes()), None, "{changed}");
        }
        let optional = text.replace("\"optional\":null", "\"optional\":{\"creator\":\"x\",\"build\":7}");
        assert!(Payload::parse(optional.as_bytes()).is_some());
    }
}
