//! "did you mean": the one rule by which a misspelt word finds the word that was meant. The newtypes, the
//! macros and the plan share it, so that they agree on the same typo.

/// Returns the candidate that a misspelt word is most like, if it is like any.
///
/// The measure is the number of insertions, deletions, replacements and swaps of neighbours (the
/// Damerau-Levenshtein distance), which is less than half of the longer word. Case does not count. Among equally
/// near candidates, the alphabet decides.
///
/// ```
/// use lapstrake::suggest::nearest;
///
/// assert_eq!(nearest("sensrod", ["cockpit", "sensord"]), Some("sensord"));
/// assert_eq!(nearest("sensord", ["cockpit"]), None);
/// assert_eq!(nearest("tracing", ["trace", "can"]), Some("trace"));
/// assert_eq!(nearest("can1", ["can3", "can2"]), Some("can2"));
/// ```
pub fn nearest<S: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = S>) -> Option<S> {
    let word = word.to_lowercase();
    let likeness = |name: &S| strsim::normalized_damerau_levenshtein(&word, &name.as_ref().to_lowercase());
    let near = candidates.into_iter().map(|name| (likeness(&name), name));
    let likest = near
        .filter(|(likeness, _)| *likeness > 0.5)
        .max_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| y.as_ref().cmp(x.as_ref())));
    likest.map(|(_, name)| name)
}

/// Returns the help for a misspelt word: "did you mean `x`?".
///
/// ```
/// use lapstrake::suggest::did_you_mean;
///
/// assert_eq!(did_you_mean("sensrod", ["sensord"]).unwrap(), "did you mean `sensord`?");
/// assert_eq!(did_you_mean("sensord", ["cockpit"]), None);
/// ```
pub fn did_you_mean<S: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = S>) -> Option<String> {
    nearest(word, candidates).map(|near| format!("did you mean `{}`?", near.as_ref()))
}
