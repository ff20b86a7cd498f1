use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    let mut images = vec![native(), over_engine(), tree("files-10k"), tree("files-100k"), asset()];
    images.extend((0..20).map(variant));
    Xtask::new(images).main()
}

fn app() -> Layer {
    Layer::new("app").bin("app")
}

fn config() -> Layer {
    Layer::new("config").text("interval = 1\n", "/etc/app.toml").dir("/usr/share/app")
}

/// An image without an engine.
fn native() -> Image {
    Image::new("bench", Base::stand_in()).layer(config()).layer(app())
}

/// The same layers on an engine layer.
fn over_engine() -> Image {
    let tools = Layer::new("tools").with(File::new("tools/busybox", "/usr/bin/busybox").mode(0o755));
    let made = Layer::new("made").run(["/usr/bin/busybox", "sh", "-ec", include_str!("../step.sh")]);
    Image::new("over-engine", Base::stand_in()).layer(tools).layer(made).layer(config()).layer(app())
}

/// A tree of small files.
fn tree(name: &str) -> Image {
    Image::new(name, Base::stand_in()).layer(Layer::new("files").tree(name, "/usr/share/files"))
}

/// One large file.
fn asset() -> Image {
    Image::new("asset", Base::stand_in()).layer(Layer::new("asset").file("asset.bin", "/usr/share/asset.bin"))
}

/// One of several images that differ in one small layer.
fn variant(number: usize) -> Image {
    let own = Layer::new("variant").text(format!("variant = {number}\n"), "/etc/variant.toml");
    let shared = Layer::new("shared").tree("shared", "/usr/share/shared");
    let image = Image::new(format!("variant-{number:02}"), Base::stand_in());
    image.layer(shared).layer(config()).layer(app()).layer(own)
}
