//! What a container image is inside of an image: its OCI layout below /usr, and the service that copies it to podman's
//! storage at boot.

use std::collections::BTreeSet;

use lapstrake::entry::{Embedded, Quadlet, Unit};
use lapstrake::systemd::UnitFile;
use lapstrake::value::{ImagePath, Mode, Reference};
use lapstrake::{Site, TransportRef};
use lapstrake_oci::Digest;
use lapstrake_oci::tree::{Kind, Metadata};

use super::enablement::OwnUnits;
use super::place::Placer;
use super::{Origin, Product, Undecided};
use crate::finding::Finding;

/// The program that copies an image. Each base of bootc has it, because bootc pulls its own images by it.
const PROGRAM: &str = "/usr/bin/skopeo";
const BLOBS: &str = "blobs";
/// Where podman's generator finds the quadlets of an image (podman-systemd.unit(5)).
const QUADLETS: [&str; 2] = ["/etc/containers/systemd", Quadlet::DIRECTORY];
/// Where systemd finds the units of an image.
const UNITS: [&str; 2] = ["/etc/systemd/system", Unit::DIRECTORY];

impl Placer<'_, '_, '_> {
    /// Puts a container image in the layer.
    pub(super) fn embedded(&mut self, embedded: &Embedded, site: Site) {
        let Some(location) = self.valid(&embedded.stage.base.location) else { return };
        if let TransportRef::ContainersStorage(_) | TransportRef::StandIn = location {
            let message = format!("`{location}` can't be embedded, because it is not in an OCI layout");
            let help = "`podman save --format oci-archive -o image.tar NAME`, and `Embedded::of(Base::oci_archive(\"image.tar\"))`";
            self.findings.push(Finding::fatal("embedded-image", site, message).help(help));
            return;
        }
        let name = match embedded.stored_name() {
            Some(Ok(name)) => name.clone(),
            Some(Err(error)) => return self.findings.push(Finding::invalid(error, site)),
            None => {
                let message = format!("`{location}` is embedded without a name in podman's storage");
                let help = "write `.named(\"localhost/NAME:1\")`, and that name as the `Image=` of a quadlet";
                self.findings.push(Finding::fatal("embedded-image", site, message).help(help));
                return;
            }
        };
        let (stage, product) = (&embedded.stage, Product::Layout);
        let Some(digest) = self.stages.directory(stage, product.clone(), site, &mut self.findings) else {
            return;
        };
        if name.digest().is_some_and(|other| other != digest.to_string()) {
            let message = format!("`{name}` can't be the name of an image whose digest is `{digest}`");
            let help = format!("write `.named(\"{}@{digest}\")`", name.repository());
            self.findings.push(Finding::fatal("embedded-image", site, message).help(help));
            return;
        }
        self.put_service(&name, &digest, site);
        let Some(members) = self.stage_trees.get(stage, &product) else {
            let what = format!("`.embed(\"{name}\")`");
            self.undecided.push(Undecided { what, site, layer: self.layer.clone() });
            return;
        };
        let own = path(&format!("{}/{}", Embedded::DIRECTORY, digest.hex()));
        self.put_new(&path(&format!("{own}/{BLOBS}")), Kind::symlink(format!("../{BLOBS}")), site);
        for (member, kind) in members.iter() {
            let Some(file) = kind.file() else { continue };
            // The blobs of all embedded images are in one directory, so that each is there once.
            let directory = if member.starts_with(BLOBS) { Embedded::DIRECTORY } else { own.as_str() };
            let named = location_of(&location, member);
            let from = Origin::Asset { path: named.into(), host: file.path.clone() };
            self.put_new(&path(&format!("{directory}/{member}")), Kind::File(from), site);
        }
    }

    /// Puts something in the layer that another embedded image may have put there.
    fn put_new(&mut self, path: &ImagePath, kind: Kind<Origin>, site: Site) {
        if !self.members.has_file(path) {
            let mode = if kind.file().is_some() { Mode::FILE } else { Mode::SYMLINK };
            self.put(path.clone(), kind, Metadata::of_root(mode), site);
        }
    }

    /// Puts the service that copies the image to podman's storage, and the link that enables it.
    fn put_service(&mut self, name: &Reference, digest: &Digest, site: Site) {
        let service = service(name);
        let text = service_text(name, digest, &services_of(name, self.units));
        let unit = path(&format!("{}/{service}", Unit::DIRECTORY));
        self.put(unit, Kind::File(Origin::Text(text)), Metadata::of_root(Mode::FILE), site);
        let link = path(&format!("{}/multi-user.target.wants/{service}", Unit::DIRECTORY));
        let target = Kind::symlink(format!("../{service}"));
        self.put(link, target, Metadata::of_root(Mode::SYMLINK), site);
    }
}

fn path(text: &str) -> ImagePath {
    ImagePath::parse(text).expect("a digest and the name of a blob are parts of a path")
}

/// Returns how a file of an image is named in messages.
fn location_of(location: &TransportRef, member: &str) -> String {
    format!("{location}/{member}")
}

/// Returns the name of the service: the last part of the repository, and what makes it different from that of another image.
fn service(name: &Reference) -> String {
    let repository = name.repository();
    let last = repository.rsplit('/').next().unwrap_or(repository);
    format!("embedded-{last}-{}.service", &Digest::of(name.as_str().as_bytes()).hex()[..12])
}

/// Returns the text of the service. A policy.json that rejects images by default would refuse the copy; it is for images that
/// are pulled, and this one is a part of the operating system, as `skopeo` is.
fn service_text(name: &Reference, digest: &Digest, users: &BTreeSet<String>) -> String {
    let before: String = users.iter().map(|user| format!("Before={user}\n")).collect();
    let (directory, stored) = (Embedded::DIRECTORY, name.canonical());
    let hex = digest.hex();
    format!(
        "[Unit]\n\
         Description=Container image {stored}\n\
         RequiresMountsFor=/var/lib/containers/storage {directory}\n\
         {before}\n\
         [Service]\n\
         Type=oneshot\n\
         RemainAfterExit=yes\n\
         ExecStart={PROGRAM} --insecure-policy copy --quiet --preserve-digests oci:{directory}/{hex} containers-storage:{stored}\n\n\
         [Install]\n\
         WantedBy=multi-user.target\n"
    )
}

/// Returns the services of the image's own quadlets and units that name a container image, and those of all `.kube` quadlets.
fn services_of(name: &Reference, units: &OwnUnits) -> BTreeSet<String> {
    let is_this =
        |text: &str| Reference::parse(text).is_ok_and(|other| other.canonical() == name.canonical());
    let service = |(path, text): (&ImagePath, &String)| {
        let (stem, kind) = path.file_name().rsplit_once('.')?;
        let parent = path.parent()?;
        // A template is not a unit, and its instances are not known.
        if stem.ends_with('@') {
            return None;
        }
        if UNITS.contains(&parent.as_str()) && kind == "service" {
            let runs = text.split(|c: char| c.is_whitespace() || c == '"' || c == '\'').any(is_this);
            return runs.then(|| path.file_name().to_owned());
        }
        // Those of `users` are for the storage of a user.
        let below = QUADLETS.iter().find_map(|directory| path.as_str().strip_prefix(directory));
        let is_quadlet = below.is_some_and(|below| below.starts_with('/') && !below.starts_with("/users/"));
        let (section, suffix) = match kind {
            "container" => ("Container", ""),
            "image" => ("Image", "-image"),
            "volume" => ("Volume", "-volume"),
            "kube" => ("Kube", ""),
            _ => return None,
        };
        let file = UnitFile::parse(text);
        // The images of a `.kube` are in the file of its `Yaml=`, which the plan does not read.
        let names =
            is_quadlet && (kind == "kube" || file.values(section, "Image").last().is_some_and(is_this));
        let given = file.values(section, "ServiceName").last().filter(|given| !given.is_empty());
        let stem = given.map_or_else(|| format!("{stem}{suffix}"), ToString::to_string);
        names.then(|| format!("{stem}.service"))
    };
    units.iter().filter_map(service).collect()
}
