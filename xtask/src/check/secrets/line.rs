//! Secrets that a text of configuration holds: what they are is in the name before them, or in the file
//! around them.

use serde_json::Value;

use super::SecretKind;
use super::password::Formats;

/// A text larger than this, in bytes, is not configuration.
const TEXT_MAX: usize = 1 << 20;
/// The methods of crypt(5) that are in use.
const METHODS: [&[u8]; 8] = [b"y", b"gy", b"7", b"6", b"5", b"1", b"2b", b"2y"];
const HASH_MIN: usize = 20;

/// The secrets of a text, each with where it is.
pub(super) fn secrets(bytes: &[u8]) -> impl Iterator<Item = (SecretKind, usize)> {
    let text = if bytes.len() <= TEXT_MAX { bytes } else { &[] };
    let around = Around {
        network_manager: contains(text, b"[wifi-security]"),
        wpa_supplicant: contains(text, b"network={") && contains(text, b"ssid="),
    };
    let formats = Formats::of(text);
    let mut at = 0;
    let lines = text.split(|byte| *byte == b'\n').filter_map(move |line| {
        let start = at;
        at += line.len() + 1;
        let line = line.trim_ascii();
        Some((around.secret(line).or_else(|| formats.secret(line))?, start))
    });
    lines.chain(registry_login(text).map(|at| (SecretKind::RegistryLogin, at)))
}

/// What kind of file a line is in.
#[derive(Clone, Copy)]
struct Around {
    network_manager: bool,
    wpa_supplicant: bool,
}

impl Around {
    fn secret(self, line: &[u8]) -> Option<SecretKind> {
        if is_account_with_hash(line) {
            return Some(SecretKind::PasswordHash);
        }
        let equals = line.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (line.get(..equals)?.trim_ascii(), line.get(equals + 1..)?.trim_ascii());
        match name {
            b"psk" if (self.network_manager || self.wpa_supplicant) && !value.is_empty() => {
                Some(SecretKind::WifiPassword)
            }
            // systemd.netdev(5) and wg(8), NetworkManager.
            b"PrivateKey" | b"private-key" if is_wireguard_key(value) => Some(SecretKind::WireGuardKey),
            _ => None,
        }
    }
}

/// `name:$method$…`, as shadow(5) and chpasswd(8) have it. A `!` before the hash locks the account and
/// keeps the hash.
fn is_account_with_hash(line: &[u8]) -> bool {
    let mut fields = line.split(|byte| *byte == b':');
    let (Some(name), Some(hash)) = (fields.next(), fields.next()) else { return false };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let hash = hash.strip_prefix(b"!").unwrap_or(hash);
    let mut parts = hash.split(|byte| *byte == b'$');
    let of_crypt = parts.next() == Some(b"") && parts.next().is_some_and(|method| METHODS.contains(&method));
    let is_hash = |byte: &u8| byte.is_ascii_alphanumeric() || b"./$=,".contains(byte);
    !name.is_empty()
        && name.iter().all(is_name)
        && of_crypt
        && hash.len() >= HASH_MIN
        && hash.iter().all(is_hash)
}

/// 32 bytes in base64.
fn is_wireguard_key(value: &[u8]) -> bool {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    let key = value.strip_suffix(b"=").filter(|key| key.len() == 43 && key.iter().all(inside));
    // A placeholder of one character is none.
    key.is_some_and(|key| key.iter().any(|byte| Some(byte) != key.first()))
}

/// Where the login is in a file of containers-auth.json(5), which `docker login` writes too.
fn registry_login(text: &[u8]) -> Option<usize> {
    if text.trim_ascii_start().first() != Some(&b'{') || !contains(text, b"\"auths\"") {
        return None;
    }
    let login: Value = serde_json::from_slice(text).ok()?;
    let given = |login: &Value| {
        let is = |name: &str| login.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        ["auth", "identitytoken", "password"].into_iter().find(|name| is(name))
    };
    let name = login.get("auths")?.as_object()?.values().find_map(given)?;
    find(text, format!("\"{name}\"").as_bytes())
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    find(text, wanted).is_some()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
