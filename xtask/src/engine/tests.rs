//! What programs print when they fail, as they printed it, and what a user is told.

use super::Diagnosis;

fn diagnosed(said: &[&str]) -> String {
    let said: Vec<String> = said.iter().map(|line| (*line).to_owned()).collect();
    Diagnosis::of(&said, false).map(|diagnosis| diagnosis.to_string()).unwrap_or_default()
}

#[test]
fn the_cause_is_told_and_not_the_consequence() {
    let exit = "Error: building at STEP \"RUN dnf -y install jqq\": while running runtime: exit status 1";
    for (said, told) in [
        (&["Error: Unable to find a match: jqq", exit][..], "no repository has package `jqq`"),
        (
            &["No match for argument: jqq", "Error: Unable to find a match: jqq"],
            "no repository has package `jqq`",
        ),
        (
            &[
                "Errors during downloading metadata for repository 'vendor':",
                "Error: Failed to download metadata for repo 'vendor': Cannot download repomd.xml: Cannot download repodata/repomd.xml: All mirrors were tried",
                exit,
            ],
            "repository `vendor` can't be reached",
        ),
        (&["[Errno 28] No space left on device", exit], "the disk is full"),
        (
            &[
                "error: %prein(broken-1-1.noarch) scriptlet failed, exit status 7",
                "Error: Transaction failed",
                exit,
            ],
            "a scriptlet of package `broken-1-1.noarch` failed",
        ),
        (
            &["Package jq-1.6-1.noarch.rpm is not signed", "Error: GPG check FAILED", exit],
            "package `jq-1.6-1.noarch.rpm` is not signed by a key that the image trusts",
        ),
        (
            &["Error: default OCI runtime \"crun\" not found: invalid argument"],
            "the OCI runtime `crun` does not work here",
        ),
        (
            &[
                "error running container: runc create failed: unable to start container process: error during container init: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted",
            ],
            "the OCI runtime `runc` does not work here",
        ),
        (
            &["cannot clone: Operation not permitted", "Error: cannot re-exec process"],
            "containers are not permitted here",
        ),
        (
            &["Error: building at STEP \"RUN make\": while running runtime: exit status 2"],
            "step `RUN make` failed",
        ),
        (&[], "the build failed"),
    ] {
        assert_eq!(diagnosed(said), told, "{said:?}");
    }
}

#[test]
fn a_scriptlet_that_fails_is_told_though_the_transaction_went_on() {
    let said = ["warning: %post(broken-1-1.noarch) scriptlet failed, exit status 7".to_owned()];
    let told = Diagnosis::of(&said, true).map(|diagnosis| diagnosis.to_string());
    assert_eq!(told.as_deref(), Some("a scriptlet of package `broken-1-1.noarch` failed"));
    assert_eq!(Diagnosis::of(&["Complete!".to_owned()], true), None);
}
