//! Backups: snapshots of all rows at set times, and going back to one.
//!
//! A snapshot is of the rows as they were when it began, and is there when it is complete. To go back takes
//! the database down for as long as its rows take to be read back; what was committed after the snapshot is
//! undone, for the rows as for the users who were told. An archived log saves what it holds: all but what
//! was committed shortly before.
//!
//! What was committed since the last snapshot may still be undone, so the verdict about it is open until
//! there is a younger one.

use std::collections::VecDeque;

use super::config::Config;
use super::{BACKUP_BEGINS, BACKUP_DONE, BACKUPS, Database, RESTORED, RESTORES};
use crate::design::value::{MICRO, Rate};
use crate::engine::copies::{LogEntry, TERM};
use crate::engine::core::Cx;
use crate::engine::node::NodeKind as _;
use crate::engine::record::Record;
use crate::time::{Duration, NS_PER_S};

#[derive(Clone, Default)]
pub(super) struct Backups {
    /// What was committed since the last snapshot that is complete, oldest first.
    since: VecDeque<LogEntry>,
    /// How many of these are in the snapshot that is being taken.
    taking: Option<usize>,
    /// Snapshots that are complete, or came to nothing.
    taken: u64,
    /// How often something was undone: part of every version, so that none is mistaken for one that is gone.
    restores: u64,
    is_down: bool,
}

impl Backups {
    /// Cores that a snapshot takes.
    pub fn cores(&self) -> u32 {
        u32::from(self.taking.is_some())
    }

    /// A crash ends a snapshot that is being taken.
    pub fn crashed(&mut self) {
        if self.taking.take().is_some() {
            self.taken += 1;
        }
    }

    /// Something is undone: later versions are above it.
    pub fn begins_anew(&mut self) {
        self.restores += 1;
    }

    /// The version after one, above all that were undone.
    pub fn next_version(&self, before: u64) -> u64 {
        before.max(self.restores << TERM) + 1
    }
}

impl Database {
    /// The first snapshot is of the beginning; when the next one is due.
    pub(super) fn plans_backup<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let next = config.backup_every.map(|every| cx.now() + every);
        if let Some(at) = next.filter(|at| *at < cx.program.horizon) {
            cx.local_at(at, BACKUP_BEGINS, 0);
        }
    }

    pub(super) fn backup_begins<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.plans_backup(config, cx);
        // One that takes longer than until the next one is due goes on; one that is down takes none.
        if self.backups.taking.is_none() && self.is_up(cx, 0) {
            self.backups.taking = Some(self.backups.since.len());
            let ns = cx.core.modifiers[cx.node as usize].slowed(config.backup_time.0);
            cx.local_at(cx.now() + Duration(ns), BACKUP_DONE, self.backups.taken);
        }
    }

    /// A snapshot is complete, unless something has come between.
    pub(super) fn backup_done<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u64,
    ) {
        if number != self.backups.taken {
            return;
        }
        let Some(kept) = self.backups.taking.take() else {
            return;
        };
        self.backups.taken += 1;
        cx.tally(BACKUPS);
        for entry in self.backups.since.drain(..kept).collect::<Vec<_>>() {
            cx.core.resting -= 1;
            cx.release(entry.intent);
        }
        for at in 0..self.places.len() {
            self.fill(config, cx, at);
        }
    }

    /// Something is committed that no snapshot has yet.
    pub(super) fn keeps<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        entry: LogEntry,
    ) {
        if config.backup_every.is_some() {
            cx.hold(entry.intent);
            cx.core.resting += 1;
            self.backups.since.push_back(entry);
        }
    }

    /// Somebody goes back to the last snapshot, reading so many rows per second.
    pub(super) fn restores<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        rate: Rate,
    ) {
        let (now, node) = (cx.now(), cx.node);
        if self.backups.is_down || config.backup_every.is_none() {
            return;
        }
        cx.tally(RESTORES);
        cx.record.leader_lost(cx.program, now, node);
        self.backups.is_down = true;
        cx.core.modifiers[node as usize].down += 1;
        self.on_crash(config, cx, None);
        self.backups.begins_anew();
        // What the archive has is read back, too.
        let archived = |entry: &LogEntry| {
            config.log_archive.is_some_and(|lag| entry.at + lag <= now)
        };
        let saved = self.backups.since.partition_point(archived);
        for entry in self.backups.since.split_off(saved).into_iter().rev() {
            let home = Self::home(config, 0);
            self.sets_row(home, &entry, true);
            self.undo(cx, &entry);
            cx.core.resting -= 1;
            cx.release(entry.intent);
        }
        let rows = self.rows_of_all_tables(config, cx).saturating_add(saved as u64);
        let ns = u128::from(rows) * u128::from(NS_PER_S) * u128::from(MICRO)
            / u128::from(rate.0.max(1));
        let ns = u64::try_from(ns).unwrap_or(u64::MAX);
        cx.local_at(now + Duration(ns), RESTORED, 0);
    }

    /// All rows are there.
    pub(super) fn restored<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let (now, node) = (cx.now(), cx.node as usize);
        self.backups.is_down = false;
        let above = self.backups.restores << TERM;
        cx.record.has_leader(cx.program, now, cx.node, Some(above));
        cx.core.modifiers[node].down -= 1;
        if cx.core.modifiers[node].down == 0 {
            self.on_restart(config, cx, None);
        }
    }
}
