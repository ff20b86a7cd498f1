//! Users and groups that an image will have: those of its files, and those that sysusers.d makes at boot.
//! It reads; what is wrong with them is for checks to say.

use lapstrake::Span;
use lapstrake::value::SysusersLine;

use super::tree::{Node, Tree};
use crate::support::small_map::SmallMap;

/// Accounts by name, with their numbers where those are fixed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Accounts {
    pub(crate) users: SmallMap<String, Option<u32>>,
    pub(crate) groups: SmallMap<String, Option<u32>>,
}

/// A line of sysusers.d, and the file that it is in.
pub(super) struct Line<'a> {
    pub(super) node: Node<'a>,
    /// Where it is in the file.
    pub(super) at: Span,
    pub(super) fields: Vec<String>,
}

/// The lines of every file that systemd-sysusers reads: a file in /etc hides that of its name in /usr.
/// A line that is none is passed over, as systemd passes over it.
pub(super) fn sysusers_lines<'a>(tree: &Tree<'a>) -> Vec<Line<'a>> {
    let mut files: SmallMap<String, Node<'a>> = SmallMap::new();
    for directory in ["/usr/lib/sysusers.d", "/etc/sysusers.d"] {
        let conf = tree.children(directory).filter(|node| node.ends_with(".conf"));
        files.extend(conf.map(|node| (node.path().file_name().to_owned(), node)));
    }
    let mut lines = Vec::new();
    for node in files.into_values() {
        let text = tree.text(node.path().as_str()).unwrap_or_default();
        lines.extend(Span::lines(text).filter_map(|at| {
            let fields = SysusersLine::parse(at.of(text)).ok()?.fields();
            Some(Line { node: node.clone(), at, fields })
        }));
    }
    lines
}

impl Accounts {
    /// What sysusers.d makes; a `u` line makes the group of its name too, unless it names one.
    pub(super) fn of_sysusers(tree: &Tree<'_>) -> Self {
        let mut accounts = Self::default();
        for line in sysusers_lines(tree) {
            let field = |at: usize| line.fields.get(at).map(String::as_str).unwrap_or_default();
            let name = field(1).to_owned();
            match field(0) {
                "u" | "u!" => {
                    let id = field(2);
                    let uid = id.split_once(':').map_or(id, |(uid, _)| uid);
                    accounts.users.or_insert_with(name.clone(), || uid.parse().ok());
                    // `UID:GID` names a group that has to be there.
                    if !id.contains(':') {
                        accounts.groups.or_insert_with(name, || id.parse().ok());
                    }
                }
                "g" => drop(accounts.groups.or_insert_with(name, || field(2).parse().ok())),
                "m" => {
                    accounts.users.or_insert_with(name, || None);
                    accounts.groups.or_insert_with(field(2).to_owned(), || None);
                }
                _ => {}
            }
        }
        accounts
    }

    /// All that the image will have: passwd(5) and group(5) of /etc and /usr/lib, and sysusers.d's.
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let mut all = Self::of_sysusers(tree);
        all.users.insert("root".to_owned(), Some(0));
        all.groups.insert("root".to_owned(), Some(0));
        for directory in ["/etc", "/usr/lib"] {
            let file = |name: &str| tree.text(&format!("{directory}/{name}")).unwrap_or_default();
            all.users.extend(numbered(file("passwd")));
            all.groups.extend(numbered(file("group")));
        }
        all
    }
}

/// The names in the text of a passwd or group file.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).filter(|name| !name.is_empty())
}

fn numbered(text: &str) -> impl Iterator<Item = (String, Option<u32>)> {
    text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        Some((name.to_owned(), fields.nth(1)?.parse().ok()))
    })
}
