//! The users and groups that a description makes with numbers of its own: their names are owners.

use crate::support::small_map::SmallMap;
use lapstrake::Image;
use lapstrake::entry::EntryKind;

/// Numbers by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OwnAccounts {
    users: SmallMap<String, u32>,
    groups: SmallMap<String, u32>,
}

impl OwnAccounts {
    /// Returns the accounts of all layers of an image.
    pub(super) fn of(image: &Image) -> Self {
        let mut own = Self::default();
        for entry in image.layers.iter().flat_map(|layer| &layer.entries) {
            match &entry.kind {
                EntryKind::User(user) => {
                    if let (Ok(name), Some(id)) = (user.name.get(), user.id) {
                        own.users.insert(name.to_string(), id);
                        own.groups.insert(name.to_string(), id);
                    }
                }
                EntryKind::Group(group) => {
                    if let (Ok(name), Some(id)) = (group.name.get(), group.id) {
                        own.groups.insert(name.to_string(), id);
                    }
                }
                EntryKind::Sysusers(sysusers) => {
                    for line in sysusers.lines.iter().filter_map(|line| line.get().ok()) {
                        own.line(&line.fields());
                    }
                }
                _ => {}
            }
        }
        own
    }

    /// `u NAME UID`, `u NAME UID:GID`, `g NAME GID` (sysusers.d(5)). A user without a group's number has its own
    /// number as the group's.
    fn line(&mut self, fields: &[String]) {
        let [kind, name, id, ..] = fields else { return };
        let (user, group) = id.split_once(':').unwrap_or((id, id));
        match kind.as_str() {
            "u" | "u!" => {
                self.users.extend(user.parse().map(|id| (name.clone(), id)));
                if !id.contains(':') {
                    self.groups.extend(group.parse().map(|id| (name.clone(), id)));
                }
            }
            "g" => self.groups.extend(id.parse().map(|id| (name.clone(), id))),
            _ => {}
        }
    }

    pub(super) fn user(&self, name: &str) -> Option<u32> {
        self.users.get(name).copied()
    }

    pub(super) fn group(&self, name: &str) -> Option<u32> {
        self.groups.get(name).copied()
    }
}
