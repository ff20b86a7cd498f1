//! Container images that are bound to an image: bootc pulls them with it.

use crate::entry::{File, Symlink};
use crate::value::{Reference, Text};
use crate::{Layer, Parsed};

impl Layer {
    /// Binds a container image to this image: bootc pulls it with each update, into a store of its own
    /// (`/usr/lib/bootc/storage`).
    ///
    /// It is `/usr/share/containers/systemd/NAME.image` with a link in `/usr/lib/bootc/bound-images.d`; the name is the last part
    /// of the repository. A quadlet uses it by `Image=NAME.image`, and finds it by
    /// `GlobalArgs=--storage-opt=additionalimagestore=/usr/lib/bootc/storage`.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::File};
    ///
    /// let digest = format!("sha256:{}", "0".repeat(64));
    /// let layer = Layer::new("radio").bound(format!("registry.example/fleet/radio@{digest}"));
    /// assert_eq!(layer.entries[0].get::<File>().unwrap().at, "/usr/share/containers/systemd/radio.image");
    /// ```
    #[track_caller]
    pub fn bound(self, image: impl Text<Reference>) -> Self {
        let image = image.parse_text();
        let name = image.as_ref().map(|image| {
            let repository = image.repository();
            repository.rsplit('/').next().unwrap_or(repository).to_owned()
        });
        let quadlet = name.map(|name| format!("/usr/share/containers/systemd/{name}.image"));
        let text = image.as_ref().map(|image| format!("[Image]\nImage={image}\n")).unwrap_or_default();
        match quadlet {
            Ok(quadlet) => {
                let name = quadlet.rsplit('/').next().unwrap_or_default().to_owned();
                let link = Symlink::to(quadlet.clone(), format!("/usr/lib/bootc/bound-images.d/{name}"));
                self.with(File::text(text, quadlet)).with(link)
            }
            Err(error) => {
                let mut file = File::text(text, "/");
                file.at = Parsed::of(Err(error.clone()));
                self.with(file)
            }
        }
    }
}
