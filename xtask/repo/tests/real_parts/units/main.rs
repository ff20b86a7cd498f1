//! An image of units with and without faults. The test puts it in place of the image of `project/`, and writes the
//! files that it names.

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    Xtask::new([units()]).main()
}

fn units() -> Image {
    Image::new("units", Base::oci("parts/base:rig")).layer(
        Layer::new("units")
            .mask("debug-shell.service")
            .sysusers("units", ["u judged 899 - -"])
            .tree("units/systemd", "/usr/lib/systemd/system")
            .tree("units/programs", "/usr/libexec/judged")
            .with(Dir::new("/usr/libexec/locked").mode(0o700))
            .with(File::text("#!/bin/sh\nexec sleep infinity\n", "/usr/libexec/locked/program").mode(0o755))
            .with(File::text("#!/bin/sh\nexec sleep infinity\n", "/usr/libexec/for-root").mode(0o700))
            .text("JUDGED=yes\n", "/etc/judged.env"),
    )
}
