//! What `boot` refuses, and how it says so. That an image boots needs a base that does.

use crate::fixture::Workspace;

#[test]
fn the_stand_in_is_refused_before_anything_is_compiled() {
    let run = Workspace::new().image(&["boot", "gateway"]).failed();
    let modules = format!("/usr/lib/modules/6.12.0-stand-in.{}", std::env::consts::ARCH);
    assert!(run.stderr.contains("error: the boot of image `gateway` failed\n"), "{}", run.stderr);
    assert!(
        run.stderr.contains(&format!("`{modules}/vmlinuz` is a placeholder that does not boot")),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("help: boot it on a base that is a whole system: `--base oci:DIR:TAG`"));
    assert!(!run.stderr.contains("Compiling") && !run.stderr.contains("Flattening"), "{}", run.stderr);
}

#[test]
fn a_command_is_words_and_an_image_is_one() {
    let workspace = Workspace::new();
    for (arguments, error, help) in [
        (
            &["cockpit", "--execute", "systemctl is-active gatewayd"][..],
            "`systemctl is-active gatewayd` is one word, and no shell splits it",
            "write `--execute systemctl is-active gatewayd`",
        ),
        (&["cockpit", "--execute", ""], "the command has an empty name", "write `--execute systemctl"),
        (&[], "`image boot` works on one image, and there are several", "there are `gateway`, `cockpit`"),
        // All that follows is the command, whatever it looks like.
        (
            &["--execute", "df", "--help", "--", "cockpit", "-h"],
            "`image boot` works on one image, and there are several",
            "there are `gateway`, `cockpit`",
        ),
        (&["cokpit"], "no image is named `cokpit`", "did you mean `cockpit`?"),
    ] {
        let run = workspace.image(&[&["boot"][..], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}\n{}", run.stderr);
        assert!(run.stderr.contains(error) && run.stderr.contains(help), "{arguments:?}\n{}", run.stderr);
    }
}
