//! A program that runs inside the image while it is built.

/// A run step: an argument list, executed as it is, without a shell. It needs an engine.
///
/// ```
/// use lapstrake::{Layer, entry::Run};
///
/// let ldconfig = Run::new(["ldconfig", "-v"]);
/// assert_eq!(ldconfig.argv(), ["ldconfig", "-v"]);
/// Layer::new("libraries").file("deploy/libvehicle.so.1", "/usr/lib64/libvehicle.so.1").with(ldconfig);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    argv: Vec<String>,
    network: bool,
}

impl Run {
    /// Runs the program `argv[0]` of the image with the rest as its arguments.
    pub fn new<A: Into<String>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), network: false }
    }

    /// Lets it reach the network. Default: it can't, for what is fetched is in no lock and another day is
    /// another thing. The steps of one layer share it: on if one asks, or if the layer installs packages
    /// (podman-build(1), `--network`).
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// assert!(Run::new(["curl", "-fO", "https://registry.example/maps.tar"]).network().has_network());
    /// ```
    pub fn network(mut self) -> Self {
        self.network = true;
        self
    }

    /// Whether it may reach the network.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// assert!(!Run::new(["ldconfig"]).has_network());
    /// ```
    pub fn has_network(&self) -> bool {
        self.network
    }

    /// The program and its arguments.
    pub fn argv(&self) -> &[String] {
        &self.argv
    }
}
