//! Whose turn it is: who is let in, who waits, who gets the slot that is free, who is sent away.

use super::config::Config;
use super::instance::{Instance, Interrupted};
use super::{EXPIRED, INTERRUPTED, SHED, Service};
use crate::engine::attempt::{AttemptId, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::line::{Discipline, Row};
use crate::engine::plan::{self, Progress};
use crate::engine::reason::Reason;
use crate::engine::record::Record;

/// What a request finds at the door.
pub enum Admission {
    Begin,
    Wait,
    Refused(Reason),
}

impl Service {
    #[inline]
    pub(super) fn admit_plainly<R: Record>(
        &mut self,
        config: &Config,
        cx: &Cx<'_, R>,
        i: usize,
        id: AttemptId,
    ) -> Admission {
        let instance = &mut self.instances[i];
        if instance.busy < cx.slots(config.slots) {
            instance.busy += 1;
            return Admission::Begin;
        }
        let waiting = instance.line.waiting();
        if config.queue_limit.is_some_and(|limit| waiting >= limit) {
            return Admission::Refused(Reason::QueueFull);
        }
        instance.line.push(Row::default(), id, false);
        Admission::Wait
    }

    #[inline(never)]
    pub(super) fn admit<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        id: AttemptId,
    ) -> Admission {
        let row = config.row(cx, id);
        let instance = &mut self.instances[i];
        let inside = instance.inside();
        if instance.limit.is_some_and(|limit| !limit.admits(inside)) {
            cx.tally(SHED);
            return Admission::Refused(Reason::Shed);
        }
        let has_room = instance.has_room(config, row.group);
        if has_room && (instance.busy < cx.slots(config.slots) || self.interrupt(config, cx, i, row.class)) {
            self.instances[i].take_slot(row);
            return Admission::Begin;
        }
        let instance = &mut self.instances[i];
        let waiting = instance.line.waiting();
        if config.queue_limit.is_some_and(|limit| waiting >= limit) {
            return Admission::Refused(Reason::QueueFull);
        }
        let is_brief = instance.codel.joins(config.management, cx.now(), waiting);
        instance.line.push(row, id, is_brief);
        Admission::Wait
    }

    /// Takes the slot of the least important request at work that is less important than `class`; of
    /// equals, of the one that began last.
    fn interrupt<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        class: u8,
    ) -> bool {
        if config.discipline != Discipline::Preemptive || self.instances[i].busy > cx.slots(config.slots) {
            return false;
        }
        let works = |id: AttemptId| cx.core.attempts[id].callee == CalleeSide::Working;
        let pieces = self.instances[i].processor.pieces();
        let victim = pieces
            .filter(|&(_, id)| works(id))
            .map(|(begun, id)| (config.row(cx, id).class, begun, id))
            .max_by_key(|&(class, begun, _)| (class, begun));
        match victim {
            Some((least, _, victim)) if least > class => {
                self.interrupt_this(config, cx, i, victim);
                true
            }
            _ => false,
        }
    }

    /// A request at work goes back to the head of its row, with the rest of its work.
    fn interrupt_this<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        id: AttemptId,
    ) {
        let now = cx.now();
        let row = config.row(cx, id);
        let instance = &mut self.instances[i];
        let rest = instance.processor.remove(now, id);
        let rest = rest.expect("it is at work");
        let held = now.since(cx.core.attempts[id].began);
        instance.interrupted.push(Interrupted { id, rest, held });
        instance.give_slot(row);
        instance.line.push_first(row, id);
        cx.interrupt(id);
        cx.tally(INTERRUPTED);
    }

    /// A request that begins to work, after a call of its own, may find that somebody more important
    /// has been waiting.
    pub(super) fn yields<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        id: AttemptId,
    ) -> Option<(AttemptId, Progress)> {
        let can = config.discipline == Discipline::Preemptive
            && cx.core.attempts[id].callee == CalleeSide::Working
            && self.instances[i].line.waiting() > 0;
        if !can {
            return None;
        }
        let row = config.row(cx, id);
        let Instance { line, of_group, .. } = &mut self.instances[i];
        let has_room = |group: usize| of_group[group] < config.caps[group];
        let waits = line.best_class(&cx.core.attempts, has_room);
        if waits.is_none_or(|class| class >= row.class) {
            return None;
        }
        self.interrupt_this(config, cx, i, id);
        self.next_in_line(config, cx, i)
    }

    /// If there is room, somebody who waits gets a slot. `None` if nobody has to be carried on.
    #[inline(always)]
    pub(super) fn next_in_line<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
    ) -> Option<(AttemptId, Progress)> {
        if self.is_plain(config) {
            let instance = &mut self.instances[i];
            if instance.busy >= cx.slots(config.slots) {
                return None;
            }
            let next = loop {
                let attempts = &cx.core.attempts;
                let next = instance.line.pop_only(config.discipline, attempts)?;
                if !cx.drops_late(next) {
                    break next;
                }
            };
            instance.busy += 1;
            cx.leaves_line_for_slot();
            cx.begin(next);
            return Some((next, plan::proceed(cx, next)));
        }
        self.next_of_rows(config, cx, i)
    }

    #[inline(never)]
    fn next_of_rows<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
    ) -> Option<(AttemptId, Progress)> {
        loop {
            let now = cx.now();
            let Instance {
                line,
                of_group,
                busy,
                ..
            } = &mut self.instances[i];
            if *busy >= cx.slots(config.slots) {
                return None;
            }
            let has_room = |group: usize| of_group[group] < config.caps[group];
            let next = line.pop(config.discipline, &cx.core.attempts, has_room);
            let instance = &mut self.instances[i];
            let Some(next) = next else {
                if instance.line.waiting() == 0 {
                    instance.codel.ran_empty();
                }
                return None;
            };
            let row = config.row(cx, next.id);
            if let Some(Interrupted { id, rest, held }) = instance.take_interrupted(next.id) {
                instance.take_slot(row);
                instance.processor.add(now, id, rest);
                cx.resume(id, held);
                return None;
            }
            if cx.drops_late(next.id) {
                continue;
            }
            let instance = &mut self.instances[i];
            let waited = now.since(cx.core.attempts[next.id].arrived);
            let left = instance.line.waiting();
            if config.max_wait.is_some_and(|most| waited > most) {
                self.drop(config, cx, i, next.id, Reason::ExpiredInQueue);
                continue;
            }
            let codel = &mut instance.codel;
            if codel.drops(config.management, now, waited, left, next.is_brief) {
                self.drop(config, cx, i, next.id, Reason::Shed);
                continue;
            }
            instance.take_slot(row);
            cx.leaves_line_for_slot();
            cx.begin(next.id);
            return Some((next.id, self.take_up(config, cx, i, next.id)));
        }
    }

    /// A request whose turn it was is sent away.
    fn drop<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        id: AttemptId,
        reason: Reason,
    ) {
        cx.tally(match reason {
            Reason::Shed => SHED,
            _ => EXPIRED,
        });
        self.sample(config, cx, i, id, true);
        cx.leave_line(id, CalleeSide::Refused(reason));
        cx.reply(id, Err(reason));
    }

    /// Tells the concurrency limit about the end of a request; errors say nothing about the load.
    pub(super) fn sample<R: Record>(
        &mut self,
        config: &Config,
        cx: &Cx<'_, R>,
        i: usize,
        id: AttemptId,
        dropped: bool,
    ) {
        let instance = &mut self.instances[i];
        let inside = instance.inside();
        let attempt = &cx.core.attempts[id];
        if attempt.callee == CalleeSide::Error {
            return;
        }
        if let (Some(limits), Some(limit)) = (&config.limits, &mut instance.limit) {
            let ns = cx.now().since(attempt.arrived).0;
            limit.over(limits, ns, inside, dropped);
        }
    }

    /// Lets those who wait take what is free.
    pub(super) fn fill<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, i: usize) {
        loop {
            let before = self.instances[i].busy;
            if let Some((id, progress)) = self.next_in_line(config, cx, i) {
                self.go_on(config, cx, id, progress);
            } else if self.instances[i].busy <= before {
                return;
            }
        }
    }
}
