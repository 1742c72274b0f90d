//! Sending each request to one of n exponential servers, in units of the mean service time.
//!
//! Three policies have a formula. For few servers under two choices or least outstanding there is
//! none; their reference is a Markov chain that is stepped here, apart from the engine: it has no
//! clock, no calendar and no requests, only the number at each server.

use super::dice::Dice;
use super::power;

/// Random: each server is an M/M/1 of its own.
pub fn random(load: f64) -> f64 {
    1.0 / (1.0 - load)
}

/// Round robin: every n-th arrival, an Erlang(n)/M/1 queue, W = 1 / (1 - sigma) with sigma the root
/// of sigma = A*(1 - sigma) (Kleinrock 1975, section 6.4).
///
/// ```
/// use brownout::experiment::closed_form::balancing::round_robin;
/// assert!((round_robin(10, 0.9) - 5.660).abs() < 0.001);
/// ```
pub fn round_robin(n: u32, load: f64) -> f64 {
    let rate = f64::from(n) * load;
    let mut sigma = load;
    for _ in 0..10_000 {
        sigma = power(rate / (rate + 1.0 - sigma), n);
    }
    1.0 / (1.0 - sigma)
}

/// Two random choices with very many servers (M. Mitzenmacher 1996; N. Vvedenskaya, R. Dobrushin,
/// F. Karpelevich 1996).
///
/// ```
/// use brownout::experiment::closed_form::balancing::two_choices_of_many;
/// assert!((two_choices_of_many(0.7) - 1.6145).abs() < 0.0001);
/// ```
pub fn two_choices_of_many(load: f64) -> f64 {
    let mut sum = 0.0;
    for i in 1..=12u32 {
        sum += power(load, (1 << i) - 2);
    }
    sum
}

/// How an arrival chooses in the chain below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The better of two drawn with replacement, ties by chance.
    TwoChoices,
    /// The one with fewest requests, ties by chance.
    LeastOutstanding,
}

/// Mean sojourn with `n` servers, from `steps` steps of the Markov chain, by Little's law.
///
/// The chain is made uniform: at each step either somebody arrives or one server, drawn by chance,
/// finishes something if it has something.
pub fn chain(policy: Policy, n: usize, load: f64, steps: u64) -> f64 {
    let mut dice = Dice::new(0x5eed);
    let mut there = vec![0u32; n];
    let (mut all, mut sum) = (0u64, 0u64);
    let arrival = load / (1.0 + load);
    // Until the start is forgotten.
    let warm_up = steps / 10;
    for step in 0..warm_up + steps {
        if step >= warm_up {
            sum += all;
        }
        if dice.unit() < arrival {
            let chosen = choose(&mut dice, policy, &there);
            there[chosen] += 1;
            all += 1;
        } else {
            let server = &mut there[dice.below(n)];
            all -= u64::from(*server > 0);
            *server -= u32::from(*server > 0);
        }
    }
    sum as f64 / steps as f64 / (load * n as f64)
}

/// The same when the chooser looks at a picture of the numbers that is taken anew every `age` mean
/// service times, as in the periodic updates of M. Mitzenmacher, *How Useful Is Old Information?* (IEEE
/// Transactions on Parallel and Distributed Systems, 2000). Between two steps lies an exponential time.
pub fn chain_of_old_views(policy: Policy, n: usize, load: f64, age: f64, steps: u64) -> f64 {
    let mut dice = Dice::new(0x01d);
    let (mut there, mut seen) = (vec![0u32; n], vec![0u32; n]);
    let (mut all, mut sum) = (0u64, 0u64);
    let arrival = load / (1.0 + load);
    let between = 1.0 / (n as f64 * (1.0 + load));
    let mut left = age;
    let warm_up = steps / 10;
    for step in 0..warm_up + steps {
        left -= dice.exponential(between);
        if left <= 0.0 {
            seen.copy_from_slice(&there);
            left += age * (1.0 + (-left / age).floor());
        }
        if step >= warm_up {
            sum += all;
        }
        if dice.unit() < arrival {
            there[choose(&mut dice, policy, &seen)] += 1;
            all += 1;
        } else {
            let server = &mut there[dice.below(n)];
            all -= u64::from(*server > 0);
            *server -= u32::from(*server > 0);
        }
    }
    sum as f64 / steps as f64 / (load * n as f64)
}

fn choose(dice: &mut Dice, policy: Policy, there: &[u32]) -> usize {
    match policy {
        Policy::TwoChoices => {
            let (a, b) = (dice.below(there.len()), dice.below(there.len()));
            // Both orders of a pair are equally likely, so the first of a tie is by chance.
            if there[b] < there[a] { b } else { a }
        }
        Policy::LeastOutstanding => {
            let least = there.iter().min().copied().unwrap_or(0);
            let tied = there.iter().filter(|&&q| q == least).count();
            let nth = dice.below(tied);
            let mut of_tied = there.iter().enumerate().filter(|&(_, &q)| q == least);
            of_tied.nth(nth).map_or(0, |(i, _)| i)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    #[test]
    fn the_formulas_have_the_published_values() {
        close(random(0.9), 10.0, 1e-12);
        close(round_robin(10, 0.9), 5.660, 1e-4);
        close(two_choices_of_many(0.7), 1.6145, 1e-4);
        close(two_choices_of_many(0.9), 2.6141, 1e-4);
    }

    #[test]
    #[expect(
        clippy::approx_constant,
        reason = "a number of requests that is near pi by chance"
    )]
    fn the_chain_has_the_published_values() {
        let steps = 10_000_000;
        close(chain(Policy::TwoChoices, 10, 0.9, steps), 3.142, 0.02);
        close(chain(Policy::LeastOutstanding, 10, 0.9, steps), 1.896, 0.02);
    }

    #[test]
    fn old_views_end_where_they_are_known() {
        let steps = 5_000_000;
        // Renewed all the time it is the other chain, never renewed it chooses by chance.
        let fresh = chain_of_old_views(Policy::TwoChoices, 10, 0.9, 1e-3, steps);
        close(fresh, chain(Policy::TwoChoices, 10, 0.9, steps), 0.03);
        let blind = chain_of_old_views(Policy::LeastOutstanding, 10, 0.5, 1e9, steps);
        close(blind, random(0.5), 0.02);
    }

    #[test]
    fn the_chain_of_one_server_is_an_mm1() {
        close(chain(Policy::TwoChoices, 1, 0.5, 5_000_000), 2.0, 0.01);
    }
}
