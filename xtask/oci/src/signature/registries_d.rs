//! `registries.d`: for which images a device reads signatures in the registry (containers-registries.d(5)).

use yaml_rust2::{Yaml, YamlLoader};

use super::named::Named;

/// Whether signatures are read, by scope.
#[derive(Debug, Default)]
pub(super) struct RegistriesD {
    default: Option<bool>,
    docker: Vec<(String, Option<bool>)>,
}

const FIELD: &str = "use-sigstore-attachments";

impl RegistriesD {
    /// Adds a file. The error is a sentence.
    pub(super) fn add(&mut self, text: &str) -> Result<(), String> {
        // The parser recurses, and the file has three levels.
        if text.len() > 1 << 20 {
            return Err("it is larger than 1 MiB".to_owned());
        }
        let documents = YamlLoader::load_from_str(text).map_err(|error| error.to_string())?;
        let Some(document) = documents.first() else { return Ok(()) };
        if !document["default-docker"].is_badvalue() && !document["default-docker"].is_null() {
            if self.default.is_some() {
                return Err("another file has `default-docker` too".to_owned());
            }
            self.default = document["default-docker"][FIELD].as_bool();
        }
        let Yaml::Hash(scopes) = &document["docker"] else { return Ok(()) };
        for (scope, value) in scopes {
            let scope = scope.as_str().ok_or("a name of `docker` is not a text")?;
            if self.docker.iter().any(|(name, _)| name == scope) {
                return Err(format!("`{scope}` is configured twice"));
            }
            self.docker.push((scope.to_owned(), value[FIELD].as_bool()));
        }
        Ok(())
    }

    /// Returns whether signatures of an image are read, and which entry says so.
    pub(super) fn reads(&self, image: &Named) -> bool {
        let of_scope = |scope: &String| self.docker.iter().find(|(name, _)| name == scope)?.1;
        image.scopes().iter().find_map(of_scope).or(self.default).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_entry_that_says_so_decides() {
        let mut read = RegistriesD::default();
        read.add("default-docker:\n  lookaside: file:///var/lib\n").unwrap();
        read.add(
            "docker:\n  registry.example:\n    use-sigstore-attachments: true\n  registry.example/old:\n    \
             use-sigstore-attachments: false\n  registry.example/fleet:\n    lookaside: https://x\n",
        )
        .unwrap();
        read.add("# nothing\n").unwrap();
        let reads = |text: &str| read.reads(&Named::of(&text.parse().unwrap()));
        assert!(reads("registry.example/fleet/edge:1"));
        assert!(!reads("registry.example/old/edge:1"));
        assert!(!reads("other.example/edge:1"));
        assert!(read.add("docker: {registry.example: {}}").is_err());
        assert!(RegistriesD::default().add("docker: [").is_err());
    }
}
