//! One line of the configuration of the SSH server, as sshd reads it.

use std::fmt;

use super::{Invalid, text_newtype};
use crate::suggest::nearest;

const WHAT: &str = "line of sshd_config";

/// A line of `sshd_config`(5) that sshd starts with: a keyword and its arguments.
///
/// ```
/// use lapstrake::value::SshdLine;
///
/// assert!(SshdLine::parse("PermitRootLogin no").is_ok());
/// assert_eq!(SshdLine::parse("PermitRotLogin no").unwrap_err().help(), Some("did you mean `permitrootlogin`?"));
/// assert_eq!(SshdLine::parse("PermitRootLogin never").unwrap_err().offending(), "never");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SshdLine(String);

/// What sshd takes as the value of a keyword.
#[derive(Clone, Copy)]
enum Value {
    /// One of some words, in any case of letters.
    Word(&'static [&'static str]),
    /// A number.
    Number,
    /// A time such as `1h30m`.
    Time,
}

const FLAG: Value = Value::Word(&["yes", "no"]);

/// Keywords whose values are judged.
const JUDGED: [(&str, Value); 45] = [
    ("addressfamily", Value::Word(&["inet", "inet6", "any"])),
    ("allowagentforwarding", FLAG),
    ("allowstreamlocalforwarding", Value::Word(&["yes", "all", "no", "remote", "local"])),
    ("allowtcpforwarding", Value::Word(&["yes", "all", "no", "remote", "local"])),
    ("challengeresponseauthentication", FLAG),
    ("clientalivecountmax", Value::Number),
    ("clientaliveinterval", Value::Time),
    ("compression", Value::Word(&["yes", "delayed", "no"])),
    ("disableforwarding", FLAG),
    ("exposeauthinfo", FLAG),
    ("fingerprinthash", Value::Word(&["md5", "sha1", "sha256", "sha384", "sha512"])),
    ("gatewayports", Value::Word(&["clientspecified", "yes", "no"])),
    ("gssapiauthentication", FLAG),
    ("gssapicleanupcredentials", FLAG),
    ("hostbasedauthentication", FLAG),
    ("hostbasedusesnamefrompacketonly", FLAG),
    ("ignorerhosts", Value::Word(&["yes", "no", "shosts-only"])),
    ("ignoreuserknownhosts", FLAG),
    ("kbdinteractiveauthentication", FLAG),
    ("kerberosauthentication", FLAG),
    ("kerberosorlocalpasswd", FLAG),
    ("kerberosticketcleanup", FLAG),
    ("logingracetime", Value::Time),
    (
        "loglevel",
        Value::Word(&["quiet", "fatal", "error", "info", "verbose", "debug", "debug1", "debug2", "debug3"]),
    ),
    ("maxauthtries", Value::Number),
    ("maxsessions", Value::Number),
    ("passwordauthentication", FLAG),
    ("permitemptypasswords", FLAG),
    (
        "permitrootlogin",
        Value::Word(&["without-password", "prohibit-password", "forced-commands-only", "yes", "no"]),
    ),
    ("permittty", FLAG),
    ("permittunnel", Value::Word(&["ethernet", "point-to-point", "yes", "no"])),
    ("permituserrc", FLAG),
    ("printlastlog", FLAG),
    ("printmotd", FLAG),
    ("pubkeyauthentication", FLAG),
    ("streamlocalbindunlink", FLAG),
    ("strictmodes", FLAG),
    (
        "syslogfacility",
        Value::Word(&[
            "daemon", "user", "auth", "authpriv", "local0", "local1", "local2", "local3", "local4", "local5",
            "local6", "local7",
        ]),
    ),
    ("tcpkeepalive", FLAG),
    ("usedns", FLAG),
    ("usepam", FLAG),
    ("x11displayoffset", Value::Number),
    ("x11forwarding", FLAG),
    ("x11uselocalhost", FLAG),
    ("requiredrsasize", Value::Number),
];

/// The other keywords of OpenSSH 7.4 to 10, of its Debian and Fedora, and of the patches for fast networks. sshd ignores
/// those that it has no more.
const OTHERS: &str = "\
    acceptenv afstokenpassing allowgroups allowusers authenticationmethods authorizedkeyscommand \
    authorizedkeyscommanduser authorizedkeysfile authorizedkeysfile2 authorizedprincipalscommand \
    authorizedprincipalscommanduser authorizedprincipalsfile banner casignaturealgorithms channeltimeout checkmail \
    chrootdirectory ciphers debianbanner denygroups denyusers dsaauthentication forcecommand gssapicleanupcreds \
    gssapienablek5users gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange gssapistorecredentialsonrekey \
    gssapistrictacceptorcheck gssapiusesessioncredcache gssusesessionccache hostbasedacceptedalgorithms \
    hostbasedacceptedkeytypes hostcertificate hostdsakey hostkey hostkeyagent hostkeyalgorithms hpnbuffersize \
    hpndisabled include ipqos kerberosgetafstoken kerberostgtpassing kerberosuniqueccache kerberosusekuserok \
    kexalgorithms keyregenerationinterval listenaddress logverbose macs match maxstartups modulifile noneenabled \
    nonemacenabled pamauthenticationviakbdint permitblacklistedkeys permitlisten permitopen permituserenvironment \
    persourcemaxstartups persourcenetblocksize persourcepenalties persourcepenaltyexemptlist pidfile port protocol \
    pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthoptions rdomain refuseconnection rekeylimit \
    reversemappingcheck revokedkeys rhostsauthentication rhostsrsaauthentication rsaauthentication rsaminsize \
    securitykeyprovider serverkeybits setenv showpatchlevel skeyauthentication sshdauthpath sshdsessionpath \
    streamlocalbindmask subsystem tcprcvbuf tcprcvbufpoll trustedusercakeys unusedconnectiontimeout uselogin \
    useprivilegeseparation verifyreversemapping versionaddendum x11maxdisplays xauthlocation";

/// Keywords that no `Match` block may have.
const GLOBAL: [&str; 24] = [
    "addressfamily",
    "ciphers",
    "compression",
    "fingerprinthash",
    "hostcertificate",
    "hostkey",
    "hostkeyagent",
    "hostkeyalgorithms",
    "kexalgorithms",
    "listenaddress",
    "logingracetime",
    "macs",
    "maxstartups",
    "permituserenvironment",
    "pidfile",
    "port",
    "printlastlog",
    "printmotd",
    "strictmodes",
    "syslogfacility",
    "tcpkeepalive",
    "usedns",
    "usepam",
    "versionaddendum",
];
/// What a `Match` compares.
const CRITERIA: [&str; 11] = [
    "user",
    "group",
    "host",
    "localaddress",
    "localport",
    "rdomain",
    "address",
    "all",
    "invalid-user",
    "version",
    "sessiontype",
];

impl SshdLine {
    /// Parses a line.
    ///
    /// ```
    /// # use lapstrake::value::SshdLine;
    /// let error = SshdLine::parse("PasswordAuthentication").unwrap_err();
    /// assert_eq!(error.help(), Some("write `PasswordAuthentication VALUE`"));
    /// ```
    ///
    /// # Errors
    /// When sshd does not start with it: a keyword that it does not know, no value, or a value that it refuses.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some(at) = text.find(['\n', '\0']) {
            return Err(Invalid::new(WHAT, text, at..at + 1, "is more than one line"));
        }
        let line = text.trim();
        let invalid = |part: &str, reason: String| {
            let start = part.as_ptr().addr() - text.as_ptr().addr();
            Invalid::new(WHAT, text, start..start + part.len(), reason)
        };
        let (keyword, rest) = parts(line);
        let known = keyword.to_ascii_lowercase();
        if !is_known(&known) {
            let reason = format!("has no keyword `{}` of sshd, which does not start", keyword.escape_debug());
            let error = invalid(keyword, reason);
            let names = JUDGED.iter().map(|(name, _)| *name).chain(OTHERS.split_whitespace());
            return Err(match nearest(&known, names) {
                Some(near) => error.or(format!("did you mean `{near}`?")),
                None => error.or("write `PermitRootLogin no`"),
            });
        }
        let arguments = arguments(rest);
        let Some(first) = arguments.first() else {
            let error = invalid(line, "has no value, and sshd does not start".to_owned());
            return Err(error.or(format!("write `{keyword} VALUE`")));
        };
        if known == "match" {
            let criterion = first.trim_matches('"').split('=').next().unwrap_or_default();
            if !CRITERIA.contains(&criterion.to_ascii_lowercase().as_str()) {
                let reason = format!("matches `{}`, which sshd does not know", criterion.escape_debug());
                let error = invalid(first, reason);
                return Err(match nearest(criterion, CRITERIA) {
                    Some(near) => error.or(format!("did you mean `{near}`?")),
                    None => error,
                });
            }
        }
        let Some((_, value)) = JUDGED.iter().find(|(name, _)| *name == known) else {
            return Ok(Self(line.to_owned()));
        };
        let given = first.trim_matches('"');
        if let Some(expected) = value.refuses(given) {
            let reason = format!("has the value `{}`, and sshd takes {expected}", given.escape_debug());
            let error = invalid(first, reason);
            return Err(match value {
                Value::Word(words) => match nearest(given, words.iter().copied()) {
                    Some(near) => error.or(format!("did you mean `{near}`?")),
                    None => error,
                },
                Value::Number | Value::Time => error,
            });
        }
        match arguments.get(1) {
            Some(more) => Err(invalid(more, format!("has more than one value for `{keyword}`"))),
            None => Ok(Self(line.to_owned())),
        }
    }

    /// Returns the keyword in small letters.
    ///
    /// ```
    /// # use lapstrake::value::SshdLine;
    /// assert_eq!(SshdLine::parse("Match User admin").unwrap().keyword(), "match");
    /// ```
    pub fn keyword(&self) -> String {
        parts(&self.0).0.to_ascii_lowercase()
    }

    /// Returns whether the line may follow a `Match`.
    ///
    /// ```
    /// # use lapstrake::value::SshdLine;
    /// assert!(SshdLine::parse("PasswordAuthentication no").unwrap().is_for_match());
    /// assert!(!SshdLine::parse("Port 22").unwrap().is_for_match());
    /// ```
    pub fn is_for_match(&self) -> bool {
        !GLOBAL.contains(&self.keyword().as_str())
    }
}

impl Value {
    /// Returns what is expected instead of a value that sshd refuses.
    fn refuses(self, given: &str) -> Option<String> {
        match self {
            Self::Word(words) => {
                let is_known = words.iter().any(|word| word.eq_ignore_ascii_case(given));
                let (last, first) = words.split_last()?;
                let first: Vec<_> = first.iter().map(|word| format!("`{word}`")).collect();
                (!is_known).then(|| format!("{} or `{last}`", first.join(", ")))
            }
            Self::Number => given.parse::<u32>().is_err().then(|| "a number".to_owned()),
            Self::Time => (!is_time(given)).then(|| "a time, such as `90` or `1h30m`".to_owned()),
        }
    }
}

fn is_known(keyword: &str) -> bool {
    JUDGED.iter().any(|(name, _)| *name == keyword) || OTHERS.split_whitespace().any(|name| name == keyword)
}

/// Returns the keyword and what follows it. A `=` may part them.
fn parts(line: &str) -> (&str, &str) {
    let end = line.find([' ', '\t', '=']).unwrap_or(line.len());
    let rest = line[end..].trim_start();
    (&line[..end], rest.strip_prefix('=').unwrap_or(rest).trim_start())
}

/// Returns the arguments, with their quotes, up to a comment.
fn arguments(rest: &str) -> Vec<&str> {
    let mut arguments = Vec::new();
    let mut rest = rest.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let mut quote = None;
        let end = rest.find(|c: char| {
            match quote {
                Some(open) if c == open => quote = None,
                None if matches!(c, '"' | '\'') => quote = Some(c),
                Some(_) | None => {}
            }
            quote.is_none() && matches!(c, ' ' | '\t')
        });
        let (argument, after) = rest.split_at(end.unwrap_or(rest.len()));
        arguments.push(argument);
        rest = after.trim_start();
    }
    arguments
}

/// Whether sshd takes a text for a time: numbers, each with an optional unit.
fn is_time(text: &str) -> bool {
    let mut digits = 0;
    for c in text.chars() {
        match c {
            '0'..='9' => digits += 1,
            's' | 'S' | 'm' | 'M' | 'h' | 'H' | 'd' | 'D' | 'w' | 'W' if digits > 0 => digits = 0,
            _ => return false,
        }
    }
    !text.is_empty()
}

impl fmt::Display for SshdLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(SshdLine);
