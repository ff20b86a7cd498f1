//! A tree does what a flat list of paths does, slowly and plainly. The list is the oracle.

mod model;
mod properties;
mod scale;

use lapstrake::value::{ImagePath, Mode};

use super::{
    ApplyError, ChangeError, Changes, DEPTH_MAX, Difference, InsertError, Kind, LayerNumber, Metadata, Node,
    ResolveError, Tree, diff,
};

pub(super) fn path(text: &str) -> ImagePath {
    ImagePath::parse(text).unwrap()
}

pub(super) fn file(content: u32) -> Node<u32> {
    Node::new(Metadata::of_root(Mode::FILE), Kind::File(content))
}

pub(super) fn link(target: &str) -> Node<u32> {
    Node::new(Metadata::of_root(Mode::SYMLINK), Kind::symlink(target))
}

fn with_mode(mode: u32) -> Node<u32> {
    Node::new(Metadata::of_root(Mode::from_bits(mode).unwrap()), Kind::Directory)
}

const UPPER: LayerNumber = LayerNumber::new(1);

fn tree(nodes: &[(&str, Node<u32>)]) -> Tree<u32> {
    let mut tree = Tree::new();
    for (at, node) in nodes {
        tree.insert(&path(at), node.clone(), LayerNumber::LOWEST).unwrap();
    }
    tree
}

fn paths<F>(tree: &Tree<F>) -> Vec<String> {
    tree.walk().skip(1).map(|(path, _)| path.to_string()).collect()
}

fn layer(nodes: &[(&str, Node<u32>)]) -> Changes<u32> {
    let mut changes = Changes::default();
    for (at, node) in nodes {
        changes.insert(path(at), node.clone()).unwrap();
    }
    changes
}

#[test]
fn a_whiteout_hides_what_is_below_and_never_its_own_layer() {
    let mut image = tree(&[("/a/x", file(1)), ("/b", file(1)), ("/c", file(1))]);
    let mut upper = layer(&[("/a/y", file(2))]);
    for hidden in ["/a", "/b", "/never/there"] {
        upper.whiteout(path(hidden));
    }
    image.apply(upper, UPPER).unwrap();
    assert_eq!(paths(&image), ["/a", "/a/y", "/c"]);
}

#[test]
fn an_opaque_directory_keeps_its_name_and_loses_what_is_below() {
    let mut image = tree(&[("/a", with_mode(0o700)), ("/a/d/x", file(1)), ("/b", file(1))]);
    let mut upper = layer(&[("/a/y", file(2))]);
    upper.make_opaque(path("/a"));
    image.apply(upper, UPPER).unwrap();
    assert_eq!(paths(&image), ["/a", "/a/y", "/b"]);
    assert_eq!(image.get(&path("/a")).unwrap().node.metadata.mode.bits(), 0o700);
}

#[test]
fn a_directory_over_a_directory_keeps_the_content_and_everything_else_replaces_it() {
    let below = tree(&[("/d/x", file(1)), ("/f", file(1)), ("/l", link("d"))]);
    let mut image = below.clone();
    image.apply(layer(&[("/d", with_mode(0o750)), ("/f/y", file(2)), ("/l/z", file(2))]), UPPER).unwrap();
    assert_eq!(paths(&image), ["/d", "/d/x", "/f", "/f/y", "/l", "/l/z"]);
    assert_eq!(image.get(&path("/d")).unwrap().node.metadata.mode.bits(), 0o750);
    let mut image = below;
    image.apply(layer(&[("/d", link("elsewhere"))]), UPPER).unwrap();
    assert_eq!(paths(&image), ["/d", "/f", "/l"]);
}

#[test]
fn a_hardlink_is_of_its_own_layer_or_of_what_is_below_even_if_that_is_hidden() {
    let mut image = tree(&[("/old", file(1)), ("/s", link("old"))]);
    let mut upper = Changes::default();
    upper.link(path("/to-old"), path("/old")).unwrap();
    upper.link(path("/to-link"), path("/s")).unwrap();
    upper.link(path("/to-later"), path("/later")).unwrap();
    upper.link(path("/to-to-later"), path("/to-later")).unwrap();
    upper.insert(path("/later"), file(2)).unwrap();
    upper.whiteout(path("/old"));
    image.apply(upper, UPPER).unwrap();
    assert_eq!(paths(&image), ["/later", "/s", "/to-later", "/to-link", "/to-old", "/to-to-later"]);
    for (at, kind) in [("/to-old", file(1)), ("/to-later", file(2)), ("/to-to-later", file(2))] {
        assert_eq!(*image.get(&path(at)).unwrap().node, kind, "{at}");
    }
    assert_eq!(image.get(&path("/to-link")).unwrap().node.kind.target(), Some("old"));
}

#[test]
fn a_hardlink_stays_with_the_file_that_it_was_made_to() {
    let mut changes = layer(&[("/a", file(1))]);
    changes.link(path("/b"), path("/a")).unwrap();
    changes.insert(path("/a"), file(2)).unwrap();
    let mut image = Tree::new();
    image.apply(changes, UPPER).unwrap();
    assert_eq!(*image.get(&path("/b")).unwrap().node, file(1));
}

#[test]
fn a_hardlink_that_leads_nowhere_changes_nothing() {
    let below = tree(&[("/d/x", file(1))]);
    for (target, expected) in [
        ("/not", ApplyError::Dangling { path: path("/l"), target: path("/not") }),
        ("/l", ApplyError::Dangling { path: path("/l"), target: path("/l") }),
        ("/d", ApplyError::LinkToDirectory { path: path("/l"), target: path("/d") }),
    ] {
        let mut upper = Changes::default();
        upper.whiteout(path("/d"));
        upper.link(path("/l"), path(target)).unwrap();
        let mut image = below.clone();
        assert_eq!(image.apply(upper, UPPER), Err(expected));
        assert_eq!(image, below);
    }
    let mut upper = layer(&[("/own/x", file(1)), ("/own", with_mode(0o755))]);
    let error = upper.link(path("/l"), path("/own")).unwrap_err();
    assert_eq!(error, ChangeError::LinkToDirectory { path: path("/l"), target: path("/own") });
}

#[test]
fn hardlinks_in_a_circle_lead_nowhere() {
    let mut upper = Changes::<u32>::default();
    upper.link(path("/a"), path("/b")).unwrap();
    upper.link(path("/c"), path("/d")).unwrap();
    let mut circle = upper.clone();
    circle.insert(path("/b"), file(1)).unwrap();
    circle.link(path("/b"), path("/a")).unwrap();
    assert!(matches!(Tree::new().apply(circle, UPPER), Err(ApplyError::Dangling { .. })));
}

#[test]
fn within_a_layer_the_last_name_wins_and_nothing_goes_through_a_file() {
    let mut changes = layer(&[("/a/b", file(1)), ("/a", file(2))]);
    assert!(changes.entries().keys().map(ImagePath::as_str).eq(["/a"]));
    let through = changes.insert(path("/a/b/c"), file(3)).unwrap_err();
    assert_eq!(through, ChangeError::Through { path: path("/a/b/c"), parent: path("/a") });
    assert_eq!(changes.insert(ImagePath::root(), file(3)), Err(ChangeError::Root));
}

#[test]
fn the_layer_of_a_node_is_the_last_one_that_changed_it() {
    let mut image = tree(&[("/usr/bin/sh", file(1)), ("/etc", with_mode(0o755))]);
    image
        .apply(layer(&[("/usr", with_mode(0o755)), ("/etc", with_mode(0o700)), ("/new/x", file(1))]), UPPER)
        .unwrap();
    let layer = |at| image.get(&path(at)).unwrap().layer.get();
    assert_eq!(["/usr", "/usr/bin/sh", "/etc", "/new", "/new/x"].map(layer), [0, 0, 1, 1, 1]);
}

#[test]
fn the_root_stays_a_directory_and_no_path_is_deeper_than_the_limit() {
    let mut tree = Tree::new();
    let error = tree.insert(&ImagePath::root(), file(1), UPPER).unwrap_err();
    assert_eq!(error, InsertError::Root { kind: "file" });
    tree.insert(&ImagePath::root(), with_mode(0o700), UPPER).unwrap();
    assert_eq!(tree.root().node.metadata.mode.bits(), 0o700);
    tree.insert(&path(&"/d".repeat(DEPTH_MAX)), file(1), UPPER).unwrap();
    assert_eq!(tree.clone().map(|content| *content).len(), DEPTH_MAX + 1);
    assert_eq!(diff(&Tree::new(), &tree).len(), DEPTH_MAX + 1);
    let deep = path(&"/d".repeat(DEPTH_MAX + 1));
    let error = tree.insert(&deep, file(1), UPPER).unwrap_err();
    assert_eq!(error, InsertError::Deep { path: deep, components: DEPTH_MAX + 1 });
}

#[test]
fn a_path_is_resolved_as_linux_does_it() {
    let image = tree(&[
        ("/usr/bin/file", file(1)),
        ("/usr/bin/up", link("../../var")),
        ("/bin", link("usr/bin")),
        ("/absolute", link("/usr/bin")),
        ("/chain", link("bin")),
        ("/loop", link("loop")),
        ("/above", link("../../../usr")),
        ("/file-link", link("usr/bin/file")),
        ("/slash", link("usr/bin/file/")),
        ("/nul", link("a\0b")),
        ("/whiteout", link(".wh.x/y")),
    ]);
    let resolve = |at: &str| image.resolve(&path(at)).map(|path| path.to_string());
    for (at, expected) in [
        ("/bin/x", "/usr/bin/x"),
        ("/absolute/x/y", "/usr/bin/x/y"),
        ("/chain/file", "/usr/bin/file"),
        ("/bin", "/bin"),
        ("/bin/up/x", "/var/x"),
        ("/not/there", "/not/there"),
        ("/above/lib", "/usr/lib"),
        ("/loop", "/loop"),
        ("/", "/"),
    ] {
        assert_eq!(resolve(at).as_deref(), Ok(expected), "{at}");
    }
    let follow = |at: &str| image.follow(&path(at));
    assert_eq!(follow("/file-link"), Ok(path("/usr/bin/file")));
    assert_eq!(follow("/chain"), Ok(path("/usr/bin")));
    assert_eq!(follow("/loop"), Err(ResolveError::Loop { path: path("/loop") }));
    assert_eq!(image.resolve(&path("/loop/x")), Err(ResolveError::Loop { path: path("/loop/x") }));
    let not_directory =
        |at: &str, stop: &str| Err(ResolveError::NotDirectory { path: path(at), at: path(stop) });
    assert_eq!(follow("/bin/file/x"), not_directory("/bin/file/x", "/usr/bin/file"));
    assert_eq!(follow("/slash"), not_directory("/slash", "/usr/bin/file"));
    assert_eq!(follow("/nul"), not_directory("/nul", "/"));
    assert_eq!(follow("/whiteout"), not_directory("/whiteout", "/"));
}

#[test]
fn forty_symlinks_are_followed_and_no_more() {
    let links: Vec<_> = (1..=41).map(|number| (format!("/l{number}"), format!("l{}", number - 1))).collect();
    let image = tree(&links.iter().map(|(at, target)| (at.as_str(), link(target))).collect::<Vec<_>>());
    assert_eq!(image.resolve(&path("/l40/x")), Ok(path("/l0/x")));
    assert!(matches!(image.resolve(&path("/l41/x")), Err(ResolveError::Loop { .. })));
}

#[test]
fn a_difference_is_in_metadata_in_content_or_in_both() {
    let old = tree(&[("/d/x", file(1)), ("/mode", file(1)), ("/content", file(1)), ("/gone/a/b", file(1))]);
    let mut new = old.clone();
    let mut program = file(1);
    program.metadata.mode = Mode::PROGRAM;
    new.apply(
        layer(&[("/mode", program), ("/content", link("x")), ("/d", file(3)), ("/new/y", file(4))]),
        UPPER,
    )
    .unwrap();
    new.remove(&path("/gone"));
    let lines: Vec<_> = diff(&old, &new)
        .into_iter()
        .map(|(path, difference)| match difference {
            Difference::Added { .. } => format!("+ {path}"),
            Difference::Removed { old } => format!("- {path} {}", old.count()),
            Difference::Changed { metadata, content, .. } => format!("~ {path} {metadata} {content}"),
        })
        .collect();
    assert_eq!(
        lines,
        ["~ /content true true", "- /d 2", "+ /d", "- /gone 3", "~ /mode true false", "+ /new", "+ /new/y"]
    );
    assert!(diff(&old, &old.clone()).is_empty());
}

#[test]
fn what_is_no_tree_is_refused_when_it_is_read() {
    type Raw<'a> = Vec<(usize, &'a str, LayerNumber, Node<u32>)>;
    let dir = Node::<u32>::directory;
    let root = (0, "", LayerNumber::LOWEST, dir());
    let read = |nodes: Raw<'_>| postcard::from_bytes::<Tree<u32>>(&postcard::to_stdvec(&nodes).unwrap());
    let below = |nodes: Raw<'static>| [vec![root.clone()], nodes].concat();
    let at = LayerNumber::LOWEST;
    assert_eq!(read(below(vec![(1, "a", at, dir()), (2, "b", at, file(1))])), Ok(tree(&[("/a/b", file(1))])));
    for wrong in [
        vec![],
        vec![(1, "a", at, dir())],
        vec![(0, "", at, file(1))],
        below(vec![(0, "", at, dir())]),
        below(vec![(2, "a", at, dir())]),
        below(vec![(1, "b", at, dir()), (1, "a", at, dir())]),
        below(vec![(1, "a", at, dir()), (1, "a", at, dir())]),
        below(vec![(1, "a", at, file(1)), (2, "b", at, dir())]),
        below(vec![(1, "a/b", at, dir())]),
        below(vec![(1, "..", at, dir())]),
        below(vec![(1, "", at, dir())]),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong:?}");
    }
    let deep = (1..=DEPTH_MAX + 1).map(|depth| (depth, "d", at, dir())).collect();
    assert!(read(below(deep)).is_err());
}
