//! Instances that stand still: the whole process with its heartbeats, or only its handlers.

use super::*;
use crate::engine::node::delivery::QUIET;

impl Worker {
    /// It does nothing until then; of two pauses at the same time the longer one counts.
    pub(super) fn stand_still<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u16,
        still: Still,
    ) {
        let now = cx.now();
        let instance = self.instance(number);
        let before = instance.stands;
        let from = before.map_or(now, |still| still.until);
        let beats = still.beats && before.is_none_or(|still| still.beats);
        let until = still.until.max(from);
        instance.stands = Some(Still { until, beats });
        if until > from {
            let longer = match until {
                Time::NEVER => Duration::FOREVER,
                until => until.since(from),
            };
            cx.put_off_work(number, longer);
            if until != Time::NEVER {
                cx.local_at(until, GOES_ON, u64::from(number));
            }
        }
        cx.tally(PAUSES);
        let was_quiet = before.is_some_and(|still| !still.beats);
        if !beats && !was_quiet {
            self.falls_silent(cx, number, true);
        }
        if until == now {
            self.goes_on_again(config, cx, number);
        }
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

    /// An instance that stood still goes on: what came meanwhile is taken up in its order.
    pub(super) fn goes_on_again<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u16) {
        let now = cx.now();
        let instance = self.instance(number);
        if instance.stands.is_none_or(|still| still.until != now) {
            return;
        }
        let was_quiet = instance.stands.take().is_some_and(|still| !still.beats);
        if was_quiet {
            self.falls_silent(cx, number, false);
        }
        for (id, call, result) in std::mem::take(&mut self.instance(number).deferred) {
            if plan::waits_for(cx, id, &call) {
                self.take_up(config, cx, id, &call, result);
            }
        }
        self.go_on(config, cx, number);
    }
}
