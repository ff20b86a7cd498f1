//! Where the policy of an image is: `selinux_config(5)` names it, semanage.conf(5) says where its modules are.

use lapstrake::Site;
use lapstrake::value::ImagePath;

use super::POLICIES;
use crate::finding::Finding;
use crate::plan::edit::Content;
use crate::plan::place::Placer;

/// A policy with more bytes is not read.
const MOST: u64 = 64 << 20;
/// A file of configuration with more bytes is not read.
const TEXT_MOST: u64 = 1 << 20;
/// Where libsemanage keeps modules if nothing else is stated.
const STORES: &str = "/var/lib/selinux";
/// What compiles a policy.
pub(in crate::plan) const COMPILERS: [&str; 2] = ["/usr/sbin/semodule", "/usr/bin/semodule"];

/// The policy of an image.
pub(super) struct Policy {
    /// Its name, as `SELINUXTYPE` has it.
    pub(super) name: String,
    /// The directory of its modules and local changes, if it is there.
    pub(super) store: Option<ImagePath>,
    /// The compiled policy.
    pub(super) binary: Vec<u8>,
}

impl Placer<'_, '_, '_> {
    /// Returns the policy below the layer. Without one, it is reported or has to be read first.
    pub(super) fn policy(&mut self, site: Site) -> Option<Policy> {
        let config = self.configuration(&format!("{POLICIES}/config"), TEXT_MOST, site)?;
        let name = value(&config, "SELINUXTYPE");
        let name = name.unwrap_or_else(|| "targeted".to_owned());
        let Some(binary) = self.newest(&name) else {
            let message = format!(
                "the base and the layers below have no SELinux policy: `{POLICIES}/{name}/policy` has none"
            );
            let finding = Finding::fatal("selinux", site, message);
            self.findings.push(finding.help(format!("add `.packages([\"selinux-policy-{name}\"])`")));
            return None;
        };
        let binary = self.configuration(binary.as_str(), MOST, site)?;
        let semanage = self.configuration(&format!("{POLICIES}/semanage.conf"), TEXT_MOST, site)?;
        let root = value(&semanage, "store-root");
        let root = root.unwrap_or_else(|| STORES.to_owned());
        let store = ImagePath::parse(&format!("{root}/{name}/active")).ok();
        let store = store.filter(|store| self.exists(store));
        Some(Policy { name, store, binary })
    }

    /// Reports what is missing to compile the policy.
    pub(super) fn compiler(&mut self, policy: &Policy, site: Site) {
        let has = |path: &str| ImagePath::parse(path).is_ok_and(|path| self.exists(&path));
        if !COMPILERS.iter().any(|path| has(path)) {
            let message = "the base and the layers below have no `semodule`, which compiles the policy";
            let finding = Finding::fatal("selinux", site, message);
            self.findings.push(finding.help("add `.packages([\"policycoreutils\"])` in a layer below"));
        } else if policy.store.is_none() {
            let name = &policy.name;
            let message =
                format!("the policy `{name}` can't be compiled: the image has no store of its modules");
            let finding = Finding::fatal("selinux", site, message);
            self.findings.push(finding.help(format!("add `.packages([\"selinux-policy-{name}\"])`")));
        }
    }

    /// Returns the path of the compiled policy with the highest version.
    fn newest(&self, name: &str) -> Option<ImagePath> {
        let directory = ImagePath::parse(&format!("{POLICIES}/{name}/policy")).ok()?;
        let children = self.members.below.tree.children(&directory);
        let versions = children.filter_map(|(name, _)| name.strip_prefix("policy.")?.parse::<u32>().ok());
        directory.join(&format!("policy.{}", versions.max()?)).ok()
    }

    /// Returns the content of a file, which is empty where there is none. None where it has to be read first, or can't be read.
    fn configuration(&mut self, path: &str, most: u64, site: Site) -> Option<Vec<u8>> {
        let path = ImagePath::parse(path).ok()?;
        match self.lower().read(&path, most) {
            Ok(None) => Some(Vec::new()),
            Ok(Some(Content::Known(bytes))) => Some(bytes),
            Ok(Some(Content::Wanted(wanted))) => {
                self.wanted.push(wanted);
                None
            }
            Err(unfit) => {
                self.findings
                    .push(Finding::fatal("selinux", site, format!("`{path}` {}", unfit.why)).at(&path));
                None
            }
        }
    }
}

/// Returns the value of a key in a file of `KEY=VALUE` lines.
fn value(text: &[u8], key: &str) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let mut settings = text.lines().filter_map(|line| line.split('#').next()?.split_once('='));
    let found = settings.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned());
    found.filter(|value| !value.is_empty())
}
