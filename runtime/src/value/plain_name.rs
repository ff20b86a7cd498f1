//! The rule that plain names share: letters, digits and a few signs, a letter or digit first.

use super::Invalid;

/// A kind of plain name.
pub(super) struct PlainName {
    pub(super) what: &'static str,
    /// The most bytes it may have.
    pub(super) most: usize,
    /// The signs it may have beside letters and digits.
    pub(super) signs: &'static [char],
    /// What to write for a character that it may not have.
    pub(super) instead: char,
}

impl PlainName {
    /// Whether `text` is one.
    pub(super) fn check(&self, text: &str) -> Result<(), Invalid> {
        let Self { what, most, signs, instead } = *self;
        if text.is_empty() || text.len() > most {
            return Err(Invalid::whole(what, text, format!("has not between 1 and {most} bytes")));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || signs.contains(&c);
        if let Some((at, wrong)) = text.char_indices().find(|&(_, c)| !allowed(c)) {
            let meant: String = text.chars().map(|c| if allowed(c) { c } else { instead }).collect();
            let signs: Vec<_> = signs.iter().map(|sign| format!("`{sign}`")).collect();
            let signs = match signs.split_last() {
                Some((last, [])) => format!("digits and {last}"),
                Some((last, others)) => format!("digits, {} and {last}", others.join(", ")),
                None => "digits".to_owned(),
            };
            let reason = format!("has `{}`; letters, {signs} are allowed", wrong.escape_debug());
            let error = Invalid::new(what, text, at..at + wrong.len_utf8(), reason);
            return Err(error.or_write(&meant, |meant| self.check(meant)));
        }
        if text.starts_with(signs) {
            return Err(Invalid::new(what, text, 0..1, "does not start with a letter or digit"));
        }
        Ok(())
    }
}
