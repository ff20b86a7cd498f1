//! glibc's dynamic loader, as far as it decides which file a library is: ld.so(8), and `dl-load.c` where
//! that says more. It finds; what of it is a fault is for the checks to say.
//!
//! Not known here, and so not followed: `LD_LIBRARY_PATH`, and what a program opens by dlopen(3).

use std::collections::HashMap;

use lapstrake::value::ImagePath;

use super::files::Files;
use super::search::SearchPath;
use crate::base::Elf;
use lapstrake_oci::tree::Kind;

/// The loader of one root.
pub(super) struct Loader<'f, 's, F> {
    pub(super) files: &'f F,
    pub(super) search: &'s SearchPath,
}

/// A program with all that it needs, in the order in which the loader maps them; the program first.
pub(super) struct Loaded<'a> {
    pub(super) objects: Vec<Object<'a>>,
    /// What is found nowhere, by the object that needs it.
    pub(super) missing: Vec<(usize, &'a str)>,
    names: HashMap<&'a str, usize>,
}

/// A file that is mapped.
pub(super) struct Object<'a> {
    /// With no symlinks in it.
    pub(super) path: ImagePath,
    /// None for a file that is not an ELF file, or was not read as one.
    pub(super) elf: Option<&'a Elf>,
    /// What `$ORIGIN` stands for.
    origin: ImagePath,
    /// Who needed it first.
    loader: Option<usize>,
}

struct Found<'a> {
    path: ImagePath,
    origin: ImagePath,
    elf: Option<&'a Elf>,
}

impl<'a, F: Files<'a>> Loader<'_, '_, F> {
    /// What is mapped when the file at a path, without symlinks in it, is started or opened.
    pub(super) fn load(&self, path: &ImagePath, elf: &'a Elf) -> Loaded<'a> {
        let origin = path.parent().unwrap_or_else(ImagePath::root);
        let program = Object { path: path.clone(), elf: Some(elf), origin, loader: None };
        let mut loaded = Loaded { objects: vec![program], missing: Vec::new(), names: HashMap::new() };
        let mut known = HashMap::from([(path.clone(), 0)]);
        loaded.names.extend(elf.soname.as_deref().map(|soname| (soname, 0)));
        // The loader itself is there before all it loads.
        let interpreter = elf.interpreter.as_deref().and_then(|path| self.at(path, elf));
        if let (Some(name), Some(found)) = (elf.interpreter.as_deref(), interpreter) {
            loaded.add(name, found, None, &mut known);
        }
        let mut next = 0;
        while let Some(object) = loaded.objects.get(next) {
            for name in object.elf.into_iter().flat_map(|elf| &elf.needed) {
                if loaded.names.contains_key(name.as_str()) {
                    continue;
                }
                match self.find(name, next, &loaded.objects, elf) {
                    Some(found) => loaded.add(name, found, Some(next), &mut known),
                    None => loaded.missing.push((next, name)),
                }
            }
            next += 1;
        }
        loaded
    }

    /// The library of that name, for one of the objects.
    fn find(&self, name: &str, by: usize, objects: &[Object<'a>], like: &Elf) -> Option<Found<'a>> {
        let object = objects.get(by)?;
        if name.contains('/') {
            return self.at(&self.expand(name, &object.origin), like);
        }
        let elf = object.elf?;
        // RPATH counts for what an object's libraries need too, and not at all beside a RUNPATH.
        if elf.runpath.is_none() {
            let mut asking = Some(object);
            while let Some(object) = asking {
                let rpath = object.elf.filter(|elf| elf.runpath.is_none()).and_then(|elf| elf.rpath.as_ref());
                let found = rpath.and_then(|path| self.along(path, &object.origin, name, like));
                if found.is_some() {
                    return found;
                }
                asking = object.loader.and_then(|loader| objects.get(loader));
            }
        }
        let runpath = elf.runpath.as_ref();
        runpath
            .and_then(|path| self.along(path, &object.origin, name, like))
            .or_else(|| self.indexed(name, like))
            .or_else(|| self.search.built_in.iter().find_map(|directory| self.below(directory, name, like)))
    }

    /// Along the colon-separated directories of a program's own.
    fn along(&self, path: &str, origin: &ImagePath, name: &str, like: &Elf) -> Option<Found<'a>> {
        path.split(':').find_map(|directory| {
            let directory = self.files.real(&self.expand(directory, origin))?;
            self.below(&directory, name, like)
        })
    }

    /// Among what ldconfig would index: the best processor comes first, then the first directory.
    fn indexed(&self, name: &str, like: &Elf) -> Option<Found<'a>> {
        let is_library = (name.starts_with("lib") || name.starts_with("ld-")) && name.contains(".so");
        if !is_library {
            return None;
        }
        let best = self.search.hwcaps.iter().find_map(|level| {
            self.search.indexed.iter().find_map(|directory| self.for_level(directory, level, name, like))
        });
        best.or_else(|| self.search.indexed.iter().find_map(|directory| self.within(directory, name, like)))
    }

    fn below(&self, directory: &ImagePath, name: &str, like: &Elf) -> Option<Found<'a>> {
        let best = self.search.hwcaps.iter().find_map(|level| self.for_level(directory, level, name, like));
        best.or_else(|| self.within(directory, name, like))
    }

    fn for_level(&self, directory: &ImagePath, level: &str, name: &str, like: &Elf) -> Option<Found<'a>> {
        let all = directory.join("glibc-hwcaps").ok()?;
        // Hardly any directory has them.
        self.files.kind(&all)?;
        self.within(&self.files.real(&format!("{all}/{level}"))?, name, like)
    }

    /// In one directory, which has no symlinks in its path. A library for another processor is passed over.
    fn within(&self, directory: &ImagePath, name: &str, like: &Elf) -> Option<Found<'a>> {
        let at = directory.join(name).ok()?;
        let path = match self.files.kind(&at)? {
            Kind::Directory => return None,
            Kind::Symlink { .. } => {
                self.files.real(at.as_str()).filter(|path| !self.files.is_directory(path))?
            }
            Kind::File(()) | Kind::Device { .. } | Kind::Fifo => at,
        };
        let elf = self.files.elf(&path);
        let fits = elf.is_none_or(|elf| elf.fits(like));
        fits.then(|| Found { path, origin: directory.clone(), elf })
    }

    /// The library at an absolute path.
    fn at(&self, path: &str, like: &Elf) -> Option<Found<'a>> {
        let (directory, name) = path.rsplit_once('/')?;
        self.within(&self.files.real(&format!("{directory}/"))?, name, like)
    }

    /// The dynamic string tokens of ld.so(8).
    fn expand(&self, text: &str, origin: &ImagePath) -> String {
        let tokens = [
            ("ORIGIN", origin.as_str()),
            ("LIB", self.search.lib.as_str()),
            ("PLATFORM", self.search.platform),
        ];
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            let token = tokens.iter().find_map(|(token, value)| {
                let braced =
                    after.strip_prefix('{').and_then(|after| after.strip_prefix(token)?.strip_prefix('}'));
                Some((*value, braced.or_else(|| after.strip_prefix(token))?))
            });
            (rest, ()) = match token {
                Some((value, after)) => (after, expanded.push_str(value)),
                None => (after, expanded.push('$')),
            };
        }
        expanded + rest
    }
}

impl<'a> Loaded<'a> {
    /// The object that a name of `DT_NEEDED` stands for in this process.
    pub(super) fn named(&self, name: &str) -> Option<&Object<'a>> {
        self.objects.get(*self.names.get(name)?)
    }

    fn add(
        &mut self,
        name: &'a str,
        found: Found<'a>,
        loader: Option<usize>,
        known: &mut HashMap<ImagePath, usize>,
    ) {
        let Found { path, origin, elf } = found;
        let new = self.objects.len();
        let index = *known.entry(path.clone()).or_insert(new);
        if index == new {
            self.objects.push(Object { path, elf, origin, loader });
        }
        self.names.insert(name, index);
        if let Some(soname) = elf.and_then(|elf| elf.soname.as_deref()) {
            self.names.entry(soname).or_insert(index);
        }
    }
}
