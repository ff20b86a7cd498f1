//! Kernel modules that are added to an image, and the step by which a build stage signs them.

use camino::Utf8Path;
use lapstrake::entry::{Attributes, Kmod, Run, Secret, Source};
use lapstrake::value::{Asset, ImagePath, Mode};
use lapstrake::{BuildStage, Site};
use lapstrake_oci::tree::{Kind, Metadata};

use super::kernel::only_kernel;
use super::place::Placer;
use super::stage::Stages;
use super::step::{Bind, ContextFile};
use super::{Origin, Product, Undecided};
use crate::finding::Finding;
use crate::support::diagnosis::SIGN_MODULES;

/// What kmod reads.
const SUFFIXES: [&str; 4] = [PLAIN, ".ko.xz", ".ko.zst", ".ko.gz"];
/// A module without compression.
const PLAIN: &str = ".ko";
/// The program that signs, by its name in the context.
const PROGRAM: &str = "sign-modules";
/// The object files of a build.
const OBJECT: &str = ".o";
/// The place of the certificate while a stage signs.
const CERTIFICATE: &str = "/run/signing/certificate";
/// The place of secrets while a step runs.
const SECRETS: &str = "/run/secrets";

/// Returns a stage whose last step signs modules. The step gets the program, and the paths of the modules, from [`Stages::sign`].
fn signing(stage: &BuildStage, (key, certificate): &(Secret, Asset), pin: Option<&Secret>) -> BuildStage {
    let at = |secret: &Secret| format!("{SECRETS}/{}", secret.id);
    let pin_at = pin.map(at).unwrap_or_default();
    let argv = ["/bin/sh", SIGN_MODULES, &at(key), CERTIFICATE, &pin_at];
    let mut sign = Run::new(argv).bind(certificate.clone(), CERTIFICATE).secret(key.clone());
    sign.secrets.extend(pin.cloned());
    stage.clone().with(sign)
}

impl Stages<'_> {
    /// Gives the last step of a stage another kernel module, or a directory of modules, to sign.
    fn sign(&mut self, stage: &BuildStage, path: &ImagePath, site: Site) {
        let Some(planned) = self.of(stage) else { return };
        // A step that can't be planned has been reported.
        let Some(run) = planned.runs.last_mut() else { return };
        if planned.signed.is_empty() {
            run.site = site;
            let program = Origin::Text(include_str!("sign_modules.sh").to_owned());
            let program = Kind::File(ContextFile { from: program, executable: false });
            planned.context.insert(PROGRAM.to_owned(), program);
            let at = ImagePath::parse(SIGN_MODULES).expect("it is a path");
            run.binds.push(Bind { asset: PROGRAM.into(), source: PROGRAM.to_owned(), at });
        }
        if planned.signed.insert(path.clone()) {
            run.argv.push(path.to_string());
        }
    }
}

impl Placer<'_, '_, '_> {
    /// Puts a kernel module in the layer, or the modules in a directory of a stage.
    pub(super) fn kmod(&mut self, kmod: &Kmod, site: Site) {
        let (stage, given) = match &kmod.source {
            Source::Asset(asset) => {
                let name = asset.path().file_name().unwrap_or_default();
                if self.is_module(name, site) && self.is_unsigned(kmod, name, site) {
                    self.extra_module(&kmod.source, name, site);
                }
                return;
            }
            Source::BuildStage(stage, given) => (stage, given),
            // No call makes a module of it.
            Source::Text(_) | Source::Fetched(..) => return,
        };
        let Some(from) = self.valid(given) else { return };
        let name = from.file_name();
        let stage = match &kmod.signature {
            Some(signature) => signing(stage, signature, kmod.pin.as_ref()),
            None if self.has_pin_alone(kmod, site) => return,
            None => (**stage).clone(),
        };
        if SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) || name.ends_with(OBJECT) {
            if !self.is_module(name, site) || kmod.signature.is_some() && self.is_compressed(name, site) {
                return;
            }
            // The stage runs before it is known which kernel a package of the layer brings.
            if self.stages.file(&stage, from.clone(), site, &mut self.findings).is_none() {
                return;
            }
            self.extra_module(&Source::BuildStage(Box::new(stage.clone()), given.clone()), name, site);
        } else {
            self.directory_of_modules(kmod, &stage, &from, site);
        }
        if kmod.signature.is_some() {
            self.stages.sign(&stage, &from, site);
        }
    }

    /// Puts a module in the layer, below the image's only kernel.
    fn extra_module(&mut self, source: &Source, name: &str, site: Site) {
        if let Some(at) = self.extra(name, format!("the kernel module `{name}`"), site) {
            self.source_file(source, at, &Attributes::default(), Some(Mode::FILE), site);
        }
    }

    /// Puts the modules in a directory of a stage in the layer.
    fn directory_of_modules(&mut self, kmod: &Kmod, stage: &BuildStage, from: &ImagePath, site: Site) {
        let product = Product::Tree(from.clone());
        if self.stages.directory(stage, product.clone(), site, &mut self.findings).is_none() {
            return;
        }
        let what = format!("`Kmod::from_stage(…, {:?})`", from.as_str());
        let Some(members) = self.stage_trees.get(stage, &product) else {
            self.undecided.push(Undecided { what, site, layer: self.layer.clone() });
            return;
        };
        let mut is_empty = true;
        for (name, member) in members.iter() {
            let Some(file) = member.file() else { continue };
            if !SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
                continue;
            }
            is_empty = false;
            if kmod.signature.is_some() && self.is_compressed(name, site) {
                continue;
            }
            let Some(at) = self.extra(name, what.clone(), site) else { return };
            let named = Utf8Path::new(from.as_str()).join(name);
            let module = Kind::File(Origin::Asset { path: named, host: file.path.clone() });
            self.put(at, module, Metadata::of_root(Mode::FILE), site);
        }
        if is_empty {
            let message = format!("the directory `{from}` of the stage has no kernel module");
            let finding = Finding::fatal("kernel-modules", site, message);
            self.findings.push(finding.help("name the directory in which a step leaves `NAME.ko`"));
        }
    }

    /// Returns the path of a module in the directory of the image's only kernel.
    fn extra(&mut self, name: &str, what: String, site: Site) -> Option<ImagePath> {
        if let Some(layer) = self.unseen {
            self.undecided.push(Undecided { what, site, layer: layer.clone() });
            return None;
        }
        // Without one, the step reports it.
        let kernel = only_kernel(self.members.below.tree, site).ok()?;
        let at = ImagePath::parse(&format!("{kernel}/extra/{name}"));
        at.map_err(|error| self.findings.push(Finding::invalid(&error, site))).ok()
    }

    fn is_module(&mut self, name: &str, site: Site) -> bool {
        let is_module = SUFFIXES.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix));
        if !is_module {
            let message = format!("`{}` is not a kernel module by its name", name.escape_debug());
            let finding = Finding::fatal("kernel-modules", site, message);
            self.findings.push(finding.help("name it `NAME.ko`, or `NAME.ko.xz` if it is compressed"));
        }
        is_module
    }

    /// Reports a module that is compressed before it is signed.
    fn is_compressed(&mut self, name: &str, site: Site) -> bool {
        let is_compressed = !name.ends_with(PLAIN);
        if is_compressed {
            let message = format!(
                "`{name}` can't be signed, because a signature belongs to the module before its compression"
            );
            let finding = Finding::fatal("kernel-modules", site, message);
            self.findings.push(finding.help("let the stage leave it as `NAME.ko`, and name that file"));
        }
        is_compressed
    }

    /// Reports a signature of a file of the workspace, which no stage has.
    fn is_unsigned(&mut self, kmod: &Kmod, name: &str, site: Site) -> bool {
        if kmod.signature.is_none() {
            return !self.has_pin_alone(kmod, site);
        }
        let message =
            format!("`{name}` is a file of the workspace, and only a stage has the program that signs it");
        let finding = Finding::fatal("kernel-modules", site, message);
        self.findings.push(finding.help(format!(
            "`Kmod::from_stage(BuildStage::on(…).source({:?}, \"/src/{name}\"), \"/src/{name}\").signed(…)`, on an image with the headers of the kernel",
            kmod_path(&kmod.source)
        )));
        false
    }

    /// Reports a PIN without a key.
    fn has_pin_alone(&mut self, kmod: &Kmod, site: Site) -> bool {
        if kmod.pin.is_some() {
            let finding =
                Finding::fatal("kernel-modules", site, "a PIN is given without the key that it is of");
            self.findings
                .push(finding.help("add `.signed(Secret::file(\"module-key\", …), \"deploy/modules.pem\")`"));
        }
        kmod.pin.is_some()
    }
}

fn kmod_path(source: &Source) -> &str {
    if let Source::Asset(asset) = source { asset.path().as_str() } else { "" }
}
