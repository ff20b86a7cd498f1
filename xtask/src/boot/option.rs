//! How QEMU reads the values of its options.

use camino::Utf8Path;

/// Escapes a path for a list of options: a comma ends a value there, and two commas are one comma of the value.
pub(super) fn escaped(path: &Utf8Path) -> String {
    path.as_str().replace(',', ",,")
}
