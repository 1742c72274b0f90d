//! Copies without a leader, asked one at a time: who does not see a write that was answered.
//!
//! Of `n` copies the one that a write reaches has it at once; it comes to each other one after a delay of its
//! own, exponential with mean `m`, and word of that comes back after another one. The write is answered when
//! `w` copies have it as far as the first one knows. A read at a time `t` later asks one copy by chance. These
//! are the assumptions of *probabilistically bounded staleness* (P. Bailis et al., VLDB 2012, sec. 4: WARS with
//! exponential one-way delays), with a coordinator that is a copy itself and reads at once.

use crate::engine::math::exp;

/// Share of reads that do not see the write, with `w` of 1 or 2 and quorums that do not overlap (`r` = 1).
///
/// With `w` = 1, `(n - 1) / n e^(-t/m)`. With `w` = 2 the answer waits for the first of the others, each
/// there and back in an Erlang time `S` of two stages. A copy that is still without the write then has not
/// been that first one, so it is behind with `E[e^(-min S / m)]`, over the `n - 2` others.
pub fn unseen(n: u32, w: u32, t_over_m: f64) -> f64 {
    let others = f64::from(n - 1) / f64::from(n) * exp(-t_over_m);
    match w {
        1 => others,
        _ => others * before_first(n - 2),
    }
}

/// `E[e^(-M)]` for the least `M` of `k` Erlang times of two stages of mean 1: one less the integral of
/// `(1 + s)^k e^(-(k + 1) s)`, term by term.
fn before_first(k: u32) -> f64 {
    let rate = f64::from(k + 1);
    let (mut term, mut sum) = (1.0 / rate, 0.0);
    for i in 0..=k {
        sum += term;
        term *= f64::from(k - i) / rate;
    }
    1.0 - sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_copies_are_known_by_hand() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        near(unseen(3, 1, 0.0), 2.0 / 3.0);
        // One other, there and back: each stage is longer than an exponential time with 1/2.
        near(unseen(3, 2, 0.0), 2.0 / 3.0 / 4.0);
        near(unseen(3, 2, 1.0), exp(-1.0) / 6.0);
        // Two copies of which both have it.
        near(unseen(2, 2, 0.0), 0.0);
    }

    #[test]
    fn more_copies_are_added_up_numerically() {
        for k in 1..6u32 {
            let (step, mut sum) = (1e-4, 0.0);
            for i in 0..400_000 {
                let s = (f64::from(i) + 0.5) * step;
                let mut power = exp(-f64::from(k + 1) * s) * step;
                for _ in 0..k {
                    power *= 1.0 + s;
                }
                sum += power;
            }
            assert!((before_first(k) - (1.0 - sum)).abs() < 1e-6, "{k}");
        }
    }
}
