//! A plan as a person reads it. Everything that will be in the image is on the page, with the line of
//! the description that asked for it.

use std::fmt::Write;

use super::{Content, Member, Origin, Plan, PlannedLayer};

/// The page of a plan; `forecasts` says of each layer what a build would do with it.
pub(crate) fn render(plan: &Plan, forecasts: &[String]) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    _ = write_plan(plan, forecasts, &mut out);
    out
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
    for (index, layer) in plan.layers.iter().enumerate() {
        let forecast = forecasts.get(index).map_or("", String::as_str);
        writeln!(out, "  layer  {}: {forecast}", layer.name)?;
        write_layer(layer, out)?;
    }
    Ok(())
}

fn write_layer(layer: &PlannedLayer, out: &mut String) -> std::fmt::Result {
    for package in &layer.packages {
        writeln!(out, "    package {package}")?;
    }
    if let (Some(locked), Some(tool)) = (&layer.locked_packages, layer.package_manager) {
        let exact: Vec<_> = locked.iter().map(String::as_str).collect();
        writeln!(out, "      {} installs {}", tool.program(), exact.join(" "))?;
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
    if layer.network {
        writeln!(out, "    network for its steps")?;
    }
    for argv in &layer.runs {
        let words: Vec<_> = argv.iter().map(|word| format!("{word:?}")).collect();
        writeln!(out, "    run     {}", words.join(" "))?;
    }
    Ok(())
}

fn row(path: &str, member: &Member) -> String {
    let inode = &member.inode;
    let path = path.escape_debug();
    let mut row = format!("{} {}:{} {path}", inode.mode, inode.uid, inode.gid);
    match &member.content {
        Content::Directory => row.push('/'),
        Content::Symlink { target } => row += &format!(" -> {}", target.escape_debug()),
        Content::File { from: Origin::Asset { path, .. } } => {
            row += &format!(" <- {}", path.as_str().escape_debug());
        }
        Content::File { from: Origin::Artefact(artefact) } => row += &format!(" <- cargo: {}", artefact.bin),
        Content::File { from: Origin::Text(text) } => row += &format!(" <- text, {} bytes", text.len()),
    }
    if let Some(capabilities) = inode.capabilities {
        row += &format!(" {capabilities}");
    }
    row
}
