//! How each entry is written, and which options it has: the one table that check and messages share.

mod form;

use crate::image::keyword::Level;
use crate::image::value_kind::{Reader, ValueKind};

pub(super) use form::{Choice, Form, Shape, Takes};

/// The transports of a base, by the names of their builder methods.
pub(super) const TRANSPORTS: [&str; 5] = ["registry", "containers_storage", "oci", "oci_archive", "stand_in"];

const fn choice(key: &'static str, takes: Takes) -> Choice {
    Choice { key, method: key, takes }
}

const fn one(key: &'static str, kind: ValueKind) -> Choice {
    choice(key, Takes::One(kind))
}

const FILL: Choice = choice("fill", Takes::Pair(ValueKind::Text, ValueKind::Text));
const MODE: Choice = one("mode", ValueKind::Mode);
const OWNER: Choice = one("owner", ValueKind::Owner);
/// What is left out of a tree, what alone is taken, and the modes and owners that patterns give.
const EXCLUDE: Choice = choice("exclude", Takes::Each(ValueKind::Glob));
const ONLY: Choice = choice("only", Takes::Each(ValueKind::Glob));
const MODE_OF: Choice = choice("mode_of", Takes::Pair(ValueKind::Glob, ValueKind::Mode));
const OWNER_OF: Choice = choice("owner_of", Takes::Pair(ValueKind::Glob, ValueKind::Owner));
const DIR_MODE: Choice = one("dir_mode", ValueKind::Mode);
const CAPABILITY: Choice = one("capability", ValueKind::Capabilities);
const STAGE: Choice = choice("stage", Takes::Argument(ValueKind::Stage));
/// Which checks an entry accepts findings of.
const ALLOW: Choice = choice("allow", Takes::Each(ValueKind::Text));

pub(super) const BASE: Form =
    Form { keyword: "base", shapes: &[], options: &[one("architecture", ValueKind::Architecture)] };

/// In the braces of a repository, and those in the braces of `packages`.
pub(super) const REPOSITORY: Form = Form {
    keyword: "repository",
    shapes: &[],
    options: &[
        one("gpg_key", ValueKind::KeyFile),
        choice("unsigned", Takes::Nothing),
        choice("kept", Takes::Nothing),
    ],
};

/// The options of a tree.
const TREE: &[Choice] = &[ONLY, EXCLUDE, MODE_OF, OWNER_OF, DIR_MODE, MODE, OWNER, CAPABILITY, ALLOW];

/// How the state of a unit is meant.
const UNIT_STATE: &[Choice] = &[choice("for_users", Takes::Nothing), choice("if_present", Takes::Nothing)];

/// What a run step is given.
const RUN: &[Choice] = &[
    choice("env", Takes::Pair(ValueKind::Variable, ValueKind::Text)),
    one("current_dir", ValueKind::WorkDir),
    choice("cache", Takes::Each(ValueKind::CacheDir)),
    choice("bind", Takes::Pair(ValueKind::BindSource, ValueKind::BindTarget)),
    choice("secret", Takes::Each(ValueKind::Secret)),
    choice("network", Takes::Nothing),
];

/// What is written directly in `image!`.
const OF_IMAGE: [Form; 10] = [
    of_image("version", &[Shape::One(ValueKind::Text)]),
    of_image("reference", &[Shape::One(ValueKind::Reference)]),
    of_image("label", &[Shape::Named(ValueKind::LabelKey, ValueKind::Text)]),
    of_image("env", &[Shape::Named(ValueKind::Variable, ValueKind::Text)]),
    of_image("workdir", &[Shape::One(ValueKind::WorkDir)]),
    of_image("user", &[Shape::One(ValueKind::ContainerUser)]),
    of_image("entrypoint", &[Shape::List(ValueKind::Argument)]),
    of_image("cmd", &[Shape::List(ValueKind::Argument)]),
    of_image("stop_signal", &[Shape::One(ValueKind::StopSignal)]),
    of_image("allow", &[Shape::One(ValueKind::Text)]),
];

const fn of_image(keyword: &'static str, shapes: &'static [Shape]) -> Form {
    Form { keyword, shapes, options: &[] }
}

/// The entries of a layer.
const OF_LAYER: &[Form] = &[
    Form {
        keyword: "bin",
        shapes: &[Shape::One(ValueKind::Binary)],
        options: &[
            one("package", ValueKind::CargoPackage),
            choice("features", Takes::Many(ValueKind::Feature)),
            choice("no_default_features", Takes::Nothing),
            one("profile", ValueKind::Profile),
            one("target", ValueKind::TargetTriple),
            one("at", ValueKind::Destination),
            one("in_stage", ValueKind::Stage),
            MODE,
            OWNER,
            CAPABILITY,
            ALLOW,
        ],
    },
    Form {
        keyword: "file",
        shapes: &[Shape::Onto(ValueKind::File, ValueKind::Destination)],
        options: &[FILL, MODE, OWNER, CAPABILITY, ALLOW],
    },
    Form {
        keyword: "text",
        shapes: &[Shape::Onto(ValueKind::Text, ValueKind::Destination)],
        options: &[FILL, MODE, OWNER, CAPABILITY, ALLOW],
    },
    Form {
        keyword: "built",
        shapes: &[Shape::Onto(ValueKind::StageFile, ValueKind::Destination)],
        options: &[STAGE, MODE, OWNER, CAPABILITY, ALLOW],
    },
    Form {
        keyword: "built_tree",
        shapes: &[Shape::Onto(ValueKind::StageFile, ValueKind::Destination)],
        options: &[STAGE, ONLY, EXCLUDE, MODE_OF, OWNER_OF, DIR_MODE, MODE, OWNER, CAPABILITY, ALLOW],
    },
    Form {
        keyword: "image_file",
        shapes: &[Shape::NamedOnto(ValueKind::Reference, ValueKind::StageFile, ValueKind::Destination)],
        options: &[MODE, OWNER, CAPABILITY, ALLOW],
    },
    Form {
        keyword: "image_tree",
        shapes: &[Shape::NamedOnto(ValueKind::Reference, ValueKind::StageFile, ValueKind::Destination)],
        options: TREE,
    },
    Form {
        keyword: "fetched",
        shapes: &[Shape::NamedOnto(ValueKind::FetchUrl, ValueKind::ContentDigest, ValueKind::Destination)],
        options: &[MODE, OWNER, CAPABILITY, ALLOW],
    },
    Form {
        keyword: "fetched_tree",
        shapes: &[Shape::NamedOnto(ValueKind::FetchUrl, ValueKind::ContentDigest, ValueKind::Destination)],
        options: &[
            one("strip_components", ValueKind::Number),
            ONLY,
            EXCLUDE,
            MODE_OF,
            OWNER_OF,
            DIR_MODE,
            MODE,
            OWNER,
            CAPABILITY,
            ALLOW,
        ],
    },
    Form {
        keyword: "tree",
        shapes: &[Shape::Onto(ValueKind::Directory, ValueKind::Destination)],
        options: TREE,
    },
    Form { keyword: "dir", shapes: &[Shape::One(ValueKind::Destination)], options: &[MODE, OWNER, ALLOW] },
    Form {
        keyword: "symlink",
        shapes: &[Shape::Link(ValueKind::Destination, ValueKind::Text)],
        options: &[OWNER, ALLOW],
    },
    Form { keyword: "remove", shapes: &[Shape::One(ValueKind::RemovedPath)], options: &[] },
    Form {
        keyword: "copy",
        shapes: &[Shape::Onto(ValueKind::LowerPath, ValueKind::Destination)],
        options: &[ALLOW],
    },
    Form {
        keyword: "rename",
        shapes: &[Shape::Onto(ValueKind::LowerPath, ValueKind::Destination)],
        options: &[ALLOW],
    },
    Form {
        keyword: "unit",
        shapes: &[Shape::One(ValueKind::UnitFile), Shape::Named(ValueKind::Unit, ValueKind::Text)],
        options: &[
            choice("enabled", Takes::Nothing),
            choice("for_users", Takes::Nothing),
            choice("instances", Takes::Many(ValueKind::Text)),
            one("named", ValueKind::Unit),
            MODE,
            OWNER,
            ALLOW,
        ],
    },
    Form {
        keyword: "quadlet",
        shapes: &[Shape::One(ValueKind::QuadletFile), Shape::Named(ValueKind::QuadletName, ValueKind::Text)],
        options: &[choice("bound", Takes::Nothing), one("named", ValueKind::QuadletName), MODE, OWNER, ALLOW],
    },
    Form {
        keyword: "drop_in",
        shapes: &[
            Shape::Onto(ValueKind::File, ValueKind::Unit),
            Shape::NamedOnto(ValueKind::ConfName, ValueKind::Text, ValueKind::Unit),
        ],
        options: &[MODE, OWNER, ALLOW],
    },
    Form {
        keyword: "edit",
        shapes: &[Shape::One(ValueKind::EditedFile)],
        options: &[
            choice("replace", Takes::Pair(ValueKind::Text, ValueKind::Text)),
            choice("replace_all", Takes::Pair(ValueKind::Text, ValueKind::Text)),
            choice("set", Takes::Setting),
            choice("insert_after", Takes::Pair(ValueKind::Text, ValueKind::Text)),
            choice("append", Takes::Each(ValueKind::Text)),
            ALLOW,
        ],
    },
    Form { keyword: "enable", shapes: &[Shape::One(ValueKind::Unit)], options: UNIT_STATE },
    Form { keyword: "disable", shapes: &[Shape::One(ValueKind::Unit)], options: UNIT_STATE },
    Form { keyword: "mask", shapes: &[Shape::One(ValueKind::Unit)], options: UNIT_STATE },
    Form { keyword: "default_target", shapes: &[Shape::One(ValueKind::Target)], options: &[] },
    Form {
        keyword: "user",
        shapes: &[Shape::One(ValueKind::UserName), Shape::Named(ValueKind::UserName, ValueKind::Number)],
        options: &[
            one("id", ValueKind::Number),
            one("description", ValueKind::Text),
            one("home", ValueKind::Home),
            one("shell", ValueKind::Program),
            choice("groups", Takes::Many(ValueKind::UserName)),
            choice("authorized_keys", Takes::Each(ValueKind::KeyFile)),
            one("password_hash", ValueKind::PasswordHash),
            one("sudo", ValueKind::Text),
            choice("subids", Takes::Pair(ValueKind::Number, ValueKind::Number)),
            choice("lingering", Takes::Nothing),
        ],
    },
    Form {
        keyword: "group",
        shapes: &[Shape::One(ValueKind::UserName)],
        options: &[one("id", ValueKind::Number)],
    },
    Form {
        keyword: "zone",
        shapes: &[Shape::One(ValueKind::ZoneName)],
        options: &[
            choice("port", Takes::Each(ValueKind::Port)),
            choice("service", Takes::Each(ValueKind::Text)),
            choice("source", Takes::Each(ValueKind::Text)),
            choice("interface", Takes::Each(ValueKind::Text)),
            choice("masquerade", Takes::Nothing),
        ],
    },
    Form {
        keyword: "state_seed",
        shapes: &[Shape::Onto(ValueKind::Directory, ValueKind::StateDir)],
        options: &[],
    },
    Form {
        keyword: "selinux_boolean",
        shapes: &[Shape::Named(ValueKind::SelinuxName, ValueKind::Flag)],
        options: &[],
    },
    Form {
        keyword: "selinux_context",
        shapes: &[Shape::Named(ValueKind::PathPattern, ValueKind::SecurityContext)],
        options: &[],
    },
    Form { keyword: "bound", shapes: &[Shape::One(ValueKind::Reference)], options: &[] },
    Form {
        keyword: "embed",
        shapes: &[Shape::One(ValueKind::Reference)],
        options: &[one("named", ValueKind::Reference), ALLOW],
    },
    Form { keyword: "ca_certificate", shapes: &[Shape::One(ValueKind::Certificate)], options: &[] },
    Form { keyword: "motd", shapes: &[Shape::One(ValueKind::Motd)], options: &[ALLOW] },
    Form {
        keyword: "environment_file",
        shapes: &[Shape::Onto(ValueKind::EnvironmentFile, ValueKind::Destination)],
        options: &[MODE, OWNER, ALLOW],
    },
    Form {
        keyword: "health_check",
        shapes: &[
            Shape::Listed(ValueKind::HealthCheckName, ValueKind::Argument),
            Shape::One(ValueKind::Unit),
        ],
        options: &[],
    },
    Form {
        keyword: "initramfs",
        shapes: &[],
        options: &[
            choice("modules", Takes::Many(ValueKind::Text)),
            choice("omit", Takes::Many(ValueKind::Text)),
            choice("drivers", Takes::Many(ValueKind::Text)),
        ],
    },
    Form {
        keyword: "qm",
        shapes: &[],
        options: &[
            choice("packages", Takes::Many(ValueKind::Package)),
            choice("file", Takes::Pair(ValueKind::File, ValueKind::LowerPath)),
            choice("text", Takes::Pair(ValueKind::Text, ValueKind::LowerPath)),
            choice("unit", Takes::Each(ValueKind::UnitFile)),
            choice("enable", Takes::Pair(ValueKind::Unit, ValueKind::Target)),
            choice("quadlet", Takes::Each(ValueKind::QuadletFile)),
            one("memory_max", ValueKind::Text),
            one("memory_high", ValueKind::Text),
            one("cpu_weight", ValueKind::Number),
        ],
    },
    Form {
        keyword: "kernel",
        shapes: &[Shape::One(ValueKind::Package)],
        options: &[one("replacing", ValueKind::Package)],
    },
    Form {
        keyword: "built_kmod",
        shapes: &[Shape::One(ValueKind::StageFile)],
        options: &[
            STAGE,
            choice("signed", Takes::Pair(ValueKind::Secret, ValueKind::Certificate)),
            one("pin", ValueKind::Secret),
        ],
    },
    Form { keyword: "built_selinux_module", shapes: &[Shape::One(ValueKind::StageFile)], options: &[STAGE] },
    Form { keyword: "kmod", shapes: &[Shape::One(ValueKind::KernelModule)], options: &[] },
    Form { keyword: "selinux_module", shapes: &[Shape::One(ValueKind::PolicyModule)], options: &[] },
    Form { keyword: "selinux_permissive", shapes: &[Shape::One(ValueKind::SelinuxName)], options: &[] },
    Form { keyword: "default_zone", shapes: &[Shape::One(ValueKind::ZoneName)], options: &[] },
    conf("sysctl", &[Shape::Listed(ValueKind::ConfName, ValueKind::Line(Reader::Sysctl))]),
    conf("modules_load", &[Shape::Listed(ValueKind::ConfName, ValueKind::Line(Reader::ModulesLoad))]),
    conf("udev_rules", &[Shape::Listed(ValueKind::ConfName, ValueKind::Line(Reader::Udev))]),
    conf("preset", &[Shape::Listed(ValueKind::ConfName, ValueKind::Line(Reader::Preset))]),
    conf("environment", &[Shape::Listed(ValueKind::ConfName, ValueKind::Line(Reader::Environment))]),
    conf("sshd", &[Shape::Listed(ValueKind::ConfName, ValueKind::Line(Reader::Sshd))]),
    conf("hostname", &[Shape::One(ValueKind::Line(Reader::HostName))]),
    conf("locale", &[Shape::One(ValueKind::Line(Reader::Locale))]),
    Form { keyword: "timezone", shapes: &[Shape::One(ValueKind::Text)], options: &[] },
    Form {
        keyword: "sysusers",
        shapes: &[Shape::Listed(ValueKind::ConfName, ValueKind::SysusersLine), Shape::One(ValueKind::File)],
        options: &[],
    },
    Form {
        keyword: "tmpfiles",
        shapes: &[Shape::Listed(ValueKind::ConfName, ValueKind::TmpfilesLine), Shape::One(ValueKind::File)],
        options: &[],
    },
    Form { keyword: "tmpfiles_of_packages", shapes: &[Shape::One(ValueKind::ConfName)], options: &[] },
    Form {
        keyword: "kargs",
        shapes: &[Shape::Listed(ValueKind::KargsName, ValueKind::Karg)],
        options: &[choice("match_architectures", Takes::Many(ValueKind::Architecture))],
    },
    Form {
        keyword: "packages",
        shapes: &[Shape::List(ValueKind::Package)],
        options: &[
            Choice { key: "remove", method: "and_remove", takes: Takes::Many(ValueKind::Package) },
            Choice {
                key: "swap",
                method: "and_swap",
                takes: Takes::Pair(ValueKind::Package, ValueKind::Package),
            },
            choice("rpm_file", Takes::Each(ValueKind::RpmFile)),
            choice("rpm_dir", Takes::Each(ValueKind::Directory)),
            choice("rpm_from_stage", Takes::Pair(ValueKind::Stage, ValueKind::StageFile)),
            choice("repository", Takes::Repository),
            choice("repo_file", Takes::Each(ValueKind::RepoFile)),
            choice("enable_repository", Takes::Each(ValueKind::RepositoryId)),
            choice("module", Takes::Each(ValueKind::ModuleStream)),
            choice("upgrade_all", Takes::Nothing),
            choice("allow_erasing", Takes::Nothing),
            choice("without_scriptlets", Takes::Nothing),
            choice("without_docs", Takes::Nothing),
            choice("without_weak_dependencies", Takes::Nothing),
            ALLOW,
        ],
    },
    Form { keyword: "run", shapes: &[Shape::List(ValueKind::Argument)], options: RUN },
    Form { keyword: "shell", shapes: &[Shape::One(ValueKind::Text)], options: RUN },
];

/// A file of lines for one reader.
const fn conf(keyword: &'static str, shapes: &'static [Shape]) -> Form {
    Form { keyword, shapes, options: &[MODE, OWNER, ALLOW] }
}

pub(super) fn find(keyword: &str, level: Level) -> Option<&'static Form> {
    let forms: &[Form] = match level {
        Level::Image => &OF_IMAGE,
        Level::Layer => OF_LAYER,
    };
    forms.iter().find(|form| form.keyword == keyword)
}
