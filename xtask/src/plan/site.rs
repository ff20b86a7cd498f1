//! The place in the user's source that a finding of the plan points to.

use lapstrake::Site;

use crate::finding::Finding;
use crate::project::assets::SourceError;
use crate::support::explain::Explain;

/// Selects the site to show.
///
/// The site of a builder method that is passed as a function value is in the standard library. The site of the layer is
/// then the nearest place that the user wrote.
pub(super) fn site_or(site: Site, layer: Site) -> Site {
    if site.file().starts_with('/') { layer } else { site }
}

/// Makes a finding of an asset that can't be used.
pub(super) fn source_finding(error: &SourceError, site: Site) -> Finding {
    let message = error.to_string();
    let finding = match error {
        SourceError::Missing { .. } => Finding::fatal("missing-asset", site, message),
        SourceError::Outside { .. } | SourceError::IntoWorkspace { .. } => {
            Finding::fatal("asset-outside", site, message)
        }
        SourceError::Special { .. } => Finding::fatal("asset-kind", site, message),
        SourceError::NotUtf8 { .. } => Finding::fatal("utf8", site, message),
        SourceError::LargeUnit { .. } | SourceError::Unreadable { .. } => {
            Finding::fatal("unreadable-asset", site, message)
        }
    };
    finding.help_if(error.help())
}
