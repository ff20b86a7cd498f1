//! `bootc-install`: the files that configure `bootc install`, read as bootc reads them.

use serde::Deserialize;

use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "bootc-install",
    "bootc installs no device from an image with a file in /usr/lib/bootc/install that it can't read",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("disk").text("[install]\nroot-fs-type = \"ext3\"\n", "/usr/lib/bootc/install/10-disk.toml")"#,
    fixed: r#"Layer::new("disk").text("[install]\nroot-fs-type = \"ext4\"\n", "/usr/lib/bootc/install/10-disk.toml")"#,
});

/// Where bootc looks for them.
const DIRECTORIES: [&str; 3] =
    ["/usr/lib/bootc/install", "/usr/local/lib/bootc/install", "/etc/bootc/install"];
/// The file systems that bootc makes.
const FILE_SYSTEMS: [&str; 3] = ["xfs", "ext4", "btrfs"];
/// The keys of `[install]` in bootc 1.16.
const KEYS: [&str; 14] = [
    "root-fs-type",
    "block",
    "filesystem",
    "kargs",
    "karg-deletes",
    "match-architectures",
    "ostree",
    "stateroot",
    "root-mount-spec",
    "boot-mount-spec",
    "bootupd",
    "bootloader",
    "discoverable-partitions",
    "enforce-container-sigpolicy",
];

/// The part of such a file whose values are known.
#[derive(Debug, Deserialize)]
struct Toplevel {
    install: Option<Install>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Install {
    root_fs_type: Option<String>,
    filesystem: Option<Filesystem>,
    #[serde(rename = "kargs")]
    _kargs: Option<Vec<String>>,
    #[serde(rename = "match-architectures")]
    _match_architectures: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Filesystem {
    root: Option<Root>,
}

#[derive(Debug, Deserialize)]
struct Root {
    #[serde(rename = "type")]
    kind: Option<String>,
}

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let nodes = DIRECTORIES.iter().flat_map(|directory| subject.tree().children(directory));
    let mut faults = Vec::new();
    for node in nodes.filter(|node| node.ends_with(".toml")) {
        let Some(text) = subject.tree().text(node.path().as_str()) else { continue };
        let path = node.path();
        match toml::from_str::<Toplevel>(text) {
            Ok(Toplevel { install }) => {
                let kind = install.as_ref().and_then(root_type);
                if let Some(wrong) = kind.filter(|kind| !FILE_SYSTEMS.contains(kind)) {
                    let message =
                        format!("`{path}` asks for the file system `{wrong}`, which bootc can't make");
                    faults.push(Fault::at(&node, message).help("write `xfs`, `ext4` or `btrfs`"));
                }
                for unknown in unknown_keys(text) {
                    let message = format!("`{path}` has the key `{unknown}`, which bootc 1.16 refuses");
                    let help = "leave it out, unless the base has a newer bootc that knows it";
                    faults.push(
                        Fault::at(&node, message).help(help).as_warning("a newer bootc may have the key"),
                    );
                }
            }
            Err(error) => {
                let message =
                    format!("`{path}` is not a configuration of `bootc install`: {}", error.message());
                let help = "write TOML with a table `[install]`; bootc-install-config(5) names its keys";
                faults.push(Fault::at(&node, message).help(help));
            }
        }
    }
    faults
}

/// Returns the root's file system; the newer of the two ways to say it wins.
fn root_type(install: &Install) -> Option<&str> {
    let newer =
        install.filesystem.as_ref().and_then(|all| all.root.as_ref()).and_then(|root| root.kind.as_deref());
    newer.or(install.root_fs_type.as_deref())
}

/// Returns the keys of a file that bootc does not know.
fn unknown_keys(text: &str) -> Vec<String> {
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let outer = table.keys().filter(|key| *key != "install").cloned();
    let install = table.get("install").and_then(toml::Value::as_table);
    let inner = install.into_iter().flat_map(toml::Table::keys).filter(|key| !KEYS.contains(&key.as_str()));
    outer.chain(inner.map(|key| format!("install.{key}"))).collect()
}
