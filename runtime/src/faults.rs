//! The values of a description that do not parse, collected from every builder.

use crate::value::{Asset, Invalid};
use crate::{Parsed, Site};

/// A value that does not parse, and the place of the call that gave it.
pub(crate) type Fault<'a> = (Site, &'a Invalid);

/// Something that holds values which may not have parsed.
pub(crate) trait Faults {
    /// Adds the invalid values, in the order in which the fields stand.
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>);
}

impl<T> Faults for Parsed<T> {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        found.extend(self.get().err().map(|error| (self.site(), error)));
    }
}

impl<T: Faults> Faults for Option<T> {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        if let Some(value) = self {
            value.faults(found);
        }
    }
}

impl<T: Faults> Faults for Vec<T> {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        for value in self {
            value.faults(found);
        }
    }
}

impl<T: Faults> Faults for Box<T> {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        (**self).faults(found);
    }
}

impl<A: Faults, B: Faults> Faults for (A, B) {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        self.0.faults(found);
        self.1.faults(found);
    }
}

/// Any text is valid.
impl Faults for String {
    fn faults<'a>(&'a self, _: &mut Vec<Fault<'a>>) {}
}

/// An asset is looked for when the image is planned.
impl Faults for Asset {
    fn faults<'a>(&'a self, _: &mut Vec<Fault<'a>>) {}
}

/// Implements [`Faults`] for a struct: the fields that are searched, then those that are not. The pattern
/// is exhaustive, so that a new field is in one of the two lists.
macro_rules! faults {
    ($type:ident { $($searched:ident),* $(; $($plain:ident),*)? }) => {
        impl $crate::faults::Faults for $type {
            fn faults<'a>(&'a self, found: &mut Vec<$crate::faults::Fault<'a>>) {
                let Self { $($searched,)* $($($plain: _),*)? } = self;
                $($crate::faults::Faults::faults($searched, found);)*
            }
        }
    };
}
pub(crate) use faults;
