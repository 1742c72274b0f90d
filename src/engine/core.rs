//! The part of the world that is no node: calendar, records, links, counters, fingerprint.
//!
//! Node kinds get it as a [`Cx`] together with the program and the recorder. Everything a kind does
//! to another node travels through the calendar, so no kind is ever entered twice at once.

use std::collections::VecDeque;

use super::attempt::{Attempt, AttemptId, Call, CallId, CalleeSide, Intent, Parent};
use super::calendar::Calendar;
use super::charges::Charges;
use super::copies::Copies;
use super::counters::{LinkCounters, NodeCounters};
use super::deploy::Versions;
use super::digest::{Fact, Facts};
use super::draw::{Address, Draws, Keys, Purpose, Threshold};
use super::event::Event;
use super::fault::Modifiers;
use super::fleet::Fleet;
use super::monitoring::Monitoring;
use super::node::NodeConfig;
use super::outbox::Outbox;
use super::policy::breaker::Breaker;
use super::policy::budget::Budget;
use super::policy::fallback::Seen;
use super::policy::hedge::Latencies;
use super::policy::pool::Pool;
use super::policy::wire::Wire;
use super::program::{LinkProgram, NodeProgram, Program};
use super::reason::Reason;
use super::record::Record;
use super::session::Sessions;
use super::shards::Shards;
use super::slab::Slab;
use crate::time::Time;

/// A link's state: the network, and what each caller instance keeps.
#[derive(Clone)]
pub struct LinkState {
    pub keys: Keys,
    /// Entries of the timeline that cut requests or replies.
    pub requests_cut: u32,
    pub replies_cut: u32,
    /// Entries under which the callee does not know who calls.
    pub strangers: u32,
    /// How much the callee looks at before it lets a request in; 0 nearly always.
    pub door: u32,
    /// Entries that delay messages, and entries that lose them.
    pub delays: Vec<u16>,
    pub losses: Vec<u16>,
    /// Entries that hold requests back, and what they have held.
    pub holds: u32,
    pub held: VecDeque<AttemptId>,
    /// Where it has a bandwidth: towards the callee, and back.
    pub requests: Wire,
    pub replies: Wire,
    /// When and to which instance the last request was sent, and where its random numbers belong: those
    /// sent with it share them, where they are one message.
    pub together: Option<(Time, u16, Address)>,
    pub callers: Vec<Caller>,
}

/// What one instance of the calling node keeps for a link (docs/semantics.md 10).
#[derive(Clone)]
pub struct Caller {
    pub budget: Budget,
    pub pool: Pool,
    /// Permits to have a try under way.
    pub bulkhead: Pool,
    pub breaker: Breaker,
    pub latencies: Latencies,
    pub seen: Seen,
}

impl Caller {
    pub fn new(link: &LinkProgram) -> Caller {
        Caller {
            budget: Budget::new(link.budget),
            pool: Pool::default(),
            bulkhead: Pool::default(),
            breaker: Breaker::default(),
            latencies: Latencies::default(),
            seen: Seen::default(),
        }
    }
}

/// Why a run ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Backlog,
    Events,
}

#[derive(Clone)]
pub struct Core {
    pub calendar: Calendar,
    pub intents: Slab<Intent>,
    pub calls: Slab<Call>,
    pub attempts: Slab<Attempt>,
    pub links: Vec<LinkState>,
    pub node_keys: Vec<Keys>,
    pub modifiers: Vec<Modifiers>,
    pub fleets: Vec<Fleet>,
    pub node_counters: Vec<NodeCounters>,
    pub link_counters: Vec<LinkCounters>,
    pub facts: Facts,
    pub monitoring: Monitoring,
    /// Per node.
    pub versions: Vec<Versions>,
    /// Entries that took instances down: (entry, node, instance).
    pub struck: Vec<(u16, u16, u16)>,
    /// Entries that keep copies of databases from the others, in the same form.
    pub isolated: Vec<(u16, u16, u16)>,
    /// Entries that make an item hot: (entry, operation, share of its actions).
    pub hot: Vec<(u16, u16, Threshold)>,
    /// Entries under which messages are published that are poison, in the same form.
    pub poisoned: Vec<(u16, u16, Threshold)>,
    pub seed: u64,
    /// Messages that are kept for somebody, and those that nobody gets any more.
    pub held_messages: u64,
    /// How many times something besides calls and attempts refers to an intent.
    pub holds: u64,
    pub parked_messages: u64,
    /// Of databases with several copies.
    pub copies: Vec<Option<Box<Copies>>>,
    /// What third parties have on their lists.
    pub charges: Charges,
    /// Of databases whose keys are divided.
    pub shards: Vec<Option<Box<Shards>>>,
    /// Of databases that a feed follows.
    pub outboxes: Vec<Option<Box<Outbox>>>,
    /// Entries of their logs that wait for copies that cannot come.
    pub resting: u64,
    /// Runs of jobs that have begun or were due, and are not over.
    pub runs_open: u64,
    /// What requests keep between their calls to databases.
    pub sessions: Sessions,
    /// Intents born so far.
    pub intents_born: u64,
    pub events: u64,
}

fn copies_of(node: &NodeProgram) -> Option<Box<Copies>> {
    match &node.config {
        NodeConfig::Database(config) if config.replicas > 0 => {
            let mut copies = Copies::new(node.instances);
            // Without a leader all take writes.
            copies
                .of
                .iter_mut()
                .for_each(|copy| copy.leads |= config.leaderless);
            Some(Box::new(copies))
        }
        _ => None,
    }
}

fn shards_of(node: &NodeProgram) -> Option<Box<Shards>> {
    match &node.config {
        NodeConfig::Database(config) if config.shards > 1 => {
            Some(Box::new(Shards::new(config.shard_by, config.shards)))
        }
        _ => None,
    }
}

impl Core {
    pub fn new(program: &Program, seed: u64) -> Core {
        let links = program.links.iter().map(|link| {
            let callers = program.nodes[link.from as usize].instances;
            let caller = Caller::new(link);
            LinkState {
                keys: Keys::new(seed, link.place),
                requests_cut: 0,
                replies_cut: 0,
                strangers: 0,
                door: u32::from(link.is_looked_at),
                delays: Vec::new(),
                losses: Vec::new(),
                holds: 0,
                held: VecDeque::new(),
                requests: Wire::default(),
                replies: Wire::default(),
                together: None,
                callers: vec![caller; callers as usize],
            }
        });
        let (nodes, n_links) = (program.nodes.len(), program.links.len());
        let counters = program.nodes.iter().map(|n| {
            let mut counters = NodeCounters::default();
            counters.instances.set(Time::ZERO, u32::from(n.instances));
            counters
        });
        Core {
            calendar: Calendar::with_lanes(2 * n_links),
            intents: Slab::default(),
            calls: Slab::default(),
            attempts: Slab::default(),
            links: links.collect(),
            node_keys: program
                .nodes
                .iter()
                .map(|n| Keys::new(seed, n.place))
                .collect(),
            modifiers: vec![Modifiers::default(); nodes],
            fleets: program
                .nodes
                .iter()
                .map(|n| Fleet::new(n.instances, &n.zones))
                .collect(),
            node_counters: counters.collect(),
            link_counters: vec![LinkCounters::default(); n_links],
            facts: Facts::new(nodes + n_links),
            monitoring: Monitoring::new(program),
            versions: vec![Versions::default(); nodes],
            struck: Vec::new(),
            isolated: Vec::new(),
            hot: Vec::new(),
            poisoned: Vec::new(),
            seed,
            held_messages: 0,
            holds: 0,
            parked_messages: 0,
            charges: Charges::default(),
            copies: program.nodes.iter().map(copies_of).collect(),
            shards: program.nodes.iter().map(shards_of).collect(),
            outboxes: Outbox::all(program),
            resting: 0,
            runs_open: 0,
            sessions: Sessions::default(),
            intents_born: 0,
            events: 0,
        }
    }

    #[inline]
    pub fn now(&self) -> Time {
        self.calendar.now()
    }

    /// More than this is under way or kept.
    #[inline]
    pub(super) fn is_beyond(&self, limit: usize) -> bool {
        let messages = self.held_messages + self.parked_messages;
        // The slab never has more records than places, and the places are one number.
        let at_most = self.attempts.places() as u64 + messages;
        at_most > limit as u64 && self.attempts.len() as u64 + messages > limit as u64
    }

    /// Forgets a call that is over; its parent no longer lists it.
    #[inline(always)]
    pub(super) fn take_call(&mut self, id: CallId) -> Call {
        let call = self.calls.remove(id);
        let first = match call.parent {
            Parent::Attempt(parent) => &mut self.attempts[parent].calls,
            Parent::Intent => &mut self.intents[call.intent].calls,
            Parent::Node => return call,
        };
        if *first == id {
            *first = call.sibling;
        } else {
            let mut at = *first;
            while self.calls[at].sibling != id {
                at = self.calls[at].sibling;
            }
            self.calls[at].sibling = call.sibling;
        }
        call
    }

    /// Whether an instance of a node lives: neither it nor the node as a whole is down.
    #[inline]
    pub fn is_up(&self, node: u16, instance: u16) -> bool {
        self.modifiers[node as usize].down == 0 && self.fleets[node as usize].listens(instance)
    }

    /// Requests that wait or are worked on at a node, or at one instance of it, in the order of their
    /// records.
    pub fn present_at(&self, node: u16, instance: Option<u16>) -> Vec<AttemptId> {
        let here = |a: &Attempt| is_present(a, node, instance);
        let all = self.attempts.iter().filter(|(_, a)| here(a));
        all.map(|(id, _)| id).collect()
    }

    /// Whether nobody waits or is worked on at an instance. It is asked whenever somebody leaves a node
    /// one of whose instances drains: the request that was found the last time is asked for first.
    pub fn is_empty_at(&mut self, node: u16, instance: u16) -> bool {
        let here = |a: &Attempt| is_present(a, node, Some(instance));
        let member = self.fleets[node as usize].member_mut(instance);
        let known = member.somebody.and_then(|id| self.attempts.get(id));
        if known.is_some_and(here) {
            return false;
        }
        let found = self.attempts.iter().find(|(_, a)| here(a));
        member.somebody = found.map(|(id, _)| id);
        member.somebody.is_none()
    }

    /// Notes a fact of this instant, see [`Facts::note`].
    #[inline]
    pub fn fact(
        &mut self,
        place: usize,
        hash: u64,
        fact: Fact,
        intent: u64,
        attempt: u16,
        outcome: u8,
    ) {
        let now = self.now();
        self.facts
            .note(now, place, hash, fact, intent, attempt, outcome);
    }
}

/// What a node kind works with.
pub struct Cx<'a, R> {
    pub core: &'a mut Core,
    pub program: &'a Program,
    pub record: &'a mut R,
    /// The node whose turn it is.
    pub node: u16,
}

impl<R: Record> Cx<'_, R> {
    #[inline]
    pub fn now(&self) -> Time {
        self.core.calendar.now()
    }

    #[inline]
    pub fn counters(&mut self) -> &mut NodeCounters {
        &mut self.core.node_counters[self.node as usize]
    }

    /// Counts one more of what the kind calls so: a position in its `TALLIES`.
    #[inline]
    pub fn tally(&mut self, what: usize) {
        self.tally_by(what, 1);
    }

    #[inline]
    pub fn tally_by(&mut self, what: usize, n: u64) {
        self.counters().tallies[what] += n;
    }

    /// Slots that faults leave of so many.
    #[inline]
    pub fn slots(&self, slots: u32) -> u32 {
        self.core.modifiers[self.node as usize].slots(slots)
    }

    /// Random numbers of this node for this purpose.
    #[inline]
    pub fn draws(&self, purpose: Purpose, address: Address) -> Draws {
        self.core.node_keys[self.node as usize].draws(purpose, address)
    }

    /// Whether something of this probability happens here. What never happens draws nothing.
    #[inline]
    pub fn happens(&self, share: Threshold, purpose: Purpose, address: Address) -> bool {
        !share.is_never() && self.draws(purpose, address).chance(share)
    }

    /// Schedules an event of this node's own.
    pub fn local_at(&mut self, time: Time, code: u8, arg: u64) {
        self.core.calendar.at(
            time,
            Event::Local {
                node: self.node,
                code,
                arg,
            },
        );
    }

    /// Lets another node know something, in its own codes; it arrives as a local event there.
    pub fn tell(&mut self, node: u16, time: Time, code: u8, arg: u64) {
        self.core
            .calendar
            .at(time, Event::Local { node, code, arg });
    }

    /// Schedules the end of a piece of work at this node, slowed as faults demand.
    #[inline(always)]
    pub fn work_for(&mut self, attempt: AttemptId, ns: u64) {
        let modifiers = &self.core.modifiers[self.node as usize];
        let ns = modifiers.slowed(self.work_of(attempt, ns));
        if !self.hangs(attempt, ns) {
            self.work_ends(attempt, ns);
        }
    }

    /// Whether a piece of work that is to begin hangs by a fault; if so, it begins when that is over.
    #[inline]
    pub fn hangs(&mut self, attempt: AttemptId, ns: u64) -> bool {
        let keys = &self.core.node_keys[self.node as usize];
        let address = self.core.attempts[attempt].address;
        let draws = || keys.draws(Purpose::Hang, address);
        self.core.modifiers[self.node as usize].hangs(attempt, ns, draws)
    }

    pub fn work_ends(&mut self, attempt: AttemptId, ns: u64) {
        let at = self.now() + crate::time::Duration(ns);
        self.core.calendar.at(at, Event::Work(attempt));
    }

    // ---- the callee's side ------------------------------------------------------------------

    /// Turns a request away at the door.
    #[cold]
    pub fn refuse(&mut self, id: AttemptId, reason: Reason) {
        self.core.attempts[id].callee = CalleeSide::Refused(reason);
        self.reply(id, Err(reason));
    }

    /// Answers the caller. The callee's side must have been set to what it now is.
    pub fn reply(&mut self, id: AttemptId, reply: Result<(), Reason>) {
        if self.program.monitoring.is_used {
            self.note_answer(id, reply.is_ok());
        }
        let attempt = &mut self.core.attempts[id];
        attempt.reply = reply;
        let (link, address) = (attempt.link as usize, attempt.address);
        let state = &mut self.core.links[link];
        let program = &self.program.links[link];
        let lost = state.replies_cut > 0
            || (!program.reply_loss.is_never()
                && state
                    .keys
                    .draws(Purpose::ReplyLoss, address)
                    .chance(program.reply_loss))
            || state.loses(self.program, Purpose::ReplyLoss, address);
        if lost {
            self.core.maybe_over(self.program, self.record, id);
            return;
        }
        let delay = state.delay(self.program, link, Purpose::ReplyDelay, address);
        attempt.reply_under_way = true;
        let mut at = self.core.calendar.now();
        if let Some(bandwidth) = program.bandwidth {
            let operation = self.core.intents[attempt.intent].operation;
            let bytes = self.program.operations[operation as usize].response_size;
            at = state.replies.put(at, bytes, bandwidth);
        }
        let at = at + crate::time::Duration(delay);
        self.core.calendar.at(at, Event::Reply(id));
    }

    /// A request was let in.
    #[inline]
    pub fn enter(&mut self) {
        let now = self.now();
        self.counters().enter(now);
    }

    /// A request was let in and has to wait.
    pub fn enter_line(&mut self, id: AttemptId) {
        let now = self.now();
        let counters = self.counters();
        counters.enter(now);
        counters.waiting.add(now, 1);
        self.core.attempts[id].callee = CalleeSide::Queued;
    }

    /// The next in line leaves it and takes a slot.
    #[inline]
    pub fn leaves_line_for_slot(&mut self) {
        let now = self.now();
        self.counters().waiting.sub(now, 1);
    }

    /// A request gives up its place in the line.
    pub fn leave_line(&mut self, id: AttemptId, side: CalleeSide) {
        debug_assert!(!side.is_open());
        self.core.attempts[id].callee = side;
        let now = self.now();
        self.left(id, |counters| counters.waiting.sub(now, 1));
    }

    /// A request has got a slot.
    #[inline]
    pub fn begin(&mut self, id: AttemptId) {
        let now = self.now();
        let attempt = &mut self.core.attempts[id];
        attempt.began = now;
        attempt.callee = CalleeSide::Working;
        let waited = now.0 - attempt.arrived.0;
        let counters = self.counters();
        counters.began += 1;
        counters.waited += u128::from(waited);
        counters.busy.add(now, 1);
    }

    /// A request gives its slot back.
    #[inline(never)]
    pub fn leave_slot(&mut self, id: AttemptId) {
        let now = self.now();
        self.left(id, |counters| {
            counters.busy.sub(now, 1);
            counters.left += 1;
        });
    }

    /// The node, or one instance of it, loses everything it has: what it had not answered is answered
    /// by the broken connection, and what it had asked for itself is no longer its own. The kind
    /// clears its own state after this.
    pub fn crash_all(&mut self, instance: Option<u16>) {
        self.abandon_own_calls(instance);
        self.forget_callees(instance);
        for id in self.core.present_at(self.node, instance) {
            self.abandon_calls_of(id);
            match self.core.attempts[id].callee {
                CalleeSide::Queued => self.leave_line(id, CalleeSide::Crashed),
                CalleeSide::WorkingOn => {
                    self.leave_slot(id);
                    self.close(id, CalleeSide::Replied);
                    continue;
                }
                _ => {
                    self.core.attempts[id].callee = CalleeSide::Crashed;
                    self.leave_slot(id);
                }
            }
            self.reply(id, Err(Reason::CrashedWhileWorking));
        }
    }

    /// The node is done with a request that was let in: it leaves the waiting room or its slot, which
    /// `count` notes.
    #[inline(always)]
    fn left(&mut self, id: AttemptId, count: impl FnOnce(&mut NodeCounters)) {
        let now = self.now();
        let attempt = &mut self.core.attempts[id];
        attempt.left = now;
        let counters = &mut self.core.node_counters[self.node as usize];
        count(counters);
        counters.leave(now, attempt.arrived);
        self.record.left_node(self.program, now, attempt);
        if !self.core.sessions.is_empty() {
            self.end_session(id);
        }
        if self.core.fleets[self.node as usize].is_draining() {
            let instance = self.core.attempts[id].instance;
            self.gone_if_empty(instance);
        }
    }

    /// Closes the callee's side without an answer (cancelled, or everything said already).
    pub fn close(&mut self, id: AttemptId, side: CalleeSide) {
        debug_assert!(!side.is_open());
        self.core.attempts[id].callee = side;
        self.core.maybe_over(self.program, self.record, id);
    }
}

/// Whether a request waits or is worked on at a node, or at one instance of it.
fn is_present(attempt: &Attempt, node: u16, instance: Option<u16>) -> bool {
    use CalleeSide::{Awaiting, Queued, Working, WorkingOn};
    attempt.node == node
        && instance.is_none_or(|instance| attempt.instance == instance)
        && matches!(attempt.callee, Queued | Working | Awaiting | WorkingOn)
}
