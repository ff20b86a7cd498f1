//! The steps of a part of a layer, in their order: the policy is compiled, kernel modules are listed, certificates are made
//! trusted, services are made of quadlets where the base does not do that at boot, and then what the description runs.

use lapstrake::Layer;
use lapstrake::entry::EntryKind;

use super::certificate::TrustStore;
use super::kernel::only_kernel;
use super::resolve::Resolver;
use super::selinux::{COMPILERS, compile_policy};
use super::site::site_or;
use super::step::{PlannedRun, Steps, runs};
use crate::finding::Finding;

/// What lists the modules of a kernel.
const DEPMOD: [&str; 2] = ["/usr/sbin/depmod", "/usr/bin/depmod"];

impl Resolver<'_> {
    /// Returns the steps of a part of a layer. What is in the layer is in the tree already.
    pub(super) fn steps(&mut self, layer: &Layer, steps: &mut Steps<'_>) -> Vec<PlannedRun> {
        // Without one, an entry reports it.
        let compiler = self.program(COMPILERS).unwrap_or(COMPILERS[0]);
        let compiled = compile_policy(layer, compiler, steps, &mut self.stages);
        let own =
            compiled.into_iter().chain(self.listed_modules(layer)).chain(self.trusted_certificates(layer));
        own.chain(self.pregenerated_services(layer)).chain(runs(layer, steps)).collect()
    }

    /// Returns the step that lists the modules of the kernel, if the layer adds one. Until the kernel is known, the module
    /// itself is undecided.
    fn listed_modules(&mut self, layer: &Layer) -> Option<PlannedRun> {
        let entry = layer.entries.iter().find(|entry| matches!(entry.kind, EntryKind::Kmod(_)))?;
        let site = site_or(entry.site, layer.site);
        if self.unseen.is_some() {
            return None;
        }
        let kernel = only_kernel(&self.merged, site).map_err(|finding| self.findings.push(finding)).ok()?;
        let Some(depmod) = self.program(DEPMOD) else {
            let message =
                "the base and the layers below have no `depmod`, which lists the modules of a kernel";
            let finding = Finding::fatal("kernel-modules", site, message);
            self.findings.push(finding.help("add `.packages([\"kmod\"])` in this layer"));
            return None;
        };
        Some(PlannedRun::of([depmod, "-a", kernel.file_name()], site))
    }

    /// Returns the step that makes the bundles of certificates, if the layer adds one. Until the store is known, the
    /// certificate itself is undecided, and without one it is reported.
    fn trusted_certificates(&self, layer: &Layer) -> Option<PlannedRun> {
        let entry = layer.entries.iter().find(|entry| matches!(entry.kind, EntryKind::CaCertificate(_)))?;
        let (_, program) = TrustStore::of(&self.merged).filter(|_| self.unseen.is_none())?;
        Some(PlannedRun::of([program], site_or(entry.site, layer.site)))
    }

    /// Returns the first of these paths that the image has. The `PATH` of an image need not have its directory.
    fn program(&self, paths: [&'static str; 2]) -> Option<&'static str> {
        paths.into_iter().find(|path| self.has(path))
    }
}
