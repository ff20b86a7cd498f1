//! Which signed names a policy accepts for an image: `signedIdentity` of containers-policy.json(5).

use serde_json::Value;

use super::named::Named;

/// Which signed name is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    MatchExact,
    MatchRepoDigestOrExact,
    MatchRepository,
    ExactReference(Named),
    ExactRepository(Named),
    Remap { prefix: String, signed: String },
}

impl Identity {
    /// Parses `signedIdentity`. Fields that the kind does not have are refused, as on a device.
    pub(super) fn parse(value: Option<&Value>) -> Option<Self> {
        let Some(value) = value else { return Some(Self::MatchRepoDigestOrExact) };
        let fields = value.as_object()?;
        let text = |key: &str| fields.get(key)?.as_str();
        let (parsed, count) = match text("type")? {
            "matchExact" => (Self::MatchExact, 1),
            "matchRepoDigestOrExact" => (Self::MatchRepoDigestOrExact, 1),
            "matchRepository" => (Self::MatchRepository, 1),
            "exactReference" => {
                let named = Named::parse(text("dockerReference")?)?;
                (Self::ExactReference(Some(named).filter(|named| !named.end.is_empty())?), 2)
            }
            "exactRepository" => (Self::ExactRepository(Named::parse(text("dockerRepository")?)?), 2),
            "remapIdentity" => {
                let [prefix, signed] = [text("prefix")?, text("signedPrefix")?].map(ToOwned::to_owned);
                (Self::Remap { prefix, signed }, 3)
            }
            _ => return None,
        };
        (fields.len() == count).then_some(parsed)
    }

    /// Returns whether a signed name is accepted for an image.
    pub(super) fn accepts(&self, image: &Named, signed: &str) -> bool {
        let Some(signed) = Named::parse(signed) else { return false };
        let is_exact = |image: &Named| !image.end.is_empty() && !signed.end.is_empty() && signed == *image;
        match self {
            Self::MatchExact => is_exact(image),
            Self::MatchRepoDigestOrExact => digest_or_exact(image, &signed),
            Self::MatchRepository => signed.name == image.name,
            Self::ExactReference(named) => is_exact(named),
            Self::ExactRepository(named) => signed.name == named.name,
            Self::Remap { prefix, signed: to } => {
                let rest = image.name.strip_prefix(prefix.as_str());
                let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('/'));
                let renamed = rest.map(|rest| Named { name: format!("{to}{rest}"), end: image.end.clone() });
                digest_or_exact(&renamed.unwrap_or_else(|| image.clone()), &signed)
            }
        }
    }
}

fn digest_or_exact(image: &Named, signed: &Named) -> bool {
    // A signed name without tag and digest is not exact.
    !signed.end.is_empty()
        && if image.has_digest() {
            signed.name == image.name
        } else {
            !image.end.is_empty() && signed == image
        }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_signed_name_is_compared_as_the_policy_says() {
        let image = "registry.example/fleet/edge:1";
        let digest = format!("registry.example/fleet/edge@sha256:{}", "0".repeat(64));
        let exact = json!({"type": "exactReference", "dockerReference": "vendor.example/edge:1"});
        let repository = json!({"type": "exactRepository", "dockerRepository": "vendor.example/edge"});
        let remap = json!({"type": "remapIdentity", "prefix": "registry.example/fleet", "signedPrefix": "vendor.example"});
        for (identity, image, signed, is_accepted) in [
            (json!({"type": "matchExact"}), image, image, true),
            (json!({"type": "matchExact"}), image, "registry.example/fleet/edge:2", false),
            (json!({"type": "matchExact"}), &digest, image, false),
            (json!({"type": "matchExact"}), image, "registry.example/fleet/edge", false),
            (json!({"type": "matchRepoDigestOrExact"}), image, image, true),
            (json!({"type": "matchRepoDigestOrExact"}), &digest, image, true),
            (json!({"type": "matchRepoDigestOrExact"}), &digest, "registry.example/fleet/edge", false),
            (json!({"type": "matchRepoDigestOrExact"}), image, "registry.example/fleet/edge:2", false),
            (json!({"type": "matchRepository"}), image, "registry.example/fleet/edge", true),
            (json!({"type": "matchRepository"}), image, "registry.example/fleet/edge:2", true),
            (json!({"type": "matchRepository"}), image, "registry.example/fleet/edge2:1", false),
            (json!({"type": "matchRepository"}), image, "registry.example/Fleet", false),
            (exact.clone(), image, "vendor.example/edge:1", true),
            (exact, image, "vendor.example/edge:2", false),
            (repository.clone(), image, "vendor.example/edge:2", true),
            (repository, image, image, false),
            (remap.clone(), image, "vendor.example/edge:1", true),
            (remap.clone(), image, image, false),
            (remap, "registry.example/fleets/edge:1", "registry.example/fleets/edge:1", true),
        ] {
            let parsed = Identity::parse(Some(&identity)).unwrap();
            let image = Named::of(&image.parse().unwrap());
            assert_eq!(parsed.accepts(&image, signed), is_accepted, "{identity} {image} {signed}");
        }
        assert_eq!(Identity::parse(None), Some(Identity::MatchRepoDigestOrExact));
        for wrong in [
            json!({"type": "matchAny"}),
            json!({"type": "matchExact", "more": 1}),
            json!({"type": "exactReference", "dockerReference": "vendor.example/edge"}),
            json!("matchExact"),
        ] {
            assert_eq!(Identity::parse(Some(&wrong)), None, "{wrong}");
        }
    }
}
