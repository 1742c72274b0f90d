//! What each loss of a database's leader cost: how much was lost with it, how long nothing could be written, and
//! until when readers did not see what was there.

use crate::ledger::reads::Reads;
use crate::time::{Duration, Time};

/// From the moment at which a database had no leader that the other copies could hear.
#[derive(Clone, Debug)]
pub struct Loss {
    pub node: u16,
    pub lost: Time,
    /// Since when one leads again, and whether it is another copy.
    pub led: Option<Time>,
    pub moved: bool,
    /// Writes that were committed and are not among those that survive.
    pub undone: u64,
    /// User actions among them that were acknowledged.
    pub lost_actions: u64,
    /// When the first and the last of what those are missing was committed.
    gone: Option<(Time, Time)>,
    /// Since when writes were sent that failed.
    pub refused: Option<Time>,
    /// The first commit afterwards.
    pub written: Option<Time>,
    /// Versions of the new leader are above this one.
    above: u64,
}

impl Loss {
    /// The recovery point: how much of the past is gone. From the first commit that was acknowledged and
    /// lost to the loss of the leader, or to the last such commit if one came after it.
    pub fn point(&self) -> Option<Duration> {
        let (first, last) = self.gone?;
        Some(last.max(self.lost).since(first))
    }

    /// The recovery time: from the first write that failed to the first one that was committed afterwards.
    pub fn time(&self) -> Option<Duration> {
        Some(self.written?.since(self.refused?))
    }
}

/// Something committed that does not survive, of an action whose verdict is not known yet.
#[derive(Clone, Copy, Debug)]
struct Undone {
    action: u64,
    loss: u32,
    first: Time,
    last: Time,
}

#[derive(Clone, Debug, Default)]
pub struct Recovery {
    /// In the order of their times.
    pub losses: Vec<Loss>,
    /// In the order of the actions' numbers.
    undone: Vec<Undone>,
}

impl Recovery {
    fn last(&mut self, node: u16) -> Option<&mut Loss> {
        let mut latest = self.losses.iter_mut().rev();
        latest.find(|loss| loss.node == node)
    }

    /// The leader is lost, or takes no more writes because another copy is to lead.
    pub fn leader_lost(&mut self, now: Time, node: u16) {
        // Lost twice before anybody led again is one loss.
        if self.last(node).is_some_and(|loss| loss.led.is_none()) {
            return;
        }
        self.losses.push(Loss {
            node,
            lost: now,
            led: None,
            moved: false,
            undone: 0,
            lost_actions: 0,
            gone: None,
            refused: None,
            written: None,
            above: 0,
        });
    }

    /// Somebody leads: another copy, whose versions are above `above`, or the same one again.
    pub fn has_leader(&mut self, now: Time, node: u16, above: Option<u64>) {
        let Some(loss) = self.last(node) else { return };
        if loss.led.is_none() || above.is_some() {
            loss.led = Some(now);
            loss.moved = above.is_some();
            loss.above = above.unwrap_or(0);
            loss.written = None;
        }
    }

    /// A write has failed for its caller.
    #[inline]
    pub fn failed(&mut self, node: u16, born: Time) {
        let Some(loss) = self.last(node) else { return };
        let since = born.max(loss.lost);
        if loss.written.is_none_or(|written| since < written) {
            loss.refused = Some(loss.refused.map_or(since, |refused| refused.min(since)));
        }
    }

    /// A write was committed.
    #[inline]
    pub fn committed(&mut self, now: Time, node: u16, version: u64) {
        let Some(loss) = self.last(node) else { return };
        if loss.led.is_some() && loss.written.is_none() && version > loss.above {
            loss.written = Some(now);
        }
    }

    /// What was committed at `at` does not survive.
    pub fn undone(&mut self, node: u16, action: Option<u64>, at: Time) {
        let latest = self.losses.iter().rposition(|loss| loss.node == node);
        let Some(loss) = latest else { return };
        self.losses[loss].undone += 1;
        let Some(action) = action else { return };
        let place = self.undone.partition_point(|entry| entry.action < action);
        match self
            .undone
            .get_mut(place)
            .filter(|entry| entry.action == action)
        {
            Some(entry) => {
                (entry.first, entry.last) = (entry.first.min(at), entry.last.max(at));
            }
            None => {
                let loss = loss as u32;
                let (first, last) = (at, at);
                self.undone.insert(
                    place,
                    Undone {
                        action,
                        loss,
                        first,
                        last,
                    },
                );
            }
        }
    }

    /// The action was acknowledged, and its effect is missing for good.
    pub fn is_lost(&mut self, action: u64) {
        let place = self.undone.partition_point(|entry| entry.action < action);
        let Some(entry) = self
            .undone
            .get(place)
            .filter(|entry| entry.action == action)
        else {
            return;
        };
        let loss = &mut self.losses[entry.loss as usize];
        loss.lost_actions += 1;
        let (first, last) = loss.gone.unwrap_or((entry.first, entry.last));
        loss.gone = Some((first.min(entry.first), last.max(entry.last)));
    }

    /// Until when answers lacked something that was committed before there was a leader again: the last one
    /// after the loss, and before the next one.
    pub fn stale_until(&self, number: usize, reads: &Reads) -> Option<Time> {
        let loss = &self.losses[number];
        let mut later = self.losses[number + 1..].iter();
        let next = later.find(|later| later.node == loss.node);
        let within = loss.lost..next.map_or(Time::NEVER, |next| next.lost);
        reads.stale_until(loss.node, within, loss.led.unwrap_or(Time::NEVER))
    }

    /// The longest time from a loss until the last such answer.
    pub fn read_recovery(&self, reads: &Reads) -> Duration {
        let until = |number| self.stale_until(number, reads);
        let times =
            (0..self.losses.len()).filter_map(|n| Some(until(n)?.since(self.losses[n].lost)));
        times.max().unwrap_or(Duration::ZERO)
    }

    /// The worst recovery point of all; nothing if nothing was lost.
    pub fn point(&self) -> Duration {
        let points = self.losses.iter().filter_map(Loss::point);
        points.max().unwrap_or(Duration::ZERO)
    }

    /// The longest recovery time of all. Where nothing could be written any more it lasts until `end`.
    pub fn time(&self, end: Time) -> Duration {
        let times = self.losses.iter().filter_map(|loss| {
            let refused = loss.refused?;
            Some(loss.written.unwrap_or(end.max(refused)).since(refused))
        });
        times.max().unwrap_or(Duration::ZERO)
    }
}
