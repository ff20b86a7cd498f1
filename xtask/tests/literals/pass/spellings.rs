//! Every way of writing a literal that a person may expect to work.

use lapstrake_xtask::{asset, mode, path, reference, unit};

macro_rules! config {
    ($name:literal, $mode:expr) => {
        (path!($name), mode!($mode))
    };
}

pub fn main() {
    assert_eq!(path!("/etc/a b\"\n\u{e9}").as_str(), "/etc/a b\"\n\u{e9}");
    assert_eq!(path!(r#"/etc/"quoted""#).as_str(), "/etc/\"quoted\"");
    assert_eq!(path!("/",), lapstrake_xtask::path! { "/" });

    assert_eq!(mode!(0o755), mode!("755"));
    assert_eq!(mode!(0o4_755u32).bits(), 0o4755);
    assert_eq!(mode!("0o640"), mode!("0640"));
    assert_eq!(mode!(0), mode!(0o0));
    // 755 in decimal: said in octal, it is what it is.
    assert_eq!(mode!(0o1363).bits(), 0o1363);

    assert_eq!(unit!("getty@tty1.service").instance(), Some("tty1"));
    assert_eq!(reference!("localhost/my-base:latest").repository(), "localhost/my-base");

    assert_eq!(asset!("deploy").path(), "deploy");
    assert_eq!(asset!("deploy/../deploy/sensord.toml").path(), "deploy/../deploy/sensord.toml");
    assert_eq!(asset!("deploy/sensord-link.toml").path(), "deploy/sensord-link.toml");

    assert_eq!(config!("/etc/x", 0o600), (path!("/etc/x"), mode!(0o600)));
}
