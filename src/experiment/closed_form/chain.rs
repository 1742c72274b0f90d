//! Small Markov chains solved by brute force, to hold formulas against.

/// Long-run probabilities of the states of a chain in continuous time, from its transitions
/// `(from, to, rate)`: the chain is made uniform and stepped until nothing changes.
pub(super) fn stationary(states: usize, transitions: &[(usize, usize, f64)]) -> Vec<f64> {
    let mut leaving = vec![0.0; states];
    for &(from, _, rate) in transitions {
        leaving[from] += rate;
    }
    let step = 0.9 / leaving.iter().fold(0.0, |a: f64, &b| a.max(b));
    let mut p = vec![1.0 / states as f64; states];
    for _ in 0..200_000 {
        let mut next: Vec<f64> = p
            .iter()
            .zip(&leaving)
            .map(|(p, l)| p * (1.0 - l * step))
            .collect();
        for &(from, to, rate) in transitions {
            next[to] += p[from] * rate * step;
        }
        let change: f64 = p.iter().zip(&next).map(|(a, b)| (a - b).abs()).sum();
        p = next;
        if change < 1e-13 {
            break;
        }
    }
    p
}

/// The mean of a count over the states.
pub(super) fn mean(p: &[f64], count: impl Fn(usize) -> usize) -> f64 {
    p.iter().enumerate().map(|(i, p)| p * count(i) as f64).sum()
}
