//! What a description comes to before anything is built: where entries go, which links enabling makes,
//! and every fault at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use lapstrake::entry::{Dir, DropIn, Edit, File, Kargs, Tree, Unit, UnitState};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::tree::Kind;

use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::plan::{Origin, Plan};

const SERVICE: &str =
    "[Service]\nExecStart=/usr/bin/app\n\n[Install]\nWantedBy=multi-user.target\nAlias=alias.service\n";

fn image(layer: Layer) -> Image {
    Image::new("planned", Base::stand_in()).layer(layer)
}

/// The described members of the only layer: mode, path, and what is there.
fn members(plan: &Plan) -> Vec<String> {
    let shown = |kind: &Kind<Origin>| match kind {
        Kind::Directory => "/".to_owned(),
        Kind::Symlink { target } => format!(" -> {target}"),
        Kind::File(Origin::Text(text)) => format!(" = {text:?}"),
        Kind::File(_) => " = …".to_owned(),
        Kind::Device { .. } | Kind::Fifo => format!(" ({})", kind.name()),
    };
    let described = plan.layers.iter().flat_map(|layer| layer.described());
    described
        .map(|(path, member)| format!("{} {path}{}", member.metadata.mode, shown(&member.kind)))
        .collect()
}

/// The names of the findings of an image.
fn findings(workshop: &Workshop, image: &Image) -> Vec<&'static str> {
    workshop.plan(image).1.iter().map(|finding| finding.name).collect()
}

#[test]
fn enabling_makes_the_links_of_the_install_section_under_usr() {
    let workshop = Workshop::stand_in();
    let plan = workshop.planned(&image(Layer::new("app").unit(Unit::text("app.service", SERVICE).enabled())));
    assert_eq!(
        members(&plan)[..2],
        [
            "0777 /usr/lib/systemd/system/alias.service -> app.service".to_owned(),
            format!("0644 /usr/lib/systemd/system/app.service = {SERVICE:?}"),
        ]
    );
    assert_eq!(
        members(&plan)[2],
        "0777 /usr/lib/systemd/system/multi-user.target.wants/app.service -> ../app.service"
    );
}

#[test]
fn a_unit_of_the_base_is_enabled_masked_and_made_the_default() {
    let workshop = Workshop::stand_in();
    let layer = Layer::new("units")
        .enable("remote-fs.target")
        .mask("rescue.target")
        .default_target("graphical.target");
    let plan = workshop.planned(&image(layer));
    assert_eq!(
        members(&plan),
        [
            "0777 /etc/systemd/system/rescue.target -> /dev/null",
            "0777 /usr/lib/systemd/system/default.target -> graphical.target",
            "0777 /usr/lib/systemd/system/multi-user.target.wants/remote-fs.target -> ../remote-fs.target",
        ]
    );
}

#[test]
fn what_a_layer_enables_one_above_it_can_disable() {
    let workshop = Workshop::stand_in();
    let plan = workshop.planned(
        &image(Layer::new("below").unit(Unit::text("app.service", SERVICE).enabled()))
            .layer(Layer::new("above").disable("app.service")),
    );
    let removed: Vec<_> = plan.layers[1].removals.keys().map(ToString::to_string).collect();
    assert_eq!(
        removed,
        [
            "/usr/lib/systemd/system/alias.service",
            "/usr/lib/systemd/system/multi-user.target.wants/app.service"
        ]
    );
}

#[test]
fn an_instance_is_enabled_from_its_template() {
    let workshop = Workshop::stand_in();
    let template = "[Service]\nExecStart=/usr/bin/can %i\n\n[Install]\nWantedBy=multi-user.target\n";
    let plan = workshop
        .planned(&image(Layer::new("can").unit(Unit::text("can@.service", template).instances(["can0"]))));
    let link = "0777 /usr/lib/systemd/system/multi-user.target.wants/can@can0.service -> ../can@.service";
    assert!(members(&plan).contains(&link.to_owned()), "{:#?}", members(&plan));
}

#[test]
fn kernel_arguments_sysusers_and_drop_ins_go_where_their_readers_look() {
    let workshop = Workshop::stand_in();
    let layer = Layer::new("conf")
        .with(Kargs::new("10-serial", ["console=\"tty S0\"", "quiet"]).match_architectures(["arm64"]))
        .sysusers("app", ["u app - -"])
        .tmpfiles("app", ["d /var/lib/app"])
        .with(DropIn::text("hard", "[Service]\nNoNewPrivileges=yes\n", "sshd.service"));
    let plan = workshop.planned(&image(layer));
    assert_eq!(
        members(&plan),
        [
            "0644 /usr/lib/bootc/kargs.d/10-serial.toml = \"kargs = ['console=\\\"tty S0\\\"', \\\"quiet\\\"]\\nmatch-architectures = [\\\"aarch64\\\"]\\n\"",
            "0644 /usr/lib/systemd/system/sshd.service.d/hard.conf = \"[Service]\\nNoNewPrivileges=yes\\n\"",
            "0644 /usr/lib/sysusers.d/app.conf = \"u app - -\\n\"",
            "0644 /usr/lib/tmpfiles.d/app.conf = \"d /var/lib/app\\n\"",
        ]
    );
}

#[test]
fn a_directory_of_the_base_keeps_what_is_not_said() {
    let workshop = Workshop::hostile();
    let plan = workshop.planned(&image(Layer::new("dir").dir("/srv/shared")));
    assert_eq!(members(&plan), ["2770 /srv/shared/"]);
    let changed = image(Layer::new("dir").with(Dir::new("/srv/shared").mode(0o755)));
    assert_eq!(findings(&workshop, &changed), ["directory-metadata"]);
}

#[test]
fn faults_are_found_all_at_once() {
    let workshop = Workshop::hostile();
    let layer = Layer::new("faulty")
        .file("deploy/nothing", "/etc/a")
        .file("../outside", "/etc/b")
        .bin("nowhere")
        .text("1", "/etc/c")
        .text("2", "/etc/c")
        .text("x", "/usr/bin")
        .text("x", "relative")
        .remove("/not/there")
        .enable("unknown.service")
        .with(UnitState::enabled("busybox"))
        .with(File::text("x", "/etc/d").mode(755))
        .with(File::text("x", "/etc/e").owner("nobody-knows"));
    std::fs::write(workshop.path().parent().unwrap().join("outside"), "").ok();
    let found = findings(&workshop, &image(layer));
    for name in [
        "missing-asset",
        "asset-outside",
        "unknown-binary",
        "duplicate-destination",
        "type-conflict",
        "invalid-value",
        "remove-missing",
        "unknown-unit",
        "unknown-owner",
    ] {
        assert!(found.contains(&name), "{name} is not in {found:?}");
    }
    assert_eq!(found.iter().filter(|name| **name == "invalid-value").count(), 3);
}

#[test]
fn an_image_without_entries_and_layers_of_one_name_are_faults() {
    let workshop = Workshop::stand_in();
    let empty = Image::new("planned", Base::stand_in()).layer(Layer::new("nothing"));
    assert_eq!(findings(&workshop, &empty), ["empty-image", "empty-layer"]);
    let twice = image(Layer::new("a").dir("/usr/a")).layer(Layer::new("a").dir("/usr/b"));
    assert_eq!(findings(&workshop, &twice), ["duplicate-layer"]);
}

#[test]
fn enabling_says_what_is_missing() {
    let workshop = Workshop::stand_in();
    let bare = "[Service]\nExecStart=/usr/bin/app\n";
    for (layer, name) in [
        (Layer::new("a").unit(Unit::text("app.service", bare).enabled()), "enabled-without-install"),
        (Layer::new("a").unit(Unit::text("app@.service", SERVICE).enabled()), "template-enabled"),
        (Layer::new("a").enable("remote-fs.target").mask("remote-fs.target"), "contradictory-unit"),
        (
            Layer::new("a").mask("remote-fs.target").with(DropIn::text("x", "[Unit]\n", "remote-fs.target")),
            "contradictory-unit",
        ),
        (Layer::new("a").default_target("app.service"), "default-target"),
    ] {
        assert!(findings(&workshop, &image(layer)).contains(&name), "{name}");
    }
}

#[test]
fn what_goes_with_its_directory_does_not_bring_it_back() {
    let workshop = Workshop::hostile();
    let layer = Layer::new("gone").remove("/usr/share/doc").remove("/usr/share/doc/index");
    let plan = workshop.planned(&image(layer));
    let whiteouts: Vec<_> = plan.layers[0].whiteouts.iter().map(ToString::to_string).collect();
    assert_eq!(whiteouts, ["/usr/share/doc"]);
    assert!(!plan.layers[0].members.keys().any(|path| path.as_str() == "/usr/share/doc"));
}

#[test]
fn a_unit_that_comes_through_a_symlink_of_the_base_is_enabled() {
    let workshop = Workshop::stand_in();
    let below = Layer::new("below").text(SERVICE, "/lib/systemd/system/app.service");
    let plan = workshop.planned(&image(below).layer(Layer::new("above").enable("app.service")));
    let link = "0777 /usr/lib/systemd/system/multi-user.target.wants/app.service -> ../app.service";
    assert!(members(&plan).contains(&link.to_owned()), "{:#?}", members(&plan));
}

#[test]
fn what_a_base_keeps_from_a_plan_is_told() {
    let sealed = Tar::new().file("usr/lib/ostree/prepare-root.conf", "[composefs]\nenabled = signed\n");
    let workshop = Workshop::on_stand_in_and(sealed.end());
    assert_eq!(findings(&workshop, &image(Layer::new("a").dir("/usr/a"))), ["sealed-base"]);
    let large = Tar::new().file("usr/lib/systemd/system/large.service", &"#".repeat(2 << 20));
    let workshop = Workshop::on_stand_in_and(large.end());
    assert_eq!(findings(&workshop, &image(Layer::new("a").enable("large.service"))), ["unit-unread"]);
}

#[test]
fn a_source_that_can_not_be_read_is_told() {
    let workshop = Workshop::stand_in();
    workshop.source("deploy/file", b"x");
    let below_a_file = image(Layer::new("a").file("deploy/file/below", "/etc/a"));
    assert_eq!(findings(&workshop, &below_a_file), ["unreadable-asset"]);
    assert_eq!(findings(&workshop, &image(Layer::new("a").file("deploy/file", "/etc/a"))), [""; 0]);
}

#[test]
fn a_tree_leaves_out_caches_and_what_its_patterns_name() {
    let workshop = Workshop::stand_in();
    for name in
        ["web/app.js", "web/app.js.map", "web/deep/x.map", "web/node_modules/x/y.js", "web/deep/CACHEDIR.TAG"]
    {
        workshop.source(name, b"x");
    }
    workshop.source("web/other/CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55\n# cargo\n");
    workshop.source("web/other/debug/app", b"x");
    let taken = |tree: Tree| {
        let plan = workshop.planned(&image(Layer::new("web").with(tree)));
        let described = plan.layers.iter().flat_map(|layer| layer.described());
        let below = described
            .filter_map(|(path, _)| path.as_str().strip_prefix("/usr/share/web/").map(str::to_owned));
        below.collect::<Vec<_>>()
    };
    let tree = || Tree::new("web", "/usr/share/web");
    assert_eq!(
        taken(tree().exclude("**/*.map").exclude("node_modules")),
        ["app.js", "deep", "deep/CACHEDIR.TAG"],
        "a file of that name alone marks no cache"
    );
    assert_eq!(taken(tree().exclude("/deep").exclude("*/x")), ["app.js", "app.js.map", "node_modules"]);
    // A tree of the whole workspace does not take what cargo and the tool write there.
    workshop.source("target/debug/app", b"x");
    workshop.source("target/lapstrake/records/x", b"x");
    let whole = taken(Tree::new(".", "/usr/share/web"));
    assert!(whole.contains(&"web/app.js".to_owned()), "{whole:?}");
    assert!(!whole.iter().any(|path| path.starts_with("target")), "{whole:?}");
    // A folder in it that is named is taken.
    workshop.source("target/doc/index.html", b"x");
    assert_eq!(taken(Tree::new("target/doc", "/usr/share/web")), ["index.html"]);
}

#[test]
fn a_version_is_one_line() {
    let workshop = Workshop::stand_in();
    let image = image(Layer::new("app").text("1\n", "/etc/app.conf")).version("1.2.3\n");
    let found = workshop.plan(&image).1;
    let found = found.iter().find(|finding| finding.name == "label-value").expect("the version is refused");
    assert_eq!(found.message, r"version `1.2.3\n` has `\n`");
    assert_eq!(found.help.as_deref(), Some("write `.version(\"1.2.3\")`"));
}

#[test]
fn an_unknown_binary_lists_those_that_exist() {
    let workshop = Workshop::stand_in();
    let found = workshop.plan(&image(Layer::new("app").bin("gatewayd"))).1;
    let help = found[0].help.clone().unwrap_or_default();
    assert!(
        help.starts_with(&format!("the workspace `{}` has no binary", workshop.workspace.root)),
        "{help}"
    );
}

/// Of a mode, git keeps whether the owner may execute; what a source has beyond that is said to be lost.
#[test]
fn a_source_that_has_more_than_an_image_keeps_is_named() {
    let workshop = Workshop::stand_in();
    let set = |name: &str, mode: u32| {
        workshop.source(name, b"#!/bin/sh\n");
        fs::set_permissions(workshop.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for (name, mode) in [("d/setuid", 0o4755), ("d/private", 0o600), ("d/plain", 0o664), ("d/program", 0o775)]
    {
        set(name, mode);
    }
    let directory =
        |mode: u32| fs::set_permissions(workshop.path().join("d"), fs::Permissions::from_mode(mode)).unwrap();
    directory(0o755);
    let found = |layer: Layer| {
        let (_, findings) = workshop.plan(&Image::new("modes", Base::stand_in()).layer(layer));
        let named = findings.into_iter().filter(|finding| finding.name == "source-mode");
        named.map(|finding| format!("{}; {}", finding.message, finding.help.unwrap())).collect::<Vec<_>>()
    };
    let file = |name: &str| File::new(format!("d/{name}"), format!("/usr/share/{name}"));
    assert_eq!(
        found(Layer::new("l").with(file("setuid"))),
        [
            "`d/setuid` has mode 4755, and `/usr/share/setuid` gets mode 0755; write `.mode(0o4755)`, or run `chmod 0755 d/setuid` if the image does not need it"
        ]
    );
    assert_eq!(found(Layer::new("l").with(file("private"))).len(), 1);
    for layer in [
        Layer::new("l").with(file("setuid").mode(0o755)).with(file("private").mode(0o600)),
        Layer::new("l").with(file("plain")).with(file("program")),
        Layer::new("l").with(Tree::new("d", "/usr/share/d").mode(0o644)),
        Layer::new("l").with(Tree::new("d", "/usr/share/d").exclude("setuid").exclude("private")),
    ] {
        assert_eq!(found(layer.clone()), [""; 0], "{layer:?}");
    }
    let tree = found(Layer::new("l").with(Tree::new("d", "/usr/share/d")));
    assert_eq!(
        tree,
        [
            "`d/private` has mode 0600, which a tree does not take; one more file of the tree has such; write `.mode_of(\"private\", 0o600)`"
        ]
    );
    // Under a umask of 077 nobody chose that mode.
    directory(0o700);
    assert_eq!(found(Layer::new("l").with(file("private"))), [""; 0]);
    directory(0o755);
    let capability = lapstrake::value::Capabilities::parse("cap_net_raw=ep").unwrap();
    // Only root can give a file capabilities.
    if xattr::set(workshop.path().join("d/program"), "security.capability", &capability.to_xattr()).is_ok() {
        assert_eq!(
            found(Layer::new("l").with(file("program"))),
            [
                "`d/program` has the file capabilities cap_net_raw=ep, and `/usr/share/program` gets none; write `.capability(\"cap_net_raw=ep\")`, or run `setcap -r d/program` if the image does not need it"
            ]
        );
        assert_eq!(found(Layer::new("l").with(file("program").capability("cap_net_raw=ep"))), [""; 0]);
    }
}

#[test]
fn an_edit_without_a_change_is_an_error() {
    let workshop = Workshop::stand_in();
    let empty = image(Layer::new("app").with(Edit::of("/usr/lib/os-release")));
    let found = workshop.plan(&empty).1;
    assert_eq!(found[0].message, "`/usr/lib/os-release` is not changed: the edit is empty");
}

#[test]
fn a_tree_has_modes_and_owners_by_pattern() {
    let workshop = Workshop::stand_in();
    for name in ["etc/app/key", "usr/libexec/helper", "usr/libexec/sub/other"] {
        workshop.source(&format!("files/{name}"), b"x");
    }
    let tree = Tree::new("files", "/")
        .mode_of("usr/libexec", 0o755)
        .mode_of("other", 0o700)
        .owner_of("etc/app", "0:998")
        .mode_of("etc/app/*", 0o640);
    let plan = workshop.planned(&image(Layer::new("app").with(tree.clone())));
    let of = |path: &str| {
        let member = plan.layers[0].described().find(|(at, _)| at.as_str() == path).unwrap().1;
        (member.metadata.mode.to_string(), member.metadata.gid)
    };
    assert_eq!(of("/etc/app"), ("0755".to_owned(), 998));
    assert_eq!(of("/etc/app/key"), ("0640".to_owned(), 998));
    assert_eq!(of("/usr/libexec/helper"), ("0755".to_owned(), 0));
    assert_eq!(of("/usr/libexec/sub/other"), ("0700".to_owned(), 0), "the last pattern counts");
    assert_eq!(of("/usr/libexec/sub"), ("0755".to_owned(), 0), "a mode is for files");

    let unmatched =
        tree.mode_of("usr/libexec/sub", 0o755).mode_of("usr/bin/*", 0o755).owner_of("nothing", "root");
    let found = workshop.plan(&image(Layer::new("app").with(unmatched))).1;
    let messages: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages[0], "`.mode_of(\"usr/bin/*\", …)` matches no file in the tree");
    assert_eq!(messages[1], "`.owner_of(\"nothing\", …)` matches nothing in the tree");
}
