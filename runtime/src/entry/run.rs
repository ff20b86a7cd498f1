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
}

impl Run {
    /// Runs the program `argv[0]` of the image with the rest as its arguments.
    pub fn new<A: Into<String>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect() }
    }

    /// The program and its arguments.
    pub fn argv(&self) -> &[String] {
        &self.argv
    }
}
