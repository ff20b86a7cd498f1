//! The state of units that a layer asks for: enabled, disabled, masked, the default target.

use std::collections::BTreeMap;

use lapstrake::entry::{Entry, EntryKind, State};
use lapstrake::rule::{Claim, What, conflicts};
use lapstrake::value::{ImagePath, UnitName};
use lapstrake::{Layer, Site};

use super::enablement::{Manager, Units};
use super::place::WantedLinks;
use super::resolve::Resolver;
use super::site::site_or;
use super::{Removal, Undecided};
use crate::finding::Finding;
use crate::support::small_map::SmallMap;

/// A unit's state that an entry asks for.
struct Wanted<'a> {
    unit: UnitName,
    manager: Manager,
    state: State,
    if_present: bool,
    site: Site,
    entry: &'a Entry,
}

impl Resolver<'_> {
    /// Returns the links that the unit states of a part make, and adds what they remove to the removals. Returns
    /// the entries for units that only a step of the part can bring, too: they are planned after it.
    pub(super) fn states(
        &mut self,
        layer: &Layer,
        removals: &mut BTreeMap<ImagePath, Removal>,
    ) -> (WantedLinks, Vec<Entry>) {
        let wanted = self.wanted_states(layer);
        let mut visible = self.merged.clone();
        for path in removals.keys() {
            visible.remove(path);
        }
        let has_steps = layer.entries.iter().any(|entry| matches!(entry.kind, EntryKind::Run(_)));
        let unseen = self.unseen.is_some();
        let mut made: SmallMap<ImagePath, (String, Site)> = SmallMap::new();
        let mut after_steps = Vec::new();
        for Wanted { unit, manager, state, if_present, site, entry } in wanted {
            let units = Units { manager, own: &self.own_units, base: self.below, merged: &visible, unseen };
            if has_steps && matches!(entry.kind, EntryKind::UnitState(_)) && !units.is_known(&unit) {
                after_steps.push(entry.clone());
                continue;
            }
            if let Some(layer) = self.unseen.as_ref().filter(|_| !units.is_own(&unit)) {
                let what = format!("`.{}({:?})`", method(state), unit.as_str());
                self.undecided.push(Undecided { what, site, layer: layer.clone() });
            }
            match units.links(&unit, state, site) {
                Ok(links) => {
                    made.extend(links.made.into_iter().map(|(path, target)| (path, (target, site))));
                    for path in links.removed {
                        removals.entry(path).or_insert(Removal { site });
                    }
                }
                Err(finding) if if_present && finding.name == "unknown-unit" => {
                    let message = format!("the image has no `{unit}`, so `.{}` does nothing", method(state));
                    self.findings.push(Finding::note("unit-absent", site, message).help_if(finding.help));
                }
                Err(finding) => self.findings.push(finding),
            }
        }
        (made.into_iter().map(|(path, (target, site))| (path, target, site)).collect(), after_steps)
    }

    /// Returns the unit states that a part asks for, in order, and reports those that contradict each other.
    fn wanted_states<'e>(&mut self, layer: &'e Layer) -> Vec<Wanted<'e>> {
        let mut wanted: Vec<Wanted<'_>> = Vec::new();
        let mut claims: Vec<Claim<Site>> = Vec::new();
        let mut claims_of_users: Vec<Claim<Site>> = Vec::new();
        let mut known = 0;
        for entry in &layer.entries {
            let site = site_or(entry.site, layer.site);
            let mut want = |unit, state, for_users, if_present| {
                let manager = Manager::new(for_users);
                wanted.push(Wanted { unit, manager, state, if_present, site, entry });
            };
            match &entry.kind {
                EntryKind::DropIn(drop_in) => {
                    if let Ok(unit) = drop_in.unit.get() {
                        claims.push(Claim { id: site, layer: 0, what: What::DropIn(unit.clone()) });
                    }
                }
                EntryKind::UnitState(state) => {
                    if let Some(unit) = self.valid(&state.unit, layer.site) {
                        want(unit, state.state, state.for_users, state.if_present);
                    }
                }
                EntryKind::Unit(unit) => {
                    let Ok(name) = unit.name.get().cloned() else { continue };
                    for instance in &unit.instances {
                        match name.instantiate(instance) {
                            Some(instance) => want(instance, State::Enabled, unit.for_users, false),
                            None => self.findings.push(no_instance(&name, instance, site)),
                        }
                    }
                    if unit.enabled {
                        want(name, State::Enabled, unit.for_users, false);
                    }
                }
                _ => {}
            }
            for Wanted { unit, manager, state, site, .. } in wanted.iter().skip(known) {
                let what = What::State { unit: unit.clone(), state: *state };
                let claims = match manager {
                    Manager::System => &mut claims,
                    Manager::Users => &mut claims_of_users,
                };
                claims.push(Claim { id: *site, layer: 0, what });
            }
            known = wanted.len();
        }
        let of_users = conflicts(&claims_of_users, |_, _| true);
        for conflict in conflicts(&claims, |_, _| true).into_iter().chain(of_users) {
            let finding = Finding::fatal(conflict.rule, conflict.second, conflict.message);
            self.findings.push(finding.also(conflict.first, "first said here").help(conflict.help));
        }
        wanted
    }
}

/// Returns the builder method that asks for a state.
fn method(state: State) -> &'static str {
    match state {
        State::Enabled => "enable",
        State::Disabled => "disable",
        State::Masked => "mask",
        State::DefaultTarget => "default_target",
    }
}

fn no_instance(name: &UnitName, instance: &str, site: Site) -> Finding {
    let message = if name.is_template() {
        format!("`{}` is not an instance of `{name}`", instance.escape_debug())
    } else {
        format!("`{name}` is not a template, and has no instance `{}`", instance.escape_debug())
    };
    Finding::fatal("unit-instance", site, message)
}
