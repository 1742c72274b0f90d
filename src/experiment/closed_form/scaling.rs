//! More servers: what an autoscaler asks for, and what more of them bring.

use crate::engine::math::sqrt;

/// The horizontal autoscaler of Kubernetes.
#[derive(Clone, Copy, Debug)]
pub struct Autoscaler {
    /// Of the metric that replicas report.
    pub target: f64,
    /// No change while metric / target is within this of 1; 0.1 by default.
    pub tolerance: f64,
    pub min: u32,
    pub max: u32,
}

impl Autoscaler {
    /// Replicas wanted: `ceil(replicas * metric / target)` (Kubernetes, *Horizontal Pod Autoscaling*,
    /// "Algorithm details").
    ///
    /// ```
    /// use brownout::experiment::closed_form::scaling::Autoscaler;
    /// let scaler = Autoscaler { target: 100.0, tolerance: 0.1, min: 1, max: 100 };
    /// assert_eq!(scaler.desired(3, 200.0), 6);
    /// assert_eq!(scaler.desired(10, 109.0), 10);
    /// assert_eq!(scaler.desired(10, 111.0), 12);
    /// ```
    pub fn desired(&self, replicas: u32, metric: f64) -> u32 {
        let ratio = metric / self.target;
        let wanted = if (ratio - 1.0).abs() <= self.tolerance {
            replicas
        } else {
            (f64::from(replicas) * ratio).ceil() as u32
        };
        wanted.clamp(self.min, self.max)
    }

    /// Replicas after each of `rounds` decisions from `replicas`, if the metric is a fixed `load` divided
    /// among them evenly, and new ones work before the next decision.
    pub fn path(&self, mut replicas: u32, load: f64, rounds: usize) -> Vec<u32> {
        let decide = |_| {
            replicas = self.desired(replicas, load / f64::from(replicas));
            replicas
        };
        (0..rounds).map(decide).collect()
    }
}

/// The universal scalability law: throughput of n servers or threads that wait for each other (N. Gunther,
/// *Guerrilla Capacity Planning*, 2007).
#[derive(Clone, Copy, Debug)]
pub struct Scalability {
    /// Throughput of one, per second.
    pub one: f64,
    /// Share of the work that only one may do at a time: sigma, contention.
    pub contention: f64,
    /// Work of each pair to agree, as a share of the work: kappa, coherency.
    pub coherency: f64,
}

impl Scalability {
    /// `n X(1) / (1 + sigma (n - 1) + kappa n (n - 1))`; with no coherency Amdahl's law.
    ///
    /// ```
    /// use brownout::experiment::closed_form::scaling::Scalability;
    /// let law = Scalability { one: 100.0, contention: 0.05, coherency: 0.0 };
    /// // Amdahl: never more than 1 / sigma times one.
    /// assert!((law.throughput(1e9) - 2_000.0).abs() < 0.01);
    /// ```
    pub fn throughput(&self, n: f64) -> f64 {
        let crowd = 1.0 + self.contention * (n - 1.0) + self.coherency * n * (n - 1.0);
        n * self.one / crowd
    }

    /// The n beyond which more of them carry less: `sqrt((1 - sigma) / kappa)`.
    pub fn peak(&self) -> f64 {
        sqrt((1.0 - self.contention) / self.coherency)
    }
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    const SCALER: Autoscaler = Autoscaler {
        target: 100.0,
        tolerance: 0.1,
        min: 1,
        max: 50,
    };

    #[test]
    fn an_autoscaler_has_the_published_values() {
        for (replicas, metric, wanted) in [(3, 200.0, 6), (10, 109.0, 10), (10, 111.0, 12)] {
            assert_eq!(SCALER.desired(replicas, metric), wanted);
        }
        assert_eq!(SCALER.desired(40, 200.0), 50);
        assert_eq!(SCALER.desired(4, 0.0), 1);
        // 1,000 for 3: 334 each, then 100 each.
        assert_eq!(SCALER.path(3, 1_000.0, 3), [10, 10, 10]);
    }

    #[test]
    fn the_peak_is_where_throughput_is_highest() {
        let law = Scalability {
            one: 995.6,
            contention: 0.0267,
            coherency: 0.000769,
        };
        close(law.throughput(1.0), 995.6, 1e-12);
        let best = (1..200)
            .map(f64::from)
            .max_by(|&a, &b| law.throughput(a).total_cmp(&law.throughput(b)));
        close(law.peak(), best.unwrap(), 0.02);
    }
}
