//! Nearest name to one that is misspelt, for a complaint that says what was probably meant.

/// The name among `all` with the fewest letters to change, if that is at most a third of those of `typed`, rounded up.
pub(super) fn nearest(typed: &str, all: impl IntoIterator<Item = String>) -> Option<String> {
    let most = typed.chars().count().div_ceil(3);
    all.into_iter()
        .map(|name| (distance(typed, &name), name))
        .filter(|(far, _)| *far <= most)
        .min()
        .map(|(_, name)| name)
}

/// Letters to be added, taken away or exchanged to make one text of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &b) in other.iter().enumerate() {
            let exchanged = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_by_hand() {
        for (one, other, far) in [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("load", "lead", 1)] {
            assert_eq!((distance(one, other), distance(other, one)), (far, far), "{one} {other}");
        }
    }

    #[test]
    fn what_was_probably_meant_is_named_and_nothing_else() {
        let all = || ["top-k", "noise", "competition-rate"].map(String::from);
        assert_eq!(nearest("topk", all()).as_deref(), Some("top-k"));
        assert_eq!(nearest("competition_rate", all()).as_deref(), Some("competition-rate"));
        assert_eq!(nearest("volume", all()), None);
    }
}
