//! Quotes words of commands that a person pastes into a shell.

/// Returns a word as a POSIX shell reads it: as it is, or in single quotes.
pub(crate) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-+./:=@%,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn a_shell_reads_each_word_as_it_was() {
        for text in ["plain/path.1", "", "two words", "it's", "$HOME", "a;b", "`x`", "tab\there", "ü"] {
            let script = format!("printf %s {}", word(text));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
        assert_eq!(word("target/lapstrake/context"), "target/lapstrake/context");
    }
}
