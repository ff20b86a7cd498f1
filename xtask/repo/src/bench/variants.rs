//! Twenty images that share all layers but one: they must cost little more than one image.

use super::Result;
use super::figures::{Figures, print_times, ratio};
use super::measure::{rounds, time};
use crate::project::Project;

/// How many images there are.
const COUNT: usize = 20;
/// How many files the layer has that they share.
const SHARED: usize = 1000;
/// The most that all images may cost without a change, as a multiple of one.
const GROWTH: f64 = 1.5;

pub(super) fn measure(project: &Project<'_>, figures: &mut Figures) -> Result<()> {
    for number in 0..SHARED {
        project.write(&format!("shared/{number}.conf"), format!("number = {number}\n").as_bytes())?;
    }
    let names: Vec<_> = (0..COUNT).map(|number| format!("variant-{number:02}")).collect();
    let all: Vec<_> = ["build", "--quiet"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let one = ["build", "--quiet", names[0].as_str()];
    let build = |arguments: &[&str]| {
        time(|| {
            project.run_image(arguments)?;
            Ok(())
        })
    };
    print_times("one variant, first build", &[build(&one)?]);
    print_times("20 variants, 19 of them first", &[build(&all)?]);
    let one = rounds(10, |_| build(&one))?;
    let all = rounds(10, |_| build(&all))?;
    let one = print_times("one variant, nothing changed", &one);
    let all = print_times("20 variants, nothing changed", &all);
    figures.compare("20 variants against one, nothing changed", ratio(all, one), GROWTH, "times");
    Ok(())
}
