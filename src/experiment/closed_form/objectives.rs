//! Arithmetic of availability: error budgets, alerts on how fast they burn, parts that must all work.

use super::power;

/// Time without service that an objective allows over `period`, in the unit of the period.
///
/// ```
/// use brownout::experiment::closed_form::objectives::error_budget;
/// let minutes = 30.0 * 24.0 * 60.0;
/// assert!((error_budget(0.999, minutes) - 43.2).abs() < 1e-9);
/// ```
pub fn error_budget(objective: f64, period: f64) -> f64 {
    (1.0 - objective) * period
}

/// Availability of something that needs all of its parts, which fail apart from each other.
///
/// ```
/// use brownout::experiment::closed_form::objectives::all_of;
/// assert!((all_of(&[0.9999; 10]) - 0.9990).abs() < 1e-5);
/// ```
pub fn all_of(parts: &[f64]) -> f64 {
    parts.iter().product()
}

/// Availability of something that needs any one of its parts, which fail apart from each other.
pub fn any_of(parts: &[f64]) -> f64 {
    1.0 - parts.iter().map(|p| 1.0 - p).product::<f64>()
}

/// Availability of something that needs `k` of `n` equal parts: a majority of replicas, say.
pub fn k_of_n(k: u32, n: u32, part: f64) -> f64 {
    let mut ways = 1.0;
    let mut sum = 0.0;
    for up in 0..=n {
        if up >= k {
            sum += ways * power(part, up) * power(1.0 - part, n - up);
        }
        ways *= f64::from(n - up) / f64::from(up + 1);
    }
    sum
}

/// An alert that fires when the error budget burns at least `factor` times too fast over a long window
/// and over a short one (Google, *The Site Reliability Workbook*, 2018, ch. 5).
#[derive(Clone, Copy, Debug)]
pub struct BurnAlert {
    pub factor: f64,
    /// Windows in s.
    pub long: f64,
    pub short: f64,
}

impl BurnAlert {
    /// The Workbook's two that page: 14.4 times over 1 h and 5 min, 6 times over 6 h and 30 min.
    pub const PAGES: [BurnAlert; 2] = [
        BurnAlert {
            factor: 14.4,
            long: 3_600.0,
            short: 300.0,
        },
        BurnAlert {
            factor: 6.0,
            long: 21_600.0,
            short: 1_800.0,
        },
    ];

    /// Seconds from the beginning of a steady share `errors` until it fires, with even traffic and no
    /// errors before: the long window is full enough after `factor (1 - objective) long / errors`. `None`
    /// if never.
    pub fn fires_after(&self, objective: f64, errors: f64) -> Option<f64> {
        let needed = self.factor * (1.0 - objective) / errors;
        (needed <= 1.0).then(|| needed * self.long.max(self.short))
    }

    /// Seconds from the end of the errors until it is quiet again, both windows having been full: the
    /// short one forgets first.
    pub fn quiet_after(&self, objective: f64, errors: f64) -> Option<f64> {
        let needed = self.factor * (1.0 - objective) / errors;
        (needed <= 1.0).then(|| (1.0 - needed) * self.short.min(self.long))
    }
}

/// Seconds until the first of several alerts fires.
///
/// ```
/// use brownout::experiment::closed_form::objectives::{BurnAlert, pages_after};
/// let minutes = |errors| pages_after(&BurnAlert::PAGES, 0.999, errors).map(|s| s / 60.0);
/// assert!((minutes(0.10).unwrap() - 8.64).abs() < 1e-9);
/// assert_eq!(minutes(0.0009), None);
/// ```
pub fn pages_after(alerts: &[BurnAlert], objective: f64, errors: f64) -> Option<f64> {
    let times = alerts
        .iter()
        .filter_map(|alert| alert.fires_after(objective, errors));
    times.min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    #[test]
    fn budgets_and_parts_have_the_published_values() {
        close(error_budget(0.999, 43_200.0), 43.2, 1e-9);
        close(all_of(&[0.9999; 10]), 0.9990, 1e-5);
        close(any_of(&[0.9, 0.99]), 0.999, 1e-12);
        close(k_of_n(1, 2, 0.9), any_of(&[0.9; 2]), 1e-12);
        close(k_of_n(3, 3, 0.9), all_of(&[0.9; 3]), 1e-12);
        close(k_of_n(2, 3, 0.9), 3.0 * 0.81 * 0.1 + 0.729, 1e-12);
    }

    #[test]
    fn pages_have_the_published_times() {
        let minutes = |errors| pages_after(&BurnAlert::PAGES, 0.999, errors).map(|s| s / 60.0);
        close(minutes(0.10).unwrap(), 8.64, 1e-9);
        close(minutes(0.01).unwrap(), 216.0, 1e-9);
        assert_eq!(minutes(0.0009), None);
    }

    #[test]
    fn pages_are_what_counting_second_by_second_gives() {
        let alert = BurnAlert::PAGES[0];
        let (from, until) = (5_000, 15_000);
        let errors = |second: usize| {
            if (from..until).contains(&second) {
                0.05
            } else {
                0.0
            }
        };
        let mut sums = vec![0.0];
        for second in 0..20_000 {
            sums.push(sums[second] + errors(second));
        }
        let fires = |now: usize| {
            let burns = |w: f64| (sums[now] - sums[now - w as usize]) / w / 0.001;
            burns(alert.long) >= 14.4 && burns(alert.short) >= 14.4
        };
        let first = (from..until).find(|&now| fires(now)).unwrap() - from;
        let quiet = (until..20_000).find(|&now| !fires(now)).unwrap() - until;
        let near = |formula: Option<f64>, counted: usize| {
            assert!(
                (formula.unwrap() - counted as f64).abs() <= 1.0,
                "{formula:?} {counted}"
            );
        };
        near(alert.fires_after(0.999, 0.05), first);
        near(alert.quiet_after(0.999, 0.05), quiet);
    }
}
