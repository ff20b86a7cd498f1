//! Five mistakes in one image: five messages, and not one more about what was made of the values.

use lapstrake_xtask::{asset, mode, path, reference, unit};

fn main() {
    let config = path!("etc/sensord.toml");
    let file_name: &str = config.file_name();
    let bits: u32 = mode!(640).bits() & mode!(0o777).bits();
    let service = unit!("sensord");
    let is_template: bool = service.is_template();
    let tag: Option<&str> = reference!("registry.example/autosd").tag().map(str::trim);
    let source = asset!("deploy/sensord.tml").path().to_owned();
    println!("{file_name} {bits} {is_template} {tag:?} {source}");
}
