//! The phrases of programs that copy images: podman, buildah and skopeo.

use super::Diagnosis;

/// The registry or the storage does not give the image.
pub(super) fn refusal(text: &str) -> Option<Diagnosis> {
    let text = text.to_lowercase();
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    if has(&["unauthorized", "authentication required", "denied: ", "invalid username/password"]) {
        Some(Diagnosis::Unauthorized)
    } else if has(&["server gave http response to https client", "x509: ", "certificate"]) {
        Some(Diagnosis::Insecure)
    } else if has(&["manifest unknown", "name unknown", "repository name not known", "not found"]) {
        Some(Diagnosis::NoSuchImage)
    } else if has(&[
        "no such host",
        "connection refused",
        "timeout",
        "network is unreachable",
        "dial tcp",
        "deadline exceeded",
    ]) {
        Some(Diagnosis::Unreachable)
    } else if has(&["newuidmap", "operation not permitted", "permission denied", "cannot clone"]) {
        Some(Diagnosis::NotPermitted)
    } else {
        None
    }
}

/// Returns the command that lists the tags of an image.
pub(super) fn list_tags(reference: &str) -> String {
    format!("list the tags: `skopeo list-tags docker://{}`", without_tag(reference))
}

/// Returns the command that logs in to the registry of an image.
pub(super) fn login(reference: &str) -> String {
    format!("run `podman login {}`", host(reference))
}

/// Returns the configuration that allows the registry of an image to have no TLS.
pub(super) fn without_tls(reference: &str) -> String {
    let host = host(reference);
    format!(
        "for a registry without TLS, write `[[registry]]`, `location = \"{host}\"`, `insecure = true` to a file in ~/.config/containers/registries.conf.d"
    )
}

/// Returns the command that copies an image from the storage of another user.
pub(super) fn copy_between_storages(reference: &str, is_root: bool) -> String {
    if is_root {
        format!("this is root's storage; from a user's: `podman image scp USER@localhost::{reference}`")
    } else {
        format!(
            "this is your own storage, and `aib build` leaves its result in root's: `sudo podman image scp root@localhost::{reference} $USER@localhost::`"
        )
    }
}

fn host(reference: &str) -> &str {
    reference.split_once('/').map_or(reference, |(host, _)| host)
}

fn without_tag(reference: &str) -> &str {
    let reference = reference.split_once('@').map_or(reference, |(name, _)| name);
    match reference.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => reference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_a_refusal_is_read_from_the_words_of_the_program() {
        for (text, cause) in [
            ("Error response from registry: UNAUTHORIZED: access denied", Diagnosis::Unauthorized),
            ("tls: failed to verify certificate: x509: unknown authority", Diagnosis::Insecure),
            ("reading manifest 2 in localhost:5000/base: manifest unknown", Diagnosis::NoSuchImage),
            ("dial tcp 127.0.0.1:5000: connect: connection refused", Diagnosis::Unreachable),
        ] {
            assert_eq!(refusal(text), Some(cause), "{text}");
        }
        assert_eq!(refusal("panic"), None);
    }

    #[test]
    fn tags_are_listed_for_a_repository() {
        assert_eq!(without_tag("localhost:5000/base"), "localhost:5000/base");
        assert_eq!(without_tag("localhost:5000/base:1"), "localhost:5000/base");
        assert_eq!(without_tag("quay.io/base@sha256:00"), "quay.io/base");
    }
}
