//! Passwords and tokens in files whose format says what they are: what a name before them and the file around them make
//! certain.

use super::{SecretKind, token};

/// What kind of file some text is, by what only such files have.
#[derive(Clone, Copy, Default)]
pub(super) struct Formats {
    netrc: bool,
    my_cnf: bool,
    cargo: bool,
    network_manager: bool,
    azure: bool,
}

impl Formats {
    pub(super) fn of(text: &[u8]) -> Self {
        let has = |wanted: &[u8]| text.windows(wanted.len()).any(|window| window == wanted);
        let starts_line = |wanted: &[u8]| {
            text.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_start().starts_with(wanted))
        };
        Self {
            netrc: has(b"login ") && has(b"password ") && starts_line(b"machine "),
            my_cnf: ["[client]", "[mysql]", "[mysqldump]"].iter().any(|name| starts_line(name.as_bytes())),
            cargo: starts_line(b"[registry]") || starts_line(b"[registries."),
            network_manager: starts_line(b"[connection]")
                || ["[vpn-secrets]", "[802-1x]", "[gsm]"].iter().any(|name| starts_line(name.as_bytes())),
            azure: has(b"AccountKey=") || has(b"SharedAccessKey="),
        }
    }

    /// Returns the secret of a line.
    pub(super) fn secret(self, line: &[u8]) -> Option<SecretKind> {
        if line.starts_with(b"#") || line.starts_with(b";") {
            return None;
        }
        if self.netrc && (line.starts_with(b"machine ") || line.starts_with(b"password ")) {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.find(|word| *word == b"password")?;
            return words.next().filter(|value| is_given(value)).map(|_| SecretKind::Password);
        }
        if self.azure && has_azure_key(line) {
            return Some(SecretKind::AzureKey);
        }
        if is_npm_login(line) {
            return Some(SecretKind::NpmToken);
        }
        let equals = line.iter().position(|byte| *byte == b'=');
        let (name, value) = match equals {
            Some(at) => (line.get(..at)?.trim_ascii(), unquoted(line.get(at + 1..)?)),
            None => (&b""[..], line),
        };
        let is_secret = match name {
            b"password" => (self.my_cnf || self.network_manager) && is_given(value),
            b"token" => self.cargo && is_given(value) && value.len() >= 20,
            // pip.conf, and a line of git-credentials.
            b"index-url" | b"extra-index-url" | b"" => has_login(value, name.is_empty()),
            _ => false,
        };
        is_secret.then_some(SecretKind::Password)
    }
}

fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    quoted.or_else(|| value.strip_prefix(b"'")?.strip_suffix(b"'")).unwrap_or(value)
}

/// Whether a value is a secret, and not a place for it: `${TOKEN}`, `<token>`, `%(token)s`, `@TOKEN@`, `****`.
fn is_given(value: &[u8]) -> bool {
    let is_place = |byte: &u8| b"$<>{}%@*".contains(byte);
    let lower = value.to_ascii_lowercase();
    let words: [&[u8]; 7] =
        [b"password", b"secret", b"changeme", b"change_me", b"example", b"placeholder", b"your"];
    let is_word = words.iter().any(|word| lower.starts_with(word));
    let first = value.first();
    value.len() >= 4
        && !is_word
        && !value.first().is_some_and(is_place)
        && value.iter().any(|byte| Some(byte) != first)
}

/// `//registry.example/:_authToken=…`, `_password=…` of .npmrc.
fn is_npm_login(line: &[u8]) -> bool {
    let login = [&b":_authToken="[..], b":_password="].into_iter().find_map(|name| {
        let at = line.windows(name.len()).position(|window| window == name)?;
        line.get(at + name.len()..)
    });
    // A token with a shape of its own is found by that.
    line.starts_with(b"//")
        && login.map(unquoted).is_some_and(|value| is_given(value) && token::at(value, 0).is_none())
}

/// Whether a URL has a user and a password.
fn has_login(url: &[u8], is_whole_line: bool) -> bool {
    let Some(rest) = url.strip_prefix(b"https://").or_else(|| url.strip_prefix(b"http://")) else {
        return false;
    };
    let authority = rest.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next().unwrap_or_default();
    let Some(at) = authority.iter().rposition(|byte| *byte == b'@') else { return false };
    let mut login = authority[..at].splitn(2, |byte| *byte == b':');
    let (user, password) = (login.next().unwrap_or_default(), login.next().unwrap_or_default());
    let is_text = |byte: &u8| byte.is_ascii_graphic() && !b"\"'`,()".contains(byte);
    // A line that is a URL may be of a list of examples.
    let is_random = password.len() >= 20 && password.iter().any(u8::is_ascii_digit);
    !user.is_empty() && url.iter().all(is_text) && is_given(password) && (!is_whole_line || is_random)
}

/// Whether a connection string has a key of Azure. The key of the emulator is nobody's.
fn has_azure_key(line: &[u8]) -> bool {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    if line.windows(16).any(|window| window == b"devstoreaccount1") {
        return false;
    }
    [(&b"AccountKey="[..], 88), (b"SharedAccessKey=", 44)].into_iter().any(|(name, length)| {
        let Some(at) = line.windows(name.len()).position(|window| window == name) else { return false };
        let key = &line[at + name.len()..];
        let key = &key[..key.iter().take_while(|byte| is_inside(byte)).count()];
        key.len() == length && key.ends_with(b"=") && key.iter().any(u8::is_ascii_digit)
    })
}
