//! AutoSD: what Automotive Image Builder needs of an image, its QM partition, its masked generators, its
//! transient /etc. That a base is sealed is known when it is planned on (`sealed-base`).

mod aib_files;
mod masked_generator;
mod no_package_manager;
mod qm_partition;
mod qm_path;
mod transient_etc;

use super::prepare_root::{PLACES, is_yes, setting};
use super::{Check, Subject};

pub(super) const CHECKS: &[Check] = &[
    aib_files::CHECK,
    no_package_manager::CHECK,
    qm_path::CHECK,
    qm_partition::CHECK,
    transient_etc::CHECK,
    masked_generator::CHECK,
];

/// Whether what is changed in /etc on the device is gone after a reboot (ostree-prepare-root(1)).
pub(super) fn is_etc_transient(subject: &Subject<'_>) -> bool {
    let file = PLACES.iter().find_map(|place| subject.tree().follow(place));
    file.and_then(|file| setting(&file, "etc", "transient")).is_some_and(|value| is_yes(&value))
}
