//! The names in a compiled policy (`policy.NN`): booleans, types and attributes.
//!
//! A record of each begins with numbers of 32 bits and its name follows them (libsepol, `policydb_read`). All places that
//! have this form are taken, so that a few fragments of other records are among the names, and none of the names is missing.

use std::collections::BTreeSet;

/// The names of a policy.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    pub(super) booleans: BTreeSet<&'a str>,
    pub(super) types: BTreeSet<&'a str>,
}

/// The longest name, in bytes.
const LONGEST: usize = 255;
/// The most records of one kind: a policy has some thousands.
const MOST: u32 = 1 << 20;
/// The flags of a type: primary, attribute, alias, permissive.
const FLAGS: u32 = 1 << 4;

/// Returns the names of a policy.
pub(super) fn names(policy: &[u8]) -> Names<'_> {
    let mut names = Names::default();
    let mut start = 0;
    while let Some(found) = policy[start..].iter().position(u8::is_ascii_alphabetic) {
        let at = start + found;
        let length = policy[at..].iter().take(LONGEST).take_while(|byte| is_of_name(**byte)).count();
        let name = |length: u32| {
            let length = usize::try_from(length).ok().filter(|short| (1..=LONGEST).contains(short))?;
            let bytes = policy.get(at..at + length)?;
            let is_name = bytes.iter().all(|byte| is_of_name(*byte));
            std::str::from_utf8(bytes).ok().filter(|_| is_name)
        };
        // The value, the state and the length of a boolean.
        if let Some([value, state, length]) = numbers(policy, at)
            && (1..MOST).contains(&value)
            && state <= 1
        {
            names.booleans.extend(name(length));
        }
        // The length, the value, the flags and the bounds of a type.
        if let Some([length, value, flags, bounds]) = numbers(policy, at)
            && (1..MOST).contains(&value)
            && flags < FLAGS
            && bounds < MOST
        {
            names.types.extend(name(length));
        }
        // The number before a name ends with a zero, so that no name starts within a run of letters.
        start = at + length;
    }
    names
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')
}

/// Returns the numbers before a place.
fn numbers<const N: usize>(policy: &[u8], at: usize) -> Option<[u32; N]> {
    let bytes = policy.get(at.checked_sub(4 * N)?..at)?;
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|number| u32::from_le_bytes(*number)).collect::<Vec<_>>().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(numbers: &[u32], name: &str) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).chain(name.bytes()).collect()
    }

    #[test]
    fn booleans_and_types_are_found_by_their_records() {
        let length = |name: &str| u32::try_from(name.len()).unwrap();
        let boolean = |value, name| record(&[value, 1, length(name)], name);
        let file_type = |value, name| record(&[length(name), value, 1, 0], name);
        // 0x61 is an `a`, and a number has it before the second boolean.
        let policy = [
            boolean(1, "web_can"),
            boolean(0x61, &"b".repeat(0x61)),
            file_type(1, "etc_t"),
            file_type(2, "web_t"),
            record(&[1, 2, 5], "other"),
        ]
        .concat();
        let names = names(&policy);
        assert!(names.booleans.contains("web_can") && names.booleans.contains(&*"b".repeat(0x61)));
        assert!(names.types.contains("etc_t") && names.types.contains("web_t"));
        assert!(!names.booleans.contains("etc_t") && !names.types.contains("web_can"));
        assert!(!names.types.contains("web") && !names.booleans.contains("other"));
    }

    #[test]
    fn what_is_not_a_policy_has_no_names() {
        for bytes in [&b""[..], b"a", b"\0\0\0\0\0\0\0\0\0\0\0\0a", &[0xff; 100], &[b'a'; 1000]] {
            let names = names(bytes);
            assert!(names.booleans.is_empty(), "{bytes:?}: {names:?}");
        }
    }
}
