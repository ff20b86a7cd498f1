//! Downloads files by `curl`, which brings the TLS that a user's first build has no budget for. The bytes are believed
//! once they have the digest of the description.

use std::io::{self, Read};
use std::process::Stdio;

use camino::Utf8PathBuf;
use lapstrake::Site;

use super::archive::ArchiveError;
use crate::plan::Fetched;
use crate::support::explain::Explain;
use crate::support::program::{Program, ProgramError};
use crate::support::progress::Progress;
use lapstrake_oci::{BlobError, Blobs, Digest};

const CURL: Program = Program::of_package("curl", "curl");
/// The largest file, in bytes.
const SIZE_MAX: u64 = 8 << 30;
/// No configuration of the user is read, so that no credentials are sent. curl must not take brackets for a pattern. A redirect
/// stays with HTTP, and a server that sends nothing for a minute is given up.
const ARGUMENTS: [&str; 17] = [
    "--disable",
    "--fail",
    "--silent",
    "--show-error",
    "--globoff",
    "--location",
    "--max-redirs",
    "10",
    "--proto",
    "=http,https",
    "--proto-redir",
    "=http,https",
    "--connect-timeout",
    "30",
    "--speed-time",
    "60",
    "--url",
];

/// A file can't be downloaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("`{url}` can't be downloaded")]
    Program { url: String, site: Site, source: ProgramError },
    #[error("`{url}` can't be downloaded: {log}")]
    Failed { url: String, site: Site, log: String },
    #[error("`{url}` is larger than 8 GiB")]
    Large { url: String, site: Site },
    #[error("`{url}` has the digest `{found}`, and not `{expected}`")]
    Digest { url: String, site: Site, expected: Digest, found: Digest },
    #[error("`{url}` is not in the cache, and `--offline` downloads nothing")]
    Offline { url: String, site: Site },
    #[error("the archive `{url}` can't be unpacked: {source}")]
    Archive { url: String, site: Site, source: ArchiveError },
    #[error("`{path}` can't be read")]
    Kept { path: Utf8PathBuf, site: Site, source: BlobError },
    #[error("`{path}` can't be written")]
    Write { path: Utf8PathBuf, site: Site, source: io::Error },
}

impl Explain for FetchError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Program { source, .. } => source.help(),
            Self::Digest { found, .. } => {
                Some(format!("write {:?} if that is the file that you want", found.to_string()))
            }
            Self::Offline { .. } => Some("build once without `--offline`".to_owned()),
            Self::Archive { source, .. } => source.help(),
            Self::Failed { .. } | Self::Large { .. } | Self::Kept { .. } | Self::Write { .. } => None,
        }
    }

    fn site(&self) -> Option<Site> {
        match self {
            Self::Program { site, .. }
            | Self::Failed { site, .. }
            | Self::Large { site, .. }
            | Self::Digest { site, .. }
            | Self::Offline { site, .. }
            | Self::Archive { site, .. }
            | Self::Kept { site, .. }
            | Self::Write { site, .. } => Some(*site),
        }
    }
}

/// Downloads those files that are not kept as blobs.
pub(crate) fn fetch<'a>(
    files: impl Iterator<Item = (&'a Fetched, Site)>,
    blobs: &Blobs,
    offline: bool,
    progress: &Progress,
) -> Result<(), FetchError> {
    for (file, site) in files {
        let is_kept = blobs.size(&file.digest).is_some_and(|size| blobs.has(&file.digest, size));
        if is_kept {
            continue;
        }
        if offline {
            return Err(FetchError::Offline { url: file.url.clone(), site });
        }
        progress.status("Fetching", format_args!("{}", file.url.escape_debug()));
        let _working = progress.working(format!("fetching {}", file.url.escape_debug()));
        download(file, site, blobs)?;
    }
    Ok(())
}

fn download(file: &Fetched, site: Site, blobs: &Blobs) -> Result<(), FetchError> {
    let url = || file.url.clone();
    let program = |source| FetchError::Program { url: url(), site, source };
    let write = |source| FetchError::Write { path: blobs.path(&file.digest), site, source };
    let mut command = CURL.command().map_err(program)?;
    command.args(ARGUMENTS).arg(&file.url);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut curl = command.spawn().map_err(CURL.not_started()).map_err(program)?;
    let mut out = curl.stdout.take().expect("stdout is a pipe").take(SIZE_MAX + 1);
    let mut writer = blobs.writer().map_err(write)?;
    let copied = io::copy(&mut out, &mut writer);
    // curl ends when nobody reads what it prints.
    drop(out);
    let ended = curl.wait_with_output().map_err(CURL.not_started()).map_err(program)?;
    let size = copied.map_err(write)?;
    if size > SIZE_MAX {
        return Err(FetchError::Large { url: url(), site });
    }
    if !ended.status.success() {
        let log = String::from_utf8_lossy(&ended.stderr);
        let log = log.trim().trim_start_matches("curl: ").escape_debug().to_string();
        return Err(FetchError::Failed { url: url(), site, log });
    }
    let mut found = None;
    let is_wanted = |digest: &Digest| {
        found = Some(digest.clone());
        *digest == file.digest
    };
    let kept = writer.finish_if(is_wanted).map_err(write)?;
    match (kept, found) {
        (None, Some(found)) => {
            Err(FetchError::Digest { url: url(), site, expected: file.digest.clone(), found })
        }
        _ => Ok(()),
    }
}
