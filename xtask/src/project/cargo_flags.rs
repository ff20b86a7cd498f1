//! Compiler flags that make a program for the processor of this machine alone. They are read from where cargo and the
//! crate `cc` find them: its configuration files and the environment. Nothing else of the configuration is looked at.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::Architecture;
use toml::{Table, Value};

/// Where flags of the compilers are set, and which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CargoFlags {
    /// `RUSTFLAGS`, in place of everything that the configuration has.
    over_all: Option<Flags>,
    /// `target.TRIPLE.rustflags` and `target.'cfg(…)'.rustflags`, by the target.
    of_targets: Vec<(String, Flags)>,
    /// `build.rustflags`, which counts if no target has flags.
    of_all: Vec<Flags>,
    /// `CFLAGS` and `CXXFLAGS` of the environment and of `[env]`.
    of_c: Vec<Flags>,
}

/// Flags, and where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flags {
    place: String,
    flags: Vec<String>,
}

/// A flag for the processor of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NativeFlag {
    pub(crate) flag: String,
    /// The file and the key, or the variable.
    pub(crate) place: String,
}

/// The variables of the crate `cc`; each may have a target at its end.
const C_VARIABLES: [&str; 4] = ["CFLAGS", "CXXFLAGS", "TARGET_CFLAGS", "TARGET_CXXFLAGS"];
/// The names of the configuration file, of which cargo takes the first that exists.
const NAMES: [&str; 2] = ["config", "config.toml"];

impl CargoFlags {
    /// Reads what applies to a cargo that runs in `root`. Cargo reports what does not parse.
    pub(crate) fn read(root: &Utf8Path) -> Self {
        let variables = std::env::vars_os();
        let variables =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let variables: BTreeMap<_, _> = variables.collect();
        let home = variables.get("CARGO_HOME").map(Utf8PathBuf::from);
        let home = home.or_else(|| Some(Utf8PathBuf::from(variables.get("HOME")?).join(".cargo")));
        let folders = root.ancestors().map(|above| above.join(".cargo")).chain(home);
        let files = folders.filter_map(|folder| {
            NAMES.iter().map(|name| folder.join(name)).find_map(|path| {
                let text = fs::read_to_string(&path).ok()?;
                let shown = path.strip_prefix(root).map(Utf8Path::to_owned).unwrap_or(path);
                Some((shown.to_string(), text))
            })
        });
        let files: BTreeMap<_, _> = files.collect();
        Self::of(&files, &variables)
    }

    /// Returns the flags of a configuration file alone.
    #[cfg(test)]
    pub(crate) fn of_file(name: &str, text: &str) -> Self {
        Self::of(&BTreeMap::from([(name.to_owned(), text.to_owned())]), &BTreeMap::new())
    }

    /// Returns the flags of configuration files, by their names, and of variables.
    fn of(files: &BTreeMap<String, String>, variables: &BTreeMap<String, String>) -> Self {
        let mut found = Self::default();
        let encoded =
            variables.get("CARGO_ENCODED_RUSTFLAGS").map(|text| ("CARGO_ENCODED_RUSTFLAGS", text, '\u{1f}'));
        let plain = || variables.get("RUSTFLAGS").map(|text| ("RUSTFLAGS", text, ' '));
        found.over_all = encoded.or_else(plain).map(|(name, text, separator)| Flags {
            place: format!("the variable `{name}`"),
            flags: text.split(separator).map(str::to_owned).collect(),
        });
        for (name, text) in variables {
            let flags = || Flags { place: format!("the variable `{name}`"), flags: words(text) };
            let of_target =
                name.strip_prefix("CARGO_TARGET_").and_then(|rest| rest.strip_suffix("_RUSTFLAGS"));
            if let Some(target) = of_target {
                found.of_targets.push((target.to_lowercase(), flags()));
            } else if name == "CARGO_BUILD_RUSTFLAGS" {
                found.of_all.push(flags());
            } else if is_of_c(name) {
                found.of_c.push(flags());
            }
        }
        for (file, text) in files {
            if let Ok(table) = text.parse::<Table>() {
                found.add(file, &table);
            }
        }
        found
    }

    fn add(&mut self, file: &str, table: &Table) {
        let table_of =
            |table: &Table, key: &str| table.get(key).and_then(Value::as_table).cloned().unwrap_or_default();
        let at =
            |key: &str, value: &Value| Flags { place: format!("`{key}` of `{file}`"), flags: listed(value) };
        for (target, of_target) in &table_of(table, "target") {
            if let Some(value) = of_target.get("rustflags") {
                let key = format!("target.{target}.rustflags");
                self.of_targets.push((target.clone(), at(&key, value)));
            }
        }
        self.of_all
            .extend(table_of(table, "build").get("rustflags").map(|value| at("build.rustflags", value)));
        for (name, value) in table_of(table, "env").iter().filter(|(name, _)| is_of_c(name)) {
            let value = value.get("value").unwrap_or(value);
            self.of_c.push(at(&format!("env.{name}"), value));
        }
    }

    /// Returns the flags for the processor of this machine that apply to a target, or without one to the target of an
    /// architecture.
    pub(crate) fn native(&self, target: Option<&str>, architecture: Architecture) -> Vec<NativeFlag> {
        let applies = |(key, flags): &&(String, Flags)| {
            !flags.flags.is_empty() && target_applies(key, target, architecture.machine())
        };
        let of_targets: Vec<_> = self.of_targets.iter().filter(applies).map(|(_, flags)| flags).collect();
        let of_rust = match &self.over_all {
            Some(flags) => vec![flags],
            None if of_targets.is_empty() => self.of_all.iter().collect(),
            None => of_targets,
        };
        let rust = of_rust.into_iter().filter_map(|flags| flags.find(is_native_for_rustc));
        let c = self.of_c.iter().filter_map(|flags| flags.find(is_native_for_cc));
        rust.chain(c).collect()
    }
}

impl Flags {
    fn find(&self, is_native: fn(&str) -> bool) -> Option<NativeFlag> {
        let flag = self.flags.iter().find(|flag| is_native(flag))?.clone();
        Some(NativeFlag { flag, place: self.place.clone() })
    }
}

/// `-Ctarget-cpu=native`, or the value alone after `-C`.
fn is_native_for_rustc(flag: &str) -> bool {
    let flag = flag.strip_prefix("--codegen=").or_else(|| flag.strip_prefix("-C")).unwrap_or(flag);
    flag == "target-cpu=native"
}

fn is_native_for_cc(flag: &str) -> bool {
    ["-march=native", "-mcpu=native"].contains(&flag)
}

fn is_of_c(name: &str) -> bool {
    C_VARIABLES
        .iter()
        .any(|known| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')))
}

/// Whether a key below `target` is for a target: it is its name, or a condition. Of a condition, only what excludes the
/// target for sure is understood.
fn target_applies(key: &str, target: Option<&str>, machine: &str) -> bool {
    let Some(condition) = key.strip_prefix("cfg(") else {
        // In the name of a variable, there is no `-`.
        return match target {
            Some(target) => key.replace('-', "_") == target.replace('-', "_"),
            None => key.starts_with(machine) && key.contains("linux"),
        };
    };
    let value = |name: &str| {
        let (_, rest) = condition.split_once(&format!("{name} = \""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    let is_negated = condition.contains("not(");
    is_negated
        || condition.trim_end_matches(')') != "windows"
            && value("target_arch").is_none_or(|found| found == machine)
            && value("target_os").is_none_or(|found| found == "linux")
}

/// The flags of a text or of an array.
fn listed(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => words(text),
        Value::Array(flags) => flags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(file: &str, variables: &[(&str, &str)], target: Option<&str>) -> Vec<String> {
        let files = BTreeMap::from([(".cargo/config.toml".to_owned(), file.to_owned())]);
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let flags = CargoFlags::of(&files, &variables.collect());
        flags.native(target, Architecture::Amd64).into_iter().map(|native| native.place).collect()
    }

    const NATIVE: &str = "rustflags = [\"-C\", \"target-cpu=native\"]\n";

    #[test]
    fn a_flag_for_this_machine_is_found_where_cargo_reads_it() {
        let amd64 = Some("x86_64-unknown-linux-gnu");
        for (file, variables, place) in [
            (format!("[build]\n{NATIVE}"), vec![], "`build.rustflags` of `.cargo/config.toml`"),
            (
                "[build]\nrustflags = \"-Ctarget-cpu=native -g\"\n".to_owned(),
                vec![],
                "`build.rustflags` of `.cargo/config.toml`",
            ),
            (
                format!("[target.x86_64-unknown-linux-gnu]\n{NATIVE}"),
                vec![],
                "`target.x86_64-unknown-linux-gnu.rustflags` of `.cargo/config.toml`",
            ),
            (
                format!("[target.'cfg(target_arch = \"x86_64\")']\n{NATIVE}"),
                vec![],
                "`target.cfg(target_arch = \"x86_64\").rustflags` of `.cargo/config.toml`",
            ),
            (
                "[env]\nCFLAGS_x86_64_unknown_linux_gnu = { value = \"-O2 -march=native\" }\n".to_owned(),
                vec![],
                "`env.CFLAGS_x86_64_unknown_linux_gnu` of `.cargo/config.toml`",
            ),
            (String::new(), vec![("RUSTFLAGS", "-g -C target-cpu=native")], "the variable `RUSTFLAGS`"),
            (
                String::new(),
                vec![("CARGO_ENCODED_RUSTFLAGS", "--codegen=target-cpu=native")],
                "the variable `CARGO_ENCODED_RUSTFLAGS`",
            ),
            (
                String::new(),
                vec![("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "-Ctarget-cpu=native")],
                "the variable `CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS`",
            ),
            (String::new(), vec![("CXXFLAGS", "-mcpu=native")], "the variable `CXXFLAGS`"),
        ] {
            for target in [amd64, None] {
                assert_eq!(native(&file, &variables, target), [place], "{file}{variables:?}");
            }
        }
    }

    #[test]
    fn flags_that_do_not_apply_and_other_processors_are_no_fault() {
        let amd64 = Some("x86_64-unknown-linux-gnu");
        for (file, variables) in [
            ("[build]\nrustflags = [\"-C\", \"target-cpu=x86-64-v2\"]\n".to_owned(), vec![]),
            (format!("[target.aarch64-unknown-linux-gnu]\n{NATIVE}"), vec![]),
            (format!("[target.'cfg(target_arch = \"aarch64\")']\n{NATIVE}"), vec![]),
            (format!("[target.'cfg(windows)']\n{NATIVE}"), vec![]),
            // cargo takes one source of flags, in this order: RUSTFLAGS, the target's, those of all.
            (format!("[build]\n{NATIVE}"), vec![("RUSTFLAGS", "-g")]),
            (format!("[build]\n{NATIVE}[target.x86_64-unknown-linux-gnu]\nrustflags = [\"-g\"]\n"), vec![]),
            (String::new(), vec![("CFLAGS", "-march=x86-64-v2"), ("MY_CFLAGS", "-march=native")]),
            ("[build\n".to_owned(), vec![]),
        ] {
            assert_eq!(native(&file, &variables, amd64), [""; 0], "{file}{variables:?}");
        }
    }
}
