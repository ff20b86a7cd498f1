//! Why the command line of `image diff` does not name two images.

use crate::support::explain::{Exit, Explain};

/// The command line does not name two images.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiffError {
    #[error("no image is named `{wanted}`")]
    Unknown { wanted: String, help: String },
    #[error("`{wanted}` is not the name of a build")]
    Build { wanted: String, name: String },
    #[error("`{wanted}` is not a reference of an image: {reason}")]
    Reference { wanted: String, reason: String, help: Option<String> },
    #[error("`{reference}` can't be compared with a build before it")]
    OneReference { reference: String, names: Vec<String> },
    #[error("`image diff` needs the name of an image, and there are several")]
    NameNeeded { names: Vec<String> },
}

impl Explain for DiffError {
    fn help(&self) -> Option<String> {
        let list = |names: &[String]| format!("there are `{}`", names.join("`, `"));
        match self {
            Self::Unknown { help, .. } => Some(help.clone()),
            Self::Build { name, .. } => Some(format!("write `{name}~1` for the build before the last one")),
            Self::Reference { help, .. } => help.clone(),
            Self::OneReference { reference, names } => {
                let new = names.first().map_or("NEW", String::as_str);
                Some(format!("name both images: `{reference} {new}`"))
            }
            Self::NameNeeded { names } => Some(list(names)),
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
