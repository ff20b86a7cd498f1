//! The kinds of values that `image!` takes: what each is called in a message, and an example to paste. How a
//! literal of a kind is checked is in `check/literal.rs`.

/// What one place of a description takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// The CPU architecture of a base.
    Architecture,
    /// One argument of a program.
    Argument,
    /// A base with its transport.
    Base,
    /// The name of a binary that cargo builds.
    Binary,
    /// A file or directory of the workspace that a run step may read.
    BindSource,
    /// The path at which a run step finds a file or directory of the workspace.
    BindTarget,
    /// A directory that is kept between builds.
    CacheDir,
    /// File capabilities.
    Capabilities,
    /// The name of a cargo package.
    CargoPackage,
    /// A file of the workspace with certificates.
    Certificate,
    /// The name of a file below a `.d` directory, with or without `.conf`.
    ConfName,
    /// The user of a container.
    ContainerUser,
    /// The digest of a file that is downloaded.
    ContentDigest,
    /// The path that an entry writes.
    Destination,
    /// A directory of the workspace.
    Directory,
    /// The path of a file that an entry changes.
    EditedFile,
    /// `true` or `false`.
    Flag,
    /// A file of the workspace with the environment of a service.
    EnvironmentFile,
    /// A cargo feature.
    Feature,
    /// The URL of a file.
    FetchUrl,
    /// A file of the workspace.
    File,
    /// A pattern of paths that a tree leaves out.
    Glob,
    /// The name of a health check.
    HealthCheckName,
    /// The home of a user.
    Home,
    /// The name of an image.
    ImageName,
    /// A kernel argument.
    Karg,
    /// The name of a file in `/usr/lib/bootc/kargs.d`, with or without `.toml`.
    KargsName,
    /// A file of the workspace with a kernel module.
    KernelModule,
    /// A file of the workspace with a public key.
    KeyFile,
    /// The key of a label.
    LabelKey,
    /// The name of a layer.
    LayerName,
    /// A line that a reader takes.
    Line(Reader),
    /// The path of something that is below the layer.
    LowerPath,
    /// Permission bits.
    Mode,
    /// A message that a login shows.
    Motd,
    /// A module and its stream.
    ModuleStream,
    /// A number.
    Number,
    /// The path of an OCI archive.
    OciArchive,
    /// The path of an OCI layout, with or without a tag.
    OciLayout,
    /// A user and a group.
    Owner,
    /// The specification of an RPM package.
    Package,
    /// A file of the workspace with the hash of a password, or a value of type `Secret`.
    PasswordHash,
    /// The pattern of the paths that have a security context.
    PathPattern,
    /// A file of the workspace with a module of an SELinux policy.
    PolicyModule,
    /// A port of the firewall.
    Port,
    /// A cargo profile.
    Profile,
    /// The path of a program in the image.
    Program,
    /// A file of the workspace that has the name of a quadlet.
    QuadletFile,
    /// The name of a quadlet.
    QuadletName,
    /// A reference to an image in a registry or in containers-storage.
    Reference,
    /// The path that an entry removes.
    RemovedPath,
    /// A `.repo` file of the workspace.
    RepoFile,
    /// A value of type `Repository`.
    Repository,
    /// The id of a package repository.
    RepositoryId,
    /// The URL of a package repository.
    RepositoryUrl,
    /// An RPM file of the workspace.
    RpmFile,
    /// A value of type `Secret`.
    Secret,
    /// The id of a secret.
    SecretId,
    /// The security context of files.
    SecurityContext,
    /// The name of a boolean or a type of an SELinux policy.
    SelinuxName,
    /// A value of type `BuildStage`.
    Stage,
    /// A directory below `/var`.
    StateDir,
    /// A path in a build stage.
    StageFile,
    /// The signal that stops a container.
    StopSignal,
    /// A line of sysusers.d.
    SysusersLine,
    /// A target unit that the system can boot to.
    Target,
    /// A target triple of rustc.
    TargetTriple,
    /// Any text.
    Text,
    /// A line of tmpfiles.d.
    TmpfilesLine,
    /// The name of a systemd unit.
    Unit,
    /// A file of the workspace that has the name of a unit.
    UnitFile,
    /// The name of a user or a group.
    UserName,
    /// The name of an environment variable.
    Variable,
    /// The directory in which a run step starts.
    WorkDir,
    /// The name of a zone of the firewall.
    ZoneName,
}

/// What reads a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Environment,
    HostName,
    Locale,
    ModulesLoad,
    Preset,
    Sshd,
    Sysctl,
    Udev,
}

impl ValueKind {
    /// Returns the name of the kind with its article, as a message has it.
    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    /// Returns a literal or expression to paste.
    pub(super) fn example(self) -> &'static str {
        self.row().1
    }

    /// Whether it is a file or a directory of the workspace.
    pub(super) fn is_asset(self) -> bool {
        matches!(
            self,
            Self::File
                | Self::Directory
                | Self::UnitFile
                | Self::BindSource
                | Self::Certificate
                | Self::EnvironmentFile
                | Self::KernelModule
                | Self::KeyFile
                | Self::PasswordHash
                | Self::PolicyModule
                | Self::QuadletFile
                | Self::RepoFile
                | Self::RpmFile
        )
    }

    /// Returns the module of `lapstrake` and the name of the type, if no literal can be of the kind.
    pub(super) fn rust_type(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Repository => Some(("entry", "Repository")),
            Self::Secret => Some(("entry", "Secret")),
            Self::Stage => Some(("", "BuildStage")),
            _ => None,
        }
    }

    /// Returns the name and the example.
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Architecture => ("an architecture", r#""arm64""#),
            Self::Argument => ("an argument", r#""ldconfig""#),
            Self::Base => ("a base", r#""docker://registry.example/autosd:1""#),
            Self::Binary => ("the name of a binary", r#""sensord""#),
            Self::BindSource => ("a file or directory of the workspace", r#""maps""#),
            Self::BindTarget => ("an image path", r#""/run/maps""#),
            Self::CacheDir => ("an image path", r#""/var/cache/maps""#),
            Self::Capabilities => ("capabilities", r#""cap_net_raw=ep""#),
            Self::CargoPackage => ("the name of a package of cargo", r#""diagnostics""#),
            Self::ConfName | Self::KargsName => ("a file name", r#""sensord""#),
            Self::ContainerUser => ("a user", r#""sensord""#),
            Self::ContentDigest => {
                ("a digest", r#""sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#)
            }
            Self::FetchUrl => ("a URL", r#""https://files.example/k3s""#),
            Self::Destination | Self::RemovedPath => ("an image path", r#""/etc/sensord.toml""#),
            Self::Directory => ("a directory of the workspace", r#""deploy/share""#),
            Self::EditedFile | Self::LowerPath => ("an image path", r#""/etc/chrony.conf""#),
            Self::Certificate
            | Self::EnvironmentFile
            | Self::File
            | Self::KernelModule
            | Self::KeyFile
            | Self::PasswordHash
            | Self::PolicyModule
            | Self::RepoFile
            | Self::RpmFile => ("a file of the workspace", self.file_example()),
            Self::Flag => ("`true` or `false`", "true"),
            Self::Feature => ("a feature", r#""can""#),
            Self::Glob => ("a pattern", r#""**/*.map""#),
            Self::HealthCheckName => ("the name of a health check", r#""sensors""#),
            Self::Home => ("an image path", r#""/var/lib/sensord""#),
            Self::ImageName => ("an image name", r#""telematics""#),
            Self::Karg => ("a kernel argument", r#""console=ttyS0""#),
            Self::LabelKey => ("a label's key", r#""org.example.variant""#),
            Self::LayerName => ("a layer name", r#""app""#),
            Self::Line(reader) => reader.row(),
            Self::Mode => ("a mode", "0o755"),
            Self::Motd => ("a message", r#""Gateway of the fleet""#),
            Self::ModuleStream => ("a module stream", r#""php:8.2""#),
            Self::Number => ("a number", "1000"),
            Self::OciArchive => ("an OCI archive", r#""bases/autosd.tar""#),
            Self::OciLayout => ("an OCI layout", r#""bases/autosd:latest""#),
            Self::Owner => ("an owner", r#""root:root""#),
            Self::Package => ("a package", r#""vsomeip3""#),
            Self::PathPattern => ("a pattern of paths", r#""/webapp(/.*)?""#),
            Self::Port => ("a port", r#""7447/tcp""#),
            Self::Profile => ("a profile of cargo", r#""dist""#),
            Self::Program => ("an image path", r#""/usr/bin/fish""#),
            Self::QuadletFile => ("a quadlet of the workspace", r#""deploy/sensord.container""#),
            Self::QuadletName => ("a quadlet name", r#""sensord.container""#),
            Self::Reference => ("an image reference", r#""registry.example/autosd:1""#),
            Self::Repository => ("a repository", r#""vendor" => "https://rpms.example/el10""#),
            Self::RepositoryId => ("a repository id", r#""vendor""#),
            Self::RepositoryUrl => ("a repository URL", r#""https://rpms.example/el10""#),
            Self::Secret => ("a secret", r#"Secret::env("token", "MAPS_TOKEN")"#),
            Self::SecretId => ("a secret id", r#""maps-token""#),
            Self::SecurityContext => ("a security context", r#""httpd_sys_content_t""#),
            Self::SelinuxName => ("a name of SELinux", r#""webapp_t""#),
            Self::Stage => ("a stage", r#"BuildStage::on(Base::registry("registry.example/autosd-rust:1"))"#),
            Self::StateDir => ("a path of state", r#""/var/www/html""#),
            Self::StageFile => ("a path in the stage", r#""/src/out/canfw""#),
            Self::StopSignal => ("a signal", r#""SIGTERM""#),
            Self::SysusersLine => ("a sysusers.d line", r#""u sensord - \"Telemetry\"""#),
            Self::Target => ("a target", r#""multi-user.target""#),
            Self::TargetTriple => ("a target triple", r#""aarch64-unknown-linux-gnu""#),
            Self::Text => ("a text", r#""…""#),
            Self::TmpfilesLine => ("a tmpfiles.d line", r#""d /var/lib/sensord 0750 sensord sensord -""#),
            Self::Unit => ("a unit name", r#""sensord.service""#),
            Self::UnitFile => ("a unit file of the workspace", r#""deploy/sensord.service""#),
            Self::UserName => ("a user name", r#""sensord""#),
            Self::Variable => ("a variable", r#""LANG""#),
            Self::WorkDir => ("an image path", r#""/usr/src""#),
            Self::ZoneName => ("a firewall zone", r#""public""#),
        }
    }

    /// Returns the example of a file of the workspace.
    fn file_example(self) -> &'static str {
        match self {
            Self::Certificate => r#""deploy/fleet-ca.pem""#,
            Self::EnvironmentFile => r#""deploy/web.env""#,
            Self::KernelModule => r#""vendor/gnss.ko""#,
            Self::KeyFile => r#""deploy/RPM-GPG-KEY-vendor""#,
            Self::PasswordHash => r#""secrets/admin.hash""#,
            Self::PolicyModule => r#""deploy/webapp.cil""#,
            Self::RepoFile => r#""deploy/vendor.repo""#,
            Self::RpmFile => r#""vendor/diagnostics-2.1-1.noarch.rpm""#,
            _ => r#""deploy/sensord.toml""#,
        }
    }
}

impl Reader {
    /// Returns the name of a line and an example.
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Environment => ("a variable and its value", r#""PORT=8000""#),
            Self::HostName => ("a host name", r#""gateway""#),
            Self::Locale => ("a locale", r#""C.UTF-8""#),
            Self::ModulesLoad => ("a kernel module", r#""vcan""#),
            Self::Preset => ("a preset line", r#""disable avahi-daemon.*""#),
            Self::Sshd => ("a line of sshd_config", r#""PermitRootLogin no""#),
            Self::Sysctl => ("a kernel setting", r#""net.ipv4.ip_forward = 1""#),
            Self::Udev => ("a udev rule", r#""KERNEL==\"ttyUSB0\", SYMLINK+=\"gnss\"""#),
        }
    }
}
