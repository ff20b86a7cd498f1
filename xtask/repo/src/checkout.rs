//! Finds the root and the examples of a checkout of this repository.

use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};

/// A checkout: its root, and the examples in it.
#[derive(Debug)]
pub(crate) struct Checkout {
    pub(crate) root: Utf8PathBuf,
    pub(crate) examples: Vec<Example>,
}

/// A project under `examples/`, a workspace of its own.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) directory: Utf8PathBuf,
    /// A folder that it requires and that is not in git.
    pub(crate) needs: Option<Utf8PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckoutError {
    #[error("`CARGO_MANIFEST_DIR` is not set; run the task by `cargo xtask`")]
    NotByCargo,
    #[error("can't list `{directory}`")]
    List { directory: Utf8PathBuf, source: io::Error },
    #[error("can't read `{manifest}`")]
    Manifest { manifest: Utf8PathBuf, source: ManifestError },
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error("it is not valid TOML")]
    Toml(#[from] toml::de::Error),
}

impl Checkout {
    /// Finds the checkout of this program.
    pub(crate) fn find() -> Result<Self, CheckoutError> {
        let package = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| CheckoutError::NotByCargo)?;
        // xtask/repo
        let root = Utf8Path::new(&package).ancestors().nth(2).ok_or(CheckoutError::NotByCargo)?;
        Self::at(root)
    }

    /// Reads the checkout at `root`. Its examples are the folders with a manifest and an xtask, sorted by name.
    pub(crate) fn at(root: &Utf8Path) -> Result<Self, CheckoutError> {
        let directory = root.join("examples");
        let list = |source| CheckoutError::List { directory: directory.clone(), source };
        let mut examples = Vec::new();
        for entry in directory.read_dir_utf8().map_err(list)? {
            let directory = entry.map_err(list)?.into_path();
            if directory.join("Cargo.toml").is_file() && directory.join("xtask").is_dir() {
                examples.push(Example::at(directory)?);
            }
        }
        examples.sort_by(|a, b| a.directory.cmp(&b.directory));
        Ok(Self { root: root.to_owned(), examples })
    }
}

impl Example {
    fn at(directory: Utf8PathBuf) -> Result<Self, CheckoutError> {
        let manifest = directory.join("Cargo.toml");
        match needs(&manifest) {
            Ok(needs) => Ok(Self { directory, needs }),
            Err(source) => Err(CheckoutError::Manifest { manifest, source }),
        }
    }

    /// Returns the name of its folder.
    pub(crate) fn name(&self) -> &str {
        self.directory.file_name().unwrap_or_default()
    }

    /// Returns the folder that it needs, if that does not exist.
    pub(crate) fn lacks(&self) -> Option<Utf8PathBuf> {
        self.needs.as_ref().map(|needs| self.directory.join(needs)).filter(|needs| !needs.is_dir())
    }
}

/// Returns FOLDER of `[workspace.metadata.lapstrake] needs = "FOLDER"`.
fn needs(manifest: &Utf8Path) -> Result<Option<Utf8PathBuf>, ManifestError> {
    let manifest: toml::Table = fs::read_to_string(manifest)?.parse()?;
    let metadata = manifest.get("workspace").and_then(|workspace| workspace.get("metadata"));
    let needs = metadata.and_then(|metadata| metadata.get("lapstrake")?.get("needs")?.as_str());
    Ok(needs.map(Utf8PathBuf::from))
}
