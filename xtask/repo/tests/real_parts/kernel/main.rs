//! An image whose kernel is replaced. The test puts it in place of the image of `project/`.

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    Xtask::new([realtime()]).main()
}

fn realtime() -> Image {
    Image::new("realtime", Base::oci("parts/base:rig"))
        // No package owns the kernel of this base.
        .layer(Layer::new("bare").with(Run::shell("rm -r /usr/lib/modules/*")))
        .layer(Layer::new("kernel").with(packages(&["rig-kernel-core", "rig-modules"])))
        .layer(
            Layer::new("realtime")
                .kernel(Kernel::package("rig-kernel-rt").replacing("rig-kernel-core"))
                .with(packages(&[])),
        )
}

fn packages(names: &'static [&'static str]) -> Packages {
    Packages::install(names.iter().copied())
        .repository(Repository::new("rig", "http://127.0.0.1:8000/repo").unsigned())
}
