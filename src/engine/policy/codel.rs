//! Keeping a waiting line short by how long its requests waited.
//!
//! *CoDel* (K. Nichols, V. Jacobson, *Controlling Queue Delay*, ACM Queue 2012; RFC 8289, section 5):
//! when whoever leaves the line has waited longer than `target` for a whole `interval`, one is dropped,
//! and then one more each `interval / sqrt(n)` until waits are short again. Requests stand in for
//! packets: whoever has nobody behind it is never dropped, as the RFC keeps the last packet. A series of
//! drops that begins within 16 intervals of the end of the last one goes on about where that one was;
//! those 16 are the RFC's, and no knob.
//!
//! *Controlled delay* (B. Maurer, *Fail at Scale*, ACM Queue 2015): a request that joins a line that
//! has not been empty for `interval` may wait `target`, any other `interval`; who waited longer is
//! dropped when its turn comes.

use crate::design::Settings;
use crate::engine::math::{sqrt, to_ns};
use crate::time::{Duration, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Management {
    None,
    Codel(Delays),
    Controlled(Delays),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    pub target: Duration,
    pub interval: Duration,
}

impl Management {
    pub fn compile(knobs: &Settings<'_>) -> Management {
        let delays = Delays {
            target: knobs.duration("codel_target"),
            interval: knobs.duration("codel_interval"),
        };
        match knobs.choice("queue_management") {
            "codel" => Management::Codel(delays),
            "controlled_delay" => Management::Controlled(delays),
            _ => Management::None,
        }
    }
}

/// What one line remembers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Codel {
    /// When it will have been too slow for an interval; `None` while it is fast.
    first_above: Option<Time>,
    drops: bool,
    drop_next: Time,
    count: u32,
    last_count: u32,
    /// What was dropped last was the first of a series: whoever comes next is let through.
    entering: bool,
    /// Something was dropped; who comes next decides when the next drop is.
    pending: bool,
    last_empty: Time,
}

impl Codel {
    /// Somebody joins the line. Whether it gets the short patience of controlled delay.
    pub fn joins(&mut self, m: Management, now: Time, waiting: u32) -> bool {
        let Management::Controlled(delays) = m else {
            return false;
        };
        if waiting == 0 {
            self.last_empty = now;
        }
        self.last_empty + delays.interval < now
    }

    /// Nobody waits any more.
    pub fn ran_empty(&mut self) {
        self.first_above = None;
        self.drops = false;
        self.entering = false;
        self.pending = false;
    }

    /// Whether to drop the request whose turn it is. `left`: how many still wait behind it.
    pub fn drops(
        &mut self,
        m: Management,
        now: Time,
        waited: Duration,
        left: u32,
        is_brief: bool,
    ) -> bool {
        match m {
            Management::None => false,
            Management::Controlled(d) => waited > if is_brief { d.target } else { d.interval },
            Management::Codel(delays) => self.codel(delays, now, waited, left),
        }
    }

    fn codel(&mut self, delays: Delays, now: Time, waited: Duration, left: u32) -> bool {
        let slow = self.is_slow(delays, now, waited, left);
        if std::mem::take(&mut self.entering) {
            return false;
        }
        if !self.drops {
            if slow {
                self.enter(delays, now);
            }
            return slow;
        }
        if !slow {
            self.drops = false;
            self.pending = false;
            return false;
        }
        if std::mem::take(&mut self.pending) {
            self.drop_next = self.drop_next + pause(delays, self.count);
        }
        let drop = now >= self.drop_next;
        if drop {
            self.count += 1;
            self.pending = true;
        }
        drop
    }

    /// Waits have been above the target for an interval.
    fn is_slow(&mut self, delays: Delays, now: Time, waited: Duration, left: u32) -> bool {
        if waited < delays.target || left == 0 {
            self.first_above = None;
            return false;
        }
        match self.first_above {
            None => {
                self.first_above = Some(now + delays.interval);
                false
            }
            Some(at) => now >= at,
        }
    }

    /// A series of drops begins; soon after the last one, about where that one ended.
    fn enter(&mut self, delays: Delays, now: Time) {
        self.drops = true;
        self.entering = true;
        let more = self.count.saturating_sub(self.last_count);
        let recent = now.since(self.drop_next) < Duration(delays.interval.0.saturating_mul(16));
        self.count = if more > 1 && recent { more } else { 1 };
        self.drop_next = now + pause(delays, self.count);
        self.last_count = self.count;
    }
}

/// `interval / sqrt(count)`
fn pause(delays: Delays, count: u32) -> Duration {
    Duration(to_ns(delays.interval.0 as f64 / sqrt(f64::from(count))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const DELAYS: Delays = Delays {
        target: Duration(5 * MS),
        interval: Duration(100 * MS),
    };

    /// One request leaves each millisecond, having waited so long: when drops happen, in ms.
    fn drops(waited: Duration, ms: u64) -> Vec<u64> {
        let mut codel = Codel::default();
        let m = Management::Codel(DELAYS);
        let at = |t: &u64| codel.drops(m, Time(t * MS), waited, 10, false);
        (1..=ms).filter(at).collect()
    }

    #[test]
    fn a_fast_line_loses_nobody_and_a_slow_one_ever_more() {
        assert!(drops(Duration(4 * MS), 1_000).is_empty());
        // The first after an interval, then after 100/sqrt(1), 100/sqrt(2), 100/sqrt(3) ms.
        assert_eq!(drops(Duration(20 * MS), 400)[..4], [101, 201, 272, 330]);
    }

    #[test]
    fn the_last_one_is_never_dropped() {
        let mut codel = Codel::default();
        let m = Management::Codel(DELAYS);
        for t in 1..1_000 {
            assert!(!codel.drops(m, Time(t * MS), Duration(50 * MS), 0, false));
        }
    }

    #[test]
    fn patience_is_short_where_the_line_has_stood_for_long() {
        let mut codel = Codel::default();
        let m = Management::Controlled(DELAYS);
        assert!(!codel.joins(m, Time(500 * MS), 0));
        assert!(!codel.joins(m, Time(600 * MS), 3));
        assert!(codel.joins(m, Time(601 * MS), 3));
        assert!(!codel.drops(m, Time(0), Duration(6 * MS), 3, false));
        assert!(codel.drops(m, Time(0), Duration(6 * MS), 3, true));
        assert!(codel.drops(m, Time(0), Duration(101 * MS), 3, false));
    }
}
