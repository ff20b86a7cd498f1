//! Where an image may not put anything. The areas are bootc's ("Filesystem" of its guide, and the lints
//! of `bootc container lint`) and the path rules that Automotive Image Builder applies to a manifest.
//!
//! It judges a path by its text alone: that a base's own symlinks lead elsewhere is the plan's to see.
//! Removals are not asked: taking away what a base should not have is always right.

use crate::value::ImagePath;

/// Why nothing may be put at a path.
///
/// ```
/// use lapstrake::rule::{Refusal, refused};
/// use lapstrake::value::ImagePath;
///
/// let refusal: Refusal = refused(&ImagePath::parse("/usr/etc/x").unwrap()).unwrap();
/// assert_eq!(refusal.instead, "write `/etc/x`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong; reads on from the path: "`/run/x` *is gone at every boot: …*".
    pub reason: String,
    /// What to do instead, with the call to paste.
    pub instead: String,
}

/// The files that hold users and groups, with the copies that shadow-utils keeps of them.
const USERS: [&str; 6] = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"];

/// Paths of a bootc base that are symlinks into `/var` and `/run` (ostree's layout, and the FHS's
/// compatibility links).
const LINKS: [(&str, &str); 5] = [
    ("/var/run", "/run"),
    ("/var/lock", "/run/lock"),
    ("/usr/tmp", "/var/tmp"),
    ("/home", "/var/home"),
    ("/root", "/var/roothome"),
];

/// Most files of an image are below these directories, where nothing is refused.
const OPEN: [&str; 3] = ["/usr/bin/", "/usr/lib/", "/usr/share/"];

/// Returns why an entry may not put a file, a link or a directory at `path`; none where it may.
///
/// | refused | for |
/// |---|---|
/// | `/var`, `/home`, `/root` | only the first installation writes an image's content there |
/// | `/run`, `/tmp`, `/proc`, `/sys`, `/dev` | mounted over at every boot |
/// | `/boot` | bootc fills it from `/usr/lib/modules` |
/// | `/usr/etc` | ostree's own copy of `/etc`; `bootc container lint` calls it `etc-usretc` |
/// | `/etc/passwd`, `group`, `shadow`, `gshadow`, `subuid`, `subgid` | whole files that hide the users of the base |
///
/// A path through a well-known symlink, such as `/var/run`, is refused because of the place to which that leads.
/// `/usr/local` is allowed: it is a directory of the image where a base has it as one (bootc's guide, "Filesystem").
///
/// ```
/// use lapstrake::{rule::refused, value::ImagePath};
///
/// let path = |text| ImagePath::parse(text).unwrap();
/// let refusal = refused(&path("/var/lib/sensord")).unwrap();
/// assert!(refusal.instead.contains(r#"`.tmpfiles("sensord", ["d /var/lib/sensord 0755 root root -"])`"#));
/// assert_eq!(refused(&path("/usr/share/sensord")), None);
/// assert_eq!(refused(&path("/variant")), None);
/// ```
pub fn refused(path: &ImagePath) -> Option<Refusal> {
    if OPEN.iter().any(|open| path.as_str().starts_with(open)) {
        return None;
    }
    for (link, target) in LINKS {
        if let Some(rest) = below(path, link) {
            let meant = if rest.is_empty() { target.to_owned() } else { format!("{target}/{rest}") };
            let real = ImagePath::parse(&meant).ok()?;
            let mut refusal = refused(&real)?;
            refusal.reason = format!("is `{real}`, which {}", refusal.reason);
            return Some(refusal);
        }
    }
    if let Some(rest) = below(path, "/var") {
        return Some(var(path, rest));
    }
    if let Some(rest) = below(path, "/run") {
        return Some(run(path, rest));
    }
    if below(path, "/tmp").is_some() {
        return refusal(
            "is gone at every boot: `/tmp` is a file system in memory",
            "make it where it is used: `PrivateTmp=yes` gives a unit a `/tmp` of its own",
        );
    }
    if below(path, "/dev").is_some() {
        return refusal(
            "is never seen: the kernel mounts its devices over `/dev`",
            "write a udev rule to `/usr/lib/udev/rules.d/NAME.rules`",
        );
    }
    if below(path, "/proc").is_some() || below(path, "/sys").is_some() {
        return refusal(
            "is never seen: the kernel mounts its own file system over it",
            "set a kernel value at boot: `.text(\"KEY = VALUE\\n\", \"/usr/lib/sysctl.d/NAME.conf\")`",
        );
    }
    if below(path, "/boot").is_some() {
        return refusal(
            "is bootc's to fill: an image's `/boot` is empty",
            "put a kernel in `/usr/lib/modules/VERSION`; give arguments by `.kargs(\"10-name\", [\"ARGUMENT\"])`",
        );
    }
    if let Some(rest) = below(path, "/usr/etc") {
        return refusal("is ostree's own copy of `/etc`; an image has one of the two", &write("/etc", rest));
    }
    let users = below(path, "/etc")?.split('/').next()?.trim_end_matches('-');
    let group = users == "group" || users == "gshadow" || users == "subgid";
    USERS.contains(&users).then(|| Refusal {
        reason: "holds the users of the whole system: those of the base would be gone".to_owned(),
        instead: if group {
            "let sysusers.d make the group: `.sysusers(\"NAME\", [\"g NAME -\"])`".to_owned()
        } else {
            "let sysusers.d make the user: `.sysusers(\"NAME\", [\"u NAME - \\\"DESCRIPTION\\\"\"])`"
                .to_owned()
        },
    })
}

#[expect(clippy::unnecessary_wraps, reason = "each of its callers returns an Option")]
fn refusal(reason: &str, instead: &str) -> Option<Refusal> {
    Some(Refusal { reason: reason.to_owned(), instead: instead.to_owned() })
}

/// The same name in another directory; where that is refused too, what is to be done instead of it.
fn write(directory: &str, rest: &str) -> String {
    let meant = if rest.is_empty() { directory.to_owned() } else { format!("{directory}/{rest}") };
    let again = ImagePath::parse(&meant).ok().and_then(|meant| refused(&meant));
    again.map_or_else(|| format!("write `{meant}`"), |refusal| refusal.instead)
}

/// What `path` has after `directory`; empty for the directory itself, none outside of it.
fn below<'a>(path: &'a ImagePath, directory: &str) -> Option<&'a str> {
    let rest = path.as_str().strip_prefix(directory)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// `/var`: state, which an update never touches. A directory of state is made at boot; a file in one is copied there
/// at boot from where the image may have it, or is a link to that place (tmpfiles.d(5): `C` copies what is missing).
fn var(path: &ImagePath, rest: &str) -> Refusal {
    let reason = "is state: only the first installation would write it, and no update".to_owned();
    let mut components = rest.split('/');
    let instead = match (components.next().unwrap_or_default(), components.next(), components.next()) {
        ("lib" | "cache" | "log", Some(name), None) => {
            let option = match rest.split('/').next() {
                Some("cache") => "CacheDirectory",
                Some("log") => "LogsDirectory",
                _ => "StateDirectory",
            };
            format!(
                "let systemd make it at boot: `.tmpfiles({:?}, [{:?}])`, or `{option}={name}` in the unit",
                stem(name),
                format!("d {path} 0755 root root -"),
            )
        }
        ("" | "lib" | "cache" | "log", None, None) => {
            "let systemd make what is to be in there: `.tmpfiles(\"NAME\", [\"d /var/lib/NAME 0755 root root -\"])`"
                .to_owned()
        }
        (first, name, _) => {
            let name = name.unwrap_or(first);
            format!(
                "ship it as `/usr/share/factory{path}`, and have it copied at boot: `.tmpfiles({:?}, [{:?}])`; \
                 no update changes the copy, and with `L+` for `C` it is a link that follows updates",
                stem(name),
                format!("C {path}"),
            )
        }
    };
    Refusal { reason, instead }
}

/// `/run`: made anew at every boot.
fn run(path: &ImagePath, rest: &str) -> Refusal {
    let name = rest.split('/').next().unwrap_or_default();
    let instead = if name.is_empty() {
        "let systemd make what is to be in there: `RuntimeDirectory=NAME` in the unit".to_owned()
    } else if let Some(unit) = rest.strip_prefix("systemd/system/") {
        format!("write `/usr/lib/systemd/system/{unit}`")
    } else {
        format!(
            "let systemd make it at boot: `RuntimeDirectory={name}` in the unit, or `.tmpfiles({:?}, [{:?}])`",
            stem(name),
            if rest.contains('/') {
                format!("d /run/{name} 0755 root root -")
            } else {
                format!("d {path} 0755 root root -")
            },
        )
    };
    Refusal { reason: "is gone at every boot: `/run` is a file system in memory".to_owned(), instead }
}

/// A name for a file of tmpfiles.d.
fn stem(name: &str) -> &str {
    name.split('.').find(|part| !part.is_empty()).unwrap_or("state")
}
