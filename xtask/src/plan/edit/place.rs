//! Which file an `Edit` is of, and its text. The result is a text of the layer, with the metadata of that file.

use lapstrake::Site;
use lapstrake::entry::Edit;
use lapstrake::suggest::nearest;
use lapstrake::value::{ImagePath, LayerName};
use lapstrake_oci::tree::{Kind, Metadata, Tree};

use super::{Unfit, edited};
use crate::base::{File, Node};
use crate::finding::Finding;
use crate::plan::below::Below;
use crate::plan::lower_texts::{EDITED_MAX, LowerTexts, WantedText};
use crate::plan::{Origin, Undecided};

/// What is below the layer of an edit.
pub(in crate::plan) struct Lower<'a> {
    pub(in crate::plan) below: &'a Below<'a>,
    pub(in crate::plan) texts: &'a LowerTexts,
    /// The highest layer below whose files are not known.
    pub(in crate::plan) unseen: Option<&'a LayerName>,
}

/// How far an edit is known.
#[derive(Debug)]
pub(in crate::plan) enum Edited {
    /// The file after it.
    File { path: ImagePath, text: String, metadata: Metadata },
    /// Its text has to be read first.
    Wanted(WantedText),
    /// A layer has to be built first.
    Undecided(Undecided),
}

/// The content of a file below.
pub(in crate::plan) enum Content {
    Known(Vec<u8>),
    /// It has to be read first.
    Wanted(WantedText),
}

impl Lower<'_> {
    /// Returns the file at `at` after an edit, or what is wrong with that.
    pub(in crate::plan) fn edit(
        &self,
        at: &ImagePath,
        edit: &Edit,
        site: Site,
    ) -> Result<Edited, Vec<Finding>> {
        if edit.changes.is_empty() {
            let finding =
                Finding::fatal("edit-unmatched", site, format!("`{at}` is not changed: the edit is empty"));
            return Err(vec![finding.at(at).help("add `.append(\"…\")` or another change")]);
        }
        let path = self.below.tree.follow(at).unwrap_or_else(|_| at.clone());
        self.changed(at, site, "Edit::of", |text| edited(&path, text, &edit.changes))
    }

    /// Returns the file at `at` after a change of its text, or what is wrong with that. `by` is the call that asks.
    pub(in crate::plan) fn changed(
        &self,
        at: &ImagePath,
        site: Site,
        by: &str,
        change: impl FnOnce(&str) -> Result<String, Vec<Unfit>>,
    ) -> Result<Edited, Vec<Finding>> {
        if let Some(layer) = self.unseen {
            let what = format!("`{by}({:?})`", at.as_str());
            return Ok(Edited::Undecided(Undecided { what, site, layer: layer.clone() }));
        }
        let tree = self.below.tree;
        let found = tree.follow(at).ok().and_then(|path| Some((tree.get(&path)?, path)));
        let Some((found, path)) = found else { return Err(vec![missing(tree, at, site)]) };
        let unmatched = |Unfit { why, help }: Unfit| {
            let finding = Finding::fatal("edit-unmatched", site, format!("`{path}` {why}"));
            finding.at(&path).help_if(help)
        };
        let content = self.content(&path, &found, EDITED_MAX).map_err(|unfit| {
            let earlier = self.below.site(&path, found.layer);
            let finding = unmatched(unfit);
            vec![match earlier {
                Some(earlier) => finding.also(earlier, "written here"),
                None => finding,
            }]
        });
        let content = match content? {
            Content::Known(content) => content,
            Content::Wanted(wanted) => return Ok(Edited::Wanted(wanted)),
        };
        let Ok(text) = String::from_utf8(content) else {
            return Err(vec![unmatched(Unfit::new("is not a text in UTF-8"))]);
        };
        match change(&text) {
            Ok(text) => Ok(Edited::File { text, metadata: found.node.metadata.clone(), path }),
            Err(unfit) => Err(unfit.into_iter().map(unmatched).collect()),
        }
    }

    /// Returns the content of the file at `at`, which may have `most` bytes; none where nothing is.
    pub(in crate::plan) fn read(&self, at: &ImagePath, most: u64) -> Result<Option<Content>, Unfit> {
        let tree = self.below.tree;
        let found = tree.follow(at).ok().and_then(|path| Some((tree.get(&path)?, path)));
        found.map(|(found, path)| self.content(&path, &found, most)).transpose()
    }

    fn content(&self, path: &ImagePath, found: &Node<'_>, most: u64) -> Result<Content, Unfit> {
        match &found.node.kind {
            Kind::File(File::Planned) => {
                if let Some(Kind::File(Origin::Text(text))) =
                    self.below.member(path, found.layer).map(|member| &member.kind)
                {
                    return Ok(Content::Known(text.clone().into_bytes()));
                }
                let unfit = Unfit::new("is a file of this description, and `Edit` changes packaged files");
                Err(unfit.help("change the file itself"))
            }
            Kind::File(File::Read(facts)) if facts.size > most => {
                let size = facts.size;
                let why = format!("has {size} bytes, and a text that is changed has at most {most}");
                Err(Unfit::new(why))
            }
            Kind::File(File::Read(facts)) => {
                let wanted = || {
                    let (path, layer, digest, size) =
                        (path.clone(), found.layer, facts.digest.clone(), facts.size);
                    Content::Wanted(WantedText { path, layer, digest, size })
                };
                let known = self.texts.get(&facts.digest);
                Ok(known.map_or_else(wanted, |content| Content::Known(content.to_vec())))
            }
            other => Err(Unfit::new(format!("is a {}, and `Edit` changes the text of a file", other.name()))),
        }
    }
}

fn missing(tree: &Tree<File>, at: &ImagePath, site: Site) -> Finding {
    let message = format!("nothing to change: neither the base nor a layer below has `{at}`");
    let parent = at.parent().unwrap_or_else(ImagePath::root);
    let parent = tree.follow(&parent).unwrap_or(parent);
    let siblings: Vec<_> = tree.children(&parent).filter_map(|(name, _)| parent.join(name).ok()).collect();
    let near = nearest(at.as_str(), siblings.iter().map(ImagePath::as_str));
    let finding = Finding::fatal("edit-missing", site, message).at(at);
    finding.help_if(near.map(|near| format!("did you mean `{near}`?")))
}
