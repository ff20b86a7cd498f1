//! Every check, in the order in which findings of one place are told. `check --list` and the page of
//! checks are made from here; each group lists its own.

use super::{Check, abi, autosd, bootc, field, planned, secret, unit};

const GROUPS: [&[Check]; 13] = [
    planned::images::CHECKS,
    planned::values::CHECKS,
    planned::binaries::CHECKS,
    planned::sources::CHECKS,
    planned::steps::CHECKS,
    planned::destinations::CHECKS,
    planned::units::CHECKS,
    bootc::CHECKS,
    field::CHECKS,
    unit::CHECKS,
    autosd::CHECKS,
    abi::CHECKS,
    secret::CHECKS,
];

/// Lapstrake's own checks.
///
/// ```
/// let names: Vec<_> = lapstrake_xtask::check::registry().map(|check| check.name).collect();
/// assert!(names.contains(&"var-tmpfiles"), "bootc's name, for bootc's lint");
/// ```
pub fn registry() -> impl Iterator<Item = &'static Check> {
    GROUPS.into_iter().flatten()
}
