//! `reader-mode`: files whose reader ignores them with the wrong mode or owner. Each rule is that of the reader's source.

use lapstrake::value::{ImagePath, UnitName};

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "reader-mode",
    "`NetworkManager`, sudo, cron, logrotate, polkit and sshd ignore a file that has another mode or owner than they want",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("network").text("[connection]\nid=can\n", "/etc/NetworkManager/system-connections/can.nmconnection")"#,
    fixed: r#"Layer::new("network").with(
    File::text("[connection]\nid=can\n", "/etc/NetworkManager/system-connections/can.nmconnection").mode(0o600),
)"#,
});

/// A program that reads files of the image, and what it wants of them.
struct Reader {
    name: &'static str,
    reads: fn(&ImagePath) -> bool,
    accepts: fn(Access) -> bool,
    /// What it accepts, in words.
    wants: &'static str,
    /// A mode and an owner of root that it accepts.
    mode: u32,
}

/// Mode and owner of a file.
#[derive(Clone, Copy)]
struct Access {
    mode: u32,
    uid: u32,
    gid: u32,
}

impl Access {
    fn has(self, bits: u32) -> bool {
        self.mode & bits != 0
    }
}

const READERS: [Reader; 7] = [
    Reader {
        name: "NetworkManager",
        reads: |path| {
            ["/etc", "/usr/lib"].iter().any(|top| is_in(path, top, "NetworkManager/system-connections"))
                && has_extension(path, "nmconnection")
        },
        // nms_keyfile_utils_check_file_permissions
        accepts: |file| file.uid == 0 && !file.has(0o077),
        wants: "files of root that nobody else may read",
        mode: 0o600,
    },
    Reader {
        name: "sudo",
        reads: |path| {
            let is_ignored = path.file_name().contains('.') || path.file_name().ends_with('~');
            path.as_str() == "/etc/sudoers" || is_in(path, "/etc", "sudoers.d") && !is_ignored
        },
        // sudo_secure_file
        accepts: |file| file.uid == 0 && !file.has(0o002) && (!file.has(0o020) || file.gid == 0),
        wants: "files of root that nobody else may write",
        mode: 0o440,
    },
    Reader {
        name: "cron",
        reads: |path| {
            let name = path.file_name();
            let is_ignored = name.starts_with(['.', '#'])
                || ["~", ".rpmsave", ".rpmorig", ".rpmnew"].iter().any(|end| name.ends_with(end));
            path.as_str() == "/etc/crontab" || is_in(path, "/etc", "cron.d") && !is_ignored
        },
        // check_open of cronie
        accepts: |file| file.uid == 0 && file.mode & 0o7533 == 0o400,
        wants: "files of root that nobody may execute and nobody else may write",
        mode: 0o644,
    },
    Reader {
        name: "logrotate",
        reads: |path| path.as_str() == "/etc/logrotate.conf" || is_in(path, "/etc", "logrotate.d"),
        // readConfigFile
        accepts: |file| file.uid == 0 && !file.has(0o022),
        wants: "files of root that nobody else may write",
        mode: 0o644,
    },
    Reader {
        name: "polkit",
        reads: |path| {
            ["/etc", "/usr/share"].iter().any(|top| is_in(path, top, "polkit-1/rules.d"))
                && has_extension(path, "rules")
        },
        // polkitd runs as the user polkitd.
        accepts: |file| file.uid != 0 || file.has(0o004) || file.gid != 0 && file.has(0o040),
        wants: "files that its user polkitd may read",
        mode: 0o644,
    },
    Reader {
        name: "sshd",
        reads: |path| {
            let name = path.file_name();
            is_in(path, "/etc", "ssh") && name.starts_with("ssh_host_") && name.ends_with("_key")
        },
        // sshkey_perm_ok, with the group `ssh_keys` of Fedora
        accepts: |file| file.uid != 0 || !file.has(0o077) || file.gid != 0 && !file.has(0o037),
        wants: "host keys that nobody else may read",
        mode: 0o600,
    },
    Reader {
        name: "sshd",
        reads: |path| path.as_str().ends_with("/.ssh/authorized_keys"),
        // safe_path, which `StrictModes` turns on
        accepts: |file| !file.has(0o022),
        wants: "files that only their owner may write",
        mode: 0o600,
    },
];

/// The directories of units.
const UNITS: [&str; 4] =
    ["/usr/lib/systemd/system", "/etc/systemd/system", "/usr/lib/systemd/user", "/etc/systemd/user"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .tree()
        .ours()
        .filter(Node::is_file)
        .filter_map(|node| ignored(&node).or_else(|| unit(&node)))
        .collect()
}

fn ignored(node: &Node<'_>) -> Option<Fault> {
    let (path, mode) = (node.path(), node.mode());
    let access = Access { mode: mode.bits(), uid: node.uid(), gid: node.gid() };
    let reader = READERS.iter().find(|reader| (reader.reads)(path) && !(reader.accepts)(access))?;
    let Reader { name, wants, .. } = reader;
    let message = format!(
        "`{path}` has mode {mode} and owner {}:{}, and {name} ignores it: it reads only {wants}",
        access.uid, access.gid
    );
    let is_of_mode = (reader.accepts)(Access { mode: reader.mode, ..access });
    let owner = if is_of_mode { "" } else { ".owner(\"0:0\")" };
    Some(Fault::at(node, message).help(format!("write `.mode(0o{:03o}){owner}`", reader.mode)))
}

/// A fault of a unit with a mode that systemd logs a warning about, and reads all the same.
fn unit(node: &Node<'_>) -> Option<Fault> {
    let path = node.path();
    let (above, name) = (path.parent()?, path.file_name());
    let is_in_units = |directory: &ImagePath| UNITS.contains(&directory.as_str());
    let is_drop_in = || {
        let of_drop_ins = has_extension(&above, "d") && has_extension(path, "conf");
        of_drop_ins && above.parent().is_some_and(|parent| is_in_units(&parent))
    };
    let is_unit = is_in_units(&above) && UnitName::has_suffix(name) || is_drop_in();
    let bits = node.mode().bits();
    let what = if bits & 0o111 != 0 {
        "executable"
    } else if bits & 0o002 != 0 {
        "writable for everybody"
    } else {
        return None;
    };
    let message = format!("`{path}` is {what}, and systemd logs a warning about that whenever it reads it");
    is_unit.then(|| {
        Fault::at(node, message).help("write `.mode(0o644)`").as_warning("systemd reads it nevertheless")
    })
}

fn has_extension(path: &ImagePath, extension: &str) -> bool {
    path.file_name().rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

/// Whether a path is directly in `directory` below `top`.
fn is_in(path: &ImagePath, top: &str, directory: &str) -> bool {
    let parent = path.parent();
    let below = parent.as_ref().and_then(|parent| parent.as_str().strip_prefix(top)?.strip_prefix('/'));
    below == Some(directory)
}
