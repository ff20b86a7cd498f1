//! `image verify` beside skopeo and podman with the same policy: each case has one verdict. Cosign 2 and 3 verify what we
//! sign, and we verify what cosign 2 signs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::fixture::{Run, Workspace, present};
use crate::sign::Signing;

const PROGRAMS: [&str; 4] = ["skopeo", "docker-registry", "openssl", "curl"];

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/fixtures").canonicalize().unwrap_or_default()
}

/// Whether the programs are there that read signatures. Those of this machine's Debian read none.
fn has_judges() -> bool {
    let has =
        ["cosign/skopeo", "cosign/cosign3", "podman5/usr"].iter().all(|path| fixtures().join(path).exists());
    if !has {
        assert!(std::env::var_os("CI").is_none(), "under CI cosign must be there");
        eprintln!(
            "\n*** SKIPPED: `cargo xtask fixtures cosign podman5` brings cosign, skopeo and podman ***\n"
        );
    }
    has && present(&PROGRAMS)
}

impl Signing {
    fn name(&self, image: &str) -> String {
        format!("{}/{image}", self.registry.host)
    }

    /// Writes a policy that accepts `fleet` by `sign.pub`, and nothing else.
    fn device(&self, identity: &str, is_enabled: bool) {
        let (host, key) = (&self.registry.host, self.workspace.path("sign.pub"));
        let policy = format!(
            r#"{{"default":[{{"type":"reject"}}],"transports":{{"docker":{{"{host}/fleet":[
                {{"type":"sigstoreSigned","keyPath":"{}","signedIdentity":{{"type":"{identity}"}}}}]}}}}}}"#,
            key.display()
        );
        self.workspace.write("policy.json", &policy);
        fs::create_dir_all(self.workspace.path("registries.d")).unwrap();
        let text = format!("docker:\n  {host}/fleet:\n    use-sigstore-attachments: {is_enabled}\n");
        self.workspace.write("registries.d/fleet.yaml", &text);
    }

    fn push_as(&self, from: &Workspace, image: &str) {
        self.registry.push(from, image, "oci");
    }

    fn sign_as(&self, image: &str, key: &str) {
        let reference = self.name(image);
        Run::of(&mut self.workspace.command(&["sign", &reference, "--key", key])).done();
    }

    fn copy(&self, from: &str, to: &str) {
        let [from, to] = [from, to].map(|image| format!("docker://{}", self.name(image)));
        let arguments = ["copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to];
        Run::of(Command::new("skopeo").args(arguments)).done();
    }

    fn digest(&self, image: &str) -> String {
        let reference = format!("docker://{}", self.name(image));
        let arguments = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &reference];
        Run::of(Command::new("skopeo").args(arguments)).done().stdout.trim().to_owned()
    }

    /// Our verdict, skopeo's and podman's.
    fn verdicts(&self, image: &str) -> [bool; 3] {
        let path = |name: &str| self.workspace.path(name).display().to_string();
        let (policy, folder, name) = (path("policy.json"), path("registries.d"), self.name(image));
        let arguments = ["verify", &name, "--policy", &policy, "--registries-d", &folder, "--format", "json"];
        let ours = Run::of(&mut self.workspace.command(&arguments));
        assert!(matches!(ours.code, Some(0 | 1)), "{image}: {}", ours.stderr);
        assert_eq!(ours.json()["accepted"], ours.code == Some(0), "{image}: {}", ours.stdout);
        let to = tempfile::tempdir().unwrap();
        let (from, to) = (format!("docker://{name}"), format!("dir:{}", to.path().display()));
        let libraries = fixtures().join("podman5/usr/lib/x86_64-linux-gnu");
        let mut skopeo = Command::new(libraries.join("ld-linux-x86-64.so.2"));
        skopeo.arg("--library-path").arg(&libraries).arg(fixtures().join("cosign/skopeo"));
        skopeo.args(["--policy", &policy, "--registries.d", &folder, "copy", "--quiet"]);
        let skopeo = Run::of(skopeo.args(["--src-tls-verify=false", &from, &to]));
        let pull = ["pull", "--quiet", "--tls-verify=false", "--signature-policy", &policy, &name];
        let podman = self.podman(&pull);
        if podman.code == Some(0) {
            self.podman(&["rmi", "--force", &name]).done();
        }
        let verdicts = [ours.code, skopeo.code, podman.code].map(|code| code == Some(0));
        assert!(
            verdicts.iter().all(|verdict| *verdict == verdicts[0]),
            "{image}: {verdicts:?}\n{}\n{}\n{}",
            ours.stderr,
            skopeo.stderr,
            podman.stderr
        );
        verdicts
    }

    /// Podman 5, in the folder of the workspace, whose registries.d it reads.
    fn podman(&self, arguments: &[&str]) -> Run {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("repo/src/fixtures/podman5.sh");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-eu", "-c"]);
        command.arg(fs::read_to_string(script).unwrap()).arg("sh").arg(fixtures().join("podman5"));
        command.arg(fixtures()).arg(self.workspace.path("").canonicalize().unwrap());
        Run::of(command.args(arguments))
    }

    /// Sends a request to the registry, and returns its headers.
    fn curl(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> String {
        self.workspace.write("body", std::str::from_utf8(body).unwrap());
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("http://{}/v2/{path}", self.registry.host)
        };
        let data = format!("@{}", self.workspace.path("body").display());
        let header = format!("content-type: {kind}");
        let arguments = ["-sS", "-i", "-f", "-X", method, "-H", &header, "--data-binary", &data, &url];
        Run::of(Command::new("curl").args(arguments)).done().stdout
    }

    fn raw_text(&self, image: &str) -> String {
        let reference = format!("docker://{}", self.name(image));
        let arguments = ["inspect", "--raw", "--tls-verify=false", &reference];
        Run::of(Command::new("skopeo").args(arguments)).done().stdout
    }

    /// Changes the manifest that has the signatures of an image.
    fn change(&self, repository: &str, change: impl Fn(&mut Value)) {
        let tag = format!("{}.sig", self.digest(&format!("{repository}:1")).replace(':', "-"));
        let text = self.raw_text(&format!("{repository}:{tag}"));
        let mut manifest: Value = serde_json::from_str(&text).unwrap();
        change(&mut manifest);
        assert_ne!(manifest, serde_json::from_str::<Value>(&text).unwrap());
        let kind = "application/vnd.oci.image.manifest.v1+json";
        self.curl("PUT", &format!("{repository}/manifests/{tag}"), kind, manifest.to_string().as_bytes());
    }

    /// Uploads a blob, and returns its digest.
    fn upload(&self, repository: &str, text: &str) -> String {
        use sha2::Digest as _;
        let hex: String = sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = format!("sha256:{hex}");
        let begun = self.curl("POST", &format!("{repository}/blobs/uploads/"), "text/plain", b"");
        let location = begun.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap().trim();
        let url = format!("{location}&digest={digest}");
        self.curl("PUT", &url, "application/octet-stream", text.as_bytes());
        digest
    }
}

#[test]
fn each_case_has_the_verdict_of_skopeo_and_podman() {
    if !has_judges() {
        return;
    }
    let signing = Signing::start();
    signing.generate("other");
    signing.device("matchRepository", true);
    let (workspace, other) = (&signing.workspace, Workspace::new());
    other.write("deploy/gateway.toml", "interval = 77\n");
    other.image(&["build", "cockpit"]).done();
    for name in ["signed", "unsigned", "stranger", "both", "moved", "copied", "payload", "signature"] {
        signing.push_as(workspace, &format!("fleet/{name}:1"));
    }
    signing.push_as(workspace, "elsewhere/signed:1");
    for name in [
        "fleet/signed:1",
        "fleet/both:1",
        "fleet/moved:1",
        "fleet/payload:1",
        "fleet/signature:1",
        "elsewhere/signed:1",
    ] {
        signing.sign_as(name, "sign.key");
    }
    signing.sign_as("fleet/stranger:1", "other.key");
    signing.sign_as("fleet/both:1", "other.key");
    signing.push_as(&other, "fleet/moved:1");
    // The image and its signatures in a repository for which they were not made.
    let tag = |image: &str| format!("{}.sig", signing.digest(image).replace(':', "-"));
    let signed = format!("fleet/signed:{}", tag("fleet/signed:1"));
    signing.copy(&signed, &format!("fleet/copied:{}", tag("fleet/signed:1")));
    // The signatures of another image of the repository.
    signing.push_as(&other, "fleet/signed:2");
    signing.copy(&signed, &format!("fleet/signed:{}", tag("fleet/signed:2")));
    // One byte of a signature, and one of a payload: the name is another.
    signing.change("fleet/signature", |manifest| {
        let signature = &mut manifest["layers"][0]["annotations"]["dev.cosignproject.cosign/signature"];
        let text = signature.as_str().unwrap();
        let byte = if text.as_bytes()[40] == b'A' { "B" } else { "A" };
        *signature = format!("{}{byte}{}", &text[..40], &text[41..]).into();
    });
    let payload = format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"{}"}},"image":{{"docker-manifest-digest":"{}"}},"type":"cosign container image signature"}},"optional":null}}"#,
        signing.name("fleet/payload:2"),
        signing.digest("fleet/payload:1"),
    );
    let blob = signing.upload("fleet/payload", &payload);
    signing.change("fleet/payload", |manifest| {
        assert_eq!(manifest["layers"][0]["size"], payload.len());
        manifest["layers"][0]["digest"] = blob.clone().into();
    });
    let pinned = format!("fleet/signed@{}", signing.digest("fleet/signed:1"));
    for (image, is_accepted) in [
        ("fleet/signed:1", true),
        (pinned.as_str(), true),
        ("fleet/both:1", true),
        ("fleet/unsigned:1", false),
        ("fleet/stranger:1", false),
        ("fleet/moved:1", false),
        ("fleet/copied:1", false),
        ("fleet/signed:2", false),
        ("fleet/signature:1", false),
        ("fleet/payload:1", false),
        ("elsewhere/signed:1", false),
    ] {
        assert_eq!(signing.verdicts(image), [is_accepted; 3], "{image}");
        // The key alone says the same, but for the policy's own rule.
        let key = Run::of(&mut workspace.command(&["verify", &signing.name(image), "--key", "sign.pub"]));
        assert_eq!(
            key.code == Some(0),
            is_accepted || image.starts_with("elsewhere"),
            "{image}: {}",
            key.stderr
        );
    }
    signing.device("matchExact", true);
    assert_eq!(signing.verdicts("fleet/signed:1"), [true; 3]);
    assert_eq!(signing.verdicts(&pinned), [false; 3]);
    signing.device("matchRepository", false);
    assert_eq!(signing.verdicts("fleet/signed:1"), [false; 3]);
}

#[test]
fn a_refusal_names_the_rule_and_the_reason() {
    if !present(&PROGRAMS) {
        return;
    }
    let signing = Signing::start();
    signing.device("matchRepository", true);
    let reference = signing.reference(":1");
    let verify = |arguments: &[&str]| {
        Run::of(&mut signing.workspace.command(&[&["verify", &reference][..], arguments].concat()))
    };
    let policy = ["--policy", "policy.json", "--registries-d", "registries.d"];
    let refused = verify(&policy);
    assert_eq!(refused.code, Some(1));
    let rule = format!("transports.docker.\"{}/fleet\"", signing.registry.host);
    assert!(
        refused.stderr.contains(&rule) && refused.stderr.contains("a signature is required"),
        "{}",
        refused.stderr
    );
    signing
        .workspace
        .write("policy.json", r#"{"default":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"/x"}]}"#);
    let unknown = verify(&policy);
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown.stderr.contains("`default`") && unknown.stderr.contains("signedBy can't be decided here"),
        "{}",
        unknown.stderr
    );
    signing.workspace.write("policy.json", r#"{"default":[{"type":"rejects"}]}"#);
    let wrong = verify(&policy);
    assert_eq!(wrong.code, Some(3));
    assert!(wrong.stderr.contains("unknown type `rejects`"), "{}", wrong.stderr);
}

#[test]
fn cosign_accepts_what_is_signed_here_and_is_accepted() {
    if !has_judges() {
        return;
    }
    let cosign = fixtures().join("cosign");
    let signing = Signing::start();
    let run = |version: &str, arguments: &[&str]| {
        let mut command = Command::new(cosign.join(version));
        command.current_dir(signing.workspace.path(".")).env("COSIGN_PASSWORD", "secret").args(arguments);
        Run::of(&mut command)
    };
    let verify = ["verify", "--insecure-ignore-tlog", "--allow-http-registry", "--key"];
    for version in ["cosign2", "cosign3"] {
        // A key of cosign's own, which we read.
        run(version, &["generate-key-pair", "--output-key-prefix", version]).done();
        let (key, public) = (format!("{version}.key"), format!("{version}.pub"));
        let image = format!("fleet/{version}:1");
        signing.push_as(&signing.workspace, &image);
        let reference = signing.name(&image);
        let mut command = signing.workspace.command(&["sign", &reference, "--key", &key]);
        Run::of(command.env("COSIGN_PASSWORD", "secret")).done();
        for verifier in ["cosign2", "cosign3"] {
            run(verifier, &[&verify[..], &[&public, &reference]].concat()).done();
            let other = run(verifier, &[&verify[..], &["sign.pub", &reference]].concat());
            assert_ne!(other.code, Some(0), "{verifier} accepts another key");
        }
    }
    let digest = signing.digest("fleet/edge:1");
    let reference = signing.reference(&format!("@{digest}"));
    let sign =
        ["sign", "--tlog-upload=false", "--allow-http-registry", "--yes", "--key", "cosign2.key", &reference];
    run("cosign2", &sign).done();
    let verified =
        |key: &str| Run::of(&mut signing.workspace.command(&["verify", &reference, "--key", key])).code;
    assert_eq!((verified("cosign2.pub"), verified("cosign3.pub")), (Some(0), Some(1)));
    // Ours does not replace theirs.
    signing.sign(":1", &["--key", "sign.key"]).done();
    assert_eq!((verified("cosign2.pub"), verified("sign.pub")), (Some(0), Some(0)));
}

#[test]
fn an_index_and_each_of_its_manifests_are_signed() {
    if !has_judges() {
        return;
    }
    let signing = Signing::start();
    signing.device("matchRepository", true);
    let other = Workspace::new();
    other.write("deploy/gateway.toml", "interval = 77\n");
    other.image(&["build", "cockpit"]).done();
    signing.push_as(&signing.workspace, "fleet/multi:amd64");
    signing.push_as(&other, "fleet/multi:arm64");
    let entries: Vec<Value> = ["amd64", "arm64"]
        .iter()
        .map(|architecture| {
            let image = format!("fleet/multi:{architecture}");
            let size = signing.raw_text(&image).len();
            let kind = "application/vnd.oci.image.manifest.v1+json";
            let platform = serde_json::json!({"architecture": architecture, "os": "linux"});
            serde_json::json!({"mediaType": kind, "digest": signing.digest(&image), "size": size, "platform": platform})
        })
        .collect();
    let kind = "application/vnd.oci.image.index.v1+json";
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).to_string();
    signing.curl("PUT", "fleet/multi/manifests/1", kind, index.as_bytes());
    assert_eq!(signing.verdicts("fleet/multi:1"), [false; 3]);
    let reference = signing.name("fleet/multi:1");
    let sign = ["sign", &reference, "--key", "sign.key", "--format", "json"];
    let signed = signing.workspace.image(&sign).done().json();
    let architectures: Vec<_> =
        signed["signed"].as_array().unwrap().iter().map(|one| &one["architecture"]).collect();
    assert_eq!(architectures, [&Value::Null, &"amd64".into(), &"arm64".into()]);
    assert_eq!(signing.verdicts("fleet/multi:1"), [true; 3]);
    signing.workspace.image(&["verify", &reference, "--key", "sign.pub"]).done();
    for cosign in ["cosign2", "cosign3"] {
        let mut command = Command::new(fixtures().join("cosign").join(cosign));
        command.args(["verify", "--insecure-ignore-tlog", "--allow-http-registry", "--key"]);
        Run::of(command.arg(signing.workspace.path("sign.pub")).arg(&reference)).done();
    }
}
