//! Selects the images that a command is about.

use glob::Pattern;
use lapstrake::Image;
use lapstrake::suggest::nearest;

use crate::support::explain::{Exit, Explain};

/// A pattern selects nothing, or too much.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectionError {
    #[error("this xtask describes no image")]
    NoImage,
    #[error("no image is named `{wanted}`")]
    Unknown { wanted: String, near: Option<String>, known: Vec<String> },
    #[error("`{wanted}` is not a glob pattern")]
    Pattern { wanted: String, source: glob::PatternError },
    #[error("`image {verb}` works on one image, and there are several")]
    NameNeeded { verb: &'static str, known: Vec<String> },
}

impl Explain for SelectionError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NoImage => {
                Some("write `Xtask::new([Image::new(\"NAME\", Base::stand_in())]).main()`".to_owned())
            }
            Self::Unknown { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Self::Unknown { known, .. } if !known.is_empty() => {
                Some(format!("there are `{}`", known.join("`, `")))
            }
            Self::NameNeeded { known, .. } => Some(format!("there are `{}`", known.join("`, `"))),
            Self::Unknown { .. } | Self::Pattern { .. } => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoImage => Exit::Failure,
            Self::Unknown { .. } | Self::Pattern { .. } | Self::NameNeeded { .. } => Exit::Usage,
        }
    }
}

/// Returns the images that match a pattern, in the order of the description; all of them without patterns.
pub(super) fn select<'a>(images: &'a [Image], patterns: &[String]) -> Result<Vec<&'a Image>, SelectionError> {
    // An image without a valid name is selected by `*` or without a pattern, so that its finding is shown.
    let name =
        |image: &'a Image| image.name.get().map(lapstrake::value::ImageName::as_str).unwrap_or_default();
    let parse = |wanted: &String| {
        Pattern::new(wanted).map_err(|source| SelectionError::Pattern { wanted: wanted.clone(), source })
    };
    let parsed = patterns.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    for (pattern, wanted) in parsed.iter().zip(patterns) {
        if !images.iter().any(|image| pattern.matches(name(image))) {
            let known: Vec<_> = images.iter().map(|image| name(image).to_owned()).collect();
            let near = nearest(wanted, &known).cloned();
            return Err(SelectionError::Unknown { wanted: wanted.clone(), near, known });
        }
    }
    let selected =
        |image: &&'a Image| patterns.is_empty() || parsed.iter().any(|pattern| pattern.matches(name(image)));
    Ok(images.iter().filter(selected).collect())
}

/// Fails where the patterns, or none, select several images.
pub(super) fn select_one(
    images: &[Image],
    patterns: &[String],
    verb: &'static str,
) -> Result<(), SelectionError> {
    let selected = select(images, patterns)?;
    if selected.len() < 2 {
        return Ok(());
    }
    let names = selected.iter().filter_map(|image| image.name.get().ok());
    Err(SelectionError::NameNeeded { verb, known: names.map(ToString::to_string).collect() })
}
