//! The calls of a layer that set the state of a unit.

use super::Layer;
use crate::entry::UnitState;
use crate::value::{Text, UnitName};

impl Layer {
    /// Enables a unit of this image or of its base, as its `[Install]` section specifies.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::UnitState};
    /// let entry = UnitState::enabled("chronyd.service");
    /// assert_eq!(Layer::new("u").enable("chronyd.service"), Layer::new("u").with(entry));
    /// ```
    #[track_caller]
    pub fn enable(self, unit: impl Text<UnitName>) -> Self {
        self.with(UnitState::enabled(unit))
    }

    /// Enables a unit if the image has it. A note says where it has not.
    ///
    /// ```
    /// # use lapstrake::{Layer, entry::UnitState};
    /// let entry = UnitState::enabled("qemu-guest-agent.service").if_present();
    /// assert_eq!(Layer::new("u").enable_if_present("qemu-guest-agent.service"), Layer::new("u").with(entry));
    /// ```
    #[track_caller]
    pub fn enable_if_present(self, unit: impl Text<UnitName>) -> Self {
        self.with(UnitState::enabled(unit).if_present())
    }

    /// Disables a unit: removes the links that enable it.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::UnitState};
    /// let entry = UnitState::disabled("chronyd.service");
    /// assert_eq!(Layer::new("u").disable("chronyd.service"), Layer::new("u").with(entry));
    /// ```
    #[track_caller]
    pub fn disable(self, unit: impl Text<UnitName>) -> Self {
        self.with(UnitState::disabled(unit))
    }

    /// Masks a unit: nothing can start it.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::UnitState};
    /// let entry = UnitState::masked("kdump.service");
    /// assert_eq!(Layer::new("u").mask("kdump.service"), Layer::new("u").with(entry));
    /// ```
    #[track_caller]
    pub fn mask(self, unit: impl Text<UnitName>) -> Self {
        self.with(UnitState::masked(unit))
    }

    /// Sets the target that the system boots to, such as `multi-user.target`.
    ///
    /// ```
    /// # use lapstrake::{Layer, entry::UnitState};
    /// let entry = UnitState::default_target("multi-user.target");
    /// assert_eq!(Layer::new("u").default_target("multi-user.target"), Layer::new("u").with(entry));
    /// ```
    #[track_caller]
    pub fn default_target(self, target: impl Text<UnitName>) -> Self {
        self.with(UnitState::default_target(target))
    }
}
