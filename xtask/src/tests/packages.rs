//! What findings say of the files that packages bring: which package has them, and what its user can do.

use lapstrake::entry::{File, Packages};
use lapstrake::{Base, Image, Layer};

use super::engine::present;
use super::workshop::Workshop;
use crate::finding::{Blame, Finding};

/// A package manager that installs two programs and a directory, of which rpm lists one program and the directory.
const DNF: &str = "#!/bin/sh
/bin/busybox mkdir -p /var/lib/real
for name in listed unlisted; do
    echo program > /usr/bin/$name
    /bin/busybox chmod 4755 /usr/bin/$name
done
echo real-1-1.noarch >> /usr/lib/packages
";
/// rpm lists a path as the package has it: `/bin` is a link.
const RPM: &str = "#!/bin/sh
case \"$3\" in
*FILENAMES*) printf 'real-1-1.noarch\\t/bin/listed\\nreal-1-1.noarch\\t/var/lib/real\\na line\\nold-1\\t/usr/bin/unlisted\\n' ;;
*) cat /usr/lib/packages ;;
esac
";

/// Returns an image whose layer `packages` installs what the package manager does.
fn image(packages: Packages) -> Image {
    let program = |text: &'static str, path: &str| File::text(text, path).mode(0o755);
    let tools = Layer::new("tools")
        .with(program(DNF, "/usr/bin/dnf"))
        .with(program(RPM, "/usr/bin/rpm"))
        .text("base-1-1.noarch\n", "/usr/lib/packages");
    Image::new("packages", Base::stand_in()).layer(tools).layer(Layer::new("packages").with(packages))
}

fn found(name: &str, packages: Packages) -> Vec<Finding> {
    let mut found = Workshop::hostile().final_findings(&image(packages));
    found.retain(|finding| finding.name == name && finding.blame != Some(Blame::Base));
    found
}

#[test]
fn a_finding_names_the_package_that_has_the_path() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let found_setuid = found("setuid", Packages::install(["real"]));
    let messages: Vec<_> = found_setuid.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`/usr/bin/listed` has mode 4755: it runs with its owner's rights (from package `real-1-1.noarch`)",
            "`/usr/bin/unlisted` has mode 4755: it runs with its owner's rights",
        ]
    );
    let help = "accept it where it comes from: `.allow(checks::SETUID)` of these packages or this step";
    assert_eq!(found_setuid[0].help.as_deref(), Some(help));

    let state = found("var-tmpfiles", Packages::install(["real"]).allow("setuid"));
    assert_eq!(state.len(), 1, "{state:#?}");
    assert!(state[0].message.ends_with(" (from package `real-1-1.noarch`)"), "{state:#?}");
}

#[test]
fn what_the_packages_accept_is_not_found() {
    if present(&["podman", "busybox"]) {
        assert_eq!(found("setuid", Packages::install(["real"]).allow("setuid")), []);
    }
}
