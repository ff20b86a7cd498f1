//! The keys that podman's generator takes in each kind of quadlet (podman-systemd.unit(5), podman 5.8). It refuses a whole
//! quadlet with another key.

/// A kind of quadlet.
pub(super) struct Kind {
    /// The suffix of its files.
    pub(super) suffix: &'static str,
    /// Its section.
    pub(super) section: &'static str,
    /// The keys of which it needs one.
    pub(super) needs: &'static [&'static str],
    /// The keys of podman 5.4.
    keys: &'static str,
    /// The keys that podman 5.5 to 5.8 added.
    later: &'static str,
}

impl Kind {
    /// Returns the kind of a file, if its keys are known.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        let (_, suffix) = name.rsplit_once('.')?;
        KINDS.iter().find(|kind| kind.suffix == suffix)
    }

    /// Returns its keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys.split_whitespace().chain(self.later.split_whitespace())
    }

    /// Returns the kinds with the keys that podman 5.4 takes in each.
    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = (&'static Self, Vec<&'static str>)> {
        KINDS.iter().map(|kind| (kind, kind.keys.split_whitespace().collect()))
    }
}

const KINDS: [Kind; 7] = [
    Kind {
        suffix: "container",
        section: "Container",
        needs: &["Image", "Rootfs"],
        keys: "AddCapability AddDevice AddHost Annotation AutoUpdate CgroupsMode ContainerName ContainersConfModule DNS \
               DNSOption DNSSearch DropCapability Entrypoint Environment EnvironmentFile EnvironmentHost Exec \
               ExposeHostPort GIDMap GlobalArgs Group GroupAdd HealthCmd HealthInterval HealthLogDestination \
               HealthMaxLogCount HealthMaxLogSize HealthOnFailure HealthRetries HealthStartPeriod HealthStartupCmd \
               HealthStartupInterval HealthStartupRetries HealthStartupSuccess HealthStartupTimeout HealthTimeout \
               HostName IP IP6 Image Label LogDriver LogOpt Mask Mount Network NetworkAlias NoNewPrivileges Notify \
               PidsLimit Pod PodmanArgs PublishPort Pull ReadOnly ReadOnlyTmpfs RemapGid RemapUid RemapUidSize \
               RemapUsers Rootfs RunInit SeccompProfile Secret SecurityLabelDisable SecurityLabelFileType \
               SecurityLabelLevel SecurityLabelNested SecurityLabelType ServiceName ShmSize StartWithPod StopSignal \
               StopTimeout SubGIDMap SubUIDMap Sysctl Timezone Tmpfs UIDMap Ulimit Unmask User UserNS VolatileTmp \
               Volume WorkingDir",
        later: "AppArmor HttpProxy Memory ReloadCmd ReloadSignal Retry RetryDelay",
    },
    Kind {
        suffix: "volume",
        section: "Volume",
        needs: &[],
        keys: "ContainersConfModule Copy Device Driver GlobalArgs Group Image Label Options PodmanArgs ServiceName Type \
               User VolumeName",
        later: "GID UID",
    },
    Kind {
        suffix: "network",
        section: "Network",
        needs: &[],
        keys: "ContainersConfModule DNS DisableDNS Driver Gateway GlobalArgs IPAMDriver IPRange IPv6 Internal Label \
               NetworkName Options PodmanArgs ServiceName Subnet",
        later: "InterfaceName NetworkDeleteOnStop",
    },
    Kind {
        suffix: "kube",
        section: "Kube",
        needs: &["Yaml"],
        keys: "AutoUpdate ConfigMap ContainersConfModule ExitCodePropagation GlobalArgs KubeDownForce LogDriver LogOpt \
               Network PodmanArgs PublishPort RemapGid RemapUid RemapUidSize RemapUsers ServiceName \
               SetWorkingDirectory UserNS Yaml",
        later: "",
    },
    Kind {
        suffix: "image",
        section: "Image",
        needs: &["Image"],
        keys: "AllTags Arch AuthFile CertDir ContainersConfModule Creds DecryptionKey GlobalArgs Image ImageTag OS \
               PodmanArgs ServiceName TLSVerify Variant",
        later: "Policy Retry RetryDelay",
    },
    Kind {
        suffix: "build",
        section: "Build",
        needs: &["ImageTag"],
        keys: "Annotation Arch AuthFile ContainersConfModule DNS DNSOption DNSSearch Environment File ForceRM GlobalArgs \
               GroupAdd ImageTag Label Network PodmanArgs Pull Secret ServiceName SetWorkingDirectory TLSVerify Target \
               Variant Volume",
        later: "BuildArg IgnoreFile Retry RetryDelay",
    },
    Kind {
        suffix: "pod",
        section: "Pod",
        needs: &[],
        keys: "AddHost ContainersConfModule DNS DNSOption DNSSearch GIDMap GlobalArgs IP IP6 Network NetworkAlias PodName \
               PodmanArgs PublishPort RemapGid RemapUid RemapUidSize RemapUsers ServiceName ShmSize SubGIDMap \
               SubUIDMap UIDMap UserNS Volume",
        later: "ExitPolicy HostName Label StopTimeout",
    },
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::Kind;

    /// What podman 5's own generator says of a quadlet. None without it: `cargo xtask fixtures` brings it.
    fn said(name: &str, text: &str) -> Option<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let program = root.join("target/fixtures/podman5/usr/libexec/podman/quadlet");
        if !program.exists() {
            assert!(std::env::var_os("CI").is_none(), "{} is missing", program.display());
            eprintln!("\n*** SKIPPED: `cargo xtask fixtures` brings podman's generator ***\n");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(name), text).unwrap();
        let output =
            Command::new(program).arg("-dryrun").env("QUADLET_UNIT_DIRS", directory.path()).output().unwrap();
        Some(String::from_utf8(output.stderr).unwrap())
    }

    #[test]
    fn podman_itself_takes_the_keys_and_no_other() {
        for (kind, keys) in Kind::all() {
            let needed = if kind.suffix == "build" { "ImageTag=x\nFile=/x\n" } else { "" };
            let needed = kind.needs.first().map_or(String::new(), |key| format!("{needed}{key}=/x\n"));
            let lines: String = keys.iter().map(|key| format!("{key}=\n")).collect();
            let name = format!("app.{}", kind.suffix);
            let Some(said) = said(&name, &format!("[{}]\n{lines}{needed}", kind.section)) else { return };
            assert!(!said.contains("unsupported key"), "{said}");
            for key in kind.later.split_whitespace().chain(["Imag"]) {
                let said =
                    super::tests::said(&name, &format!("[{}]\n{needed}{key}=\n", kind.section)).unwrap();
                assert!(said.contains(&format!("unsupported key '{key}'")), "{said}");
            }
        }
    }

    #[test]
    fn podman_itself_needs_the_keys_that_a_kind_needs() {
        for (kind, _) in Kind::all() {
            let name = format!("app.{}", kind.suffix);
            let Some(said) = said(&name, &format!("[{}]\n", kind.section)) else { return };
            assert_eq!(said.contains("converting"), !kind.needs.is_empty(), "{name}: {said}");
        }
    }
}
