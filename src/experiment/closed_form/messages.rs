//! Messages delivered more than once, or not at all: what leases, receipts, batches and lost replies do.
//! There is always a worker free for a delivery, and a message becomes visible again the moment its
//! lease ends.

use super::power;
use super::times::Times;

/// A message of a queue that leases: who receives it has `visibility` s to acknowledge it, then it is
/// delivered again. Nobody is stopped in the middle; all deliveries of a message run to their end, each
/// with a time of work of its own.
#[derive(Clone, Copy, Debug)]
pub struct Leased {
    pub work: Times,
    pub visibility: f64,
    /// After so many deliveries the next stop is the dead-letter queue; `None` for no limit.
    pub max_receives: Option<u32>,
}

/// Beyond this many deliveries, a message goes round for ever.
const ENDLESS: u32 = 100_000;

impl Leased {
    /// The probability that the message is still there when the lease of delivery `k` (from 1) ends,
    /// where an acknowledgement with any receipt deletes it. By then delivery j has had `k + 1 - j`
    /// leases' time and none may be done: `prod_{j=1}^{k} P(work > j V)`.
    pub fn outlives(&self, k: u32) -> f64 {
        let unfinished = (1..=k).map(|j| self.work.exceeds(f64::from(j) * self.visibility));
        unfinished.product()
    }

    /// Mean deliveries if old receipts delete. For exponential work of mean m without limit:
    /// `sum_{k>=0} exp(-k (k+1) / 2 * V / m)`, because `1 + 2 + ... + k = k (k+1) / 2`.
    ///
    /// ```
    /// use brownout::experiment::closed_form::messages::Leased;
    /// use brownout::experiment::closed_form::times::Times;
    /// let work = Times::exponential(30.0);
    /// let message = Leased { work, visibility: 30.0, max_receives: None };
    /// assert!((message.deliveries() - 1.4202).abs() < 1e-4);
    /// ```
    pub fn deliveries(&self) -> f64 {
        let last = self.max_receives.unwrap_or(ENDLESS);
        let (mut sum, mut there) = (0.0, 1.0);
        for k in 1..=last {
            sum += there;
            there *= self.work.exceeds(f64::from(k) * self.visibility);
            if there < 1e-15 {
                break;
            }
        }
        sum
    }

    /// Share of messages that end in the dead-letter queue if old receipts delete. Work that is under
    /// way still has its effect.
    pub fn dead(&self) -> f64 {
        self.max_receives.map_or(0.0, |r| self.outlives(r))
    }

    /// Mean deliveries if old receipts are ignored, so that only work shorter than the lease counts: with
    /// `q = P(work > V)`, `(1 - q^r) / (1 - q)`. Infinite if that never happens and nothing limits it.
    pub fn deliveries_if_ignored(&self) -> f64 {
        let late = self.work.exceeds(self.visibility);
        match self.max_receives {
            Some(r) => (0..r).map(|k| power(late, k)).sum(),
            None => 1.0 / (1.0 - late),
        }
    }

    /// Share in the dead-letter queue if old receipts are ignored: `q^r`.
    pub fn dead_if_ignored(&self) -> f64 {
        let late = self.work.exceeds(self.visibility);
        self.max_receives.map_or(0.0, |r| power(late, r))
    }
}

/// A worker that crashes after `c` of a batch of `n` that it acknowledges as one.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    pub n: u32,
    pub c: u32,
}

impl Batch {
    /// Done twice, if it acknowledges after the work: all n come again.
    pub fn replayed(&self) -> u32 {
        self.c.min(self.n)
    }

    /// Never done, if it acknowledges before the work.
    pub fn lost(&self) -> u32 {
        self.n - self.replayed()
    }
}

/// A call that is not idempotent, whose request is lost on the way with probability `request_loss` and
/// whose reply with `response_loss`, with up to `retries` tries more.
#[derive(Clone, Copy, Debug)]
pub struct LossyCall {
    pub request_loss: f64,
    pub response_loss: f64,
    pub retries: u32,
}

impl LossyCall {
    /// A try that its caller must believe failed.
    fn fails(&self) -> f64 {
        1.0 - (1.0 - self.request_loss) * (1.0 - self.response_loss)
    }

    /// Mean executions per call: `(1 - request loss) sum_{k=0}^{r} f^k`, with f the chance that a try
    /// fails for its caller.
    ///
    /// ```
    /// use brownout::experiment::closed_form::messages::LossyCall;
    /// let call = LossyCall { request_loss: 0.0, response_loss: 0.05, retries: 3 };
    /// assert!((call.executions() - 1.0526).abs() < 1e-4);
    /// ```
    pub fn executions(&self) -> f64 {
        let tries: f64 = (0..=self.retries).map(|k| power(self.fails(), k)).sum();
        (1.0 - self.request_loss) * tries
    }

    /// Share of calls that are executed more than once.
    pub fn duplicated(&self) -> f64 {
        1.0 - self.never_executed() - self.executed_once()
    }

    /// Share of calls that are never executed: all requests lost.
    pub fn never_executed(&self) -> f64 {
        power(self.request_loss, self.retries + 1)
    }

    /// Share of calls whose caller is told that they failed although they were executed.
    pub fn executed_unknown(&self) -> f64 {
        power(self.fails(), self.retries + 1) - self.never_executed()
    }

    fn executed_once(&self) -> f64 {
        let last = self.retries;
        // The one execution is try k, after k lost requests. Its reply arrives, or is lost and so are all
        // requests after it.
        let arrives = 1.0 - self.response_loss;
        let each = (0..=last).map(|k| {
            let rest = self.response_loss * power(self.request_loss, last - k);
            power(self.request_loss, k) * (1.0 - self.request_loss) * (arrives + rest)
        });
        each.sum()
    }
}

/// Share of keys that change places when `hash mod from` becomes `hash mod to`: those stay whose two
/// remainders are equal, `min(from, to) / lcm(from, to)`; from n to n + 1 partitions `n / (n + 1)` move.
///
/// ```
/// use brownout::experiment::closed_form::messages::moved_by_modulo;
/// assert!((moved_by_modulo(4, 5) - 0.8).abs() < 1e-12);
/// assert!((moved_by_modulo(4, 8) - 0.5).abs() < 1e-12);
/// ```
pub fn moved_by_modulo(from: u32, to: u32) -> f64 {
    let (mut a, mut b) = (from, to);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    // a is the greatest common divisor: min / lcm = gcd / max.
    1.0 - f64::from(a) / f64::from(from.max(to))
}

/// A partitioned log and those who read it.
#[derive(Clone, Copy, Debug)]
pub struct Consumers {
    /// Published per second, evenly over the partitions.
    pub published: f64,
    /// Handled per second by one consumer.
    pub each: f64,
    pub consumers: u32,
    pub partitions: u32,
}

impl Consumers {
    /// Handled per second at most: a partition has one reader, so consumers beyond the partitions idle;
    /// with fewer, those with most partitions bound what a steady flow may be.
    pub fn capacity(&self) -> f64 {
        let most = self
            .partitions
            .div_ceil(self.consumers.min(self.partitions));
        self.each * f64::from(self.partitions) / f64::from(most)
    }

    /// Messages behind after all stood still for `pause` s, in a flow they can carry.
    pub fn lag_after(&self, pause: f64) -> f64 {
        self.published * pause
    }

    /// Seconds until nobody is behind by `lag` messages, spread evenly; `None` if never.
    pub fn drains_in(&self, lag: f64) -> Option<f64> {
        let spare = self.capacity() - self.published;
        (spare > 0.0).then(|| lag / spare)
    }
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::super::dice::Dice;
    use super::*;

    fn leased(work: Times, max_receives: Option<u32>) -> Leased {
        Leased {
            work,
            visibility: 30.0,
            max_receives,
        }
    }

    #[test]
    fn leases_have_the_published_values() {
        assert_eq!(leased(Times::constant(75.0), None).deliveries(), 3.0);
        assert_eq!(leased(Times::constant(29.0), None).deliveries(), 1.0);
        let exponential = leased(Times::exponential(30.0), None);
        close(exponential.deliveries(), 1.4202, 1e-4);
        // In the dead-letter queue and done twice.
        let dead = leased(Times::constant(75.0), Some(2));
        assert_eq!((dead.deliveries(), dead.dead()), (2.0, 1.0));
        let saved = leased(Times::constant(75.0), Some(3));
        assert_eq!((saved.deliveries(), saved.dead()), (3.0, 0.0));
        // What is never done in time goes round for ever.
        let ignored = leased(Times::constant(75.0), None);
        assert_eq!(ignored.deliveries_if_ignored(), f64::INFINITY);
    }

    /// Deliveries one by one.
    fn stepped(message: Leased, mean: f64, old_delete: bool) -> [f64; 2] {
        let mut dice = Dice::new(9);
        let (mut deliveries, mut dead) = (0.0, 0.0);
        const MESSAGES: u32 = 400_000;
        for _ in 0..MESSAGES {
            // When the earliest acknowledgement that counts is sent.
            let (mut now, mut done) = (0.0, f64::MAX);
            for k in 1.. {
                deliveries += 1.0;
                let takes = dice.exponential(mean);
                if old_delete || takes <= message.visibility {
                    done = done.min(now + takes);
                }
                now += message.visibility;
                if done <= now {
                    break;
                }
                if message.max_receives == Some(k) {
                    dead += 1.0;
                    break;
                }
            }
        }
        [deliveries, dead].map(|n| n / f64::from(MESSAGES))
    }

    #[test]
    fn leases_are_what_stepping_gives() {
        for mean in [15.0, 30.0, 100.0] {
            for limit in [None, Some(2)] {
                let message = leased(Times::exponential(mean), limit);
                let [deliveries, dead] = stepped(message, mean, true);
                close(message.deliveries(), deliveries, 0.005);
                close(message.dead(), dead, 0.03);
                let [deliveries, dead] = stepped(message, mean, false);
                close(message.deliveries_if_ignored(), deliveries, 0.005);
                close(message.dead_if_ignored(), dead, 0.03);
            }
        }
    }

    #[test]
    fn lost_replies_have_the_published_values() {
        let call = LossyCall {
            request_loss: 0.0,
            response_loss: 0.05,
            retries: 3,
        };
        close(call.executions(), 1.0526, 1e-4);
        close(call.duplicated(), 0.05, 1e-12);
        close(call.executed_unknown(), 0.05 * 0.05 * 0.05 * 0.05, 1e-9);
    }

    #[test]
    fn lost_requests_and_replies_are_what_stepping_gives() {
        let call = LossyCall {
            request_loss: 0.3,
            response_loss: 0.2,
            retries: 2,
        };
        let mut dice = Dice::new(2);
        let mut executed = [0.0; 4];
        let mut unknown = 0.0;
        const CALLS: u32 = 1_000_000;
        for _ in 0..CALLS {
            let (mut times, mut told) = (0, false);
            for _ in 0..=call.retries {
                let arrives = dice.unit() >= call.request_loss;
                times += usize::from(arrives);
                told = arrives && dice.unit() >= call.response_loss;
                if told {
                    break;
                }
            }
            executed[times] += 1.0 / f64::from(CALLS);
            unknown += f64::from(u8::from(times > 0 && !told)) / f64::from(CALLS);
        }
        close(call.never_executed(), executed[0], 0.02);
        close(call.executed_once(), executed[1], 0.005);
        close(call.duplicated(), executed[2] + executed[3], 0.01);
        let mean = executed[1] + 2.0 * executed[2] + 3.0 * executed[3];
        close(call.executions(), mean, 0.005);
        close(call.executed_unknown(), unknown, 0.02);
    }

    #[test]
    fn moved_keys_are_what_counting_gives() {
        for (from, to) in [(4, 5), (4, 8), (6, 4), (10, 10), (1, 7)] {
            let moved = (0..84_000u32).filter(|h| h % from != h % to).count();
            let counted = moved as f64 / 84_000.0;
            assert!(
                (moved_by_modulo(from, to) - counted).abs() < 1e-4,
                "{from} {to}"
            );
        }
    }

    #[test]
    fn batches_and_lags_add_up() {
        let batch = Batch { n: 10, c: 4 };
        assert_eq!((batch.replayed(), batch.lost()), (4, 6));
        let readers = Consumers {
            published: 60.0,
            each: 30.0,
            consumers: 3,
            partitions: 8,
        };
        // Three readers of eight partitions: two have three of them.
        close(readers.capacity(), 80.0, 1e-12);
        close(
            readers.drains_in(readers.lag_after(10.0)).unwrap(),
            30.0,
            1e-12,
        );
        let idle = Consumers {
            consumers: 12,
            partitions: 2,
            ..readers
        };
        close(idle.capacity(), 60.0, 1e-12);
        assert_eq!(idle.drains_in(1.0), None);
    }
}
