//! What has to work on a device after an update, or the device goes back to the image before.

use crate::Parsed;
use crate::faults::{Fault, Faults};
use crate::value::{Argv, HealthCheckName, ImagePath, Text, UnitName};

/// A check that runs at boot, by the program for it that the image has. If it fails, the device goes back to the image before.
///
/// | the image has | a command | a unit that must start |
/// |---|---|---|
/// | sysboot (AutoSD) | a drop-in of `sysboot-check@NAME.service`, which is enabled | the drop-in of sysboot, linked into `UNIT.d` |
/// | greenboot | a script `50-NAME.sh` in `/usr/lib/greenboot/check/required.d`, mode 0755 | a script that starts the unit and waits |
///
/// An image with neither is an error.
///
/// ```
/// use lapstrake::{Layer, entry::HealthCheck};
///
/// let sensors = HealthCheck::command("sensors", ["/usr/bin/sensord", "--self-test"]);
/// let layer = Layer::new("health").health_check(sensors).health_check(HealthCheck::unit("web.service"));
/// assert_eq!(layer.entries.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a health check is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub enum HealthCheck {
    /// A command that must succeed.
    Command {
        /// The name of the check.
        name: Parsed<HealthCheckName>,
        /// The program.
        program: Parsed<ImagePath>,
        /// Its arguments.
        arguments: Vec<String>,
    },
    /// A unit that must start.
    Unit(Parsed<UnitName>),
}

impl HealthCheck {
    /// Describes a command that must succeed, and gives the check a name. The first word is the path of a program of the image. No
    /// shell reads the words.
    ///
    /// ```
    /// # use lapstrake::entry::HealthCheck;
    /// let check = HealthCheck::command("can", ["/usr/bin/candump", "-n", "1", "can0"]);
    /// let HealthCheck::Command { program, arguments, .. } = check else { panic!() };
    /// assert_eq!((program.get().unwrap().as_str().to_owned(), arguments.len()), ("/usr/bin/candump".to_owned(), 3));
    /// ```
    #[track_caller]
    pub fn command(name: impl Text<HealthCheckName>, argv: impl Argv) -> Self {
        let mut words = argv.into_argv().into_iter();
        let program = ImagePath::parse(&words.next().unwrap_or_default());
        Self::Command { name: Parsed::new(name), program: Parsed::of(program), arguments: words.collect() }
    }

    /// Describes a unit that must start.
    ///
    /// ```
    /// # use lapstrake::entry::HealthCheck;
    /// assert_ne!(HealthCheck::unit("web.service"), HealthCheck::unit("db.service"));
    /// ```
    #[track_caller]
    pub fn unit(unit: impl Text<UnitName>) -> Self {
        Self::Unit(Parsed::new(unit))
    }
}

impl Faults for HealthCheck {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        match self {
            Self::Command { name, program, arguments: _ } => {
                name.faults(found);
                program.faults(found);
            }
            Self::Unit(unit) => unit.faults(found),
        }
    }
}
