//! Faults whose fix is certain.

use lapstrake_xtask::prelude::*;

pub fn fixable() -> Image {
    Image::new("fixable", Base::stand_in()).layer(
        Layer::new("app")
            .file("deploy/start.sh", "/usr/libexec/start")
            .unit(Unit::text("start.service", "[Service]\nExecStart=/usr/libexec/start\n"))
            .file("deploy/web.conf", "/usr/lib/sysusers.d/web.conf")
            .sysusers("can", ["u can 980:980 - -"])
            .file("deploy/state.conf", "/usr/lib/tmpfiles.d/state.conf")
            .with(
                File::text("kargs = [\"quiet\"]\n", "/usr/lib/bootc/kargs.d/10-quiet").mode(
                    // usual
                    0o644,
                ),
            )
            .with(File::text("x\n", "/etc/app.conf").mode(644))
            .text("y\n", "etc/other.conf"),
    )
}
