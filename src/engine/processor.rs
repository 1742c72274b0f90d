//! Cores that the pieces of work in progress share evenly (egalitarian processor sharing): with `n`
//! pieces on `c` cores each gets `min(1, c/n)` of a core.
//!
//! All pieces get the same at any time, so one number says how much each of them has been given since
//! the beginning: the virtual time. A piece is done when the virtual time has grown by its work. It is
//! counted in 2^-32 ns, and what a division leaves over is carried on (docs/semantics.md 4), so no work
//! gets lost, however often the number of pieces changes, but the part of a nanosecond at which a piece
//! ends.

use std::collections::BTreeMap;

use crate::time::Time;

/// Fractional bits of the virtual time.
const FRACTION: u32 = 32;

/// Work that is left of a piece, in units of the virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest(u128);

impl Rest {
    pub fn of(ns: u64) -> Rest {
        Rest(u128::from(ns) << FRACTION)
    }
}

#[derive(Clone, Debug)]
pub struct Processor<T> {
    /// By the virtual time at which they will be done, then in order of their beginning.
    pieces: BTreeMap<(u128, u64), T>,
    cores: Option<u32>,
    served: u128,
    /// What the last division left over, in parts of the number of pieces.
    left_over: u128,
    /// The moment up to which `served` counts.
    since: Time,
    begun: u64,
    stands_still: bool,
    /// The event that is due; those of other numbers are old.
    generation: u32,
    due: Option<Time>,
}

impl<T> Default for Processor<T> {
    fn default() -> Self {
        Processor {
            pieces: BTreeMap::new(),
            cores: None,
            served: 0,
            left_over: 0,
            since: Time::ZERO,
            begun: 0,
            stands_still: false,
            generation: 0,
            due: None,
        }
    }
}

impl<T: Copy + PartialEq> Processor<T> {
    /// So many cores from now on; `None`: one for each piece.
    pub fn set_cores(&mut self, now: Time, cores: Option<u32>) {
        self.settle(now);
        self.cores = cores;
    }

    /// Cores at work on this many pieces.
    fn at_work(&self, pieces: u128) -> u128 {
        self.cores.map_or(pieces, |c| u128::from(c).min(pieces))
    }

    /// Counts what was served up to now.
    fn settle(&mut self, now: Time) {
        let passed = u128::from(now.0 - self.since.0) << FRACTION;
        self.since = now;
        let pieces = self.pieces.len() as u128;
        if self.stands_still || pieces == 0 || passed == 0 {
            return;
        }
        let cores = self.at_work(pieces);
        if cores == pieces {
            self.served += passed;
            return;
        }
        let given = passed * cores + self.left_over;
        self.served += given / pieces;
        self.left_over = given % pieces;
    }

    /// What was left over is of another number of pieces from now on.
    fn recount(&mut self, before: usize) {
        self.left_over = match before {
            0 => 0,
            before => self.left_over * self.pieces.len() as u128 / before as u128,
        };
    }

    /// A piece of work begins or goes on.
    pub fn add(&mut self, now: Time, id: T, rest: Rest) {
        self.settle(now);
        let before = self.pieces.len();
        self.begun += 1;
        self.pieces
            .insert((self.served.saturating_add(rest.0), self.begun), id);
        self.recount(before);
    }

    /// A piece of work stops before it is done; what is left of it. `None` if it is not here.
    pub fn remove(&mut self, now: Time, id: T) -> Option<Rest> {
        let found = self.pieces.iter().find(|&(_, &piece)| piece == id);
        let key = *found?.0;
        self.settle(now);
        let before = self.pieces.len();
        self.pieces.remove(&key);
        self.recount(before);
        Some(Rest(key.0.saturating_sub(self.served)))
    }

    /// The next piece that is done by now.
    pub fn pop_done(&mut self, now: Time) -> Option<T> {
        self.settle(now);
        let first = self.pieces.first_entry()?;
        if first.key().0 > self.served {
            return None;
        }
        let before = self.pieces.len();
        let id = self.pieces.pop_first()?.1;
        self.recount(before);
        Some(id)
    }

    /// Nothing goes on, or everything does again.
    pub fn stand_still(&mut self, now: Time, still: bool) {
        self.settle(now);
        self.stands_still = still;
    }

    /// Whether nothing is in progress.
    pub fn is_idle(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The pieces in progress, the latest to begin last among equals.
    pub fn pieces(&self) -> impl Iterator<Item = (u64, T)> {
        self.pieces.iter().map(|(&(_, begun), &id)| (begun, id))
    }

    /// The time and the number of an event to schedule, if the one that is due would come too late. An
    /// early one does no harm: it is asked again.
    pub fn retime(&mut self, now: Time) -> Option<(Time, u32)> {
        self.settle(now);
        let (&(done, _), _) = self.pieces.first_key_value()?;
        if self.stands_still {
            return None;
        }
        let pieces = self.pieces.len() as u128;
        let cores = self.at_work(pieces);
        let missing = done.saturating_sub(self.served);
        let needed = match cores == pieces {
            true => missing.div_ceil(1 << FRACTION),
            false => {
                let missing = missing
                    .saturating_mul(pieces)
                    .saturating_sub(self.left_over);
                missing.div_ceil(cores << FRACTION)
            }
        };
        let at = Time(
            now.0
                .saturating_add(u64::try_from(needed).unwrap_or(u64::MAX)),
        );
        if self.due.is_some_and(|due| due <= at) {
            return None;
        }
        self.generation = self.generation.wrapping_add(1);
        self.due = Some(at);
        Some((at, self.generation))
    }

    /// An event of this number has come; whether it is the one that was due.
    pub fn is_due(&mut self, generation: u32) -> bool {
        let is_it = self.due.is_some() && generation == self.generation;
        if is_it {
            self.due = None;
        }
        is_it
    }

    /// Everything in progress is lost. Events that were scheduled are old from now on.
    pub fn clear(&mut self, now: Time) {
        *self = Processor {
            since: now,
            cores: self.cores,
            generation: self.generation,
            ..Processor::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs until nothing is left; when each piece was done.
    fn finish(p: &mut Processor<u8>, mut now: Time) -> Vec<(u64, u8)> {
        let mut done = Vec::new();
        p.due = None;
        while let Some((at, generation)) = p.retime(now) {
            now = at;
            assert!(p.is_due(generation));
            while let Some(id) = p.pop_done(now) {
                done.push((now.0, id));
            }
        }
        done
    }

    #[test]
    fn two_pieces_share_one_core() {
        let mut p = Processor::default();
        p.set_cores(Time(0), Some(1));
        p.add(Time(0), 0, Rest::of(100));
        p.add(Time(50), 1, Rest::of(100));
        // 50 are done at 50; then both get half: the first needs 100 more, the second is alone with 50.
        assert_eq!(finish(&mut p, Time(50)), [(150, 0), (200, 1)]);
    }

    #[test]
    fn no_work_gets_lost_however_often_the_number_changes() {
        let mut p = Processor::default();
        p.set_cores(Time(0), Some(1));
        for id in 0..7 {
            p.add(Time(u64::from(id)), id, Rest::of(1_000_003));
        }
        let mut now = Time(6);
        let mut passed = 0;
        for i in 0..1_000u64 {
            now = Time(now.0 + 1 + i % 3);
            let rest = p.remove(now, (i % 7) as u8).unwrap();
            p.add(now, (i % 7) as u8, rest);
            passed = now.0;
        }
        let last = finish(&mut p, Time(passed)).last().unwrap().0;
        // Each piece ends at a whole nanosecond.
        let work = 7 * 1_000_003;
        assert!(
            (work..work + 7).contains(&last),
            "one core was busy for {last}"
        );
    }

    #[test]
    fn standing_still_delays_by_exactly_its_length() {
        let mut p = Processor::default();
        p.set_cores(Time(0), Some(2));
        for id in 0..3 {
            p.add(Time(0), id, Rest::of(600));
        }
        p.stand_still(Time(100), true);
        assert_eq!(p.retime(Time(100)), None);
        p.stand_still(Time(177), false);
        let done = finish(&mut p, Time(177));
        assert!(done.iter().all(|&(at, _)| at == 900 + 77), "{done:?}");
    }

    #[test]
    fn an_event_of_an_old_number_is_not_due() {
        let mut p = Processor::default();
        p.set_cores(Time(0), None);
        p.add(Time(0), 0, Rest::of(100));
        let (_, old) = p.retime(Time(0)).unwrap();
        p.add(Time(0), 1, Rest::of(10));
        let (at, new) = p.retime(Time(0)).unwrap();
        assert_eq!(at, Time(10));
        assert!(!p.is_due(old) && p.is_due(new));
    }
}
