use super::fixture::*;
use lapstrake::Location;
use std::time::Instant;
#[test]
fn speed() {
    for files in [5_000usize, 50_000] {
        let lower: Vec<_> = (0..4)
            .map(|layer| {
                let mut tar = Tar::new();
                for n in 0..files / 4 {
                    tar = tar.file(
                        &format!("usr/share/some/dir{}/l{layer}-file-{n}", n % 97),
                        "content of a file",
                    );
                }
                tar.end()
            })
            .collect();
        let place = Place::with_layers(&lower);
        let cache = place.cache();
        let location = Location::Oci { dir: place.layout(), tag: None };
        let at = Instant::now();
        drop(open(&location, None, None, &cache).unwrap());
        println!("{files}: first {:?}", at.elapsed());
        let mut times: Vec<_> = (0..21)
            .map(|_| {
                let at = Instant::now();
                let b = open(&location, None, None, &cache).unwrap();
                let t = at.elapsed();
                assert!(b.index.iter().count() > files);
                t
            })
            .collect();
        times.sort();
        println!("{files}: again median {:?} max {:?}", times[10], times[20]);
    }
    let place = Place::new();
    let cache = place.cache();
    let mut times: Vec<_> = (0..21)
        .map(|_| {
            let at = Instant::now();
            open(&Location::StandIn, None, None, &cache).unwrap();
            at.elapsed()
        })
        .collect();
    println!("stand-in first {:?}", times[0]);
    times.sort();
    println!("stand-in median {:?} max {:?}", times[10], times[20]);
    if let Ok(to) = std::env::var("STAND_IN_TO") {
        for a in [lapstrake::value::Architecture::Amd64, lapstrake::value::Architecture::Arm64] {
            let base = open(&Location::StandIn, Some(a), None, &cache).unwrap();
            let layout = crate::oci::Layout::create_or_open(camino::Utf8Path::new(&to)).unwrap();
            for (d, s) in base.blobs() {
                layout.blobs().link_from(cache.blobs(), &d, s).unwrap();
            }
            layout.tag(a.as_str(), &base.descriptor).unwrap();
            layout.archive(a.as_str(), camino::Utf8Path::new(&format!("{to}-{a}.tar"))).unwrap();
        }
    }
    if let Ok(from) = std::env::var("OPEN") {
        let location: Location = from.parse().unwrap();
        let at = Instant::now();
        let base = open(&location, None, None, &cache).unwrap_or_else(|e| panic!("{}", told(&e)));
        println!(
            "{from}: first {:?}, {} nodes {} layers",
            at.elapsed(),
            base.index.iter().count(),
            base.layers.len()
        );
        let at = Instant::now();
        open(&location, None, None, &cache).unwrap();
        println!("{from}: again {:?}", at.elapsed());
        let mut out = String::new();
        for (path, node) in base.index.iter() {
            use crate::base::index::NodeKind::*;
            use std::fmt::Write;
            let kind = match &node.kind {
                Directory => "d".to_owned(),
                File { size, digest, capability, .. } => format!(
                    "f {size} {} {}",
                    digest.hex(),
                    capability
                        .as_ref()
                        .map_or(String::new(), |c| c.iter().map(|b| format!("{b:02x}")).collect())
                ),
                Symlink { target } => format!("l {target}"),
                Device { is_block, major, minor } => {
                    format!("{} {major}:{minor}", if *is_block { "b" } else { "c" })
                }
                Fifo => "p".to_owned(),
            };
            writeln!(out, "{:?} {:o} {}:{} {kind}", path.as_str(), node.mode.bits(), node.uid, node.gid)
                .unwrap();
        }
        std::fs::write(std::env::var("DUMP").unwrap(), out).unwrap();
    }
}
