//! Runs cargo inside of cargo. The outer `cargo run` describes its package in the environment, with which an inner
//! cargo would build for the wrong package. Only variables that the user set are passed on.

use std::process::Command;

use camino::Utf8Path;

/// The profile and target of every tool here. They are those of the alias in `.cargo/config.toml`, so that the
/// dependencies of `cargo xtask` are compiled once.
pub(crate) const TOOL: [&str; 4] = ["--profile", "xtask", "--target", "host-tuple"];

/// Returns a command of the cargo that runs this program, in a directory, with these arguments.
pub(crate) fn cargo<'a>(directory: &Utf8Path, args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(directory).args(args);
    forget(&mut command);
    command
}

/// Removes the variables of the outer cargo.
pub(crate) fn forget(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_leaked) {
            command.env_remove(name);
        }
    }
}

fn is_leaked(name: &str) -> bool {
    name == "LD_LIBRARY_PATH"
        || ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_"].iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::is_leaked;

    #[test]
    fn variables_of_the_user_are_passed_on() {
        for leaked in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "LD_LIBRARY_PATH"] {
            assert!(is_leaked(leaked), "{leaked}");
        }
        for set in ["CARGO_TARGET_DIR", "CARGO_BUILD_JOBS", "RUSTFLAGS", "RUSTUP_TOOLCHAIN", "CARGO_HOME"] {
            assert!(!is_leaked(set), "{set}");
        }
    }
}
