//! Whether a symlink of an archive leads out of the tree that is made of it. Links on the way are followed, because `..`
//! after a link to a directory is not the directory of the link.

use std::collections::HashMap;

/// Linux follows at most 40 links (`path_resolution(7)`). After so many components in all, nothing is found.
const STEPS_MAX: usize = 512;

/// Returns whether the symlink `name` to `target` leads out of a tree with the symlinks `links`.
pub(super) fn leads_out(name: &str, target: &str, links: &HashMap<&str, &str>) -> bool {
    if target.starts_with('/') {
        return true;
    }
    let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut place = String::new();
    let mut left: Vec<&str> = components(directory).chain(components(target)).collect();
    left.reverse();
    for _ in 0..STEPS_MAX {
        let Some(component) = left.pop() else { return false };
        if component == ".." {
            if place.is_empty() {
                return true;
            }
            place.truncate(place.rfind('/').unwrap_or(0));
            continue;
        }
        let length = place.len();
        if !place.is_empty() {
            place.push('/');
        }
        place.push_str(component);
        let Some(target) = links.get(place.as_str()) else { continue };
        if target.starts_with('/') {
            return true;
        }
        place.truncate(length);
        let mut followed: Vec<_> = components(target).collect();
        followed.reverse();
        left.extend(followed);
    }
    false
}

fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|component| !matches!(*component, "" | "."))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::leads_out;

    fn leads(name: &str, target: &str) -> bool {
        let links = [("here", "."), ("a/up", ".."), ("loop", "loop"), ("deep", "a/b"), ("etc", "/etc")];
        leads_out(name, target, &HashMap::from(links))
    }

    #[test]
    fn a_link_leads_out_by_dots_by_a_root_and_by_other_links() {
        for (name, target) in [
            ("x", "/etc/passwd"),
            ("x", ".."),
            ("bin/x", "../../lib"),
            ("x", "here/../y"),
            ("x", "a/up/../y"),
            ("x", "etc/passwd"),
            ("x", "a/../../y"),
        ] {
            assert!(leads(name, target), "{name} -> {target}");
        }
    }

    #[test]
    fn a_link_within_the_tree_does_not_lead_out() {
        for (name, target) in [
            ("x", "y"),
            ("bin/x", "../lib/x"),
            ("bin/x", ".././lib//x/"),
            ("x", "deep/../c"),
            ("x", "a/up/b"),
            ("x", "loop"),
            ("a/b/c", "../../here/x"),
        ] {
            assert!(!leads(name, target), "{name} -> {target}");
        }
    }
}
