//! Keys as cosign and openssl write them; the password of the encrypted ones is `hunter`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const COSIGN: &str = "\
-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiI3TGFOczFIeXdySFkvQVFtYmxJUkloeVZRb0l2VS9v
TlNjOVQwRzhLSXBRPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJna2FyQzFlRmNtMi92U2loS3NncU1teitySDhUZVRXcyJ9LCJj
aXBoZXJ0ZXh0IjoiME5jV3ZWZlpxWXVpZVVTd1JRRVdJNjBialBLakJxMjZUNVZJ
UWdrTDlVYlgzb2VNZVpHVU93WDlLY3FaWjhwWUtpQ0JWdjA5YW1JU0pQTDJlQ044
U3lZdE1PWGNUa1l6R00xR0RiQUxYN0lwV0o4WXJQYVFyZVQzUzVmK1hhV29pSGFG
aUV6ODZ2NkxqL0xuTnBldWo3QW8zVytCcUY3dXhGQWs0MzcxTXh1akwrTlJYV2p1
OHhvRFJUdnY2S3BiZ21sMzBSeENmdWcrTWc9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
";
const PKCS8: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEYKGPfXfcmbnDz27
CCwQWJtSuNA+sl+tnoFofumWt8+hRANCAAQEesVY0Q/Q9rF1NDeczz6fFtzgLQtl
vfXwgukX57ZlTqPpf8SRk5uSW/3LXFnTMw28jZApRWy4e4OVQFaRxDEy
-----END PRIVATE KEY-----
";
const SEC1: &str = "\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIBGChj3133Jm5w89uwgsEFibUrjQPrJfrZ6BaH7plrfPoAoGCCqGSM49
AwEHoUQDQgAEBHrFWNEP0PaxdTQ3nM8+nxbc4C0LZb318ILpF+e2ZU6j6X/EkZOb
klv9y1xZ0zMNvI2QKUVsuHuDlUBWkcQxMg==
-----END EC PRIVATE KEY-----
";
const PBES2: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhZeGjdaauKGwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEL9hvA7nHDvwKWUPmH04JCsEgZDp
vuEWrrO+zZmCu48zyOWN9HE7Yq1zuAOh9yFRuREmkmOqyXmd8vIPZktxfXxc3F0C
yH43dVFGLxNk78HtUf+H6MTpy1WKTMaQRBGYop/tiWRl2VDDQ0Q9xmnDm/xsGTbR
LNVGomF5l42mLWNYwUfl7gK6szip/Zqn0MagW1ZBXJkSWvfYPqd4KWGX0o1qDKc=
-----END ENCRYPTED PRIVATE KEY-----
";
const SCRYPT: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAiG/m+x81j7GwICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBA3eImwwRpTBJxhRSZBX/71BIGQ21WRwgOBYNbp
V9jFikYlTm05qhP4U/FZUDIY1uk1GlUGn6cb69VuWHGBPfUd7qbk1DuImREYa1iP
tVum+2yXTg21bxVwWs+Jo8+pULk1HZqCToEzmcDdgXG9888y/b5LabGKQrynLiGb
1tRzgo0ldJO9k5qnK7ttOcgK8GLNwBEkQ5eQloszX4F623Zv6Jt3
-----END ENCRYPTED PRIVATE KEY-----
";
const PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBHrFWNEP0PaxdTQ3nM8+nxbc4C0L
Zb318ILpF+e2ZU6j6X/EkZObklv9y1xZ0zMNvI2QKUVsuHuDlUBWkcQxMg==
-----END PUBLIC KEY-----
";
const COSIGN_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEad4xvguUcTtMYPFdIQNmaUbhrTtk
YX1PEvV3gyMdXD2iQck/udxyY+X2hkYBi+fYCJzuR3cO9kW86GTxdWT/dw==
-----END PUBLIC KEY-----
";

fn read(pem: &str, password: &str) -> Result<SigningKey, SignatureError> {
    SigningKey::from_pem(pem, Some(&Password::new(password)))
}

#[test]
fn keys_of_cosign_and_openssl_are_read_and_sign() {
    for (name, pem, public) in [
        ("cosign", COSIGN, COSIGN_PUBLIC),
        ("PKCS#8", PKCS8, PUBLIC),
        ("SEC1", SEC1, PUBLIC),
        ("PBES2 with PBKDF2", PBES2, PUBLIC),
        ("PBES2 with scrypt", SCRYPT, PUBLIC),
    ] {
        let key = read(pem, "hunter").unwrap();
        assert_eq!(key.public_key().to_pem(), public, "{name}");
        let signature = key.sign(b"payload").unwrap();
        assert!(key.public_key().verify(b"payload", &signature), "{name}");
        assert!(!key.public_key().verify(b"payloae", &signature), "{name}");
        let other = if public == PUBLIC { COSIGN_PUBLIC } else { PUBLIC };
        assert!(!PublicKey::from_pem(other).unwrap().verify(b"payload", &signature), "{name}");
    }
}

#[test]
fn an_encrypted_key_needs_its_password() {
    for pem in [COSIGN, PBES2] {
        let wrong = read(pem, "MARKER").unwrap_err();
        assert!(matches!(wrong, SignatureError::WrongPassword), "{wrong:?}");
        assert!(!format!("{wrong} {wrong:?}").contains("MARKER"));
        let none = SigningKey::from_pem(pem, None).unwrap_err();
        assert!(matches!(none, SignatureError::NoPassword), "{none:?}");
    }
}

#[test]
fn a_damaged_key_is_an_error_that_does_not_show_it() {
    type Expected = fn(&SignatureError) -> bool;
    let kinds: [(&str, Expected); 5] = [
        ("", |error| matches!(error, SignatureError::NoPem)),
        ("-----BEGIN PRIVATE KEY-----\nMARKER!\n-----END PRIVATE KEY-----\n", |error| {
            matches!(error, SignatureError::NoPem)
        }),
        (
            "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nMARKER\n-----END EC PRIVATE KEY-----\n",
            |error| matches!(error, SignatureError::Encryption),
        ),
        ("-----BEGIN MARKER-----MARKERMARKER", |error| matches!(error, SignatureError::Label { .. })),
        ("-----BEGIN PRIVATE KEY-----\nMARKER==\n-----END PRIVATE KEY-----\n", |error| {
            matches!(error, SignatureError::NoPem | SignatureError::Key)
        }),
    ];
    for (pem, is_expected) in kinds {
        let error = SigningKey::from_pem(pem, None).unwrap_err();
        assert!(is_expected(&error), "{pem}: {error:?}");
        assert!(!format!("{error:?}").contains("MARKERMARKER"), "{error:?}");
    }
    // A file that asks for a terabyte of memory.
    let json = r#"{"kdf":{"name":"scrypt","params":{"N":1073741824,"r":8,"p":1},"salt":""},"cipher":{"name":"nacl/secretbox"}}"#;
    let body = STANDARD.encode(json);
    let label = COSIGN_LABELS[0];
    let pem = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    assert!(matches!(read(&pem, "").unwrap_err(), SignatureError::Encryption));
}
