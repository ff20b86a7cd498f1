//! Names and targets of the members of a layer: paths of the image, or what the OCI image spec encodes in
//! names (layer.md, "Whiteouts").

use lapstrake::value::ImagePath;

use super::layer_error::{LayerError, PATH_MAX};
use super::{Member, escape_name};
use crate::tree::DEPTH_MAX;

const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";
/// Other names of this form belong to aufs itself; every engine ignores them.
const AUFS: &str = ".wh..wh.";

/// What the name of a member means.
pub(super) enum Name {
    Path(ImagePath),
    Whiteout(ImagePath),
    Opaque(ImagePath),
    Foreign,
}

impl Name {
    pub(super) fn of(bytes: &[u8]) -> Result<Self, LayerError> {
        let components = components(bytes)?;
        let Some((last, parents)) = components.split_last() else { return Ok(Self::Path(ImagePath::root())) };
        if components.iter().any(|component| component.starts_with(AUFS) && *component != OPAQUE) {
            return Ok(Self::Foreign);
        }
        let path = |components: &[&str]| {
            ImagePath::parse(&format!("/{}", components.join("/")))
                .map_err(|source| LayerError::Name { member: escape_name(bytes), source: Box::new(source) })
        };
        let Some(hidden) = last.strip_prefix(WHITEOUT) else { return path(&components).map(Self::Path) };
        if *last == OPAQUE {
            return path(parents).map(Self::Opaque);
        }
        if matches!(hidden, "" | "." | "..") {
            return Err(LayerError::Whiteout { member: escape_name(bytes) });
        }
        path(&[parents, &[hidden]].concat()).map(Self::Whiteout)
    }
}

/// Returns the components of a name below the root, without `.` and empty ones. A name that starts with `/`,
/// which kaniko writes, is below the image's root too.
fn components(name: &[u8]) -> Result<Vec<&str>, LayerError> {
    let member = || escape_name(name);
    if name.len() > PATH_MAX {
        return Err(LayerError::Long { member: member(), bytes: name.len() });
    }
    let text = std::str::from_utf8(name).map_err(|_| LayerError::NotUtf8 { member: member() })?;
    let components: Vec<_> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if components.contains(&"..") {
        return Err(LayerError::Climbs { member: member() });
    }
    if components.len() > DEPTH_MAX {
        return Err(LayerError::Deep { member: member(), components: components.len() });
    }
    Ok(components)
}

/// Returns the path that a hardlink is another name of.
pub(super) fn hardlink_target(member: &Member) -> Result<ImagePath, LayerError> {
    let components = match components(&member.link) {
        Ok(components) => components,
        Err(LayerError::Climbs { .. }) => {
            let (member, target) = (escape_name(&member.name), escape_name(&member.link));
            return Err(LayerError::LeadsOut { member, target });
        }
        Err(_) => return Err(no_target(member)),
    };
    ImagePath::parse(&format!("/{}", components.join("/"))).map_err(|_| no_target(member))
}

/// Returns the target of a symlink as it is. Linux takes `..` in the root for the root (`path_resolution(7)`), and
/// so does [`Tree::follow`](crate::tree::Tree::follow).
pub(super) fn symlink_target(member: &Member) -> Result<&str, LayerError> {
    let target = std::str::from_utf8(&member.link).map_err(|_| no_target(member))?;
    if target.is_empty() || target.len() > PATH_MAX || target.contains('\0') {
        return Err(no_target(member));
    }
    Ok(target)
}

fn no_target(member: &Member) -> LayerError {
    LayerError::Target { member: escape_name(&member.name), target: escape_name(&member.link) }
}
