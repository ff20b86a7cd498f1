//! Every check, in the order in which findings of one place are shown. `check --list` and the page of
//! checks are made from here; each group lists its own.

use super::{Check, abi, autosd, bootc, deployment, description, readers, secret_in_layer, systemd};

const GROUPS: [&[Check]; 14] = [
    description::images::CHECKS,
    description::values::CHECKS,
    description::binaries::CHECKS,
    description::sources::CHECKS,
    description::steps::CHECKS,
    description::destinations::CHECKS,
    description::units::CHECKS,
    bootc::CHECKS,
    deployment::CHECKS,
    readers::CHECKS,
    systemd::CHECKS,
    autosd::CHECKS,
    abi::CHECKS,
    &[secret_in_layer::CHECK],
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
