//! The phrases of package managers: dnf 4, dnf5, microdnf and rpm.

use super::Diagnosis;

pub(super) fn package(line: &str) -> Option<Diagnosis> {
    // dnf, dnf5, microdnf.
    let after = ["Unable to find a match: ", "No match for argument: ", "No package matches '"]
        .into_iter()
        .find_map(|phrase| line.split_once(phrase))?
        .1;
    let package =
        after.split([' ', '\'']).take_while(|word| !word.is_empty()).collect::<Vec<_>>().join("`, `");
    Some(Diagnosis::NoSuchPackage { package })
}

pub(super) fn repository(line: &str) -> Option<Diagnosis> {
    if let Some((_, rest)) = line.split_once("Failed to download metadata for repo '") {
        return Some(Diagnosis::Repository { name: rest.split('\'').next().map(str::to_owned) });
    }
    if line.contains("no enabled repositories") {
        return Some(Diagnosis::NoRepository);
    }
    let unreachable = [
        "Could not resolve host",
        "Cannot download repomd.xml",
        "Couldn't connect to server",
        "Could not resolve hostname",
    ];
    unreachable.iter().any(|phrase| line.contains(phrase)).then_some(Diagnosis::Repository { name: None })
}

/// dnf shows the repository in full: `Problem repository: [NAME]`, and its settings.
pub(super) fn no_key(line: &str) -> Option<Diagnosis> {
    let name = line.strip_prefix("Problem repository: ")?.trim_matches(['[', ']', ' ']);
    Some(Diagnosis::NoKey { repository: name.to_owned() })
}

/// A package, or a repository's key.
pub(super) fn download(line: &str) -> Option<Diagnosis> {
    let package = line.split_once(": Cannot download, all mirrors").map(|(package, _)| package.trim());
    let package = package.or_else(|| {
        line.strip_prefix("Package \"")?.strip_suffix("\" has incorrect checksum")?.split('"').next()
    });
    // `Curl error (37): WHY for URL [DETAIL]`
    let url = || line.strip_prefix("Curl error (")?.split_once(" for ")?.1.split(' ').next();
    let what = package.or_else(url)?.to_owned();
    Some(Diagnosis::NotDownloaded { what })
}

pub(super) fn signature(line: &str) -> Option<Diagnosis> {
    let untrusted =
        ["is not signed", "GPG check FAILED", "Public key for ", "No corresponding key was found"];
    if !untrusted.iter().any(|phrase| line.contains(phrase)) {
        return None;
    }
    let package = line.split_whitespace().find(|word| word.contains(".rpm")).map(str::to_owned);
    Some(Diagnosis::Signature { package })
}

pub(super) fn named_signature(line: &str) -> Option<Diagnosis> {
    signature(line).filter(|known| *known != Diagnosis::Signature { package: None })
}

pub(super) fn scriptlet(line: &str) -> Option<Diagnosis> {
    if !line.contains("scriptlet failed") && !line.contains("Error in PRE") && !line.contains("Error in POST")
    {
        return None;
    }
    // `warning: %post(NAME-1.0-1.noarch) scriptlet failed`, `Error in POSTIN scriptlet in rpm package NAME`
    let in_brackets = line.split_once('(').and_then(|(_, rest)| rest.split(')').next());
    let last = line.split_once("rpm package ").map(|(_, rest)| rest.trim());
    Some(Diagnosis::Scriptlet { package: last.or(in_brackets).map(str::to_owned) })
}

/// `nothing provides CAPABILITY needed by PACKAGE`, of dnf 4, dnf5 and microdnf.
pub(super) fn not_provided(line: &str) -> Option<Diagnosis> {
    let (what, by) = line.split_once("nothing provides ")?.1.split_once(" needed by ")?;
    let by = by.split(' ').next().unwrap_or(by);
    Some(Diagnosis::NotProvided { what: what.to_owned(), by: by.to_owned() })
}

/// rpm can't unpack into a link whose target is missing: `error: failed to open dir opt of /opt/: File exists`.
pub(super) fn dangling(line: &str) -> Option<Diagnosis> {
    let (_, rest) = line.split_once("failed to open dir ")?;
    let path = rest.split_once(" of ")?.1.strip_suffix("/: File exists")?;
    Some(Diagnosis::Dangling { link: path.to_owned() })
}

pub(super) fn conflict(line: &str) -> Option<Diagnosis> {
    if let Some((_, problem)) = line.split_once("Problem: ") {
        return Some(Diagnosis::Conflict { problem: Some(problem.to_owned()) });
    }
    line.contains("Error: Transaction test error").then_some(Diagnosis::Conflict { problem: None })
}
