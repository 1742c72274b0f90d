//! Smooth weighted round robin, as nginx has it (commit 52327e0627f4, 2012): at each choice every
//! candidate gains its weight, the one with most is chosen (the first of a tie) and pays the sum of all
//! weights. With weights 5, 1, 1 that gives a a b a c a a: shares are exact over a round, and the heavy
//! one does not get its share in one piece.

/// The next of the candidates, if one has a weight. `credit` is kept between choices.
pub fn next(
    candidates: impl Iterator<Item = usize>,
    weight: impl Fn(usize) -> u32,
    credit: &mut [i64],
) -> Option<usize> {
    let (mut best, mut all) = (None, 0);
    for at in candidates {
        let weight = i64::from(weight(at));
        if weight == 0 {
            continue;
        }
        all += weight;
        credit[at] += weight;
        if best.is_none_or(|best: usize| credit[at] > credit[best]) {
            best = Some(at);
        }
    }
    credit[best?] -= all;
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_nginx() {
        let (weights, mut credit) = ([5, 1, 1], [0; 3]);
        let mut turn = || next(0..3, |i| weights[i], &mut credit).unwrap();
        let order: Vec<usize> = (0..7).map(|_| turn()).collect();
        assert_eq!(order, [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(credit, [0; 3]);
    }

    #[test]
    fn nobody_is_chosen_without_a_weight() {
        assert_eq!(next(0..2, |_| 0, &mut [0; 2]), None);
    }
}
