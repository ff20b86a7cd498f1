//! The directories that build stages made, and the files that have more than an entry takes. A plan is pure: until a stage
//! has run, what is in its directories is undecided.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use lapstrake::BuildStage;
use lapstrake::value::ImagePath;
use lapstrake_oci::tree::Kind;

use super::Product;
use crate::project::assets::SourceFile;

/// What is in a directory, by relative path. A file is alone in it.
type StageTree = Arc<BTreeMap<String, Kind<SourceFile>>>;

/// The directories that are known.
#[derive(Debug, Default)]
pub(crate) struct StageTrees(RefCell<Vec<(BuildStage, Product, StageTree)>>);

impl StageTrees {
    /// Returns what is in a directory, if its stage has run.
    pub(crate) fn get(&self, stage: &BuildStage, product: &Product) -> Option<StageTree> {
        let trees = self.0.borrow();
        let mut found = trees.iter().filter(|(known, made, _)| made == product && known == stage);
        found.next().map(|(.., tree)| Arc::clone(tree))
    }

    /// Returns a file that a stage made, if its stage has run and it has more than an entry takes.
    pub(crate) fn file(&self, stage: &BuildStage, path: ImagePath) -> Option<(ImagePath, SourceFile)> {
        let product = Product::Path(path.clone());
        let found = self.get(stage, &product)?;
        Some((path, found.values().find_map(Kind::file)?.clone()))
    }

    /// Keeps what is in a directory, in place of what an earlier run made. Returns whether it is news.
    pub(crate) fn set(&self, stage: &BuildStage, product: &Product, tree: StageTree) -> bool {
        if self.get(stage, product).is_some_and(|known| known == tree) {
            return false;
        }
        let mut trees = self.0.borrow_mut();
        trees.retain(|(known, made, _)| made != product || known != stage);
        trees.push((stage.clone(), product.clone(), tree));
        true
    }
}
