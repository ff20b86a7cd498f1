//! `image sign`: what skopeo reads of it, and that neither a key nor a password gets out.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::fixture::{Run, Workspace, present};
use crate::transports::Registry;

/// A workspace, and a registry that has its image as `fleet/edge:1`.
pub(crate) struct Signing {
    pub(crate) workspace: Workspace,
    pub(crate) registry: Registry,
}

impl Signing {
    pub(crate) fn start() -> Self {
        let workspace = Workspace::new();
        let registry = Registry::start(&workspace);
        workspace.image(&["build", "cockpit"]).done();
        registry.push(&workspace, "fleet/edge:1", "oci");
        let signing = Self { workspace, registry };
        signing.generate("sign");
        signing
    }

    /// Makes `NAME.key` and `NAME.pub`.
    pub(crate) fn generate(&self, name: &str) {
        let [key, public] = ["key", "pub"].map(|end| self.workspace.path(&format!("{name}.{end}")));
        let curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
        Run::of(Command::new("openssl").arg("genpkey").args(curve).arg("-out").arg(&key)).done();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        Run::of(Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&key).arg("-out").arg(public))
            .done();
    }

    pub(crate) fn reference(&self, end: &str) -> String {
        format!("{}/fleet/edge{end}", self.registry.host)
    }

    pub(crate) fn sign(&self, end: &str, more: &[&str]) -> Run {
        let reference = self.reference(end);
        Run::of(&mut self.workspace.command(&[&["sign", &reference][..], more].concat()))
    }

    pub(crate) fn raw(&self, end: &str) -> Value {
        let reference = format!("docker://{}", self.reference(end));
        let arguments = ["inspect", "--raw", "--tls-verify=false", &reference];
        serde_json::from_str(&Run::of(Command::new("skopeo").args(arguments)).done().stdout).unwrap()
    }
}

const PROGRAMS: [&str; 3] = ["skopeo", "docker-registry", "openssl"];

#[test]
fn each_key_signs_once_and_no_signature_is_lost() {
    if !present(&PROGRAMS) {
        return;
    }
    let signing = Signing::start();
    signing.generate("other");
    let first = signing.sign(":1", &["--key", "sign.key", "--format", "json"]).done().json();
    let digest = first["signed"][0]["digest"].as_str().unwrap().to_owned();
    assert_eq!((&first["signed"][0]["new"], first["images"].as_array()), (&true.into(), None), "{first}");
    let again = signing.sign(":1", &["--key", "sign.key", "--format", "json"]).done().json();
    assert_eq!(again["signed"][0]["new"], false, "{again}");
    // The key of another in the environment, and a program.
    let key = fs::read_to_string(signing.workspace.path("other.key")).unwrap();
    let reference = signing.reference(":1");
    let mut command = signing.workspace.command(&["sign", &reference, "--key-env", "KEY"]);
    let other = Run::of(command.env("KEY", &key)).done();
    assert_eq!(other.stdout, format!("docker://{}@{digest}\n", signing.reference("")));
    assert!(!other.stderr.contains(key.lines().nth(1).unwrap()));
    let program = ["openssl", "dgst", "-sha256", "-sign", "other.key"];
    let signer = ["--public-key", "other.pub", "--format", "json", "--signer"];
    let by_program = signing.sign(":1", &[&signer[..], &program].concat()).done().json();
    assert_eq!(by_program["signed"][0]["new"], false, "the same key has signed it: {by_program}");
    let tag = digest.replace(':', "-");
    let layers = signing.raw(&format!(":{tag}.sig"))["layers"].as_array().unwrap().len();
    let bundles = signing.raw(&format!(":{tag}"))["manifests"].as_array().unwrap().len();
    assert_eq!((layers, bundles), (2, 2));
    // Without a tag the signature is for the repository.
    let program = ["openssl", "dgst", "-sha256", "-sign", "sign.key"];
    let wrong = signing.sign(&format!("@{digest}"), &[&signer[..], &program].concat());
    assert_eq!(wrong.code, Some(3));
    assert!(wrong.stdout.contains("not a signature by the public key"), "{}", wrong.stdout);
    signing.sign(&format!("@{digest}"), &["--key", "sign.key"]).done();
    let layers = signing.raw(&format!(":{tag}.sig"))["layers"].as_array().unwrap().len();
    assert_eq!(layers, 3);
}

#[test]
fn what_cannot_be_signed_is_an_error_with_the_way_out() {
    if !present(&PROGRAMS) {
        return;
    }
    let signing = Signing::start();
    let failed = |arguments: &[&str], code: i32, text: &str| {
        let run = signing.sign(":1", arguments);
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert!(run.stderr.contains(text), "{}", run.stderr);
    };
    failed(&[], 2, "--key <PATH>");
    failed(&["--key", "sign.pub"], 3, "can be read by others");
    failed(&["--key", "sign.pub"], 3, "help: run `chmod 600 sign.pub`");
    failed(&["--key", "none.key"], 3, "`none.key` can't be read");
    failed(&["--key-env", "NOT_THERE"], 2, "the environment has no `NOT_THERE`");
    failed(&["--signer", "cat"], 2, "--public-key <PATH>");
    failed(&["--public-key", "sign.pub", "--signer", "false"], 3, "`false` failed: exit status: 1");
    let run = signing.sign(":none", &["--key", "sign.key"]);
    assert!(run.stderr.contains("the registry has no image `"), "{}", run.stderr);
}

#[test]
fn neither_a_key_nor_its_password_is_printed_or_stored() {
    if !present(&PROGRAMS) {
        return;
    }
    let signing = Signing::start();
    let [plain, sealed] = ["sign.key", "sealed.key"].map(|name| signing.workspace.path(name));
    let mut seal = Command::new("openssl");
    seal.args(["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:MARKERPASSWORD", "-in"])
        .arg(&plain);
    Run::of(seal.arg("-out").arg(&sealed)).done();
    fs::set_permissions(&sealed, fs::Permissions::from_mode(0o600)).unwrap();
    let secrets: Vec<String> = [plain, sealed]
        .iter()
        .flat_map(|path| fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| !line.starts_with("-----") && line.len() > 20)
        .chain(["MARKERPASSWORD".to_owned()])
        .collect();
    assert!(secrets.len() > 4);
    let reference = signing.reference(":1");
    let mut outputs = Vec::new();
    for (password, arguments) in [
        ("MARKERPASSWORD", &["--key", "sealed.key", "--password-env", "SECRET", "--progress", "json"][..]),
        ("MARKERPASSWORDNOT", &["--key", "sealed.key", "--password-env", "SECRET"]),
        ("MARKERPASSWORD", &["--key", "sealed.key", "--password-env", "SECRET", "--format", "json"]),
        ("MARKERPASSWORD", &["--key-env", "SECRET"]),
    ] {
        let mut command = signing.workspace.command(&[&["sign", &reference][..], arguments].concat());
        let run = Run::of(command.env("SECRET", password));
        outputs.push((run.code, run.stdout + &run.stderr));
    }
    assert_eq!(
        outputs.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
        [Some(0), Some(3), Some(0), Some(3)]
    );
    assert!(outputs[1].1.contains("the password does not open the key"), "{}", outputs[1].1);
    for (_, output) in &outputs {
        assert!(secrets.iter().all(|secret| !output.contains(secret)), "{output}");
    }
    for stored in ["registry", "target"] {
        let folder = signing.workspace.path(stored);
        assert!(folder.exists());
        assert_eq!(holding(&folder, &secrets), [""; 0]);
    }
}

/// The files of a folder that have one of the texts.
fn holding(folder: &Path, texts: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(holding(&entry.path(), texts));
        } else if entry.file_type().unwrap().is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            let has = |text: &String| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            if texts.iter().any(has) {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}
