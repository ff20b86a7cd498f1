//! Images of one run share the layers that are equal, and each is what it is when it is made alone.

use std::sync::Arc;

use lapstrake::entry::{Dir, File, Unit};
use lapstrake::{Base, Image, Layer};

use super::workshop::{Made, Workshop};

fn workshop() -> Workshop {
    let workshop = Workshop::stand_in();
    for number in 0..20 {
        workshop.source(&format!("shared/{number}.conf"), format!("number = {number}\n").as_bytes());
    }
    workshop.source("shared/program", &std::fs::read("/proc/self/exe").unwrap()[..4096]);
    workshop
}

fn image(name: &str, layers: impl IntoIterator<Item = Layer>) -> Image {
    Image::new(name, Base::stand_in()).layers(layers)
}

fn shared() -> Layer {
    // The directory is there already in an image that has it below, and so this is a finding there.
    Layer::new("shared")
        .tree("shared", "/usr/share/shared")
        .with(Dir::new("/usr/share/shared/more").mode(0o750))
}

fn config() -> Layer {
    Layer::new("config").text("interval = 1\n", "/etc/app.toml").dir("/usr/share/app")
}

fn own(number: u32) -> Layer {
    Layer::new("own").text(format!("variant = {number}\n"), "/etc/variant.toml")
}

/// A layer that changes how the shared one is planned: its parents, and what it replaces.
fn below(mode: u32) -> Layer {
    let more = Dir::new("/usr/share/shared/more").mode(mode);
    Layer::new("below").with(more).with(File::text("below\n", "/usr/share/shared/3.conf"))
}

fn enable() -> Layer {
    Layer::new("enable").enable("app.service")
}

fn unit(target: &str) -> Layer {
    let text = format!("[Service]\nExecStart=/usr/bin/sh\n[Install]\nWantedBy={target}\n");
    Layer::new("unit").unit(Unit::text("app.service", text))
}

fn variants() -> Vec<Image> {
    vec![
        image("one", [shared(), config(), own(1)]),
        image("two", [shared(), config(), own(2)]),
        image("again", [shared(), config(), own(2)]),
        image("turned", [config(), shared(), own(1)]),
        image("below-700", [below(0o700), shared(), config()]),
        image("below-750", [below(0o750), shared(), config()]),
        image("multi-user", [shared(), enable(), unit("multi-user.target")]),
        image("graphical", [shared(), enable(), unit("graphical.target")]),
        image(
            "elsewhere",
            [
                Layer::new("shared")
                    .tree("shared", "/usr/share/shared")
                    .with(Dir::new("/usr/share/shared/more").mode(0o750)),
                config(),
            ],
        ),
    ]
}

#[test]
fn an_image_is_the_same_in_a_run_of_all_variants_as_alone() {
    let together = workshop().make(&variants());
    let alone: Vec<Made> =
        variants().iter().flat_map(|image| workshop().make(std::slice::from_ref(image))).collect();
    assert_eq!(together.len(), variants().len());
    for (together, alone) in together.iter().zip(&alone) {
        let name = &alone.plan.name;
        assert_eq!(
            serde_json::to_value(&together.plan).unwrap(),
            serde_json::to_value(&alone.plan).unwrap(),
            "{name}"
        );
        assert_eq!(together.findings, alone.findings, "{name}");
        assert_eq!(together.digest, alone.digest, "{name}");
    }
    let digest = |name: &str| made(&together, name).digest.as_ref().expect("nothing is fatal");
    assert_ne!(digest("multi-user"), digest("graphical"));
    assert_ne!(digest("below-700"), digest("below-750"));
}

#[test]
fn layers_are_shared_up_to_the_first_that_differs() {
    let together = workshop().make(&variants());
    let shares = |one: &str, other: &str| {
        let (one, other) = (&made(&together, one).plan.layers, &made(&together, other).plan.layers);
        one.iter().zip(other).filter(|(one, other)| Arc::ptr_eq(one, other)).count()
    };
    assert_eq!(shares("one", "two"), 2);
    assert_eq!(shares("two", "again"), 3);
    assert_eq!(shares("one", "multi-user"), 1);
    assert_eq!(shares("multi-user", "graphical"), 1, "what enabling makes depends on the unit above");
    for other in ["turned", "below-700", "elsewhere"] {
        assert_eq!(shares("one", other), 0, "{other}");
    }
    assert_eq!(shares("below-700", "below-750"), 0, "the equal layer above is planned on another tree");
}

fn made<'a>(all: &'a [Made], name: &str) -> &'a Made {
    all.iter().find(|made| made.plan.name.as_str() == name).unwrap()
}
