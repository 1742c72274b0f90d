//! Shards: each has a part of the keys, with cores and connections of its own. Another number of them moves
//! keys.
//!
//! A caller asks the shard that has the key of its action's item; all rows of an item are together. While the
//! number of shards changes, keys move in batches at a rate. Reads of a batch that is moving go on at the
//! old shard; what wants to change it waits until it is over and goes on at the new one, or is refused. What
//! comes to a shard that has the key no longer is refused (*not primary*), and so are transactions that the
//! move has caught. Versions know no shard: a key keeps its own wherever it is.

use super::config::Config;
use super::{BATCH_MOVED, Database, MOVED_ROWS, Place};
use crate::design::CallMode;
use crate::design::value::MICRO;
use crate::engine::attempt::{Attempt, AttemptId, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::fault::Reshard;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::engine::shards::{Map, Move, Moving, Shards};
use crate::time::{Duration, NS_PER_S};

/// A change of the number of shards.
#[derive(Clone, Default)]
pub(super) struct Resharding {
    change: Option<Reshard>,
    /// Rows that move in all.
    rows: u64,
    /// Writes that wait for the end of the batch.
    waiting: Vec<AttemptId>,
}

impl Resharding {
    /// Queries are gone with their shard.
    pub fn forgets<R: Record>(&mut self, cx: &Cx<'_, R>) {
        let attempts = &cx.core.attempts;
        let waits = |a: &Attempt| a.callee == CalleeSide::Queued;
        self.waiting.retain(|&id| attempts.get(id).is_some_and(waits));
    }

    /// A query does not wait any more. Says whether it did.
    pub fn forget(&mut self, id: AttemptId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|&waiting| waiting != id);
        self.waiting.len() < before
    }
}

fn shards<'c, R: Record>(cx: &'c mut Cx<'_, R>) -> Option<&'c mut Shards> {
    cx.core.shards[cx.node as usize].as_deref_mut()
}

fn item_of<R: Record>(cx: &Cx<'_, R>, attempt: &Attempt) -> (u16, u64) {
    let intent = &cx.core.intents[attempt.intent];
    (intent.operation, intent.item)
}

impl Database {
    /// Where the rows are that a shard or a copy has: shards have them together, since no two have the same.
    pub(super) fn home(config: &Config, at: usize) -> usize {
        match config.replicas {
            0 => 0,
            _ => at,
        }
    }

    /// Whether a query is at the shard that has its key.
    pub(super) fn has_key<R: Record>(&self, cx: &Cx<'_, R>, attempt: &Attempt) -> bool {
        let Some(shards) = cx.core.shards[cx.node as usize].as_deref() else {
            return true;
        };
        let (operation, item) = item_of(cx, attempt);
        attempt.mode == CallMode::Probe
            || shards.owner(cx.program, operation, item) == attempt.instance
    }

    fn move_of<R: Record>(&self, cx: &Cx<'_, R>, attempt: &Attempt) -> Move {
        let shards = cx.core.shards[cx.node as usize].as_deref();
        let (operation, item) = item_of(cx, attempt);
        shards.map_or(Move::Stays, |shards| shards.move_of(cx.program, operation, item))
    }

    /// Whether a query that comes has to do with a key that is moving, and is dealt with: it waits, or is
    /// refused. It has its connection.
    pub(super) fn meets_move<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: AttemptId) -> bool {
        let Some(change) = self.resharding.change else {
            return false;
        };
        let attempt = cx.core.attempts[id];
        let changes = matches!(attempt.mode, CallMode::Write | CallMode::Begin);
        if !changes || self.move_of(cx, &attempt) != Move::Now {
            return false;
        }
        if change.waits {
            self.resharding.waiting.push(id);
            cx.enter_line(id);
        } else {
            self.disconnects(cx, id);
            cx.refuse(id, Reason::NotPrimary);
        }
        true
    }

    /// Somebody wants another number of shards.
    pub(super) fn reshards<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        change: Reshard,
    ) {
        let all = self.rows_of_all_tables(config, cx);
        let node = cx.node as usize;
        let first = || Box::new(Shards::new(config.shard_by, 1));
        let now = &*cx.core.shards[node].get_or_insert_with(first);
        // One after the other, and not before those that were given up are gone.
        let is_draining = cx.core.fleets[node].is_draining();
        if now.moving.is_some() || is_draining || now.map.count == change.shards {
            return;
        }
        let to = Map::new(config.shard_by, change.shards);
        let more = change.shards.saturating_sub(now.map.count);
        self.resharding.rows = now.moves(&to, all);
        let batches = self.resharding.rows.div_ceil(change.batch).max(1);
        for _ in 0..more {
            let version = cx.core.versions[node].current;
            cx.start_instance(version);
        }
        let places = cx.core.fleets[node].places();
        self.places.resize_with(places, Place::default);
        self.serving = self.serving.max(u32::from(change.shards));
        if let Some(shards) = shards(cx) {
            shards.moving = Some(Moving { to, moved: 0, batches });
        }
        self.resharding.change = Some(change);
        self.next_batch(cx);
    }

    fn next_batch<R: Record>(&mut self, cx: &mut Cx<'_, R>) {
        let Some(change) = self.resharding.change else {
            return;
        };
        let rate = u128::from(change.rate.0.max(1));
        let ns = u128::from(change.batch) * u128::from(NS_PER_S) * u128::from(MICRO) / rate;
        let ns = u64::try_from(ns).unwrap_or(u64::MAX);
        let ns = cx.core.modifiers[cx.node as usize].slowed(ns);
        cx.local_at(cx.now() + Duration(ns), BATCH_MOVED, 0);
    }

    /// A batch has moved.
    pub(super) fn batch_moved<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let Some(change) = self.resharding.change else {
            return;
        };
        self.fail_moved_transactions(config, cx);
        let Some(shards) = shards(cx) else { return };
        let Some(moving) = &mut shards.moving else {
            return;
        };
        moving.moved += 1;
        let (moved, batches) = (moving.moved, moving.batches);
        let is_over = moved == batches;
        if is_over {
            shards.map = moving.to.clone();
            shards.moving = None;
            self.resharding.change = None;
        }
        let before = change.batch.saturating_mul(moved - 1);
        cx.tally_by(MOVED_ROWS, self.resharding.rows.saturating_sub(before).min(change.batch));
        for id in std::mem::take(&mut self.resharding.waiting) {
            self.goes_to_its_shard(config, cx, id);
        }
        match is_over {
            true => self.drains_shards(cx, change.shards),
            false => self.next_batch(cx),
        }
    }

    /// Transactions on keys that have just moved cannot go on where they were.
    fn fail_moved_transactions<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let Some(shards) = cx.core.shards[cx.node as usize].as_deref() else {
            return;
        };
        let moves = |(operation, item): (u16, u64)| {
            shards.move_of(cx.program, operation, item) == Move::Now
        };
        for number in self.transactions.on_items(moves) {
            self.fail_transaction(config, cx, number, Reason::NotPrimary);
        }
    }

    /// A write that has waited for the move of its key goes on at the new shard.
    fn goes_to_its_shard<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) {
        let attempt = cx.core.attempts[id];
        let (operation, item) = item_of(cx, &attempt);
        let Some(shards) = cx.core.shards[cx.node as usize].as_deref() else {
            return;
        };
        let to = shards.owner(cx.program, operation, item);
        self.disconnects(cx, id);
        let most = config.connections.unwrap_or(u32::MAX);
        if !self.is_up(cx, to as usize) || self.places[to as usize].present >= most {
            return self.ends_wait(cx, id, Reason::ConnectionRefused);
        }
        cx.core.attempts[id].instance = to;
        self.places[to as usize].present += 1;
        if self.gets_table(config, cx, id) && self.gets_lock(config, cx, id) {
            self.takes_core_after_wait(config, cx, id);
        }
    }

    /// Shards that have no keys any more finish what they have, and go.
    fn drains_shards<R: Record>(&mut self, cx: &mut Cx<'_, R>, left: u16) {
        self.serving = u32::from(left);
        let alive = cx.core.fleets[cx.node as usize].alive();
        let surplus: Vec<u16> = alive.map(|(i, _)| i).filter(|&i| i >= left).collect();
        for shard in surplus {
            cx.drain(shard);
        }
    }

    /// What is on the disks of all shards: the rows of the tables, or, if nobody has said how many they
    /// have, the items that there are.
    pub(super) fn rows_of_all_tables<R: Record>(&self, config: &Config, cx: &Cx<'_, R>) -> u64 {
        let mut seen: Vec<u64> = Vec::new();
        let mut rows = 0u64;
        for operation in &cx.program.operations {
            if !seen.contains(&operation.key_space) {
                seen.push(operation.key_space);
                let items = match config.rows {
                    0 => operation.items.count(),
                    n => n,
                };
                let inserted = self.tables.inserted_into(operation.key_space);
                rows = rows.saturating_add(items).saturating_add(inserted);
            }
        }
        rows
    }
}
