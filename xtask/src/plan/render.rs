//! A plan as a person reads it. Everything that will be in the image is on the page, with the line of
//! the description that asked for it.

use std::fmt::Write;

use super::{
    Member, Origin, Plan, PlannedBuildStage, PlannedLayer, PlannedRun, SecretFrom, Transaction, Undecided,
};
use lapstrake_oci::tree::Kind;

/// The page of a plan; `forecasts` says of each layer what a build would do with it.
pub(crate) fn render(plan: &Plan, forecasts: &[String]) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    _ = write_plan(plan, forecasts, &mut out);
    out
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
            writeln!(out, "    {}", row(path.as_str(), member))?;
        }
        layer.runs.iter().try_for_each(|run| write_run(run, out))?;
    }
    Ok(())
}

fn write_plan(plan: &Plan, forecasts: &[String], out: &mut String) -> std::fmt::Result {
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
        write_layer(layer, out)?;
    }
    for Undecided { what, site, layer } in &plan.undecided {
        writeln!(out, "  later  {what}, when layer `{layer}` is built  {site}")?;
    }
    Ok(())
}

fn write_layer(layer: &PlannedLayer, out: &mut String) -> std::fmt::Result {
    if let Some(transaction) = &layer.transaction {
        write_transaction(transaction, out)?;
    }
    for (path, removal) in &layer.removals {
        writeln!(out, "    remove  {}  {}", path.as_str().escape_debug(), removal.site)?;
    }
    let rows: Vec<_> = layer.described().map(|(path, member)| (row(path.as_str(), member), member)).collect();
    let width = rows.iter().map(|(row, _)| row.chars().count()).max().unwrap_or(0).min(100);
    for (row, member) in rows {
        match member.site {
            Some(site) => writeln!(out, "    {row:width$}  {site}")?,
            None => writeln!(out, "    {row}")?,
        }
    }
    for run in &layer.runs {
        write_run(run, out)?;
    }
    Ok(())
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

fn row(path: &str, member: &Member) -> String {
    let metadata = &member.metadata;
    let path = path.escape_debug();
    let mut row = format!("{} {}:{} {path}", metadata.mode, metadata.uid, metadata.gid);
    match &member.kind {
        Kind::Directory => row.push('/'),
        Kind::Symlink { target } => row += &format!(" -> {}", target.escape_debug()),
        Kind::File(Origin::Asset { path, .. }) => {
            row += &format!(" <- {}", path.as_str().escape_debug());
        }
        Kind::File(Origin::Artefact(artefact)) => row += &format!(" <- cargo: {}", artefact.bin),
        Kind::File(Origin::Text(text)) => row += &format!(" <- text, {} bytes", text.len()),
        Kind::File(Origin::Compiled(built)) => {
            row += &format!(" <- stage {}: {}", built.stage + 1, built.product);
        }
        Kind::Device { .. } | Kind::Fifo => row += &format!(" ({})", member.kind.name()),
    }
    if let Some(first) = &member.hardlink {
        row += &format!(" (hardlink to {})", first.as_str().escape_debug());
    }
    if let Some(capabilities) = metadata.capabilities() {
        row += &format!(" {capabilities}");
    }
    row
}
