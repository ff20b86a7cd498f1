//! The files of kernel arguments in /usr/lib/bootc/kargs.d, as bootc declares them: unknown keys are refused, `kargs` is
//! required. It reads; what is wrong with a file or an argument is for checks to say.

use lapstrake::value::Architecture;
use serde::Deserialize;

use super::{Node, Subject};

pub(super) const DIRECTORY: &str = "/usr/lib/bootc/kargs.d";

/// A file of kargs.d.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Kargs {
    pub(super) kargs: Vec<String>,
    /// Rust's names of the architectures that it is for; all, if none is given.
    pub(super) match_architectures: Option<Vec<String>>,
}

impl Kargs {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    /// Returns whether the file is for an architecture.
    pub(crate) fn is_of(&self, architecture: Architecture) -> bool {
        let is_it = |name: &String| name == architecture.machine();
        self.match_architectures.as_ref().is_none_or(|names| names.iter().any(is_it))
    }

    /// Returns each kernel argument. One string may hold several.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.kargs.iter().flat_map(|karg| karg.split_ascii_whitespace())
    }
}

/// Returns each kernel argument of the layers' files, with its file. A file that bootc refuses has none.
pub(super) fn of_layers<'a>(subject: &Subject<'a>) -> Vec<(Node<'a>, String)> {
    of_files(subject, &|node, _| node.site().is_some())
}

/// Returns each kernel argument that a device of the image has, with its file, which may be the base's.
pub(super) fn of_device<'a>(subject: &Subject<'a>) -> Vec<(Node<'a>, String)> {
    of_files(subject, &|_, file| file.is_of(subject.architecture()))
}

fn of_files<'a>(
    subject: &Subject<'a>,
    is_wanted: &dyn Fn(&Node<'a>, &Kargs) -> bool,
) -> Vec<(Node<'a>, String)> {
    let mut arguments = Vec::new();
    for node in subject.tree().children(DIRECTORY).filter(|node| node.ends_with(".toml")) {
        let read = subject.tree().text(node.path().as_str()).map(Kargs::parse);
        let Some(Ok(read)) = read else { continue };
        if is_wanted(&node, &read) {
            arguments.extend(read.arguments().map(|word| (node.clone(), word.to_owned())));
        }
    }
    arguments
}
