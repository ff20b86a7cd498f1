//! The task on a checkout with examples whose xtask only says what it was asked.

use std::collections::BTreeSet;

use super::*;
use tempfile::TempDir;

/// A checkout with two examples, `rear` and `sensord`, each with an image of its name. Their xtask answers
/// `list`, and else prints its arguments as an image, or where it runs with `--here`; `--fail-NAME` makes its
/// exit code 2.
fn checkout() -> (TempDir, Checkout) {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(dir.path()).unwrap().canonicalize_utf8().unwrap();
    for name in ["sensord", "rear"] {
        let xtask = root.join("examples").join(name).join("xtask");
        std::fs::create_dir_all(xtask.join("src")).unwrap();
        let workspace =
            "[workspace]\nresolver = \"3\"\nmembers = [\"xtask\"]\n[profile.xtask]\ninherits = \"dev\"\n";
        std::fs::write(root.join("examples").join(name).join("Cargo.toml"), workspace).unwrap();
        std::fs::write(xtask.join("Cargo.toml"), "[package]\nname = \"xtask\"\nedition = \"2024\"\n")
            .unwrap();
        let main = r##"
            fn main() {
                let args: Vec<String> = std::env::args().skip(2).collect();
                let text = if args[0] == "list" {
                    "NAME".to_owned()
                } else if args.iter().any(|arg| arg == "--here") {
                    std::env::current_dir().unwrap().display().to_string()
                } else {
                    args.join(" ")
                };
                println!(r#"{{"schema":1,"images":[{{"name":"{text}"}}]}}"#);
                std::process::exit(if args.iter().any(|arg| arg == "--fail-NAME") { 2 } else { 0 });
            }
        "##;
        std::fs::write(xtask.join("src/main.rs"), main.replace("NAME", name)).unwrap();
    }
    // Other folders are ignored.
    std::fs::create_dir_all(root.join("examples/notes")).unwrap();
    let checkout = Checkout::at(&root).unwrap();
    (dir, checkout)
}

fn asked(checkout: &Checkout, line: &str) -> (u8, Vec<String>) {
    let args: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    let mut out = Vec::new();
    let code = forward(checkout, &checkout.root, &args, &mut out).unwrap();
    let merged: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(merged["schema"], 1);
    let images = merged["images"].as_array().unwrap();
    (code, images.iter().map(|image| image["name"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn all_examples_answer_as_one_in_the_order_of_their_names() {
    let (_dir, checkout) = checkout();
    assert_eq!(asked(&checkout, "list --format json"), (0, vec!["rear".into(), "sensord".into()]));
    assert_eq!(
        asked(&checkout, "build rear sensord --format=json -v"),
        (0, vec!["build rear --format=json -v".into(), "build sensord --format=json -v".into()])
    );
}

#[test]
fn one_that_fails_stops_no_other_and_the_worst_code_is_the_answer() {
    let (_dir, checkout) = checkout();
    let (code, images) = asked(&checkout, "build --fail-rear --format json");
    assert_eq!((code, images.len()), (2, 2));
}

#[test]
fn a_name_that_nobody_has_is_wrong_usage() {
    let (_dir, checkout) = checkout();
    let error = forward(&checkout, &checkout.root, &["build".to_owned(), "raer".to_owned()], &mut Vec::new())
        .unwrap_err();
    assert_eq!((error.code(), error.help().as_deref()), (2, Some("there is `rear`")));
}

#[test]
fn an_example_without_what_it_needs_is_left_out_and_refused_by_its_name() {
    let (_dir, checkout) = checkout();
    let rear = checkout.root.join("examples/rear");
    let manifest = std::fs::read_to_string(rear.join("Cargo.toml")).unwrap();
    let needs = format!("{manifest}[workspace.metadata.lapstrake]\nneeds = \"parts\"\n");
    std::fs::write(rear.join("Cargo.toml"), needs).unwrap();
    let checkout = Checkout::at(&checkout.root).unwrap();
    let args = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let forward = |line: &str| forward(&checkout, &checkout.root, &args(line), &mut Vec::new());

    assert_eq!(forward("build --fail-rear --fail-sensord").unwrap(), 2, "the other is asked");
    assert_eq!(forward("build --fail-rear").unwrap(), 0, "this one is not");
    for named in ["build rear", "build rear sensord", "build r*"] {
        let error = forward(named).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the example `rear` needs `{rear}/parts`, which does not exist")
        );
        assert_eq!(error.code(), 1);
        assert_eq!(error.help().unwrap(), "`examples/rear/README.md` says how to have it");
    }

    std::fs::create_dir(rear.join("parts")).unwrap();
    assert_eq!(forward("build rear --fail-rear").unwrap(), 2);
    assert_eq!(forward("build --fail-rear").unwrap(), 2);
}

#[test]
fn a_relative_path_starts_where_the_user_is() {
    let (_dir, checkout) = checkout();
    let here = checkout.root.join("examples/notes");
    let mut out = Vec::new();
    forward(&checkout, &here, &["plan", "--format", "json", "--here"].map(str::to_owned), &mut out).unwrap();
    let merged: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(merged["images"][0]["name"], here.as_str());
}

/// The command lines of the examples say themselves which of their options take a value.
#[test]
fn exactly_the_options_that_take_a_value_are_known() {
    let checkout = Checkout::find().unwrap();
    let help = |args: &[&str]| {
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let (code, stdout) = captured(&checkout.examples[0], &checkout.root, &args).unwrap();
        assert_eq!(code, 0, "{args:?}");
        String::from_utf8(stdout).unwrap()
    };
    let overview = help(&["--help"]);
    let lines = overview.lines().skip_while(|line| *line != "Commands:").skip(1);
    // A line of a description that is wrapped is indented further.
    let lines = lines.map_while(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let verbs = lines.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help");
    let mut with_value = BTreeSet::new();
    for verb in verbs {
        // `  -F, --features <FEATURES>  …`
        let help = help(&[verb, "--help"]);
        let options = help.lines().filter_map(|line| Some(line.split_once(" <")?.0));
        let words = options.flat_map(|options| options.split([',', ' ']));
        with_value.extend(words.filter(|word| word.starts_with('-')).map(str::to_owned));
    }
    let known: BTreeSet<_> = request::WITH_VALUE.map(str::to_owned).into();
    assert_eq!(known, with_value);
}
