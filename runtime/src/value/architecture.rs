//! The processor an image is for, under the name that the OCI image spec gives it.

use std::fmt;

use super::{Invalid, text_newtype};

/// An image's architecture: Go's `GOARCH` (OCI image spec, config.md), of those that bootc installs on.
///
/// ```
/// use lapstrake::value::Architecture;
///
/// assert_eq!(Architecture::parse("x86_64").unwrap(), Architecture::Amd64);
/// assert_eq!(Architecture::Arm64.as_str(), "arm64");
/// assert_eq!(Architecture::parse("riscv64").unwrap_err().help(), Some("write `amd64` or `arm64`"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// `amd64`: x86-64.
    Amd64,
    /// `arm64`: 64-bit Arm, `AArch64`.
    Arm64,
}

impl Architecture {
    const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// Parses the OCI name; rustc's and uname's (`x86_64`, `aarch64`) are understood too.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|known| text == known.as_str() || text == known.machine()).ok_or_else(
            || {
                Invalid::whole("architecture", text, "is none that bootc installs on")
                    .or("write `amd64` or `arm64`")
            },
        )
    }

    /// The architecture that this program was compiled for; none where it is not one of these.
    ///
    /// ```
    /// # use lapstrake::value::Architecture;
    /// let host = Architecture::host().map(Architecture::machine);
    /// assert!(host.is_none_or(|host| host == std::env::consts::ARCH));
    /// ```
    pub fn host() -> Option<Self> {
        Self::parse(std::env::consts::ARCH).ok()
    }

    /// The OCI name, as an image's config has it: `amd64`, `arm64`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The kernel's name (uname(2)), as bootc's `match-architectures` has it: `x86_64`, `aarch64`.
    ///
    /// ```
    /// # use lapstrake::value::Architecture;
    /// assert_eq!(Architecture::Arm64.machine(), "aarch64");
    /// ```
    pub fn machine(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// rustc's target for a glibc system on it (`rustc --print target-list`).
    ///
    /// ```
    /// # use lapstrake::value::Architecture;
    /// assert_eq!(Architecture::Amd64.target(), "x86_64-unknown-linux-gnu");
    /// ```
    pub fn target(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

text_newtype!(Architecture);
