//! Everything that changes during a run, and the loop that changes it.

use std::sync::Arc;

use super::attempt::{Attempt, AttemptId, CallId, CalleeSide, CallerSide};
use super::calendar::Before;
use super::core::{Core, Cx, Stop};
use super::digest::Fact;
use super::event::Event;
use super::node::{Kept, KindFault, Look, NodeKind, NodeState, Traffic, with_kind};
use super::program::{Program, SETTLE_LIMIT};
use super::reason::Reason;
use super::record::Record;
use super::slab::Slab;
use super::standing::Still;
use crate::design::CallMode;
use crate::time::{Duration, Time};

/// Lets a node do something in the words of its kind: `s` is its state, `c` its configuration. Each use
/// is a place of its own in the program, so what happens per request does not first find out what it is.
macro_rules! visit {
    ($world:expr, $program:expr, $record:expr, $node:expr, |$s:ident, $c:ident, $cx:ident| $body:expr) => {{
        let World { core, nodes, .. } = $world;
        let node: u16 = $node;
        let $cx = &mut Cx {
            core,
            program: $program,
            record: $record,
            node,
        };
        let state = &mut nodes[node as usize];
        with_kind!(state, &$program.nodes[node as usize].config, |$s, $c| $body)
    }};
}
pub(super) use visit;

/// The whole state at one instant, as plain data: a clone is a checkpoint.
#[derive(Clone)]
pub struct World {
    pub core: Core,
    pub nodes: Vec<NodeState>,
    next_bucket: Time,
    /// How many times knobs have changed: which of the program's revisions counts.
    pub(super) revision: usize,
    /// How many moments of the timeline have been.
    pub(super) moments: usize,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Running,
    /// No new traffic; what is under way goes on (docs/semantics.md 25).
    Settling,
    /// Nothing is under way any more.
    Settled,
    /// This many attempts are still open: ten minutes after the end, or (`stuck`) because what they
    /// wait for will never come.
    Unsettled {
        open: u64,
        stuck: bool,
    },
    /// A limit ended it.
    Stopped(Stop),
}

impl Phase {
    pub fn is_over(self) -> bool {
        !matches!(self, Phase::Running | Phase::Settling)
    }
}

/// A program on its way through time, watched by a recorder. A clone is a checkpoint: both go on alike.
#[derive(Clone)]
pub struct Run<R> {
    /// As the run began.
    pub program: Arc<Program>,
    /// As it is now: a revision, once knobs have changed.
    pub(super) current: Arc<Program>,
    pub world: World,
    pub record: R,
    phase: Phase,
}

impl World {
    /// The world at time zero, with everything scheduled that is known beforehand.
    pub fn new(program: &Program, seed: u64) -> World {
        let nodes = program.nodes.iter().map(|n| n.config.state()).collect();
        World {
            core: Core::new(program, seed),
            nodes,
            next_bucket: Time::ZERO + program.bucket,
            revision: 0,
            moments: 0,
        }
    }

    fn start<R: Record>(&mut self, program: &Program, record: &mut R) {
        for (i, &at) in program.marks.iter().enumerate() {
            let event = Event::Mark { mark: i as u16 };
            self.core.calendar.before_all(at, Before::Marks, event);
        }
        self.await_moment(program);
        for node in 0..program.nodes.len() as u16 {
            self.at_node(program, record, node, NodeVisit::Start);
        }
        self.start_monitoring(program);
    }

    /// Lets something reach a node. What every request does to its nodes goes by [`visit`] instead.
    pub(super) fn at_node<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        node: u16,
        what: NodeVisit,
    ) -> u16 {
        visit!(self, program, record, node, |s, c, cx| {
            match what {
                NodeVisit::Start => s.start(c, cx),
                NodeVisit::Cancel(id) => s.on_cancel(c, cx, id),
                NodeVisit::Probe(id) => s.on_probe(c, cx, id),
                NodeVisit::TryOver {
                    call,
                    instance,
                    result,
                } => {
                    let mut call = cx.core.calls[call];
                    call.instance = instance;
                    s.on_try_over(c, cx, &call, result);
                }
                NodeVisit::Route(call) => {
                    let call = cx.core.calls[call];
                    return s.route(c, cx, &call);
                }
                NodeVisit::LateReply(id) => {
                    let attempt = cx.core.attempts[id];
                    s.on_late_reply(c, cx, &attempt);
                }
                NodeVisit::Crash(instance) => s.on_crash(c, cx, instance),
                NodeVisit::Restart(instance) => s.on_restart(c, cx, instance),
                NodeVisit::Traffic(change) => s.on_traffic(c, cx, change),
                NodeVisit::Revised => s.on_revised(c, cx),
                NodeVisit::Fleet => s.on_fleet(c, cx),
                NodeVisit::GoesOn(id, ns) => s.on_goes_on(c, cx, id, ns),
                NodeVisit::Fault(fault) => s.on_fault(c, cx, fault),
                NodeVisit::Redrive => s.on_redrive(c, cx),
                NodeVisit::Cut(link, is_cut) => s.on_cut(c, cx, link, is_cut),
                NodeVisit::MoveOn(instance, entry) => s.on_move_on(c, cx, instance, entry),
                NodeVisit::StandStill(instance, still) => s.on_stand_still(c, cx, instance, still),
                NodeVisit::StartRun => s.on_start_run(c, cx),
            }
            0
        })
    }

    /// What happens to every request; anything else is given back, for [`World::handle_other`]. A part of the loop in [`Run::advance`]: as a function of its own it would spend more
    /// on entering and leaving than on some of the events.
    #[inline(always)]
    fn handle<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        event: Event,
    ) -> Option<Event> {
        match event {
            Event::Deliver(id) => self.deliver(program, record, id),
            Event::Reply(id) => self.reply(program, record, id),
            Event::Work(id) => {
                let attempt = self.core.attempts.get(id);
                let open = attempt.filter(|a| a.callee.is_at_work());
                if let Some(node) = open.map(|a| a.node) {
                    visit!(self, program, record, node, |s, c, cx| s.on_work(c, cx, id));
                }
            }
            Event::Local { node, code, arg } => {
                visit!(self, program, record, node, |s, c, cx| s
                    .on_local(c, cx, code, arg));
            }
            other => return Some(other),
        }
        None
    }

    /// What does not happen to every request. Said to be cold so that the compiler gives its room to the
    /// events above.
    #[cold]
    #[inline(never)]
    fn handle_other<R: Record>(&mut self, program: &Program, record: &mut R, event: Event) {
        match event {
            Event::Deliver(_) | Event::Reply(_) | Event::Work(_) | Event::Local { .. } => {
                unreachable!("handled by the caller")
            }
            Event::Lane { lane } => {
                let Core {
                    calendar, attempts, ..
                } = &mut self.core;
                let id = calendar.take_timer(lane as usize, |a| attempts.get(a).is_some_and(waits));
                if lane as usize >= program.links.len() {
                    self.hedge(program, record, id);
                } else {
                    self.timed_out(program, record, id);
                }
            }
            Event::Timeout(id) => self.timed_out(program, record, id),
            Event::Cancel(id) => match self.core.attempts.get(id).copied() {
                Some(a) if a.callee == CalleeSide::Travelling => {
                    // The word overtook the request (delays vary): the callee drops it at the door.
                    self.core.attempts[id].callee = CalleeSide::Cancelled;
                    self.core.maybe_over(program, record, id);
                }
                Some(a) if a.callee.is_open() => {
                    self.at_node(program, record, a.node, NodeVisit::Cancel(id));
                }
                _ => {}
            },
            Event::Retry(call) => {
                if self.core.calls.get(call).is_some() {
                    self.next_try(program, record, call, false);
                }
            }
            Event::AcquireTimeout(id) => {
                self.reject(program, record, id, Reason::PoolExhausted, |_| true);
            }
            Event::PermitTimeout(id) => {
                self.reject(program, record, id, Reason::Shed, |a| !a.holds_permit);
            }
            Event::Reject { attempt, reason } => {
                self.reject(program, record, attempt, reason, |_| true);
            }
            Event::Hedge(id) => self.hedge(program, record, id),
            Event::Deadline(call) => self.deadline(program, record, call),
            Event::Timeline => self.moment(program, record),
            Event::Again { entry } => self.again(program, record, entry),
            Event::Scrape => self.scrape(program, record),
            Event::Autoscale { node } => self.autoscale(program, record, node),
            Event::Booted { node, instance } => self.booted(program, record, node, instance),
            Event::Mark { mark } => self.shown(program, |shown| record.mark(program, mark, shown)),
        }
    }

    fn timed_out<R: Record>(&mut self, program: &Program, record: &mut R, id: AttemptId) {
        let attempt = self.core.attempts.get(id).filter(|a| waits(a));
        if let Some(reason) = attempt.map(Attempt::timeout_reason) {
            self.fail_try(program, record, id, reason);
        }
    }

    #[inline]
    fn deliver<R: Record>(&mut self, program: &Program, record: &mut R, id: AttemptId) {
        let now = self.core.now();
        let Some(attempt) = self.core.attempts.get_mut(id) else {
            return;
        };
        if attempt.callee != CalleeSide::Travelling {
            return;
        }
        attempt.arrived = now;
        let (node, instance, link) = (attempt.node, attempt.instance, attempt.link as usize);
        let (is_late, is_probe) = (attempt.is_late(now), attempt.mode == CallMode::Probe);
        self.core.node_counters[node as usize].arrived += 1;
        let reason = match self.core.is_up(node, instance) {
            true if self.core.links[link].door == 0 => None,
            true => self.core.turned_away(program, id),
            false if instance == u16::MAX => Some(Reason::NoBackend),
            false => Some(Reason::ConnectionRefused),
        };
        if let Some(reason) = reason {
            let cx = &mut Cx {
                core: &mut self.core,
                program,
                record,
                node,
            };
            cx.refuse(id, reason);
            return;
        }
        if is_late && program.nodes[node as usize].minds_deadlines {
            let cx = &mut Cx {
                core: &mut self.core,
                program,
                record,
                node,
            };
            cx.refuse(id, Reason::DeadlinePassed);
            return;
        }
        if is_probe {
            self.at_node(program, record, node, NodeVisit::Probe(id));
            return;
        }
        visit!(self, program, record, node, |s, c, cx| s
            .on_request(c, cx, id));
    }

    #[inline]
    fn reply<R: Record>(&mut self, program: &Program, record: &mut R, id: AttemptId) {
        let attempt = &mut self.core.attempts[id];
        attempt.reply_under_way = false;
        let attempt = &self.core.attempts[id];
        if !attempt.caller.is_open() {
            let caller = program.links[attempt.link as usize].from;
            self.at_node(program, record, caller, NodeVisit::LateReply(id));
            self.core.maybe_over(program, record, id);
            return;
        }
        let is_in_time = self.core.is_in_time(program, attempt);
        if is_in_time && attempt.reply.is_ok() {
            // By far the most: a way of its own, on which nothing can go wrong.
            self.end_try(program, record, id, Ok(()));
            return;
        }
        let outcome = if is_in_time {
            attempt.reply
        } else if attempt.left == self.core.now() {
            // At exactly the deadline is late. It was answered at this very instant ...
            Err(Reason::TimedOutInService)
        } else {
            // ... or was still on its way.
            Err(Reason::TimedOutInNetwork)
        };
        if let Err(reason) = outcome {
            self.fail_try(program, record, id, reason);
        }
    }

    /// What a watcher can see of a node's slots and line.
    pub fn look(&self, program: &Program, node: usize) -> Look {
        with_kind!(&self.nodes[node], &program.nodes[node].config, |s, c| s
            .look(c))
    }

    /// The rows that a node keeps now, by place. `program` is the one that counts now.
    pub fn kept(&self, program: &Program, node: usize) -> Vec<Kept> {
        with_kind!(&self.nodes[node], &program.nodes[node].config, |s, c| s
            .kept(c, program, &self.core, node as u16))
    }

    /// How a run without a next event, or at the end of its time to settle, has ended.
    fn at_end(&self, stuck: bool) -> Phase {
        let core = &self.core;
        // Between two tries, and while somebody waits to tell something, nothing is under way.
        let pending = match stuck {
            true => 0,
            false => (core.calls.len() as u64).max(core.holds - core.parked_messages),
        };
        match (core.attempts.len() as u64 + core.held_messages + core.runs_open).max(pending) {
            0 => Phase::Settled,
            open => Phase::Unsettled { open, stuck },
        }
    }

    /// Nothing that is under way is left, and none will come.
    fn is_at_rest(&self, program: &Program) -> bool {
        self.core.now() >= program.horizon
            && self.core.attempts.is_empty()
            && self.core.calls.is_empty()
            // Nothing else refers to an intent (a write to flush, a click to come, a message to deliver);
            // what is parked is nobody's turn.
            && self.core.holds == self.core.parked_messages + self.core.resting
            && self.core.runs_open == 0
    }
}

/// The caller waits for the reply.
fn waits(attempt: &Attempt) -> bool {
    attempt.caller == CallerSide::Waiting
}

/// What can reach a node, besides what every request does.
#[derive(Clone, Copy)]
pub(super) enum NodeVisit {
    Start,
    Probe(AttemptId),
    Cancel(AttemptId),
    TryOver {
        call: CallId,
        instance: u16,
        result: Result<(), Reason>,
    },
    Route(CallId),
    LateReply(AttemptId),
    /// The node, or one instance of it.
    Crash(Option<u16>),
    Restart(Option<u16>),
    Traffic(Traffic),
    /// Knobs, or the slots that faults leave, are others now.
    Revised,
    /// Instances have come or gone.
    Fleet,
    /// Work that hung goes on, and takes so long.
    GoesOn(AttemptId, u64),
    Fault(KindFault),
    Redrive,
    /// Whether anything comes back over a link that leaves it.
    Cut(u16, bool),
    /// One instance does nothing for a while.
    StandStill(u16, Still),
    /// The entry is over under which it may have done nothing.
    MoveOn(u16, u16),
    StartRun,
}

impl<R: Record> Run<R> {
    pub fn new(program: Arc<Program>, seed: u64, mut record: R) -> Run<R> {
        let mut world = World::new(&program, seed);
        world.start(&program, &mut record);
        Run {
            current: Arc::clone(&program),
            program,
            world,
            record,
            phase: Phase::Running,
        }
    }

    /// Goes on from a checkpoint; `record` must be as it was then, or be one that does not mind.
    pub fn resume(program: Arc<Program>, world: World, record: R) -> Run<R> {
        let phase = match world.core.now() < program.horizon {
            true => Phase::Running,
            false => Phase::Settling,
        };
        Run {
            current: program.revision(world.revision),
            program,
            world,
            record,
            phase,
        }
    }

    /// The program that counts now.
    pub fn current(&self) -> &Program {
        &self.current
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn now(&self) -> Time {
        self.world.core.now()
    }

    /// Events handled so far.
    pub fn events(&self) -> u64 {
        self.world.core.events
    }

    /// Runs to the end: the last request settled, or a limit reached.
    pub fn finish(&mut self) {
        while !self.phase.is_over() {
            self.advance(Time::NEVER, u64::MAX);
        }
    }

    /// Handles everything up to and including `until`, but at most `events` events. Returns whether
    /// `until` (or the end of the run) was reached.
    pub fn advance(&mut self, until: Time, events: u64) -> bool {
        if self.phase.is_over() {
            return true;
        }
        let Run {
            program: base,
            current,
            world,
            record,
            phase,
        } = self;
        let mut program = Arc::clone(current);
        let last = program.horizon + SETTLE_LIMIT;
        let limits = program.limits;
        // How many events the run will have had when it must look up: it may be the last.
        let events_end = world.core.events.saturating_add(events);
        let look_up = events_end.min(limits.events);
        // Before this time there is nothing but events: no edge of a bucket, no end of anything.
        let mut quiet = Time::ZERO;
        while !phase.is_over() {
            let Some(event) = world.core.calendar.pop_before(quiet) else {
                let next = world.core.calendar.peek().unwrap_or(Time::NEVER);
                let stop = until.min(last);
                if next.min(stop) >= world.next_bucket {
                    // An edge is noted before what happens at its instant; none is noted after the end.
                    let edge = world.next_bucket;
                    if next == Time::NEVER && edge > program.horizon {
                        *phase = world.at_end(true);
                        break;
                    }
                    world.core.calendar.advance_to(edge);
                    world.shown(&program, |shown| record.bucket(&program, shown));
                    world.next_bucket = edge + program.bucket;
                    continue;
                }
                if next > stop {
                    world.core.calendar.advance_to(stop);
                    if stop == last {
                        *phase = world.at_end(next == Time::NEVER);
                        break;
                    }
                    return true;
                }
                if world.core.events >= events_end {
                    return false;
                }
                // At least what comes next, and whatever else comes at that instant.
                let free = world.next_bucket.min(stop).min(program.horizon);
                quiet = free.max(next + Duration(1));
                continue;
            };
            world.core.events += 1;
            if let Some(other) = world.handle(&program, record, event) {
                let revision = world.revision;
                world.handle_other(&program, record, other);
                if world.revision != revision {
                    let before = std::mem::replace(&mut program, base.revision(world.revision));
                    *current = Arc::clone(&program);
                    world.revise(&before, &program, record);
                }
            }
            let looks_up = world.core.events >= look_up;
            if looks_up {
                quiet = Time::ZERO;
            }
            if world.core.is_beyond(limits.in_flight) {
                *phase = Phase::Stopped(Stop::Backlog);
            } else if looks_up && world.core.events >= limits.events {
                *phase = Phase::Stopped(Stop::Events);
            } else if world.core.now() >= program.horizon {
                *phase = Phase::Settling;
                if world.is_at_rest(&program) {
                    *phase = Phase::Settled;
                }
            }
        }
        self.end();
        true
    }

    /// The run is over: what can have no further consequence is told to the recorder, and the end
    /// itself goes into the fingerprint.
    fn end(&mut self) {
        let Run {
            program,
            world,
            record,
            phase,
            ..
        } = self;
        world.shown(program, |shown| record.ended(program, shown));
        let core = &mut world.core;
        if let Phase::Stopped(stop) = *phase {
            core.facts
                .digest
                .mix(core.now().0, (Fact::Stopped as u64) << 56 | stop as u64);
            return;
        }
        if matches!(
            *phase,
            Phase::Settled | Phase::Unsettled { stuck: true, .. }
        ) {
            // Nothing will happen to these any more, so their verdicts can be passed.
            let (now, left) = (core.now(), core.intents.iter());
            for (id, intent) in left.filter(|(_, intent)| !intent.is_internal) {
                record.retired(program, now, id, intent);
            }
            if *phase == Phase::Settled {
                // Messages that nobody gets any more were all that referred to them.
                core.intents = Slab::default();
            }
        }
    }

    /// The fingerprint so far: the events, then what the recorder counted at the end.
    pub fn digest(&self) -> String {
        let mut digest = self.world.core.facts.digest;
        for (i, count) in self.record.final_counts().into_iter().enumerate() {
            digest.mix((Fact::Count as u64) << 56 | i as u64, count);
        }
        digest.hex()
    }
}
