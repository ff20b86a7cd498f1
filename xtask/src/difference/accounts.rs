//! The users and groups of two images, with their numbers: those of passwd(5) and group(5), and those that sysusers.d
//! makes at boot. A number that changes leaves the files in /var with the old one.

use serde_json::{Value, json};

use super::Side;
use super::change::{Change, Items, compare as compare_items};
use crate::check::{Accounts, Contents, Tree};

pub(super) fn compare(old: &Side, new: &Side) -> Vec<Change> {
    compare_items(&items(old), &items(new))
}

fn items(side: &Side) -> Items {
    let contents = Contents::default();
    let accounts = Accounts::of(&Tree::of_base(&side.image.index, &contents));
    let number = |id: &Option<u32>| id.map_or(Value::from("chosen at boot"), |id| json!(id));
    let users = accounts.users.iter().map(|(name, id)| (format!("user {name}"), vec![("uid", number(id))]));
    let groups =
        accounts.groups.iter().map(|(name, id)| (format!("group {name}"), vec![("gid", number(id))]));
    users.chain(groups).collect()
}
