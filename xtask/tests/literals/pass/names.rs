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
#[expect(dead_code, reason = "a name that is taken")]
struct Image;

fn mode() -> Mode {
    Mode
}

fn main() {
    let (path, unit) = (path!("/etc/sensord.toml"), unit!("sensord.service"));
    assert_eq!((path.file_name(), unit.as_str()), ("sensord.toml", "sensord.service"));
    assert_eq!(mode!(0o755).bits(), 0o755);
    let image = image! { name: "x", base: stand_in, layer "app" { dir "/etc/x" { mode: 0o700 } } };
    assert_eq!(image.layers.len(), 1);
    let _ = (mode(), ImagePath, spelt::main());
}
