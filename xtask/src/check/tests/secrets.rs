//! Secrets in layers. The secrets of these tests are put together as the tests run, so that no scanner
//! of repositories takes this file for a leak.

use lapstrake::entry::{File, Tree};

use super::*;
use crate::check::secrets::{Secret, SecretKind, scan};
use crate::finding::Severity;

const NAME: &str = "secret-in-layer";
/// Characters as of chance.
const BODY: &str = "R7tq0ZbN4mXw8LcV2kYp5sHd1gJf9uAeQ3iTnoBr6vCyWxMKzPlEGhSjDUFaIO";

fn pem(label: &str, body: &str) -> String {
    format!("-----{} {label}-----\n{body}\n-----{} {label}-----\n", "BEGIN", "END")
}

fn body(length: usize) -> &'static str {
    &BODY[..length]
}

/// A token of GitHub or npm: the prefix, random characters, and their checksum.
fn with_checksum(prefix: &str, random: &str) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // The CRC-32 of ISO 3309, bit by bit.
    let mut crc = u32::MAX;
    for byte in random.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let digit = |power: u32| char::from(DIGITS[(!crc / 62_u32.pow(power) % 62) as usize]);
    let checksum: String = (0..6).rev().map(digit).collect();
    format!("{prefix}{random}{checksum}")
}

/// A token that a scan finds.
pub(super) fn token() -> String {
    with_checksum("ghp_", body(30))
}

fn of_text(text: &str) -> Vec<Finding> {
    found(NAME, Tar::new(), Layer::new("app").text(text, "/etc/app.conf"))
}

fn kinds(bytes: &[u8]) -> Vec<SecretKind> {
    scan(bytes).into_iter().map(|secret| secret.kind).collect()
}

#[test]
fn a_secret_is_told_by_its_kind_and_line_and_never_by_itself() {
    let secret = with_checksum("ghp_", body(30));
    let workshop = Workshop::stand_in();
    let text = format!("[api]\nurl = x\ntoken = \"{secret}\"\n");
    workshop.source("app.conf", text.as_bytes());
    let findings = workshop.check(&image(Layer::new("app").file("app.conf", "/etc/app.conf")));
    let found: Vec<_> = findings.iter().filter(|finding| finding.name == NAME).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].message, "`/etc/app.conf` holds a token of GitHub in line 3");
    assert_eq!(found[0].severity, Severity::Fatal);
    assert!(!format!("{findings:?}").contains(body(30)));
    // Nor is it in the cache.
    for file in walk(&workshop.path().join("cache")) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(body(30)), "{}", file.display());
    }
}

fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn private_keys_of_every_form_are_found() {
    let der = [body(62), body(62)].join("\n");
    let open = format!("b3BlbnNzaC1rZXktdjEAAAAABG5vbmU{}\n{der}", body(30));
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
        assert_eq!(kinds(pem(label, &der).as_bytes()), [SecretKind::PrivateKey], "{label}");
    }
    assert_eq!(kinds(pem("OPENSSH PRIVATE KEY", &open).as_bytes()), [SecretKind::PrivateKey]);
    let pgp = format!("Version: GnuPG v2\n\n{der}\n=aB3d");
    assert_eq!(kinds(pem("PGP PRIVATE KEY BLOCK", &pgp).as_bytes()), [SecretKind::PrivateKey]);
    let in_json = format!("{{\"private_key\": \"{}\"}}", pem("PRIVATE KEY", &der).replace('\n', "\\n"));
    assert_eq!(kinds(in_json.as_bytes()), [SecretKind::PrivateKey]);
    let in_yaml = pem("PRIVATE KEY", &der).replace('\n', "\r\n    ");
    assert_eq!(kinds(in_yaml.as_bytes()), [SecretKind::PrivateKey]);
    let in_program = [b"\x7fELF\0\0", pem("PRIVATE KEY", &der).as_bytes(), b"\0"].concat();
    assert_eq!(scan(&in_program), [Secret { kind: SecretKind::PrivateKey, line: None, member: None }]);
}

#[test]
fn a_key_behind_a_passphrase_is_a_warning() {
    let der = [body(62), body(62)].join("\n");
    let old = format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n{der}");
    let ssh = format!("b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHI{der}");
    for text in
        [pem("ENCRYPTED PRIVATE KEY", &der), pem("RSA PRIVATE KEY", &old), pem("OPENSSH PRIVATE KEY", &ssh)]
    {
        let found = of_text(&text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].severity, Severity::Warning);
    }
}

#[test]
fn what_only_looks_like_a_key_is_none() {
    let der = [body(62), body(62)].join("\n");
    let header = format!("-----{} PRIVATE KEY-----", "BEGIN");
    let footer = format!("-----{} PRIVATE KEY-----", "END");
    for text in [
        pem("CERTIFICATE", &der),
        pem("PUBLIC KEY", &der),
        pem("PRIVATE KEY", "(your key here)"),
        pem("PRIVATE KEY", "MIIE..."),
        // As the constants of a TLS library lie side by side.
        format!("{header}{footer}{header}\0{footer}\0{der}"),
        format!("{header}\n{der}\n"),
        format!("{header}\n{der}\n-----{} CERTIFICATE-----\n", "END"),
    ] {
        assert_eq!(kinds(text.as_bytes()), [], "{text}");
    }
}

#[test]
fn tokens_are_known_by_their_shape() {
    let cases = [
        (SecretKind::GitHubToken, format!("{}{}_{}", "github_pat_", body(22), body(59))),
        (SecretKind::GitLabToken, format!("{}{}", "glpat-", body(20))),
        (SecretKind::SlackToken, format!("{}{}-{}", "xoxb-", "123456789012", body(24))),
        (SecretKind::CratesIoToken, format!("{}{}", "cio", body(32))),
        (SecretKind::GoogleKey, format!("{}{}", "AIza", body(35))),
        (SecretKind::DockerToken, format!("{}{}", "dckr_pat_", body(27))),
        (SecretKind::StripeKey, format!("{}{}", "sk_live_", body(24))),
        (SecretKind::PypiToken, format!("{}{}", "pypi-AgEIcHlwaS5vcmc", body(60))),
    ];
    for (kind, token) in &cases {
        for text in [
            format!("t={token}\n"),
            format!("\"{token}\""),
            token.clone(),
            format!("//x/:_authToken={token}"),
        ] {
            assert_eq!(kinds(text.as_bytes()), [*kind], "{text}");
        }
        // A part of a longer word, one that is too short, and a placeholder.
        let (start, end) = token.split_at(token.len() - 25);
        let placeholder = format!("{}{}", token.split_at(10).0, "x".repeat(token.len() - 10));
        for text in [format!("a{token}"), start.to_owned(), format!("{start} {end}"), placeholder] {
            assert_eq!(kinds(text.as_bytes()), [], "{text}");
        }
    }
}

#[test]
fn a_token_of_github_or_npm_is_known_by_its_checksum() {
    let published = ["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"];
    assert_eq!(with_checksum(published[0], published[1]), published.concat(), "as in a published example");
    let github = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map(|prefix| (SecretKind::GitHubToken, prefix));
    for (kind, prefix) in github.into_iter().chain([(SecretKind::NpmToken, "npm_")]) {
        let token = with_checksum(prefix, body(30));
        // In a program, other texts touch it.
        for text in [token.clone(), format!("t={token}\n"), format!("usage{token}invalid{BODY}")] {
            assert_eq!(kinds(text.as_bytes()), [kind], "{text}");
        }
        let (start, last) = token.split_at(token.len() - 1);
        let wrong = format!("{start}{}", if last == "0" { "1" } else { "0" });
        let alike = format!("{prefix}{}", body(36));
        for text in [wrong, alike, start.to_owned(), format!("{prefix} {BODY}"), format!("{prefix}{BODY}")] {
            assert_eq!(kinds(text.as_bytes()), [], "{text}");
        }
    }
    // GitHub reserves up to 255 characters.
    let long = with_checksum("ghr_", &BODY.repeat(4)[..200]);
    assert_eq!(kinds(long.as_bytes()), [SecretKind::GitHubToken]);
}

#[test]
fn a_key_id_of_aws_is_no_secret_without_its_secret() {
    let id = format!("{}{}", "AKIA", "Q3EGRIVTMZ5XN2L7");
    let secret = &BODY[20..60];
    assert_eq!(kinds(format!("aws_access_key_id = {id}\n").as_bytes()), []);
    let both = format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    assert_eq!(kinds(both.as_bytes()), [SecretKind::AwsKey]);
    let git = format!("{id} {}\n", "0123456789abcdef0123456789abcdef01234567");
    assert_eq!(kinds(git.as_bytes()), [], "a digest in hexadecimal has forty characters too");
}

#[test]
fn logins_and_passwords_are_found_in_the_files_that_hold_them() {
    let hash = format!("$6${}${}", body(16), body(62));
    let key = format!("{}=", &BODY[..43]);
    for (kind, text) in [
        (
            SecretKind::RegistryLogin,
            "{ \"auths\": {\n \"registry.example\": { \"auth\": \"dXNlcjpwYXNz\" } } }".to_owned(),
        ),
        (SecretKind::PasswordHash, format!("root:{hash}:19000:0:99999:7:::\n")),
        (SecretKind::PasswordHash, format!("user:!{hash}:19000::::::\n")),
        (SecretKind::PasswordHash, format!("root:$y$j9T${}\n", body(43))),
        (SecretKind::WifiPassword, "[wifi-security]\nkey-mgmt=wpa-psk\npsk=hunter2hunter2\n".to_owned()),
        (SecretKind::WifiPassword, "network={\n  ssid=\"depot\"\n  psk=\"hunter2hunter2\"\n}\n".to_owned()),
        (SecretKind::WireGuardKey, format!("[WireGuard]\nPrivateKey={key}\n")),
    ] {
        assert_eq!(kinds(text.as_bytes()), [kind], "{text}");
    }
    for text in [
        "{ \"auths\": {} }".to_owned(),
        "{ \"auths\": { \"registry.example\": {} }, \"credsStore\": \"secretservice\" }".to_owned(),
        "{ \"auths\"".to_owned(),
        "root:!:19000:0:99999:7:::\nbin:*:19000::::::\nsshd:!!:19000::::::\n".to_owned(),
        "root:x:0:0:root:/root:/bin/bash\n".to_owned(),
        "[wifi-security]\nkey-mgmt=wpa-psk\npsk-flags=1\npsk=\n".to_owned(),
        "[app]\npsk=phase-shift keying\n".to_owned(),
        format!("[WireGuard]\nPrivateKeyFile=/run/wg\nPublicKey={key}\n"),
        format!("[WireGuard]\nPrivateKey={}=\n", "A".repeat(43)),
        "price:$6 and $7\n".to_owned(),
    ] {
        assert_eq!(kinds(text.as_bytes()), [], "{text}");
    }
}

#[test]
fn this_very_test_which_holds_the_constants_of_a_scanner_has_no_secret() {
    assert_eq!(scan(&std::fs::read(std::env::current_exe().unwrap()).unwrap()), []);
}

#[test]
fn many_secrets_and_hostile_bytes_take_little() {
    let token = with_checksum("ghp_", body(30)) + "\n";
    assert_eq!(scan(token.repeat(1000).as_bytes()).len(), 16);
    let header = format!("-----{} PRIVATE KEY-----\n", "BEGIN");
    let started = std::time::Instant::now();
    for text in [
        header.repeat(40_000),
        "-".repeat(1 << 20),
        "{\"auths\":".repeat(100_000),
        "AKIA".repeat(1 << 18),
        "ghp_".repeat(1 << 18),
    ] {
        assert_eq!(scan(text.as_bytes()), []);
    }
    assert_eq!(scan(b""), []);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn a_secret_that_a_layer_above_hides_ships_all_the_same() {
    let secret = format!("{}{}\n", "glpat-", body(20));
    let image = Image::new("checked", Base::stand_in())
        .layer(Layer::new("build").text(&*secret, "/usr/share/app/token"))
        .layer(Layer::new("clean").remove("/usr/share/app/token"));
    let findings = Workshop::stand_in().check(&image);
    let found: Vec<_> = findings.iter().filter(|finding| finding.name == NAME).collect();
    assert_eq!(found.len(), 1, "{findings:#?}");
    assert_eq!(found[0].blame, Some(Blame::Layer("build".try_into().unwrap())));
}

#[test]
fn an_entry_accepts_a_secret_on_purpose_and_for_itself_alone() {
    let secret = format!("{}{}\n", "glpat-", body(20));
    let text = |at: &str| File::text(&*secret, at);
    let layer = Layer::new("app").with(text("/etc/one").allow(NAME)).with(text("/etc/two"));
    let found = found(NAME, Tar::new(), layer);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].path.as_ref().unwrap().as_str(), "/etc/two");

    let workshop = Workshop::stand_in();
    workshop.source("keys/a", secret.as_bytes());
    workshop.source("keys/b/c", secret.as_bytes());
    let tree = |tree: Tree| workshop.check(&image(Layer::new("app").with(tree)));
    let of_name = |findings: Vec<Finding>| findings.iter().filter(|finding| finding.name == NAME).count();
    assert_eq!(of_name(tree(Tree::new("keys", "/usr/share/keys"))), 2);
    assert_eq!(of_name(tree(Tree::new("keys", "/usr/share/keys").allow(NAME))), 0);
    assert_eq!(of_name(tree(Tree::new("keys", "/usr/share/keys").allow("elf-library"))), 2);
}

#[test]
fn what_is_accepted_changes_no_byte_of_the_image() {
    let build = |file: File| {
        let built = Workshop::stand_in()
            .build(&image(Layer::new("app").with(file)), lapstrake_oci::Compression::Gzip);
        built.descriptor.digest
    };
    let file = || File::text("x\n", "/etc/app.conf");
    assert_eq!(build(file()), build(file().allow(NAME)));
}

#[test]
fn a_check_that_no_one_knows_can_not_be_accepted() {
    let of = |name: &str| {
        found("unknown-check", Tar::new(), Layer::new("app").with(File::text("", "/etc/x").allow(name)))
    };
    let found = of("secret-in-layr");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "no check is named `secret-in-layr`");
    assert_eq!(found[0].help.as_deref(), Some("did you mean `secret-in-layer`?"));
    assert_eq!(of(NAME), []);
}

#[test]
fn the_example_keys_of_a_vendors_documentation_are_nobodys() {
    // In two parts, so that no scanner takes this test for a key.
    let id = format!("{}{}", "AKIA", "IOSFODNN7EXAMPLE");
    let example = format!("{}{}", "wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY");
    let own = format!("{}{}", "wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYq8Wz2LmT0a");
    let text = |secret: &str| format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    assert_eq!(kinds(text(&example).as_bytes()), []);
    assert_eq!(kinds(text(&own).as_bytes()), [SecretKind::AwsKey]);
}
