//! What a builder call takes where a newtype is wanted: anything that parses into it.

use super::Invalid;

/// A text that parses as a `T`, or a `T` itself.
///
/// It is implemented for every type that converts into `T` by [`TryInto`] with an [`Invalid`] as its error:
/// `&str`, `String`, `T`, and numbers where `T` is a [`Mode`](super::Mode).
///
/// ```
/// use lapstrake::value::{ImagePath, Text};
///
/// fn parent(path: impl Text<ImagePath>) -> Option<ImagePath> {
///     path.parse_text().ok()?.parent()
/// }
/// assert_eq!(parent("/etc/motd").unwrap().as_str(), "/etc");
/// assert_eq!(parent(String::from("etc/motd")), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a text that parses as `{T}`",
    label = "expected a text or a value of type `{T}`",
    note = "write a string literal, a `String`, or a value of type `{T}`"
)]
pub trait Text<T> {
    /// Parses the text.
    ///
    /// # Errors
    /// Why the text is not a `T`.
    fn parse_text(self) -> Result<T, Invalid>;
}

#[diagnostic::do_not_recommend]
impl<T, V: TryInto<T, Error: Into<Invalid>>> Text<T> for V {
    fn parse_text(self) -> Result<T, Invalid> {
        self.try_into().map_err(Into::into)
    }
}

/// A list of texts that each parse as a `T`: an array, a `Vec`, an iterator.
///
/// ```
/// use lapstrake::value::{PackageSpec, Texts};
///
/// fn count(packages: impl Texts<PackageSpec>) -> usize {
///     packages.parse_texts().iter().filter(|package| package.is_ok()).count()
/// }
/// assert_eq!(count(["vsomeip3", "two packages"]), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of texts that parse as `{T}`",
    label = "expected a list, such as `[\"a\", \"b\"]`",
    note = "write a list with one text for each value, even if there is only one: `[\"a\"]`"
)]
pub trait Texts<T> {
    /// Parses each text, in order.
    fn parse_texts(self) -> Vec<Result<T, Invalid>>;
}

#[diagnostic::do_not_recommend]
impl<T, I: IntoIterator<Item: Text<T>>> Texts<T> for I {
    fn parse_texts(self) -> Vec<Result<T, Invalid>> {
        self.into_iter().map(Text::parse_text).collect()
    }
}

/// The argument list of a program: an array, a `Vec` or an iterator of texts, one for each argument.
///
/// ```
/// use lapstrake::value::Argv;
///
/// fn program(argv: impl Argv) -> Option<String> {
///     argv.into_argv().into_iter().next()
/// }
/// assert_eq!(program(["ldconfig", "-v"]).unwrap(), "ldconfig");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an argument list",
    label = "expected a list, such as `[\"ldconfig\", \"-v\"]`",
    note = "no shell splits a command line: write one text for each argument, `[\"dnf\", \"install\", \"-y\", \"vim\"]`",
    note = "for a script of the image's own shell, write `.with(Run::shell(\"ldconfig && rm -f /usr/lib/old\"))`",
    note = "to install packages, write `.packages([\"vim\"])`"
)]
pub trait Argv {
    /// Returns the program and its arguments.
    fn into_argv(self) -> Vec<String>;
}

#[diagnostic::do_not_recommend]
impl<I: IntoIterator<Item: Into<String>>> Argv for I {
    fn into_argv(self) -> Vec<String> {
        self.into_iter().map(Into::into).collect()
    }
}
