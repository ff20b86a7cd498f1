//! What `bootc container lint` misses and the field has seen: accounts, modes, links that became
//! directories, bound images, SELinux contexts. Each message names what breaks on the device.

mod account;
mod boot_target;
mod bound_image;
mod ca_certificate;
mod dangling_link;
mod dracut_module;
mod etc_merge;
mod fstab;
mod ignored_line;
mod kernel_arguments;
mod machine_id;
mod nsswitch;
mod owner;
mod prepare_root;
mod reader_mode;
mod selinux_label;
mod special_file;
mod tmpfiles;
mod top_level;
mod unsigned_module;
mod world_writable;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    account::GID,
    account::GSHADOW,
    ignored_line::SYSUSERS,
    ignored_line::TMPFILES,
    owner::NUMBER,
    owner::USR,
    owner::SETUID,
    reader_mode::CHECK,
    special_file::CHECK,
    tmpfiles::MODE,
    tmpfiles::OWNER,
    etc_merge::CHECK,
    bound_image::CHECK,
    ca_certificate::CHECK,
    dracut_module::CHECK,
    machine_id::CHECK,
    selinux_label::CHECK,
    top_level::CHECK,
    boot_target::CHECK,
    kernel_arguments::CHECK,
    unsigned_module::CHECK,
    prepare_root::CHECK,
    fstab::CHECK,
    nsswitch::CHECK,
    world_writable::CHECK,
    dangling_link::CHECK,
];
