//! A plan as a person reads it. Everything that will be in the image is on the page, with the line of
//! the description that asked for it.

use std::collections::BTreeMap;
use std::fmt::Write;

use indicatif::HumanBytes;
use lapstrake::Site;
use lapstrake::value::{ImagePath, LayerName};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{
    Execution, Member, Origin, Plan, PlannedBuildStage, PlannedLayer, PlannedRun, Transaction, Undecided,
};
use crate::finding::Look;
use crate::support::columns::Columns;
use crate::support::small_map::SmallMap;
use lapstrake_oci::tree::Kind;

/// What a path of a layer is against the last build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mark {
    Added,
    Changed,
    Removed,
    Same,
    /// Known when cargo, a builder image or the engine has run.
    Unknown,
}

/// What a build would do with a layer, as far as it is known before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forecast {
    pub(crate) reason: String,
    /// What each path is against the last build, if both are known.
    pub(crate) marks: Option<BTreeMap<ImagePath, Mark>>,
    /// The sizes of the files that are known.
    pub(crate) sizes: SmallMap<ImagePath, u64>,
}

/// What a plan is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LastBuild {
    Missing,
    /// The image was built, and had these layers that the plan does not have.
    Found {
        gone: Vec<LayerName>,
    },
}

impl Mark {
    /// Returns the mark in a plan. The colours are those of git.
    fn draw(self, colour: bool) -> String {
        let (mark, code) = match self {
            Self::Added => ("+", "32"),
            Self::Changed => ("~", "33"),
            Self::Removed => ("-", "31"),
            Self::Unknown => ("?", "36"),
            Self::Same => return "  ".to_owned(),
        };
        if colour { format!("\x1b[{code}m{mark}\x1b[0m ") } else { format!("{mark} ") }
    }
}

/// How far the lines that continue a line are indented.
const HANGING: usize = 4;

/// Returns the page of a plan; `forecasts` has one for each layer.
pub(crate) fn render(plan: &Plan, forecasts: &[Forecast], last: &LastBuild, look: Look) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    _ = write_plan(plan, forecasts, last, look, &mut out);
    out.lines().map(|line| look.columns.wrap(line, 0, HANGING) + "\n").collect()
}

/// Returns the layers of a plan and what is in them, without anything that depends on lines of the description, on
/// the base or on earlier builds.
pub(crate) fn render_layers(plan: &Plan) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    _ = write_layers(plan, &mut out);
    out
}

fn write_layers(plan: &Plan, out: &mut String) -> std::fmt::Result {
    for layer in &plan.layers {
        if !layer.continues {
            writeln!(out, "layer {}", layer.name)?;
        }
        if let Some(transaction) = &layer.transaction {
            write_transaction(transaction, out)?;
        }
        for path in layer.removals.keys() {
            writeln!(out, "    remove  {}", path.as_str().escape_debug())?;
        }
        for (path, member) in layer.described() {
            writeln!(out, "    {}", row(path.as_str(), member, None).join(" "))?;
        }
        layer.runs.iter().try_for_each(|run| write_run(run, out))?;
    }
    Ok(())
}

fn write_plan(
    plan: &Plan,
    forecasts: &[Forecast],
    last: &LastBuild,
    look: Look,
    out: &mut String,
) -> std::fmt::Result {
    write!(out, "image {}", plan.name)?;
    if let Some(version) = &plan.version {
        write!(out, " {version}")?;
    }
    writeln!(out)?;
    writeln!(out, "  base   {} {} {}", plan.base.reference, plan.base.architecture, plan.base.digest)?;
    match last {
        LastBuild::Missing => writeln!(out, "  since  no build to compare with")?,
        LastBuild::Found { .. } => {
            writeln!(out, "  since  the last build: + new, ~ changed, - gone, ? known after the build")?;
        }
    }
    for (key, value) in &plan.labels {
        writeln!(out, "  label  {key}={}", value.escape_debug())?;
    }
    write_execution(&plan.execution, out)?;
    for invocation in &plan.compile {
        writeln!(out, "  cargo  {}", invocation.arguments().join(" "))?;
    }
    for (number, stage) in plan.stages.iter().enumerate() {
        write_stage(number, stage, out)?;
    }
    for (index, layer) in plan.layers.iter().enumerate() {
        let forecast = &forecasts[index];
        let further = if layer.continues { ", on the files of its steps" } else { "" };
        writeln!(out, "  layer  {}{further}: {}", layer.name, forecast.reason)?;
        write_layer(layer, forecast, last, look, out)?;
    }
    if let LastBuild::Found { gone } = last {
        for name in gone {
            writeln!(out, "  {}layer  {name}", Mark::Removed.draw(look.colour))?;
        }
    }
    for Undecided { what, site, layer } in &plan.undecided {
        writeln!(out, "  later  {what}, when layer `{layer}` is built  {site}")?;
    }
    Ok(())
}

fn write_execution(execution: &Execution, out: &mut String) -> std::fmt::Result {
    let Execution { env, workdir, user, entrypoint, cmd, stop_signal } = execution;
    for (name, value) in env {
        writeln!(out, "  env    {name}={}", value.escape_debug())?;
    }
    let lists = [("entry", entrypoint), ("cmd", cmd)];
    let lists = lists.map(|(name, list)| (name, list.as_ref().map(|list| format!("{list:?}"))));
    let words = [
        ("dir", workdir.as_ref().map(ToString::to_string)),
        ("user", user.as_ref().map(ToString::to_string)),
        ("stop", stop_signal.as_ref().map(ToString::to_string)),
    ];
    for (name, text) in words.into_iter().chain(lists) {
        if let Some(text) = text {
            writeln!(out, "  {name:<5}  {text}")?;
        }
    }
    Ok(())
}

fn write_layer(
    layer: &PlannedLayer,
    forecast: &Forecast,
    last: &LastBuild,
    look: Look,
    out: &mut String,
) -> std::fmt::Result {
    if let Some(transaction) = &layer.transaction {
        write_transaction(transaction, out)?;
    }
    for (path, removal) in &layer.removals {
        writeln!(out, "    remove  {}  {}", path.as_str().escape_debug(), removal.site)?;
    }
    let compared = *last != LastBuild::Missing;
    let mark = |path| match forecast.marks.as_ref().map(|marks| marks.get(path)) {
        _ if !compared => String::new(),
        Some(Some(mark)) => mark.draw(look.colour),
        Some(None) => Mark::Added.draw(look.colour),
        None => Mark::Unknown.draw(look.colour),
    };
    let rows = layer.described().map(|(path, member)| {
        let size = forecast.sizes.get(path).copied();
        (mark(path), row(path.as_str(), member, size), member.site)
    });
    let rows: Vec<_> = rows.collect();
    let width =
        rows.iter().map(|(_, row, _)| row.iter().map(|part| part.width() + 1).sum::<usize>() - 1).max();
    for (mark, row, site) in rows {
        write_row(&mark, row, site, width.unwrap_or(0).min(100), look.columns, out)?;
    }
    let gone = forecast.marks.iter().flatten().filter(|(_, mark)| **mark == Mark::Removed);
    for (path, mark) in gone {
        writeln!(out, "    {}{}", mark.draw(look.colour), path.as_str().escape_debug())?;
    }
    for run in &layer.runs {
        write_run(run, out)?;
    }
    Ok(())
}

/// Writes a row on one line if it fits, and else its parts on several.
fn write_row(
    mark: &str,
    parts: Vec<String>,
    site: Option<Site>,
    width: usize,
    columns: Columns,
    out: &mut String,
) -> std::fmt::Result {
    let row = parts.join(" ");
    let indent = if mark.is_empty() { 4 } else { 6 };
    let padding = " ".repeat(width.saturating_sub(row.width()));
    let line = site.map_or(row.clone(), |site| format!("{row}{padding}  {site}"));
    if columns.limit().is_none_or(|columns| indent + line.width() <= columns) {
        return writeln!(out, "    {mark}{line}");
    }
    let parts: Vec<_> = parts.into_iter().chain(site.map(|site| site.to_string())).collect();
    writeln!(out, "    {mark}{}", columns.row(&parts, indent, 8))
}

fn write_transaction(transaction: &Transaction, out: &mut String) -> std::fmt::Result {
    for asked in transaction.asked() {
        writeln!(out, "    package {asked}")?;
    }
    for repository in &transaction.repositories {
        writeln!(out, "      out of {repository}")?;
    }
    if let (Some(locked), Some(tool)) = (&transaction.locked, transaction.tool) {
        let exact: Vec<_> = locked.iter().map(String::as_str).collect();
        writeln!(out, "      {} installs {}", tool.program(), exact.join(" "))?;
    }
    Ok(())
}

fn write_run(run: &PlannedRun, out: &mut String) -> std::fmt::Result {
    let words: Vec<_> = run.argv.iter().map(|word| format!("{word:?}")).collect();
    writeln!(out, "    run     {}", words.join(" "))?;
    for (name, value) in &run.environment {
        writeln!(out, "      with {name}={value:?}")?;
    }
    if let Some(dir) = &run.dir {
        writeln!(out, "      in {}", dir.as_str().escape_debug())?;
    }
    for at in &run.caches {
        writeln!(out, "      cache {}", at.as_str().escape_debug())?;
    }
    for bind in &run.binds {
        writeln!(out, "      reads {} at {}", bind.asset.as_str().escape_debug(), bind.at)?;
    }
    for secret in &run.secrets {
        writeln!(out, "      secret {} of {}", secret.id, secret.from.to_string().escape_debug())?;
    }
    if run.network {
        writeln!(out, "      network")?;
    }
    Ok(())
}

fn write_stage(number: usize, stage: &PlannedBuildStage, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "  stage  {} {} {} {}  {}",
        number + 1,
        stage.reference,
        stage.architecture,
        stage.digest,
        stage.site
    )?;
    for (name, at) in &stage.copies {
        let files = stage.context.keys().filter(|path| path.starts_with(&format!("{name}/"))).count();
        let what = if files == 0 { "a file".to_owned() } else { format!("{files} names") };
        writeln!(out, "    copy    {} {what}", at.as_str().escape_debug())?;
    }
    stage.runs.iter().try_for_each(|run| write_run(run, out))?;
    for invocation in &stage.compile {
        writeln!(out, "    cargo   {}", invocation.arguments().join(" "))?;
    }
    for product in &stage.results {
        writeln!(out, "    gives   {product}")?;
    }
    Ok(())
}

/// Returns what a row says of a member: what is where, and where it comes from.
fn row(path: &str, member: &Member, size: Option<u64>) -> Vec<String> {
    let metadata = &member.metadata;
    let path = path.escape_debug();
    let mut place = format!("{} {}:{} {path}", metadata.mode, metadata.uid, metadata.gid);
    let origin = match &member.kind {
        Kind::Directory => {
            if !place.ends_with(" /") {
                place.push('/');
            }
            None
        }
        Kind::Symlink { target } => Some(format!("-> {}", target.escape_debug())),
        Kind::File(Origin::Asset { path, .. }) => Some(format!("<- {}", path.as_str().escape_debug())),
        Kind::File(Origin::Fetched(file)) => Some(format!("<- {}", file.url.escape_debug())),
        Kind::File(Origin::Unpacked(file)) => {
            Some(format!("<- {}: {}", file.archive.url.escape_debug(), file.path.escape_debug()))
        }
        Kind::File(Origin::Read(file)) => Some(format!("<- below: {}", file.path.as_str().escape_debug())),
        Kind::File(Origin::Artefact(artefact)) => Some(format!("<- cargo: {}", artefact.bin)),
        Kind::File(Origin::Text(text)) => Some(format!("<- text, {} bytes", text.len())),
        Kind::File(Origin::SecretHash(hash)) => {
            Some(format!("<- secret {} of {}", hash.secret.id, hash.secret.from.to_string().escape_debug()))
        }
        Kind::File(Origin::Compiled(built)) => {
            Some(format!("<- stage {}: {}", built.stage + 1, built.product))
        }
        Kind::Device { .. } | Kind::Fifo => Some(format!("({})", member.kind.name())),
    };
    let is_text = matches!(member.kind, Kind::File(Origin::Text(_)));
    let size = size.filter(|_| !is_text).map(|size| format!("({})", HumanBytes(size)));
    let hardlink =
        member.hardlink.as_ref().map(|first| format!("(hardlink to {})", first.as_str().escape_debug()));
    let capabilities = metadata.capabilities().map(|capabilities| capabilities.to_string());
    [Some(place), origin, size, hardlink, capabilities].into_iter().flatten().collect()
}
