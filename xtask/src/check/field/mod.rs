//! What `bootc container lint` misses and the field has seen: accounts, hardlinks, kernels, labels, merges of
//! /etc, SELinux contexts. The rules are told apart by what breaks on the device.

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
