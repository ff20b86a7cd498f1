//! The fuzzer's corpus, without the fuzzer: every input that was once worth keeping is still taken.

use std::fs;
use std::path::Path;

use crate::fuzz::TARGETS;

#[test]
fn every_input_of_the_corpus_is_read_whole_and_cut_off() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for target in TARGETS {
        let inputs: Vec<_> = fs::read_dir(corpora.join(target.name)).unwrap().flatten().collect();
        assert!(!inputs.is_empty(), "`{}` has a corpus", target.name);
        for input in inputs {
            let bytes = fs::read(input.path()).unwrap();
            (target.run)(&bytes);
            (target.run)(&bytes[..bytes.len() / 2]);
            (target.run)(&bytes[bytes.len() / 3..]);
        }
    }
    assert_eq!(fs::read_dir(&corpora).unwrap().count(), TARGETS.len(), "a folder for each target");
}
