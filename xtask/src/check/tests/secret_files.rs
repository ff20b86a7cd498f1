//! Secrets in files of other forms than text with keys and tokens: DER, known formats of configuration, UTF-16, archives.
//! Each is put together as the tests run.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::secrets::token;
use super::*;
use crate::check::secrets::{SecretKind, scan, scan_file};

/// Characters as of chance.
const BODY: &str = "R7tq0ZbN4mXw8LcV2kYp5sHd1gJf9uAeQ3iTnoBr6vCyWxMKzPlEGhSjDUFaIO";

fn kinds(bytes: &[u8]) -> Vec<SecretKind> {
    scan(bytes).into_iter().map(|secret| secret.kind).collect()
}

/// A value of DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let length = match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => vec![short],
        _ => vec![0x82, u8::try_from(length >> 8).unwrap(), u8::try_from(length & 0xff).unwrap()],
    };
    [vec![tag], length, content.to_vec()].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

fn number(bytes: &[u8]) -> Vec<u8> {
    der(0x02, bytes)
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    der(0x04, bytes)
}

/// An object identifier of RSA's companies, by what follows 1.2.840.113549.1.
fn pkcs(rest: &[u8]) -> Vec<u8> {
    der(0x06, &[b"\x2a\x86\x48\x86\xf7\x0d\x01", rest].concat())
}

#[test]
fn keys_in_der_are_known_by_their_structure() {
    let (rsa, ed25519) = (sequence(&[pkcs(&[1, 1])]), sequence(&[der(0x06, &[0x2b, 0x65, 0x70])]));
    let random = BODY.as_bytes();
    let numbers: Vec<_> =
        [random, &[1, 0, 1], random, random, random, random, random, random].map(number).into();
    let pkcs1 = sequence(&[vec![number(&[0])], numbers.clone()].concat());
    let curve = der(0xa0, &der(0x06, &[0x2a, 0x86, 0x48]));
    for (what, key) in [
        ("PKCS #1", pkcs1.clone()),
        ("PKCS #8", sequence(&[number(&[0]), rsa.clone(), octets(&pkcs1)])),
        ("Ed25519", sequence(&[number(&[0]), ed25519.clone(), octets(&octets(&random[..32]))])),
        ("SEC 1", sequence(&[number(&[1]), octets(&random[..32]), curve])),
    ] {
        // 62 bytes are no modulus of RSA.
        let expected = if what == "PKCS #1" { vec![] } else { vec![SecretKind::PrivateKey] };
        assert_eq!(kinds(&key), expected, "{what}");
        assert_eq!(kinds(&key[..key.len() - 1]), [], "{what} that is cut");
        assert_eq!(kinds(&[&key[..], b"x"].concat()), [], "{what} with more behind it");
    }
    let long = [random, random].concat();
    let modulus = number(&long);
    let real = sequence(&[vec![number(&[0]), modulus], numbers[1..].to_vec()].concat());
    assert_eq!(kinds(&real), [SecretKind::PrivateKey]);

    let encrypted = sequence(&[sequence(&[pkcs(&[5, 13]), sequence(&[])]), octets(random)]);
    assert_eq!(kinds(&encrypted), [SecretKind::EncryptedKey]);
    // A public key, a signature, and a certificate.
    let public = sequence(&[rsa.clone(), der(0x03, random)]);
    let signature = sequence(&[number(random), number(random)]);
    let certificate =
        sequence(&[sequence(&[der(0xa0, &number(&[2])), number(&[7]), rsa.clone()]), rsa, der(0x03, random)]);
    for other in [public, signature, certificate, sequence(&[number(&[0]), number(&[1])])] {
        assert_eq!(kinds(&other), []);
    }
}

#[test]
fn a_store_of_keys_is_none_of_certificates() {
    let store = |bag: u8| {
        let bags = sequence(&[sequence(&[pkcs(&[12, 10, 1, bag]), der(0xa0, &octets(BODY.as_bytes()))])]);
        let safe = octets(&sequence(&[sequence(&[pkcs(&[7, 1]), der(0xa0, &octets(&bags))])]));
        sequence(&[number(&[3]), sequence(&[pkcs(&[7, 1]), der(0xa0, &safe)])])
    };
    assert_eq!(kinds(&store(1)), [SecretKind::PrivateKey]);
    assert_eq!(kinds(&store(2)), [SecretKind::EncryptedKey]);
    assert_eq!(kinds(&store(3)), [], "certificates alone");
}

#[test]
fn passwords_are_found_in_formats_that_have_them() {
    let (long, key) = (&BODY[..24], format!("{}==", &BODY.repeat(2)[..86]));
    let url = |login: &str| format!("{}://{login}@pypi.example/simple", "https");
    for (kind, text) in [
        (SecretKind::Password, format!("machine api.example\n  login fleet\n  password {long}\n")),
        (SecretKind::Password, format!("machine api.example login fleet password {long}\n")),
        (SecretKind::Password, format!("[client]\nuser=app\npassword=\"{long}\"\n")),
        (SecretKind::Password, format!("[registries.fleet]\ntoken = \"{long}\"\n")),
        (SecretKind::Password, format!("[connection]\nid=x\n[802-1x]\npassword={long}\n")),
        (SecretKind::Password, format!("[global]\nindex-url = {}\n", url(&format!("ci:{}", &BODY[..9])))),
        (SecretKind::Password, format!("{}\n", url(&format!("ci:{long}")))),
        (SecretKind::NpmToken, format!("//npm.example/:_authToken={long}\n")),
        (SecretKind::AzureKey, format!("AccountName=fleet;AccountKey={key};EndpointSuffix=x\n")),
    ] {
        assert_eq!(kinds(text.as_bytes()), [kind], "{text}");
    }
    for text in [
        "machine api.example\n  login fleet\n  password ${PASSWORD}\n".to_owned(),
        format!("the login and password of a machine\nmachine learning\nlogin x\npassword: {long}\n"),
        format!("[client]\nuser=app\n# password={long}\n"),
        "[client]\npassword=\n".to_owned(),
        "[client]\npassword=<password>\n".to_owned(),
        format!("[app]\npassword={long}\n"),
        "[registry]\ntoken = \"${CARGO_TOKEN}\"\n".to_owned(),
        format!("[lexer]\ntoken = \"{long}\"\n"),
        format!("index-url = {}\n", url("ci:${PASSWORD}")),
        format!("index-url = {}\n", url("ci")),
        format!("{}\n", url("user:password")),
        format!("see {} for more\n", url(&format!("ci:{long}"))),
        "//npm.example/:_authToken=${NPM_TOKEN}\n".to_owned(),
        format!("AccountName=devstoreaccount1;AccountKey={key};\n"),
        "AccountKey=short==;\n".to_owned(),
    ] {
        assert_eq!(kinds(text.as_bytes()), [], "{text}");
    }
}

/// Base64url without padding.
fn encoded(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut encoded = String::new();
    for group in text.as_bytes().chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        let digit = |at: usize| char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]);
        encoded.extend((0..=group.len()).map(digit));
    }
    encoded
}

#[test]
fn a_signed_token_is_a_warning() {
    let token = |header: &str, claims: &str, signature: &str| {
        format!("{}.{}.{signature}", encoded(header), encoded(claims))
    };
    let header = r#"{"alg":"RS256","typ":"JWT"}"#;
    let jwt = token(header, r#"{"sub":"fleet"}"#, &BODY[..43]);
    assert_eq!(kinds(format!("token={jwt}\n").as_bytes()), [SecretKind::SignedToken]);
    let found =
        found("secret-in-layer", Tar::new(), Layer::new("a").text(format!("{jwt}\n"), "/etc/app/token"));
    assert_eq!((found.len(), found[0].severity), (1, Severity::Warning), "{found:#?}");
    let documented = format!("{}{}", "SflKxwRJSMeKKF2QT4fwpMeJf36", "POk6yJV_adQssw5c");
    for text in [
        token(r#"{"alg":"none"}"#, r#"{"sub":"fleet"}"#, &BODY[..43]),
        token(header, r#"{"sub":"fleet"}"#, &BODY[..20]),
        token(header, "no claims", &BODY[..43]),
        token(r#"{"typ":"JWT"}"#, r#"{"sub":"fleet"}"#, &BODY[..43]),
        token(header, r#"{"sub":"1234567890"}"#, &documented),
        format!("a{jwt}"),
    ] {
        assert_eq!(kinds(text.as_bytes()), [], "{text}");
    }
}

#[test]
fn text_in_utf_16_is_read() {
    let text = format!("[api]\r\ntoken = \"{}\"\r\n", token());
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for bytes in [[b"\xff\xfe", &little[..]].concat(), [b"\xfe\xff", &big[..]].concat(), little.clone(), big]
    {
        let found = scan(&bytes);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].kind, found[0].line), (SecretKind::GitHubToken, Some(2)));
    }
    for other in [&b"\xff\xfe"[..], &[0; 64], b"a\0", &little[..30]] {
        assert_eq!(kinds(other), []);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A zip of one file that is stored.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let (name_length, length) = (u16::try_from(name.len()).unwrap(), u32::try_from(content.len()).unwrap());
    let mut fields = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    fields.extend(crc.sum().to_le_bytes());
    fields.extend([length.to_le_bytes(), length.to_le_bytes()].concat());
    fields.extend(name_length.to_le_bytes());
    fields.extend([0, 0]);
    let local = [b"PK\x03\x04", &fields[..], name.as_bytes(), content].concat();
    let central = [b"PK\x01\x02\x14\x00", &fields[..], &[0; 14][..], name.as_bytes()].concat();
    let (at, size) = (u32::try_from(local.len()).unwrap(), u32::try_from(central.len()).unwrap());
    let end =
        [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &size.to_le_bytes(), &at.to_le_bytes(), &[0, 0]].concat();
    [local, central, end].concat()
}

#[test]
fn members_of_an_archive_are_searched_one_level_deep() {
    let secret = format!("x\ntoken={}\n", token());
    let tar = Tar::new().file("app/clean", "x").file("app/.token", &secret).end();
    for archive in [tar.clone(), gzip(&tar), zip("app/.token", secret.as_bytes())] {
        let scanned = scan_file(&archive);
        let found = &scanned.secrets;
        assert_eq!(found.len(), 1, "{scanned:?}");
        assert_eq!((found[0].line, found[0].member.as_deref()), (Some(2), Some("app/.token")));
    }
    assert_eq!(scan_file(&gzip(secret.as_bytes())).secrets.len(), 1, "one file that is compressed");
    for clean in
        [gzip(&gzip(&tar)), gzip(b"x\n"), gzip(&Tar::new().file("a", "x").end()), gzip(&tar)[..40].to_vec()]
    {
        assert_eq!(scan_file(&clean).secrets, [], "{}", clean.len());
    }
}

#[test]
fn a_finding_names_the_member_and_documentation_has_examples() {
    let workshop = Workshop::stand_in();
    let tar = gzip(&Tar::new().file("app/.token", &token()).end());
    workshop.source("deploy/app.tar.gz", &tar);
    let layer = |at: &str| Layer::new("a").file("deploy/app.tar.gz", at);
    let found = |at: &str| {
        let findings = workshop.check(&image(layer(at)));
        findings.into_iter().filter(|finding| finding.name == "secret-in-layer").collect::<Vec<_>>()
    };
    let of_app = found("/usr/share/app/app.tar.gz");
    let expected = "`/usr/share/app/app.tar.gz` holds a token of GitHub in line 1 of its member `app/.token`";
    assert!(of_app.len() == 1 && of_app[0].message.starts_with(expected), "{of_app:#?}");
    assert_eq!(found("/usr/share/doc/app/app.tar.gz"), []);
}

/// What unpacks to more than the limit takes the time of the limit, and the rest is reported.
#[test]
fn a_large_archive_is_searched_in_part_and_that_is_reported() {
    let started = std::time::Instant::now();
    let zeros = vec![0; 64 << 20];
    let bomb = gzip(&zeros);
    let scanned = scan_file(&bomb);
    assert!(scanned.is_cut && scanned.secrets.is_empty());
    let tar = Tar::new().member(b"zeros", tar::EntryType::Regular, "", 0o644, &zeros).file("late", &token());
    assert!(scan_file(&gzip(&tar.end())).is_cut);
    assert!(!scan_file(&gzip(b"x")).is_cut);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());

    let workshop = Workshop::stand_in();
    workshop.source("deploy/zeros.gz", &bomb);
    let findings = workshop.check(&image(Layer::new("a").file("deploy/zeros.gz", "/usr/share/zeros.gz")));
    let note = findings.iter().find(|finding| finding.name == "secret-in-layer").unwrap();
    assert_eq!(note.severity, Severity::Note);
    assert!(
        note.message.starts_with("`/usr/share/zeros.gz` is too large to be searched"),
        "{}",
        note.message
    );
}
