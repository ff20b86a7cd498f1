//! Gives a step the command line of a shell.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = Layer::new("app").run("dnf install -y vim");
}
