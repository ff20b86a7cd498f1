//! Kernel modules that a build stage signs, as openssl sees them, and the key, which is nowhere.

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lapstrake::entry::{File, Kmod, Run, Secret};
use lapstrake::{Base, BuildStage, Image, Layer};

use super::engine::{output, present, run};
use super::equivalence;
use super::workshop::Workshop;
use crate::engine::EnginePolicy;
use crate::plan::Origin;

/// The kernel's own program, as Debian packages it.
const SIGN_FILE: &str = "/usr/lib/linux-kbuild-6.1/scripts/sign-file";
/// Where Fedora's kernel-devel has it.
const HEADERS: &str = "/usr/src/kernels/6.1.0-rig";
const PIN: &str = "pin-4711-marker";

fn key() -> Secret {
    Secret::file("module-key", "secrets/modules.key")
}

/// A stage that leaves modules in /src/out, on a base that has no programs but busybox's.
fn stage(workshop: &Workshop) -> BuildStage {
    let compile = "mkdir -p out/extra/net; cat radar > out/radar.ko; cat radar > out/extra/can.ko; \
        cat radar > out/extra/net/lin.ko; echo symbols > out/extra/Module.symvers; /bin/busybox --install -s /usr/bin";
    BuildStage::on(workshop.described_base())
        .source("drivers", "/src")
        .source("headers", HEADERS)
        .source("signer", "/signer")
        .with(Run::new(["/bin/busybox", "sh", "-ec", compile]).current_dir("/src"))
}

fn image(layer: Layer) -> Image {
    let depmod = "#!/bin/sh\ncd /usr/lib/modules/$2 && /bin/busybox find extra -type f >modules.dep\n";
    let tools = Layer::new("tools")
        .with(File::text(depmod, "/usr/sbin/depmod").mode(0o755))
        .text("kernel", "/usr/lib/modules/6.1.0-rig/vmlinuz");
    Image::new("signed", Base::stand_in()).layer(tools).layer(layer)
}

/// Writes a program of the workspace.
fn program(workshop: &Workshop, name: &str, content: &[u8]) {
    workshop.source(name, content);
    let path = workshop.path().join(name);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A workshop with headers whose `sign-file` is this script.
fn workshop(sign_file: &str) -> Workshop {
    let workshop = Workshop::hostile();
    workshop.source("drivers/radar", b"\x7fELF radar\0vermagic=6.1.0-rig SMP mod_unload\0license=GPL\0");
    workshop.source("headers/.config", b"CONFIG_MODULE_SIG=y\nCONFIG_MODULE_SIG_HASH=\"sha512\"\n");
    program(&workshop, "headers/scripts/sign-file", sign_file.as_bytes());
    workshop.source("signer/README", b"the libraries of sign-file");
    workshop.source("secrets/modules.key", b"marker-key-5f2e91c07ab3\n");
    workshop.source("deploy/modules.pem", b"certificate\n");
    workshop
}

/// A workshop with the kernel's own `sign-file`, its libraries, and keys of openssl.
fn real() -> Workshop {
    let workshop =
        workshop("#!/bin/sh\nexec /signer/loader --library-path /signer /signer/sign-file \"$@\"\n");
    program(&workshop, "signer/sign-file", &fs::read(SIGN_FILE).unwrap());
    for line in run("ldd", &[SIGN_FILE], workshop.path()).lines() {
        let Some(path) = line.split_whitespace().find(|word| word.starts_with('/')) else { continue };
        let name = Path::new(path).file_name().unwrap().to_str().unwrap();
        let name = if name.starts_with("ld-linux") { "loader" } else { name };
        program(&workshop, &format!("signer/{name}"), &fs::read(path).unwrap());
    }
    for (key, certificate) in
        [("secrets/modules.key", "deploy/modules.pem"), ("other.key", "deploy/other.pem")]
    {
        let new = ["req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=fleet modules/"];
        run("openssl", &[&new[..], &["-keyout", key, "-out", certificate]].concat(), workshop.path());
    }
    let locked = ["rsa", "-in", "secrets/modules.key", "-aes128", "-out", "secrets/locked.key", "-passout"];
    run("openssl", &[&locked[..], &[&format!("pass:{PIN}")]].concat(), workshop.path());
    workshop.source("secrets/pin", format!("{PIN}\n").as_bytes());
    workshop
}

/// The modules of a layer of the image, by name, in the files that stages made.
fn modules(workshop: &Workshop, layer: Layer) -> Vec<(String, PathBuf)> {
    let plan = workshop.planned(&image(layer));
    let built = workshop.stages(&plan, EnginePolicy::Any).unwrap();
    let modules = plan.layers[1].described().filter_map(|(path, member)| {
        let path = path.as_str().strip_prefix("/usr/lib/modules/6.1.0-rig/extra/")?;
        let file = match member.kind.file()? {
            Origin::Compiled(compiled) => built[compiled].clone(),
            Origin::Asset { host, .. } => host.clone(),
            other => panic!("{other:?}"),
        };
        Some((path.to_owned(), file.into_std_path_buf()))
    });
    modules.collect()
}

/// Checks the signature of a module by openssl, which verifies it with the certificate.
fn assert_signed(workshop: &Workshop, module: &Path, certificate: &str) {
    let bytes = fs::read(module).unwrap();
    let body_length = bytes.windows(11).position(|window| window == b"license=GPL").unwrap() + 12;
    let length = u32::from_be_bytes(bytes[bytes.len() - 32..bytes.len() - 28].try_into().unwrap());
    let signature = &bytes[body_length..bytes.len() - 40];
    assert_eq!(signature.len(), usize::try_from(length).unwrap());
    fs::write(workshop.path().join("signature"), signature).unwrap();
    fs::write(workshop.path().join("body"), &bytes[..body_length]).unwrap();
    let verify = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "signature", "-content", "body"];
    let by = ["-certfile", certificate, "-nointern", "-noverify", "-out", "/dev/null"];
    run("openssl", &[&verify[..], &by].concat(), workshop.path());
    let printed =
        run("openssl", &["cms", "-cmsout", "-print", "-inform", "DER", "-in", "signature"], workshop.path());
    assert!(printed.contains("sha512"), "the hash of the kernel's configuration: {printed}");
}

/// Whether a file below a directory has these bytes.
fn holds(directory: &Path, marker: &[u8]) -> bool {
    fs::read_dir(directory).unwrap().flatten().any(|entry| {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            return holds(&entry.path(), marker);
        }
        kind.is_file() && fs::read(entry.path()).unwrap().windows(marker.len()).any(|window| window == marker)
    })
}

#[test]
fn openssl_verifies_what_a_stage_signs_and_the_key_is_nowhere() {
    if !present(&["podman", "busybox", "openssl", SIGN_FILE]) {
        return;
    }
    let workshop = real();
    let radar = Kmod::from_stage(stage(&workshop), "/src/out/radar.ko").signed(key(), "deploy/modules.pem");
    let others = Kmod::from_stage(stage(&workshop), "/src/out/extra").signed(key(), "deploy/modules.pem");
    let layer = Layer::new("drivers").with(radar).with(others);
    let first = workshop.planned_first(&image(layer.clone()));
    assert_eq!(first.stages.len(), 1, "one run of the stage signs all of its modules");
    let modules = modules(&workshop, layer);
    let names: Vec<_> = modules.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["can.ko", "net/lin.ko", "radar.ko"]);
    for (_, module) in &modules {
        assert_signed(&workshop, module, "deploy/modules.pem");
    }
    let key = fs::read_to_string(workshop.path().join("secrets/modules.key")).unwrap();
    let line = key.lines().nth(3).unwrap().as_bytes();
    assert!(holds(&workshop.path().join("secrets"), line), "the search finds it where it is");
    assert!(!holds(&workshop.path().join("target"), line));
}

#[test]
fn an_encrypted_key_needs_its_pin_and_a_certificate_may_be_der() {
    if !present(&["podman", "busybox", "openssl", SIGN_FILE]) {
        return;
    }
    let workshop = real();
    let der = ["x509", "-in", "deploy/modules.pem", "-outform", "DER", "-out", "deploy/modules.der"];
    run("openssl", &der, workshop.path());
    let locked = || {
        Kmod::from_stage(stage(&workshop), "/src/out/radar.ko")
            .signed(Secret::file("module-key", "secrets/locked.key"), "deploy/modules.der")
    };
    let pinned = locked().pin(Secret::file("module-pin", "secrets/pin"));
    let made = modules(&workshop, Layer::new("drivers").with(pinned));
    assert_signed(&workshop, &made[0].1, "deploy/modules.pem");
    assert!(!holds(&workshop.path().join("target"), PIN.as_bytes()));
    let refused = |kmod: Kmod| {
        let plan = workshop.planned(&image(Layer::new("drivers").with(kmod)));
        let error = workshop.stages(&plan, EnginePolicy::Any).unwrap_err();
        assert!(error.site.unwrap().file().ends_with("signed_modules.rs"));
        error.source().unwrap().to_string()
    };
    assert_eq!(refused(locked()), "the private key is encrypted, and its PIN is missing or wrong");
    let other = Kmod::from_stage(stage(&workshop), "/src/out/radar.ko").signed(key(), "deploy/other.pem");
    assert_eq!(refused(other), "the private key does not belong to the certificate");
    let public = Secret::file("module-key", "deploy/modules.pem");
    let public = Kmod::from_stage(stage(&workshop), "/src/out/radar.ko").signed(public, "deploy/modules.pem");
    assert_eq!(refused(public), "the secret is not a private key that `sign-file` reads");
}

#[test]
fn a_stage_whose_headers_sign_nothing_is_refused() {
    if !present(&["podman", "busybox"]) {
        return;
    }
    let workshop = workshop("#!/bin/sh\ntrue\n");
    let radar = Kmod::from_stage(stage(&workshop), "/src/out/radar.ko").signed(key(), "deploy/modules.pem");
    let told = |kmod: Kmod| {
        let plan = workshop.planned_first(&image(Layer::new("drivers").with(kmod)));
        workshop.stages(&plan, EnginePolicy::Any).unwrap_err().source().unwrap().to_string()
    };
    assert_eq!(told(radar), "`radar.ko` is not signed, although its step has ended well");
    let all = Kmod::from_stage(stage(&workshop), "/src/out/extra").signed(key(), "deploy/modules.pem");
    assert_eq!(told(all), "`can.ko` is not signed, although its step has ended well");
    fs::remove_file(workshop.path().join("headers/scripts/sign-file")).unwrap();
    let radar = Kmod::from_stage(stage(&workshop), "/src/out/radar.ko").signed(key(), "deploy/modules.pem");
    assert_eq!(told(radar), "the build stage has no `scripts/sign-file` for kernel `6.1.0-rig`");
    let gone = Kmod::from_stage(stage(&workshop), "/src/out/gone.ko").signed(key(), "deploy/modules.pem");
    assert_eq!(told(gone), "its steps made no `/src/out/gone.ko`");
}

#[test]
fn podman_makes_the_same_image_of_modules_that_are_signed() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = workshop("#!/bin/sh\ncat /signer/signature >>\"$4\"\n");
    let signed = include_bytes!("../../fuzz/corpus/module/signed.ko");
    workshop.source("signer/signature", signed.strip_prefix(b"a module\n").unwrap());
    let radar = Kmod::from_stage(stage(&workshop), "/src/out/radar.ko").signed(key(), "deploy/modules.pem");
    let others = Kmod::from_stage(stage(&workshop), "/src/out/extra").signed(key(), "deploy/modules.pem");
    equivalence::compare(&workshop, &image(Layer::new("drivers").with(radar).with(others)));
    let context = output("grep", &["-r", "marker-key", "context", "target"], workshop.path());
    assert_eq!(String::from_utf8_lossy(&context.stdout), "", "the key is in no layer, log or history");
}

#[test]
fn the_last_step_of_a_stage_signs_after_its_own_steps() {
    let workshop = workshop("");
    let signed =
        |stage: BuildStage, from: &str| Kmod::from_stage(stage, from).signed(key(), "deploy/modules.pem");
    let layer = Layer::new("drivers")
        .with(signed(stage(&workshop), "/src/out/radar.ko"))
        .with(signed(stage(&workshop), "/src/out/extra"))
        .with(Kmod::from_stage(stage(&workshop), "/src/out/plain.ko"));
    let plan = workshop.planned_first(&image(layer));
    let [signing, plain] = &plan.stages[..] else { panic!("{:#?}", plan.stages) };
    assert_eq!((signing.runs.len(), plain.runs.len()), (2, 1));
    let argv = [
        "/bin/sh",
        "/run/signing/sign-modules",
        "/run/secrets/module-key",
        "/run/signing/certificate",
        "",
        "/src/out/radar.ko",
        "/src/out/extra",
    ];
    assert_eq!(signing.runs[1].argv, argv);
    assert_eq!(signing.runs[1].secrets[0].id.as_str(), "module-key");
}

#[test]
fn what_a_stage_can_not_sign_is_an_error_of_its_entry() {
    let workshop = workshop("");
    workshop.source("vendor/gnss.ko", b"module");
    let refused = |kmod: Kmod| {
        let (_, found) = workshop.plan(&image(Layer::new("drivers").with(kmod)));
        let found: Vec<_> = found.iter().filter(|finding| finding.name == "kernel-modules").collect();
        assert_eq!(found.len(), 1, "{found:#?}");
        found[0].message.clone()
    };
    let signed = |kmod: Kmod| kmod.signed(key(), "deploy/modules.pem");
    assert_eq!(
        refused(signed(Kmod::from_stage(stage(&workshop), "/src/out/radar.ko.xz"))),
        "`radar.ko.xz` can't be signed, because a signature belongs to the module before its compression"
    );
    assert_eq!(
        refused(signed(Kmod::file("vendor/gnss.ko"))),
        "`gnss.ko` is a file of the workspace, and only a stage has the program that signs it"
    );
    assert_eq!(
        refused(Kmod::from_stage(stage(&workshop), "/src/out/radar.ko").pin(key())),
        "a PIN is given without the key that it is of"
    );
}
