//! The violations that exist today. The list may only become shorter, and is empty in the end.

/// The keys of the known violations.
pub(super) const KNOWN: &[&str] = &[
    "cycle in `macros/src/image`: keyword, syntax, tokens",
    "cycle in `macros/src/image`: located, typed, word",
    "cycle in `macros/src`: diagnostic, input, literal",
    "cycle in `runtime/src`: base, build_stage, entry, faults, parsed, systemd, value",
    "cycle in `xtask/oci/src`: archive, layout, manifests",
    "cycle in `xtask/src/check`: contents, fault, secrets, subject, tree",
    "cycle in `xtask/src/cli`: boot, make, prepare, report",
    "file `runtime/tests/values.rs` has more than 400 lines, and its header has no reason with the words `400 lines`",
    "file `xtask/tests/image.rs` has more than 400 lines, and its header has no reason with the words `400 lines`",
    "function `misshapen` of `macros/src/image/shape.rs` has more than 80 lines",
    "function `to_elf` of `xtask/src/base/stand_in/library.rs` has more than 80 lines",
];
