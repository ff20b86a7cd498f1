//! Pairs of statements about one image that contradict each other. The plan compares what it has resolved, with the
//! sites of the builder calls; `image!` compares literals, with spans. A pair contradicts itself on every base.

use crate::entry::State;
use crate::value::{ImagePath, LayerName, UnitName};

/// One statement that another may contradict: what it says, in which layer, counted from the lowest,
/// and who says so.
///
/// ```
/// use lapstrake::rule::{Claim, Conflict, Kind, What, between};
/// use lapstrake::value::ImagePath;
///
/// let file = |id, path| {
///     let path = ImagePath::parse(path).unwrap();
///     Claim { id, layer: 0, what: What::Destination { path, kind: Kind::File } }
/// };
/// let conflict: Conflict<_> = between(&file("first", "/etc/motd"), &file("second", "/etc/motd")).unwrap();
/// assert_eq!((conflict.first, conflict.second), ("first", "second"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<I> {
    /// What the caller knows the statement by: a site, a span.
    pub id: I,
    /// The layer it is made in.
    pub layer: usize,
    /// What it says.
    pub what: What,
}

/// What is said.
///
/// ```
/// use lapstrake::{entry::State, rule::What, value::UnitName};
///
/// let unit = UnitName::parse("sshd.service").unwrap();
/// assert_ne!(What::State { unit: unit.clone(), state: State::Masked }, What::DropIn(unit));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The layer has this name.
    Layer(LayerName),
    /// An entry goes to this path.
    Destination {
        /// The path, resolved as far as the caller can.
        path: ImagePath,
        /// What it is there.
        kind: Kind,
    },
    /// This path is taken away.
    Removal(ImagePath),
    /// A unit is enabled, disabled, masked, or what the system boots to.
    State {
        /// The unit.
        unit: UnitName,
        /// What it is to be.
        state: State,
    },
    /// A drop-in changes this unit.
    DropIn(UnitName),
}

/// What an entry puts at its path.
///
/// ```
/// use lapstrake::rule::Kind;
///
/// assert_ne!(Kind::Directory(None), Kind::Directory(Some("0700".to_owned())));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A directory, and what was said of its mode and owner, in any words that are equal when those are;
    /// none where it takes what it finds.
    Directory(Option<String>),
    /// A symlink.
    Symlink,
    /// A regular file.
    File,
}

/// Two claims that can't both hold.
///
/// ```
/// use lapstrake::rule::{Claim, Conflict, Kind, What, between};
/// use lapstrake::value::ImagePath;
///
/// let file = |id, path| {
///     let path = ImagePath::parse(path).unwrap();
///     Claim { id, layer: 0, what: What::Destination { path, kind: Kind::File } }
/// };
/// let conflict: Conflict<_> = between(&file(1, "/etc/a"), &file(2, "/etc/a/b")).unwrap();
/// assert_eq!(conflict.rule, "no-directory");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict<I> {
    /// The name of the finding.
    pub rule: &'static str,
    /// The claim that was made first.
    pub first: I,
    /// The claim that contradicts it.
    pub second: I,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The conflicts among `claims`, which are in the order they were made: for each, the earliest that it
/// contradicts. Two that `meet` denies, such as the arms of a `match`, are never both made.
///
/// ```
/// use lapstrake::rule::{Claim, Kind, What, conflicts};
/// use lapstrake::value::ImagePath;
///
/// let file = |line, path| {
///     let path = ImagePath::parse(path).unwrap();
///     Claim { id: line, layer: 0, what: What::Destination { path, kind: Kind::File } }
/// };
/// let found = conflicts(&[file(3, "/etc/motd"), file(5, "/etc/issue"), file(8, "/etc/motd")], |_, _| true);
/// assert_eq!((found[0].first, found[0].second), (3, 8));
/// assert_eq!(found[0].message, "two entries of a layer go to `/etc/motd`");
/// ```
pub fn conflicts<I: Clone>(claims: &[Claim<I>], meet: impl Fn(&I, &I) -> bool) -> Vec<Conflict<I>> {
    let removals: Vec<_> = claims
        .iter()
        .filter_map(|claim| match &claim.what {
            What::Removal(path) => Some(path),
            _ => None,
        })
        .collect();
    // An upper layer may take a lower one's file away before it puts another thing there.
    let gone = |path: &ImagePath| removals.iter().any(|removed| path.starts_with(removed));
    let undone = |first: &Claim<I>, second: &Claim<I>| {
        let paths = [first, second].map(|claim| match &claim.what {
            What::Destination { path, .. } => gone(path),
            _ => false,
        });
        first.layer != second.layer && paths.contains(&true)
    };
    let earliest = |(index, second): (usize, &Claim<I>)| {
        let before = claims.iter().take(index).filter(|first| meet(&first.id, &second.id));
        before.filter(|first| !undone(first, second)).find_map(|first| between(first, second))
    };
    claims.iter().enumerate().filter_map(earliest).collect()
}

/// The conflict of two claims, if they have one: `second` was made after `first`.
///
/// ```
/// use lapstrake::rule::{Claim, Kind, What, between};
/// use lapstrake::value::ImagePath;
///
/// let file = |id, path| {
///     let path = ImagePath::parse(path).unwrap();
///     Claim { id, layer: 0, what: What::Destination { path, kind: Kind::File } }
/// };
/// assert_eq!(between(&file(1, "/etc/a"), &file(2, "/etc/b")), None);
/// assert_eq!(between(&file(1, "/etc/a"), &file(2, "/etc/a")).unwrap().rule, "duplicate-destination");
/// ```
pub fn between<I: Clone>(first: &Claim<I>, second: &Claim<I>) -> Option<Conflict<I>> {
    let same_layer = first.layer == second.layer;
    let (rule, message, help) = match (&first.what, &second.what) {
        (What::Layer(name), What::Layer(other)) if name == other => (
            "duplicate-layer",
            format!("two layers are named `{name}`"),
            "give one of them another name".to_owned(),
        ),
        (What::Destination { path, kind }, What::Destination { path: other, kind: again }) => {
            if path == other && same_layer {
                same_place(path, kind, again)?
            } else if other.starts_with(path) && path != other {
                under(path, kind, other, same_layer)?
            } else if path.starts_with(other) && path != other {
                under(other, again, path, same_layer)?
            } else {
                return None;
            }
        }
        (What::State { unit, state }, What::State { unit: other, state: said }) if same_layer => {
            let both = match said {
                State::DefaultTarget => *state == State::DefaultTarget && unit != other,
                _ => unit == other && *state != State::DefaultTarget && state != said,
            };
            let message = match said {
                State::DefaultTarget => format!("a layer boots to both `{unit}` and `{other}`"),
                _ => format!("a layer says two things of `{other}`"),
            };
            both.then(|| ("contradictory-unit", message, "leave one of them out".to_owned()))?
        }
        (What::State { unit, state: State::Masked }, What::DropIn(other))
        | (What::DropIn(other), What::State { unit, state: State::Masked })
            if same_layer && unit == other =>
        {
            let message = format!("a layer masks `{unit}`, and has a drop-in for it that nothing would read");
            ("contradictory-unit", message, "leave one of them out".to_owned())
        }
        _ => return None,
    };
    Some(Conflict { rule, first: first.id.clone(), second: second.id.clone(), message, help })
}

type Verdict = (&'static str, String, String);

fn same_place(path: &ImagePath, first: &Kind, second: &Kind) -> Option<Verdict> {
    if let (Kind::Directory(said), Kind::Directory(again)) = (first, second) {
        let differ = said.is_some() && again.is_some() && said != again;
        if !differ {
            return None;
        }
    }
    let message = format!("two entries of a layer go to `{path}`");
    Some(("duplicate-destination", message, "leave one of them out, or give it another path".to_owned()))
}

/// `child` under `above`. A symlink of a layer below may lead to a directory, one of the same layer is
/// not followed: no importer agrees on what that means.
fn under(above: &ImagePath, kind: &Kind, child: &ImagePath, same_layer: bool) -> Option<Verdict> {
    let what = match kind {
        Kind::Directory(_) => return None,
        Kind::Symlink if !same_layer => return None,
        Kind::Symlink => "a symlink",
        Kind::File => "a file",
    };
    let whose = if same_layer { "this layer" } else { "a layer" };
    let message = format!("`{child}` lies below `{above}`, which {whose} makes {what}");
    Some(("no-directory", message, "give one of them another path".to_owned()))
}
