//! The lints of `bootc container lint`, on the merged tree, in bootc's order and with its exemptions.
//! All of them always run: where bootc stops at two kernels, these go on. Where a layer puts something
//! that bootc only warns of, and that no device would ever use, the fault is fatal.

mod base_directories;
mod baseimage;
mod boot;
mod injected;
mod kargs;
mod kernel;
mod log;
mod refused;
mod run;
mod sysusers;
mod usr_etc;
mod utf8;
mod var;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    base_directories::CHECK,
    baseimage::ROOT,
    kargs::CHECK,
    usr_etc::CHECK,
    kernel::CHECK,
    utf8::CHECK,
    run::VAR_RUN,
    baseimage::COMPOSEFS,
    injected::CHECK,
    boot::CHECK,
    run::CHECK,
    sysusers::CHECK,
    log::CHECK,
    var::CHECK,
    refused::CHECK,
];
