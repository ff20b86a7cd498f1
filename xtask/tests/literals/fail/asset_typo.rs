//! Two letters swapped in the name of the file.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("deploy/sensord.sevrice");
}
