//! `policy.json`: what a device demands of an image, by where the image comes from (containers-policy.json(5)).

use camino::Utf8PathBuf;
use serde_json::{Map, Value};

use super::identity::Identity;
use super::named::Named;

/// A policy for images of registries.
#[derive(Debug)]
pub(super) struct Policy {
    default: Vec<Requirement>,
    /// By scope.
    docker: Vec<(String, Vec<Requirement>)>,
}

/// What a policy demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Requirement {
    Accept,
    Reject,
    /// A signature of a name by one of the keys.
    Sigstore {
        keys: Vec<KeySource>,
        identity: Identity,
    },
    /// A demand that needs something that is not here: `signedBy`, or a field of `sigstoreSigned`.
    Unknown(String),
}

/// Where a public key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeySource {
    Path(Utf8PathBuf),
    /// The file itself, in base64.
    Data(String),
}

impl Policy {
    /// Parses a policy as strictly as a device does. The error is a sentence.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let fields = value.as_object().ok_or("it is not an object")?;
        known(fields, &["default", "transports"])?;
        let default = requirements(fields.get("default").ok_or("it has no `default`")?)?;
        let mut docker = Vec::new();
        if let Some(transports) = fields.get("transports") {
            let transports = transports.as_object().ok_or("`transports` is not an object")?;
            for (transport, scopes) in transports {
                let scopes = scopes.as_object().ok_or(format!("`{transport}` is not an object"))?;
                for (scope, list) in scopes {
                    let list = requirements(list)?;
                    if transport == "docker" {
                        docker.push((scope.clone(), list));
                    }
                }
            }
        }
        Ok(Self { default, docker })
    }

    /// Returns what is demanded of an image, and the rule that says so.
    pub(super) fn demands(&self, image: &Named) -> (String, &[Requirement]) {
        for scope in image.scopes().into_iter().chain([String::new()]) {
            if let Some((_, list)) = self.docker.iter().find(|(name, _)| *name == scope) {
                return (format!("transports.docker.\"{scope}\""), list);
            }
        }
        ("default".to_owned(), &self.default)
    }
}

fn known(fields: &Map<String, Value>, names: &[&str]) -> Result<(), String> {
    match fields.keys().find(|key| !names.contains(&key.as_str())) {
        Some(key) => Err(format!("it has the unknown field `{key}`")),
        None => Ok(()),
    }
}

fn requirements(value: &Value) -> Result<Vec<Requirement>, String> {
    let list = value.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or("a rule is not a list of requirements with at least one")?;
    list.iter().map(requirement).collect()
}

fn requirement(value: &Value) -> Result<Requirement, String> {
    let fields = value.as_object().ok_or("a requirement is not an object")?;
    match fields.get("type").and_then(Value::as_str) {
        Some("insecureAcceptAnything") => known(fields, &["type"]).map(|()| Requirement::Accept),
        Some("reject") => known(fields, &["type"]).map(|()| Requirement::Reject),
        Some("signedBy") => Ok(Requirement::Unknown("signedBy".to_owned())),
        Some("sigstoreSigned") => sigstore(fields),
        Some(kind) => Err(format!("a requirement has the unknown type `{kind}`")),
        None => Err("a requirement has no type".to_owned()),
    }
}

fn sigstore(fields: &Map<String, Value>) -> Result<Requirement, String> {
    const UNKNOWN: [&str; 7] = [
        "fulcio",
        "pki",
        "rekorPublicKeyPath",
        "rekorPublicKeyPaths",
        "rekorPublicKeyData",
        "rekorPublicKeyDatas",
        "keyDatas",
    ];
    let own = ["type", "keyPath", "keyPaths", "keyData", "signedIdentity"];
    known(fields, &[&own[..], &UNKNOWN].concat())?;
    if let Some(field) = UNKNOWN.iter().find(|field| fields.contains_key(**field)) {
        return Ok(Requirement::Unknown(format!("sigstoreSigned with `{field}`")));
    }
    let identity = Identity::parse(fields.get("signedIdentity"));
    let identity = identity.ok_or("`signedIdentity` is not in a form of containers-policy.json(5)")?;
    let path = |value: &Value| value.as_str().map(|path| KeySource::Path(path.into()));
    let keys = match (fields.get("keyPath"), fields.get("keyPaths"), fields.get("keyData")) {
        (Some(key), None, None) => path(key).map(|key| vec![key]),
        (None, Some(keys), None) => keys.as_array().and_then(|keys| keys.iter().map(path).collect()),
        (None, None, Some(key)) => key.as_str().map(|key| vec![KeySource::Data(key.to_owned())]),
        _ => None,
    };
    let keys = keys.filter(|keys| !keys.is_empty());
    let keys = keys.ok_or("`sigstoreSigned` needs one of `keyPath`, `keyPaths` and `keyData`")?;
    Ok(Requirement::Sigstore { keys, identity })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
        "default": [{"type": "reject"}],
        "transports": {
            "docker": {
                "registry.example/fleet": [{"type": "sigstoreSigned", "keyPath": "/etc/pki/containers/fleet.pub"}],
                "registry.example/fleet/edge": [{"type": "insecureAcceptAnything"}],
                "*.example": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/x"}],
                "fulcio.test": [{"type": "sigstoreSigned", "fulcio": {}, "rekorPublicKeyPath": "/x"}]
            },
            "containers-storage": {"": [{"type": "insecureAcceptAnything"}]}
        }
    }"#;

    #[test]
    fn the_longest_scope_decides_and_then_the_default() {
        let policy = Policy::parse(TEXT.as_bytes()).unwrap();
        let rule = |reference: &str| {
            let (rule, list) = policy.demands(&Named::of(&reference.parse().unwrap()));
            (rule, list[0].clone())
        };
        let (name, signed) = rule("registry.example/fleet/other:1");
        assert_eq!(name, "transports.docker.\"registry.example/fleet\"");
        let keys = vec![KeySource::Path("/etc/pki/containers/fleet.pub".into())];
        assert_eq!(signed, Requirement::Sigstore { keys, identity: Identity::MatchRepoDigestOrExact });
        assert_eq!(rule("registry.example/fleet/edge:1").1, Requirement::Accept);
        assert_eq!(rule("registry.example/fleets:1").1, Requirement::Unknown("signedBy".to_owned()));
        assert_eq!(
            rule("fulcio.test/a:1").1,
            Requirement::Unknown("sigstoreSigned with `fulcio`".to_owned())
        );
        assert_eq!(rule("registry.test/a:1"), ("default".to_owned(), Requirement::Reject));
    }

    #[test]
    fn a_policy_that_a_device_does_not_read_is_an_error() {
        for (from, to, error) in [
            (r#""default": [{"type": "reject"}],"#, "", "it has no `default`"),
            (r#"[{"type": "reject"}]"#, "[]", "a rule is not a list of requirements with at least one"),
            (
                r#"{"type": "reject"}"#,
                r#"{"type": "rejects"}"#,
                "a requirement has the unknown type `rejects`",
            ),
            (r#"{"type": "reject"}"#, r#"{"type": "reject", "x": 1}"#, "it has the unknown field `x`"),
            (
                r#""keyPath": "/etc/pki/containers/fleet.pub""#,
                r#""keyPaths": []"#,
                "`sigstoreSigned` needs one of `keyPath`, `keyPaths` and `keyData`",
            ),
        ] {
            let text = TEXT.replacen(from, to, 1);
            assert_ne!(text, TEXT);
            assert_eq!(Policy::parse(text.as_bytes()).unwrap_err(), error);
        }
    }
}
