//! Binaries that cargo would be asked for.

use super::{fatal, words};
use crate::check::Check;

pub(in crate::check) const CHECKS: &[Check] = &[
    fatal(
        "unknown-binary",
        "cargo can build the binaries of the workspace's packages, and no others",
        words("`.bin(\"sensrod\")` in a workspace with a binary `sensord`", "`.bin(\"sensord\")`"),
    ),
    fatal(
        "unknown-package",
        "cargo can build the packages of the workspace, and no others",
        words(
            "`.bin(Bin::new(\"sensord\").package(\"sensor\"))` in a workspace with a package `sensors`",
            "`.bin(Bin::new(\"sensord\").package(\"sensors\"))`",
        ),
    ),
    fatal(
        "unknown-feature",
        "cargo refuses a feature that the binary's package has not",
        words(
            "`.bin(Bin::new(\"sensord\").features([\"can-fd\"]))` where the package's feature is `canfd`",
            "`.bin(Bin::new(\"sensord\").features([\"canfd\"]))`",
        ),
    ),
    fatal(
        "ambiguous-binary",
        "two packages may each have a binary of that name, and only one can be meant",
        words(
            "`.bin(\"selftest\")` where the packages `radio` and `cluster` both have one",
            "`.bin(Bin::new(\"selftest\").package(\"radio\"))`",
        ),
    ),
];
