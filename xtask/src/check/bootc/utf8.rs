//! `utf8`: names that are not UTF-8. A base with one is refused when it is read, a source with one when
//! it is looked at: no path of a plan can be anything else.

use crate::check::{Check, Example, Phase};

pub(super) const CHECK: Check = Check {
    phase: Phase::Description,
    ..Check::fatal("utf8", "ostree takes no name that is not UTF-8", |_| Vec::new())
}
.shown(Example::Words {
    faulty: "`.tree(\"deploy\", …)` of a folder with a file `caf\\xe9` in it, its name in Latin-1",
    fixed: "Rename the file: `caf\u{e9}`, in UTF-8",
});
