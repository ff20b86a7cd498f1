//! Names a package without a list.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = Layer::new("app").packages("vim");
}
