//! `rpms`: packages that show what a package can do to an image, in two repositories and beside them. The
//! base has no RPM database to speak of; `rig-shim` stands for all that is in it.

use std::fs;

use camino::Utf8Path;

use super::error::RigError;
use super::part::{self, Part};
use super::program;

macro_rules! specs {
    ($($name:literal)*) => {
        /// The spec files, by name.
        const SPECS: &[(&str, &str)] = &[$((concat!($name, ".spec"), include_str!(concat!("specs/", $name, ".spec")))),*];

        pub(super) const PART: Part = Part {
            name: "rpms",
            recipe: &[
                include_str!("program.rs"),
                include_str!("rpms.rs"),
                include_str!("rpms.sh"),
                $(include_str!(concat!("specs/", $name, ".spec"))),*
            ],
            make,
        };
    };
}

specs! {
    "rig-broken" "rig-data" "rig-greeter" "rig-local" "rig-new" "rig-old" "rig-refused" "rig-shim" "rig-signed"
    "rig-user" "rig-weak"
}

fn make(into: &Utf8Path) -> Result<(), RigError> {
    let specs = part::scratch(into, "specs");
    for (name, text) in SPECS {
        let path = specs.join(name);
        fs::create_dir_all(&specs)
            .and_then(|()| fs::write(&path, text))
            .map_err(|source| RigError::File { path, source })?;
    }
    program::script(include_str!("rpms.sh"), [specs.as_str(), into.as_str()])
}
