//! Classes of requests that go before one another, at one station. Class 0 goes first; within a class
//! first come, first served.

use super::stations::Mmc;

/// One class at a single server with any service time.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// Random arrivals per second.
    pub lambda: f64,
    /// Mean service time in s.
    pub mean: f64,
    /// Its squared coefficient of variation: constant 0, exponential 1.
    pub cs2: f64,
}

impl Class {
    fn rho(&self) -> f64 {
        self.lambda * self.mean
    }

    /// Half of lambda E\[S^2\]: what an arrival finds, on average, of a service under way.
    fn residual(&self) -> f64 {
        self.rho() * self.mean * (1.0 + self.cs2) / 2.0
    }
}

/// Mean wait in s of each class where work under way is never interrupted:
/// `Wq_k = R / ((1 - sigma_{k-1}) (1 - sigma_k))`, with R the mean residual service and sigma_k the
/// load of the classes up to k (A. Cobham 1954; Kleinrock, *Queueing Systems II*, 1976, sec. 3.6).
///
/// A class that is not served in full waits for ever; those before it find the server always busy
/// with what is left over for it.
///
/// ```
/// use brownout::experiment::closed_form::priorities::{Class, waits};
/// let class = |lambda| Class { lambda, mean: 0.010, cs2: 1.0 };
/// let [first, second] = waits(&[class(30.0), class(50.0)])[..] else { panic!() };
/// assert!((first - 0.0114286).abs() < 1e-6 && (second - 0.0571429).abs() < 1e-6);
/// ```
pub fn waits(classes: &[Class]) -> Vec<f64> {
    let mut residual = 0.0;
    let mut left = 1.0_f64;
    for class in classes {
        let served = class.rho().min(left.max(0.0));
        if served > 0.0 {
            residual += class.residual() * served / class.rho();
        }
        left -= class.rho();
    }
    along(classes, |_, before, with| residual / (before * with))
}

/// Mean sojourn in s of each class where an arrival interrupts those after it, which go on later where
/// they stopped: `W_k = S_k / (1 - sigma_{k-1}) + R_k / ((1 - sigma_{k-1}) (1 - sigma_k))`, with R_k the
/// mean residual service of the classes up to k only (Gross et al., sec. 3.4; Harchol-Balter, ch. 32).
pub fn preemptive_sojourns(classes: &[Class]) -> Vec<f64> {
    along(classes, |k, before, with| {
        let residual: f64 = classes[..=k].iter().map(Class::residual).sum();
        classes[k].mean / before + residual / (before * with)
    })
}

/// For each class, a time from the spare capacity left by those before it, and by those and itself;
/// infinite if there is none.
fn along(classes: &[Class], time: impl Fn(usize, f64, f64) -> f64) -> Vec<f64> {
    let mut before = 1.0;
    let each = classes.iter().enumerate().map(|(k, class)| {
        let with = before - class.rho();
        let of_class = if with > 0.0 {
            time(k, before, with)
        } else {
            f64::INFINITY
        };
        before = with;
        of_class
    });
    each.collect()
}

/// Mean wait in s of each class at `c` exponential servers that all classes use equally long, without
/// interruption: `Wq_k = C(c, a) / (c mu (1 - sigma_{k-1}) (1 - sigma_k))`, with C of all classes
/// together (Cobham 1954). The load of all must be below 1.
pub fn waits_at_several(c: u32, mu: f64, lambdas: &[f64]) -> Vec<f64> {
    let all = lambdas.iter().sum();
    let together = Mmc { lambda: all, mu, c };
    let capacity = f64::from(c) * mu;
    let mut before = 1.0;
    let each = lambdas.iter().map(|lambda| {
        let with = before - lambda / capacity;
        let wait = together.waits() / capacity / (before * with);
        before = with;
        wait
    });
    each.collect()
}

/// Mean sojourn in s of each class at `c` exponential servers that all classes use equally long, with
/// interruption: the first k classes together are an M/M/c that knows nothing of the others (Buzen,
/// Bondi 1983). The load of all must be below 1.
pub fn preemptive_sojourns_at_several(c: u32, mu: f64, lambdas: &[f64]) -> Vec<f64> {
    let (mut lambda, mut there) = (0.0, 0.0);
    let each = lambdas.iter().map(|of_class| {
        lambda += of_class;
        let with = lambda * Mmc { lambda, mu, c }.sojourn();
        let sojourn = (with - there) / of_class;
        there = with;
        sojourn
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::super::chain::{mean, stationary};
    use super::super::close;
    use super::*;

    const SIDE: usize = 40;

    fn class(lambda: f64, mean: f64) -> Class {
        Class {
            lambda,
            mean,
            cs2: 1.0,
        }
    }

    /// Mean numbers of two exponential classes at one server, counted in a chain. A state is (first,
    /// second, who is in service).
    fn counted(classes: [Class; 2], preemptive: bool) -> [f64; 2] {
        let at = |a: usize, b: usize, s: usize| (a * SIDE + b) * 2 + s;
        // Who is served next, or after an arrival if it may interrupt.
        let next = |a: usize, b: usize| at(a, b, usize::from(a == 0 && b > 0));
        let mut moves = Vec::new();
        for a in 0..SIDE {
            for b in 0..SIDE {
                for s in 0..2 {
                    let keeps = |a, b| if preemptive { next(a, b) } else { at(a, b, s) };
                    let idle = a + b == 0;
                    let here = at(a, b, s);
                    if a + 1 < SIDE {
                        let to = if idle { next(1, 0) } else { keeps(a + 1, b) };
                        moves.push((here, to, classes[0].lambda));
                    }
                    if b + 1 < SIDE {
                        let to = if idle { next(0, 1) } else { keeps(a, b + 1) };
                        moves.push((here, to, classes[1].lambda));
                    }
                    if s == 0 && a > 0 {
                        moves.push((here, next(a - 1, b), 1.0 / classes[0].mean));
                    }
                    if s == 1 && b > 0 {
                        moves.push((here, next(a, b - 1), 1.0 / classes[1].mean));
                    }
                    // Who is in service must be there: such states are left at once.
                    if !idle && ((s == 0 && a == 0) || (s == 1 && b == 0)) {
                        moves.push((here, next(a, b), 1.0));
                    }
                }
            }
        }
        let p = stationary(SIDE * SIDE * 2, &moves);
        [mean(&p, |i| i / 2 / SIDE), mean(&p, |i| i / 2 % SIDE)]
    }

    #[test]
    fn one_server_is_what_a_chain_counts() {
        let classes = [class(0.2, 1.0), class(0.15, 2.0)];
        let [first, second] = counted(classes, false);
        let waits = waits(&classes);
        close(waits[0] + 1.0, first / 0.2, 1e-6);
        close(waits[1] + 2.0, second / 0.15, 1e-6);
        let [first, second] = counted(classes, true);
        let sojourns = preemptive_sojourns(&classes);
        close(sojourns[0], first / 0.2, 1e-6);
        close(sojourns[1], second / 0.15, 1e-6);
    }

    #[test]
    fn a_saturated_class_keeps_the_server_busy_for_the_others() {
        // Number of the first class in the line, and who is in service; the second never runs out.
        let moves: Vec<(usize, usize, f64)> = (0..60)
            .flat_map(|n| {
                let ends = if n > 0 { (n - 1) * 2 } else { 1 };
                [
                    (n * 2, (n + 1).min(59) * 2, 0.3),
                    (n * 2 + 1, (n + 1).min(59) * 2 + 1, 0.3),
                    (n * 2, ends, 1.0),
                    (n * 2 + 1, ends, 0.5),
                ]
            })
            .collect();
        let line = mean(&stationary(120, &moves), |i| i / 2);
        let waits = waits(&[class(0.3, 1.0), class(10.0, 2.0), class(1.0, 1.0)]);
        close(waits[0], line / 0.3, 1e-6);
        assert_eq!(waits[1..], [f64::INFINITY; 2]);
    }

    #[test]
    fn priorities_move_waiting_and_do_not_make_it() {
        // Kleinrock's conservation law: the load-weighted wait is that of first come, first served.
        let classes = [
            Class {
                lambda: 10.0,
                mean: 0.02,
                cs2: 0.0,
            },
            Class {
                lambda: 20.0,
                mean: 0.01,
                cs2: 4.0,
            },
            Class {
                lambda: 5.0,
                mean: 0.08,
                cs2: 1.0,
            },
        ];
        let weighted = classes.iter().zip(waits(&classes));
        let moved: f64 = weighted.map(|(class, wait)| class.rho() * wait).sum();
        let residual: f64 = classes.iter().map(Class::residual).sum();
        close(moved, 0.8 * residual / 0.2, 1e-12);
    }

    #[test]
    fn several_servers_contain_one() {
        let classes = [class(30.0, 0.01), class(50.0, 0.01)];
        let one = waits_at_several(1, 100.0, &[30.0, 50.0]);
        let interrupted = preemptive_sojourns_at_several(1, 100.0, &[30.0, 50.0]);
        for k in 0..2 {
            close(one[k], waits(&classes)[k], 1e-12);
            close(interrupted[k], preemptive_sojourns(&classes)[k], 1e-12);
        }
        // Without interruption the mean over the classes is that of one line.
        let three = waits_at_several(3, 100.0, &[90.0, 150.0]);
        let line = Mmc {
            lambda: 240.0,
            mu: 100.0,
            c: 3,
        };
        close(
            three[0] * 90.0 + three[1] * 150.0,
            240.0 * line.wait(),
            1e-12,
        );
    }
}
