//! libFuzzer's side of `lapstrake_xtask::fuzz`: one program for all targets, which is told its target by
//! the environment. What a target does is said there; `cargo xtask fuzz` builds and runs this.

#![no_main]

use std::sync::OnceLock;

use lapstrake_xtask::fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<&Target> = OnceLock::new();

fn target() -> &'static Target {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let known = TARGETS.iter().find(|target| target.name == name);
    known.unwrap_or_else(|| panic!("`FUZZ_TARGET={name}` names no target; `cargo xtask fuzz` sets it"))
}

fuzz_target!(|bytes: &[u8]| (TARGET.get_or_init(target).run)(bytes));
