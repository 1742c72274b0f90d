//! What an instance says to its queues: that it wants more, that it is gone, that it is still at work.

use super::*;

impl Worker {
    /// Asks for as much as can be used.
    pub(super) fn ask<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u16) {
        let registered = cx.core.fleets[cx.node as usize].registered();
        let is_away = config.is_paused || registered.binary_search(&number).is_err();
        if is_away || !cx.core.is_up(cx.node, number) {
            return;
        }
        let handlers = cx.slots(config.concurrency);
        for source in 0..self.sources.len() {
            let link = self.sources[source];
            let instance = self.instance(number);
            let batch = u32::from(config.batch);
            let (wanted, n) = match mode_of(cx, link) {
                Mode::Session => {
                    let all = config.concurrency.saturating_mul(batch);
                    (1, config.prefetch.unwrap_or(all).min(u32::from(u16::MAX)))
                }
                Mode::Lease | Mode::Log => {
                    let free = handlers.saturating_sub(instance.busy());
                    let ahead = config.prefetch.unwrap_or(0);
                    let ahead = ahead.saturating_sub(instance.line.len() as u32);
                    (free + ahead.div_ceil(batch), batch)
                }
            };
            let life = instance.life;
            let word = Word { link, instance: number, n: n as u16, life };
            while self.instance(number).asked[source] < wanted {
                if delivery::say(cx, link, &mut self.words, POLL, word.bits()) {
                    self.instance(number).asked[source] += 1;
                    continue;
                }
                if !self.instance(number).asks_again {
                    self.instance(number).asks_again = true;
                    cx.local_at(cx.now() + config.poll_wait, ASK, u64::from(number));
                }
                break;
            }
        }
    }

    /// Tells the queues that the instance is gone (`n` = 1) or wants no more (`n` = 0).
    pub(super) fn close<R: Record>(&mut self, cx: &mut Cx<'_, R>, number: u16, n: u16) {
        let life = self.instance(number).life;
        for source in 0..self.sources.len() {
            let link = self.sources[source];
            let word = Word { link, instance: number, n, life };
            delivery::say(cx, link, &mut self.words, CLOSED, word.bits());
        }
        let instance = self.instance(number);
        instance.life = instance.life.wrapping_add(1);
        instance.asked.fill(0);
    }

    /// Renews the lease of a message that a handler still has.
    pub(super) fn beat<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let Some(attempt) = cx.core.attempts.get(id).copied() else { return };
        let Some(every) = config.heartbeat else { return };
        if attempt.node == cx.node && attempt.callee.is_open() && attempt.caller.is_open() {
            // With the whole process its heartbeats stand still.
            let instance = self.instance(attempt.instance);
            if instance.standing.is_silent() {
                instance.missed_beats.push(id);
                return;
            }
            let link = attempt.link;
            delivery::say(cx, link, &mut self.words, EXTEND, attempt.payload);
            cx.local_at(cx.now() + every, BEAT, id.bits());
        }
    }
}
