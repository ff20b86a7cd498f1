//! What the packages of a layer came to: the image's own rpm lists what it has, before and after. It is
//! asked inside the image, for an rpm database is read by the rpm that wrote it.

use std::collections::BTreeSet;

const BEFORE: &str = "lapstrake-before ";
const AFTER: &str = "lapstrake-after ";
/// Keys that rpm lists among the packages; they are none, and differ in each database.
const KEY: &str = "gpg-pubkey-";

/// The step that lists packages before a transaction, as a line of a Containerfile.
pub(super) fn before() -> String {
    step(BEFORE)
}

/// The same after it.
pub(super) fn after() -> String {
    step(AFTER)
}

fn step(mark: &str) -> String {
    format!("RUN [\"rpm\", \"-qa\", \"--qf\", \"{mark}%{{NEVRA}}\\n\"]\n")
}

/// The packages that came in between, from what the steps said.
pub(super) fn installed(said: &[String]) -> BTreeSet<String> {
    let listed = |mark: &'static str| said.iter().filter_map(move |line| line.strip_prefix(mark));
    let before: BTreeSet<_> = listed(BEFORE).collect();
    let new = listed(AFTER).filter(|package| !before.contains(package) && !package.starts_with(KEY));
    new.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_before_and_keys_are_not_installed() {
        let said = [
            "lapstrake-before a-1-1.noarch",
            "Complete!",
            "lapstrake-after a-1-1.noarch",
            "lapstrake-after b-2-1.x86_64",
            "lapstrake-after gpg-pubkey-1-2.(none)",
        ];
        let said: Vec<String> = said.map(str::to_owned).to_vec();
        assert_eq!(installed(&said), BTreeSet::from(["b-2-1.x86_64".to_owned()]));
        assert_eq!(after(), "RUN [\"rpm\", \"-qa\", \"--qf\", \"lapstrake-after %{NEVRA}\\n\"]\n");
    }
}
