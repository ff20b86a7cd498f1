//! The claims of all entries, and the conflicts between them by the rules of `lapstrake::rule`. Claims in different
//! arms of one `if` or `match` can't conflict.

use lapstrake::entry::State;
use lapstrake::rule::{Claim, Kind, What, conflicts};
use lapstrake::value::{ImagePath, LayerName, UnitName};

use crate::diagnostic::{Diagnostic, Place};
use crate::image::help::in_image;
use crate::image::tokens::Operand;

/// The place of a claim, and the branches around it.
#[derive(Debug, Clone)]
struct Claimant {
    place: Place,
    branches: Vec<Branch>,
}

/// An `if`, `for` or `match`, and which of its arms.
pub(super) type Branch = (usize, usize);

/// The claims so far.
#[derive(Debug, Default)]
pub(super) struct Claims {
    all: Vec<Claim<Claimant>>,
    branches: Vec<Branch>,
    choices: usize,
    layers: usize,
    inside: bool,
}

impl Claims {
    /// Whether the next claim is in a layer.
    pub(super) fn in_layer(&self) -> bool {
        self.inside
    }

    pub(super) fn layer(&mut self, name: &Operand) {
        self.layers += 1;
        self.inside = true;
        if let Some(known) = name.text().and_then(|text| LayerName::parse(&text).ok()) {
            self.add(name.place(), What::Layer(known));
        }
    }

    pub(super) fn end_layer(&mut self) {
        self.inside = false;
    }

    pub(super) fn new_choice(&mut self) -> usize {
        self.choices += 1;
        self.choices
    }

    pub(super) fn enter(&mut self, branch: Branch) {
        self.branches.push(branch);
    }

    pub(super) fn leave(&mut self) {
        self.branches.pop();
    }

    pub(super) fn file(&mut self, place: Place, path: Option<ImagePath>) {
        self.destination(place, path, Kind::File);
    }

    pub(super) fn symlink(&mut self, place: Place, path: Option<ImagePath>) {
        self.destination(place, path, Kind::Symlink);
    }

    pub(super) fn directory(&mut self, place: Place, path: Option<ImagePath>, said: Option<String>) {
        self.destination(place, path, Kind::Directory(said));
    }

    fn destination(&mut self, place: Place, path: Option<ImagePath>, kind: Kind) {
        if let Some(path) = path {
            self.add(place, What::Destination { path, kind });
        }
    }

    pub(super) fn removal(&mut self, place: Place, path: Option<ImagePath>) {
        if let Some(path) = path {
            self.add(place, What::Removal(path));
        }
    }

    pub(super) fn drop_in(&mut self, place: Place, unit: &UnitName) {
        self.add(place, What::DropIn(unit.clone()));
    }

    pub(super) fn state(&mut self, place: impl Into<Place>, unit: &UnitName, state: State) {
        self.add(place.into(), What::State { unit: unit.clone(), state });
    }

    pub(super) fn states(&mut self, place: Place, unit: Option<UnitName>, state: State) {
        if let Some(unit) = unit {
            self.state(place, &unit, state);
        }
    }

    fn add(&mut self, place: Place, what: What) {
        let id = Claimant { place, branches: self.branches.clone() };
        self.all.push(Claim { id, layer: self.layers, what });
    }

    /// What can't all hold. Arms of one choice never meet, and whether two unrelated ones do is not known
    /// here: of two claims that are compared, one is in all the branches of the other.
    pub(super) fn conflicts(&self) -> impl Iterator<Item = Diagnostic> {
        let meet = |first: &Claimant, second: &Claimant| {
            first.branches.starts_with(&second.branches) || second.branches.starts_with(&first.branches)
        };
        conflicts(&self.all, meet).into_iter().map(|conflict| {
            let error = Diagnostic::new(conflict.second.place, conflict.message);
            error.help(in_image(&conflict.help)).also(conflict.first.place)
        })
    }
}
