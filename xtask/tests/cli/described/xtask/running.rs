use lapstrake_xtask::prelude::*;

/// One step, which the test says: its program and arguments, a line each.
pub fn running() -> Image {
    let said = |name| std::env::var(name).unwrap_or_default();
    let owner = if said("OWNER").is_empty() { "0:0".to_owned() } else { said("OWNER") };
    Image::new("running", Base::stand_in())
        .layer(
            Layer::new("tools")
                .with(File::new("deploy/busybox", "/usr/bin/busybox").mode(0o755))
                .with(File::text("not a program\n", "/usr/bin/garbage").mode(0o755).owner(owner)),
        )
        .layer(Layer::new("steps").run(said("STEP").lines()))
}

/// On a base in podman's storage, which the test names.
pub fn stored() -> Image {
    let base = std::env::var("BASE").unwrap_or_default();
    Image::new("stored", Base::containers_storage(base)).layer(Layer::new("motd").text("hello\n", "/etc/motd"))
}

/// One step in a builder image of podman's storage, as the test names both.
pub fn compiling() -> Image {
    let said = |name| std::env::var(name).unwrap_or_default();
    let stage = BuildStage::on(Base::containers_storage(said("BASE"))).run(said("STEP").lines());
    let made = File::from_stage(stage, "/made", "/usr/share/made");
    Image::new("running", Base::stand_in()).layer(Layer::new("made").with(made))
}
