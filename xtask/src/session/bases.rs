//! Finds the bases of images and the builder images of their stages, each once, and pins them in the lock.

use std::rc::Rc;

use camino::Utf8PathBuf;
use lapstrake::value::{Architecture, Invalid};
use lapstrake::{BuildStage, Image, Layer, TransportRef};

use super::{Failure, Session};
use crate::base::{self, Base, BaseError, BaseRequest};
use crate::finding::{Finding, Findings};
use crate::plan::{Builder, Builders};
use crate::project::lockfile::{Lock, Saved};

impl Session<'_> {
    /// Returns the base of an image. Images with the same base share it.
    pub(super) fn base(&mut self, image: &Image) -> Result<Rc<Base>, Box<Finding>> {
        let site = image.base.site();
        let invalid = |error| Box::new(Finding::invalid(error, site));
        let described = image.base.location.get().map_err(invalid)?;
        let given = architecture(&image.base).map_err(invalid)?;
        let wanted = given.or_else(|| self.architecture_of_target());
        let location = self.request.base.as_ref().unwrap_or(described).clone();
        let key = (location.clone(), wanted);
        if let Some(open) = self.bases.get(&key) {
            return Ok(Rc::clone(open));
        }
        let locks = self.request.base.is_none();
        let pin = match wanted.or_else(Architecture::host) {
            // The stand-in belongs to the tool, as std belongs to rustc, so it has no pin.
            Some(_) if location == TransportRef::StandIn => None,
            Some(architecture) if locks && !self.request.update => {
                self.lock.pin(&location, architecture).cloned()
            }
            _ => None,
        };
        let place = if locks { self.absolute(&location) } else { location.clone() };
        let demand = BaseRequest {
            architecture: wanted,
            pinned: pin.as_ref(),
            offline: self.request.offline,
            compared: None,
        };
        let opened = base::open(&place, &location, demand, &self.cache, self.progress);
        // Only now is the architecture of a single image known, and with it the pin.
        let opened = match opened {
            Ok(base)
                if locks && !self.request.update && pin.is_none() && location != TransportRef::StandIn =>
            {
                match self.lock.pin(&location, base.architecture).cloned() {
                    Some(held) if held != base.digest => {
                        let architecture = Some(base.architecture);
                        let demand = BaseRequest { architecture, pinned: Some(&held), ..demand };
                        base::open(&place, &location, demand, &self.cache, self.progress)
                    }
                    _ => Ok(base),
                }
            }
            other => other,
        };
        let refused = |error: BaseError| {
            let finding = error.into_finding(site);
            // The line of the description is innocent of another base than its own.
            Box::new(if locks { finding } else { finding.of_option("--base") })
        };
        let opened = Rc::new(opened.map_err(refused)?);
        if opened.digest != opened.resolved_now {
            let (pinned, now) = (&opened.digest, &opened.resolved_now);
            self.progress.status("Pinned", format_args!("{location} to {pinned}; it is {now} now"));
        }
        if locks {
            self.report_stand_in(&location, &opened);
            self.lock.set(&location, opened.architecture, &opened.digest);
        }
        self.bases.insert(key, Rc::clone(&opened));
        Ok(opened)
    }

    /// Reports that the lockfile names another stand-in than the one of this tool, because that changes every image on it.
    fn report_stand_in(&self, location: &TransportRef, base: &Base) {
        let held = self.lock.pin(location, base.architecture);
        let is_update = self.request.update || self.request.locked;
        if let Some(held) = held.filter(|held| *location == TransportRef::StandIn && **held != base.digest)
            && !is_update
        {
            let now = &base.digest;
            self.progress.warning(format_args!(
                "`lapstrake.lock` has {held} for the stand-in, and this version of the tool has {now}"
            ));
        }
    }

    /// Returns the builder images of an image's stages, and findings for those that can't be found.
    pub(super) fn builders(&mut self, image: &Image, base: Architecture) -> (Builders, Vec<Finding>) {
        let mut builders = Builders::new();
        let mut findings = Vec::new();
        for stage in image.layers.iter().flat_map(Layer::build_stages) {
            let Ok(location) = stage.base.location.get() else { continue };
            if builders.contains_key(location) {
                continue;
            }
            match self.builder(stage, location, base) {
                Ok(builder) => drop(builders.insert(location.clone(), builder)),
                Err(finding) => findings.push(*finding),
            }
        }
        (builders, findings)
    }

    fn builder(
        &mut self,
        stage: &BuildStage,
        location: &TransportRef,
        base: Architecture,
    ) -> Result<Builder, Box<Finding>> {
        let site = stage.base.site();
        let invalid = |error| Box::new(Finding::invalid(error, site));
        let architecture = self::architecture(&stage.base).map_err(invalid)?.unwrap_or(base);
        let pin = if self.request.update { None } else { self.lock.pin(location, architecture).cloned() };
        let place = self.absolute(location);
        let offline = self.request.offline;
        let demand =
            BaseRequest { architecture: Some(architecture), pinned: pin.as_ref(), offline, compared: None };
        let digest = base::builder(&place, demand, &self.cache);
        let digest = digest.map_err(|error| Box::new(error.into_builder_finding(site)))?;
        self.lock.set(location, architecture, &digest);
        Ok(Builder { digest, architecture, place })
    }

    fn architecture_of_target(&self) -> Option<Architecture> {
        let target = self.request.cargo.target.as_deref()?;
        Architecture::parse(target.split('-').next()?).ok()
    }

    /// Makes a path of the description absolute. It is relative to the workspace's root.
    fn absolute(&self, location: &TransportRef) -> TransportRef {
        let rooted = |path: &Utf8PathBuf| self.workspace.root.join(path);
        match location {
            TransportRef::Oci { dir, tag } => TransportRef::Oci { dir: rooted(dir), tag: tag.clone() },
            TransportRef::OciArchive { file, tag } => {
                TransportRef::OciArchive { file: rooted(file), tag: tag.clone() }
            }
            other => other.clone(),
        }
    }

    /// Writes the lock. With `--locked`, a change of it is a failure.
    pub(crate) fn save_lock(&mut self) -> Result<(), Failure> {
        if self.lock.save(self.request.locked)? == Saved::New {
            self.progress.status("Locked", "the bases in `lapstrake.lock`, which is new: commit it");
        }
        Ok(())
    }

    /// Fails where [`save_lock`](Self::save_lock) would, and writes nothing.
    pub(crate) fn check_lock(&self) -> Result<(), Failure> {
        Ok(self.lock.check(self.request.locked)?)
    }

    /// Opens the base of every image and finds the builder images of its stages, which pins them.
    pub(crate) fn open_bases(&mut self, images: &[Image]) -> Findings {
        let mut findings = Findings::default();
        for image in images {
            let found = match self.base(image) {
                Ok(base) => self.builders(image, base.architecture).1,
                Err(finding) => vec![*finding],
            };
            findings.add(image.name.get().ok(), found);
        }
        findings
    }

    /// Returns the pins.
    pub(crate) fn pins(&self) -> &Lock {
        &self.lock
    }

    /// Forgets which packages were installed.
    pub(crate) fn forget_packages(&mut self) {
        self.lock.forget_packages();
    }

    /// Drops the pins of bases that no image and no stage has.
    pub(crate) fn prune_lock(&mut self, images: &[Image]) {
        let stages = images.iter().flat_map(|image| &image.layers).flat_map(Layer::build_stages);
        let bases = images.iter().map(|image| &image.base).chain(stages.map(|stage| &stage.base));
        let locations = bases.filter_map(|base| base.location.get().ok());
        self.lock.retain(&locations.map(ToString::to_string).collect::<Vec<_>>());
    }
}

/// Returns the architecture that a base was described with.
fn architecture(base: &lapstrake::Base) -> Result<Option<Architecture>, &Invalid> {
    base.architecture.as_ref().map(|given| given.get().copied()).transpose()
}
