//! The images of the archetypes. The test writes them from its table, and puts this file in the place of that of
//! `project/`.

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    Xtask::new([/* images */]).main()
}

fn on_rig(name: &'static str) -> Image {
    Image::new(name, Base::oci("parts/base:rig"))
}

fn packages(names: &'static [&'static str]) -> Packages {
    Packages::install(names.iter().copied())
        .repository(Repository::new("rig", "http://127.0.0.1:8000/repo").unsigned())
}
