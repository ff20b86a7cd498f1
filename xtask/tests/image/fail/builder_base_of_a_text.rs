//! Names the base by a text.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = Image::new("telematics", "registry.example/autosd:1");
}
