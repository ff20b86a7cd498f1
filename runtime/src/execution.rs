//! How a container of an image runs: what a Containerfile states with ENV, WORKDIR, USER, ENTRYPOINT, CMD and
//! STOPSIGNAL.

use crate::Parsed;
use crate::faults::faults;
use crate::value::{ContainerUser, ImagePath, Invalid, StopSignal, Variable};

/// What an image changes in its base's config for containers. bootc ignores all of it: no service of a device sees it.
///
/// ```
/// use lapstrake::{Base, Execution, Image};
///
/// assert!(Execution::default().is_empty());
/// let image = Image::new("telematics", Base::stand_in()).env("PORT", "8000").user("app:app").entrypoint(["/usr/bin/app"]);
/// assert_eq!(image.execution.env[0].0, "PORT");
/// assert_eq!(image.execution.user.as_ref().unwrap(), &"app:app");
/// assert_eq!(image.execution.entrypoint.as_ref().unwrap().0, ["/usr/bin/app"]);
/// assert!(image.execution.cmd.is_none() && !image.execution.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Execution {
    /// The environment variables, in the order of the calls.
    pub env: Vec<(Parsed<Variable>, Parsed<String>)>,
    /// The working directory; the base's if none.
    pub workdir: Option<Parsed<ImagePath>>,
    /// The user; the base's if none.
    pub user: Option<Parsed<ContainerUser>>,
    /// The program with its first arguments; the base's if none.
    pub entrypoint: Option<Arguments>,
    /// The arguments that follow the entrypoint, or the program; the base's if none, unless there is an entrypoint.
    pub cmd: Option<Arguments>,
    /// The signal that stops a container; the base's if none.
    pub stop_signal: Option<Parsed<StopSignal>>,
}

/// A list of arguments, without a shell.
///
/// ```
/// use lapstrake::{Arguments, Base, Image};
///
/// let image = Image::new("telematics", Base::stand_in()).cmd(["--port", "8000"]);
/// assert_eq!(image.execution.cmd, Some(Arguments(vec!["--port".to_owned(), "8000".to_owned()])));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments(pub Vec<String>);

impl Execution {
    /// Whether the image changes nothing of it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

faults!(Execution { env, workdir, user, stop_signal; entrypoint, cmd });

/// Returns a text that an instruction of a Containerfile can state.
pub(crate) fn printable(text: String) -> Result<String, Invalid> {
    let Some((at, wrong)) = text.char_indices().find(|(_, c)| c.is_control()) else { return Ok(text) };
    let reason = format!("has `{}`, which a Containerfile can't state", wrong.escape_debug());
    let error = Invalid::new("text of a Containerfile", &text, at..at + wrong.len_utf8(), reason);
    Err(error.or(format!("write `{:?}`", text.replace(char::is_control, " ").trim())))
}
