//! A user or a group that exists on every device.

use super::Secret;
use crate::Parsed;
use crate::faults::{Fault, Faults, faults};
use crate::value::{Asset, ConfLine, ImagePath, Text, Texts, UserName};

/// A user that systemd creates at boot, by a file of sysusers.d, with what belongs to it: its home, its keys, its rights.
///
/// It is a system user, whose number systemd chooses, or a user that logs in. A number of one's own makes the name an
/// owner: `.owner("app")` of an entry is then that number.
///
/// | | in the image |
/// |---|---|
/// | the user and its groups | `/usr/lib/sysusers.d/NAME.conf` |
/// | home, keys, lingering | `/usr/lib/tmpfiles.d/NAME.conf`: systemd makes them at boot |
/// | `password_hash` | `/usr/lib/credstore/passwd.hashed-password.NAME`, mode 0600, which systemd gives to the user that it creates |
/// | `sudo` | `/etc/sudoers.d/NAME`, mode 0440 |
/// | `subids` | a line more in `/etc/subuid` and `/etc/subgid` |
///
/// ```
/// use lapstrake::{Layer, entry::User};
///
/// let app = User::system("app").id(960).home("/var/lib/app").groups(["dialout"]);
/// let admin = User::login("admin", 1000)
///     .groups(["wheel"])
///     .authorized_keys("deploy/admin.pub")
///     .sudo("ALL")
///     .subids(100_000, 65_536)
///     .lingering();
/// assert_eq!((admin.name.to_string(), admin.sudo.is_some()), ("admin".to_owned(), true));
/// Layer::new("platform").user(app).user(admin);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a user is part of an image only by `.user(…)` of a layer"]
#[non_exhaustive]
pub struct User {
    /// The name.
    pub name: Parsed<UserName>,
    /// Whether it logs in: it has a shell and a home of its own by default.
    pub is_login: bool,
    /// The number of the user, and of its group. systemd chooses one below 1000 if none.
    pub id: Option<u32>,
    /// What the user is, in words.
    pub description: String,
    /// Its home. Default: `/` for a system user, `/var/home/NAME` for a user that logs in.
    pub home: Option<Parsed<ImagePath>>,
    /// Its shell. Default: none for a system user, `/bin/bash` for a user that logs in.
    pub shell: Option<Parsed<ImagePath>>,
    /// The further groups that it is a member of.
    pub groups: Vec<Parsed<UserName>>,
    /// Files of the workspace with public keys of SSH.
    pub authorized_keys: Vec<Asset>,
    /// The place of the hash of its password.
    pub password_hash: Option<PasswordHash>,
    /// The commands that it may run as root.
    pub sudo: Option<Parsed<ConfLine>>,
    /// The first of its subordinate ids, and how many it has.
    pub subids: Option<(u32, u32)>,
    /// Whether its user services run from boot on, without a login.
    pub lingering: bool,
}

impl User {
    /// Describes a user that services run as.
    #[track_caller]
    pub fn system(name: impl Text<UserName>) -> Self {
        Self {
            name: Parsed::new(name),
            is_login: false,
            id: None,
            description: String::new(),
            home: None,
            shell: None,
            groups: Vec::new(),
            authorized_keys: Vec::new(),
            password_hash: None,
            sudo: None,
            subids: None,
            lingering: false,
        }
    }

    /// Describes a user that logs in, and its number, which is 1000 or more.
    #[track_caller]
    pub fn login(name: impl Text<UserName>, id: u32) -> Self {
        Self { is_login: true, id: Some(id), ..Self::system(name) }
    }

    /// Sets the number of the user and of its group. Default: systemd chooses one on each device.
    ///
    /// ```
    /// # use lapstrake::entry::User;
    /// assert_eq!(User::system("app").id(960).id, Some(960));
    /// ```
    pub fn id(mut self, id: u32) -> Self {
        self.id = Some(id);
        self
    }

    /// States what the user is, in words.
    ///
    /// ```
    /// # use lapstrake::entry::User;
    /// assert_eq!(User::system("app").description("Telemetry").description, "Telemetry");
    /// ```
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets its home, which systemd makes at boot if it is below `/var`.
    ///
    /// ```
    /// # use lapstrake::entry::User;
    /// assert_eq!(User::system("app").home("/var/lib/app").home.unwrap(), "/var/lib/app");
    /// ```
    #[track_caller]
    pub fn home(mut self, home: impl Text<ImagePath>) -> Self {
        self.home = Some(Parsed::new(home));
        self
    }

    /// Sets its shell.
    ///
    /// ```
    /// # use lapstrake::entry::User;
    /// assert_eq!(User::login("kiosk", 1000).shell("/usr/bin/fish").shell.unwrap(), "/usr/bin/fish");
    /// ```
    #[track_caller]
    pub fn shell(mut self, shell: impl Text<ImagePath>) -> Self {
        self.shell = Some(Parsed::new(shell));
        self
    }

    /// Adds the user to groups, which systemd creates if they are missing.
    ///
    /// ```
    /// # use lapstrake::entry::User;
    /// assert_eq!(User::login("admin", 1000).groups(["wheel", "dialout"]).groups.len(), 2);
    /// ```
    #[track_caller]
    pub fn groups(mut self, groups: impl Texts<UserName>) -> Self {
        self.groups.extend(Parsed::all(groups));
        self
    }

    /// Lets the keys of a file of the workspace log in as the user. At each boot its `~/.ssh/authorized_keys` is
    /// written anew, so that a key which the image does not have any more is gone.
    ///
    /// ```
    /// # use lapstrake::entry::User;
    /// assert_eq!(User::login("admin", 1000).authorized_keys("deploy/admin.pub").authorized_keys.len(), 1);
    /// ```
    pub fn authorized_keys(mut self, keys: impl Into<Asset>) -> Self {
        self.authorized_keys.push(keys.into());
        self
    }

    /// Gives the user the password whose hash is in a file of the workspace, or in a [`Secret`] of the machine that builds: the
    /// output of `mkpasswd -m yescrypt` or `openssl passwd -6`, in a file without an end of line. systemd sets it when it creates
    /// the user (systemd-sysusers(8), "Credentials"), so an update changes no password.
    ///
    /// The hash of a `Secret` is read when the image is built, and only the image has it: no plan, no log, no argument and no emitted
    /// context. A password in its place, and a variable that is not set, is an error. Whoever can pull the image can read the hash
    /// and guess at it: keys are better.
    ///
    /// ```
    /// # use lapstrake::entry::{Secret, User};
    /// assert!(User::login("admin", 1000).password_hash("secrets/admin.hash").password_hash.is_some());
    /// let admin = User::login("admin", 1000).password_hash(Secret::env("admin-hash", "ADMIN_HASH"));
    /// assert!(admin.password_hash.is_some());
    /// ```
    pub fn password_hash(mut self, hash: impl Into<PasswordHash>) -> Self {
        self.password_hash = Some(hash.into());
        self
    }

    /// Lets the user run commands as root: `"ALL"`, `"NOPASSWD: ALL"`, or a list as sudoers(5) has it.
    ///
    /// ```
    /// # use lapstrake::entry::User;
    /// let user = User::login("admin", 1000).sudo("NOPASSWD: /usr/bin/bootc upgrade");
    /// assert_eq!(user.sudo.unwrap(), "admin ALL=(ALL) NOPASSWD: /usr/bin/bootc upgrade");
    /// ```
    #[track_caller]
    pub fn sudo(mut self, commands: impl AsRef<str>) -> Self {
        let line = match self.name.get() {
            Ok(name) => ConfLine::sudo(name, commands.as_ref()),
            Err(error) => Err(error.clone()),
        };
        self.sudo = Some(Parsed::of(line));
        self
    }

    /// Gives the user subordinate ids, for containers without root: `count` of them from `first` on (subuid(5)).
    ///
    /// ```
    /// # use lapstrake::entry::User;
    /// assert_eq!(User::login("admin", 1000).subids(100_000, 65_536).subids, Some((100_000, 65_536)));
    /// ```
    pub fn subids(mut self, first: u32, count: u32) -> Self {
        self.subids = Some((first, count));
        self
    }

    /// Runs the user's services from boot on, without a login (`loginctl enable-linger`).
    ///
    /// ```
    /// # use lapstrake::entry::User;
    /// assert!(User::login("kiosk", 1000).lingering().lingering);
    /// ```
    pub fn lingering(mut self) -> Self {
        self.lingering = true;
        self
    }
}

faults!(User { name, home, shell, groups, authorized_keys, password_hash, sudo; is_login, id, description, subids, lingering });

/// The place of the hash of a password.
///
/// ```
/// use lapstrake::entry::{PasswordHash, Secret};
///
/// assert!(matches!(PasswordHash::from("secrets/admin.hash"), PasswordHash::File(_)));
/// let hash = PasswordHash::from(Secret::env("admin-hash", "ADMIN_HASH"));
/// assert!(matches!(hash, PasswordHash::Secret(_)));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum PasswordHash {
    /// A file of the workspace.
    File(Asset),
    /// A secret of the machine that builds.
    Secret(Secret),
}

impl PasswordHash {
    /// Returns the file of the workspace.
    pub(crate) fn asset(&self) -> Option<&Asset> {
        match self {
            Self::File(file) => Some(file),
            Self::Secret(_) => None,
        }
    }
}

impl Faults for PasswordHash {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        match self {
            Self::File(_) => {}
            Self::Secret(secret) => secret.faults(found),
        }
    }
}

impl From<Asset> for PasswordHash {
    fn from(file: Asset) -> Self {
        Self::File(file)
    }
}

impl From<&str> for PasswordHash {
    fn from(file: &str) -> Self {
        Self::File(file.into())
    }
}

impl From<String> for PasswordHash {
    fn from(file: String) -> Self {
        Self::File(file.into())
    }
}

impl From<Secret> for PasswordHash {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

/// A group that systemd creates at boot, by `/usr/lib/sysusers.d/NAME.conf`.
///
/// ```
/// use lapstrake::{Layer, entry::Group};
///
/// let can = Group::new("can").id(961);
/// assert_eq!((can.name.to_string(), can.id), ("can".to_owned(), Some(961)));
/// Layer::new("platform").group(can).group("lin");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a group is part of an image only by `.group(…)` of a layer"]
#[non_exhaustive]
pub struct Group {
    /// The name.
    pub name: Parsed<UserName>,
    /// Its number. systemd chooses one below 1000 if none.
    pub id: Option<u32>,
}

impl Group {
    /// Describes a group.
    #[track_caller]
    pub fn new(name: impl Text<UserName>) -> Self {
        Self { name: Parsed::new(name), id: None }
    }

    /// Sets its number. Default: systemd chooses one on each device.
    pub fn id(mut self, id: u32) -> Self {
        self.id = Some(id);
        self
    }
}

faults!(Group { name; id });

impl From<&str> for Group {
    #[track_caller]
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}
