//! Output of programs that failed, as they printed it, and the causes that are read from it.

use super::Diagnosis;

fn diagnosed(said: &[&str]) -> String {
    let said: Vec<String> = said.iter().map(|line| (*line).to_owned()).collect();
    Diagnosis::of_build(&said, false).map(|diagnosis| diagnosis.to_string()).unwrap_or_default()
}

fn assert_causes(cases: &[(&[&str], &str)]) {
    for (said, cause) in cases {
        assert_eq!(diagnosed(said), *cause, "{said:?}");
    }
}

/// What podman ends with when a step has failed.
const EXIT: &str = "Error: building at STEP \"RUN dnf -y install jqq\": while running runtime: exit status 1";

#[test]
fn a_repository_that_gives_no_package_is_the_cause() {
    assert_causes(&[
        (&["Error: Unable to find a match: jqq", EXIT][..], "no repository has package `jqq`"),
        (
            &["No match for argument: jqq", "Error: Unable to find a match: jqq"],
            "no repository has package `jqq`",
        ),
        (
            &[
                "Errors during downloading metadata for repository 'vendor':",
                "Error: Failed to download metadata for repo 'vendor': Cannot download repomd.xml: Cannot download repodata/repomd.xml: All mirrors were tried",
                EXIT,
            ],
            "repository `vendor` can't be reached",
        ),
        (
            &[
                "No match for argument: rig-signed",
                "No match for argument: rig-data-7",
                "Error: Unable to find a match: rig-signed rig-data-7",
                EXIT,
            ],
            "no repository has package `rig-signed`, `rig-data-7`",
        ),
        (
            &[
                "Error: There are no enabled repositories in \"/etc/yum.repos.d\", \"/etc/yum/repos.d\", \"/etc/distro.repos.d\".",
                EXIT,
            ],
            "the image has no enabled repository",
        ),
        (
            &[
                "Errors during downloading metadata for repository 'named':",
                "  - Curl error (6): Couldn't resolve host name for http://repo.invalid/repo/repodata/repomd.xml [Could not resolve host: repo.invalid]",
                "Error: Failed to download metadata for repo 'named': Cannot download repomd.xml: Cannot download repodata/repomd.xml: All mirrors were tried",
                "Ignoring repositories: named",
                "Error: Unable to find a match: x",
                EXIT,
            ],
            "repository `named` can't be reached",
        ),
        (
            &[
                "[MIRROR] rig-weak-1-1.noarch.rpm: Status code: 404 for http://127.0.0.1:8765/rig-weak-1-1.noarch.rpm (IP: 127.0.0.1)",
                "[FAILED] rig-weak-1-1.noarch.rpm: No more mirrors to try - All mirrors were already tried without success",
                "Error: Error downloading packages:",
                "  rig-weak-1-1.noarch: Cannot download, all mirrors were already tried without success",
                EXIT,
            ],
            "`rig-weak-1-1.noarch` can't be downloaded",
        ),
        (
            &[
                "signed                                          0.0  B/s |   0  B     00:00    ",
                "Curl error (37): Couldn't read a file:// file for file:///etc/yum.repos.d/absent [Couldn't open file /etc/yum.repos.d/absent]",
                EXIT,
            ],
            "`file:///etc/yum.repos.d/absent` can't be downloaded",
        ),
    ]);
}

#[test]
fn a_transaction_that_fails_has_its_package_as_the_cause() {
    assert_causes(&[
        (
            &[
                "Error: ",
                " Problem: cannot install both rig-greeter-1.1-1.noarch and rig-greeter-1.0-1.noarch",
                "  - conflicting requests",
                EXIT,
            ],
            "the packages can't be installed together: cannot install both rig-greeter-1.1-1.noarch and rig-greeter-1.0-1.noarch",
        ),
        (
            &[
                "Error: ",
                " Problem: conflicting requests",
                "  - nothing provides rtld(GNU_HASH) needed by rig-library-1.2-1.x86_64",
                "(try to add '--skip-broken' to skip uninstallable packages)",
                EXIT,
            ],
            "no repository has `rtld(GNU_HASH)`, which package `rig-library-1.2-1.x86_64` requires",
        ),
        (
            &[
                "error: failed to open dir opt of /opt/: File exists",
                "",
                "Error unpacking rpm package rig-vendor-7-1.noarch",
                "error: unpacking of archive failed on file /opt/rig: cpio: open failed - No such file or directory",
                "error: rig-vendor-7-1.noarch: install failed",
                "Error: Transaction failed",
                EXIT,
            ],
            "a package has files below `/opt`, a link whose target the image does not have",
        ),
        (
            &[
                "You have enabled checking of packages via GPG keys. This is a good thing.",
                "However, you do not have any GPG public keys installed. You need to download",
                "Problem repository: [signed]",
                "bandwidth: 0",
                EXIT,
            ],
            "repository `signed` has no key to check its packages with",
        ),
        (
            &[
                "Import of key(s) didn't help, wrong key(s)?",
                "Public key for rig-signed-1-1.noarch.rpm is not installed. Failing package is: rig-signed-1-1.noarch",
                "Error: GPG check FAILED",
                EXIT,
            ],
            "package `rig-signed-1-1.noarch.rpm` is not signed by a key that the image trusts",
        ),
        (
            &[
                "Error: Failed to download metadata for repo 'rig': repomd.xml parser error: Parse error at line: 1 (Extra content at the end of the document",
                "Error: Unable to find a match: rig-data rig-weak",
                "time=\"2026-11-26T01:47:49Z\" level=error msg=\"error unmounting container: saving updated state for build container \\\"5a5b\\\": write userdata/.tmp-buildah.json1433797538: no space left on device\"",
                EXIT,
            ],
            "the disk is full",
        ),
        (&["[Errno 28] No space left on device", EXIT], "the disk is full"),
        (
            &[
                "rig-refused: this system will not do",
                "error: %prein(rig-refused-1-1.noarch) scriptlet failed, exit status 7",
                "",
                "Error in PREIN scriptlet in rpm package rig-refused",
                "Error: Transaction failed",
                EXIT,
            ],
            "a scriptlet of package `rig-refused-1-1.noarch` failed",
        ),
        (
            &["Package jq-1.6-1.noarch.rpm is not signed", "Error: GPG check FAILED", EXIT],
            "package `jq-1.6-1.noarch.rpm` is not signed by a key that the image trusts",
        ),
    ]);
}

#[test]
fn an_engine_that_runs_no_step_is_the_cause() {
    assert_causes(&[
        (
            &["Error: default OCI runtime \"crun\" not found: invalid argument"],
            "the OCI runtime `crun` does not work here",
        ),
        (
            &[
                "error running container: from /usr/bin/crun creating container for [/usr/bin/busybox true]: cgroups in hybrid mode not supported, drop all controllers from cgroupv2",
                ": exit status 1",
                EXIT,
            ],
            "the OCI runtime `/usr/bin/crun` does not work here",
        ),
        (
            &[
                "cannot clone: No space left on device",
                "user namespaces are not enabled in /proc/sys/user/max_user_namespaces",
                "Error: cannot re-exec process",
            ],
            "containers are not permitted here",
        ),
        (
            &[
                "Error during unshare(CLONE_NEWUSER): No space left on device",
                "User namespaces are not enabled in /proc/sys/user/max_user_namespaces.",
            ],
            "containers are not permitted here",
        ),
        (
            &["STEP 2/2: RUN [\"make\"]", "newuidmap: cannot clone: no", EXIT],
            "step `RUN dnf -y install jqq` failed",
        ),
        (
            &["Error: building at STEP \"RUN make\": while running runtime: exit status 2"],
            "step `RUN make` failed",
        ),
        (&[], "the build failed"),
    ]);
}

#[test]
fn a_failed_scriptlet_is_an_error_although_the_transaction_went_on() {
    let said = [
        "rig-broken: no such device",
        "warning: %post(rig-broken-1-1.noarch) scriptlet failed, exit status 7",
        "Error in POSTIN scriptlet in rpm package rig-broken",
        "Complete!",
    ]
    .map(str::to_owned);
    let told = Diagnosis::of_build(&said, true).map(|diagnosis| diagnosis.to_string());
    assert_eq!(told.as_deref(), Some("a scriptlet of package `rig-broken-1-1.noarch` failed"));
    assert_eq!(Diagnosis::of_build(&["Complete!".to_owned()], true), None);
}

#[test]
fn a_module_that_is_not_signed_has_the_key_or_the_headers_as_the_cause() {
    const SIGN: &str = "Error: building at STEP \"RUN --mount=type=secret,id=key,required=true /bin/sh /run/signing/sign-modules /run/secrets/key /run/signing/certificate  /src/radar.ko\": while running runtime: exit status 1";
    assert_causes(&[
        (
            &["no scripts/sign-file for kernel 6.12.0-55.el10", SIGN][..],
            "the build stage has no `scripts/sign-file` for kernel `6.12.0-55.el10`",
        ),
        (
            &[
                "At main.c:324:",
                "- SSL error:05800074:x509 certificate routines::key values mismatch: ../crypto/x509/x509_cmp.c:403",
                "- SSL error:17000088:CMS routines::private key does not match certificate: ../crypto/cms/cms_sd.c:313",
                "sign-file: CMS_add1_signer",
                SIGN,
            ],
            "the private key does not belong to the certificate",
        ),
        (
            &[
                "- SSL error:1C80009F:Provider routines::unable to get passphrase: ../providers/implementations/encode_decode/decode_epki2pki.c:96",
                "- SSL error:04800068:PEM routines::bad password read: ../crypto/pem/pem_pkey.c:159",
                "sign-file: /run/secrets/key",
                SIGN,
            ],
            "the private key is encrypted, and its PIN is missing or wrong",
        ),
        (&["sign-file: /run/secrets/key", SIGN], "the secret is not a private key that `sign-file` reads"),
        (&["- key values mismatch", EXIT], "step `RUN dnf -y install jqq` failed"),
    ]);
}
