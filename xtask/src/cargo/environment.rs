//! The environment of an inner cargo. `cargo run`, which started us, leaves variables that speak of our
//! own package; an inner build must not see them, or its build scripts would run again.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use camino::Utf8Path;

/// Takes away what the outer cargo added; what the user set stays.
pub(super) fn inherit(command: &mut Command, target: &Utf8Path) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let own = ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|prefix| text.starts_with(prefix));
        if own || ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&&*text)
        {
            command.env_remove(&name);
        }
    }
    if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
        match users_own(&paths, target) {
            Some(paths) => command.env("LD_LIBRARY_PATH", paths),
            None => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
}

/// What is left of a search path without the directories that cargo puts before the user's: those of
/// the target directory and of the toolchain.
fn users_own(paths: &OsString, target: &Utf8Path) -> Option<OsString> {
    let toolchain = |path: &std::path::Path| {
        path.ends_with("lib") && path.join("rustlib").is_dir()
            || path.components().any(|part| part.as_os_str() == "rustlib")
    };
    let own: Vec<_> = env::split_paths(paths)
        .filter(|path| !path.starts_with(target.as_std_path()) && !toolchain(path))
        .collect();
    env::join_paths(&own).ok().filter(|paths| !paths.is_empty())
}

#[cfg(test)]
mod tests {
    use super::users_own;

    #[test]
    fn what_cargo_adds_goes_and_what_the_user_set_stays() {
        let target = camino::Utf8Path::new("/w/target");
        let paths = "/w/target/release/deps:/opt/vendor/lib:/t/lib/rustlib/x86_64-unknown-linux-gnu/lib";
        assert_eq!(users_own(&paths.into(), target), Some("/opt/vendor/lib".into()));
        assert_eq!(users_own(&"/w/target/release/deps".into(), target), None);
    }
}
