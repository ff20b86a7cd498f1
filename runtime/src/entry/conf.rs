//! A configuration file that is made of checked lines, at the place where its reader looks for it.

use super::Attributes;
use super::attributes::attribute_options;
use crate::Parsed;
use crate::faults::faults;
use crate::value::{ConfLine, ImagePath, Invalid, Mode};

/// A configuration file of lines that the program which reads it takes. Each function is for one reader, and knows its
/// directory, its suffix and its rules.
///
/// A name has the suffix appended if it is missing. The files of a directory are read in the order of their names.
///
/// ```
/// use lapstrake::{Layer, entry::Conf};
///
/// let net = Conf::sysctl("90-net", ["net.ipv4.ip_forward = 1"]);
/// assert_eq!(net.at, "/usr/lib/sysctl.d/90-net.conf");
/// assert_eq!(net.text().unwrap(), "net.ipv4.ip_forward = 1\n");
/// let can = Conf::modules_load("can", ["can", "vcan"]);
/// let usb = Conf::udev_rules("70-gnss", [r#"KERNEL=="ttyUSB0", SYMLINK+="gnss""#]);
/// Layer::new("platform").with(net).with(can).with(usb);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a configuration file is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Conf {
    /// The path of the file in the image.
    pub at: Parsed<ImagePath>,
    /// The section that the lines are in, with its brackets; none in a file without sections.
    pub section: Option<&'static str>,
    /// The lines.
    pub lines: Vec<Parsed<ConfLine>>,
    /// Mode, owner and accepted findings. The default mode is the mode that the reader wants.
    pub attributes: Attributes,
}

/// Something that a reader's line is made of: a text, or a name and a value.
///
/// ```
/// use lapstrake::entry::{Conf, Line};
///
/// fn forwards(line: impl Line) -> Conf {
///     Conf::sysctl("90-net", [line])
/// }
/// let texts = forwards("net.ipv4.ip_forward=1");
/// let pairs = forwards(("net.ipv4.ip_forward", "1"));
/// assert_eq!(texts, pairs);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a line",
    label = "expected a text `\"NAME=VALUE\"`, or a pair `(\"NAME\", \"VALUE\")`"
)]
pub trait Line {
    /// Returns the line, with `sign` between the parts of a pair.
    #[doc(hidden)]
    fn line(self, sign: char) -> String;
}

impl Line for &str {
    fn line(self, _: char) -> String {
        self.to_owned()
    }
}

impl Line for String {
    fn line(self, _: char) -> String {
        self
    }
}

impl<A: AsRef<str>, B: AsRef<str>> Line for (A, B) {
    fn line(self, sign: char) -> String {
        format!("{}{sign}{}", self.0.as_ref(), self.1.as_ref())
    }
}

impl Conf {
    /// Sets values of the kernel, in `/usr/lib/sysctl.d/NAME.conf` (sysctl.d(5)).
    #[track_caller]
    pub fn sysctl<L: Line>(name: impl Into<String>, settings: impl IntoIterator<Item = L>) -> Self {
        Self::of(("/usr/lib/sysctl.d", "conf"), name, settings, '=', ConfLine::sysctl)
    }

    /// Loads kernel modules at boot, by `/usr/lib/modules-load.d/NAME.conf` (modules-load.d(5)).
    ///
    /// ```
    /// # use lapstrake::entry::Conf;
    /// assert_eq!(Conf::modules_load("can", ["can", "vcan"]).text().unwrap(), "can\nvcan\n");
    /// ```
    #[track_caller]
    pub fn modules_load<L: Line>(name: impl Into<String>, modules: impl IntoIterator<Item = L>) -> Self {
        Self::of(("/usr/lib/modules-load.d", "conf"), name, modules, ' ', ConfLine::module)
    }

    /// Adds rules for devices, in `/usr/lib/udev/rules.d/NAME.rules` (udev(7)).
    ///
    /// ```
    /// # use lapstrake::entry::Conf;
    /// let rules = Conf::udev_rules("70-gnss", [r#"KERNEL=="ttyUSB0", SYMLINK+="gnss""#]);
    /// assert_eq!(rules.at, "/usr/lib/udev/rules.d/70-gnss.rules");
    /// ```
    #[track_caller]
    pub fn udev_rules<L: Line>(name: impl Into<String>, rules: impl IntoIterator<Item = L>) -> Self {
        Self::of(("/usr/lib/udev/rules.d", "rules"), name, rules, ' ', ConfLine::udev_rule)
    }

    /// States which units the first boot enables or disables, in `/usr/lib/systemd/system-preset/NAME.preset`
    /// (systemd.preset(5)). Of two files, the first by name decides: the distribution's begin with `90-`.
    ///
    /// ```
    /// # use lapstrake::entry::Conf;
    /// let preset = Conf::preset("10-fleet", ["disable avahi-daemon.*"]);
    /// assert_eq!(preset.at, "/usr/lib/systemd/system-preset/10-fleet.preset");
    /// ```
    #[track_caller]
    pub fn preset<L: Line>(name: impl Into<String>, lines: impl IntoIterator<Item = L>) -> Self {
        Self::of(("/usr/lib/systemd/system-preset", "preset"), name, lines, ' ', ConfLine::preset)
    }

    /// Sets variables for all services, in `/usr/lib/systemd/system.conf.d/NAME.conf` (`DefaultEnvironment=` of
    /// systemd-system.conf(5)). The `ENV` of an image is only for containers: no service of a device sees it.
    ///
    /// ```
    /// # use lapstrake::entry::Conf;
    /// let port = Conf::environment("port", [("PORT", "8000")]);
    /// assert_eq!(port.text().unwrap(), "[Manager]\nDefaultEnvironment=\"PORT=8000\"\n");
    /// ```
    #[track_caller]
    pub fn environment<L: Line>(name: impl Into<String>, variables: impl IntoIterator<Item = L>) -> Self {
        let directory = ("/usr/lib/systemd/system.conf.d", "conf");
        let conf = Self::of(directory, name, variables, '=', ConfLine::environment);
        Self { section: Some("[Manager]"), ..conf }
    }

    /// Configures the SSH server, in `/etc/ssh/sshd_config.d/NAME.conf`, mode 0600 (`sshd_config`(5)). Of two
    /// values the first counts: the distribution's files begin with `40-` and `50-`.
    ///
    /// ```
    /// # use lapstrake::entry::Conf;
    /// let ssh = Conf::sshd("10-fleet", [("PermitRootLogin", "no"), ("PasswordAuthentication", "no")]);
    /// assert_eq!(ssh.text().unwrap(), "PermitRootLogin no\nPasswordAuthentication no\n");
    /// ```
    #[track_caller]
    pub fn sshd<L: Line>(name: impl Into<String>, lines: impl IntoIterator<Item = L>) -> Self {
        let conf = Self::of(("/etc/ssh/sshd_config.d", "conf"), name, lines, ' ', ConfLine::sshd);
        let mode = Some(Parsed::of(Mode::try_from(0o600)));
        Self { attributes: Attributes { mode, ..Attributes::default() }, ..conf }
    }

    /// Sets the name of the machine, in `/etc/hostname` (hostname(5)). One image with it gives all devices one name.
    ///
    /// ```
    /// # use lapstrake::entry::Conf;
    /// assert_eq!(Conf::hostname("gateway").at, "/etc/hostname");
    /// assert!(Conf::hostname("my_gateway").lines[0].get().is_err());
    /// ```
    #[track_caller]
    pub fn hostname(name: impl Into<String>) -> Self {
        Self::whole("/etc/hostname", &name.into(), ConfLine::host_name)
    }

    /// Sets the locale of the system, `LANG=` of `/etc/locale.conf` (locale.conf(5)).
    ///
    /// ```
    /// # use lapstrake::entry::Conf;
    /// assert_eq!(Conf::locale("C.UTF-8").text().unwrap(), "LANG=C.UTF-8\n");
    /// ```
    #[track_caller]
    pub fn locale(name: impl Into<String>) -> Self {
        Self::whole("/etc/locale.conf", &name.into(), ConfLine::locale)
    }

    #[track_caller]
    fn whole(at: &str, line: &str, parse: fn(&str) -> Result<ConfLine, Invalid>) -> Self {
        let lines = Parsed::all_of([parse(line)]);
        Self { at: Parsed::of(ImagePath::parse(at)), section: None, lines, attributes: Attributes::default() }
    }

    #[track_caller]
    fn of<L: Line>(
        (directory, suffix): (&str, &str),
        name: impl Into<String>,
        lines: impl IntoIterator<Item = L>,
        sign: char,
        parse: fn(&str) -> Result<ConfLine, Invalid>,
    ) -> Self {
        let at = Parsed::of(conf_file(directory, &name.into(), suffix));
        let lines = Parsed::all_of(lines.into_iter().map(|line| parse(&line.line(sign))));
        Self { at, section: None, lines, attributes: Attributes::default() }
    }

    attribute_options!(mode owner);

    /// Returns the content of the file.
    ///
    /// ```
    /// # use lapstrake::entry::Conf;
    /// assert_eq!(Conf::hostname("gateway").text().unwrap(), "gateway\n");
    /// ```
    ///
    /// # Errors
    /// The first line that its reader would not take.
    pub fn text(&self) -> Result<String, &Invalid> {
        let mut text = self.section.map(|section| format!("{section}\n")).unwrap_or_default();
        for line in &self.lines {
            text.push_str(line.get()?.as_str());
            text.push('\n');
        }
        Ok(text)
    }
}

faults!(Conf { at, lines, attributes; section });

/// Returns `DIRECTORY/NAME.SUFFIX`. A name that has the suffix keeps it.
pub(super) fn conf_file(directory: &str, name: &str, suffix: &str) -> Result<ImagePath, Invalid> {
    let stem = name.strip_suffix(suffix).and_then(|stem| stem.strip_suffix('.')).unwrap_or(name);
    if stem.is_empty() || stem.contains('/') {
        return Err(Invalid::whole("file name", name, "is not the name of a file in a `.d` directory"));
    }
    ImagePath::parse(&format!("{directory}/{stem}.{suffix}"))
}
