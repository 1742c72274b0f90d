//! How fast simulated time runs on the wall: the speeds a person can choose, the automatic one that
//! is slow where it matters, and the clock that asks the web worker for the next piece.

/// What a person chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Speed {
    /// Slow at the start and around everything that happens, quick in between.
    #[default]
    Auto,
    /// Simulated seconds per second.
    Times(f64),
    /// As fast as the machine can.
    Max,
}

/// Bullet time, at the first failure of its kind.
pub const BULLET: f64 = 0.05;
/// Bullet time lasts this long on the wall unless somebody goes on earlier.
pub const BULLET_WALL_MS: f64 = 7_000.0;

impl Speed {
    pub const ALL: &'static [Speed] = &[
        Speed::Auto,
        Speed::Times(0.05),
        Speed::Times(0.25),
        Speed::Times(1.0),
        Speed::Times(4.0),
        Speed::Times(20.0),
        Speed::Max,
    ];

    pub fn label(self) -> String {
        match self {
            Speed::Auto => "Auto".into(),
            Speed::Times(x) => format!("{x}×"),
            Speed::Max => "Max".into(),
        }
    }

    /// Stable name in saved settings and addresses.
    pub fn key(self) -> String {
        match self {
            Speed::Auto => "auto".into(),
            Speed::Times(x) => x.to_string(),
            Speed::Max => "max".into(),
        }
    }

    pub fn from_key(key: &str) -> Option<Speed> {
        Speed::ALL.iter().copied().find(|s| s.key() == key)
    }
}

/// What the clock is told for the next moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    Times(f64),
    Unbounded,
}

/// The instants at which something is scripted to happen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Begin and end of the timeline's entries, in nanoseconds, ascending.
    pub at_ns: Vec<u64>,
}

const S: u64 = 1_000_000_000;

impl Moments {
    /// The automatic speed at this instant.
    ///
    /// S04's three minutes then take about forty seconds: two of requests one can follow, a jump to
    /// the hiccup, its begin and end slowly, and the long aftermath fast.
    pub fn auto(&self, now_ns: u64) -> f64 {
        if now_ns < S / 2 {
            return 0.25;
        }
        let near = |before: u64, after: u64| {
            self.at_ns
                .iter()
                .any(|&at| now_ns + before >= at && now_ns < at + after)
        };
        if near(S / 2, S + S / 4) {
            return 0.5;
        }
        if near(2 * S, 3 * S) {
            return 2.0;
        }
        let last = self.at_ns.last().copied().unwrap_or(0);
        let all_over = now_ns > last + 12 * S;
        let began = self.at_ns.first().is_some_and(|&at| now_ns >= at);
        match (all_over, began) {
            (true, _) => 12.0,
            (false, true) => 4.0,
            (false, false) => 8.0,
        }
    }
}

/// The page is the clock: it asks for one piece at a time and not again before the answer is there.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    last_wall_ms: f64,
    asked: bool,
}

/// Simulate up to here, for at most so long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ask {
    pub until_ns: u64,
    pub budget_ms: f64,
}

impl Clock {
    /// Time on the wall that passed before does not count: a run begins or goes on.
    pub fn resume(&mut self, wall_ms: f64) {
        self.last_wall_ms = wall_ms;
    }

    /// A new run: an answer to an older question will not come or will not be accepted.
    pub fn reset(&mut self) {
        self.asked = false;
    }

    pub fn answered(&mut self) {
        self.asked = false;
    }

    /// A question that did not come from [`Clock::ask`] (a step, a load) is under way.
    pub fn occupied(&mut self) {
        self.asked = true;
    }

    pub fn is_waiting(&self) -> bool {
        self.asked
    }

    pub fn ask(&mut self, wall_ms: f64, now_ns: u64, pace: Pace) -> Option<Ask> {
        if self.asked {
            return None;
        }
        // After a hidden tab or a stall the run goes on where it was, it does not leap.
        let passed_ms = (wall_ms - self.last_wall_ms).clamp(0.0, 120.0);
        let ask = match pace {
            Pace::Unbounded => Ask {
                until_ns: now_ns + 3_600 * S,
                budget_ms: 24.0,
            },
            Pace::Times(rate) => {
                let step_ns = (passed_ms * rate * 1e6) as u64;
                if step_ns == 0 {
                    return None;
                }
                Ask {
                    until_ns: now_ns + step_ns,
                    budget_ms: 12.0,
                }
            }
        };
        self.last_wall_ms = wall_ms;
        self.asked = true;
        Some(ask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_at_a_time() {
        let mut clock = Clock::default();
        clock.resume(1000.0);
        let ask = clock
            .ask(1016.0, 0, Pace::Times(0.25))
            .expect("time has passed");
        assert_eq!(ask.until_ns, 4_000_000);
        assert_eq!(clock.ask(1032.0, 0, Pace::Times(0.25)), None);
        clock.answered();
        let ask = clock
            .ask(1032.0, 4_000_000, Pace::Times(1.0))
            .expect("answered");
        assert_eq!(ask.until_ns, 20_000_000);
    }

    #[test]
    fn a_hidden_tab_does_not_leap() {
        let mut clock = Clock::default();
        clock.resume(0.0);
        let ask = clock
            .ask(60_000.0, 0, Pace::Times(1.0))
            .expect("time has passed");
        assert_eq!(ask.until_ns, 120_000_000);
    }

    #[test]
    fn auto_is_slow_where_something_happens() {
        let moments = Moments {
            at_ns: vec![30 * S, 40 * S],
        };
        assert_eq!(moments.auto(0), 0.25);
        assert_eq!(moments.auto(10 * S), 8.0);
        assert_eq!(moments.auto(30 * S), 0.5);
        assert_eq!(moments.auto(35 * S), 4.0);
        assert_eq!(moments.auto(40 * S + S / 2), 0.5);
        assert_eq!(moments.auto(100 * S), 12.0);
    }

    #[test]
    fn auto_takes_the_flagship_through_in_under_a_minute() {
        let moments = Moments {
            at_ns: vec![30 * S, 40 * S],
        };
        let (mut now, mut wall_ms) = (0u64, 0.0f64);
        while now < 180 * S {
            now += (16.0 * moments.auto(now) * 1e6) as u64;
            wall_ms += 16.0;
        }
        assert!((25_000.0..60_000.0).contains(&wall_ms), "{wall_ms}");
    }

    #[test]
    fn speeds_have_stable_names() {
        for &speed in Speed::ALL {
            assert_eq!(Speed::from_key(&speed.key()), Some(speed));
        }
        assert_eq!(Speed::from_key("fast"), None);
    }
}
