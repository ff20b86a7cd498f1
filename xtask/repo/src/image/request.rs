//! What is asked for: the command, the images it names, and all else, which is not ours to understand.

/// The options of `image` that take the next word as their value, so that a value is not taken for an image.
pub(super) const WITH_VALUE: [&str; 25] = [
    "--base",
    "--color",
    "--compression",
    "--engine",
    EXECUTE,
    "--fail-on",
    "--features",
    "--format",
    "--jobs",
    "--keep",
    "--max-download",
    "--memory",
    "--only",
    "--output",
    "--profile",
    "--progress",
    "--skip",
    "--tag",
    "--target",
    "--target-dir",
    "--timeout",
    "--tls-verify",
    "-F",
    "-j",
    "-o",
];

/// The options of them that say where a result goes. Several examples would write over one another's.
const OUTPUT: [&str; 2] = ["--output", "-o"];

/// The commands that take any number of images, and all of them when none is named.
const OF_ALL: [&str; 6] = ["build", "check", "emit", "list", "lock", "plan"];

/// The commands that work on one.
const OF_ONE: [&str; 9] = ["boot", "deploy", "diff", "disk", "push", "seal", "sign", "status", "verify"];

/// The option after which all is a command for a system that was booted.
const EXECUTE: &str = "--execute";

/// The command line, cut up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// `build`, `plan`, …
    pub(super) verb: Option<String>,
    /// What follows it.
    pub(super) words: Vec<Word>,
}

/// A word after the command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A name or a glob of images.
    Image(String),
    /// An option, the value of one, a reference: handed on untouched.
    Other(String),
    /// Any word of a command that runs in an image.
    Command(String),
}

impl Request {
    pub(super) fn parse(args: &[String]) -> Self {
        let mut args = args.iter();
        // Options before the command are handed on with it, in their place.
        let verb = args.as_slice().first().filter(|verb| !verb.starts_with('-')).cloned();
        if verb.is_some() {
            args.next();
        }
        let takes_all = verb.as_deref().is_some_and(|verb| OF_ALL.contains(&verb));
        let mut words = Vec::new();
        let mut is_value = false;
        let mut may_name = verb.is_some();
        for arg in args.by_ref() {
            let names = may_name && !is_value && !arg.starts_with('-') && !arg.contains([':', '/']);
            words.push(if names { Word::Image(arg.clone()) } else { Word::Other(arg.clone()) });
            // `push IMAGE REFERENCE`: of other commands, the first word alone is an image's name.
            may_name &= (takes_all || !names) && arg != "--";
            if !is_value && arg == EXECUTE {
                break;
            }
            is_value = !is_value && WITH_VALUE.contains(&arg.as_str());
        }
        words.extend(args.cloned().map(Word::Command));
        Self { verb, words }
    }

    /// Whether it is about no image: a question how to ask, or a command that there is not. One example
    /// can answer that as well as all.
    pub(super) fn is_about_none(&self) -> bool {
        !self.takes_all() && !self.verb.as_deref().is_some_and(|verb| OF_ONE.contains(&verb))
            || self.words.iter().any(|word| matches!(word, Word::Other(o) if o == "--help" || o == "-h"))
    }

    /// Whether it names an image.
    pub(super) fn names_any(&self) -> bool {
        self.words.iter().any(|word| matches!(word, Word::Image(_)))
    }

    /// Whether the command works on everything when no image is named.
    pub(super) fn takes_all(&self) -> bool {
        self.verb.as_deref().is_some_and(|verb| verb == "gc" || OF_ALL.contains(&verb))
    }

    /// The option that puts the result in one place, if one does.
    pub(super) fn output(&self) -> Option<&'static str> {
        let others: Vec<_> = self.words.iter().filter_map(Word::other).collect();
        OUTPUT.into_iter().find(|option| {
            others.iter().any(|other| match other.strip_prefix(option) {
                // `-oDIR` is one word.
                Some(rest) => rest.is_empty() || rest.starts_with('=') || option.len() == 2,
                None => false,
            })
        })
    }

    /// Whether the result is one JSON document, which several can't be printed after one another.
    pub(super) fn is_one_document(&self) -> bool {
        let others: Vec<_> = self.words.iter().filter_map(Word::other).collect();
        let separate = others.windows(2).filter(|pair| pair[0] == "--format").map(|pair| pair[1]);
        let joined = others.iter().filter_map(|other| other.strip_prefix("--format="));
        separate.chain(joined).any(|format| format != "text")
    }
}

impl Word {
    fn other(&self) -> Option<&str> {
        match self {
            Self::Other(other) => Some(other),
            Self::Image(_) | Self::Command(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> Request {
        Request::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn named(line: &str) -> Vec<String> {
        let images = request(line).words.into_iter();
        images.filter_map(|word| if let Word::Image(name) = word { Some(name) } else { None }).collect()
    }

    #[test]
    fn an_image_is_told_from_the_value_of_an_option() {
        assert_eq!(named("build --profile dev sensord -v --features=can"), ["sensord"]);
        assert_eq!(named("build -v sensord"), ["sensord"]);
        assert_eq!(named("build --base oci:bases/autosd:1 cockpit sensord"), ["cockpit", "sensord"]);
        assert_eq!(named("plan cockpit-*"), ["cockpit-*"]);
    }

    #[test]
    fn what_follows_the_image_of_a_push_is_not_another() {
        assert_eq!(named("push sensord stable"), ["sensord"]);
        assert_eq!(named("push registry.example/sensord:1"), [""; 0]);
        assert_eq!(named("sign registry.example/sensord:1"), [""; 0]);
        assert_eq!(named("verify sensord stable"), ["sensord"]);
        assert_eq!(named("diff --fail-on downgrade oci:old:1 sensord"), ["sensord"]);
    }

    #[test]
    fn what_is_run_in_an_image_names_none_and_asks_nothing() {
        let line = "boot sensord --timeout 60 --execute df --help --format json *";
        assert_eq!(named(line), ["sensord"]);
        assert!(!request(line).is_about_none() && !request(line).is_one_document());
        assert_eq!(named("boot --execute systemctl is-active sensord"), [""; 0]);
        assert!(request("boot --format json --execute true").is_one_document());
    }

    #[test]
    fn no_word_is_lost_and_their_order_is_kept() {
        for rest in ["--profile dev sensord --format json -- x", "sensord --execute ls -- -h"] {
            let words = request(&format!("build {rest}")).words.into_iter().map(|word| match word {
                Word::Image(word) | Word::Other(word) | Word::Command(word) => word,
            });
            assert_eq!(words.collect::<Vec<_>>().join(" "), rest);
        }
    }

    #[test]
    fn a_question_how_to_ask_is_about_no_image() {
        for line in ["", "--help", "help", "build --help", "push -h", "buidl"] {
            assert!(request(line).is_about_none(), "{line}");
        }
        for line in ["build", "gc", "push sensord"] {
            assert!(!request(line).is_about_none(), "{line}");
        }
    }

    #[test]
    fn json_and_sarif_are_one_document() {
        assert!(request("build --format json").is_one_document());
        assert!(request("check --format=sarif").is_one_document());
        assert!(!request("build --format text").is_one_document());
        assert!(!request("build json").is_one_document());
    }
}
