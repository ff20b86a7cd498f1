//! Mode, owner, capabilities and accepted findings: the options that entries share. The plan has the
//! defaults, because it knows what an entry consists of.

use crate::Parsed;
use crate::faults::faults;
use crate::value::{Capabilities, Mode, Owner};

/// The mode, owner and capabilities of an entry, and the findings that it accepts; none means the entry's
/// default.
///
/// ```
/// use lapstrake::entry::{Attributes, File};
///
/// let key = File::text("x", "/etc/app.key").mode(0o640).owner("root:app").allow("secret-in-layer");
/// let attributes: &Attributes = &key.attributes;
/// assert_eq!(attributes.mode.as_ref().unwrap(), &"0640");
/// assert_eq!(attributes.owner.as_ref().unwrap(), &"root:app");
/// assert!(attributes.capabilities.is_none());
/// assert_eq!(attributes.allowed[0], "secret-in-layer");
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Attributes {
    /// The permission bits.
    pub mode: Option<Parsed<Mode>>,
    /// The owner.
    pub owner: Option<Parsed<Owner>>,
    /// The file capabilities.
    pub capabilities: Option<Parsed<Capabilities>>,
    /// The names of the checks whose findings are accepted. Whether a check of that name exists is not known
    /// here.
    pub allowed: Vec<Parsed<String>>,
}

faults!(Attributes { mode, owner, capabilities, allowed });

impl Attributes {
    #[track_caller]
    pub(crate) fn allow(&mut self, check: String) {
        self.allowed.push(Parsed::of(Ok(check)));
    }
}

/// The builder methods of some of the attributes, for an entry that has an `attributes` field.
macro_rules! attribute_options {
    (mode $($more:ident)*) => {
        /// Sets the permission bits: `0o640`, `"0640"`, or `mode!(0o640)`.
        ///
        /// ```
        /// use lapstrake::entry::File;
        ///
        /// assert_eq!(File::text("x", "/etc/x").mode(0o640), File::text("x", "/etc/x").mode("0640"));
        /// ```
        #[track_caller]
        pub fn mode(mut self, mode: impl $crate::value::Text<$crate::value::Mode>) -> Self {
            self.attributes.mode = Some($crate::Parsed::new(mode));
            self
        }
        $crate::entry::attributes::attribute_options!($($more)*);
    };
    (owner $($more:ident)*) => {
        /// Sets the owner: `"root:sensord"`, `(0, 998)`. Names are those of the base. Default: root.
        ///
        /// ```
        /// use lapstrake::entry::File;
        ///
        /// assert_eq!(File::text("x", "/etc/x").owner("0:998"), File::text("x", "/etc/x").owner((0, 998)));
        /// ```
        #[track_caller]
        pub fn owner(mut self, owner: impl $crate::value::Text<$crate::value::Owner>) -> Self {
            self.attributes.owner = Some($crate::Parsed::new(owner));
            self
        }
        $crate::entry::attributes::attribute_options!($($more)*);
    };
    (capability $($more:ident)*) => {
        /// Sets file capabilities, as setcap(8) takes them: `"cap_net_bind_service=ep"` (capabilities(7)).
        /// Default: none.
        ///
        /// ```
        /// use lapstrake::entry::Bin;
        ///
        /// let web = Bin::new("web").capability("cap_net_bind_service=ep");
        /// assert!(web.attributes.capabilities.is_some());
        /// ```
        #[track_caller]
        pub fn capability(
            mut self,
            capabilities: impl $crate::value::Text<$crate::value::Capabilities>,
        ) -> Self {
            self.attributes.capabilities = Some($crate::Parsed::new(capabilities));
            self
        }
        $crate::entry::attributes::attribute_options!($($more)*);
    };
    () => {
        /// Accepts the findings of a check in this entry, by the check's name. It takes a constant of
        /// `lapstrake_xtask::checks`, such as `SECRET_IN_LAYER`, or the name as text.
        ///
        /// It does not change the image. `cargo xtask image check --list` lists the names. Several calls
        /// accept several checks. Default: nothing is accepted.
        ///
        /// ```
        /// use lapstrake::{Layer, entry::File};
        ///
        /// const SECRET_IN_LAYER: &str = "secret-in-layer";
        /// let key = File::new("deploy/demo.key", "/etc/demo.key").mode(0o600);
        /// assert_eq!(key.clone().allow(SECRET_IN_LAYER), key.allow("secret-in-layer"));
        /// ```
        #[track_caller]
        pub fn allow(mut self, check: impl Into<String>) -> Self {
            self.attributes.allow(check.into());
            self
        }
    };
}
pub(crate) use attribute_options;
