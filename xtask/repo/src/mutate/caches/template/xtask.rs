use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    let mut images = vec![base(), builder(), plain()];
    if std::env::var_os("WITH_ENGINE").is_some() {
        images.push(engine());
    }
    Xtask::new(images).main()
}

fn base() -> Image {
    Image::new("base", Base::stand_in()).layer(Layer::new("release").text("1\n", "/usr/lib/release"))
}

/// The image in which the build stage runs.
fn builder() -> Image {
    Image::new("builder", Base::stand_in()).layer(busybox())
}

fn busybox() -> Layer {
    Layer::new("tools").with(File::new("tools/busybox", "/usr/bin/busybox").mode(0o755))
}

/// An image without an engine, on a base whose blobs are in the cache.
fn plain() -> Image {
    Image::new("plain", Base::oci_archive("base.tar"))
        .layer(Layer::new("config").text("interval = 1\n", "/etc/app.toml").dir("/usr/share/app"))
        .layer(Layer::new("data").tree("data", "/usr/share/app/data"))
}

/// An image with an engine layer and a build stage.
fn engine() -> Image {
    let run = |script: &str| ["/usr/bin/busybox", "sh", "-ec", script].map(str::to_owned);
    let stage = BuildStage::on(Base::oci("builder:builder")).run(run("echo compiled >/result"));
    Image::new("engine", Base::stand_in())
        .layer(busybox())
        .layer(Layer::new("made").run(run("echo made >/usr/share/made")))
        .layer(Layer::new("app").with(File::from_stage(stage, "/result", "/usr/share/result")))
}
