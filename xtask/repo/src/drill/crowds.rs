//! Starts several builds of one workspace at once. Each pins a base of its own, and some meet in the same image or beside
//! `gc`.

use std::process::{Child, Stdio};

use super::Result;
use super::random::Random;
use super::workshop::{VERSIONS, Workshop};

/// What the rounds were, and what was wrong after them.
#[derive(Default)]
pub(super) struct Crowds {
    pub(super) builds: u64,
    pub(super) beside_gc: u64,
    pub(super) faults: usize,
}

pub(super) fn run(workshop: &Workshop<'_>, count: u64, random: &mut Random) -> Result<Crowds> {
    let mut crowds = Crowds::default();
    for round in 0..count {
        let builds = 2 + random.below(3);
        let first = random.below(VERSIONS);
        let mut versions: Vec<_> = (0..builds).map(|number| (first + number) % VERSIONS).collect();
        // Two builds write the same layers.
        if builds > 2 {
            versions[1] = versions[0];
        }
        workshop.unpin(&versions)?;
        let with_gc = random.below(3) == 0;
        let meets_engine = workshop.has_engine && round % 5 == 4;
        let mut children = Vec::new();
        for version in &versions {
            let image = format!("crowd{version}");
            children.push((image.clone(), *version, start(workshop, &["build", &image], *version)?));
        }
        if meets_engine {
            for _ in 0..2 {
                children.push(("engine".to_owned(), first, start(workshop, &["build", "engine"], first)?));
            }
        }
        if with_gc {
            children.push(("gc".to_owned(), first, start(workshop, &["gc", "--keep", "2"], first)?));
        }
        crowds.builds += builds + 2 * u64::from(meets_engine);
        crowds.beside_gc += u64::from(with_gc);
        let name = format!("crowd {round} of {versions:?}, gc: {with_gc}, engine: {meets_engine}");
        let mut wrong = Vec::new();
        for (image, _, child) in &mut children {
            let status = child.wait()?;
            if !status.success() {
                wrong.push(format!("`{image}` ended with {status}"));
            }
        }
        wrong.extend(workshop.lost_pins(&[])?);
        for (image, version, _) in children.iter().filter(|(image, _, _)| image != "gc") {
            wrong.extend(workshop.check(image, *version)?);
        }
        let wrong: Vec<_> = wrong.into_iter().map(|what| format!("{name}: {what}")).collect();
        crowds.faults += wrong.len();
        super::progress("crowds", (round, count), &wrong);
    }
    Ok(crowds)
}

fn start(workshop: &Workshop<'_>, arguments: &[&str], version: u64) -> Result<Child> {
    let mut command = workshop.command(&[arguments, &["--quiet"]].concat(), version);
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?)
}
