//! One regular file.

use super::Attributes;
use super::Source;
use super::attributes::attribute_options;
use crate::faults::faults;
use crate::value::{Asset, ImagePath, Text};
use crate::{BuildStage, Parsed};

/// A regular file: one of the workspace, text in the description, or a result of a build stage.
///
/// Default mode: 0755 for a file that its owner may execute, else 0644; 0644 for text; 0755 for a file of a
/// stage, because a compiled file is usually a program or a library.
///
/// ```
/// use lapstrake::{Layer, entry::{File, Source}};
///
/// let motd = File::text("hello\n", "/etc/motd");
/// assert_eq!(motd.at, "/etc/motd");
/// assert_eq!(motd.source, Source::Text("hello\n".to_owned()));
/// let config = File::new("deploy/app.toml", "/etc/app.toml").mode(0o600);
/// assert!(config.attributes.mode.is_some());
/// Layer::new("config").with(motd).with(config);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a file is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct File {
    /// Its content.
    pub source: Source,
    /// Its path in the image.
    pub at: Parsed<ImagePath>,
    /// Mode, owner, capabilities and accepted findings.
    pub attributes: Attributes,
}

impl File {
    /// Describes a file of the workspace, which is read when the image is built.
    #[track_caller]
    pub fn new(source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        Self { source: Source::Asset(source.into()), at: Parsed::new(at), attributes: Attributes::default() }
    }

    /// Describes a file with this content. No newline is added and nothing is expanded.
    #[track_caller]
    pub fn text(content: impl Into<String>, at: impl Text<ImagePath>) -> Self {
        Self { source: Source::Text(content.into()), at: Parsed::new(at), attributes: Attributes::default() }
    }

    /// Takes the file that a stage has at `from` after its last step. A stage without steps is another image: its file is
    /// taken as `COPY --from=IMAGE` takes it.
    ///
    /// ```
    /// use lapstrake::{Base, BuildStage, Layer, entry::File};
    ///
    /// let stage = BuildStage::on(Base::registry("registry.example/autosd-gcc:1"))
    ///     .source("firmware", "/src")
    ///     .run(["make", "-C", "/src"]);
    /// Layer::new("app").with(File::from_stage(stage, "/src/canfw.bin", "/usr/lib/firmware/canfw.bin").mode(0o644));
    ///
    /// let caddy = BuildStage::on(Base::registry("registry.example/caddy:2"));
    /// Layer::new("web").with(File::from_stage(caddy, "/usr/bin/caddy", "/usr/bin/caddy"));
    /// ```
    #[track_caller]
    pub fn from_stage(stage: BuildStage, from: impl Text<ImagePath>, at: impl Text<ImagePath>) -> Self {
        let source = Source::BuildStage(Box::new(stage), Parsed::new(from));
        Self { source, at: Parsed::new(at), attributes: Attributes::default() }
    }

    attribute_options!(mode owner capability);
}

faults!(File { source, at, attributes });
