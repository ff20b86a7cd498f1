//! The state of a unit at boot: enabled, disabled, masked, or the default target. The plan finds the links
//! that systemd reads.

use crate::Parsed;
use crate::faults::faults;
use crate::value::{Text, UnitName};

/// The state of a unit of this image or of its base.
///
/// ```
/// use lapstrake::{Layer, entry::{State, UnitState}};
///
/// let masked = UnitState::masked("rpcbind.socket");
/// assert_eq!(masked.unit, "rpcbind.socket");
/// assert_eq!(masked.state, State::Masked);
/// Layer::new("units")
///     .with(masked)
///     .with(UnitState::enabled("sshd.service"))
///     .with(UnitState::disabled("avahi-daemon.service"))
///     .with(UnitState::default_target("multi-user.target"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a unit's state is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct UnitState {
    /// The unit.
    pub unit: Parsed<UnitName>,
    /// Its state.
    pub state: State,
    /// Whether it is a unit of each user's manager, not of the system's.
    pub for_users: bool,
    /// Whether an image without the unit is as it should be.
    pub if_present: bool,
}

/// A unit's state, in the words of systemctl(1).
///
/// ```
/// use lapstrake::entry::{State, UnitState};
///
/// assert_eq!(UnitState::enabled("sshd.service").state, State::Enabled);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Linked from the units that its `[Install]` section names.
    Enabled,
    /// Not linked from any unit.
    Disabled,
    /// Linked to `/dev/null`.
    Masked,
    /// The target of `default.target`.
    DefaultTarget,
}

impl UnitState {
    fn new(unit: Parsed<UnitName>, state: State) -> Self {
        Self { unit, state, for_users: false, if_present: false }
    }

    /// Enables a unit, as `systemctl enable` does.
    #[track_caller]
    pub fn enabled(unit: impl Text<UnitName>) -> Self {
        Self::new(Parsed::new(unit), State::Enabled)
    }

    /// Disables a unit, as `systemctl disable` does.
    #[track_caller]
    pub fn disabled(unit: impl Text<UnitName>) -> Self {
        Self::new(Parsed::new(unit), State::Disabled)
    }

    /// Masks a unit, as `systemctl mask` does.
    #[track_caller]
    pub fn masked(unit: impl Text<UnitName>) -> Self {
        Self::new(Parsed::new(unit), State::Masked)
    }

    /// Makes the system boot to a target, as `systemctl set-default` does.
    #[track_caller]
    pub fn default_target(target: impl Text<UnitName>) -> Self {
        Self::new(Parsed::new(target), State::DefaultTarget)
    }

    /// Means the unit of that name in the manager of each user, as `systemctl --global` does.
    ///
    /// ```
    /// # use lapstrake::entry::UnitState;
    /// assert!(UnitState::masked("tracker.service").for_users().for_users);
    /// ```
    pub fn for_users(mut self) -> Self {
        self.for_users = true;
        self
    }

    /// Accepts that the image does not have the unit. Nothing is done then, and a note says so.
    ///
    /// ```
    /// # use lapstrake::entry::UnitState;
    /// assert!(UnitState::disabled("avahi-daemon.service").if_present().if_present);
    /// ```
    pub fn if_present(mut self) -> Self {
        self.if_present = true;
        self
    }
}

faults!(UnitState { unit; state, for_users, if_present });
