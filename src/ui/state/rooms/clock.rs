//! The clock of a step. It counts down, goes on below zero, and ends nothing.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clock {
    /// Since when it goes, in milliseconds since 1970; it stands without.
    pub since_ms: Option<u64>,
    /// What had gone by before that.
    pub before_ms: u64,
    /// Minutes that were added.
    pub more: u32,
}

impl Clock {
    pub fn start(&mut self, now_ms: u64) {
        self.since_ms.get_or_insert(now_ms);
    }

    pub fn stop(&mut self, now_ms: u64) {
        self.before_ms = self.spent_ms(now_ms);
        self.since_ms = None;
    }

    /// For another step: it goes if this one does.
    pub fn anew(self, now_ms: u64) -> Clock {
        Clock {
            since_ms: self.since_ms.map(|_| now_ms),
            ..Clock::default()
        }
    }

    fn spent_ms(&self, now_ms: u64) -> u64 {
        let going = self
            .since_ms
            .map_or(0, |since| now_ms.saturating_sub(since));
        self.before_ms + going
    }

    /// Of a step of so many minutes; less than nothing if it takes longer.
    pub fn left_ms(&self, minutes: u32, now_ms: u64) -> i64 {
        let all = (u64::from(minutes) + u64::from(self.more)) * 60_000;
        all as i64 - self.spent_ms(now_ms) as i64
    }
}

/// "2:05", and "0:12 over" below zero.
pub fn said(left_ms: i64) -> String {
    // What is left is not over yet, and what has begun to be over is.
    let seconds = match left_ms {
        0.. => (left_ms + 999) / 1_000,
        _ => -left_ms / 1_000,
    };
    let over = if left_ms < 0 { " over" } else { "" };
    format!("{}:{:02}{over}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    #[test]
    fn it_stands_goes_and_is_extended() {
        let mut clock = Clock::default();
        assert_eq!(clock.left_ms(2, 5 * MINUTE), 120_000);
        clock.start(MINUTE);
        // Twice is once.
        clock.start(2 * MINUTE);
        assert_eq!(clock.left_ms(2, 2 * MINUTE), 60_000);
        clock.stop(2 * MINUTE);
        assert_eq!(clock.left_ms(2, 9 * MINUTE), 60_000);
        clock.more += 1;
        assert_eq!(clock.left_ms(2, 9 * MINUTE), 120_000);
        clock.start(10 * MINUTE);
        assert_eq!(clock.left_ms(2, 13 * MINUTE), -60_000);
        let next = clock.anew(13 * MINUTE);
        assert_eq!(next.left_ms(3, 14 * MINUTE), 120_000);
        clock.stop(13 * MINUTE);
        assert_eq!(clock.anew(14 * MINUTE), Clock::default());
    }

    #[test]
    fn what_is_left_in_words() {
        let words = [125_000, 124_001, 0, -999, -12_000].map(said);
        assert_eq!(words, ["2:05", "2:05", "0:00", "0:00 over", "0:12 over"]);
    }
}
