//! The content of a directory of the workspace, or of an archive.

use super::Attributes;
use super::Source;
use super::Tmpfiles;
use super::attributes::attribute_options;
use crate::faults::faults;
use crate::value::{Asset, ContentDigest, FetchUrl, Glob, ImagePath, Invalid, Mode, Owner, Reference, Text};
use crate::{Base, BuildStage, Parsed, Site};

/// The content of a directory of the workspace, copied into a directory of the image: files, symlinks as they
/// are, and directories, empty ones too. Dot files are taken too. Left out are cargo's target directory, the tool's
/// own store in it, every other directory that is marked as a cache by a `CACHEDIR.TAG`, and what
/// [`exclude`](Self::exclude) names.
///
/// Default modes are those of a [`File`](super::File). [`mode`](Self::mode) and
/// [`capability`](Self::capability) apply to every regular file in it.
///
/// ```
/// use lapstrake::{Layer, entry::Tree};
///
/// let web = Tree::new("web/dist", "/usr/share/web").dir_mode(0o750).mode(0o640);
/// assert_eq!(web.at, "/usr/share/web");
/// assert_eq!(web.dir_mode.as_ref().unwrap(), &"0750");
/// assert!(matches!(web.source, lapstrake::entry::Source::Asset(_)));
/// Layer::new("web").with(web);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a tree is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Tree {
    /// The directory of the workspace, of a build stage or of another image, or the archive.
    pub source: Source,
    /// The directory of the image that its content goes to.
    pub at: Parsed<ImagePath>,
    /// The permission bits of its directories.
    pub dir_mode: Option<Parsed<Mode>>,
    /// How many directories the names of an archive lose at their start.
    pub stripped: usize,
    /// Patterns of what is taken. All is taken if there are none.
    pub only: Vec<Parsed<Glob>>,
    /// Patterns of what is left out.
    pub excludes: Vec<Parsed<Glob>>,
    /// The permission bits of the regular files that match a pattern.
    pub modes: Vec<(Parsed<Glob>, Parsed<Mode>)>,
    /// The owners of what matches a pattern.
    pub owners: Vec<(Parsed<Glob>, Parsed<Owner>)>,
    /// Mode, owner and capabilities of its files, and accepted findings.
    pub attributes: Attributes,
}

impl Tree {
    /// Copies the content of the directory `source` into the directory `at`.
    #[track_caller]
    pub fn new(source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        Self::of(Source::Asset(source.into()), Parsed::new(at))
    }

    /// Downloads an archive, and takes its content into the directory `at`. It is a tar, which may be compressed with gzip
    /// or zstd, or a zip; its first bytes decide. The archive must have the digest, and is kept as a file of
    /// [`File::fetched`](super::File::fetched) is.
    ///
    /// Modes are those of the archive without the setuid, setgid and sticky bits, for which [`mode_of`](Self::mode_of) is
    /// there. All is owned by `root:root`, because the numbers of an archive are of the machine that made it. Hardlinks
    /// stay hardlinks. An archive is refused if a name in it is absolute or has `..`. A link out of the tree, a device and a
    /// fifo are refused, unless [`exclude`](Self::exclude) leaves them out.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Tree};
    ///
    /// let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    /// let geth = Tree::fetched("https://files.example/geth-1.14.tar.gz", digest, "/usr").strip_components(1).only("bin/geth");
    /// Layer::new("geth").with(geth);
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
        Self {
            source,
            at,
            dir_mode: None,
            stripped: 0,
            only: Vec::new(),
            excludes: Vec::new(),
            modes: Vec::new(),
            owners: Vec::new(),
            attributes: Attributes::default(),
        }
    }

    /// Takes the content of the directory that a stage has at `from` after its last step: a Python environment, a web
    /// page that was compiled, what `make install` wrote. Modes and owners are those of a tree of the workspace. What is
    /// in the directory is known once the stage has run.
    ///
    /// ```
    /// use lapstrake::{Base, BuildStage, Layer, entry::{Run, Tree}};
    ///
    /// let page = BuildStage::on(Base::registry("registry.example/node:22"))
    ///     .source("web", "/src")
    ///     .with(Run::new(["npm", "run", "build"]).current_dir("/src").network());
    /// Layer::new("page").with(Tree::from_stage(page, "/src/dist", "/usr/share/web").exclude("**/*.map"));
    /// ```
    #[track_caller]
    pub fn from_stage(stage: BuildStage, from: impl Text<ImagePath>, at: impl Text<ImagePath>) -> Self {
        Self { source: Source::BuildStage(Box::new(stage), Parsed::new(from)), ..Self::new("", at) }
    }

    /// Takes the content of the directory that another image has at `from`, as `COPY --from=IMAGE` does; see
    /// [`File::from_image`](super::File::from_image). Modes and owners are those of a tree of the workspace: of the modes in
    /// the image only whether the owner of a file may execute it is kept, and no capabilities. The checks `source-mode` and
    /// `source-owner` name files that have more.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Tree};
    ///
    /// let fonts = Tree::from_image("registry.example/fonts:1", "/usr/share/fonts", "/usr/share/fonts");
    /// Layer::new("fonts").with(fonts.exclude("*.txt"));
    /// ```
    #[track_caller]
    pub fn from_image(
        image: impl Text<Reference>,
        from: impl Text<ImagePath>,
        at: impl Text<ImagePath>,
    ) -> Self {
        Self::from_stage(BuildStage::on(Base::registry(image)), from, at)
    }

    /// Returns the first content of a directory below `/var`, and the line by which systemd copies it.
    pub(crate) fn seed(source: Asset, at: Result<ImagePath, Invalid>, site: Site) -> (Self, Tmpfiles) {
        let is_state = |path: &ImagePath| path.as_str().starts_with("/var/");
        let at = at.and_then(|path| {
            let error = || Invalid::whole("path of state", path.as_str(), "is not below `/var`");
            if is_state(&path) { Ok(path) } else { Err(error().or("write `.tree(…)`")) }
        });
        let name = at.as_ref().map_or_else(|_| "state".to_owned(), |at| at.as_str()[1..].replace('/', "-"));
        let line = at.as_ref().map_or_else(|_| "C /var".to_owned(), |at| format!("C {at}"));
        let factory = at.and_then(|at| ImagePath::parse(&format!("/usr/share/factory{at}")));
        let tree = Self { at: Parsed::at(factory, site), ..Self::new(source, "/usr/share/factory") };
        (tree, Tmpfiles::lines(name, [line]))
    }

    /// Sets the permission bits of the directories that it brings. Default: 0755. A directory that the base has
    /// keeps its own.
    #[track_caller]
    pub fn dir_mode(mut self, mode: impl Text<Mode>) -> Self {
        self.dir_mode = Some(Parsed::new(mode));
        self
    }

    /// Leaves out so many directories at the start of each name of an archive, as `tar --strip-components` does: the folder
    /// with the version in its name. A member without more is left out. All patterns are for what is left of a name.
    ///
    /// ```
    /// # use lapstrake::entry::Tree;
    /// # let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    /// let node = Tree::fetched("https://files.example/node.tar.gz", digest, "/usr").strip_components(1);
    /// assert_eq!(node.name_of("node-22/bin/node"), Some("bin/node"));
    /// assert_eq!(node.name_of("node-22"), None);
    /// ```
    pub fn strip_components(mut self, count: usize) -> Self {
        self.stripped = count;
        self
    }

    /// Takes only what matches a pattern, which is as for [`exclude`](Self::exclude). It may be called more than once, to
    /// take more. A pattern that matches nothing is an error.
    ///
    /// ```
    /// # use lapstrake::entry::Tree;
    /// let tree = Tree::new("web", "/usr/share/web").only("*.html").only("js").exclude("*.map");
    /// assert!(tree.takes("index.html") && tree.takes("js/app.js"));
    /// assert!(!tree.takes("README.md") && !tree.takes("js/app.js.map"));
    /// ```
    #[track_caller]
    pub fn only(mut self, pattern: impl Text<Glob>) -> Self {
        self.only.push(Parsed::new(pattern));
        self
    }

    /// Leaves out what matches a pattern, relative to the directory, with everything below. It may be called more
    /// than once.
    ///
    /// ```
    /// # use lapstrake::entry::Tree;
    /// let web = Tree::new("web", "/usr/share/web").exclude("**/*.map").exclude("node_modules");
    /// assert!(web.takes("js/app.js") && !web.takes("js/app.js.map") && !web.takes("node_modules/x/y.js"));
    /// ```
    #[track_caller]
    pub fn exclude(mut self, pattern: impl Text<Glob>) -> Self {
        self.excludes.push(Parsed::new(pattern));
        self
    }

    /// Sets the permission bits of the regular files that match a pattern, which is as for
    /// [`exclude`](Self::exclude). Of several patterns that match, the last counts.
    ///
    /// ```
    /// # use lapstrake::entry::Tree;
    /// let root = Tree::new("files", "/").mode_of("usr/libexec/*", 0o755).mode_of("etc/sudoers.d/*", 0o440);
    /// assert_eq!(root.modes.len(), 2);
    /// ```
    #[track_caller]
    pub fn mode_of(mut self, pattern: impl Text<Glob>, mode: impl Text<Mode>) -> Self {
        self.modes.push((Parsed::new(pattern), Parsed::new(mode)));
        self
    }

    /// Sets the owner of what matches a pattern, which is as for [`exclude`](Self::exclude): files, symlinks, and
    /// directories that the tree brings. Of several patterns that match, the last counts.
    ///
    /// ```
    /// # use lapstrake::entry::Tree;
    /// let root = Tree::new("files", "/").owner_of("etc/app", "root:app");
    /// assert_eq!(root.owners.len(), 1);
    /// ```
    #[track_caller]
    pub fn owner_of(mut self, pattern: impl Text<Glob>, owner: impl Text<Owner>) -> Self {
        self.owners.push((Parsed::new(pattern), Parsed::new(owner)));
        self
    }

    /// Returns whether the tree has a path, which is relative to the directory. An invalid pattern excludes nothing.
    ///
    /// ```
    /// use lapstrake::entry::Tree;
    /// let web = Tree::new("web/dist", "/usr/share/web").exclude("**/*.map");
    /// assert!(web.takes("app.js") && !web.takes("js/app.js.map"));
    /// ```
    pub fn takes(&self, path: &str) -> bool {
        let matches = |patterns: &[Parsed<Glob>]| {
            patterns.iter().filter_map(|pattern| pattern.get().ok()).any(|pattern| pattern.matches(path))
        };
        (self.only.is_empty() || matches(&self.only)) && !matches(&self.excludes)
    }

    /// Returns the path of a member of an archive, relative to the directory. None, if nothing of its name is left.
    ///
    /// ```
    /// # use lapstrake::entry::Tree;
    /// assert_eq!(Tree::new("web", "/usr/share/web").name_of("js/app.js"), Some("js/app.js"));
    /// ```
    pub fn name_of<'name>(&self, member: &'name str) -> Option<&'name str> {
        let mut left = member;
        for _ in 0..self.stripped {
            left = left.split_once('/')?.1;
        }
        Some(left)
    }

    attribute_options!(mode owner capability);
}

faults!(Tree { source, at, dir_mode, only, excludes, modes, owners, attributes; stripped });
