//! A layer is named as a person would name it.

use lapstrake_xtask::layer_name;

fn main() {
    let _ = layer_name!("my app");
}
