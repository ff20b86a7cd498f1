//! What to ask the base's package manager for.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "package";

/// A package as dnf takes it: a name, `name-version`, a provide or a path; no option and no white space
/// (dnf(8), "Specifying Packages"). `@` starts a group, whose name may have blanks: `@core`, `@Development Tools`.
///
/// ```
/// use lapstrake::value::PackageSpec;
///
/// assert!(PackageSpec::parse("chrony-4.5").is_ok());
/// assert!(PackageSpec::parse("@Development Tools").is_ok());
/// let error = PackageSpec::parse("chrony jq").unwrap_err();
/// assert_eq!(error.help(), Some(r#"write `"chrony", "jq"`"#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageSpec(String);

impl PackageSpec {
    /// Parses a package; whether a repository has it, dnf finds out.
    ///
    /// ```
    /// # use lapstrake::value::PackageSpec;
    /// assert_eq!(PackageSpec::parse("--nogpgcheck").unwrap_err().offending(), "-");
    /// assert_eq!(PackageSpec::parse("https://rpms.example/a.rpm").unwrap_err().offending(), "https://");
    /// ```
    ///
    /// # Errors
    /// When it is empty, starts with `-`, is a URL, or holds white space or a control character. Single blanks are allowed inside
    /// the name of a group.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.trim().is_empty() {
            return Err(Invalid::whole(WHAT, text, "has no name"));
        }
        if text.starts_with('-') {
            return Err(Invalid::new(WHAT, text, 0..1, "starts with `-`: dnf would read an option"));
        }
        if let Some(group) = text.strip_prefix('@') {
            return Self::group(text, group);
        }
        if let Some(at) = text.find("://") {
            let reason = "is a URL: the lock would name a package that no repository has";
            let help = "name its repository by `.repository(…)`, or download it in a build stage: `.rpm_from_stage(…)`";
            return Err(Invalid::new(WHAT, text, 0..at + 3, reason).or(help));
        }
        match text.char_indices().find(|(_, c)| c.is_whitespace() || c.is_control()) {
            Some((at, wrong)) => {
                let names: Vec<_> = text.split_whitespace().map(|name| format!("{name:?}")).collect();
                let reason = match names.len() {
                    _ if !wrong.is_whitespace() => {
                        let reason = "has a control character";
                        return Err(Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason));
                    }
                    1 => "has white space beside it",
                    _ => "is several packages",
                };
                let error = Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason);
                Err(if text.split_whitespace().all(|name| Self::parse(name).is_ok()) {
                    error.or(format!("write `{}`", names.join(", ")))
                } else {
                    error
                })
            }
            None => Ok(Self(text.to_owned())),
        }
    }

    fn group(text: &str, group: &str) -> Result<Self, Invalid> {
        let name = group.strip_prefix('^').unwrap_or(group);
        let words: Vec<_> = name.split_whitespace().collect();
        let meant = format!("{}{}", &text[..text.len() - name.len()], words.join(" "));
        if words.is_empty() {
            return Err(Invalid::whole(WHAT, text, "is a group without a name"));
        }
        if let Some((at, wrong)) = text.char_indices().find(|(_, c)| c.is_control()) {
            return Err(Invalid::new(WHAT, text, at..at + wrong.len_utf8(), "has a control character"));
        }
        if meant != text {
            let error = Invalid::whole(WHAT, text, "has white space that is not one blank between two words");
            return Err(error.or(format!("write `{meant:?}`")));
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether it is a group of packages, or a module with its profile.
    ///
    /// ```
    /// # use lapstrake::value::PackageSpec;
    /// assert!(PackageSpec::parse("@core").unwrap().is_group());
    /// assert!(!PackageSpec::parse("bash").unwrap().is_group());
    /// ```
    pub fn is_group(&self) -> bool {
        self.0.starts_with('@')
    }

    /// The package as a text.
    ///
    /// ```
    /// # use lapstrake::value::PackageSpec;
    /// assert_eq!(PackageSpec::parse("/usr/bin/jq").unwrap().as_str(), "/usr/bin/jq");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PackageSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(PackageSpec);
