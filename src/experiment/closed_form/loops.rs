//! Users who wait for their reply before they ask again: the closed loop.

/// N users, an exponential or any other think time, one exponential server: the machine repairman.
#[derive(Clone, Copy, Debug)]
pub struct ClosedLoop {
    pub users: u32,
    /// Mean time a user thinks.
    pub think: f64,
    /// Mean service time.
    pub demand: f64,
}

impl ClosedLoop {
    /// Served per second, and mean response time, by mean value analysis (M. Reiser, S. Lavenberg
    /// 1980), which is exact here.
    ///
    /// ```
    /// use brownout::experiment::closed_form::loops::ClosedLoop;
    /// let shop = ClosedLoop { users: 100, think: 1.0, demand: 0.010 };
    /// let (throughput, response) = shop.solve();
    /// assert!((throughput - 92.43).abs() < 0.01);
    /// // The response time law: N = X (R + Z).
    /// assert!((throughput * (response + 1.0) - 100.0).abs() < 1e-9);
    /// ```
    pub fn solve(&self) -> (f64, f64) {
        let (mut queue, mut throughput, mut response) = (0.0, 0.0, self.demand);
        for n in 1..=self.users {
            // An arriving user finds what the loop without it would hold on average.
            response = self.demand * (1.0 + queue);
            throughput = f64::from(n) / (response + self.think);
            queue = throughput * response;
        }
        (throughput, response)
    }
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    #[test]
    fn mean_value_analysis_has_the_textbook_values() {
        for (users, x, r_ms) in [
            (1, 0.990, 10.0),
            (10, 9.892, 10.97),
            (50, 49.07, 18.96),
            (100, 92.43, 81.9),
            (200, 100.0, 1000.0),
        ] {
            let (throughput, response) = ClosedLoop {
                users,
                think: 1.0,
                demand: 0.010,
            }
            .solve();
            close(throughput, x, 1e-3);
            close(response, r_ms / 1e3, 2e-3);
        }
    }
}
