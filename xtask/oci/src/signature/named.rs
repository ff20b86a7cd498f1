//! A reference as containers' tools compare it: the host and the whole repository, with a tag or a digest.

use lapstrake::value::Reference;

/// A name in its long form: `docker.io/library/` is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    /// `:TAG`, `@DIGEST`, both, or nothing.
    pub(super) end: String,
}

impl Named {
    /// Parses a reference, which may have neither tag nor digest.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let last = text.rsplit('/').next().unwrap_or(text);
        let has_end = last.contains([':', '@']);
        let whole = if has_end { text.to_owned() } else { format!("{text}:latest") };
        let reference = Reference::parse(&whole).ok()?;
        let end = if has_end { text[reference.repository().len()..].to_owned() } else { String::new() };
        Some(Self { name: long(reference.repository()), end })
    }

    /// Returns the name of an image that is pulled. A digest counts, and then no tag.
    pub(super) fn of(reference: &Reference) -> Self {
        let text = reference.canonical();
        let end = text[reference.repository().len()..].to_owned();
        Self { name: long(reference.repository()), end }
    }

    pub(super) fn has_digest(&self) -> bool {
        self.end.starts_with('@')
    }

    /// Returns the scopes in which the image is looked up, the closest first (containers-policy.json(5)).
    pub(super) fn scopes(&self) -> Vec<String> {
        let mut scopes = vec![self.to_string()];
        let mut name = self.name.as_str();
        loop {
            scopes.push(name.to_owned());
            match name.rsplit_once('/') {
                Some((above, _)) => name = above,
                None => break,
            }
        }
        let mut host = name.split(':').next().unwrap_or(name);
        while let Some((_, domain)) = host.split_once('.') {
            scopes.push(format!("*.{domain}"));
            host = domain;
        }
        scopes
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.name, self.end)
    }
}

fn long(repository: &str) -> String {
    match repository.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => match repository {
            name if host == "docker.io" && !name["docker.io/".len()..].contains('/') => {
                format!("docker.io/library/{}", &name["docker.io/".len()..])
            }
            name => name.to_owned(),
        },
        Some(_) => format!("docker.io/{repository}"),
        None => format!("docker.io/library/{repository}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_the_reference_then_its_folders_then_domains() {
        let named = Named::of(&"registry.example.com:5000/fleet/edge:1".parse().unwrap());
        assert_eq!(
            named.scopes(),
            [
                "registry.example.com:5000/fleet/edge:1",
                "registry.example.com:5000/fleet/edge",
                "registry.example.com:5000/fleet",
                "registry.example.com:5000",
                "*.example.com",
                "*.com",
            ]
        );
        let digest = format!("@sha256:{}", "0".repeat(64));
        let both = Named::of(&format!("registry.example/edge:1{digest}").parse().unwrap());
        assert_eq!((both.name.as_str(), &both.end), ("registry.example/edge", &digest));
    }

    #[test]
    fn short_names_are_those_of_docker() {
        let name = |text: &str| Named::parse(text).unwrap().to_string();
        assert_eq!(name("edge"), "docker.io/library/edge");
        assert_eq!(name("docker.io/edge:1"), "docker.io/library/edge:1");
        assert_eq!(name("fleet/edge:1"), "docker.io/fleet/edge:1");
        assert_eq!(name("localhost:1/edge"), "localhost:1/edge");
        assert_eq!(Named::parse("Edge"), None);
    }
}
