//! Kernel arguments that the image brings.

use super::conf::conf_file;
use crate::Parsed;
use crate::faults::faults;
use crate::value::{Architecture, ImagePath, Karg, Texts};

/// A file of kernel arguments, `/usr/lib/bootc/kargs.d/NAME.toml` (bootc, "Kernel arguments"). It has no
/// effect if a unified kernel image holds the command line.
///
/// ```
/// use lapstrake::{Layer, entry::Kargs};
///
/// let serial = Kargs::new("20-serial", ["console=ttyAMA0"]).match_architectures(["arm64"]);
/// assert_eq!(serial.at, "/usr/lib/bootc/kargs.d/20-serial.toml");
/// assert_eq!((serial.arguments.len(), serial.architectures.len()), (1, 1));
/// Layer::new("boot").kargs("10-quiet", ["quiet"]).with(serial);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "kernel arguments are part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Kargs {
    /// The path of the file in the image.
    pub at: Parsed<ImagePath>,
    /// The arguments, in order.
    pub arguments: Vec<Parsed<Karg>>,
    /// The architectures that they are for; all if empty.
    pub architectures: Vec<Parsed<Architecture>>,
}

impl Kargs {
    /// Puts these arguments in a file of that name. bootc reads the files in the order of their names.
    #[track_caller]
    pub fn new(name: impl Into<String>, kargs: impl Texts<Karg>) -> Self {
        let at = conf_file("/usr/lib/bootc/kargs.d", &name.into(), "toml");
        Self { at: Parsed::of(at), arguments: Parsed::all(kargs), architectures: Vec::new() }
    }

    /// Applies them on these architectures only, `match-architectures` of bootc. Default: on all.
    #[track_caller]
    pub fn match_architectures(mut self, architectures: impl Texts<Architecture>) -> Self {
        self.architectures.extend(Parsed::all(architectures));
        self
    }
}

faults!(Kargs { at, arguments, architectures });
