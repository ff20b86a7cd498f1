//! Mode, owner, capabilities, and what is accepted on purpose: the options that entries share. Defaults
//! belong to the plan, which knows what an entry is made of.

use crate::Given;
use crate::value::{Capabilities, Mode, Owner};

/// What was said about an entry's inode; nothing said means the entry's default.
///
/// ```
/// use lapstrake::entry::{Attributes, File};
///
/// let key = File::text("x", "/etc/app.key").mode(0o640).owner("root:app").allow("secret-in-layer");
/// let said: &Attributes = key.attributes();
/// assert_eq!(said.mode().unwrap().get().unwrap().bits(), 0o640);
/// assert_eq!(said.owner().unwrap().get().unwrap().to_string(), "root:app");
/// assert!(said.capabilities().is_none());
/// assert_eq!(said.allowed().len(), 1);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes {
    pub(crate) mode: Option<Given<Mode>>,
    pub(crate) owner: Option<Given<Owner>>,
    pub(crate) capabilities: Option<Given<Capabilities>>,
    pub(crate) allowed: Vec<Given<String>>,
}

impl Attributes {
    /// The permission bits that were asked for.
    pub fn mode(&self) -> Option<&Given<Mode>> {
        self.mode.as_ref()
    }

    /// The owner that was asked for.
    pub fn owner(&self) -> Option<&Given<Owner>> {
        self.owner.as_ref()
    }

    /// The file capabilities that were asked for.
    pub fn capabilities(&self) -> Option<&Given<Capabilities>> {
        self.capabilities.as_ref()
    }

    /// The names of the checks whose findings here are accepted. Whether checks of these names exist is
    /// not known here.
    pub fn allowed(&self) -> &[Given<String>] {
        &self.allowed
    }

    #[track_caller]
    pub(crate) fn allow(&mut self, check: String) {
        self.allowed.push(Given::of(Ok(check)));
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
        pub fn mode(
            mut self,
            mode: impl TryInto<$crate::value::Mode, Error: Into<$crate::value::Invalid>>,
        ) -> Self {
            self.attributes.mode = Some($crate::Given::new(mode));
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
        pub fn owner(
            mut self,
            owner: impl TryInto<$crate::value::Owner, Error: Into<$crate::value::Invalid>>,
        ) -> Self {
            self.attributes.owner = Some($crate::Given::new(owner));
            self
        }
        $crate::entry::attributes::attribute_options!($($more)*);
    };
    (capability $($more:ident)*) => {
        /// Sets file capabilities, in the words of setcap(8): `"cap_net_bind_service=ep"`
        /// (capabilities(7)). Default: none.
        ///
        /// ```
        /// use lapstrake::entry::Bin;
        ///
        /// let web = Bin::new("web").capability("cap_net_bind_service=ep");
        /// assert!(web.attributes().capabilities().is_some());
        /// ```
        #[track_caller]
        pub fn capability(
            mut self,
            capabilities: impl TryInto<$crate::value::Capabilities, Error: Into<$crate::value::Invalid>>,
        ) -> Self {
            self.attributes.capabilities = Some($crate::Given::new(capabilities));
            self
        }
        $crate::entry::attributes::attribute_options!($($more)*);
    };
    () => {
        /// Accepts what a check finds in this entry, by the check's name: `"secret-in-layer"`. What the
        /// image holds is the same with it; `cargo xtask image check --list` has the names. May be said
        /// several times. Default: nothing is accepted.
        ///
        /// ```
        /// use lapstrake::{Layer, entry::File};
        ///
        /// Layer::new("test").with(File::new("deploy/demo.key", "/etc/demo.key").mode(0o600).allow("secret-in-layer"));
        /// ```
        #[track_caller]
        pub fn allow(mut self, check: impl Into<String>) -> Self {
            self.attributes.allow(check.into());
            self
        }

        /// What was said about mode, owner and capabilities, and what is accepted.
        ///
        /// ```
        /// use lapstrake::entry::Dir;
        ///
        /// assert!(Dir::new("/usr/share/app").attributes().mode().is_none(), "the default");
        /// ```
        pub fn attributes(&self) -> &$crate::entry::Attributes {
            &self.attributes
        }
    };
}
pub(crate) use attribute_options;
