//! The same images by `image!`: variants are `if` around layers. A test holds both forms equal.

use lapstrake_xtask::prelude::*;

use crate::Variant;

/// The image, as `cockpit()` of `main.rs` describes it.
pub(crate) fn cockpit(variant: Variant) -> Image {
    image! {
        name: variant.name(),
        base: stand_in,
        version: env!("CARGO_PKG_VERSION"),

        layer "cluster" {
            sysusers "clusterd" ["u clusterd - \"Instruments of the cockpit\""]
            bin "clusterd"
            unit "deploy/clusterd.service" { enabled }
        }

        if variant != Variant::Entry {
            layer "media" {
                sysusers "mediad" ["u mediad - \"Media library of the cockpit\""]
                bin "mediad"
                unit "deploy/mediad.service" { enabled }
            }
        }

        if variant == Variant::Bench {
            layer "bench" {
                drop_in "deploy/bench.conf" => "clusterd.service"
                drop_in "deploy/bench.conf" => "mediad.service"
            }
        }
    }
}
