//! A literal that came through the user's own macro: the message is on the literal all the same.

use lapstrake_xtask::path;

macro_rules! config {
    ($name:literal) => {
        path!($name)
    };
}

fn main() {
    let _ = config!("sensord.toml");
}
