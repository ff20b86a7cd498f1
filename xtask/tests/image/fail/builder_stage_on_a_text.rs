//! Names the image of a build stage by a text.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = BuildStage::on("registry.example/autosd-rust:1");
}
