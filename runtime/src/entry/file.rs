//! One regular file.

use super::Attributes;
use super::attributes::attribute_options;
use crate::value::{Asset, ImagePath, Invalid, Source};
use crate::{Given, Stage};

/// A regular file: one of the workspace, text in the description, or what a stage makes.
///
/// Default mode: 0755 for a file that its owner may execute, else 0644; for text 0644; from a stage 0755,
/// for what is compiled is mostly a program or a library.
///
/// ```
/// use lapstrake::{Layer, entry::File, value::Source};
///
/// let motd = File::text("hello\n", "/etc/motd");
/// assert_eq!(motd.at().get().unwrap().as_str(), "/etc/motd");
/// assert_eq!(motd.source(), &Source::Text("hello\n".to_owned()));
/// Layer::new("config").with(motd).with(File::new("deploy/app.toml", "/etc/app.toml").mode(0o600));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    source: Source,
    at: Given<ImagePath>,
    attributes: Attributes,
}

impl File {
    /// A file of the workspace, read when the image is built.
    #[track_caller]
    pub fn new(source: impl Into<Asset>, at: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        Self { source: Source::Asset(source.into()), at: Given::new(at), attributes: Attributes::default() }
    }

    /// A file with this content, as it is: no newline is added, nothing is expanded.
    #[track_caller]
    pub fn text(content: impl Into<String>, at: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        Self { source: Source::Text(content.into()), at: Given::new(at), attributes: Attributes::default() }
    }

    /// The file that a stage has at `from` when its last step is done.
    ///
    /// ```
    /// use lapstrake::{Base, Layer, Stage, entry::File};
    ///
    /// let stage = Stage::on(Base::registry("registry.example/autosd-gcc:1"))
    ///     .source("firmware", "/src")
    ///     .run(["make", "-C", "/src"]);
    /// Layer::new("app").with(File::from_stage(stage, "/src/canfw.bin", "/usr/lib/firmware/canfw.bin").mode(0o644));
    /// ```
    #[track_caller]
    pub fn from_stage(
        stage: Stage,
        from: impl TryInto<ImagePath, Error: Into<Invalid>>,
        at: impl TryInto<ImagePath, Error: Into<Invalid>>,
    ) -> Self {
        let source = Source::Stage(Box::new(stage), Given::new(from));
        Self { source, at: Given::new(at), attributes: Attributes::default() }
    }

    attribute_options!(mode owner capability);

    /// Where its content comes from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Where it goes.
    pub fn at(&self) -> &Given<ImagePath> {
        &self.at
    }
}
