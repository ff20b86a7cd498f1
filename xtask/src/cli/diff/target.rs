//! Which two images a command line names.

use lapstrake::suggest::did_you_mean;
use lapstrake::value::ImageName;
use lapstrake::{Image, TransportRef};

use super::super::diff_error::DiffError;
use crate::session::Compared;

/// Returns the old and the new image that the words name.
pub(super) fn targets(
    images: &[Image],
    first: Option<&str>,
    second: Option<&str>,
) -> Result<(Compared, Compared), DiffError> {
    let names: Vec<&ImageName> = images.iter().filter_map(|image| image.name.get().ok()).collect();
    let texts = || names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let new = match (first, second) {
        (Some(old), Some(new)) => return Ok((target(&names, old)?, target(&names, new)?)),
        (Some(new), None) | (None, Some(new)) => target(&names, new)?,
        (None, None) => match names.as_slice() {
            [lone] => Compared::Build { image: (*lone).clone(), back: 0 },
            _ => return Err(DiffError::NameNeeded { names: texts() }),
        },
    };
    match &new {
        Compared::Build { image, back } => {
            let old = Compared::Build { image: image.clone(), back: back.saturating_add(1) };
            Ok((old, new))
        }
        Compared::Reference(reference) => {
            Err(DiffError::OneReference { reference: reference.to_string(), names: texts() })
        }
    }
}

fn target(names: &[&ImageName], wanted: &str) -> Result<Compared, DiffError> {
    if wanted.contains(':') {
        let reference = wanted.parse::<TransportRef>().map_err(|error| DiffError::Reference {
            wanted: wanted.to_owned(),
            reason: error.to_string(),
            help: error.help().map(ToOwned::to_owned),
        })?;
        return Ok(Compared::Reference(reference));
    }
    let (name, back) = wanted.split_once('~').unwrap_or((wanted, "0"));
    let known = names.iter().find(|known| known.as_str() == name);
    let Some(image) = known else {
        if wanted == TransportRef::StandIn.to_string() {
            return Ok(Compared::Reference(TransportRef::StandIn));
        }
        let list = || {
            let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
            format!("there are `{}`, and references such as `oci:DIR:TAG`", names.join("`, `"))
        };
        let near = did_you_mean(name, names.iter().map(|name| name.as_str()));
        return Err(DiffError::Unknown { wanted: name.to_owned(), help: near.unwrap_or_else(list) });
    };
    let build = || DiffError::Build { wanted: wanted.to_owned(), name: name.to_owned() };
    let back = back.parse().map_err(|_| build())?;
    Ok(Compared::Build { image: (*image).clone(), back })
}

#[cfg(test)]
mod tests {
    use lapstrake::{Base, Image};

    use super::*;
    use crate::support::explain::Explain;

    fn words(first: Option<&str>, second: Option<&str>) -> Result<String, DiffError> {
        let images = ["cockpit", "gateway"].map(|name| Image::new(name, Base::stand_in()));
        targets(&images, first, second).map(|(old, new)| format!("{old} {new}"))
    }

    #[test]
    fn one_name_is_compared_with_the_build_before_it() {
        assert_eq!(words(Some("cockpit"), None).unwrap(), "cockpit~1 cockpit");
        assert_eq!(words(Some("cockpit~2"), None).unwrap(), "cockpit~3 cockpit~2");
        assert_eq!(words(Some("cockpit"), Some("gateway")).unwrap(), "cockpit gateway");
        let reference = "docker://registry.example/fleet/edge:1";
        assert_eq!(words(Some(reference), Some("cockpit")).unwrap(), format!("{reference} cockpit"));
        assert_eq!(words(Some("stand-in"), Some("oci:a:b")).unwrap(), "stand-in oci:a:b");
        let lone = [Image::new("lone", Base::stand_in())];
        let (old, new) = targets(&lone, None, None).unwrap();
        assert_eq!((old.to_string(), new.to_string()), ("lone~1".to_owned(), "lone".to_owned()));
    }

    #[test]
    fn a_wrong_name_is_an_error_with_the_near_one() {
        let help = |first, second| words(first, second).unwrap_err().help().unwrap_or_default();
        assert_eq!(help(Some("cockpti"), None), "did you mean `cockpit`?");
        assert_eq!(help(Some("cockpti~1"), Some("cockpit")), "did you mean `cockpit`?");
        assert_eq!(
            help(Some("zzz"), None),
            "there are `cockpit`, `gateway`, and references such as `oci:DIR:TAG`"
        );
        assert_eq!(help(Some("cockpit~x"), None), "write `cockpit~1` for the build before the last one");
        assert_eq!(help(None, None), "there are `cockpit`, `gateway`");
        assert_eq!(help(Some("oci:a"), None), "name both images: `oci:a cockpit`");
        assert!(words(Some("docker:x"), Some("cockpit")).is_err());
    }
}
