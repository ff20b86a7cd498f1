//! "Did you mean": the known name most like one that is not known.

/// The candidate that is nearest to `word`, if one is near enough to have been meant.
pub(crate) fn nearest<S: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = S>) -> Option<S> {
    let limit = word.chars().count() / 3 + 1;
    let distance = |candidate: &S| strsim::damerau_levenshtein(word, candidate.as_ref());
    let near = candidates.into_iter().map(|candidate| (distance(&candidate), candidate));
    let mut near: Vec<_> = near.filter(|(distance, _)| *distance <= limit).collect();
    // Of equally near ones the first in the alphabet, whatever order they came in.
    near.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.as_ref().cmp(y.as_ref())));
    near.into_iter().next().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_another_word_is_not() {
        assert_eq!(nearest("sensrod", ["cockpit", "sensord"]), Some("sensord"));
        assert_eq!(nearest("sensord", ["cockpit"]), None);
        assert_eq!(nearest("a1", ["a3", "a2"]), Some("a2"));
    }
}
