//! How long all checks take on a large base whose index is in the cache. `cargo xtask bench` runs it, in
//! the profile that a user's xtask is built with.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lapstrake::entry::Unit;
use lapstrake::{Base, Image, Layer};
use tar::EntryType;

use super::workshop::Workshop;
use crate::base::fixture::Tar;

const ROUNDS: usize = 11;
/// The bar for planning, the merged tree and every check together.
const MOST: Duration = Duration::from_millis(500);

#[test]
#[ignore = "a benchmark; `cargo xtask bench` runs it"]
fn all_checks_on_a_base_of_100_000_files_take_under_half_a_second() {
    let workshop = Workshop::on_stand_in_and(large());
    assert!(workshop.base.index.tree().len() > 100_000);
    let unit = "[Service]\nExecStart=/usr/bin/sensord\n[Install]\nWantedBy=multi-user.target\n";
    let layer = Layer::new("app").unit(Unit::text("sensord.service", unit).enabled());
    let image = Image::new("large", Base::stand_in()).layer(layer.text("#!/bin/sh\n", "/usr/bin/sensord"));
    let loading = times(|| drop(workshop.open_again()));
    let checking = times(|| drop(workshop.check(&image)));
    told("index loaded", &loading);
    told("planned and checked", &checking);
    let median = checking[ROUNDS / 2];
    assert!(median <= MOST, "planning and all checks take {median:?}, at most {MOST:?}");
}

/// 98,000 files of no interest, 1,000 units and 1,000 libraries.
fn large() -> Vec<u8> {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/elf/library");
    let library = fs::read(library).unwrap();
    let mut tar = Tar::new();
    for number in 0..98_000 {
        tar = tar.file(&format!("usr/share/large/{:03}/{number:05}", number / 100), "");
    }
    for number in 0..1000 {
        let unit = format!("[Unit]\nDescription={number}\n[Service]\nExecStart=/usr/lib64/lib{number}.so\n");
        tar = tar.file(&format!("usr/lib/systemd/system/large-{number}.service"), &unit);
        let name = format!("usr/lib64/lib{number}.so");
        tar = tar.member(name.as_bytes(), EntryType::Regular, "", 0o755, &library);
    }
    tar.end()
}

/// Sorted, the shortest first.
fn times(mut work: impl FnMut()) -> Vec<Duration> {
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times
}

fn told(what: &str, times: &[Duration]) {
    let all: Vec<_> = times.iter().map(|time| time.as_millis().to_string()).collect();
    println!(
        "{what:>28}: median {:>6.1} ms of [{}]",
        times[ROUNDS / 2].as_secs_f64() * 1000.0,
        all.join(" ")
    );
}
