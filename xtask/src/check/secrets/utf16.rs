//! Text in UTF-16, with a mark of the order of its bytes or without.

/// A larger text is not configuration, in bytes.
const TEXT_MAX: usize = 2 << 20;
/// So many bytes decide whether a file without a mark is text.
const SAMPLE: usize = 512;

/// Returns a text in UTF-16 as UTF-8.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    if bytes.len() > TEXT_MAX || bytes.len() < 4 {
        return None;
    }
    let (read, rest): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        // Without a mark, text of ASCII has a NUL in each pair.
        _ if is_ascii(bytes, 0, 1) => (u16::from_le_bytes, bytes),
        _ if is_ascii(bytes, 1, 0) => (u16::from_be_bytes, bytes),
        _ => return None,
    };
    let units = rest.as_chunks::<2>().0.iter().map(|pair| read(*pair));
    Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// Whether each pair begins with a character of ASCII and a NUL at these places.
fn is_ascii(bytes: &[u8], text: usize, nul: usize) -> bool {
    let pairs = bytes[..SAMPLE.min(bytes.len())].as_chunks::<2>().0;
    pairs.iter().all(|pair| pair[nul] == 0 && matches!(pair[text], b'\t' | b'\n' | b'\r' | b' '..=b'~'))
}
