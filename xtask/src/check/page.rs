//! The page of checks, `xtask/checks.md`, which is the module `checks` of the documentation: made from the
//! registry, and tested to be current. Its examples are tests of rustdoc's: each fault is found, and is
//! not once it is fixed.

use super::{Check, Example};
use crate::finding::Bootc;

const HEAD: &str = "\
<!-- Made from the registry of checks. `UPDATE_CHECKS=1 cargo test -p lapstrake-xtask --lib page` writes it. -->

What `cargo xtask image check` looks for, and every build before it builds. A *fatal* finding stops a build
where a layer of the image has the fault, and is a warning where the base has it alone. `--skip NAME`
leaves a check out, `--only NAME` runs it alone, `--fatal-warnings` stops at warnings too, `cargo xtask image explain
NAME` prints its part of this page; fatal findings of
the *description* can't be left out, for there is no plan with them. [`Checks::with`](crate::check::Checks::with)
adds checks of your own.

A check of the *description* or of the *tree* runs before anything is compiled, one of *staged* files once
cargo has built the binaries.
";

/// The page of these checks.
fn page(checks: impl IntoIterator<Item = &'static Check>) -> String {
    checks.into_iter().fold(HEAD.to_owned(), |page, check| page + "\n" + &section(check))
}

fn section(check: &Check) -> String {
    let Check { name, reason, .. } = check;
    let bootc = Bootc::of(name).map(|it| format!(" {}.", it.as_words())).unwrap_or_default();
    let verdict = check.verdict().map(|it| format!("\n{}\n", escaped(&it.to_string()))).unwrap_or_default();
    let head = format!("## {name}\n\n*{}:* {}.{bootc}\n{verdict}", check.rank(), escaped(reason));
    let (faulty, fixed) = match check.example {
        Example::Layers { faulty, fixed } => (
            block(name, faulty, "Image::new(\"example\", Base::stand_in()).layer(example)", true),
            block(name, fixed, "Image::new(\"example\", Base::stand_in()).layer(example)", false),
        ),
        Example::Images { faulty, fixed } => {
            (block(name, faulty, "example", true), block(name, fixed, "example", false))
        }
        Example::Words { faulty, fixed } => {
            return format!("{head}\nFaulty: {}.\n\nFixed: {}.\n", escaped(faulty), escaped(fixed));
        }
        Example::None => return head,
    };
    format!("{head}\n{faulty}\nFixed:\n\n{fixed}")
}

/// An example that asserts, in lines that rustdoc hides, that it has the fault or that it could be built.
fn block(name: &str, example: &str, image: &str, has_fault: bool) -> String {
    let assertion = if has_fault {
        format!("assert!(found.iter().any(|finding| finding.name == {name:?}), \"{{found:#?}}\");")
    } else {
        format!(
            "assert!(found.iter().all(|finding| finding.name != {name:?} && finding.severity != Severity::Fatal), \"{{found:#?}}\");"
        )
    };
    let uses = if has_fault { "check::Checks" } else { "Severity, check::Checks" };
    format!(
        "```rust\n\
         # use lapstrake_xtask::{{{uses}, prelude::*}};\n\
         # let example =\n\
         {example}\n\
         # ;\n\
         # let found = Checks::default().findings(&{image});\n\
         # {assertion}\n\
         ```\n"
    )
}

/// Text that Markdown takes as it is; what stands in backticks is left alone.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut is_code = false;
    for c in text.chars() {
        is_code ^= c == '`';
        if !is_code && matches!(c, '[' | ']' | '<' | '>' | '*' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::{env, fs};

    use super::*;
    use crate::check::registry;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/checks.md");

    #[test]
    fn the_page_of_checks_is_current() {
        let page = page(registry());
        if env::var_os("UPDATE_CHECKS").is_some() {
            fs::write(PAGE, &page).unwrap();
        }
        assert!(
            fs::read_to_string(PAGE).is_ok_and(|written| written == page),
            "xtask/checks.md is stale; run `UPDATE_CHECKS=1 cargo test -p lapstrake-xtask --lib page`"
        );
    }

    #[test]
    fn every_check_has_a_name_of_its_own_a_reason_and_an_example() {
        let mut names = BTreeSet::new();
        for check in registry() {
            assert!(names.insert(check.name), "two checks are named `{}`", check.name);
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(check.name.chars().all(kebab), "`{}` is not written as bootc writes names", check.name);
            let reason = check.reason;
            assert!(!reason.is_empty() && !reason.ends_with('.'), "{}: a fragment: {reason}", check.name);
            assert_ne!(check.example, Example::None, "`{}` shows no example", check.name);
        }
    }

    #[test]
    fn words_that_markdown_would_take_for_its_own_are_escaped() {
        assert_eq!(escaped("a [Service] of `[Unit]`, <b>"), r"a \[Service\] of `[Unit]`, \<b\>");
    }
}
