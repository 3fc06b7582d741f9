//! "Did you mean".

/// The candidate that a person most likely meant by `word`, if one is near enough: at most a third of its letters differ.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let near = |candidate: &&str| strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
    let best = candidates.into_iter().min_by_key(|candidate| (near(candidate), candidate.len()))?;
    let letters = word.chars().count().max(best.chars().count());
    (near(&best) * 3 <= letters.max(3)).then_some(best)
}
