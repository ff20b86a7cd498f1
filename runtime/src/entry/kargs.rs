//! Kernel arguments that the image brings.

use super::conf::conf_file;
use crate::Given;
use crate::value::{Architecture, ImagePath, Invalid, Karg};

/// A file of kernel arguments, `/usr/lib/bootc/kargs.d/NAME.toml` (bootc, "Kernel arguments"). It has no
/// effect where a unified kernel image holds the command line.
///
/// ```
/// use lapstrake::{Layer, entry::Kargs};
///
/// let serial = Kargs::new("20-serial", ["console=ttyAMA0"]).only_on("arm64");
/// assert_eq!(serial.at().get().unwrap().as_str(), "/usr/lib/bootc/kargs.d/20-serial.toml");
/// assert_eq!((serial.arguments().len(), serial.architectures().len()), (1, 1));
/// Layer::new("boot").kargs("10-quiet", ["quiet"]).with(serial);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Kargs {
    at: Given<ImagePath>,
    arguments: Vec<Given<Karg>>,
    architectures: Vec<Given<Architecture>>,
}

impl Kargs {
    /// These arguments, in a file of that name; bootc reads the files in order of their names.
    #[track_caller]
    pub fn new<K>(name: &str, kargs: impl IntoIterator<Item = K>) -> Self
    where
        K: TryInto<Karg, Error: Into<Invalid>>,
    {
        let at = conf_file("/usr/lib/bootc/kargs.d", name, "toml");
        Self { at: Given::of(at), arguments: Given::all(kargs), architectures: Vec::new() }
    }

    /// Only on that architecture; may be said several times. Default: on all.
    #[track_caller]
    pub fn only_on(mut self, architecture: impl TryInto<Architecture, Error: Into<Invalid>>) -> Self {
        self.architectures.push(Given::new(architecture));
        self
    }

    /// Where the file goes.
    pub fn at(&self) -> &Given<ImagePath> {
        &self.at
    }

    /// The arguments, in order.
    pub fn arguments(&self) -> &[Given<Karg>] {
        &self.arguments
    }

    /// The architectures that it is for; empty means all.
    pub fn architectures(&self) -> &[Given<Architecture>] {
        &self.architectures
    }
}
