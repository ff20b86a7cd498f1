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
/// // error: unit name `sensord.sevice` ends in `.sevice`, which is not a kind of unit
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
/// file needs no compilation, and a file that was removed since is a finding of the plan.
///
/// ```
/// use lapstrake_xtask::asset;
///
/// let licence = asset!("xtask/Cargo.toml");
/// assert_eq!(licence.path(), "xtask/Cargo.toml");
/// assert_eq!(licence.root(), None, "it is found in the workspace that runs, wherever that was compiled");
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

/// The name of a layer: a [`LayerName`](lapstrake::value::LayerName) that rustc has checked.
///
/// ```
/// use lapstrake_xtask::layer_name;
///
/// assert_eq!(layer_name!("app").as_str(), "app");
/// ```
///
/// ```compile_fail
/// lapstrake_xtask::layer_name!("my app");
/// // error: layer name `my app` has ` `; letters, digits, `.`, `_` and `-` are allowed
/// //        help: write `my-app`
/// ```
#[macro_export]
macro_rules! layer_name {
    ($($literal:tt)*) => { $crate::__private::layer_name!(($crate) $($literal)*) };
}

/// File capabilities: a [`Capabilities`](lapstrake::value::Capabilities) that rustc has checked.
///
/// ```
/// use lapstrake_xtask::capabilities;
///
/// assert_eq!(capabilities!("cap_net_raw=ep").to_string(), "cap_net_raw=ep");
/// ```
///
/// ```compile_fail
/// lapstrake_xtask::capabilities!("cap_net_raw");
/// // error: capabilities `cap_net_raw` lacks its flags
/// //        help: write `cap_net_raw=ep`
/// ```
#[macro_export]
macro_rules! capabilities {
    ($($literal:tt)*) => { $crate::__private::capabilities!(($crate) $($literal)*) };
}

/// One argument of the kernel's command line: a [`Karg`](lapstrake::value::Karg) that rustc has checked.
///
/// ```
/// use lapstrake_xtask::karg;
///
/// assert_eq!(karg!("console=ttyS0,115200").as_str(), "console=ttyS0,115200");
/// ```
///
/// ```compile_fail
/// lapstrake_xtask::karg!("quiet splash");
/// // error: kernel argument `quiet splash` is two arguments
/// //        help: write `"quiet", "splash"`
/// ```
#[macro_export]
macro_rules! karg {
    ($($literal:tt)*) => { $crate::__private::karg!(($crate) $($literal)*) };
}

/// A line of sysusers.d(5): a [`SysusersLine`](lapstrake::value::SysusersLine) that rustc has checked.
///
/// ```
/// use lapstrake_xtask::sysusers_line;
///
/// assert_eq!(sysusers_line!("u sensord -").to_string(), "u sensord -");
/// ```
///
/// ```compile_fail
/// lapstrake_xtask::sysusers_line!("user sensord");
/// // error: sysusers.d line `user sensord` starts with `user`; its type is one of `u`, `u!`, `g`, `m`, `r`
/// //        help: write `u sensord`
/// ```
#[macro_export]
macro_rules! sysusers_line {
    ($($literal:tt)*) => { $crate::__private::sysusers_line!(($crate) $($literal)*) };
}

/// A line of tmpfiles.d(5): a [`TmpfilesLine`](lapstrake::value::TmpfilesLine) that rustc has checked.
///
/// ```
/// use lapstrake_xtask::tmpfiles_line;
///
/// assert!(tmpfiles_line!("d /var/lib/sensord 0750 sensord sensord -").to_string().starts_with("d /var"));
/// ```
///
/// ```compile_fail
/// lapstrake_xtask::tmpfiles_line!("d var/lib/sensord");
/// // error: tmpfiles.d line `d var/lib/sensord` has the path `var/lib/sensord`, which is not absolute
/// //        help: write `d /var/lib/sensord`
/// ```
#[macro_export]
macro_rules! tmpfiles_line {
    ($($literal:tt)*) => { $crate::__private::tmpfiles_line!(($crate) $($literal)*) };
}

/// What the expansions name. Not for use by hand, and free to change in any version.
#[doc(hidden)]
pub mod __private {
    pub use lapstrake::value::{
        Asset, Capabilities, ImagePath, Karg, LayerName, Mode, Reference, SysusersLine, TmpfilesLine,
        UnitName,
    };
    pub use lapstrake_macros::{
        asset, capabilities, image, karg, layer_name, mode, path, reference, sysusers_line, tmpfiles_line,
        unit,
    };

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

    pub fn layer_name(text: &str) -> LayerName {
        checked(LayerName::parse(text))
    }

    pub fn capabilities(text: &str) -> Capabilities {
        checked(Capabilities::parse(text))
    }

    pub fn karg(text: &str) -> Karg {
        checked(Karg::parse(text))
    }

    pub fn sysusers_line(text: &str) -> SysusersLine {
        checked(SysusersLine::parse(text))
    }

    pub fn tmpfiles_line(text: &str) -> TmpfilesLine {
        checked(TmpfilesLine::parse(text))
    }

    pub fn asset(elsewhere: Option<&str>, path: &str) -> Asset {
        match elsewhere {
            Some(root) => Asset::in_workspace(root, path),
            None => Asset::new(path),
        }
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
