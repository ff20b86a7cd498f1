//! Follows symlinks inside an image as a process in it would: from the image's own root, and never out
//! of it. What stands where, the caller says: a base's index, or the tree that a plan lays on one.

use lapstrake::value::ImagePath;

use super::index::ResolveError;

/// Linux follows at most 40 symlinks in one path (`path_resolution(7)`).
const MAX_SYMLINKS: usize = 40;

/// What stands at a path, as far as it matters for the way through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    Directory,
    Symlink(&'a str),
    Other,
}

/// Follows the parents of a path, and with `last` its last component too.
pub(crate) fn follow<'a>(
    path: &ImagePath,
    last: bool,
    at_path: impl Fn(&ImagePath) -> Option<Kind<'a>>,
) -> Result<ImagePath, ResolveError> {
    let mut rest: Vec<String> = path.components().map(str::to_owned).collect();
    rest.reverse();
    let mut at = ImagePath::root();
    let mut symlinks = 0;
    while let Some(component) = rest.pop() {
        match component.as_str() {
            "" | "." => continue,
            // `/..` is `/`.
            ".." => {
                at = at.parent().unwrap_or(at);
                continue;
            }
            _ => {}
        }
        let not_directory = |at| ResolveError::NotDirectory { path: path.clone(), at };
        // A name that no image path can hold is of nothing in the image.
        let next = at.join(&component).map_err(|_| not_directory(at))?;
        match at_path(&next) {
            Some(Kind::Symlink(target)) if last || !rest.is_empty() => {
                symlinks += 1;
                if symlinks > MAX_SYMLINKS {
                    return Err(ResolveError::Loop { path: path.clone() });
                }
                at = match next.parent() {
                    Some(parent) if !target.starts_with('/') => parent,
                    _ => ImagePath::root(),
                };
                rest.extend(target.split('/').rev().map(str::to_owned));
            }
            Some(Kind::Other) if !rest.is_empty() => {
                return Err(not_directory(next));
            }
            _ => at = next,
        }
    }
    Ok(at)
}
