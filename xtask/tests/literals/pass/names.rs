//! The macros need no name of the user's crate, and take none from it.

use lapstrake_xtask::*;

#[path = "spellings.rs"]
mod spelt;

mod core {}
mod std {}
mod lapstrake {}
mod __private {}
struct ImagePath;
struct Mode;

fn mode() -> Mode {
    Mode
}

fn main() {
    let (path, unit) = (path!("/etc/sensord.toml"), unit!("sensord.service"));
    assert_eq!((path.file_name(), unit.as_str()), ("sensord.toml", "sensord.service"));
    assert_eq!(mode!(0o755).bits(), 0o755);
    let _ = (mode(), ImagePath, spelt::main());
}
