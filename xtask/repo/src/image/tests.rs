//! The task on a checkout with examples whose xtask only says what it was asked.

use super::*;
use camino::Utf8Path;
use tempfile::TempDir;

/// A checkout with two examples, `rear` and `sensord`, each with an image of its name. Their xtask answers
/// `list`, and else prints its arguments as an image; `fail` as an argument makes its exit code 2.
fn checkout() -> (TempDir, Checkout) {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(dir.path()).unwrap();
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
                let text = if args[0] == "list" { "NAME".to_owned() } else { args.join(" ") };
                println!(r#"{{"schema":1,"images":[{{"name":"{text}"}}]}}"#);
                std::process::exit(if args.iter().any(|arg| arg == "--fail-NAME") { 2 } else { 0 });
            }
        "##;
        std::fs::write(xtask.join("src/main.rs"), main.replace("NAME", name)).unwrap();
    }
    // What is no example is passed over.
    std::fs::create_dir_all(root.join("examples/notes")).unwrap();
    let checkout = Checkout::at(root).unwrap();
    (dir, checkout)
}

fn asked(checkout: &Checkout, line: &str) -> (u8, Vec<String>) {
    let args: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    let mut out = Vec::new();
    let code = forward(checkout, &args, &mut out).unwrap();
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
    let error = forward(&checkout, &["build".to_owned(), "raer".to_owned()], &mut Vec::new()).unwrap_err();
    assert_eq!((error.code(), error.help().as_deref()), (2, Some("there is `rear`")));
}

#[test]
fn every_option_that_takes_a_value_is_known() {
    let checkout = Checkout::find().unwrap();
    let help = |args: &[&str]| {
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let (code, stdout) = captured(&checkout.examples[0], &args).unwrap();
        assert_eq!(code, 0, "{args:?}");
        String::from_utf8(stdout).unwrap()
    };
    let overview = help(&["--help"]);
    let verbs = overview.lines().skip_while(|line| *line != "Commands:").skip(1);
    let verbs: Vec<_> =
        verbs.map_while(|line| line.split_whitespace().next()).filter(|verb| *verb != "help").collect();
    assert!(verbs.contains(&"build"), "{overview}");
    for verb in verbs {
        for line in help(&[verb, "--help"]).lines() {
            // `  -F, --features <FEATURES>  …`
            let Some((options, _)) = line.split_once(" <") else { continue };
            for option in options.split([',', ' ']).filter(|word| word.starts_with('-')) {
                assert!(request::WITH_VALUE.contains(&option), "`{option}` of `image {verb}` takes a value");
            }
        }
    }
}
