//! A waiting line: who is next when there is room.
//!
//! Requests may stand in several rows, one for each class of importance and each group that has a
//! bulkhead of its own. Every entry has a number, so that over rows, too, the oldest or the newest can
//! be found. Requests that left early (cancelled) stay as tombstones until their turn comes or until
//! they outnumber the living, so that leaving costs O(1).

use std::collections::VecDeque;

use super::attempt::{Attempt, AttemptId, CalleeSide};
use super::slab::Slab;
use crate::design::Settings;
use crate::design::order::arrange;

/// Classes of importance; 0 goes first.
pub const CLASSES: usize = 4;

/// Who is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// The oldest.
    Fifo,
    /// The newest.
    Lifo,
    /// The oldest; the newest while more than this many wait (B. Maurer, *Fail at Scale*, 2015).
    AdaptiveLifo { above: u32 },
    /// The oldest of the most important class.
    Priority,
    /// The same, and an arrival takes the slot of somebody less important who is working; that one goes
    /// on later where it stopped.
    Preemptive,
}

impl Discipline {
    pub fn compile(knobs: &Settings<'_>) -> Discipline {
        match knobs.choice("discipline") {
            "lifo" => Discipline::Lifo,
            "adaptive_lifo" => Discipline::AdaptiveLifo {
                above: knobs.count("lifo_above") as u32,
            },
            "priority" => Discipline::Priority,
            "preemptive" => Discipline::Preemptive,
            _ => Discipline::Fifo,
        }
    }

    pub fn has_classes(self) -> bool {
        matches!(self, Discipline::Priority | Discipline::Preemptive)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub id: AttemptId,
    /// Ascending in order of arrival; who was interrupted gets a number before all others.
    number: i64,
    /// It joined a line that had not been empty for a while (see `policy::codel`).
    pub is_brief: bool,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub class: u8,
    pub group: u8,
}

#[derive(Clone, Debug)]
pub struct Line {
    /// Class by class; within a class, group by group.
    rows: Vec<VecDeque<Entry>>,
    groups: usize,
    living: u32,
    tombstones: u32,
    first: i64,
    last: i64,
}

impl Line {
    pub fn new(groups: usize) -> Line {
        Line {
            rows: vec![VecDeque::new(); CLASSES * groups],
            groups,
            living: 0,
            tombstones: 0,
            first: 0,
            last: 0,
        }
    }

    /// Requests that wait.
    #[inline]
    pub fn waiting(&self) -> u32 {
        self.living
    }

    #[inline]
    fn row(&mut self, row: Row) -> &mut VecDeque<Entry> {
        &mut self.rows[row.class as usize * self.groups + row.group as usize]
    }

    /// Joins at the end.
    #[inline]
    pub fn push(&mut self, row: Row, id: AttemptId, is_brief: bool) {
        self.last += 1;
        let number = self.last;
        let entry = Entry {
            id,
            number,
            is_brief,
        };
        self.row(row).push_back(entry);
        self.living += 1;
    }

    /// Joins before everybody else of its row.
    pub fn push_first(&mut self, row: Row, id: AttemptId) {
        self.first -= 1;
        let number = self.first;
        let entry = Entry {
            id,
            number,
            is_brief: false,
        };
        self.row(row).push_front(entry);
        self.living += 1;
    }

    /// Takes who is next among the groups that have room.
    #[inline]
    pub fn pop(
        &mut self,
        discipline: Discipline,
        attempts: &Slab<Attempt>,
        has_room: impl Fn(usize) -> bool,
    ) -> Option<Entry> {
        if self.living == 0 {
            return None;
        }
        let newest = self.takes_newest(discipline);
        for class in 0..CLASSES {
            let best = self.next_row(class, newest, attempts, &has_room);
            let Some(row) = best else { continue };
            let row = &mut self.rows[row];
            let entry = if newest {
                row.pop_back()
            } else {
                row.pop_front()
            };
            self.living -= 1;
            return entry;
        }
        None
    }

    /// The same where there is one row, and room for everybody.
    #[inline(always)]
    pub fn pop_only(
        &mut self,
        discipline: Discipline,
        attempts: &Slab<Attempt>,
    ) -> Option<AttemptId> {
        if self.living == 0 {
            return None;
        }
        let newest = self.takes_newest(discipline);
        let row = &mut self.rows[0];
        loop {
            let end = if newest {
                row.pop_back()
            } else {
                row.pop_front()
            };
            let id = end?.id;
            if is_queued(attempts, id) {
                self.living -= 1;
                return Some(id);
            }
            self.tombstones -= 1;
        }
    }

    #[inline]
    fn takes_newest(&self, discipline: Discipline) -> bool {
        match discipline {
            Discipline::Lifo => true,
            Discipline::AdaptiveLifo { above } => self.living > above,
            _ => false,
        }
    }

    /// The most important class among those who wait and have room.
    pub fn best_class(
        &mut self,
        attempts: &Slab<Attempt>,
        has_room: impl Fn(usize) -> bool,
    ) -> Option<u8> {
        let mut classes = 0..CLASSES;
        let best =
            classes.find(|&class| self.next_row(class, false, attempts, &has_room).is_some());
        best.map(|class| class as u8)
    }

    /// The row of a class whose turn it is; its end is no tombstone.
    #[inline]
    fn next_row(
        &mut self,
        class: usize,
        newest: bool,
        attempts: &Slab<Attempt>,
        has_room: &impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let mut best: Option<(i64, usize)> = None;
        for group in (0..self.groups).filter(|&group| has_room(group)) {
            let at = class * self.groups + group;
            let row = &mut self.rows[at];
            let end = loop {
                let end = if newest { row.back() } else { row.front() };
                let Some(end) = end else { break None };
                if is_queued(attempts, end.id) {
                    break Some(end.number);
                }
                self.tombstones -= 1;
                if newest {
                    row.pop_back();
                } else {
                    row.pop_front();
                }
            };
            let Some(number) = end else { continue };
            if best.is_none_or(|(other, _)| (number > other) == newest) {
                best = Some((number, at));
            }
        }
        best.map(|(_, at)| at)
    }

    /// A waiting request left the line. Its record must not say `Queued` any more.
    pub fn forget(&mut self, attempts: &Slab<Attempt>) {
        self.living -= 1;
        self.tombstones += 1;
        if self.tombstones > 64 && self.tombstones > self.living {
            for row in &mut self.rows {
                row.retain(|entry| is_queued(attempts, entry.id));
            }
            self.tombstones = 0;
        }
    }

    /// Lets everybody stand where new rules put them, in the order in which they came.
    pub fn arrange(
        &mut self,
        groups: usize,
        attempts: &Slab<Attempt>,
        row_of: impl Fn(AttemptId) -> Row,
    ) {
        let mut all: Vec<Entry> = self.rows.drain(..).flatten().collect();
        all.retain(|entry| is_queued(attempts, entry.id));
        arrange(&mut all, |a, b| a.number.cmp(&b.number));
        let Line {
            first,
            last,
            living,
            ..
        } = *self;
        *self = Line {
            first,
            last,
            living,
            ..Line::new(groups)
        };
        for entry in all {
            self.row(row_of(entry.id)).push_back(entry);
        }
    }
}

#[inline]
fn is_queued(attempts: &Slab<Attempt>, id: AttemptId) -> bool {
    attempts
        .get(id)
        .is_some_and(|a| a.callee == CalleeSide::Queued)
}
