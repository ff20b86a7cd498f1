//! The message that a login shows.

use super::Attributes;
use super::attributes::attribute_options;
use crate::Parsed;
use crate::faults::faults;
use crate::value::{MotdText, Text};

/// The message of the day, which a login and ssh show: `/usr/lib/motd.d/50-image` in an image with `pam_motd`, which shows it beside the
/// messages of a device's owner, and else `/etc/motd`. A newline is added if the text does not end in one.
///
/// ```
/// use lapstrake::{Layer, entry::Motd};
///
/// let layer = Layer::new("gateway").motd("Gateway of the fleet. Changes below /usr are lost.");
/// assert_eq!(layer.entries[0].get::<Motd>().unwrap().text.get().unwrap().lines().count(), 1);
/// assert!(Motd::new("").text.get().is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a message is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Motd {
    /// The message.
    pub text: Parsed<MotdText>,
    /// Mode, owner and accepted findings.
    pub attributes: Attributes,
}

impl Motd {
    /// Describes the message.
    #[track_caller]
    pub fn new(text: impl Text<MotdText>) -> Self {
        Self { text: Parsed::new(text), attributes: Attributes::default() }
    }

    attribute_options!();
}

faults!(Motd { text, attributes });
