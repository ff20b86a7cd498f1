//! A letter is missing in the name of the directory.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("deplo/sensord.service");
}
