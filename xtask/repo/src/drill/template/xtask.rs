use lapstrake_xtask::prelude::*;

/// How many versions there are of everything.
const VERSIONS: usize = 8;

fn main() -> ExitCode {
    let version = std::env::var("DRILL_VERSION").unwrap_or_default();
    let mut images = vec![base(&version), builder(), native(&version), engine(&version)];
    images.extend((0..VERSIONS).map(|number| files(&format!("crowd{number}"), &number.to_string())));
    Xtask::new(images).main()
}

fn base(version: &str) -> Image {
    Image::new("base", Base::stand_in())
        .layer(Layer::new("release").text(format!("{version}\n"), "/usr/lib/release"))
}

/// The image in which the build stage runs.
fn builder() -> Image {
    Image::new("builder", Base::stand_in()).layer(busybox())
}

fn busybox() -> Layer {
    Layer::new("tools")
        .with(File::new("tools/busybox", "/usr/bin/busybox").mode(0o755))
        .with(Symlink::to("busybox", "/usr/bin/rm"))
}

/// Files of a version, on the base of that version.
fn files(name: &str, version: &str) -> Image {
    Image::new(name, Base::oci(&format!("bases:v{version}")))
        .layer(Layer::new("config").text(format!("version = {version}\n"), "/etc/app.toml"))
        .layer(Layer::new("data").with(File::new(format!("data/{version}"), "/usr/share/app/data")))
}

/// The same with a binary.
fn native(version: &str) -> Image {
    files("native", version).layer(Layer::new("app").bin("app"))
}

/// An image with an engine layer, whose step writes its secret for a moment, and a build stage that does the same.
fn engine(version: &str) -> Image {
    let step = |made: &str| {
        let write = format!("cat /run/secrets/token > /written; sleep 0.4; rm /written; echo {version} > {made}");
        Run::new(["/usr/bin/busybox", "sh", "-ec", &write]).secret(Secret::env("token", "DRILL_TOKEN"))
    };
    let stage = BuildStage::on(Base::oci("builder:builder")).with(step("/result"));
    Image::new("engine", Base::stand_in())
        .layer(busybox())
        .layer(Layer::new("made").with(step("/usr/share/made")))
        .layer(Layer::new("app").with(File::from_stage(stage, "/result", "/usr/share/result")))
}
