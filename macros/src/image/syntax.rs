//! What was written, before it is asked what it means: the same loose shape for every entry, so that a
//! message about a wrong one can show what it should have been.

use proc_macro2::{Group, Ident, Span, TokenTree};

use super::keyword::{self, Level};
use super::tokens::Operand;
use crate::diagnostic::Place;

/// One item of an image or of a layer.
#[derive(Debug)]
pub(super) enum Item {
    /// `keyword …`
    Entry(Entry),
    /// `layer NAME { … }`
    Layer(Layer),
    /// `..values`
    Splice { dots: Span, values: Operand },
    /// `if`, `for`, `match`
    Branches(Branches),
}

/// `keyword HEAD [LIST] = CONTENT => TO { OPTIONS }`, each but the keyword as far as it was written.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) keyword: Ident,
    /// Where it is written.
    pub(super) level: Level,
    /// All of it, to the last token.
    pub(super) place: Place,
    pub(super) head: Option<Operand>,
    pub(super) list: Option<Operand>,
    pub(super) content: Option<Operand>,
    pub(super) arrow: Option<Arrow>,
    pub(super) options: Vec<Setting>,
    /// Whether something behind it was reported already.
    pub(super) broken: bool,
    /// Whether an option that is missing here was reported already.
    pub(super) broken_options: bool,
}

impl Entry {
    /// Returns an entry of its kind to paste.
    pub(super) fn example(&self) -> &'static str {
        keyword::find(&self.keyword.to_string(), self.level).map_or("", |keyword| keyword.example)
    }
}

/// `=> TO` or `-> TO`.
#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) symbol: &'static str,
    pub(super) place: Place,
    pub(super) to: Operand,
}

/// `key: VALUE => TO { OPTIONS }`, each but the key as far as it was written.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: Ident,
    pub(super) value: Option<Operand>,
    pub(super) arrow: Option<Arrow>,
    pub(super) options: Vec<Setting>,
}

/// `layer NAME { ITEMS }`; without braces NAME is a value of type `Layer`.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) keyword: Ident,
    pub(super) name: Operand,
    pub(super) items: Option<Vec<Item>>,
}

/// What is there only sometimes, or several times.
#[derive(Debug)]
pub(super) struct Branches {
    /// `match EXPR`; none for `if` and `for`, whose arms follow each other.
    pub(super) scrutinee: Option<Vec<TokenTree>>,
    pub(super) arms: Vec<Arm>,
}

/// `if EXPR`, `else`, `for PAT in EXPR`, or `PAT =>`, and what is in its braces.
#[derive(Debug)]
pub(super) struct Arm {
    pub(super) head: Vec<TokenTree>,
    pub(super) braces: Group,
    pub(super) items: Vec<Item>,
}

/// `base: TRANSPORT PLACE { OPTIONS }`, or an expression.
#[derive(Debug)]
pub(super) struct Base {
    /// `registry`, `oci`, …; none for an expression, and for a text of any transport.
    pub(super) transport: Option<Ident>,
    pub(super) place: Option<Operand>,
    pub(super) options: Vec<Setting>,
    pub(super) whole: Place,
}

/// All of an `image!`.
#[derive(Debug, Default)]
pub(super) struct Image {
    pub(super) name: Option<(Ident, Operand)>,
    pub(super) base: Option<(Ident, Base)>,
    pub(super) items: Vec<Item>,
    /// What stands first: where a thing is missing, this is underlined.
    pub(super) first: Option<Place>,
    /// The other fields that were said, to know of a second one.
    pub(super) said: Vec<Ident>,
    /// Whether a field was begun and is broken, so that it is not missing too.
    pub(super) broken_name: bool,
    pub(super) broken_base: bool,
}
