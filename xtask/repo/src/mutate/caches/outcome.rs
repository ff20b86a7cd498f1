//! Judges a build after a file was damaged.

use std::fmt;

/// What a build did, as far as the verdict needs it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) code: Option<i32>,
    pub(super) stderr: String,
    /// Whether the images are the ones of before.
    pub(super) same_images: bool,
    /// The blob of an image whose bytes do not have its digest, or that is absent.
    pub(super) bad_blob: Option<String>,
    /// Whether the file still has the damaged bytes.
    pub(super) still_damaged: bool,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The build reported the damage, and the images are right.
    Healed,
    /// The build failed with help.
    Refused,
    /// The damage was not noticed, or not reported.
    Missed(String),
}

/// Judges a build after the file of that name was damaged.
pub(super) fn judge(seen: &Seen, name: &str) -> Outcome {
    let missed = |why: &str| Outcome::Missed(why.to_owned());
    match seen.code {
        Some(0) if !seen.same_images => missed("exit 0 with another image"),
        Some(0) => match &seen.bad_blob {
            Some(blob) => Outcome::Missed(format!("exit 0, and blob {} is wrong or absent", short(blob))),
            None if seen.still_damaged => missed("exit 0, and the file is still damaged"),
            None if !reports(&seen.stderr, name) => missed("healed without a line that says so"),
            None => Outcome::Healed,
        },
        Some(_) if seen.stderr.contains("help:") => Outcome::Refused,
        Some(code) => {
            let first = seen.stderr.lines().next().unwrap_or("no output");
            Outcome::Missed(format!("exit {code} without help: {first}"))
        }
        None => missed("killed by a signal"),
    }
}

/// Whether a line says that the file of that name is damaged. A digest may be shortened to 12 digits.
fn reports(stderr: &str, name: &str) -> bool {
    stderr.lines().any(|line| line.contains("damaged") && line.contains(short(name)))
}

fn short(name: &str) -> &str {
    name.get(..12).unwrap_or(name)
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healed => f.write_str("healed"),
            Self::Refused => f.write_str("refused"),
            Self::Missed(why) => write!(f, "MISSED: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> Seen {
        let stderr = "     Healing layer record `0123456789ab…` is damaged".to_owned();
        Seen { code: Some(0), stderr, same_images: true, bad_blob: None, still_damaged: false }
    }

    #[test]
    fn damage_is_healed_with_a_line_or_refused_with_help() {
        let name = "0123456789abcdef";
        assert_eq!(judge(&seen(), name), Outcome::Healed);
        let refused = Seen { code: Some(3), stderr: "error: x\n  help: y".to_owned(), ..seen() };
        assert_eq!(judge(&refused, name), Outcome::Refused);
    }

    #[test]
    fn everything_else_is_missed() {
        for missed in [
            Seen { same_images: false, ..seen() },
            Seen { bad_blob: Some("aa".to_owned()), ..seen() },
            Seen { still_damaged: true, ..seen() },
            Seen { stderr: "Finished plain".to_owned(), ..seen() },
            Seen { code: Some(101), stderr: "thread 'main' panicked".to_owned(), ..seen() },
            Seen { code: None, ..seen() },
        ] {
            assert!(matches!(judge(&missed, "0123456789abcdef"), Outcome::Missed(_)), "{missed:?}");
        }
        assert!(matches!(judge(&seen(), "another-file"), Outcome::Missed(_)), "the line names another file");
    }
}
