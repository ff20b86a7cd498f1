//! Every kind of entry with every option, by `image!` and by the builders.

mod built;
mod said;

use std::collections::BTreeSet;

use lapstrake::entry::EntryRef;
use lapstrake_xtask::prelude::*;

use super::layer;

/// An asset of this repository. Its content does not matter.
const ASSET: &str = "xtask/Cargo.toml";
const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn asset(path: &str) -> Asset {
    Asset::new(path)
}

/// Returns the keyword of a kind. The match is exhaustive, so that a new kind needs its keyword and its lines below.
fn keyword(kind: &EntryKind) -> &'static str {
    match EntryRef::of(kind) {
        EntryRef::Bin(_) => "bin",
        EntryRef::CaCertificate(_) => "ca_certificate",
        EntryRef::Conf(_) => "conf",
        EntryRef::Copied(_) => "copy",
        EntryRef::Dir(_) => "dir",
        EntryRef::DropIn(_) => "drop_in",
        EntryRef::Embedded(_) => "embed",
        EntryRef::Edit(_) => "edit",
        EntryRef::EnvironmentFile(_) => "environment_file",
        EntryRef::File(_) => "file",
        EntryRef::Group(_) => "group",
        EntryRef::HealthCheck(_) => "health_check",
        EntryRef::Kargs(_) => "kargs",
        EntryRef::Kmod(_) => "kmod",
        EntryRef::Motd(_) => "motd",
        EntryRef::Packages(_) => "packages",
        EntryRef::Quadlet(_) => "quadlet",
        EntryRef::Remove(_) => "remove",
        EntryRef::Run(_) => "run",
        EntryRef::Selinux(_) => "selinux_boolean",
        EntryRef::Symlink(_) => "symlink",
        EntryRef::Sysusers(_) => "sysusers",
        EntryRef::Tmpfiles(_) => "tmpfiles",
        EntryRef::Tree(_) => "tree",
        EntryRef::Unit(_) => "unit",
        EntryRef::UnitState(_) => "enable",
        EntryRef::User(_) => "user",
        EntryRef::Zone(_) => "zone",
    }
}

#[test]
fn every_entry_with_every_option_is_what_the_builder_makes() {
    let (said, built) = (said::said(), built::built());
    for (index, (entry, other)) in said.layers[0].entries.iter().zip(&built.entries).enumerate() {
        assert_eq!(entry, other, "entry {index}, {}", keyword(&other.kind));
    }
    let kinds: BTreeSet<_> = built.entries.iter().map(|entry| keyword(&entry.kind)).collect();
    assert_eq!(kinds.len(), 28, "a kind is missing: {kinds:?}");
    assert_eq!(said, layer(built));
}
