//! A kernel module of the image's own.

use super::{Secret, Source};
use crate::faults::{Fault, Faults};
use crate::value::{Asset, ImagePath, Text};
use crate::{BuildStage, Parsed};

/// A kernel module in `/usr/lib/modules/VERSION/extra` of the image's one kernel, whose list of modules is made again by
/// `depmod` of the image: once for all modules of a layer.
///
/// ```
/// use lapstrake::{Base, BuildStage, Layer, entry::Kmod};
///
/// let builder = BuildStage::on(Base::registry("registry.example/autosd-kernel-devel:1"));
/// let layer = Layer::new("drivers")
///     .with(Kmod::file("vendor/gnss.ko"))
///     .with(Kmod::from_stage(builder, "/src/out/radar.ko"));
/// assert_eq!(layer.build_stages().count(), 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a kernel module is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Kmod {
    /// The source. Its file name is the name of the module. A directory of a stage is all modules in it.
    pub source: Source,
    /// The private key by which the stage signs the module, and the certificate of that key.
    pub signature: Option<(Secret, Asset)>,
    /// The PIN of the private key, if it is encrypted.
    pub pin: Option<Secret>,
}

impl Kmod {
    /// Adds a file of the workspace, `NAME.ko`, which may be compressed: `NAME.ko.xz`.
    pub fn file(source: impl Into<Asset>) -> Self {
        Self { source: Source::Asset(source.into()), signature: None, pin: None }
    }

    /// Adds a file that a build stage makes, or all modules in a directory that it makes: each `*.ko`, compressed or not, in its directory
    /// below `extra`. Other files of the directory are not taken.
    #[track_caller]
    pub fn from_stage(stage: BuildStage, from: impl Text<ImagePath>) -> Self {
        let source = Source::BuildStage(Box::new(stage), Parsed::new(from));
        Self { source, signature: None, pin: None }
    }

    /// Signs the module in its stage, after the steps of the stage, by `scripts/sign-file` of the kernel's headers, which the stage needs for the
    /// module anyway. The hash is that of the headers' configuration (`CONFIG_MODULE_SIG_HASH`), or else SHA-256.
    ///
    /// The key is a private key in PEM. It is a secret of the step: it is in no layer, argument or log. The certificate is an X.509 certificate in PEM
    /// or DER. A file of the workspace can't be signed, because no stage has it; a compressed module can't, because
    /// the signature belongs to the module in it. A second call replaces the first.
    ///
    /// ```
    /// use lapstrake::entry::{Kmod, Secret};
    /// use lapstrake::{Base, BuildStage, Layer};
    ///
    /// let builder = BuildStage::on(Base::registry("registry.example/autosd-kernel-devel:1")).run(["make", "-C", "/src"]);
    /// let radar = Kmod::from_stage(builder, "/src/out/radar.ko")
    ///     .signed(Secret::file("module-key", "~/keys/modules.key"), "deploy/modules.pem")
    ///     .pin(Secret::env("module-pin", "MODULE_PIN"));
    /// let (key, certificate) = radar.signature.as_ref().unwrap();
    /// assert_eq!((key.id.to_string(), certificate.path().as_str()), ("module-key".to_owned(), "deploy/modules.pem"));
    /// assert_eq!(Layer::new("drivers").with(radar).assets().count(), 1);
    /// ```
    pub fn signed(mut self, key: Secret, certificate: impl Into<Asset>) -> Self {
        self.signature = Some((key, certificate.into()));
        self
    }

    /// Sets the PIN of an encrypted key of [`signed`](Self::signed). The step gets it as `KBUILD_SIGN_PIN`.
    ///
    /// ```
    /// # use lapstrake::{Base, BuildStage, entry::{Kmod, Secret}};
    /// # let builder = BuildStage::on(Base::stand_in());
    /// let radar = Kmod::from_stage(builder, "/src/radar.ko").pin(Secret::env("module-pin", "MODULE_PIN"));
    /// assert_eq!(radar.pin.unwrap().id, "module-pin");
    /// ```
    pub fn pin(mut self, pin: Secret) -> Self {
        self.pin = Some(pin);
        self
    }
}

impl Faults for Kmod {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        let Self { source, signature, pin } = self;
        source.faults(found);
        let key = signature.as_ref().map(|(key, _)| key);
        key.into_iter().chain(pin).for_each(|secret| secret.faults(found));
    }
}
