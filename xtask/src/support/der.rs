//! Values of ASN.1 as DER writes them.

/// A value: its tag, and what is in it.
type Value<'a> = (u8, &'a [u8]);

/// Returns the value at the start of some bytes, and what follows it. Lengths are definite and below 16 MiB.
pub(crate) fn value(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(((tag, content), rest))
}
