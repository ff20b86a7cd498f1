//! `ordering-cycle`: units that systemd starts together, each after the next, in a circle.

use std::collections::HashSet;

use super::loaded::{Loaded, loaded};
use super::transaction::{Order, Said, Transaction, said};
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "ordering-cycle",
    "where each of some units is started after the next in a circle, systemd leaves one out, or starts none of them",
    check,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text(
        "app.service",
        "[Unit]\nBefore=sysinit.target\n[Service]\nExecStart=/usr/bin/app\n[Install]\nWantedBy=sysinit.target\n",
    ).enabled())"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text(
        "app.service",
        "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target\n[Service]\nExecStart=/usr/bin/app\n[Install]\nWantedBy=sysinit.target\n",
    ).enabled())"##,
});

/// From so many orders a circle is looked for.
const MOST_SEARCHES: usize = 64;
/// So many units that the boot does not start are looked at.
const MOST_UNITS: usize = 32;
/// So many units of a circle are named.
const MOST_NAMES: usize = 7;

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() || !changes_units(subject) {
        return Vec::new();
    }
    let boot = Transaction::at_boot(subject.tree());
    let mut faults = Vec::new();
    let mut known = HashSet::new();
    find(&boot, &mut known, &mut faults);
    // What a timer, a socket or a person starts.
    let units = loaded(subject).into_iter().filter(|unit| is_ordered(unit) && !boot.starts(&unit.name));
    for unit in units.take(MOST_UNITS) {
        if !known.contains(unit.name.as_str()) {
            find(&Transaction::after_boot(&boot, &unit.name), &mut known, &mut faults);
        }
    }
    faults
}

/// Adds the faults of what is started together, and the names of the units in them.
fn find(transaction: &Transaction<'_, '_>, known: &mut HashSet<String>, faults: &mut Vec<Fault>) {
    let order = transaction.order();
    let circles = Circles::of(transaction, &order);
    for circle in circles.all() {
        if let Some(fault) = circles.fault(&circle) {
            faults.push(fault);
            known.extend(circle.iter().map(|at| transaction.jobs[order[*at].then].unit.name.to_string()));
        }
    }
}

/// Returns whether a unit pulls in another, and has an order.
fn is_ordered(unit: &Loaded<'_>) -> bool {
    let says = |keys: &[&'static str]| keys.iter().any(|key| !said(unit, "Unit", key).is_empty());
    !unit.name.is_template()
        && says(&["Requires", "BindsTo", "Wants", "Upholds"])
        && says(&["After", "Before"])
}

/// Returns whether the layers bring a unit, a drop-in or a link.
fn changes_units(subject: &Subject<'_>) -> bool {
    let tree = subject.tree();
    let ours = |node: Node<'_>| {
        node.site().is_some() && !node.is_directory()
            || node.is_directory() && tree.children(node.path().as_str()).any(|node| node.site().is_some())
    };
    super::loaded::DIRECTORIES.iter().flat_map(|directory| tree.children(directory)).any(ours)
}

/// What is left of the order without what is in no circle.
struct Circles<'c, 't, 'a> {
    transaction: &'c Transaction<'t, 'a>,
    order: &'c [Order<'a>],
    /// The orders in which a job is the first.
    after: Vec<Vec<usize>>,
    is_left: Vec<bool>,
}

impl<'c, 't, 'a> Circles<'c, 't, 'a> {
    fn of(transaction: &'c Transaction<'t, 'a>, order: &'c [Order<'a>]) -> Self {
        let count = transaction.jobs.len();
        let (mut after, mut before) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for (at, it) in order.iter().enumerate() {
            after[it.first].push(at);
            before[it.then].push(at);
        }
        let mut circles = Self { transaction, order, after, is_left: vec![true; count] };
        let ends: Vec<_> =
            circles.after.iter().map(|after| after.iter().map(|at| order[*at].then).collect()).collect();
        let starts: Vec<_> =
            before.iter().map(|before| before.iter().map(|at| order[*at].first).collect()).collect();
        circles.peel(&ends, &starts);
        circles.peel(&starts, &ends);
        circles
    }

    /// Takes away the jobs that have no neighbour on one side, one after another.
    fn peel(&mut self, neighbours: &[Vec<usize>], other_side: &[Vec<usize>]) {
        let is_left = |of: &Self, all: &[usize]| all.iter().filter(|at| of.is_left[**at]).count();
        let mut counts: Vec<_> = neighbours.iter().map(|all| is_left(self, all)).collect();
        let mut open: Vec<_> = (0..counts.len()).filter(|at| self.is_left[*at] && counts[*at] == 0).collect();
        while let Some(at) = open.pop() {
            self.is_left[at] = false;
            for next in other_side[at].iter().copied().filter(|next| self.is_left[*next]) {
                counts[next] -= 1;
                if counts[next] == 0 {
                    open.push(next);
                }
            }
        }
    }

    /// Returns circles of which the layers say a part, as positions in the order. No part is in two of them.
    fn all(&self) -> Vec<Vec<usize>> {
        let is_in = |it: &Order<'_>| self.is_left[it.first] && self.is_left[it.then];
        let mut parts: Vec<_> = (0..self.order.len())
            .filter(|at| is_in(&self.order[*at]))
            .filter_map(|at| Some((self.weight(&self.order[at])?, at)))
            .collect();
        parts.sort_unstable();
        let mut all: Vec<Vec<usize>> = Vec::new();
        for (_, at) in parts.into_iter().take(MOST_SEARCHES) {
            let is_known = |at: &usize| {
                let known = all.iter().flatten().any(|known| known == at);
                known && self.weight(&self.order[*at]).is_some()
            };
            if let Some(circle) = self.circle(at).filter(|circle| !circle.iter().any(is_known)) {
                all.push(circle);
            }
        }
        all
    }

    /// Returns how much a part of the order is the layers' own: less is more. None is the base's.
    fn weight(&self, order: &Order<'a>) -> Option<u8> {
        let job = &self.transaction.jobs[order.of];
        match &order.said {
            Some(said) if said.setting.is_ours() => Some(0),
            None if job.unit.ours().is_some() => Some(1),
            _ if job.link.is_some() || job.pulled_by.is_some() => Some(2),
            _ => None,
        }
    }

    /// Returns the shortest circle through a part of the order, which comes first.
    fn circle(&self, through: usize) -> Option<Vec<usize>> {
        let (start, end) = (self.order[through].then, self.order[through].first);
        let mut by: Vec<Option<usize>> = vec![None; self.is_left.len()];
        let mut open = std::collections::VecDeque::from([start]);
        while let Some(at) = open.pop_front() {
            if at == end {
                break;
            }
            for next in &self.after[at] {
                let then = self.order[*next].then;
                if self.is_left[then] && then != start && by[then].is_none() {
                    by[then] = Some(*next);
                    open.push_back(then);
                }
            }
        }
        let mut circle = vec![through];
        let mut at = end;
        while at != start {
            let part = by[at]?;
            circle.push(part);
            at = self.order[part].first;
        }
        Some(circle)
    }

    fn fault(&self, circle: &[usize]) -> Option<Fault> {
        let jobs = &self.transaction.jobs;
        let parts: Vec<_> = circle.iter().map(|at| &self.order[*at]).collect();
        let name = |at: usize| &jobs[at].unit.name;
        let mut message = format!("`{}`", name(parts[0].then));
        for part in parts.iter().take(MOST_NAMES) {
            let is_first = part.then == parts[0].then;
            let which = if is_first { "" } else { ", which" };
            message += &format!("{which} is started after `{}`", name(part.first));
        }
        if parts.len() > MOST_NAMES {
            message += ", and so on in a circle";
        }
        let mut free = parts.iter().map(|part| part.then).filter(|at| !jobs[*at].is_required);
        let (what, doubt) = match (free.next(), free.next()) {
            (None, _) => (format!("does not start `{}`", jobs[0].unit.name), None),
            (Some(one), None) => (format!("leaves `{}` out", name(one)), None),
            _ => ("leaves one of them out".to_owned(), Some("systemd starts the others")),
        };
        let when = if self.transaction.is_boot() { " at boot" } else { "" };
        let message = format!("{message}: systemd {what}{when}");
        let fault = self.placed(&parts, message)?.help(self.help(&parts));
        Some(fault.doubted(doubt))
    }

    /// Returns the fault where a layer says a part of the circle, and the other places.
    fn placed(&self, parts: &[&Order<'a>], message: String) -> Option<Fault> {
        let jobs = &self.transaction.jobs;
        let mut said =
            parts.iter().filter_map(|part| part.said.as_ref()).filter(|said| said.setting.is_ours());
        if let Some(Said { word, setting, .. }) = said.next() {
            let fault = setting.fault_at(word, message);
            return Some(said.fold(fault, |fault, Said { word, setting, .. }| {
                fault.also_at_span(&setting.node, &setting.word(word), "and here")
            }));
        }
        let of_ours = parts.iter().find_map(|part| jobs[part.of].unit.ours());
        if let Some(node) = of_ours.or_else(|| parts.iter().find_map(|part| jobs[part.of].link.clone())) {
            return Some(Fault::at(&node, message));
        }
        let setting = parts.iter().find_map(|part| jobs[part.of].pulled_by.clone())?;
        Some(setting.fault(message))
    }

    fn help(&self, parts: &[&Order<'a>]) -> String {
        let jobs = &self.transaction.jobs;
        let by_default = parts.iter().filter(|part| part.said.is_none()).map(|part| &jobs[part.of].unit);
        let mut by_default = by_default
            .filter(|unit| unit.ours().is_some() && unit.value("Unit", "DefaultDependencies").is_none());
        let said = parts.iter().filter_map(|part| Some((&jobs[part.of].unit.name, part.said.as_ref()?)));
        let mut said = said.filter(|(_, said)| said.setting.is_ours());
        let without =
            said.next().map(|(name, said)| format!("leave `{}={}` out of `{name}`", said.key, said.word));
        match (by_default.next(), without) {
            (Some(unit), Some(without)) => {
                format!("add `DefaultDependencies=no` to `[Unit]` of `{}`, or {without}", unit.name)
            }
            (None, Some(without)) => without,
            (Some(unit), None) => format!("add `DefaultDependencies=no` to `[Unit]` of `{}`", unit.name),
            (None, None) => "don't enable the units of the circle together".to_owned(),
        }
    }
}
