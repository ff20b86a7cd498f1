//! File capabilities, as the kernel stores them. Only the encoding that every engine keeps: version 2,
//! without a user namespace's root.

use std::fmt;

use super::{Invalid, text_newtype};
use crate::suggest::nearest;

const WHAT: &str = "capabilities";
/// `VFS_CAP_REVISION_2` and `VFS_CAP_FLAGS_EFFECTIVE` of linux/capability.h.
const REVISION_2: u32 = 0x0200_0000;
const EFFECTIVE: u32 = 1;

/// capabilities(7) by their bit number.
const NAMES: [&str; 41] = [
    "cap_chown",
    "cap_dac_override",
    "cap_dac_read_search",
    "cap_fowner",
    "cap_fsetid",
    "cap_kill",
    "cap_setgid",
    "cap_setuid",
    "cap_setpcap",
    "cap_linux_immutable",
    "cap_net_bind_service",
    "cap_net_broadcast",
    "cap_net_admin",
    "cap_net_raw",
    "cap_ipc_lock",
    "cap_ipc_owner",
    "cap_sys_module",
    "cap_sys_rawio",
    "cap_sys_chroot",
    "cap_sys_ptrace",
    "cap_sys_pacct",
    "cap_sys_admin",
    "cap_sys_boot",
    "cap_sys_nice",
    "cap_sys_resource",
    "cap_sys_time",
    "cap_sys_tty_config",
    "cap_mknod",
    "cap_lease",
    "cap_audit_write",
    "cap_audit_control",
    "cap_setfcap",
    "cap_mac_override",
    "cap_mac_admin",
    "cap_syslog",
    "cap_wake_alarm",
    "cap_block_suspend",
    "cap_audit_read",
    "cap_perfmon",
    "cap_bpf",
    "cap_checkpoint_restore",
];

/// The capabilities of a program, in one clause of `cap_from_text(3)`: names, `=` or `+`, and some of
/// `e`, `i`, `p`.
///
/// A capability is written as capabilities(7) has it, in any case; the flags hold for all of them.
///
/// ```
/// use lapstrake::value::Capabilities;
///
/// let caps = Capabilities::parse("cap_net_bind_service,cap_net_raw=ep").unwrap();
/// assert_eq!(caps.to_string(), "cap_net_bind_service,cap_net_raw=ep");
/// assert_eq!(caps.to_xattr()[..4], [1, 0, 0, 2]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capabilities {
    permitted: u64,
    inheritable: u64,
    effective: bool,
}

impl Capabilities {
    /// Parses a clause such as `cap_net_raw=ep`; one clause, and no `all`.
    ///
    /// ```
    /// # use lapstrake::value::Capabilities;
    /// let error = Capabilities::parse("cap_net_row=ep").unwrap_err();
    /// assert_eq!(error.offending(), "cap_net_row");
    /// assert_eq!(error.help(), Some("write `cap_net_raw=ep`"));
    /// ```
    ///
    /// # Errors
    /// When a name is not a capability, or the flags are not `e`, `i`, `p`; an effective capability that is
    /// neither permitted nor inheritable has no encoding.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let Some(at) = text.find(['=', '+']) else {
            let error = Invalid::whole(WHAT, text, "lacks its flags");
            let meant = format!("{text}=ep");
            return Err(error.or_write(&meant, Self::parse));
        };
        let (names, flags) = (&text[..at], &text[at + 1..]);
        let mut bits = 0;
        let mut start = 0;
        for name in names.split(',') {
            let part = start..start + name.len();
            start = part.end + 1;
            let Some(bit) = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name)) else {
                if names.is_empty() {
                    return Err(Invalid::new(WHAT, text, part, "names no capability"));
                }
                let reason = format!("has `{}`, which capabilities(7) does not list", name.escape_debug());
                let error = Invalid::new(WHAT, text, part.clone(), reason);
                // All have the prefix; a likeness of that says nothing.
                let bare = |name: &'static str| name.trim_start_matches("cap_");
                let lower = name.to_ascii_lowercase();
                return Err(match nearest(lower.trim_start_matches("cap_"), NAMES.map(bare)) {
                    Some(meant) => {
                        let meant = format!("{}cap_{meant}{}", &text[..part.start], &text[part.end..]);
                        error.or_write(&meant, Self::parse)
                    }
                    None => error,
                });
            };
            bits |= 1 << bit;
        }
        let flag = |flag| flags.contains(flag);
        if let Some(wrong) = flags.find(|c| !"eip".contains(c)) {
            let reason = "has a flag other than `e`, `i`, `p`";
            return Err(Invalid::new(WHAT, text, at + 1 + wrong..text.len(), reason).or("write `=ep`"));
        }
        if !flag('p') && !flag('i') {
            let reason = "grants nothing: neither permitted nor inheritable";
            return Err(Invalid::new(WHAT, text, at..text.len(), reason).or("write `=ep`"));
        }
        let only_if = |wanted: bool| if wanted { bits } else { 0 };
        Ok(Self { permitted: only_if(flag('p')), inheritable: only_if(flag('i')), effective: flag('e') })
    }

    /// The value of the `security.capability` extended attribute: `struct vfs_cap_data`, revision 2,
    /// little-endian (linux/capability.h).
    ///
    /// ```
    /// # use lapstrake::value::Capabilities;
    /// let xattr = Capabilities::parse("cap_chown=p").unwrap().to_xattr();
    /// assert_eq!(xattr[..8], [0, 0, 0, 2, 1, 0, 0, 0]);
    /// ```
    #[expect(clippy::cast_possible_truncation, reason = "each set is stored as two 32-bit halves")]
    pub fn to_xattr(self) -> [u8; 20] {
        let words = [
            REVISION_2 | if self.effective { EFFECTIVE } else { 0 },
            self.permitted as u32,
            self.inheritable as u32,
            (self.permitted >> 32) as u32,
            (self.inheritable >> 32) as u32,
        ];
        let mut bytes = [0; 20];
        for (chunk, word) in bytes.chunks_exact_mut(4).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The capabilities that a `security.capability` attribute of revision 2 grants; one of revision 3 is
    /// of a user namespace, and of none outside of it.
    ///
    /// ```
    /// # use lapstrake::value::Capabilities;
    /// let caps = Capabilities::parse("cap_net_raw=ep").unwrap();
    /// assert_eq!(Capabilities::from_xattr(&caps.to_xattr()), Some(caps));
    /// assert_eq!(Capabilities::from_xattr(b"damaged"), None);
    /// ```
    pub fn from_xattr(value: &[u8]) -> Option<Self> {
        let value: &[u8; 20] = value.try_into().ok()?;
        let mut words = value
            .chunks_exact(4)
            .map(|word| word.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)));
        let mut next = || words.next().unwrap_or_default();
        let (flags, low_permitted, low_inheritable) = (next(), next(), next());
        let (permitted, inheritable) = (low_permitted | next() << 32, low_inheritable | next() << 32);
        let effective = flags & u64::from(EFFECTIVE) != 0;
        let revision = flags & !u64::from(EFFECTIVE);
        (revision == u64::from(REVISION_2)).then_some(Self { permitted, inheritable, effective })
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.permitted | self.inheritable;
        let names: Vec<_> =
            NAMES.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, name)| *name).collect();
        let flag = |on: bool, flag| if on { flag } else { "" };
        write!(
            f,
            "{}={}{}{}",
            names.join(","),
            flag(self.effective, "e"),
            flag(self.inheritable != 0, "i"),
            flag(self.permitted != 0, "p")
        )
    }
}

text_newtype!(Capabilities);
