//! Tests of a description: an image is planned in a `#[test]`, and nothing is compiled or built.
//!
//! ```
//! use lapstrake_xtask::prelude::*;
//! use lapstrake_xtask::testing::{Planned, plan};
//!
//! let image = Image::new("demo", Base::stand_in()).layer(
//!     Layer::new("app")
//!         .sysusers("app", ["u app -"])
//!         .with(File::text("key\n", "/etc/app.key").mode(0o640))
//!         .unit(Unit::text("app.service", APP).enabled()),
//! );
//! const APP: &str = "[Service]\nExecStart=/usr/bin/busctl\nUser=app\n[Install]\nWantedBy=multi-user.target\n";
//!
//! let planned: Planned = plan(&image);
//! assert_eq!(planned.at("/etc/app.key").mode().to_string(), "0640");
//! assert!(planned.is_enabled("app.service"));
//! assert!(planned.has_user("app"));
//! assert!(planned.findings_of("unit-user").is_empty());
//! ```

use std::error::Error;

use lapstrake::Image;
use lapstrake::suggest::did_you_mean;
use lapstrake::value::ImagePath;

use crate::check::{Accounts, Checks, Node, Tree};
use crate::finding::{Finding, Look, draw};
use crate::plan::{Origin, render_layers};
use crate::session::{self, Request, Session};
use crate::support::progress::{Colour, Progress, ProgressMode};

/// Where administrators and vendors have units.
const UNITS: [&str; 2] = ["/etc/systemd/system", "/usr/lib/systemd/system"];

/// An image as it is planned: what is where, and what is wrong with it.
///
/// ```
/// use lapstrake_xtask::prelude::*;
/// use lapstrake_xtask::testing::{Planned, plan};
///
/// let planned: Planned = plan(&Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd")));
/// assert!(planned.find("/etc/motd").is_some());
/// ```
#[must_use = "a planned image is there to be asked"]
pub struct Planned {
    planned: session::Planned,
    findings: Vec<Finding>,
}

/// Plans an image, and runs Lapstrake's checks on it.
///
/// The image's binaries must be targets of the workspace; they are not compiled. Checks of bytes run only if the image
/// has no binary. What packages and steps bring is known if an earlier build has it.
///
/// ```
/// use lapstrake_xtask::prelude::*;
/// use lapstrake_xtask::testing::plan;
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
/// assert_eq!(plan(&image).findings(), []);
/// ```
///
/// # Panics
/// Panics outside of a cargo workspace, if the base or the cache can't be used, and if the image can't be planned. The
/// message is what `cargo xtask image plan` prints.
#[track_caller]
pub fn plan(image: &Image) -> Planned {
    plan_with(image, &Checks::default())
}

/// Plans an image, and runs these checks on it.
///
/// ```
/// use lapstrake_xtask::check::{Check, Checks, Fault};
/// use lapstrake_xtask::prelude::*;
/// use lapstrake_xtask::testing::plan_with;
///
/// let mine = Check::warning("mine", "ours alone", |_| vec![Fault::of_image("looked")]);
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
/// assert_eq!(plan_with(&image, &Checks::default().with(mine)).findings_of("mine")[0].message, "looked");
/// ```
///
/// # Panics
/// As [`plan`].
#[track_caller]
pub fn plan_with(image: &Image, checks: &Checks) -> Planned {
    let (planned, findings, drawn) = try_plan(image, checks);
    match planned {
        Some(planned) => Planned { planned, findings },
        None => panic!("the image can't be planned\n{drawn}"),
    }
}

#[track_caller]
fn try_plan(image: &Image, checks: &Checks) -> (Option<session::Planned>, Vec<Finding>, String) {
    let progress = Progress::new(ProgressMode::None, true, Colour::Never);
    let run = || {
        let mut session = Session::open(Request::default(), &progress)?;
        let (planned, findings) = session.plan_for_test(image, checks)?;
        let drawn = draw(&findings, &session.workspace.root, Look::PLAIN);
        Ok::<_, session::Failure>((planned, findings, drawn))
    };
    match run() {
        Ok(planned) => planned,
        Err(failure) => {
            let mut message = failure.to_string();
            let mut cause = failure.source();
            while let Some(error) = cause {
                message += &format!(": {error}");
                cause = error.source();
            }
            panic!("{message}")
        }
    }
}

impl Checks {
    /// Returns the findings of an image before anything is compiled, in a `#[test]` of a check: first those of the
    /// plan, then those of the checks. It is [`plan_with`] for an image that may have no plan.
    ///
    /// ```
    /// use lapstrake_xtask::check::Checks;
    /// use lapstrake_xtask::prelude::*;
    ///
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert_eq!(Checks::default().findings(&image), []);
    /// ```
    ///
    /// # Panics
    /// Panics outside of a cargo workspace, and if the base or the cache can't be used.
    #[track_caller]
    pub fn findings(&self, image: &Image) -> Vec<Finding> {
        try_plan(image, self).1
    }
}

impl Planned {
    /// Returns the whole tree of the image, for questions that the other methods don't answer.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// # let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert_eq!(plan(&image).tree().ours().count(), 1);
    /// ```
    pub fn tree(&self) -> Tree<'_> {
        self.planned.subject().tree().clone()
    }

    /// Returns what a process in the image finds at a path, every symlink followed: its kind, mode, owner, content
    /// and place in the description.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// # let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert_eq!(plan(&image).at("/etc/motd").text(), Some("hi\n"));
    /// ```
    ///
    /// # Panics
    /// Panics if nothing is there.
    #[track_caller]
    pub fn at(&self, path: &str) -> Node<'_> {
        if let Some(node) = self.find(path) {
            return node;
        }
        let tree = self.tree();
        let names: Vec<_> = tree.ours().map(|node| node.path().to_string()).collect();
        let near = did_you_mean(path, names.iter().map(String::as_str)).map(|near| format!("; {near}"));
        panic!("image `{}` has no `{path}`{}", self.planned.plan.name, near.unwrap_or_default())
    }

    /// Returns what a process in the image finds at a path, if anything is there.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// # let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert!(plan(&image).find("/etc/issue").is_none());
    /// ```
    pub fn find(&self, path: &str) -> Option<Node<'_>> {
        self.tree().follow(path)
    }

    /// Returns the text of a file: of the workspace, of the description, or of the base where Lapstrake keeps it, which
    /// it does for the configuration of systemd, bootc, ostree and the linker.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// # let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert_eq!(plan(&image).text("/etc/motd"), "hi\n");
    /// ```
    ///
    /// # Panics
    /// Panics if nothing is there, or if its text is not known.
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        let node = self.at(path);
        let text = match node.origin() {
            Some(Origin::Asset { host, .. }) => std::fs::read_to_string(host).ok(),
            Some(Origin::Text(text)) => Some(text.clone()),
            Some(
                Origin::Artefact(_)
                | Origin::Compiled(_)
                | Origin::Read(_)
                | Origin::Fetched(_)
                | Origin::Unpacked(_)
                | Origin::SecretHash(_),
            )
            | None => node.text().map(str::to_owned),
        };
        text.unwrap_or_else(|| {
            panic!("the text of `{path}` in image `{}` is not known", self.planned.plan.name)
        })
    }

    /// Returns the name of the layer that puts something at a path; none for what the base has, and where nothing is.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// # let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert_eq!(plan(&image).layer_of("/etc/motd"), Some("app"));
    /// ```
    pub fn layer_of(&self, path: &str) -> Option<&str> {
        Some(self.find(path)?.layer()?.name.as_str())
    }

    /// Returns whether something starts a unit with the system: a link in a `.wants`, `.requires` or `.upholds`
    /// directory.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").enable("remote-fs.target"));
    /// assert!(plan(&image).is_enabled("remote-fs.target"));
    /// ```
    pub fn is_enabled(&self, unit: &str) -> bool {
        let tree = self.tree();
        let mut directories = UNITS.into_iter().flat_map(|directory| tree.children(directory));
        directories.any(|directory| {
            let starts = [".wants", ".requires", ".upholds"].iter().any(|ending| directory.ends_with(ending));
            starts && tree.get(&format!("{}/{unit}", directory.path())).is_some()
        })
    }

    /// Returns whether a unit is masked, so that nothing can start it.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").mask("remote-fs.target"));
    /// assert!(plan(&image).is_masked("remote-fs.target"));
    /// ```
    pub fn is_masked(&self, unit: &str) -> bool {
        let tree = self.tree();
        UNITS.iter().any(|directory| {
            tree.get(&format!("{directory}/{unit}")).is_some_and(|node| node.target() == Some("/dev/null"))
        })
    }

    /// Returns whether the image has a user, in /etc/passwd or by sysusers.d.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").sysusers("app", ["u app -"]));
    /// assert!(plan(&image).has_user("app"));
    /// ```
    pub fn has_user(&self, name: &str) -> bool {
        Accounts::of(&self.tree()).users.contains_key(name)
    }

    /// Returns whether the image has a group, in /etc/group or by sysusers.d.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").sysusers("can", ["g can -"]));
    /// assert!(plan(&image).has_group("can"));
    /// ```
    pub fn has_group(&self, name: &str) -> bool {
        Accounts::of(&self.tree()).groups.contains_key(name)
    }

    /// Returns what is found, in the order in which `cargo xtask image check` prints it.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("x", "/run/x"));
    /// assert_eq!(plan(&image).findings()[0].name, "nonempty-run-tmp");
    /// ```
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the findings of one check.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("x", "/run/x"));
    /// assert_eq!(plan(&image).findings_of("nonempty-run-tmp").len(), 1);
    /// assert_eq!(plan(&image).findings_of(lapstrake_xtask::checks::NONEMPTY_RUN_TMP).len(), 1);
    /// ```
    pub fn findings_of(&self, check: impl AsRef<str>) -> Vec<&Finding> {
        let check = check.as_ref();
        self.findings.iter().filter(|finding| finding.name == check).collect()
    }

    /// Returns the paths that the layers put into the image, sorted.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// # let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert_eq!(plan(&image).paths().iter().map(|path| path.as_str()).collect::<Vec<_>>(), ["/etc/motd"]);
    /// ```
    pub fn paths(&self) -> Vec<ImagePath> {
        self.tree().ours().map(|node| node.path().clone()).collect()
    }

    /// Returns the layers and what is in them, as text for a snapshot: it depends neither on the lines of the
    /// description nor on the base.
    ///
    /// ```
    /// # use lapstrake_xtask::prelude::*;
    /// # use lapstrake_xtask::testing::plan;
    /// # let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert_eq!(plan(&image).render(), "layer app\n    0644 0:0 /etc/motd <- text, 3 bytes\n");
    /// ```
    pub fn render(&self) -> String {
        render_layers(&self.planned.plan)
    }
}
