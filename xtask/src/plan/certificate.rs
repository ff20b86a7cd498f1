//! What a certificate authority is in an image: a file where its trust store is, and the step that makes the bundles anew.

use lapstrake::Site;
use lapstrake::entry::{Attributes, CaCertificate, Source};
use lapstrake::value::{ImagePath, Mode};
use lapstrake_oci::tree::Tree;

use super::Undecided;
use super::place::Placer;
use crate::base::File;
use crate::finding::Finding;
use crate::project::assets::Scanned;

/// Debian's list of the certificates below `/usr/share/ca-certificates` that are trusted (update-ca-certificates(8)).
const LIST: &str = "/etc/ca-certificates.conf";
const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// What p11-kit and OpenSSL take for a certificate (`PEM_read_X509(3)`).
const LABELS: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];

/// What keeps the certificates of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TrustStore {
    P11Kit,
    Debian,
}

impl TrustStore {
    /// Returns the store of a tree, and the program that makes its bundles.
    pub(super) fn of(tree: &Tree<File>) -> Option<(Self, &'static str)> {
        let has = |path: &str| {
            let path = ImagePath::parse(path).ok().and_then(|path| tree.follow(&path).ok());
            path.is_some_and(|path| tree.get(&path).is_some())
        };
        let first = |programs: [&'static str; 2]| programs.into_iter().find(|program| has(program));
        let of_p11_kit = first(["/usr/bin/update-ca-trust", "/usr/sbin/update-ca-trust"]);
        if let Some(program) = of_p11_kit {
            return Some((Self::P11Kit, program));
        }
        // openSUSE has a program of this name, and no list.
        let of_debian = first(["/usr/sbin/update-ca-certificates", "/usr/bin/update-ca-certificates"]);
        of_debian.filter(|_| has(LIST)).map(|program| (Self::Debian, program))
    }

    /// Returns the name of a certificate in the store.
    fn name(self, file: &str) -> String {
        match self {
            Self::P11Kit => file.to_owned(),
            Self::Debian => {
                let stem = [".crt", ".pem", ".cer"].iter().find_map(|suffix| file.strip_suffix(suffix));
                format!("{}.crt", stem.unwrap_or(file))
            }
        }
    }

    fn directory(self) -> &'static str {
        match self {
            Self::P11Kit => "/usr/share/pki/ca-trust-source/anchors",
            Self::Debian => "/usr/share/ca-certificates",
        }
    }
}

impl Placer<'_, '_, '_> {
    /// Puts certificates in the layer.
    pub(super) fn ca_certificate(&mut self, certificate: &CaCertificate, site: Site) {
        let asset = &certificate.source;
        let Some(Ok(Scanned::File(file))) = self.sources.get(asset) else {
            return self.no_certificate(certificate, site);
        };
        let text = file.text.as_deref().expect("the files of certificates are read");
        let form = match Form::of(text) {
            Ok(form) => form,
            Err((reason, help)) => {
                let finding = Finding::fatal("certificate-file", site, format!("`{asset}` {reason}"));
                self.findings.push(finding.help(help.replace("FILE", asset.path().as_str())));
                return;
            }
        };
        if let Some(layer) = self.unseen {
            let what = format!("`.ca_certificate({:?})`", asset.path().as_str());
            self.undecided.push(Undecided { what, site, layer: layer.clone() });
            return;
        }
        let Some((store, _)) = TrustStore::of(self.members.below.tree) else {
            let message = "the base and the layers below have no program that makes certificates trusted";
            let finding = Finding::fatal("certificate-file", site, message);
            self.findings.push(finding.help("add `.packages([\"ca-certificates\"])`"));
            return;
        };
        if (store, form) == (TrustStore::Debian, Form::Der) {
            let message = format!("`{asset}` is DER, and `update-ca-certificates` takes PEM alone");
            let help = format!("run `openssl x509 -inform der -in {asset} -out NAME.crt`");
            self.findings.push(Finding::fatal("certificate-file", site, message).help(help));
            return;
        }
        let name = store.name(asset.path().file_name().unwrap_or_default());
        let at = match ImagePath::parse(&format!("{}/{name}", store.directory())) {
            Ok(at) => at,
            Err(error) => return self.findings.push(Finding::invalid(&error, site)),
        };
        let source = Source::Asset(asset.clone());
        self.source_file(&source, at, &Attributes::default(), Some(Mode::FILE), site);
        if store == TrustStore::Debian {
            let list = ImagePath::parse(LIST).expect("it is the path of a file");
            let (_, lines) = self.added.entry(list).or_insert((site, Vec::new()));
            lines.push(name);
        }
    }

    /// Reports why a source is not the file of a certificate.
    fn no_certificate(&mut self, certificate: &CaCertificate, site: Site) {
        let asset = &certificate.source;
        if let Some(Scanned::Directory(_)) = self.scanned(asset, site) {
            let message = format!("`{asset}` is a directory, and a file of certificates is wanted");
            let finding = Finding::fatal("asset-kind", site, message);
            self.findings.push(finding.help("write `.ca_certificate(…)` for each file in it"));
        }
    }
}

/// How a file has its certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Pem,
    Der,
}

impl Form {
    /// Returns the form of a file, or why no program takes it for certificates, and what to do.
    fn of(text: &str) -> Result<Self, (String, &'static str)> {
        const WRITE: &str = "write a certificate as PEM: `openssl x509 -in FILE -out ca.pem`";
        if is_der(text) {
            return Ok(Self::Der);
        }
        let mut rest = text;
        let mut certificates = 0;
        while let Some((_, from_label)) = rest.split_once(BEGIN) {
            let Some((label, body)) = from_label.split_once(DASHES).filter(|(label, _)| label.len() < 64)
            else {
                return Err(("has a header of PEM that does not end".to_owned(), WRITE));
            };
            if label.contains("PRIVATE KEY") {
                let reason = "has a private key, and a file in an image is everybody's".to_owned();
                return Err((reason, "leave the key out: `openssl x509 -in FILE -out ca.pem`"));
            }
            if !LABELS.contains(&label) {
                let reason = format!("has a {}, which is not a certificate", label.escape_debug());
                return Err((reason, "name the file with the authority's certificate"));
            }
            let end = format!("-----END {label}-----");
            let Some((body, after)) = body.split_once(&end) else {
                return Err((format!("lacks the line `{end}`"), WRITE));
            };
            if !is_whole(body, label.starts_with("TRUSTED")) {
                let reason = format!("has a certificate that is damaged: the {}", place(certificates));
                return Err((reason, WRITE));
            }
            certificates += 1;
            rest = after;
        }
        if certificates == 0 {
            return Err(("is not a certificate".to_owned(), WRITE));
        }
        Ok(Self::Pem)
    }
}

fn place(number: usize) -> String {
    match number {
        0 => "first one".to_owned(),
        number => format!("one after {number} others"),
    }
}

/// Whether a file begins as a certificate in DER does, a sequence in a sequence. A key and PKCS #12 begin with a number. The
/// bytes of lengths are not UTF-8, so that the text has other characters for them.
fn is_der(text: &str) -> bool {
    const SEQUENCE: [char; 2] = ['0', '\u{fffd}'];
    let start: Vec<char> = text.chars().take(6).collect();
    start.starts_with(&SEQUENCE) && [3, 4].iter().any(|at| start.get(*at..*at + 2) == Some(&SEQUENCE))
}

/// Whether the body of a certificate in PEM is one element of DER, as long as its header says. OpenSSL puts what a certificate
/// is trusted for behind it.
fn is_whole(body: &str, has_more: bool) -> bool {
    let digits: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = digits.iter().rev().take_while(|digit| **digit == b'=').count();
    let Some(values) =
        digits[..digits.len() - padding].iter().map(|digit| value(*digit)).collect::<Option<Vec<_>>>()
    else {
        return false;
    };
    if padding > 2 || !digits.len().is_multiple_of(4) {
        return false;
    }
    let length = digits.len() / 4 * 3 - padding;
    let bytes: Vec<u8> = values
        .chunks(4)
        .take(2)
        .flat_map(|digits| {
            let bits = digits.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
            let bits = bits << (6 * (4 - digits.len()));
            bits.to_be_bytes().into_iter().skip(1)
        })
        .collect();
    der_length(&bytes).is_some_and(|whole| whole == length || has_more && whole < length)
}

/// Returns how long an element of DER is in all, if it is a sequence.
fn der_length(start: &[u8]) -> Option<usize> {
    let (&[tag, first], rest) = start.split_first_chunk::<2>()?;
    let more = usize::from(first).saturating_sub(0x80);
    let content = match first {
        0..0x80 => usize::from(first),
        _ if more > 3 => return None,
        _ => rest.get(..more)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
    };
    (tag == 0x30).then_some(2 + more + content)
}

/// Returns the six bits of a digit of base64.
fn value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    /// A sequence of three bytes, and one of 200.
    const SHORT: &str = "MAMBAQE=";

    #[test]
    fn certificates_may_have_words_around_them_and_line_ends_of_windows() {
        let long = {
            let mut digits = "MIHI".to_owned();
            digits.push_str(&"AAAA".repeat(66));
            digits.push_str("AAA=");
            digits
        };
        for text in [
            pem("CERTIFICATE", SHORT),
            pem("CERTIFICATE", "MAMB\r\nAQE=\r"),
            pem("TRUSTED CERTIFICATE", "MAMBAQEwAA=="),
            format!("# Fleet\n{}\n{}", pem("CERTIFICATE", SHORT), pem("CERTIFICATE", &long)),
        ] {
            assert_eq!(Form::of(&text), Ok(Form::Pem), "{text}");
        }
        let der = |bytes| Form::of(&String::from_utf8_lossy(bytes)).ok();
        for certificate in [b"0\x82\x03\xc40\x82\x02\xac\xa0", b"0\x82\xc3\xa90\x82\x02\xac\xa0"] {
            assert_eq!(der(certificate), Some(Form::Der));
        }
        for key in [b"0\x82\x04\xbf\x02\x01\x000\x0d", b"0\x82\x09\xbf\x02\x01\x030\x82"] {
            assert_eq!(der(key), None);
        }
    }

    #[test]
    fn what_is_not_a_certificate_is_refused_with_its_reason() {
        let reason = |text: &str| Form::of(text).unwrap_err().0;
        assert_eq!(reason(""), "is not a certificate");
        assert_eq!(reason(SHORT), "is not a certificate");
        let both = pem("CERTIFICATE", SHORT) + &pem("EC PRIVATE KEY", SHORT);
        assert!(reason(&both).starts_with("has a private key"));
        assert!(!reason(&both).contains(SHORT));
        let request = reason(&pem("CERTIFICATE REQUEST", SHORT));
        assert_eq!(request, "has a CERTIFICATE REQUEST, which is not a certificate");
        assert_eq!(reason("-----BEGIN CERTIFICATE-----\nMAMB"), "lacks the line `-----END CERTIFICATE-----`");
        for damaged in ["", "MAMBAQ==", "MAMBAQEB", "MAMBAQE", "MAMB*QE=", "AAMBAQE=", "MISS", "=", "====="] {
            let text = pem("CERTIFICATE", SHORT) + &pem("CERTIFICATE", damaged);
            assert_eq!(
                reason(&text),
                "has a certificate that is damaged: the one after 1 others",
                "{damaged}"
            );
        }
        assert!(reason(BEGIN).contains("does not end"));
    }
}
