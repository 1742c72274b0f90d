//! The records of what is under way: intents, calls, attempts.
//!
//! An **intent** is one thing a user wanted, once. A **call** is one logical call over a link: it
//! retries. An **attempt** is one try; its record carries both views, the caller's and the callee's,
//! and lives until both are done with it.

use super::draw::Address;
use super::reason::Reason;
use super::record::Told;
use super::slab::Id;
use super::stock::Taken;
use crate::design::value::Factor;
use crate::design::{CallMode, RowOf};
use crate::time::Time;

pub type IntentId = Id<Intent>;
pub type CallId = Id<Call>;
pub type AttemptId = Id<Attempt>;

/// What came over no link: a node set itself to do it.
pub const NO_LINK: u16 = u16::MAX;

/// One thing a user wanted done.
#[derive(Clone, Copy, Debug)]
pub struct Intent {
    /// Random-number address: stable over runs that differ elsewhere.
    pub address: Address,
    /// 1, 2, 3 ... over all clients, in order of birth: what people see as "#21 604".
    pub number: u64,
    pub clients: u16,
    pub operation: u16,
    /// Which of the clients' users (closed loop); 0 otherwise.
    pub user: u32,
    /// Which item it is about: a key of the operation's key space.
    pub item: u64,
    /// Who wants it: a user, a tenant or an address, for limits, rights and sticky choices.
    pub identity: u32,
    /// 0 is the most important.
    pub priority: u8,
    /// Not a user's: a probe, a refresh, a flush. Nobody is told, nothing is judged.
    pub is_internal: bool,
    /// It cannot be done, whoever tries.
    pub is_malformed: bool,
    /// Its requests are much larger than those of others.
    pub is_oversized: bool,
    /// Who wants it has no right to it.
    pub lacks_right: bool,
    /// How many times the usual work it takes.
    pub work: Factor,
    /// Submissions that the user waits for: clicks under way, and clicks to come.
    pub submissions: u8,
    /// First of the calls of its user that are under way.
    pub calls: CallId,
    pub born: Time,
    /// What the user was told, and when.
    pub told: Option<(Time, Told)>,
    /// Calls and attempts that still refer to it.
    pub open: u32,
    /// Its messages that are put aside: nobody gets them, unless they are given another chance.
    pub parked: u16,
    /// Number of the action whose missing effects it makes; 0 for none.
    pub completes: u64,
}

/// Who waits for a call to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// A user at a clients node.
    Intent,
    /// A request at a node, which made the call as part of its plan.
    Attempt(AttemptId),
    /// The calling node itself: a delivery of a message, a refresh, a probe, a call that nobody
    /// awaits. What it is about is said by the call's `token`.
    Node,
}

/// What a reply says besides success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Answer {
    /// Version of what was read or written; 0 where there is none.
    pub version: u64,
    /// The callee does not have it (a cache that misses).
    pub missing: bool,
    /// Something less than asked for was served: a fallback, a stale value.
    pub degraded: bool,
    /// The row that was to be made is there, and finished.
    pub finished: bool,
    /// Of the units of its item there is none left, and how many are taken, where somebody counts.
    pub sold_out: bool,
    pub taken: Taken,
}

/// One logical call over a link, with its retries.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub intent: IntentId,
    pub parent: Parent,
    /// Next call of the same parent attempt.
    pub sibling: CallId,
    pub address: Address,
    pub link: u16,
    /// Which instance of the calling node makes it: budgets and pools are per caller instance.
    pub caller: u16,
    /// Step of the parent's plan, or which endpoint a balancer chose.
    pub tag: u16,
    /// Instance of the callee for the next try.
    pub instance: u16,
    /// Tries begun, hedges included.
    pub tries: u16,
    /// Hedges among them, and those of the current try.
    pub hedges: u16,
    pub hedged: u16,
    /// Which click of the user it came from, 0 for the first.
    pub submission: u16,
    /// It stands in for a call over another link that failed.
    pub is_fallback: bool,
    pub mode: CallMode,
    /// What the call is about, for calls that the node itself makes.
    pub token: u64,
    /// What is handed over: the version of a fill, the handle of a message.
    pub payload: u64,
    /// Of what it is computed from: units that were taken.
    pub read: Taken,
    /// When what it asks for, or hands over, was asked for at its source; [`Time::NEVER`] for what
    /// was written, not read.
    pub since: Time,
    /// The reply is of no use from here on; [`Time::NEVER`] if nobody said so.
    pub deadline: Time,
    /// Idempotency key that goes with its tries, 0 if there is none.
    pub key: u64,
    /// The newest try under way; the others follow by [`Attempt::next_try`]. [`Id::NONE`] between tries.
    pub attempt: AttemptId,
    /// Which row of a database it is about, whether another one is what the operation promises, and the
    /// transaction that it belongs to, 0 for none.
    pub row: RowOf,
    pub beside: bool,
    pub transaction: u32,
    /// The last pause, for decorrelated jitter.
    pub last_pause: u64,
    /// What the good reply said.
    pub answer: Answer,
}

impl Call {
    /// A health check that the calling node makes itself: the link's policy is not about it.
    #[inline]
    pub fn is_check(&self) -> bool {
        self.mode == CallMode::Probe && self.parent == Parent::Node
    }
}

/// The caller's side of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerSide {
    /// Waits for a connection of its pool.
    Acquiring,
    /// On the wire.
    Waiting,
    Succeeded,
    Failed(Reason),
}

impl CallerSide {
    #[inline]
    pub fn is_open(self) -> bool {
        matches!(self, CallerSide::Acquiring | CallerSide::Waiting)
    }
}

/// The callee's side of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalleeSide {
    /// Not yet there.
    Travelling,
    Queued,
    Working,
    /// Holds its slot while a call of its own is under way.
    Awaiting,
    /// Has answered, and goes on with work after the response.
    WorkingOn,
    /// Never got there.
    Lost,
    Refused(Reason),
    /// Answered: good reply sent.
    Replied,
    /// Answered with an error.
    Error,
    Cancelled,
    Crashed,
}

impl CalleeSide {
    /// The callee may still do something about it.
    #[inline]
    pub fn is_open(self) -> bool {
        use CalleeSide::*;
        matches!(self, Travelling | Queued | Working | Awaiting | WorkingOn)
    }

    /// A piece of its work is under way.
    #[inline]
    pub fn is_at_work(self) -> bool {
        matches!(self, CalleeSide::Working | CalleeSide::WorkingOn)
    }
}

/// One try of a call.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub intent: IntentId,
    /// Valid while the caller's side is open.
    pub call: CallId,
    pub address: Address,
    pub born: Time,
    /// Put on the wire.
    pub sent: Time,
    /// At the callee's door.
    pub arrived: Time,
    /// Got a slot.
    pub began: Time,
    /// The callee was done.
    pub left: Time,
    /// The caller had its answer, or gave up.
    pub ended: Time,
    /// First of the calls that it made and that are under way.
    pub calls: CallId,
    /// [`NO_LINK`] for what a node set itself to do.
    pub link: u16,
    /// Which instance of the calling node made it.
    pub from: u16,
    pub node: u16,
    pub instance: u16,
    /// 1 for the first try.
    pub number: u16,
    /// Next step of its plan.
    pub step: u16,
    pub caller: CallerSide,
    pub callee: CalleeSide,
    pub mode: CallMode,
    /// A reply is travelling back.
    pub reply_under_way: bool,
    /// What that reply says.
    pub reply: Result<(), Reason>,
    pub answer: Answer,
    /// What was handed over with the request.
    pub payload: u64,
    /// See [`Call::read`].
    pub read: Taken,
    /// See [`Call::since`].
    pub since: Time,
    /// The caller's deadline, if it was passed on.
    pub deadline: Time,
    /// Calls of the current step that are under way, and those of them that are wanted.
    pub awaited: u16,
    pub wanted: u16,
    /// A health check: tried once, over a connection of its own; who checks says how long it waits.
    pub is_check: bool,
    /// It holds a connection of its caller's pool.
    pub holds_connection: bool,
    /// It is one of those that its caller may have under way.
    pub holds_permit: bool,
    /// Its caller's breaker let it pass, and wants to know how it ends.
    pub is_watched: bool,
    /// A copy of a try that was slow to answer.
    pub is_hedge: bool,
    /// Which click of the user it came from, 0 for the first.
    pub submission: u16,
    /// See [`Call::row`].
    pub row: RowOf,
    pub beside: bool,
    pub transaction: u32,
    /// Which version of the calling node made it, where the callee asks.
    pub version: u16,
    /// Idempotency key, 0 if there is none.
    pub key: u64,
    /// Another try of the same call that is under way.
    pub next_try: AttemptId,
}

impl Attempt {
    #[inline]
    pub fn is_read(&self) -> bool {
        self.mode == CallMode::Read
    }

    /// It reads the row of its action's item, as it is now: not another row, and not what a transaction
    /// is shown.
    pub fn reads_item(&self) -> bool {
        self.is_read() && self.row == RowOf::Item && self.transaction == 0
    }

    /// Nobody has a use for its reply any more, as far as the request itself says.
    #[inline]
    pub fn is_late(&self, now: Time) -> bool {
        self.deadline <= now
    }

    /// Nobody waits for it any more.
    #[inline]
    pub fn is_abandoned(&self) -> bool {
        !self.caller.is_open() && self.caller != CallerSide::Succeeded
    }
}

impl Attempt {
    /// Why a try fails for a caller that gives up now: where the request is at this moment.
    pub fn timeout_reason(&self) -> Reason {
        match self.callee {
            CalleeSide::Lost => Reason::DroppedByNetwork,
            CalleeSide::Travelling => Reason::TimedOutInNetwork,
            CalleeSide::Queued => Reason::TimedOutWaiting,
            CalleeSide::Working | CalleeSide::Awaiting => Reason::TimedOutInService,
            // Answered, but the answer is not here: still on its way, or lost.
            _ if self.reply_under_way => Reason::TimedOutInNetwork,
            _ => Reason::DroppedByNetwork,
        }
    }

    /// Whether nothing can happen to it any more.
    #[inline]
    pub fn is_over(&self) -> bool {
        !self.caller.is_open() && !self.callee.is_open() && !self.reply_under_way
    }

    #[inline]
    pub fn has_arrived(&self) -> bool {
        self.arrived != Time::NEVER
    }

    /// A new record for the next try of a call.
    pub(super) fn next_of(call_id: CallId, call: &Call, node: u16, now: Time) -> Attempt {
        let address = call.address.attempt(u32::from(call.tries));
        Attempt {
            call: call_id,
            link: call.link,
            from: call.caller,
            instance: call.instance,
            number: call.tries,
            mode: call.mode,
            payload: call.payload,
            read: call.read,
            since: call.since,
            is_check: call.is_check(),
            submission: call.submission,
            row: call.row,
            beside: call.beside,
            transaction: call.transaction,
            key: call.key,
            next_try: call.attempt,
            ..Attempt::new(call.intent, address, node, now)
        }
    }

    /// What a node sets itself to do: it is there at once, and nobody waits for an answer.
    pub(super) fn own(intent: IntentId, address: Address, node: u16, now: Time) -> Attempt {
        Attempt {
            sent: now,
            arrived: now,
            ended: now,
            caller: CallerSide::Succeeded,
            ..Attempt::new(intent, address, node, now)
        }
    }

    #[inline(always)]
    fn new(intent: IntentId, address: Address, node: u16, now: Time) -> Attempt {
        Attempt {
            intent,
            call: Id::NONE,
            address,
            born: now,
            sent: Time::NEVER,
            arrived: Time::NEVER,
            began: Time::NEVER,
            left: Time::NEVER,
            ended: Time::NEVER,
            calls: Id::NONE,
            link: NO_LINK,
            from: 0,
            node,
            instance: 0,
            number: 1,
            step: 0,
            caller: CallerSide::Acquiring,
            callee: CalleeSide::Travelling,
            mode: CallMode::Read,
            reply_under_way: false,
            reply: Ok(()),
            answer: Answer::default(),
            payload: 0,
            read: Taken::default(),
            since: Time::ZERO,
            deadline: Time::NEVER,
            awaited: 0,
            wanted: 0,
            is_check: false,
            holds_connection: false,
            holds_permit: false,
            is_watched: false,
            is_hedge: false,
            submission: 0,
            row: RowOf::Item,
            beside: false,
            transaction: 0,
            version: 0,
            key: 0,
            next_try: Id::NONE,
        }
    }
}
