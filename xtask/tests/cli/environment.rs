//! What surrounds the command: the shells of CI and SDKs, a stdout that can't be written, and a lock that another cargo
//! writes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::fixture::{Run, Workspace, binary};

/// A shell that a user or a CI gives the command.
struct Shell {
    name: &'static str,
    /// Runs before the command, in the shell itself.
    before: &'static str,
    variables: &'static [(&'static str, &'static str)],
    /// Whether the image is the one of an empty environment.
    same: bool,
}

const fn shell(name: &'static str, variables: &'static [(&'static str, &'static str)]) -> Shell {
    Shell { name, before: "", variables, same: true }
}

/// An SDK's `environment-setup` as Yocto writes it: another compiler, another linker, flags for the device.
const SDK: &[(&str, &str)] = &[
    ("CC", "aarch64-poky-linux-gcc -mbranch-protection=standard --sysroot=/opt/sdk/sysroots/cortexa57"),
    ("CXX", "aarch64-poky-linux-g++ --sysroot=/opt/sdk/sysroots/cortexa57"),
    ("LD", "aarch64-poky-linux-ld --sysroot=/opt/sdk/sysroots/cortexa57"),
    ("AR", "aarch64-poky-linux-ar"),
    ("CFLAGS", "-O2 -pipe -g"),
    ("LDFLAGS", "-Wl,-O1 -Wl,--hash-style=gnu"),
    ("CONFIG_SITE", "/opt/sdk/site-config-cortexa57"),
    ("SDKTARGETSYSROOT", "/opt/sdk/sysroots/cortexa57"),
    ("ARCH", "arm64"),
    ("CROSS_COMPILE", "aarch64-poky-linux-"),
];

const SHELLS: &[Shell] = &[
    shell("an empty environment", &[]),
    shell("colours that CI asks for", &[("CARGO_TERM_COLOR", "always")]),
    shell("a terminal that can nothing", &[("TERM", "dumb")]),
    shell("no colours", &[("NO_COLOR", "1")]),
    shell("a C compiler and flags", &[("CC", "no-such-cc"), ("CFLAGS", "-march=armv8-a")]),
    shell("an SDK", SDK),
    shell("a date of the sources", &[("SOURCE_DATE_EPOCH", "0")]),
    Shell { name: "a strict umask", before: "umask 077", variables: &[], same: true },
    Shell { name: "no home", before: "unset HOME", variables: &[], same: true },
    Shell { name: "a home that can't be written", before: "export HOME=/proc", variables: &[], same: true },
    // A binary knows its target directory and its flags, unless the build is `--reproducible`.
    Shell {
        name: "a relative target directory",
        before: "",
        variables: &[("CARGO_TARGET_DIR", "relative")],
        same: false,
    },
    Shell {
        name: "a shared target directory",
        before: "export CARGO_TARGET_DIR=$PWD/../shared",
        variables: &[],
        same: false,
    },
    Shell { name: "flags of rustc", before: "", variables: &[("RUSTFLAGS", "-C debuginfo=0")], same: false },
];

/// `cargo xtask image …` in that shell. The toolchain is found without the home that a shell takes away.
fn run(shell: &Shell, workspace: &Workspace, arguments: &[&str]) -> Run {
    let home = std::env::var("HOME").unwrap();
    let kept = |name: &str, below: &str| std::env::var(name).unwrap_or_else(|_| format!("{home}/{below}"));
    let (cargo, rustup) = (kept("CARGO_HOME", ".cargo"), kept("RUSTUP_HOME", ".rustup"));
    let script = format!("{}\nexec \"$@\"", shell.before);
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh"]).arg(binary()).arg("image").args(arguments);
    workspace.clean(&mut command).current_dir(workspace.root()).stdin(Stdio::null());
    command.env("CARGO_HOME", cargo).env("RUSTUP_HOME", rustup).envs(shell.variables.iter().copied());
    Run::of(&mut command)
}

#[test]
fn the_same_image_comes_from_every_shell() {
    let digest = |run: &Run| run.json()["images"][0]["digest"].as_str().unwrap().to_owned();
    let mut first = None;
    // A binary of another folder has other paths in it.
    let workspace = Workspace::below("work/space");
    for shell in SHELLS {
        let plan = run(shell, &workspace, &["plan", "gateway"]);
        assert_eq!(plan.code, Some(0), "{}: {}", shell.name, plan.stderr);
        assert!(!plan.stdout.contains('\u{1b}'), "{}: a plan in a pipe has no colours", shell.name);
        let built = run(shell, &workspace, &["build", "gateway", "--format", "json"]);
        assert_eq!(built.code, Some(0), "{}: {}", shell.name, built.stderr);
        let digest = digest(&built);
        let first = first.get_or_insert_with(|| digest.clone());
        assert!(!shell.same || digest == *first, "{}: another image", shell.name);
    }
}

#[test]
fn without_a_place_for_the_cache_the_error_says_what_to_set() {
    let workspace = Workspace::new();
    let mut command = workspace.command(&["plan"]);
    for name in ["LAPSTRAKE_CACHE", "XDG_CACHE_HOME", "HOME"] {
        command.env_remove(name);
    }
    let run = Run::of(command.env("CARGO_HOME", workspace.path("cargo-home"))).failed();
    assert!(
        run.stderr.contains("`HOME` is not set") && run.stderr.contains("LAPSTRAKE_CACHE"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_result_that_cant_be_written_is_a_failure_and_a_reader_that_left_is_none() {
    let workspace = Workspace::new();
    let into = |arguments: &[&str], stdout: Stdio| {
        let mut command = workspace.command(arguments);
        let child = command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let commands: &[&[&str]] = &[
        &["list"],
        &["list", "--format", "json"],
        &["plan", "cockpit"],
        &["plan", "cockpit", "--format", "json"],
        &["check", "cockpit"],
        &["check", "cockpit", "--format", "sarif"],
        &["check", "--list"],
        &["emit", "cockpit"],
        &["build", "cockpit"],
        &["build", "cockpit", "--format", "json"],
        &["--help"],
    ];
    for arguments in commands {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let (code, errors) = into(arguments, full.into());
        // `check` of an image without findings has nothing to write.
        if *arguments != ["check", "cockpit"] {
            assert_eq!(code, Some(3), "{arguments:?}: {errors}");
            assert!(errors.contains("the result can't be written to stdout"), "{arguments:?}: {errors}");
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, errors) = into(arguments, writer.into());
        assert_eq!(code, Some(0), "{arguments:?}: {errors}");
        assert!(!errors.contains("stdout"), "{arguments:?}: {errors}");
    }
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = workspace.command(&["build", "no-such-image"]);
    assert_eq!(
        command.stderr(full).status().unwrap().code(),
        Some(2),
        "an error that can't be written does not panic"
    );
}

#[test]
fn locked_refuses_a_cargo_lock_that_the_outer_cargo_wrote() {
    let workspace = Workspace::new();
    // As `cargo run` does: it writes the lock, then becomes the tool.
    let outer = |writes: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{writes}\nexec \"$0\" image build cockpit --locked")]).arg(binary());
        workspace.clean(&mut command).current_dir(workspace.root()).stdin(Stdio::null());
        Run::of(&mut command)
    };
    workspace.image(&["build", "cockpit"]).done();
    outer("sleep 0.1").done();
    let lock = workspace.read("Cargo.lock");
    for writes in
        ["sleep 0.1; echo >> Cargo.lock", "sleep 0.1; cp Cargo.lock new; rm Cargo.lock; cp new Cargo.lock"]
    {
        let refused = outer(writes).failed();
        assert!(refused.stderr.contains("was written after this command began"), "{}", refused.stderr);
        assert!(refused.stderr.contains("cargo --locked xtask image"), "{}", refused.stderr);
    }
    workspace.write("Cargo.lock", &lock);
    outer("").done();
}

#[test]
fn an_image_with_an_invalid_name_stops_no_other_and_is_listed() {
    let workspace = Workspace::new();
    for command in ["plan", "check", "build", "emit"] {
        let run = workspace.describe("misnamed", &[command, "cockpit"]).done();
        assert!(!run.stderr.contains("Not A Name"), "{command}: {}", run.stderr);
    }
    let listed = workspace.describe("misnamed", &["list"]);
    assert_eq!((listed.code, listed.stdout.as_str()), (Some(1), "cockpit\n"));
    assert!(listed.stderr.contains("Not A Name") && listed.stderr.contains("main.rs"), "{}", listed.stderr);
    let listed = workspace.describe("misnamed", &["list", "--format", "json"]);
    let message = listed.json()["findings"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("Not A Name"), "{message}");
    workspace.describe("misnamed", &["list", "cockpit"]).done();
    let all = workspace.describe("misnamed", &["plan"]);
    assert_eq!(all.code, Some(1));
    assert!(all.stdout.contains("image cockpit"), "{}", all.stdout);
}

#[test]
fn a_context_of_a_strict_umask_can_be_read_by_others() {
    let workspace = Workspace::new();
    let shell = Shell { name: "", before: "umask 077", variables: &[], same: true };
    let emitted = run(&shell, &workspace, &["emit", "cockpit"]).done();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let context = workspace.path(emitted.stdout.trim_end());
    assert_eq!(format!("{:o}", mode(context.join("Containerfile"))), "644");
    assert_eq!(format!("{:o}", mode(context)), "755");
}
