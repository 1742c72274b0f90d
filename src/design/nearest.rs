//! The nearest right name to a wrong one, for "did you mean".

/// Longer names are not compared: no name in a scenario is that long, and hostile text may be.
const LONGEST: usize = 64;

/// The candidate with the fewest edits to `wrong`, if it is near enough to be what was meant:
/// at most a third of the letters differ, one in a short name. Upper case, `-`, `_` and spaces count as equal.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = plain(wrong)?;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let Some(right) = plain(candidate) else {
            continue;
        };
        let edits = distance(&wrong, &right);
        let allowed = (wrong.len().max(right.len()) / 3).max(1);
        if edits <= allowed && best.is_none_or(|(fewest, _)| edits < fewest) {
            best = Some((edits, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn plain(name: &str) -> Option<Vec<char>> {
    let letters: Vec<char> = name.chars().take(LONGEST + 1).collect();
    if letters.is_empty() || letters.len() > LONGEST {
        return None;
    }
    let same = |c: char| {
        if c == '-' || c == ' ' {
            '_'
        } else {
            c.to_ascii_lowercase()
        }
    };
    Some(letters.into_iter().map(same).collect())
}

/// Edits to turn one into the other: letters put in, left out, changed, or swapped with a neighbour
/// (optimal string alignment distance).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut edits = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if swapped {
                edits = edits.min(before[j - 2] + 1);
            }
            row.push(edits);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let names = [
            "timeout",
            "attempts",
            "backoff",
            "backoff_base",
            "retry_budget",
        ];
        for (wrong, right) in [
            ("timout", Some("timeout")),
            ("retries", None),
            ("Retry-Budget", Some("retry_budget")),
            ("atempts", Some("attempts")),
            ("bakcoff", Some("backoff")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, names), right, "{wrong}");
        }
        assert_eq!(nearest(&"timeout".repeat(1000), names), None);
    }
}
