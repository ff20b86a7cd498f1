//! The names by which cargo knows what it builds: binary target, package, feature, profile, target triple.

use std::fmt;

use super::plain_name::PlainName;
use super::{ImagePath, Invalid, text_newtype};

/// The name of a binary target of cargo, `[[bin]]` (The Cargo Book, "Cargo Targets"). It is a file name.
///
/// ```
/// use lapstrake::value::BinName;
///
/// assert_eq!(BinName::parse("sensord").unwrap().as_str(), "sensord");
/// assert_eq!(BinName::parse("target/release/sensord").unwrap_err().help(), Some("write `sensord`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BinName(String);

impl BinName {
    /// Parses a name. Whether the workspace has such a binary is known when the image is planned.
    ///
    /// ```
    /// # use lapstrake::value::BinName;
    /// assert!(BinName::parse("").is_err());
    /// assert_eq!(BinName::parse("--release").unwrap_err().offending(), "-");
    /// ```
    ///
    /// # Errors
    /// When it is empty, starts with `-`, or is not a file name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "binary";
        if text.is_empty() {
            return Err(Invalid::whole(WHAT, text, "has no name"));
        }
        if text.starts_with('-') {
            return Err(Invalid::new(WHAT, text, 0..1, "starts with `-`: cargo would read an option"));
        }
        if let Some((_, last)) = text.rsplit_once('/') {
            let error = Invalid::whole(WHAT, text, "is a path; cargo builds it, by the name of its target");
            return Err(error.or_write(last, Self::parse));
        }
        ImagePath::root().join("usr/bin")?.join(text).map(|_| Self(text.to_owned()))
    }
}

const PACKAGE: PlainName = PlainName { what: "package", most: 64, signs: &['-', '_'], instead: '-' };

/// The name of a package of cargo, `[package] name` (The Cargo Book, "The Manifest Format"): ASCII letters,
/// digits, `-` and `_`, a letter or digit first, at most 64 bytes.
///
/// ```
/// use lapstrake::value::CargoPackage;
///
/// assert_eq!(CargoPackage::parse("diagnostics").unwrap().as_str(), "diagnostics");
/// assert_eq!(CargoPackage::parse("diagnostics@1.0").unwrap_err().offending(), "@");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CargoPackage(String);

impl CargoPackage {
    /// Parses a name.
    ///
    /// ```
    /// # use lapstrake::value::CargoPackage;
    /// assert_eq!(CargoPackage::parse("my app").unwrap_err().help(), Some("write `my-app`"));
    /// ```
    ///
    /// # Errors
    /// When it is empty, longer than 64 bytes, has another character, or starts with `-` or `_`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        PACKAGE.check(text)?;
        Ok(Self(text.to_owned()))
    }
}

/// The name of a feature of cargo, or `PACKAGE/FEATURE` (The Cargo Book, "Features").
///
/// ```
/// use lapstrake::value::FeatureName;
///
/// assert_eq!(FeatureName::parse("can").unwrap().as_str(), "can");
/// assert!(FeatureName::parse("probe/can").is_ok());
/// assert_eq!(FeatureName::parse("can,lin").unwrap_err().help(), Some(r#"write `"can", "lin"`"#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureName(String);

impl FeatureName {
    /// Parses a name. Whether the package has such a feature is known when the image is planned.
    ///
    /// ```
    /// # use lapstrake::value::FeatureName;
    /// assert_eq!(FeatureName::parse("can lin").unwrap_err().offending(), " ");
    /// ```
    ///
    /// # Errors
    /// When it is empty, or holds a comma, white space or a control character.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "feature";
        let separates = |c: char| c == ',' || c.is_whitespace() || c.is_control();
        if text.is_empty() {
            return Err(Invalid::whole(WHAT, text, "has no name"));
        }
        let Some((at, wrong)) = text.char_indices().find(|&(_, c)| separates(c)) else {
            return Ok(Self(text.to_owned()));
        };
        let reason = format!("has `{}`, which parts the names of several features", wrong.escape_debug());
        let error = Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason);
        let names: Vec<_> = text.split(separates).filter(|name| !name.is_empty()).collect();
        let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
        Err(if names.is_empty() { error } else { error.or(format!("write `{}`", names.join(", "))) })
    }
}

const PROFILE: PlainName = PlainName { what: "profile", most: 64, signs: &['-', '_'], instead: '-' };

/// The name of a profile of cargo (The Cargo Book, "Profiles"): ASCII letters, digits, `-` and `_`.
///
/// ```
/// use lapstrake::value::ProfileName;
///
/// assert_eq!(ProfileName::parse("dist").unwrap().as_str(), "dist");
/// assert_eq!(ProfileName::parse("debug").unwrap_err().help(), Some("write `dev`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName(String);

impl ProfileName {
    /// Parses a name. Whether the workspace has such a profile is known to cargo alone.
    ///
    /// ```
    /// # use lapstrake::value::ProfileName;
    /// assert_eq!(ProfileName::parse("dist.lto").unwrap_err().help(), Some("write `dist-lto`"));
    /// ```
    ///
    /// # Errors
    /// When it is empty, has another character, or is `debug`, which cargo reserves.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        PROFILE.check(text)?;
        if text == "debug" {
            return Err(Invalid::whole("profile", text, "is reserved by cargo").or("write `dev`"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A target triple of rustc (The rustc book, "Platform Support"): `aarch64-unknown-linux-gnu`.
///
/// ```
/// use lapstrake::value::TargetTriple;
///
/// assert_eq!(TargetTriple::parse("aarch64-unknown-linux-musl").unwrap().as_str(), "aarch64-unknown-linux-musl");
/// assert_eq!(TargetTriple::parse("arm64").unwrap_err().help(), Some("write `aarch64-unknown-linux-gnu`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetTriple(String);

impl TargetTriple {
    /// Parses a triple: from two to five parts of ASCII letters, digits, `_` and `.`, joined by `-`. Whether
    /// rustc has such a target is known to rustc alone.
    ///
    /// ```
    /// # use lapstrake::value::TargetTriple;
    /// assert_eq!(TargetTriple::parse("x86_64 unknown linux").unwrap_err().offending(), " ");
    /// ```
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "target";
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if let Some((at, wrong)) = text.char_indices().find(|&(_, c)| !allowed(c)) {
            let reason = format!("has `{}`, which a target triple does not have", wrong.escape_debug());
            return Err(Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason));
        }
        let parts = text.split('-').count();
        if !(2..=5).contains(&parts) || text.split('-').any(str::is_empty) {
            let error =
                Invalid::whole(WHAT, text, "is not a target triple, such as `x86_64-unknown-linux-gnu`");
            let architecture = super::Architecture::parse(text).ok();
            return Err(match architecture {
                Some(architecture) => error.or(format!("write `{}`", architecture.target())),
                None => error,
            });
        }
        Ok(Self(text.to_owned()))
    }
}

macro_rules! name {
    ($($type:ident),*) => {$(
        impl $type {
            /// Returns the name as a text.
            ///
            /// ```
            /// # use lapstrake::value::BinName;
            /// assert_eq!(BinName::parse("sensord").unwrap().as_str(), "sensord");
            /// ```
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        text_newtype!($type);
    )*};
}
name!(BinName, CargoPackage, FeatureName, ProfileName, TargetTriple);
