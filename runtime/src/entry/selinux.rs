//! A change of the image's SELinux policy.

use super::Source;
use crate::faults::{Fault, Faults};
use crate::value::{Asset, ImagePath, PathPattern, SecurityContext, SelinuxName, Text};
use crate::{BuildStage, Parsed};

/// A change of the SELinux policy that the base or a package has. The changes of a layer are compiled into the policy by
/// one run of `semodule` in the image; file contexts alone need none.
///
/// ```
/// use lapstrake::{Layer, entry::Selinux};
///
/// let policy = Layer::new("policy")
///     .with(Selinux::boolean("httpd_can_network_connect", true))
///     .with(Selinux::context("/webapp(/.*)?", "httpd_sys_content_t"))
///     .with(Selinux::module("deploy/webapp.cil"))
///     .with(Selinux::permissive("webapp_t"));
/// assert_eq!(policy.entries.len(), 4);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a change of the policy is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub enum Selinux {
    /// The value of a boolean.
    Boolean {
        /// The name.
        name: Parsed<SelinuxName>,
        /// Whether it is on.
        is_on: bool,
    },
    /// The context of files.
    Context {
        /// The paths.
        paths: Parsed<PathPattern>,
        /// The context.
        context: Parsed<SecurityContext>,
    },
    /// A policy module.
    Module(Source),
    /// A domain in which nothing is denied, and all that would be is logged.
    Permissive(Parsed<SelinuxName>),
}

impl Selinux {
    /// Sets a boolean of the policy, as `setsebool -P` does.
    #[track_caller]
    pub fn boolean(name: impl Text<SelinuxName>, is_on: bool) -> Self {
        Self::Boolean { name: Parsed::new(name), is_on }
    }

    /// Gives paths a context, as `semanage fcontext --add` does. The pattern is a regular expression that the whole path has
    /// to match; the context is a type, or a whole one.
    #[track_caller]
    pub fn context(paths: impl Text<PathPattern>, context: impl Text<SecurityContext>) -> Self {
        Self::Context { paths: Parsed::new(paths), context: Parsed::new(context) }
    }

    /// Installs a policy module of the workspace, as `semodule --install` does: CIL in `NAME.cil`, or a compiled `NAME.pp`.
    pub fn module(source: impl Into<Asset>) -> Self {
        Self::Module(Source::Asset(source.into()))
    }

    /// Installs a policy module that a build stage compiles, `NAME.pp` or `NAME.cil`.
    ///
    /// ```
    /// use lapstrake::{Base, BuildStage, Layer, entry::Selinux};
    ///
    /// let policy = BuildStage::on(Base::registry("registry.example/builder:1"))
    ///     .source("selinux", "/src")
    ///     .run(["make", "-C", "/src", "-f", "/usr/share/selinux/devel/Makefile", "webapp.pp"]);
    /// let layer = Layer::new("policy").with(Selinux::module_from_stage(policy, "/src/webapp.pp"));
    /// assert_eq!(layer.build_stages().count(), 1);
    /// ```
    #[track_caller]
    pub fn module_from_stage(stage: BuildStage, from: impl Text<ImagePath>) -> Self {
        Self::Module(Source::BuildStage(Box::new(stage), Parsed::new(from)))
    }

    /// Makes a domain permissive, as `semanage permissive --add` does.
    #[track_caller]
    pub fn permissive(domain: impl Text<SelinuxName>) -> Self {
        Self::Permissive(Parsed::new(domain))
    }

    /// Returns whether the policy has to be compiled for it.
    ///
    /// ```
    /// # use lapstrake::entry::Selinux;
    /// assert!(Selinux::boolean("httpd_can_network_connect", true).needs_compiler());
    /// assert!(!Selinux::context("/webapp(/.*)?", "httpd_sys_content_t").needs_compiler());
    /// ```
    pub fn needs_compiler(&self) -> bool {
        !matches!(self, Self::Context { .. })
    }

    pub(crate) fn source(&self) -> Option<&Source> {
        match self {
            Self::Module(source) => Some(source),
            Self::Boolean { .. } | Self::Context { .. } | Self::Permissive(_) => None,
        }
    }
}

impl Faults for Selinux {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        match self {
            Self::Boolean { name, is_on: _ } => name.faults(found),
            Self::Context { paths, context } => {
                paths.faults(found);
                context.faults(found);
            }
            Self::Module(source) => source.faults(found),
            Self::Permissive(domain) => domain.faults(found),
        }
    }
}
