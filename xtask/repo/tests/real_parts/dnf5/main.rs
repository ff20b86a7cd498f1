//! An image whose packages dnf5 installs. The test puts it in place of the image of
//! `project/`.

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    Xtask::new([image()]).main()
}

fn image() -> Image {
    Image::new("by-dnf5", Base::oci("parts/dnf5:dnf5")).layer(services()).layer(changes())
}

fn services() -> Layer {
    Layer::new("services")
        .with(packages(["rig-daemon", "rig-greeter-1.0", "rig-modules", "rig-old"]).without_docs())
        .enable("rig-daemon.service")
        .mask("rig-daemon-helper.service")
        .tmpfiles_of_packages("services")
}

fn changes() -> Layer {
    let tools = packages(["@rig-tools", "rig-tilde"])
        .and_remove(["rig-modules"])
        .module("rigpython:3.1")
        .upgrade_all()
        .allow_erasing();
    Layer::new("changes").with(tools)
}

fn packages<const N: usize>(names: [&'static str; N]) -> Packages {
    Packages::install(names).repository(Repository::new("rig", "http://127.0.0.1:8000/repo").unsigned())
}
