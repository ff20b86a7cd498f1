//! Why the command line and the description name no place to push to.

use lapstrake::value::{ImageName, Invalid};

use crate::support::explain::{Exit, Explain};

/// A push has no reference.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PushError {
    #[error("image `{image}` has no reference to push to")]
    NoReference { image: ImageName },
    #[error("no tag is named for `{repository}`, and image `{image}` has no version that can be a tag")]
    NoTag { image: ImageName, repository: String },
    #[error(transparent)]
    Reference(Invalid),
    #[error("`{reference}` names a digest, and a push writes tags")]
    Digest { reference: String },
}

impl Explain for PushError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NoReference { .. } => Some(
                "write `.reference(\"HOST/REPOSITORY:TAG\")` in the description, or name it in the command"
                    .to_owned(),
            ),
            Self::NoTag { repository, .. } => Some(format!("write `{repository}:TAG`")),
            Self::Reference(error) => error.help().map(ToOwned::to_owned),
            Self::Digest { reference } => {
                let without = reference.split_once('@').map_or(reference.as_str(), |(name, _)| name);
                Some(format!("write `{without}`"))
            }
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
