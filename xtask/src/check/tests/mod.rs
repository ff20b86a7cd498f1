//! Every check against a fault and a near miss. What the documentation shows is tested by its own
//! examples; here is what takes another base, or a program.

mod abi;
mod autosd;
mod bootc;
mod booting;
mod catalog;
mod dbus;
mod deployment;
mod directives;
mod drop_ins;
mod lines;
mod modules;
mod ordering;
mod places;
mod presets;
mod quadlets;
mod readers;
mod scripts;
mod secret_files;
mod secrets;
mod sshd;
mod sudoers;
mod systemd;
mod unit_access;
mod unit_paths;

use lapstrake::{Base, Image, Layer};

use crate::base::fixture::Tar;
use crate::finding::{Blame, Finding, Severity};
use crate::tests::workshop::Workshop;

/// An image of one layer.
fn image(layer: Layer) -> Image {
    Image::new("checked", Base::stand_in()).layer(layer)
}

/// The findings of one name in an image of that layer, on the stand-in with one more layer below.
fn found(name: &str, below: Tar, layer: Layer) -> Vec<Finding> {
    let workshop = Workshop::on_stand_in_and(below.end());
    workshop.check(&image(layer)).into_iter().filter(|finding| finding.name == name).collect()
}

/// A layer that has no fault.
fn harmless() -> Layer {
    Layer::new("app").text("x\n", "/etc/app.conf")
}
