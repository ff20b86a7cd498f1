//! The units that systemd starts together, and their order: what the default target, or another unit, pulls in (systemd.unit(5), and
//! "Implicit Dependencies" and "Default Dependencies" of each kind of unit). Only what is certain is here: a unit that may be
//! left out for another reason is not, nor is an order that depends on options.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use lapstrake::value::{UnitKind, UnitName};

use super::loaded::{self, DIRECTORIES, Loaded, Setting};
use crate::check::{Node, Tree};

const DEFAULT: &str = "default.target";
const SYSINIT: &str = "sysinit.target";

/// A unit that is started.
pub(super) struct Job<'a> {
    pub(super) unit: Loaded<'a>,
    /// Whether the boot fails without it.
    pub(super) is_required: bool,
    /// The link of a layer that has it started.
    pub(super) link: Option<Node<'a>>,
    /// The setting that has it started.
    pub(super) pulled_by: Option<Setting<'a>>,
    is_started: bool,
}

/// That a unit is started before another.
pub(super) struct Order<'a> {
    pub(super) first: usize,
    pub(super) then: usize,
    /// The unit that says it.
    pub(super) of: usize,
    /// What says it; none of a default of systemd.
    pub(super) said: Option<Said<'a>>,
}

/// A word of a setting that names a unit.
pub(super) struct Said<'a> {
    pub(super) key: &'static str,
    pub(super) word: String,
    pub(super) setting: Setting<'a>,
}

struct Pull {
    from: usize,
    to: usize,
    is_required: bool,
}

/// What systemd starts at boot, or later with a unit.
pub(super) struct Transaction<'t, 'a> {
    tree: &'t Tree<'a>,
    /// The unit that is asked for.
    asked: UnitName,
    pub(super) jobs: Vec<Job<'a>>,
    by_name: BTreeMap<String, usize>,
    /// The names of units that can't be loaded.
    absent: BTreeSet<String>,
    pulls: Vec<Pull>,
}

impl<'t, 'a> Transaction<'t, 'a> {
    /// Returns what the default target starts; nothing, where an image lacks it.
    pub(super) fn at_boot(tree: &'t Tree<'a>) -> Self {
        Self::of(tree, &UnitName::parse(DEFAULT).expect("the name of the default target is a unit's"))
    }

    /// Returns what a unit starts that is started later. What the boot has started is not started again.
    pub(super) fn after_boot(boot: &Self, unit: &UnitName) -> Self {
        let mut all = Self::of(boot.tree, unit);
        for job in &mut all.jobs {
            job.is_started &= !boot.starts(&job.unit.name);
        }
        all
    }

    /// Returns whether a unit is started.
    pub(super) fn starts(&self, unit: &UnitName) -> bool {
        self.by_name.get(unit.as_str()).is_some_and(|at| self.jobs[*at].is_started)
    }

    /// Returns whether it is what the boot starts.
    pub(super) fn is_boot(&self) -> bool {
        self.asked.as_str() == DEFAULT
    }

    fn of(tree: &'t Tree<'a>, asked: &UnitName) -> Self {
        let mut all = Self {
            tree,
            asked: asked.clone(),
            jobs: Vec::new(),
            by_name: BTreeMap::new(),
            absent: BTreeSet::new(),
            pulls: Vec::new(),
        };
        all.job(asked);
        let mut is_left_out = Vec::new();
        let mut at = 0;
        while at < all.jobs.len() {
            let is_whole = all.pull(at);
            is_left_out.push(!is_whole);
            at += 1;
        }
        all.leave_out(&mut is_left_out);
        all
    }

    /// Returns the job of a unit, which is new if nothing named the unit before; none if it can't be loaded.
    fn job(&mut self, name: &UnitName) -> Option<usize> {
        if let Some(known) = self.by_name.get(name.as_str()) {
            return Some(*known);
        }
        if self.absent.contains(name.as_str()) {
            return None;
        }
        let Some(unit) = Loaded::named(self.tree, name).filter(|unit| unit.fragment.is_some()) else {
            self.absent.insert(name.to_string());
            return None;
        };
        let new = self.jobs.len();
        let index = *self.by_name.entry(unit.name.to_string()).or_insert(new);
        self.by_name.insert(name.to_string(), index);
        if index == new {
            let job = Job { unit, is_required: false, link: None, pulled_by: None, is_started: false };
            self.jobs.push(job);
        }
        Some(index)
    }

    /// Follows what a unit pulls in. Returns whether all that it requires can be loaded.
    fn pull(&mut self, from: usize) -> bool {
        let mut is_whole = true;
        for (key, is_required) in
            [("Requires", true), ("BindsTo", true), ("Wants", false), ("Upholds", false)]
        {
            for said in said(&self.jobs[from].unit, "Unit", key) {
                let Ok(name) = UnitName::parse(&said.word) else { continue };
                let setting = Some(said.setting);
                is_whole &= self.add(from, &name, is_required, setting, None) || !is_required;
            }
        }
        let unit = &self.jobs[from].unit;
        let mut implicit = Vec::new();
        if is_by_default(unit) && matches!(unit.name.kind(), kind if is_after_sysinit(kind)) {
            implicit.push(SYSINIT);
        }
        if is_of_dbus(unit) {
            implicit.push("dbus.socket");
        }
        for name in implicit.into_iter().filter_map(|name| UnitName::parse(name).ok()) {
            is_whole &= self.add(from, &name, true, None, None);
        }
        for (directory, is_required) in [("requires", true), ("wants", false), ("upholds", false)] {
            for link in self.links(from, directory) {
                let Ok(name) = UnitName::parse(link.path().file_name()) else { continue };
                // systemd passes over a link whose unit is not there.
                self.add(from, &name, is_required, None, Some(link));
            }
        }
        is_whole
    }

    /// Adds that a unit pulls in another. Returns whether that can be loaded.
    fn add(
        &mut self,
        from: usize,
        name: &UnitName,
        is_required: bool,
        setting: Option<Setting<'a>>,
        link: Option<Node<'a>>,
    ) -> bool {
        let Some(to) = self.job(name) else {
            // A generator or the kernel may make it.
            return loaded::exists(self.tree, name) && !loaded::is_masked(self.tree, name);
        };
        let job = &mut self.jobs[to];
        let setting = setting.filter(Setting::is_ours);
        let link = link.filter(|link| link.site().is_some());
        job.pulled_by = job.pulled_by.take().or(setting);
        job.link = job.link.take().or(link);
        self.pulls.push(Pull { from, to, is_required });
        true
    }

    /// Returns the links that pull in others, by all names of a unit.
    fn links(&self, of: usize, kind: &str) -> Vec<Node<'a>> {
        let name = self.jobs[of].unit.name.as_str();
        let asked = self.asked.as_str();
        let names = [name].into_iter().chain((of == 0 && name != asked).then_some(asked));
        let directories =
            names.flat_map(|name| DIRECTORIES.map(|directory| format!("{directory}/{name}.{kind}")));
        let links = directories.flat_map(|directory| self.tree.children(&directory).collect::<Vec<_>>());
        links.filter(|link| link.target() != Some("/dev/null")).collect()
    }

    /// Leaves out what is not started, and what may not be.
    fn leave_out(&mut self, is_left_out: &mut [bool]) {
        for at in 0..self.jobs.len() {
            for said in said(&self.jobs[at].unit, "Unit", "Conflicts") {
                if let Some(other) = self.by_name.get(&said.word).filter(|other| **other != at) {
                    (is_left_out[at], is_left_out[*other]) = (true, true);
                }
            }
        }
        // What requires a unit that is not started is not started.
        let mut requiring: Vec<Vec<usize>> = vec![Vec::new(); self.jobs.len()];
        for pull in self.pulls.iter().filter(|pull| pull.is_required) {
            requiring[pull.to].push(pull.from);
        }
        let mut open: Vec<_> = (0..self.jobs.len()).filter(|at| is_left_out[*at]).collect();
        while let Some(at) = open.pop() {
            for from in &requiring[at] {
                if !std::mem::replace(&mut is_left_out[*from], true) {
                    open.push(*from);
                }
            }
        }
        let started = self.reached(is_left_out, |_| true);
        let required = self.reached(is_left_out, |pull| pull.is_required);
        for ((job, is_started), is_required) in self.jobs.iter_mut().zip(started).zip(required) {
            (job.is_started, job.is_required) = (is_started, is_required);
        }
    }

    /// Returns which jobs the first one pulls in.
    fn reached(&self, is_left_out: &[bool], counts: impl Fn(&Pull) -> bool) -> Vec<bool> {
        let mut pulled: Vec<Vec<usize>> = vec![Vec::new(); self.jobs.len()];
        for pull in self.pulls.iter().filter(|pull| counts(pull)) {
            pulled[pull.from].push(pull.to);
        }
        let mut is_reached = vec![false; self.jobs.len()];
        let mut open: Vec<usize> = (0..self.jobs.len().min(1)).collect();
        while let Some(at) = open.pop() {
            if !is_left_out[at] && !std::mem::replace(&mut is_reached[at], true) {
                open.extend(&pulled[at]);
            }
        }
        is_reached
    }

    /// Returns in which order the jobs are started.
    pub(super) fn order(&self) -> Vec<Order<'a>> {
        let mut order = Vec::new();
        for (of, job) in self.jobs.iter().enumerate().filter(|(_, job)| job.is_started) {
            for (section, key) in [("Unit", "After"), ("Unit", "Before"), ("Service", "Sockets")] {
                for said in said(&job.unit, section, key) {
                    let Some(other) = self.started(&said.word).filter(|other| *other != of) else { continue };
                    let (first, then) = if key == "Before" { (of, other) } else { (other, of) };
                    order.push(Order { first, then, of, said: Some(said) });
                }
            }
            let (after, before) = defaults(&job.unit);
            let after = after.iter().filter_map(|name| Some((self.started(name)?, of)));
            let before = before.iter().filter_map(|name| Some((of, self.started(name)?)));
            let implicit = after.chain(before).filter(|(first, then)| first != then);
            order.extend(implicit.map(|(first, then)| Order { first, then, of, said: None }));
        }
        self.add_order_of_targets(&mut order);
        order
    }

    /// Adds that a target is started after what it pulls in, unless that is started after the target.
    fn add_order_of_targets(&self, order: &mut Vec<Order<'a>>) {
        let known: HashSet<(usize, usize)> = order.iter().map(|order| (order.first, order.then)).collect();
        let has_defaults = |at: usize| self.jobs[at].is_started && is_by_default(&self.jobs[at].unit);
        for pull in self.pulls.iter().filter(|pull| pull.from != pull.to) {
            let is_target = self.jobs[pull.from].unit.name.kind() == UnitKind::Target;
            let is_known = known.contains(&(pull.from, pull.to));
            if is_target && !is_known && has_defaults(pull.from) && has_defaults(pull.to) {
                order.push(Order { first: pull.to, then: pull.from, of: pull.from, said: None });
            }
        }
    }

    fn started(&self, name: &str) -> Option<usize> {
        let known = self.by_name.get(name).copied();
        let known = known.or_else(|| {
            let name = loaded::canonical(self.tree, &UnitName::parse(name).ok()?)?;
            self.by_name.get(name.as_str()).copied()
        });
        known.filter(|at| self.jobs[*at].is_started)
    }
}

/// Returns the words of a setting that adds up: no empty value takes back a dependency.
pub(super) fn said<'a>(unit: &Loaded<'a>, section: &str, key: &'static str) -> Vec<Said<'a>> {
    let mut all = Vec::new();
    for setting in unit.all_values(section, key) {
        let words = setting.value.split_whitespace().filter(|word| !word.contains('%'));
        all.extend(words.map(|word| Said { key, word: word.to_owned(), setting: setting.clone() }));
    }
    all
}

fn is_by_default(unit: &Loaded<'_>) -> bool {
    unit.value("Unit", "DefaultDependencies").is_none() || unit.is_on("Unit", "DefaultDependencies")
}

fn is_after_sysinit(kind: UnitKind) -> bool {
    matches!(kind, UnitKind::Service | UnitKind::Socket | UnitKind::Timer | UnitKind::Path)
}

fn is_of_dbus(unit: &Loaded<'_>) -> bool {
    unit.value("Service", "Type").is_some_and(|setting| setting.value == "dbus")
}

/// Returns what a unit is started after, and before, though its file does not say so.
fn defaults(unit: &Loaded<'_>) -> (Vec<String>, Vec<String>) {
    let kind = unit.name.kind();
    let has_defaults = is_by_default(unit);
    let (mut after, mut before) = (Vec::new(), Vec::new());
    if has_defaults && is_after_sysinit(kind) {
        after.push(SYSINIT.to_owned());
        match kind {
            UnitKind::Service => after.push("basic.target".to_owned()),
            UnitKind::Socket => before.push("sockets.target".to_owned()),
            UnitKind::Timer => before.push("timers.target".to_owned()),
            _ => before.push("paths.target".to_owned()),
        }
    }
    if is_of_dbus(unit) {
        after.push("dbus.socket".to_owned());
    }
    let is_by_connection = kind == UnitKind::Socket && unit.is_on("Socket", "Accept");
    if !is_by_connection {
        before.extend(super::activated_unit::activated(unit).map(|name| name.to_string()));
    }
    (after, before)
}
