//! What bootc itself says of the fault of a check.

use serde::Serialize;

/// What bootc says of a fault, by bootc 1.16: its `container lint`, and its import and installation of an image.
///
/// ```
/// use lapstrake_xtask::check::Checks;
/// use lapstrake_xtask::prelude::*;
/// use lapstrake_xtask::Bootc;
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("1\n", "/var/lib/app/count"));
/// assert_eq!(Checks::default().findings(&image)[0].bootc, Some(Bootc::LintWarns));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Bootc {
    /// bootc does not import, install or deploy such an image.
    Refuses,
    /// `bootc container lint` has the rule, and fails.
    LintFails,
    /// `bootc container lint` has the rule, and warns.
    LintWarns,
}

/// The checks whose faults bootc sees. It does not look for those of the other checks.
const SEEN: [(&str, Bootc); 18] = [
    ("api-base-directories", Bootc::LintFails),
    ("baseimage-composefs", Bootc::LintWarns),
    ("baseimage-root", Bootc::LintFails),
    ("bootc-install", Bootc::Refuses),
    ("bootc-kargs", Bootc::LintFails),
    ("bootc-label", Bootc::Refuses),
    ("buildah-injected", Bootc::LintWarns),
    ("etc-usretc", Bootc::LintFails),
    ("kernel", Bootc::LintFails),
    ("nonempty-boot", Bootc::LintWarns),
    ("nonempty-run-tmp", Bootc::LintWarns),
    ("prepare-root", Bootc::Refuses),
    ("special-file", Bootc::Refuses),
    ("sysusers", Bootc::LintWarns),
    ("utf8", Bootc::LintFails),
    ("var-log", Bootc::LintWarns),
    ("var-run", Bootc::LintFails),
    ("var-tmpfiles", Bootc::LintWarns),
];

impl Bootc {
    /// Returns what bootc says of the faults of a check; nothing if bootc does not look for them.
    pub(crate) fn of(check: &str) -> Option<Self> {
        SEEN.iter().find(|(name, _)| *name == check).map(|(_, verdict)| *verdict)
    }

    /// Returns it as the end of a sentence about a check.
    pub(crate) const fn as_words(self) -> &'static str {
        match self {
            Self::Refuses => "bootc refuses such an image, too",
            Self::LintFails => "`bootc container lint` has this check, too, and fails",
            Self::LintWarns => "`bootc container lint` has this check, too, and warns",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::registry;

    #[test]
    fn each_verdict_of_bootc_is_of_a_check_that_exists() {
        let checks: BTreeSet<_> = registry().map(|check| check.name).collect();
        let unknown: Vec<_> = SEEN.iter().filter(|(name, _)| !checks.contains(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
