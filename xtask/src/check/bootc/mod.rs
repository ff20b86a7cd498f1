//! The lints of `bootc container lint`, on the merged tree, in bootc's order and with its exemptions.
//! All of them always run: where bootc stops at two kernels, these go on. Where a layer puts something
//! that bootc only warns of, and that no device would ever use, the fault is fatal.

mod api_base_directories;
mod baseimage;
mod bootc_kargs;
mod buildah_injected;
mod etc_usretc;
mod install_config;
mod kernel;
mod nonempty_boot;
mod nonempty_run_tmp;
mod refused_destination;
mod sysusers;
mod utf8;
mod var_log;
mod var_tmpfiles;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    api_base_directories::CHECK,
    baseimage::ROOT,
    bootc_kargs::CHECK,
    install_config::CHECK,
    etc_usretc::CHECK,
    kernel::CHECK,
    utf8::CHECK,
    nonempty_run_tmp::VAR_RUN,
    baseimage::COMPOSEFS,
    buildah_injected::CHECK,
    nonempty_boot::CHECK,
    nonempty_run_tmp::CHECK,
    sysusers::CHECK,
    var_log::CHECK,
    var_tmpfiles::CHECK,
    refused_destination::CHECK,
];
