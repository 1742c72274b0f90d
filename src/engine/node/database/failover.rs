//! Who leads: a lost leader is noticed, another copy is made the leader, the old one comes back.
//!
//! Between two leaders writes are refused. The new one is the copy that has received most; it first applies
//! what it has received. What it never received is undone: for the copies that had it as for the
//! users who were told. A leader that is cut off from the others steps down before another one can be
//! made the leader if it is fenced (a lease); otherwise both take writes until they meet again, and those of
//! the old one are undone.

use super::config::Config;
use super::replication::{Word, copies};
use super::{DETECTED, Database, FAILOVERS, PROMOTED, STEPS_DOWN};
use crate::engine::core::Cx;
use crate::engine::draw::Address;
use crate::engine::record::Record;
use crate::time::Time;

impl Database {
    /// A copy is down, or cut off: nothing that is on its way to it arrives.
    pub(super) fn is_lost<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize) {
        let now = cx.now();
        self.void(config, cx, at);
        let Some(copies) = copies(cx) else { return };
        let is_leader = copies.primary as usize == at;
        if is_leader {
            cx.record.leader_lost(cx.program, now, cx.node);
            self.silent_since = self.silent_since.or(Some(now));
            // The streams to the others end with it: what has not arrived never will.
            for other in (0..config.copies()).filter(|&other| other != at) {
                self.void(config, cx, other);
            }
        }
        if let Some(detect) = config.detect.filter(|_| is_leader) {
            cx.local_at(now + detect, DETECTED, 0);
        }
    }

    /// Nothing of what is on its way to a copy arrives. What it has received it goes on applying, if it is
    /// up.
    fn void<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize) {
        let is_up = self.is_up(cx, at);
        let Some(copies) = copies(cx) else { return };
        let copy = &mut copies.of[at];
        copy.epoch = copy.epoch.wrapping_add(1);
        copy.under_way.clear();
        let word = Word { copy: at, epoch: copy.epoch, position: 0 };
        if is_up && copy.received > copy.applied {
            self.apply_next(config, cx, word);
        }
    }

    /// A copy is back, or among the others again.
    pub(super) fn is_back<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize) {
        if !self.is_reachable(cx, at) {
            return;
        }
        let Some(copies) = copies(cx) else { return };
        if copies.primary as usize == at {
            self.silent_since = None;
            // It still leads, and everybody gets what it has; unless another one is on its way up: who has
            // chosen that one listens to nobody else (`catch_up`).
            copies.of[at].leads = !(config.fencing && copies.rising.is_some());
            if copies.of[at].leads {
                let now = cx.now();
                cx.record.has_leader(cx.program, now, cx.node, None);
            }
            for to in 0..config.copies() {
                if to != at {
                    self.catch_up(config, cx, to);
                }
            }
            return;
        }
        self.follows(cx, at);
        self.catch_up(config, cx, at);
    }

    /// A copy that is not the leader takes back what is not in the log.
    fn follows<R: Record>(&mut self, cx: &mut Cx<'_, R>, at: usize) {
        let Some(copies) = copies(cx) else { return };
        let copy = &mut copies.of[at];
        copy.leads = false;
        for entry in std::mem::take(&mut copy.astray).into_iter().rev() {
            self.sets_row(at, &entry, true);
        }
        self.give_up_waiting(cx, at);
    }

    /// The others have chosen a new leader that does not lead yet. They take nothing from the old one any
    /// more: a write that it could answer with their word would be lost with it.
    pub(super) fn have_chosen<R: Record>(&self, cx: &mut Cx<'_, R>) -> bool {
        copies(cx).is_some_and(|copies| copies.rising.is_some()) && !self.by_hand
    }

    /// Everything that a copy lacks is shipped to it.
    fn catch_up<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize) {
        let Some(copies) = copies(cx) else { return };
        let (leader, end) = (copies.primary as usize, copies.end());
        let received = copies.of[at].received;
        self.void(config, cx, at);
        if !self.is_reachable(cx, at) || !self.is_reachable(cx, leader) || self.have_chosen(cx) {
            return;
        }
        let epoch = self::copies(cx).map_or(0, |copies| copies.of[at].epoch);
        if received < end {
            let address = Address(end).attempt(u32::from(epoch) << 16);
            self.send(config, cx, at, end, address);
        } else if config.needed() > 0 {
            let word = Word { copy: at, epoch, position: received };
            self.acknowledged(config, cx, word.bits());
        }
    }

    /// Whether the leader has been silent long enough. Who was back meanwhile begins anew: the loss that is
    /// looked at may be an earlier one.
    fn is_silent_for(&self, config: &Config, now: Time) -> bool {
        let long_enough = |since: Time| config.detect.is_none_or(|detect| since + detect <= now);
        self.silent_since.is_some_and(long_enough)
    }

    /// The loss of the leader would be noticed now.
    pub(super) fn detected<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let Some(copies) = copies(cx) else { return };
        let (leader, is_rising) = (copies.primary as usize, copies.rising.is_some());
        let now = cx.now();
        if is_rising || self.is_reachable(cx, leader) || !self.is_silent_for(config, now) {
            return;
        }
        let able: Vec<usize> = (0..config.copies())
            .filter(|&at| self.is_reachable(cx, at))
            .collect();
        let enough = match config.needs_majority {
            true => config.majority(),
            false => 1,
        };
        let copies = self::copies(cx).expect("it has some");
        let most = able.iter().copied().max_by_key(|&at| (copies.of[at].received, std::cmp::Reverse(at)));
        match most.filter(|_| able.len() >= enough) {
            Some(next) => {
                copies.rising = Some(next as u16);
                cx.local_at(now + config.promotion, PROMOTED, next as u64);
            }
            // Somebody has to come back first.
            None => {
                if let Some(detect) = config.detect.filter(|d| d.0 > 0) {
                    cx.local_at(now + detect, DETECTED, 0);
                }
            }
        }
    }

    /// Somebody makes another copy the leader while there is one: it takes no more writes, and hands over
    /// when the other has everything.
    pub(super) fn hands_over<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        if config.leaderless {
            return;
        }
        let now = cx.now();
        let able: Vec<usize> = (0..config.copies())
            .filter(|&at| self.is_reachable(cx, at))
            .collect();
        let Some(copies) = copies(cx) else { return };
        let leader = copies.primary as usize;
        if copies.rising.is_some() || !able.contains(&leader) {
            return;
        }
        let others = able.into_iter().filter(|&at| at != leader);
        let most = others.max_by_key(|&at| (copies.of[at].received, std::cmp::Reverse(at)));
        if let Some(next) = most {
            copies.of[leader].leads = false;
            copies.rising = Some(next as u16);
            self.by_hand = true;
            cx.record.leader_lost(cx.program, now, cx.node);
            cx.local_at(now + config.promotion, PROMOTED, next as u64);
        }
    }

    /// A leader that is cut off does not believe in itself any more.
    pub(super) fn steps_down<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: u64) {
        let at = at as usize;
        let now = cx.now();
        if self.is_reachable(cx, at) {
            return;
        }
        if let Some(copies) = copies(cx) {
            // It leads still, and was among the others meanwhile.
            if copies.primary as usize == at && !self.is_silent_for(config, now) {
                return;
            }
            copies.of[at].leads = false;
        }
    }

    /// The time that a promotion takes is over.
    pub(super) fn promoted<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: u64) {
        let at = at as usize;
        let Some(copies) = copies(cx) else { return };
        if copies.rising != Some(at as u16) {
            return;
        }
        if !self.is_reachable(cx, at) {
            let copies = self::copies(cx).expect("it has some");
            copies.rising = None;
            let leader = copies.primary as usize;
            self.by_hand = false;
            if self.is_reachable(cx, leader) {
                self.is_back(config, cx, leader);
            }
            return self.detected(config, cx);
        }
        self.ready = true;
        self.rises_if_ready(config, cx, at);
    }

    /// Who is being made the leader leads as soon as it has applied all it has.
    pub(super) fn rises_if_ready<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize) {
        let Some(copies) = copies(cx) else { return };
        let (applied, received, end) = (copies.of[at].applied, copies.of[at].received, copies.end());
        let (is_it, leader) = (copies.rising == Some(at as u16), copies.primary as usize);
        // By hand it is done in order: nothing is left behind.
        let all = match self.by_hand && self.is_reachable(cx, leader) {
            true => end,
            false => received,
        };
        if is_it && self.ready && applied == all {
            (self.ready, self.by_hand) = (false, false);
            self.leads_now(config, cx, at);
        }
    }

    fn leads_now<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize) {
        cx.tally(FAILOVERS);
        let now = cx.now();
        let Some(copies) = copies(cx) else { return };
        let position = copies.of[at].received;
        let old = copies.primary as usize;
        let behind = copies.cut(position);
        self.silent_since = None;
        copies.term += 1;
        (copies.before, copies.moved) = (copies.primary, now);
        copies.primary = at as u16;
        copies.rising = None;
        copies.of[at].leads = true;
        for copy in &mut copies.of {
            copy.acknowledged = copy.acknowledged.min(position);
            // What it has of the part that is gone.
            let had = copy.received.saturating_sub(position) as usize;
            let was_applied = copy.applied.saturating_sub(position) as usize;
            copy.astray.extend(&behind[..had.min(behind.len()).min(was_applied)]);
            copy.received = copy.received.min(position);
            copy.applied = copy.applied.min(position);
        }
        copies.of[at].acknowledged = position;
        let floor = copies.floor();
        cx.record.has_leader(cx.program, now, cx.node, Some(floor));
        self.void(config, cx, at);
        for entry in &behind {
            self.undo(cx, entry);
            cx.release(entry.intent);
        }
        cx.undo_for_feeds(position);
        self.goes_alone = false;
        for to in (0..config.copies()).filter(|&to| to != at) {
            match self.is_reachable(cx, to) {
                true => {
                    self.follows(cx, to);
                    self.catch_up(config, cx, to);
                }
                false => self.void(config, cx, to),
            }
        }
        let fenced = old != at && !self.is_reachable(cx, old) && config.fencing;
        if let Some(copies) = self::copies(cx).filter(|_| fenced) {
            copies.of[old].leads = false;
        }
        self.drop_what_all_have(cx);
    }

    /// A copy is kept from the others, or no longer, while its callers reach it.
    pub(super) fn cut_off<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize, begins: bool) {
        let now = cx.now();
        let Some(copies) = copies(cx) else { return };
        let copy = &mut copies.of[at];
        match begins {
            true => copy.cut_off += 1,
            false => copy.cut_off -= 1,
        }
        if config.leaderless {
            // Whoever can talk again gets what was kept for it.
            return self.hands_off(config, cx);
        }
        if copy.cut_off == 1 && begins {
            let leads = copies.primary as usize == at;
            self.is_lost(config, cx, at);
            // What the others would send it is lost to it; what it would send them, too.
            if let Some(detect) = config.detect.filter(|_| leads && config.fencing) {
                cx.local_at(now + detect, STEPS_DOWN, at as u64);
            }
        } else if copy.cut_off == 0 {
            self.is_back(config, cx, at);
        }
    }
}
