//! The literal macros, as a user calls them. They only hand `$crate` on, so that an expansion finds its
//! names through this one dependency; `lapstrake-macros` does the work.

/// A path in the image: an [`ImagePath`](lapstrake::value::ImagePath) that rustc has checked.
///
/// ```
/// use lapstrake_xtask::path;
///
/// let config = path!("/etc/sensord.toml");
/// assert_eq!(config.file_name(), "sensord.toml");
/// ```
///
/// What would fail in the plan fails in `cargo check`, on the literal:
///
/// ```compile_fail
/// lapstrake_xtask::path!("etc/sensord.toml");
/// // error: image path `etc/sensord.toml` is relative; paths in an image start with `/`
/// //        help: write `/etc/sensord.toml`
/// ```
#[macro_export]
macro_rules! path {
    ($($literal:tt)*) => { $crate::__private::path!(($crate) $($literal)*) };
}

/// Permission bits, `0` to `0o7777`: a [`Mode`](lapstrake::value::Mode) that rustc has checked.
///
/// It takes an octal number, or octal digits in quotes as chmod(1) does.
///
/// ```
/// use lapstrake_xtask::mode;
///
/// assert_eq!(mode!(0o755).bits(), 0o755);
/// assert_eq!(mode!("0640"), mode!(0o640));
/// ```
///
/// A number without `0o` is decimal to Rust, and never what was meant:
///
/// ```compile_fail
/// lapstrake_xtask::mode!(755);
/// // error: mode `755` is decimal; modes are octal
/// //        help: write `0o755`
/// ```
#[macro_export]
macro_rules! mode {
    ($($literal:tt)*) => { $crate::__private::mode!(($crate) $($literal)*) };
}

/// The name of a systemd unit: a [`UnitName`](lapstrake::value::UnitName) that rustc has checked.
///
/// ```
/// use lapstrake_xtask::unit;
///
/// assert_eq!(unit!("getty@tty1.service").instance(), Some("tty1"));
/// ```
///
/// ```compile_fail
/// lapstrake_xtask::unit!("sensord.sevice");
/// // error: unit name `sensord.sevice` ends in `.sevice`, which is no kind of unit
/// //        help: write `sensord.service`
/// ```
#[macro_export]
macro_rules! unit {
    ($($literal:tt)*) => { $crate::__private::unit!(($crate) $($literal)*) };
}

/// A reference to an image: a [`Reference`](lapstrake::value::Reference) that rustc has checked.
///
/// ```
/// use lapstrake_xtask::reference;
///
/// let base = reference!("registry.example/autosd-bootc-qemu:1");
/// assert_eq!(base.tag(), Some("1"));
/// ```
///
/// A base without a tag or a digest would float:
///
/// ```compile_fail
/// lapstrake_xtask::reference!("registry.example/autosd-bootc-qemu");
/// // error: image reference `registry.example/autosd-bootc-qemu` has neither a tag nor a digest
/// //        help: write `registry.example/autosd-bootc-qemu:latest`, or pin a digest
/// ```
#[macro_export]
macro_rules! reference {
    ($($literal:tt)*) => { $crate::__private::reference!(($crate) $($literal)*) };
}

/// A file or directory of the workspace: an [`Asset`](lapstrake::value::Asset) that was there when rustc
/// compiled.
///
/// The path starts at the root of the workspace of the crate that writes it, as cargo finds it, and
/// does not leave it. Only the path is kept: the content is read when the image is built, so a changed
/// file needs no compilation, and one that was removed since is a finding of the plan.
///
/// ```
/// use lapstrake_xtask::asset;
///
/// let licence = asset!("xtask/Cargo.toml");
/// assert_eq!(licence.path(), "xtask/Cargo.toml");
/// assert!(licence.root().unwrap().join(licence.path()).is_file());
/// ```
///
/// ```compile_fail
/// lapstrake_xtask::asset!("xtask/Crago.toml");
/// // error: asset `xtask/Crago.toml` is not in the workspace
/// //        help: write `xtask/Cargo.toml`
/// ```
#[macro_export]
macro_rules! asset {
    ($($literal:tt)*) => { $crate::__private::asset!(($crate) $($literal)*) };
}

/// What the expansions name. Not for use by hand, and free to change in any version.
#[doc(hidden)]
pub mod __private {
    pub use lapstrake::value::{Asset, ImagePath, Mode, Reference, UnitName};
    pub use lapstrake_macros::{asset, image, mode, path, reference, unit};

    use lapstrake::value::Invalid;

    pub fn path(text: &str) -> ImagePath {
        checked(ImagePath::parse(text))
    }

    /// Not `Mode::try_from`, which takes `0o1363` for a forgotten `0o` before 755.
    pub fn mode(bits: u32) -> Mode {
        checked(Mode::parse(&format!("{bits:o}")))
    }

    pub fn unit(text: &str) -> UnitName {
        checked(UnitName::parse(text))
    }

    pub fn reference(text: &str) -> Reference {
        checked(Reference::parse(text))
    }

    pub fn asset(root: &str, path: &str) -> Asset {
        Asset::in_workspace(root, path)
    }

    /// Stands where a value would, after an error that rustc has reported: it is compiled, never run.
    pub fn mistaken<T>() -> T {
        unreachable!("rustc refused the literal")
    }

    fn checked<T>(parsed: Result<T, Invalid>) -> T {
        match parsed {
            Ok(value) => value,
            Err(error) => unreachable!("the macro took what its own parser refuses: {error}"),
        }
    }
}
