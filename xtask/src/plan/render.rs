//! A plan as a person reads it. Everything that will be in the image is on the page, with the line of
//! the description that asked for it.

use std::fmt::Write;

use lapstrake::Site;
use unicode_width::UnicodeWidthStr;

use super::{
    Member, Origin, Plan, PlannedBuildStage, PlannedLayer, PlannedRun, SecretFrom, Transaction, Undecided,
};
use crate::support::columns::Columns;
use lapstrake_oci::tree::Kind;

/// How far the lines that continue a line are indented.
const HANGING: usize = 4;

/// Returns the page of a plan; `forecasts` has for each layer what a build would do with it.
pub(crate) fn render(plan: &Plan, forecasts: &[String], columns: Columns) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    _ = write_plan(plan, forecasts, columns, &mut out);
    out.lines().map(|line| columns.wrap(line, 0, HANGING) + "\n").collect()
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
            writeln!(out, "    {}", row(path.as_str(), member).join(" "))?;
        }
        layer.runs.iter().try_for_each(|run| write_run(run, out))?;
    }
    Ok(())
}

fn write_plan(plan: &Plan, forecasts: &[String], columns: Columns, out: &mut String) -> std::fmt::Result {
    write!(out, "image {}", plan.name)?;
    if let Some(version) = &plan.version {
        write!(out, " {version}")?;
    }
    writeln!(out)?;
    writeln!(out, "  base   {} {} {}", plan.base.reference, plan.base.architecture, plan.base.digest)?;
    for (key, value) in &plan.labels {
        writeln!(out, "  label  {key}={}", value.escape_debug())?;
    }
    for invocation in &plan.compile {
        writeln!(out, "  cargo  {}", invocation.arguments().join(" "))?;
    }
    for (number, stage) in plan.stages.iter().enumerate() {
        write_stage(number, stage, out)?;
    }
    for (index, layer) in plan.layers.iter().enumerate() {
        let forecast = forecasts.get(index).map_or("", String::as_str);
        let further = if layer.continues { ", on the files of its steps" } else { "" };
        writeln!(out, "  layer  {}{further}: {forecast}", layer.name)?;
        write_layer(layer, columns, out)?;
    }
    for Undecided { what, site, layer } in &plan.undecided {
        writeln!(out, "  later  {what}, when layer `{layer}` is built  {site}")?;
    }
    Ok(())
}

fn write_layer(layer: &PlannedLayer, columns: Columns, out: &mut String) -> std::fmt::Result {
    if let Some(transaction) = &layer.transaction {
        write_transaction(transaction, out)?;
    }
    for (path, removal) in &layer.removals {
        writeln!(out, "    remove  {}  {}", path.as_str().escape_debug(), removal.site)?;
    }
    let rows: Vec<_> = layer.described().map(|(path, member)| (row(path.as_str(), member), member)).collect();
    let width = rows.iter().map(|(row, _)| row.iter().map(|part| part.width() + 1).sum::<usize>() - 1).max();
    for (row, member) in rows {
        write_row(row, member.site, width.unwrap_or(0).min(100), columns, out)?;
    }
    for run in &layer.runs {
        write_run(run, out)?;
    }
    Ok(())
}

/// Writes a row on one line if it fits, and else its parts on several.
fn write_row(
    parts: Vec<String>,
    site: Option<Site>,
    width: usize,
    columns: Columns,
    out: &mut String,
) -> std::fmt::Result {
    let row = parts.join(" ");
    let padding = " ".repeat(width.saturating_sub(row.width()));
    let line = site.map_or(row.clone(), |site| format!("{row}{padding}  {site}"));
    if columns.limit().is_none_or(|columns| 4 + line.width() <= columns) {
        return writeln!(out, "    {line}");
    }
    let parts: Vec<_> = parts.into_iter().chain(site.map(|site| site.to_string())).collect();
    writeln!(out, "    {}", columns.row(&parts, 4, 8))
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
        let from = match &secret.from {
            SecretFrom::Variable(name) => format!("${name}"),
            SecretFrom::File(path) => path.to_string(),
        };
        writeln!(out, "      secret {} of {}", secret.id, from.escape_debug())?;
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
fn row(path: &str, member: &Member) -> Vec<String> {
    let metadata = &member.metadata;
    let path = path.escape_debug();
    let mut place = format!("{} {}:{} {path}", metadata.mode, metadata.uid, metadata.gid);
    let origin = match &member.kind {
        Kind::Directory => {
            place.push('/');
            None
        }
        Kind::Symlink { target } => Some(format!("-> {}", target.escape_debug())),
        Kind::File(Origin::Asset { path, .. }) => Some(format!("<- {}", path.as_str().escape_debug())),
        Kind::File(Origin::Artefact(artefact)) => Some(format!("<- cargo: {}", artefact.bin)),
        Kind::File(Origin::Text(text)) => Some(format!("<- text, {} bytes", text.len())),
        Kind::File(Origin::Compiled(built)) => {
            Some(format!("<- stage {}: {}", built.stage + 1, built.product))
        }
        Kind::Device { .. } | Kind::Fifo => Some(format!("({})", member.kind.name())),
    };
    let hardlink =
        member.hardlink.as_ref().map(|first| format!("(hardlink to {})", first.as_str().escape_debug()));
    let capabilities = metadata.capabilities().map(|capabilities| capabilities.to_string());
    [Some(place), origin, hardlink, capabilities].into_iter().flatten().collect()
}
