//! What a user reads who has made every mistake at once.

use crate::fixture::Workspace;

#[test]
fn every_fault_is_told_at_once_each_under_the_users_own_line() {
    let workspace = Workspace::new();
    workspace.write("../outside.toml", "");
    let check = workspace.describe("faulty", &["check", "--color", "never"]);
    assert_eq!(check.code, Some(1));
    insta::assert_snapshot!(
        "faulty",
        check.stdout.replace(workspace.root().to_str().unwrap(), "[workspace]")
    );
}

#[test]
fn two_images_of_one_name_are_shown_both() {
    let check = Workspace::new().describe("twins", &["check", "--color", "never"]);
    assert_eq!(check.code, Some(1));
    insta::assert_snapshot!(check.stdout, @r#"
error[duplicate-image]: two images are named `cockpit`
  --> xtask/src/main.rs:71:5
   |
71 |     Image::new("cockpit", Base::stand_in())
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |     |
   |     written here, both times
   |
   = help: give one of them another name
"#);
}
