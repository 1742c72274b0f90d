//! What interrupts the life of an instance: pauses, leaks, crashes, changes of its knobs, its end.

use super::config::Config;
use super::instance::{Deferred, Instance};
use super::{DIED_BETWEEN, GOES_ON, MEMORY_FULL, OUT_OF_MEMORY, PAUSES, RESTARTED, Service, argument};
use crate::design::CallMode;
use crate::engine::attempt::{Attempt, AttemptId, Call, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::draw::{Address, Purpose};
use crate::engine::plan::{self, Progress};
use crate::engine::policy::concurrency::Limit;
use crate::engine::program::PlanStep;
use crate::engine::record::Record;
use crate::engine::standing::{NOBODY, Still};
use crate::engine::probe;
use crate::engine::reason::Reason;
use crate::time::Duration;

impl Service {
    /// A request has got its slot: it goes on with its plan, unless the instance stands still.
    #[inline(always)]
    pub(super) fn take_up<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        id: AttemptId,
    ) -> Progress {
        if !self.is_plain(config) {
            self.count_towards_collection(config, cx, i);
            let instance = &mut self.instances[i];
            if instance.standing.is_still() {
                instance.deferred.push(Deferred::Begin(id));
                return Progress::Waits;
            }
        }
        plan::proceed(cx, id)
    }

    /// Every request makes garbage; when there is enough of it, everything stands still.
    #[inline(never)]
    fn count_towards_collection<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
    ) {
        let now = cx.now();
        let instance = &mut self.instances[i];
        instance.begun += 1;
        let Some(every) = config.gc_every else {
            return;
        };
        if instance.begun < every || instance.standing.is_still() {
            return;
        }
        instance.begun = 0;
        instance.pauses += 1;
        let place = cx.program.nodes[cx.node as usize].place;
        let address = Address::intent(place, i as u64, instance.pauses);
        let pause = config.gc_pause.sample(&mut cx.draws(Purpose::Pause, address));
        let until = Some(now + Duration(pause));
        let still = Still { by: NOBODY, until, beats: false };
        self.stand_still(config, cx, i, still);
    }

    /// For one reason, or for one more, nothing goes on.
    pub(super) fn stand_still<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        still: Still,
    ) {
        let now = cx.now();
        let Some(instance) = self.instances.get_mut(i).filter(|instance| instance.exists) else {
            return;
        };
        if instance.standing.add(still) {
            instance.processor.stand_still(now, true);
            if !config.is_timed || self.was_revised {
                instance.standing.stopped = cx.stop_work(i as u16);
            }
        }
        if let Some(until) = still.until {
            cx.local_at(until, GOES_ON, argument(i, 0));
        }
        cx.tally(PAUSES);
    }

    /// A pause may be over.
    pub(super) fn on_goes_on<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
    ) {
        if self.instances[i].standing.end_due(cx.now()) {
            self.wake(config, cx, i);
        }
    }

    /// Nothing keeps it any more: what came meanwhile is taken up in its order.
    pub(super) fn wake<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, i: usize) {
        let now = cx.now();
        let instance = &mut self.instances[i];
        instance.processor.stand_still(now, false);
        cx.resume_work(std::mem::take(&mut instance.standing.stopped));
        let instance = &mut self.instances[i];
        for deferred in std::mem::take(&mut instance.deferred) {
            let stands_still = self.instances[i].standing.is_still();
            if stands_still {
                self.instances[i].deferred.push(deferred);
                continue;
            }
            match deferred {
                Deferred::Begin(id) => {
                    let works = |a: &&Attempt| a.callee.is_at_work();
                    if cx.core.attempts.get(id).filter(works).is_some() {
                        let progress = plan::proceed_after(cx, id);
                        self.go_on(config, cx, id, progress);
                    }
                }
                Deferred::Probe(id) => {
                    if waits_at_the_door(cx, id) {
                        probe::answer(cx, id);
                    }
                }
                Deferred::CallOver(id, call, result) => {
                    if plan::waits_for(cx, id, &call) {
                        let progress = plan::call_over(cx, id, &call, result);
                        self.go_on(config, cx, id, progress);
                    }
                }
            }
        }
    }

    /// A request is over and leaves something behind.
    pub(super) fn leak<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, i: usize) {
        if config.leak == 0 {
            return;
        }
        let now = cx.now();
        let instance = &mut self.instances[i];
        instance.leaked = instance.leaked.saturating_add(config.leak);
        if instance.leaked >= config.memory && !instance.is_full {
            instance.is_full = true;
            cx.local_at(now, MEMORY_FULL, argument(i, 0));
        }
    }

    /// The instance dies, and is started anew some time later.
    pub(super) fn on_memory_full<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
    ) {
        if !self.instances[i].is_full {
            return;
        }
        cx.tally(OUT_OF_MEMORY);
        self.dies(config, cx, i);
    }

    /// Whether the instance dies on this request: the first of the calls that change something has just
    /// been answered, and the next one is not begun. If the plan responds between the two, it does.
    #[cold]
    pub(super) fn dies_between<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) -> bool {
        let attempt = cx.core.attempts[id];
        if result.is_err() || call.mode != CallMode::Write {
            return false;
        }
        let operation = cx.core.intents[attempt.intent].operation as usize;
        let plan = &cx.program.nodes[cx.node as usize].plans[operation];
        let step = plan::step_of(call) as usize;
        let (Some(done), Some(rest)) = (plan.get(..step), plan.get(step + 1..)) else { return false };
        let next = rest.iter().position(PlanStep::changes_something);
        let Some(next) = next.filter(|_| !done.iter().any(PlanStep::changes_something)) else {
            return false;
        };
        if !cx.happens(config.crash_between, Purpose::DiesBetween, attempt.address) {
            return false;
        }
        let responds = rest[..next].contains(&PlanStep::Respond);
        if responds && attempt.callee == CalleeSide::Awaiting {
            cx.core.attempts[id].callee = CalleeSide::WorkingOn;
            cx.reply(id, Ok(()));
        }
        cx.tally(DIED_BETWEEN);
        self.dies(config, cx, attempt.instance as usize);
        true
    }

    /// The instance crashes with everything that is in it, and is started anew some time later.
    fn dies<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, i: usize) {
        cx.core.fleets[cx.node as usize].set_down(i as u16, true);
        let at = cx.now() + config.restart_time;
        self.instances[i].restarts_at = Some(at);
        self.crash(config, cx, Some(i as u16));
        cx.local_at(at, RESTARTED, argument(i, 0));
    }

    pub(super) fn on_restarted<R: Record>(&mut self, cx: &mut Cx<'_, R>, i: usize) {
        let now = cx.now();
        if self.instances[i].restarts_at != Some(now) {
            return;
        }
        self.instances[i].restarts_at = None;
        let fleet = &mut cx.core.fleets[cx.node as usize];
        fleet.set_down(i as u16, false);
        fleet.restart(i as u16, now);
    }

    /// All instances, or one, lose everything they have.
    pub(super) fn crash<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        which: Option<u16>,
    ) {
        let now = cx.now();
        let them = |i: usize| which.is_none_or(|which| which as usize == i);
        for i in (0..self.instances.len()).filter(|&i| them(i)) {
            for deferred in std::mem::take(&mut self.instances[i].deferred) {
                if let Deferred::Probe(id) = deferred
                    && waits_at_the_door(cx, id)
                {
                    cx.refuse(id, Reason::CrashedWhileWorking);
                }
            }
            for interrupted in std::mem::take(&mut self.instances[i].interrupted) {
                cx.count_as_held(interrupted.id, interrupted.held);
            }
        }
        cx.crash_all(which);
        for i in (0..self.instances.len()).filter(|&i| them(i)) {
            self.instances[i].clear(config, now);
            self.check_drained(i);
        }
    }

    /// An instance that drains has ended when nobody is inside any more.
    #[inline]
    pub(super) fn check_drained(&mut self, i: usize) {
        let instance = &mut self.instances[i];
        if instance.drains && instance.inside() == 0 {
            instance.drains = false;
            instance.exists = false;
        }
    }

    /// Everybody in all instances goes on by the knobs of now.
    pub(super) fn revise_all<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.was_revised = true;
        for i in 0..self.instances.len() {
            self.revise(config, cx, i);
        }
    }

    /// If nothing is left of what was on before, it takes the short way again.
    #[inline]
    pub(super) fn has_settled(&mut self, config: &Config) {
        if self.was_revised && config.is_plain {
            self.was_revised = !self.instances.iter().all(Instance::is_plain);
        }
    }

    /// Knobs have changed: everybody inside goes on by the new ones.
    pub(super) fn revise<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, i: usize) {
        let mut of_group = vec![0; config.caps.len()];
        for id in cx.core.present_at(cx.node, Some(i as u16)) {
            if cx.core.attempts[id].callee != CalleeSide::Queued {
                of_group[config.row(cx, id).group as usize] += 1;
            }
        }
        let Instance { line, limit, .. } = &mut self.instances[i];
        line.arrange(config.caps.len(), &cx.core.attempts, |id| config.row(cx, id));
        *limit = match (&config.limits, *limit) {
            (Some(limits), None) => Some(Limit::new(limits)),
            (Some(_), limit) => limit,
            (None, _) => None,
        };
        self.instances[i].of_group = of_group;
        let now = cx.now();
        self.instances[i].processor.set_cores(now, config.cores);
        self.fill(config, cx, i);
        self.schedule(cx, i);
    }
}

/// Whether a probe still waits to be let in.
fn waits_at_the_door<R: Record>(cx: &Cx<'_, R>, id: AttemptId) -> bool {
    let waits = |a: &Attempt| a.callee == CalleeSide::Travelling;
    cx.core.attempts.get(id).is_some_and(waits)
}
