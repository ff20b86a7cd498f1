//! One regular file.

use super::Attributes;
use super::Source;
use super::attributes::attribute_options;
use crate::faults::faults;
use crate::value::{Asset, ContentDigest, FetchUrl, ImagePath, Reference, Text};
use crate::{Base, BuildStage, Parsed};

/// A regular file: one of the workspace, text in the description, a result of a build stage, or one of another image.
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
    /// Texts in the content that are placeholders, with their values.
    pub fills: Vec<(String, String)>,
}

impl File {
    /// Describes a file of the workspace, which is read when the image is built.
    #[track_caller]
    pub fn new(source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        Self::of(Source::Asset(source.into()), Parsed::new(at))
    }

    /// Describes a file with this content. No newline is added and nothing is expanded.
    #[track_caller]
    pub fn text(content: impl Into<String>, at: impl Text<ImagePath>) -> Self {
        Self::of(Source::Text(content.into()), Parsed::new(at))
    }

    /// Takes the file that a stage has at `from` after its last step. A stage without steps is another image; see
    /// [`from_image`](Self::from_image).
    ///
    /// ```
    /// use lapstrake::{Base, BuildStage, Layer, entry::File};
    ///
    /// let stage = BuildStage::on(Base::registry("registry.example/autosd-gcc:1"))
    ///     .source("firmware", "/src")
    ///     .run(["make", "-C", "/src"]);
    /// Layer::new("app").with(File::from_stage(stage, "/src/canfw.bin", "/usr/lib/firmware/canfw.bin").mode(0o644));
    /// ```
    #[track_caller]
    pub fn from_stage(stage: BuildStage, from: impl Text<ImagePath>, at: impl Text<ImagePath>) -> Self {
        let source = Source::BuildStage(Box::new(stage), Parsed::new(from));
        Self::of(source, Parsed::new(at))
    }

    /// Takes the file that another image has at `from`, as `COPY --from=IMAGE` does. `lapstrake.lock` pins the digest of the
    /// image, as it does a base's. Nothing runs, so no engine is needed. A symlink at `from` is followed. Default mode:
    /// 0755. The file's mode, owner and capabilities in the other image are not taken. The checks `source-mode` and
    /// `source-owner` name what the file has there: write `.mode(0o4755)`, `.owner(…)` or `.capability(…)` to have it here.
    ///
    /// An image in another place than a registry is a stage without steps: `BuildStage::on(Base::oci("images/caddy"))`.
    ///
    /// ```
    /// use lapstrake::{Base, BuildStage, Layer, entry::File};
    ///
    /// let caddy = File::from_image("registry.example/caddy:2", "/usr/bin/caddy", "/usr/bin/caddy");
    /// let stage = BuildStage::on(Base::registry("registry.example/caddy:2"));
    /// assert_eq!(caddy, File::from_stage(stage, "/usr/bin/caddy", "/usr/bin/caddy"));
    /// Layer::new("web").with(caddy);
    /// ```
    #[track_caller]
    pub fn from_image(
        image: impl Text<Reference>,
        from: impl Text<ImagePath>,
        at: impl Text<ImagePath>,
    ) -> Self {
        Self::from_stage(BuildStage::on(Base::registry(image)), from, at)
    }

    /// Describes a text file of the workspace with placeholders, and their values; see [`fill`](Self::fill).
    ///
    /// ```
    /// # use lapstrake::entry::File;
    /// let registry = "registry.example/fleet";
    /// let app = File::template("deploy/app.container", [("@REGISTRY@", registry)], "/etc/containers/systemd/app.container");
    /// assert_eq!(app.fills, [("@REGISTRY@".to_owned(), registry.to_owned())]);
    /// ```
    #[track_caller]
    pub fn template<P: Into<String>, V: Into<String>>(
        source: impl Into<Asset>,
        fills: impl IntoIterator<Item = (P, V)>,
        at: impl Text<ImagePath>,
    ) -> Self {
        let file = Self::new(source, at);
        fills.into_iter().fold(file, |file, (placeholder, value)| file.fill(placeholder, value))
    }

    /// Downloads a file, when the image is built. Its content must have the digest, so that the same description is the
    /// same image; then it is kept in the cache, and is not downloaded again. Default mode: 0644.
    ///
    /// ```
    /// # use lapstrake::entry::File;
    /// let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    /// let k3s = File::fetched("https://files.example/k3s", digest, "/usr/bin/k3s").mode(0o755);
    /// assert_eq!(k3s.at, "/usr/bin/k3s");
    /// ```
    #[track_caller]
    pub fn fetched(
        url: impl Text<FetchUrl>,
        digest: impl Text<ContentDigest>,
        at: impl Text<ImagePath>,
    ) -> Self {
        Self::of(Source::Fetched(Parsed::new(url), Parsed::new(digest)), Parsed::new(at))
    }

    fn of(source: Source, at: Parsed<ImagePath>) -> Self {
        Self { source, at, attributes: Attributes::default(), fills: Vec::new() }
    }

    /// Puts a value in place of a placeholder, wherever the text has it. A placeholder that the text does not have is an
    /// error, and one like `@NAME@` that is left is a note. A value is not searched for placeholders. It may be called
    /// more than once.
    ///
    /// ```
    /// # use lapstrake::entry::File;
    /// let app = File::new("deploy/app.toml", "/etc/app.toml").fill("@PORT@", "8000").fill("@HOST@", "::");
    /// assert_eq!(app.fills.len(), 2);
    /// ```
    pub fn fill(mut self, placeholder: impl Into<String>, value: impl Into<String>) -> Self {
        self.fills.push((placeholder.into(), value.into()));
        self
    }

    attribute_options!(mode owner capability);
}

faults!(File { source, at, attributes, fills });
