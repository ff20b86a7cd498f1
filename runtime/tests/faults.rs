//! Every value that does not parse is kept and reported, whichever builder call gave it.

use lapstrake::entry::{
    Bin, Dir, DropIn, File, Kargs, Packages, Remove, Repository, Run, Secret, Symlink, Sysusers, Tmpfiles,
    Tree, Unit, UnitState,
};
use lapstrake::{Base, BuildStage, Image, Layer};

/// The inputs of the invalid values of a layer, in order.
fn inputs(layer: Layer) -> Vec<String> {
    let image = Image::new("valid", Base::stand_in()).layer(layer);
    image.faults().into_iter().map(|(_, error)| error.input().to_owned()).collect()
}

#[test]
fn an_image_reports_its_own_values_and_those_of_its_layers() {
    let image = Image::new("Name", Base::registry("Registry Ref").architecture("m68k"))
        .reference("no reference")
        .label("key=value", "x")
        .layer(Layer::new("my layer"));
    let found: Vec<_> = image.faults().into_iter().map(|(_, error)| error.input()).collect();
    assert_eq!(found, ["Name", "Registry Ref", "m68k", "no reference", "key=value", "my layer"]);
}

#[test]
fn a_binary_reports_every_word_for_cargo() {
    let stage = BuildStage::on(Base::at("nowhere")).source("src", "src");
    let bin = Bin::new("a/b")
        .package("my app")
        .features(["can,lin"])
        .profile("debug")
        .target("arm64")
        .at("bin/x")
        .in_stage(stage)
        .mode(755)
        .owner("a b")
        .capability("cap_none");
    let expected =
        ["a/b", "my app", "can,lin", "debug", "arm64", "bin/x", "nowhere", "src", "755", "a b", "cap_none"];
    assert_eq!(inputs(Layer::new("app").bin(bin)), expected);
}

#[test]
fn every_kind_of_entry_reports_its_values() {
    let layer = Layer::new("app")
        .with(Dir::new("1"))
        .with(DropIn::text("a", "", "2"))
        .with(File::from_stage(BuildStage::on(Base::stand_in()), "3", "4"))
        .with(Kargs::new("a/5", ["6 6"]).match_architectures(["7"]))
        .with(Packages::install(["8 8"]).and_remove(["9 9"]).and_swap("10 10", "11 11"))
        .with(Packages::default().repository(Repository::new("12 12", "13")))
        .with(Remove::new("14"))
        .with(Run::new(["x"]).env("15=", "").current_dir("16").cache("17").bind("x", "18"))
        .with(Run::new(["x"]).secret(Secret::env("19/", "20=")).secret(Secret::file("21/", "x")))
        .with(Symlink::to("any", "22"))
        .with(Sysusers::lines("a/23", ["24"]))
        .with(Tmpfiles::lines("a/25", ["26"]))
        .with(Tree::new("x", "27").dir_mode("28").exclude("29//"))
        .with(Unit::text("30", ""))
        .with(UnitState::enabled("31"))
        .with(Packages::default().enable_repository("32/").module("33:"));
    let numbers: Vec<_> = inputs(layer)
        .iter()
        .map(|input| input.chars().filter(char::is_ascii_digit).collect::<String>())
        .map(|digits| if digits.len() > 2 { digits[..digits.len() / 2].to_owned() } else { digits })
        .collect();
    let expected: Vec<_> = (1..=33)
        .map(|number: u32| if [6, 8, 9].contains(&number) { number * 11 } else { number })
        .map(|number| number.to_string())
        .collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_valid_image_reports_nothing() {
    assert!(inputs(Layer::new("app").bin("sensord").unit("deploy/sensord.service")).is_empty());
}
