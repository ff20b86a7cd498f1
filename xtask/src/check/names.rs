//! The names of the checks, as constants: a misspelt one does not compile.

use std::fmt;

/// The name of a check.
///
/// It is accepted where a check is named: by `.allow(…)` of an entry and by `findings_of` of a planned image. The
/// constants are in [`checks`](crate::checks).
///
/// ```
/// use lapstrake_xtask::check::CheckName;
/// use lapstrake_xtask::checks::VAR_TMPFILES;
/// use lapstrake_xtask::prelude::*;
///
/// let name: CheckName = VAR_TMPFILES;
/// assert_eq!(name.as_str(), "var-tmpfiles");
/// assert_eq!(Packages::install(["httpd"]).allow(name), Packages::install(["httpd"]).allow("var-tmpfiles"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckName(&'static str);

impl CheckName {
    /// Returns the name as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl AsRef<str> for CheckName {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl From<CheckName> for String {
    fn from(name: CheckName) -> Self {
        name.0.to_owned()
    }
}

macro_rules! names {
    ($visibility:vis $($constant:ident = $name:literal,)+) => {
        $(
            /// Names a check:
            #[doc = concat!("`", $name, "`.")]
            $visibility const $constant: CheckName = CheckName($name);
        )+

        /// Every constant.
        #[cfg(test)]
        pub(super) const ALL: &[CheckName] = &[$($constant),+];
    };
}

names! {
    pub
    ACTIVATED_UNIT = "activated-unit",
    AIB_FILES = "aib-files",
    AMBIGUOUS_BINARY = "ambiguous-binary",
    API_BASE_DIRECTORIES = "api-base-directories",
    ARCHIVE = "archive",
    ARCHIVE_MEMBER = "archive-member",
    ARCHIVE_MODE = "archive-mode",
    ASSET_KIND = "asset-kind",
    ASSET_OUTSIDE = "asset-outside",
    AUTHORIZED_KEYS = "authorized-keys",
    BOUND_KIND = "bound-kind",
    CA_CERTIFICATE = "ca-certificate",
    CERTIFICATE_FILE = "certificate-file",
    EMBEDDED_IMAGE = "embedded-image",
    EMBEDDED_QUADLET = "embedded-quadlet",
    PASSWORD_HASH = "password-hash",
    BASE = "base",
    BASE_LIBRARY = "base-library",
    BASEIMAGE_COMPOSEFS = "baseimage-composefs",
    BASEIMAGE_ROOT = "baseimage-root",
    BASE_ONBUILD = "base-onbuild",
    BOOTC_INSTALL = "bootc-install",
    BOOTC_KARGS = "bootc-kargs",
    BOOTC_LABEL = "bootc-label",
    BOOT_TARGET = "boot-target",
    BOUND_IMAGE = "bound-image",
    BUILDAH_INJECTED = "buildah-injected",
    CONTAINER_CONFIG = "container-config",
    CONTRADICTORY_UNIT = "contradictory-unit",
    COPIED_DEVICE = "copied-device",
    COPY_INTO_ITSELF = "copy-into-itself",
    COPY_MISSING = "copy-missing",
    DANGLING_LINK = "dangling-link",
    DBUS_CONFIG = "dbus-config",
    DBUS_POLICY = "dbus-policy",
    DBUS_SERVICE = "dbus-service",
    DEEP_PATH = "deep-path",
    DEFAULT_TARGET = "default-target",
    DIRECTORY_METADATA = "directory-metadata",
    DUPLICATE_DESTINATION = "duplicate-destination",
    DRACUT_MODULE = "dracut-module",
    DUPLICATE_IMAGE = "duplicate-image",
    DUPLICATE_LAYER = "duplicate-layer",
    DUPLICATE_REMOVAL = "duplicate-removal",
    DUPLICATE_REPOSITORY = "duplicate-repository",
    DUPLICATE_SECRET = "duplicate-secret",
    EDIT_MISSING = "edit-missing",
    EDIT_UNMATCHED = "edit-unmatched",
    ELF_INTERPRETER = "elf-interpreter",
    ELF_LIBRARY = "elf-library",
    ELF_MACHINE = "elf-machine",
    ELF_VERSION = "elf-version",
    EMPTY_IMAGE = "empty-image",
    EMPTY_LAYER = "empty-layer",
    EMPTY_PACKAGES = "empty-packages",
    EMPTY_RUN = "empty-run",
    ENABLED_WITHOUT_INSTALL = "enabled-without-install",
    ENVIRONMENT_FILE = "environment-file",
    ENVIRONMENT_LINE = "environment-line",
    ETC_MERGE = "etc-merge",
    ETC_USRETC = "etc-usretc",
    FIREWALL = "firewall",
    EXEC_FORMAT = "exec-format",
    EXEC_MISSING = "exec-missing",
    EXEC_MODE = "exec-mode",
    EXEC_START = "exec-start",
    FSTAB = "fstab",
    GSHADOW = "gshadow",
    HEALTH_CHECK = "health-check",
    INCOMPLETE_UNIT = "incomplete-unit",
    INSTALL_SECTION = "install-section",
    INSTALL_TARGET = "install-target",
    INVALID_VALUE = "invalid-value",
    KERNEL_ARGUMENTS = "kernel-arguments",
    KERNEL = "kernel",
    KERNEL_MODULES = "kernel-modules",
    LABEL_VALUE = "label-value",
    LDCONFIG = "ldconfig",
    MACHINE_ID = "machine-id",
    MASKED_GENERATOR = "masked-generator",
    MISPLACED_UNIT = "misplaced-unit",
    MISSING_ASSET = "missing-asset",
    MODULES_LOAD = "modules-load",
    MOUNT_POINT = "mount-point",
    NATIVE_CPU = "native-cpu",
    NO_DIRECTORY = "no-directory",
    NSSWITCH = "nsswitch",
    NOTHING_TAKEN = "nothing-taken",
    NO_PACKAGE_MANAGER = "no-package-manager",
    NONEMPTY_BOOT = "nonempty-boot",
    NONEMPTY_RUN_TMP = "nonempty-run-tmp",
    ORDERING_CYCLE = "ordering-cycle",
    OWNER_NUMBER = "owner-number",
    PACKAGE_TRANSACTION = "package-transaction",
    PREPARE_ROOT = "prepare-root",
    PRESET = "preset",
    PRIVILEGED_PORT = "privileged-port",
    QM_PARTITION = "qm-partition",
    QM_PATH = "qm-path",
    QUADLET_GENERATOR = "quadlet-generator",
    QUADLET_IMAGE = "quadlet-image",
    QUADLET_KEY = "quadlet-key",
    QUADLET_SOURCE = "quadlet-source",
    READER_MODE = "reader-mode",
    REFUSED_DESTINATION = "refused-destination",
    REMOVE_MISSING = "remove-missing",
    REMOVE_ROOT = "remove-root",
    REPO_DIRECTORY = "repo-directory",
    REPO_FILE = "repo-file",
    RPM_FILE = "rpm-file",
    SCRIPT_INTERPRETER = "script-interpreter",
    SEALED_BASE = "sealed-base",
    SECRET_IN_LAYER = "secret-in-layer",
    SELINUX = "selinux",
    SELINUX_LABEL = "selinux-label",
    SETUID = "setuid",
    SHADOWED_ENTRY = "shadowed-entry",
    SOURCE_MODE = "source-mode",
    SOURCE_OWNER = "source-owner",
    SPECIAL_FILE = "special-file",
    SSHD_CONFIG = "sshd-config",
    STATE_DIRECTORY = "state-directory",
    SUDOERS_LINE = "sudoers-line",
    SYMLINK_TARGET = "symlink-target",
    SYSCTL_LINE = "sysctl-line",
    SYSTEMD_ANALYZE = "systemd-analyze",
    SYSUSERS = "sysusers",
    SYSUSERS_GID = "sysusers-gid",
    SYSUSERS_LINE = "sysusers-line",
    TEMPLATE = "template",
    TEMPLATE_ENABLED = "template-enabled",
    TEMPLATE_LEFT = "template-left",
    TMPFILES_LINE = "tmpfiles-line",
    TMPFILES_MODE = "tmpfiles-mode",
    TMPFILES_OWNER = "tmpfiles-owner",
    TOO_MANY_LAYERS = "too-many-layers",
    TOP_LEVEL = "top-level",
    TRANSIENT_ETC = "transient-etc",
    TYPE_CONFLICT = "type-conflict",
    UDEV_PROGRAM = "udev-program",
    UDEV_RULE = "udev-rule",
    UNIT_ACCESS = "unit-access",
    UNIT_ABSENT = "unit-absent",
    UNIT_DIRECTIVE = "unit-directive",
    UNIT_ENCODING = "unit-encoding",
    UNIT_INSTANCE = "unit-instance",
    UNIT_MASKED = "unit-masked",
    UNIT_PATH = "unit-path",
    UNIT_REQUIRES = "unit-requires",
    UNIT_UNREAD = "unit-unread",
    UNIT_USER = "unit-user",
    UNIT_VALUE = "unit-value",
    UNKNOWN_BINARY = "unknown-binary",
    UNKNOWN_CHECK = "unknown-check",
    UNKNOWN_FEATURE = "unknown-feature",
    UNKNOWN_OWNER = "unknown-owner",
    UNKNOWN_PACKAGE = "unknown-package",
    UNKNOWN_UNIT = "unknown-unit",
    UNMATCHED_PATTERN = "unmatched-pattern",
    UNREADABLE_ASSET = "unreadable-asset",
    UNREAD_DROP_IN = "unread-drop-in",
    UNREAD_FILE = "unread-file",
    UNSIGNED_MODULE = "unsigned-module",
    USR_OWNER = "usr-owner",
    UTF8 = "utf8",
    VAR_LOG = "var-log",
    VAR_RUN = "var-run",
    VAR_TMPFILES = "var-tmpfiles",
    VOLUME_REMOVAL = "volume-removal",
    WANTS_LINK = "wants-link",
    WITHOUT_SCRIPTLETS = "without-scriptlets",
    WORKDIR_MISSING = "workdir-missing",
    WORLD_WRITABLE = "world-writable",
}
