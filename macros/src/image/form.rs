//! How each entry is written, and which options it has: the one table that check and messages share.

use super::word::Word;

/// What may stand around the keyword of an entry.
pub(super) struct Form {
    pub(super) keyword: &'static str,
    pub(super) shapes: &'static [Shape],
    pub(super) options: &'static [Choice],
}

/// One way to write it, and the type and function of `lapstrake` that it means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// `keyword A`
    One(Word),
    /// `keyword A => B`
    Onto(Word, Word),
    /// `keyword A -> B`
    Link(Word, Word),
    /// `keyword A = B`
    Named(Word, Word),
    /// `keyword A = B => C`
    NamedOnto(Word, Word, Word),
    /// `keyword [A, …]`
    List(Word),
    /// `keyword A [B, …]`, and `keyword A = B` with a list that is computed
    Listed(Word, Word),
}

/// An option, and what it takes.
pub(super) struct Choice {
    pub(super) key: &'static str,
    /// The method of the builder.
    pub(super) method: &'static str,
    pub(super) takes: Takes,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    /// It stands alone.
    Nothing,
    One(Word),
    /// `[A, …]`
    Many(Word),
    /// `A` or `[A, …]`, each a call of its own.
    Each(Word),
    /// `A => B` or `[A => B, …]`, each a call of its own.
    Pair(Word, Word),
    /// `ID => URL`, with the options of [`REPOSITORY`], or a value of that type; or a list of them.
    Repository,
    /// The first argument of the entry's call; needed.
    Argument(Word),
}

impl Choice {
    /// Whether it is written with `=>`.
    pub(super) fn is_pair(&self) -> bool {
        matches!(self.takes, Takes::Pair(..) | Takes::Repository)
    }

    /// Whether it may be said more than once.
    pub(super) fn is_many(&self) -> bool {
        self.is_pair() || matches!(self.takes, Takes::Each(_))
    }

    /// A value to paste.
    pub(super) fn example(&self) -> String {
        match self.takes {
            Takes::Nothing => String::new(),
            Takes::One(word) | Takes::Each(word) | Takes::Argument(word) => word.example().to_owned(),
            Takes::Many(word) => format!("[{}]", word.example()),
            Takes::Pair(from, to) => format!("{} => {}", from.example(), to.example()),
            Takes::Repository => Word::Repository.example().to_owned(),
        }
    }

    /// The options that it has itself.
    pub(super) fn form(&self) -> Option<&'static Form> {
        matches!(self.takes, Takes::Repository).then_some(&REPOSITORY)
    }
}

const fn choice(key: &'static str, takes: Takes) -> Choice {
    Choice { key, method: key, takes }
}

const fn one(key: &'static str, word: Word) -> Choice {
    choice(key, Takes::One(word))
}

const MODE: Choice = one("mode", Word::Mode);
const OWNER: Choice = one("owner", Word::Owner);
const CAPABILITY: Choice = one("capability", Word::Capabilities);
/// Which checks an entry accepts findings of.
const ALLOW: Choice = choice("allow", Takes::Each(Word::Text));

pub(super) const BASE: Form =
    Form { keyword: "base", shapes: &[], options: &[one("architecture", Word::Architecture)] };

/// In the braces of a repository, and those in the braces of `packages`.
pub(super) const REPOSITORY: Form = Form {
    keyword: "repository",
    shapes: &[],
    options: &[
        one("gpg_key", Word::KeyFile),
        choice("unsigned", Takes::Nothing),
        choice("kept", Takes::Nothing),
    ],
};

/// What a run step is given.
const RUN: &[Choice] = &[
    choice("env", Takes::Pair(Word::Variable, Word::Text)),
    one("current_dir", Word::WorkDir),
    choice("cache", Takes::Each(Word::Cache)),
    choice("bind", Takes::Pair(Word::Bound, Word::Mount)),
    choice("secret", Takes::Each(Word::Secret)),
    choice("network", Takes::Nothing),
];

pub(super) const FORMS: [Form; 23] = [
    Form { keyword: "version", shapes: &[Shape::One(Word::Text)], options: &[] },
    Form { keyword: "reference", shapes: &[Shape::One(Word::Reference)], options: &[] },
    Form { keyword: "label", shapes: &[Shape::Named(Word::LabelKey, Word::Text)], options: &[] },
    Form {
        keyword: "bin",
        shapes: &[Shape::One(Word::Binary)],
        options: &[
            one("package", Word::CargoPackage),
            choice("features", Takes::Many(Word::Feature)),
            choice("no_default_features", Takes::Nothing),
            one("profile", Word::Profile),
            one("target", Word::Triple),
            one("at", Word::Destination),
            one("in_stage", Word::Stage),
            MODE,
            OWNER,
            CAPABILITY,
            ALLOW,
        ],
    },
    Form {
        keyword: "file",
        shapes: &[Shape::Onto(Word::File, Word::Destination)],
        options: &[MODE, OWNER, CAPABILITY, ALLOW],
    },
    Form {
        keyword: "text",
        shapes: &[Shape::Onto(Word::Text, Word::Destination)],
        options: &[MODE, OWNER, CAPABILITY, ALLOW],
    },
    Form {
        keyword: "built",
        shapes: &[Shape::Onto(Word::StageFile, Word::Destination)],
        options: &[choice("stage", Takes::Argument(Word::Stage)), MODE, OWNER, CAPABILITY, ALLOW],
    },
    Form {
        keyword: "tree",
        shapes: &[Shape::Onto(Word::Directory, Word::Destination)],
        options: &[
            choice("exclude", Takes::Each(Word::Glob)),
            one("dir_mode", Word::Mode),
            MODE,
            OWNER,
            CAPABILITY,
            ALLOW,
        ],
    },
    Form { keyword: "dir", shapes: &[Shape::One(Word::Destination)], options: &[MODE, OWNER, ALLOW] },
    Form {
        keyword: "symlink",
        shapes: &[Shape::Link(Word::Destination, Word::Text)],
        options: &[OWNER, ALLOW],
    },
    Form { keyword: "remove", shapes: &[Shape::One(Word::Removal)], options: &[] },
    Form {
        keyword: "unit",
        shapes: &[Shape::One(Word::UnitFile), Shape::Named(Word::Unit, Word::Text)],
        options: &[
            choice("enabled", Takes::Nothing),
            choice("instances", Takes::Many(Word::Text)),
            one("named", Word::Unit),
            MODE,
            OWNER,
            ALLOW,
        ],
    },
    Form {
        keyword: "drop_in",
        shapes: &[
            Shape::Onto(Word::File, Word::Unit),
            Shape::NamedOnto(Word::SysusersFile, Word::Text, Word::Unit),
        ],
        options: &[MODE, OWNER, ALLOW],
    },
    Form { keyword: "enable", shapes: &[Shape::One(Word::Unit)], options: &[] },
    Form { keyword: "disable", shapes: &[Shape::One(Word::Unit)], options: &[] },
    Form { keyword: "mask", shapes: &[Shape::One(Word::Unit)], options: &[] },
    Form { keyword: "default_target", shapes: &[Shape::One(Word::Target)], options: &[] },
    Form {
        keyword: "sysusers",
        shapes: &[Shape::Listed(Word::SysusersFile, Word::SysusersLine), Shape::One(Word::File)],
        options: &[],
    },
    Form {
        keyword: "tmpfiles",
        shapes: &[Shape::Listed(Word::SysusersFile, Word::TmpfilesLine), Shape::One(Word::File)],
        options: &[],
    },
    Form {
        keyword: "kargs",
        shapes: &[Shape::Listed(Word::KargsFile, Word::Karg)],
        options: &[choice("match_architectures", Takes::Many(Word::Architecture))],
    },
    Form {
        keyword: "packages",
        shapes: &[Shape::List(Word::Package)],
        options: &[
            Choice { key: "remove", method: "and_remove", takes: Takes::Many(Word::Package) },
            Choice { key: "swap", method: "and_swap", takes: Takes::Pair(Word::Package, Word::Package) },
            choice("rpm_file", Takes::Each(Word::RpmFile)),
            choice("repository", Takes::Repository),
            choice("repo_file", Takes::Each(Word::RepoFile)),
            choice("without_docs", Takes::Nothing),
            choice("without_weak_dependencies", Takes::Nothing),
        ],
    },
    Form { keyword: "run", shapes: &[Shape::List(Word::Argument)], options: RUN },
    Form { keyword: "shell", shapes: &[Shape::One(Word::Text)], options: RUN },
];

pub(super) fn find(keyword: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.keyword == keyword)
}

impl Form {
    pub(super) fn option(&self, key: &str) -> Option<&'static Choice>
    where
        Self: 'static,
    {
        let options: &'static [Choice] = self.options;
        options.iter().find(|choice| choice.key == key)
    }
}
