//! The texts that each value of a description accepts and refuses. An error shows the part that is wrong, and if there
//! is one answer, what to write instead.

mod accounts;
mod images;
mod modes;
mod packages;
mod paths;
mod properties;
mod steps;
mod units;

use std::fmt::Debug;

use lapstrake::value::Invalid;

#[track_caller]
fn accepts<T: Debug>(parse: fn(&str) -> Result<T, Invalid>, texts: &[&str]) {
    for text in texts {
        assert!(parse(text).is_ok(), "{text:?}: {:?}", parse(text));
    }
}

/// Checks the errors of `parse`. A case has the text, the part of it that is wrong, and the help or `""`.
#[track_caller]
fn refuses<T: Debug>(parse: fn(&str) -> Result<T, Invalid>, cases: &[(&str, &str, &str)]) {
    for (text, part, help) in cases {
        let error = parse(text).expect_err(text);
        assert_eq!(error.input(), *text);
        assert_eq!(
            (error.offending(), error.help().unwrap_or_default()),
            (*part, *help),
            "{text:?}: {error}"
        );
    }
}
