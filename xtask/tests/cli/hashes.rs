//! The hash of a password that a variable of the machine has: a build reads it, and shows it nowhere.

use crate::fixture::{Run, Workspace};

const HASH: &str = "$6$saltsaltsalt$abcdefghijklmnopqrstuvwxyz./0123456789";

fn with_hash(workspace: &Workspace, hash: &str, arguments: &[&str]) -> Run {
    Run::of(workspace.command(arguments).env("DESCRIBE", "hashed").env("ADMIN_HASH", hash))
}

#[test]
fn a_build_takes_the_hash_of_a_variable_and_nothing_shows_it() {
    let workspace = Workspace::new();
    let commands: [&[&str]; 5] = [
        &["plan"],
        &["plan", "--format", "json"],
        &["build"],
        &["build", "--format", "json"],
        &["emit", "--output", "context"],
    ];
    for arguments in commands {
        let run = with_hash(&workspace, HASH, arguments).done();
        assert!(!run.stdout.contains("saltsalt") && !run.stderr.contains("saltsalt"), "{}", run.stdout);
    }
    workspace.verify("hashed");
    let containerfile = workspace.read("context/Containerfile");
    assert!(
        containerfile.contains("RUN --mount=type=secret,id=admin-hash,required=true "),
        "{containerfile}"
    );
    let emitted = with_hash(&workspace, HASH, &["emit", "--output", "context"]).done();
    assert!(emitted.stderr.contains("--secret id=admin-hash,env=ADMIN_HASH"), "{}", emitted.stderr);
    let built = |hash: &str| {
        with_hash(&workspace, hash, &["build"]).done();
        workspace.read("target/lapstrake/oci/index.json")
    };
    let first = built(HASH);
    assert_ne!(first, built(&HASH.replace("salt", "pepper")), "another hash is another image");
    assert_eq!(first, built(HASH));
}

#[test]
fn a_variable_without_a_hash_stops_a_build_at_the_line_of_the_user() {
    let workspace = Workspace::new();
    workspace.describe("hashed", &["plan"]).done();
    let unset = workspace.describe("hashed", &["build"]).failed();
    for refused in [&unset, &with_hash(&workspace, "", &["build"]).failed()] {
        assert!(
            refused.stderr.contains("secret `admin-hash` is the variable `ADMIN_HASH`, which is not set"),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains("xtask/src/main.rs:"), "{}", refused.stderr);
        assert!(refused.stderr.contains("help: run `export ADMIN_HASH="), "{}", refused.stderr);
    }
    let plain = with_hash(&workspace, "changeme", &["build"]).failed();
    assert!(
        plain.stderr.contains("secret `admin-hash` is not a hash as crypt(5) has it"),
        "{}",
        plain.stderr
    );
    assert!(!plain.stderr.contains("changeme"), "{}", plain.stderr);
}
