//! bootc's lints, where it takes a base of another shape.

use super::*;

#[test]
fn a_base_without_a_mount_point_is_told_and_is_not_the_layers_fault() {
    let below = Tar::new().file("run", "");
    let found = found("api-base-directories", below, harmless());
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].blame, Some(Blame::Base));
}
