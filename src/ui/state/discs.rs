//! Requests on the links: which discs to draw, where, and how they look.
//!
//! A place on a link comes only from simulated time. Real networks take a few milliseconds, which at
//! any readable speed is less than one picture; a journey is therefore drawn at least
//! [`SHORTEST_WALL_MS`] long, and the legend says by how much travel is stretched.

use std::collections::BTreeMap;

use crate::worker::protocol::{DISC_FIELDS, disc};

/// A journey along a link is drawn at least this long, in milliseconds on the wall.
pub const SHORTEST_WALL_MS: f64 = 420.0;
/// More than this on one link are a blur.
pub const MOST_PER_LINK: usize = 60;
/// Most tries kept; the oldest go first. Far above what waits in a backlog that a run survives.
const MOST_KEPT: usize = 50_000;

/// What a disc looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// On its way to the callee, somebody waits for it.
    Out,
    /// The same, but the caller has given up: hollow and hatched.
    OutForNobody,
    /// A useful reply on its way back.
    Back,
    /// A reply that nobody waits for.
    BackForNobody,
    /// Turned away at the callee's door, or answered with an error.
    BackFailed,
    /// Lost on the way: a cross where it vanished.
    LostHere,
    /// The caller gave up: a cross at the caller.
    GaveUp,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprite {
    pub link: usize,
    /// Along the link, 0 at the caller, 1 at the callee.
    pub at: f64,
    pub look: Look,
    /// 1 for the first try.
    pub attempt: u32,
    pub action: u64,
}

/// One sampled try, with the instants in milliseconds of simulated time.
#[derive(Clone, Copy, Debug)]
struct Known {
    flags: u32,
    sent: f64,
    arrived: f64,
    done: f64,
    over: f64,
    /// Drawn length of one way, fixed when first seen so that a change of speed moves nothing.
    shortest: f64,
    /// One of those shown; also fixed when first seen.
    shown: bool,
}

/// All sampled tries that are, or are still drawn, on a link.
#[derive(Clone, Debug, Default)]
pub struct Discs {
    known: BTreeMap<(u32, u64, u32), Known>,
    /// How many times longer than real the newest journeys are drawn; 1 if not stretched.
    pub stretch: f64,
    /// Of the sampled tries one in this many is shown (a power of two).
    pub one_in: u64,
}

impl Discs {
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// Takes a frame's rows. `rate`: simulated seconds per second on the wall.
    pub fn update(&mut self, rows: &[f64], now_ms: f64, rate: f64) {
        let shortest = SHORTEST_WALL_MS * rate;
        let (rows, _) = rows.as_chunks::<DISC_FIELDS>();
        let mut longest_real = f64::NEG_INFINITY;
        for row in rows {
            let key = (row[0] as u32, row[1] as u64, row[2] as u32);
            let new = Known {
                flags: row[3] as u32,
                sent: row[4],
                arrived: row[5],
                done: row[7],
                over: row[8],
                shortest,
                // All tries of an action are shown, or none.
                shown: scatter(key.1) & (self.one_in.max(1) - 1) == 0,
            };
            if new.arrived.is_finite() {
                longest_real = longest_real.max(new.arrived - new.sent);
            }
            let kept = self.known.get(&key).copied().unwrap_or(new);
            self.known.insert(
                key,
                Known {
                    shortest: kept.shortest,
                    shown: kept.shown,
                    ..new
                },
            );
        }
        self.thin(rate);
        if longest_real.is_finite() {
            // On a link without delay this is infinite: any time drawn is too long.
            self.stretch = (shortest / longest_real).max(1.0);
        }
        self.known.retain(|_, k| !k.is_drawn_out(now_ms));
        while self.known.len() > MOST_KEPT {
            self.known.pop_first();
        }
    }

    /// Shows a share of new tries such that about [`MOST_PER_LINK`] are on a link at a time.
    fn thin(&mut self, rate: f64) {
        let newest = self
            .known
            .values()
            .map(|k| k.sent)
            .fold(f64::NEG_INFINITY, f64::max);
        let way = (SHORTEST_WALL_MS * rate).max(1.0);
        let mut on_link: BTreeMap<u32, usize> = BTreeMap::new();
        for (&(link, ..), known) in &self.known {
            if newest - known.sent < way {
                *on_link.entry(link).or_default() += 1;
            }
        }
        // Replies come back at about the rate at which requests go out.
        let crowd = 2 * on_link.values().max().copied().unwrap_or(0);
        self.one_in = (crowd.div_ceil(MOST_PER_LINK).max(1) as u64).next_power_of_two();
    }

    /// What to draw now, oldest first, at most [`MOST_PER_LINK`] on each link.
    pub fn sprites(&self, now_ms: f64, mut take: impl FnMut(Sprite)) {
        let mut on_link: BTreeMap<u32, usize> = BTreeMap::new();
        for (&(link, action, attempt), known) in &self.known {
            let drawn = on_link.entry(link).or_default();
            if !known.shown || *drawn >= MOST_PER_LINK {
                continue;
            }
            let mut sprite = |(at, look): (f64, Look)| {
                take(Sprite {
                    link: link as usize,
                    at,
                    look,
                    attempt,
                    action,
                });
            };
            if let Some(place) = known.place(now_ms) {
                *drawn += 1;
                sprite(place);
            }
            if known.is_giving_up(now_ms) {
                sprite((0.0, Look::GaveUp));
            }
        }
    }
}

/// Spreads the numbers of actions evenly, whatever their common divisor.
fn scatter(action: u64) -> u64 {
    let x = action.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32
}

impl Known {
    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn out_ms(&self) -> f64 {
        let real = self.arrived - self.sent;
        if real.is_finite() {
            real.max(self.shortest)
        } else {
            self.shortest
        }
    }

    /// When the reply begins to be drawn: never before the request has been drawn to arrive.
    fn back_from(&self) -> f64 {
        self.done.max(self.sent + self.out_ms())
    }

    fn back_ms(&self) -> f64 {
        let real = if self.has(disc::GIVEN_UP) {
            f64::NAN
        } else {
            self.over - self.done
        };
        if real.is_finite() {
            real.max(self.shortest)
        } else {
            self.shortest
        }
    }

    fn is_giving_up(&self, now: f64) -> bool {
        self.has(disc::GIVEN_UP) && now >= self.over && now < self.over + self.shortest
    }

    fn place(&self, now: f64) -> Option<(f64, Look)> {
        let nobody = self.has(disc::GIVEN_UP) && now >= self.over;
        let out = (now - self.sent) / self.out_ms();
        if self.has(disc::LOST) && !self.arrived.is_finite() {
            return match out {
                o if o < 0.5 => Some((o.max(0.0), Look::Out)),
                o if o < 1.5 => Some((0.5, Look::LostHere)),
                _ => None,
            };
        }
        if out < 1.0 {
            // A journey is drawn longer than it is: whether somebody still waited is a matter of
            // when the request really arrived, not of where its disc is.
            let gone = nobody && (self.arrived.is_nan() || self.arrived > self.over);
            return Some((
                out.max(0.0),
                if gone { Look::OutForNobody } else { Look::Out },
            ));
        }
        if !self.done.is_finite() {
            return None;
        }
        let back = (now - self.back_from()) / self.back_ms();
        let look = if nobody {
            Look::BackForNobody
        } else if self.has(disc::REFUSED) || self.has(disc::ERROR) {
            Look::BackFailed
        } else {
            Look::Back
        };
        (0.0..1.0).contains(&back).then_some((1.0 - back, look))
    }

    fn is_drawn_out(&self, now: f64) -> bool {
        let end = if self.done.is_finite() {
            self.back_from() + self.back_ms()
        } else if self.over.is_finite() && self.has(disc::LOST) {
            self.over.max(self.sent + 1.5 * self.out_ms()) + self.shortest
        } else {
            return false;
        };
        now > end && now > self.over + self.shortest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f64 = f64::NAN;

    fn row(action: f64, flags: u32, times: [f64; 5]) -> Vec<f64> {
        let mut row = vec![0.0, action, 1.0, f64::from(flags)];
        row.extend(times);
        row
    }

    fn drawn(discs: &Discs, now: f64) -> Vec<(f64, Look)> {
        let mut all = Vec::new();
        discs.sprites(now, |s| all.push((s.at, s.look)));
        all
    }

    #[test]
    fn a_disc_goes_out_works_unseen_and_comes_back_hollow() {
        let mut discs = Discs::default();
        let rate = 100.0 / SHORTEST_WALL_MS; // a way is drawn 100 ms of simulated time long
        discs.update(
            &row(7.0, disc::SERVED, [0.0, 5.0, 5.0, 300.0, 305.0]),
            50.0,
            rate,
        );
        assert_eq!(drawn(&discs, 50.0), [(0.5, Look::Out)]);
        assert_eq!(drawn(&discs, 200.0), []);
        assert_eq!(drawn(&discs, 350.0), [(0.5, Look::Back)]);
        assert!((discs.stretch - 20.0).abs() < 1e-9);
        discs.update(&[], 500.0, rate);
        assert!(discs.known.is_empty());
    }

    #[test]
    fn a_reply_never_starts_before_the_request_was_drawn_to_arrive() {
        let mut discs = Discs::default();
        let rate = 100.0 / SHORTEST_WALL_MS;
        discs.update(
            &row(7.0, disc::SERVED, [0.0, 5.0, 5.0, 15.0, 20.0]),
            20.0,
            rate,
        );
        assert_eq!(drawn(&discs, 50.0), [(0.5, Look::Out)]);
        assert_eq!(drawn(&discs, 150.0), [(0.5, Look::Back)]);
    }

    #[test]
    fn after_the_timeout_the_work_is_for_nobody_and_a_cross_stands_at_the_caller() {
        let mut discs = Discs::default();
        let rate = 100.0 / SHORTEST_WALL_MS;
        discs.update(
            &row(7.0, disc::GIVEN_UP, [0.0, 5.0, NONE, NONE, 1000.0]),
            1000.0,
            rate,
        );
        assert_eq!(drawn(&discs, 1050.0), [(0.0, Look::GaveUp)]);
        discs.update(
            &row(7.0, disc::GIVEN_UP, [0.0, 5.0, 4000.0, 4010.0, 1000.0]),
            4010.0,
            rate,
        );
        assert_eq!(drawn(&discs, 4060.0), [(0.5, Look::BackForNobody)]);
    }

    #[test]
    fn a_stretched_journey_does_not_outlive_its_caller() {
        let rate = 4_000.0 / SHORTEST_WALL_MS; // a way is drawn 4 s of simulated time long
        let mut discs = Discs::default();
        discs.update(
            &row(7.0, disc::GIVEN_UP, [0.0, 5.0, NONE, NONE, 1000.0]),
            2000.0,
            rate,
        );
        assert_eq!(drawn(&discs, 2000.0)[0], (0.5, Look::Out));
        // Held on the way until after the caller had gone.
        let mut discs = Discs::default();
        discs.update(
            &row(7.0, disc::GIVEN_UP, [0.0, 3000.0, NONE, NONE, 1000.0]),
            2000.0,
            rate,
        );
        assert_eq!(drawn(&discs, 2000.0)[0], (0.5, Look::OutForNobody));
    }

    #[test]
    fn a_lost_request_vanishes_half_way() {
        let mut discs = Discs::default();
        let rate = 100.0 / SHORTEST_WALL_MS;
        discs.update(
            &row(7.0, disc::LOST, [0.0, NONE, NONE, NONE, NONE]),
            60.0,
            rate,
        );
        assert_eq!(drawn(&discs, 60.0), [(0.5, Look::LostHere)]);
        assert_eq!(drawn(&discs, 200.0), []);
    }

    #[test]
    fn a_link_never_blurs() {
        let mut discs = Discs::default();
        let rows: Vec<f64> = (0..200)
            .flat_map(|i| row(f64::from(i), 0, [0.0, NONE, NONE, NONE, NONE]))
            .collect();
        discs.update(&rows, 1.0, 1.0);
        assert_eq!(drawn(&discs, 1.0).len(), MOST_PER_LINK);
    }
}
