//! Whether a unit starts: enabled, disabled, masked, or what the system boots to. The links that say
//! so to systemd are the plan's to find.

use crate::Given;
use crate::value::{Invalid, UnitName};

/// A statement about a unit of this image or of its base.
///
/// ```
/// use lapstrake::{Layer, entry::{State, UnitState}};
///
/// let masked = UnitState::masked("rpcbind.socket");
/// assert_eq!(masked.unit().get().unwrap().as_str(), "rpcbind.socket");
/// assert_eq!(masked.state(), State::Masked);
/// Layer::new("units")
///     .with(masked)
///     .with(UnitState::enabled("sshd.service"))
///     .with(UnitState::disabled("avahi-daemon.service"))
///     .with(UnitState::default_target("multi-user.target"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct UnitState {
    unit: Given<UnitName>,
    state: State,
}

/// What is said about a unit; the words are systemctl(1)'s.
///
/// ```
/// use lapstrake::entry::{State, UnitState};
///
/// assert_eq!(UnitState::enabled("sshd.service").state(), State::Enabled);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Linked from what its `[Install]` section names.
    Enabled,
    /// Not linked from anything.
    Disabled,
    /// Linked to `/dev/null`.
    Masked,
    /// What `default.target` is.
    DefaultTarget,
}

impl UnitState {
    /// As `systemctl enable`.
    #[track_caller]
    pub fn enabled(unit: impl TryInto<UnitName, Error: Into<Invalid>>) -> Self {
        Self { unit: Given::new(unit), state: State::Enabled }
    }

    /// As `systemctl disable`.
    #[track_caller]
    pub fn disabled(unit: impl TryInto<UnitName, Error: Into<Invalid>>) -> Self {
        Self { unit: Given::new(unit), state: State::Disabled }
    }

    /// As `systemctl mask`.
    #[track_caller]
    pub fn masked(unit: impl TryInto<UnitName, Error: Into<Invalid>>) -> Self {
        Self { unit: Given::new(unit), state: State::Masked }
    }

    /// As `systemctl set-default`.
    #[track_caller]
    pub fn default_target(target: impl TryInto<UnitName, Error: Into<Invalid>>) -> Self {
        Self { unit: Given::new(target), state: State::DefaultTarget }
    }

    /// The unit.
    pub fn unit(&self) -> &Given<UnitName> {
        &self.unit
    }

    /// What is said about it.
    pub fn state(&self) -> State {
        self.state
    }
}
