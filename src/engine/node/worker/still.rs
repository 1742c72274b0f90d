//! Instances that stand still: the whole process with its heartbeats, or only its handlers.

use super::*;
use crate::engine::node::delivery::QUIET;

impl Worker {
    /// For one reason, or for one more, it does nothing.
    pub(super) fn stand_still<R: Record>(
        &mut self,
        cx: &mut Cx<'_, R>,
        number: u16,
        still: Still,
    ) {
        let standing = &mut self.instance(number).standing;
        let was_silent = standing.is_silent();
        let is_first = standing.add(still);
        let is_silent = standing.is_silent();
        if is_first {
            self.instance(number).standing.stopped = cx.stop_work(number);
        }
        if let Some(until) = still.until {
            cx.local_at(until, GOES_ON, u64::from(number));
        }
        cx.tally(PAUSES);
        if is_silent && !was_silent {
            self.falls_silent(cx, number, true);
        }
    }

    /// A pause may be over.
    pub(super) fn pause_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u16,
    ) {
        let now = cx.now();
        self.reasons_change(config, cx, number, |standing| standing.end_due(now));
    }

    /// Some reasons are gone. When none is left, what came meanwhile is taken up in its order.
    pub(super) fn reasons_change<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u16,
        end: impl FnOnce(&mut Standing) -> bool,
    ) {
        let instance = self.instance(number);
        let was_silent = instance.standing.is_silent();
        let goes_on = end(&mut instance.standing);
        if was_silent && !instance.standing.is_silent() {
            let missed = std::mem::take(&mut instance.missed_beats);
            self.falls_silent(cx, number, false);
            missed.into_iter().for_each(|id| cx.local_at(cx.now(), BEAT, id.bits()));
        }
        if !goes_on {
            return;
        }
        let instance = self.instance(number);
        cx.resume_work(std::mem::take(&mut instance.standing.stopped));
        for (id, call, result) in std::mem::take(&mut self.instance(number).deferred) {
            if plan::waits_for(cx, id, &call) {
                self.take_up(config, cx, id, &call, result);
            }
        }
        self.begin_paced(config, cx, number);
        self.go_on(config, cx, number);
    }

    /// Its heartbeats stop, or begin again: logs notice.
    fn falls_silent<R: Record>(&mut self, cx: &mut Cx<'_, R>, number: u16, is_silent: bool) {
        let life = self.instance(number).life;
        for &link in &self.sources {
            if mode_of(cx, link) == Mode::Log {
                let word = Word { link, instance: number, n: u16::from(is_silent), life };
                let queue = cx.program.links[link as usize].from;
                cx.tell(queue, cx.now(), QUIET, word.bits());
            }
        }
    }
}
