//! Scripts as the kernel starts them, execve(2): a fault, and its near miss.

use lapstrake::entry::File;

use super::*;

fn reported(name: &str, below: Tar, script: &str) -> Vec<Severity> {
    let layer = Layer::new("app").with(File::text(script, "/usr/libexec/app").mode(0o755));
    let service = "[Service]\nExecStart=/usr/libexec/app\n";
    let layer = layer.unit(lapstrake::entry::Unit::text("app.service", service));
    found(name, below, layer).into_iter().map(|finding| finding.severity).collect()
}

/// A base of which the tools are known: not the stand-in, which lacks what real ones have.
fn base() -> Tar {
    let program = |tar: Tar, at: &[u8]| tar.member(at, tar::EntryType::Regular, "", 0o755, b"x");
    let paths: [&[u8]; 3] = [b"usr/bin/env", b"usr/bin/python3", b"usr/bin/sh"];
    paths.into_iter().fold(Tar::new(), program)
}

#[test]
fn the_interpreter_of_a_script_is_in_the_image() {
    let of = |script: &str| reported("script-interpreter", base(), script);
    for wrong in [
        "#!/bin/sh\r\necho\r\n",
        "#!/usr/bin/tclsh\n",
        "#!/usr/bin/env tclsh\n",
        "#!/usr/bin/env -S tclsh -u\n",
        "#!/usr/bin/env python3 -u\n",
        "#!sh\n",
        "#!\n",
    ] {
        assert_eq!(of(wrong), [Severity::Fatal], "{wrong:?}");
    }
    for right in [
        "#!/bin/sh\necho\r\n",
        "#! /bin/sh -e\n",
        "#!/usr/bin/python3",
        "#!/usr/bin/env python3\n",
        "#!/usr/bin/env -S python3 -u\n",
        "#!/usr/bin/env -S A=b python3\n",
        "no script\n",
    ] {
        assert_eq!(of(right), [], "{right:?}");
    }
}

#[test]
fn a_file_that_is_not_executable_is_data() {
    let layer = Layer::new("app").text("#!/usr/bin/tclsh\n", "/usr/share/app/example");
    assert_eq!(found("script-interpreter", base(), layer), []);
}

#[test]
fn a_service_starts_what_the_kernel_can_start() {
    let of = |script: &str| reported("exec-format", base(), script);
    for wrong in ["", "echo\n", "\u{feff}#!/bin/sh\n", " #!/bin/sh\n"] {
        assert_eq!(of(wrong), [Severity::Fatal], "{wrong:?}");
    }
    assert_eq!(of("#!/bin/sh\n"), []);
    let binfmt = base().file("usr/lib/binfmt.d/app.conf", ":app:M::APP::/usr/bin/app:\n");
    assert_eq!(reported("exec-format", binfmt, "APP\n"), [], "a format that the image registers");
}

#[test]
fn the_help_names_the_file_to_mend() {
    let workshop = Workshop::stand_in();
    workshop.source("deploy/my prepare.sh", b"#!/bin/sh\r\necho\r\n");
    let file = File::new("deploy/my prepare.sh", "/usr/libexec/prepare").mode(0o755);
    let found = workshop.check(&image(Layer::new("app").with(file)));
    let help =
        found.iter().find(|finding| finding.name == "script-interpreter").and_then(|it| it.help.as_deref());
    assert_eq!(help, Some("run `sed -i 's/\\r$//' 'deploy/my prepare.sh'`"));
}
