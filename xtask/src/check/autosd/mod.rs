//! AutoSD: what Automotive Image Builder needs of an image, its QM partition, its masked generators, its
//! transient /etc. That a base is sealed is known when it is planned on (`sealed-base`).

mod builder_files;
mod generator;
mod package_manager;
mod qm;
mod transient_etc;

use super::{Check, Subject};

pub(super) const CHECKS: &[Check] =
    &[builder_files::CHECK, package_manager::CHECK, qm::CHECK, transient_etc::CHECK, generator::CHECK];

/// Whether what is changed in /etc on the device is gone after a reboot (ostree-prepare-root(1)).
pub(super) fn is_etc_transient(subject: &Subject<'_>) -> bool {
    let texts = ["/usr/lib/ostree/prepare-root.conf", "/etc/ostree/prepare-root.conf"]
        .map(|path| subject.tree().text(path));
    let mut section = "";
    let mut transient = false;
    for line in texts.into_iter().flatten().flat_map(str::lines).map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        }
        if let Some((key, value)) = line.split_once('=').filter(|_| section == "etc")
            && key.trim() == "transient"
        {
            transient = matches!(value.trim(), "true" | "yes" | "1");
        }
    }
    transient
}
