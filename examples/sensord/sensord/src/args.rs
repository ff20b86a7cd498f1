//! The command line: three flags don't need a parser's crate.

use std::ffi::OsString;
use std::path::PathBuf;

pub const USAGE: &str = "\
usage: sensord [--config FILE] [--check-config]

  --config FILE    read FILE instead of /etc/sensord.toml
  --check-config   say whether the config is right, and stop
  --help           show this";

#[derive(Debug, PartialEq, Eq)]
pub struct Args {
    pub config: PathBuf,
    pub check_config: bool,
    pub help: bool,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgsError {
    #[error("`--config` needs a file")]
    NoFile,
    #[error("unknown argument `{}`", .0.display())]
    Unknown(OsString),
}

impl Args {
    pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, ArgsError> {
        let mut parsed = Self { config: "/etc/sensord.toml".into(), check_config: false, help: false };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            match arg.to_str() {
                Some("--config") => parsed.config = args.next().ok_or(ArgsError::NoFile)?.into(),
                Some("--check-config") => parsed.check_config = true,
                Some("--help" | "-h") => parsed.help = true,
                _ => return Err(ArgsError::Unknown(arg)),
            }
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Args, ArgsError> {
        Args::parse(args.iter().map(OsString::from))
    }

    #[test]
    fn the_config_is_in_etc_unless_another_is_named() {
        assert_eq!(parse(&[]).unwrap().config, PathBuf::from("/etc/sensord.toml"));
        assert_eq!(parse(&["--config", "x.toml"]).unwrap().config, PathBuf::from("x.toml"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(parse(&["--config"]), Err(ArgsError::NoFile));
        assert_eq!(parse(&["--check"]), Err(ArgsError::Unknown("--check".into())));
    }
}
