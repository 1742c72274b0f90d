//! Putting things in order, where it is done seldom: one sort for all types. Each type that is given to
//! `slice::sort_by` adds several kilobytes to the page's worker.

use std::cmp::Ordering;

/// Puts them in order; equals stay as they were.
pub fn arrange<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let mut places: Vec<usize> = (0..items.len()).collect();
    sort_places(&mut places, &|a, b| compare(&items[a], &items[b]));
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    let next = |place: usize| taken[place].take().expect("each place comes once");
    items.extend(places.into_iter().map(next));
}

#[inline(never)]
fn sort_places(places: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    places.sort_by(|&a, &b| compare(a, b));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_stay_as_they_were() {
        let mut items: Vec<(u64, usize)> = (0..500).map(|i| (i as u64 * 7 % 13, i)).collect();
        let mut expected = items.clone();
        expected.sort_by_key(|&(key, _)| key);
        arrange(&mut items, |a, b| a.0.cmp(&b.0));
        assert_eq!(items, expected);
    }
}
