//! Carrying a request through its plan: the part that services and workers share.
//!
//! A plan is a list of steps (`program::PlanStep`). A request in a slot takes one after the other
//! until one has to be waited for; when that is over, it goes on. Calls of one step are told apart by
//! their tag: the step, and the position of the call within it.

use super::attempt::{Answer, Attempt, AttemptId, Call, CalleeSide, Parent};
use super::basis::Basis;
use super::begin::NewCall;
use super::core::Cx;
use super::node::NodeConfig;
use super::probe;
use super::program::{PlanCall, PlanStep};
use super::reason::Reason;
use super::record::Record;
use super::session::DEAD;
use super::stock::Taken;
use crate::design::{Aim, CallMode, RowOf};
use crate::time::Time;

/// Positions within a step are multiples of this in a call's tag; plans have fewer steps.
pub(super) const POSITION: u16 = 128;

/// Positions of the calls of a cached read.
const LOOKUP: u16 = 0;
const STORE: u16 = 1;
const FILL: u16 = 2;

const _: () = assert!(
    crate::design::STEPS_MAX < POSITION as usize
        && crate::design::CALLS_MAX * (POSITION as usize) <= u16::MAX as usize
);

/// What became of a request's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A piece of work begins, or goes on after a wait.
    Works { step: u16 },
    /// Calls have to be waited for.
    Waits,
    /// All steps are done.
    Done,
    /// It cannot succeed any more.
    Fails,
    /// What it has read says that there is nothing left to take.
    SoldOut,
}

impl Progress {
    /// Why a plan that did not get to its end fails.
    pub fn reason(self) -> Reason {
        match self {
            Progress::SoldOut => Reason::SoldOut,
            _ => Reason::ErrorFromCallee,
        }
    }
}

/// What the node that carries out a plan has to say about the calls of it.
pub trait Hands {
    /// What is handed over with a call; `None` leaves it out, as if it had succeeded.
    fn payload(&mut self, call: PlanCall) -> Option<u64>;

    /// Units that were taken, by what a write of an item's row is computed from.
    fn read(&self, _: PlanCall) -> Taken {
        Taken::default()
    }
}

/// Nothing is handed over, nothing is left out.
struct Bare;

impl Hands for Bare {
    #[inline(always)]
    fn payload(&mut self, _: PlanCall) -> Option<u64> {
        Some(0)
    }
}

/// Takes the next steps of the plan until one has to be waited for.
///
/// Inlined where every request comes by; others use [`proceed_after`].
#[inline(always)]
pub fn proceed<R: Record>(cx: &mut Cx<'_, R>, id: AttemptId) -> Progress {
    proceed_by(cx, id, &mut Bare)
}

/// The same, by a node that has something to say about the calls.
#[inline]
pub fn proceed_by<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    hands: &mut impl Hands,
) -> Progress {
    if cx.core.attempts[id].mode == CallMode::Probe {
        return probe::proceed(cx, id);
    }
    let operation = cx.core.intents[cx.core.attempts[id].intent].operation as usize;
    let plan = &cx.program.nodes[cx.node as usize].plans[operation];
    loop {
        let attempt = &mut cx.core.attempts[id];
        let step = attempt.step;
        attempt.step += 1;
        let has_responded = attempt.callee == CalleeSide::WorkingOn;
        match plan.get(step as usize) {
            Some(PlanStep::Work) => {
                if !has_responded {
                    attempt.callee = CalleeSide::Working;
                }
                return Progress::Works { step };
            }
            Some(PlanStep::Respond) => {
                // The slot stays taken for what the plan still wants.
                attempt.callee = CalleeSide::WorkingOn;
                cx.reply(id, Ok(()));
            }
            Some(other) => {
                if begin_step(cx, id, other, step, hands) {
                    return Progress::Waits;
                }
            }
            None => return Progress::Done,
        }
    }
}

/// The same, after something that not every request does.
#[inline(never)]
pub fn proceed_after<R: Record>(cx: &mut Cx<'_, R>, id: AttemptId) -> Progress {
    proceed(cx, id)
}

/// What goes along with a call.
#[derive(Clone, Copy, Default)]
pub(super) struct Handed {
    pub payload: u64,
    pub read: Taken,
}

/// What is handed over with a call; `None` leaves it out.
fn payload_of<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    call: PlanCall,
    hands: &mut impl Hands,
) -> Option<Handed> {
    let payload = hands.payload(call)?;
    let of_item = |payload| Handed {
        payload,
        read: Taken::default(),
    };
    if cx.core.sessions.is_empty() && call.row == RowOf::Item {
        let read = hands.read(call);
        return Some(Handed { payload, read });
    }
    let open = cx.core.sessions.innermost(id, call.link);
    if open.is_some_and(|tx| tx.number == DEAD) && call.mode != CallMode::Begin {
        if call.mode == CallMode::Commit {
            cx.core.sessions.closed(id, call.link);
        }
        return None;
    }
    if call.aim != Aim::Based || (payload != 0 && call.row == RowOf::Item) {
        return Some(match call.row {
            RowOf::Item => Handed {
                payload,
                read: hands.read(call),
            },
            // What a job says of an item is about its row; who takes a unit depends on no version.
            RowOf::Partner | RowOf::New | RowOf::Unit => Handed::default(),
            // Without a key, the row is this request's: it says nothing of a version.
            RowOf::Pending | RowOf::Finished => of_item(cx.core.attempts[id].address.0 << 2),
        });
    }
    let store = cx.program.links[call.link as usize].to;
    let seen = cx.core.sessions.seen(id, store, call.row);
    let Some((version, read)) = seen else {
        return Some(Handed::default());
    };
    let payload = Basis::Read(version).bits();
    Some(Handed { payload, read })
}

/// Begins a step that makes calls. Says whether it has to be waited for.
///
/// Apart, so that work and response, which every request has, do not pay for what this one needs.
#[inline(never)]
fn begin_step<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    what: &PlanStep,
    step: u16,
    hands: &mut impl Hands,
) -> bool {
    let attempt = &mut cx.core.attempts[id];
    let waits = matches!(what, PlanStep::Calls { .. } | PlanStep::Cached { .. });
    if waits && attempt.callee != CalleeSide::WorkingOn {
        attempt.callee = CalleeSide::Awaiting;
    }
    match what {
        PlanStep::Calls { calls, wanted } => {
            (attempt.awaited, attempt.wanted) = (calls.len() as u16, *wanted);
            for (i, &call) in calls.iter().enumerate() {
                let tag = step + POSITION * i as u16;
                match payload_of(cx, id, call, hands) {
                    Some(handed) => make_with(cx, id, call, tag, handed),
                    None => {
                        let attempt = &mut cx.core.attempts[id];
                        attempt.awaited -= 1;
                        attempt.wanted = attempt.wanted.saturating_sub(1);
                    }
                }
            }
            if cx.core.attempts[id].wanted == 0 {
                cx.abandon_calls_of(id);
                return false;
            }
        }
        &PlanStep::Cached { cache, .. } => {
            let lookup = PlanCall::plain(cache, CallMode::Read);
            make_with(cx, id, lookup, step + POSITION * LOOKUP, Handed::default());
        }
        &PlanStep::Send(call) => {
            // What was written last is what a cache is told.
            let written = attempt.answer.version;
            if let Some(handed) = payload_of(cx, id, call, hands) {
                // What a job sends without waiting says nothing of what it has read.
                let handed = match call.aim {
                    Aim::Based => handed,
                    _ => Handed::default(),
                };
                send(cx, id, call, step, (written, handed, Time::NEVER));
            }
        }
        PlanStep::Work | PlanStep::Respond => unreachable!("begun by the caller"),
    }
    waits
}

/// A call that the request waits for is over. Says how the plan goes on; [`Progress::Waits`] if
/// others are still under way.
pub fn call_over<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    call: &Call,
    result: Result<(), Reason>,
) -> Progress {
    call_over_by(cx, id, call, result, &mut Bare)
}

/// The same, by a node that has something to say about the calls.
pub fn call_over_by<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    call: &Call,
    result: Result<(), Reason>,
    hands: &mut impl Hands,
) -> Progress {
    if cx.core.attempts[id].mode == CallMode::Probe {
        return probe::call_over(cx, id, result);
    }
    let program = cx.program;
    let attempt = &cx.core.attempts[id];
    let operation = cx.core.intents[attempt.intent].operation as usize;
    let (step, position) = (call.tag % POSITION, call.tag / POSITION);
    debug_assert_eq!(
        step + 1,
        attempt.step,
        "calls of earlier steps were abandoned"
    );
    let plan = &program.nodes[cx.node as usize].plans[operation];
    if let Some(said) = says_more(&plan[step as usize], call, position) {
        match heard(cx, id, said, call, result) {
            Heard::GoesOn => {}
            Heard::Done => return is_done(cx, id, plan),
            Heard::Left => return after(cx, id, false, hands),
            Heard::SoldOut => return is_sold_out(cx, id),
        }
    }
    match &plan[step as usize] {
        PlanStep::Cached { .. }
            if position == LOOKUP && (result.is_err() || call.answer.missing) =>
        {
            let PlanStep::Cached { store, .. } = plan[step as usize] else {
                unreachable!()
            };
            let Some(handed) = payload_of(cx, id, store, hands) else {
                return after(cx, id, true, hands);
            };
            make_with(cx, id, store, step + POSITION * STORE, handed);
            return Progress::Waits;
        }
        // Of what is not there, there is nothing to keep.
        PlanStep::Cached { cache, .. }
            if position == STORE && result.is_ok() && !is_empty(cx, call.link, call.answer) =>
        {
            let fill = PlanCall::plain(*cache, CallMode::Fill);
            let read = (call.answer.version, Handed::default(), call.since);
            send(cx, id, fill, step + POSITION * FILL, read);
            note_answer(cx, id, call);
            return proceed_by(cx, id, hands);
        }
        PlanStep::Cached { .. } => {}
        _ => {
            let attempt = &mut cx.core.attempts[id];
            attempt.awaited -= 1;
            attempt.wanted -= u16::from(result.is_ok());
            if result.is_ok() {
                note_answer(cx, id, call);
            }
            let attempt = &cx.core.attempts[id];
            if attempt.wanted > 0 && attempt.wanted <= attempt.awaited {
                return Progress::Waits;
            }
            let succeeded = attempt.wanted == 0;
            // The others are not needed any more, or cannot help.
            cx.abandon_calls_of(id);
            return after(cx, id, succeeded, hands);
        }
    }
    if result.is_ok() {
        note_answer(cx, id, call);
    }
    after(cx, id, result.is_ok(), hands)
}

/// The step of its parent's plan that a call belongs to.
pub fn step_of(call: &Call) -> u16 {
    call.tag % POSITION
}

/// What a call to a database means for the plan, beyond its being over.
enum Heard {
    GoesOn,
    /// The row is there already: nothing is left to do.
    Done,
    /// It failed after the response, and what belongs to it is left out.
    Left,
    /// There was no unit left where it looked.
    SoldOut,
}

/// The call as the plan says it, if more follows from it than that it is over.
fn says_more(step: &PlanStep, call: &Call, position: u16) -> Option<PlanCall> {
    let said = match step {
        PlanStep::Calls { calls, .. } => calls[position as usize],
        // What the cache says is said of its store.
        PlanStep::Cached { store, .. } => *store,
        _ => return None,
    };
    let more = said.aim != Aim::Plain || call.transaction != 0 || said.mode == CallMode::Begin;
    more.then_some(said)
}

#[cold]
fn heard<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    said: PlanCall,
    call: &Call,
    result: Result<(), Reason>,
) -> Heard {
    let is_there = match said.mode {
        CallMode::Write if said.row == RowOf::Pending => result.is_ok() && call.answer.finished,
        CallMode::Write => result == Err(Reason::Constraint),
        _ => result.is_ok() && call.answer.version > 0,
    };
    if said.aim == Aim::OrDone && is_there {
        return Heard::Done;
    }
    if said.aim == Aim::OrRefuse && result.is_ok() && call.answer.sold_out {
        return Heard::SoldOut;
    }
    let keeps = matches!(said.aim, Aim::Kept | Aim::Based | Aim::OrRefuse);
    // A write within a transaction has no version before the commit.
    if keeps
        && result.is_ok()
        && !call.answer.missing
        && (said.aim != Aim::Based || call.answer.version > 0)
    {
        let store = cx.program.links[said.link as usize].to;
        let seen = (call.answer.version, call.answer.taken);
        cx.core.sessions.saw(id, (store, said.row), seen);
    }
    let has_responded = cx.core.attempts[id].callee == CalleeSide::WorkingOn;
    if result.is_ok() || !has_responded {
        return Heard::GoesOn;
    }
    if said.mode != CallMode::Begin && call.transaction != 0 {
        cx.roll_back(id, said.link);
    }
    if said.mode == CallMode::Begin || call.transaction != 0 && said.mode != CallMode::Commit {
        cx.core.sessions.opened_dead(id, said.link);
        cx.abandon_calls_of(id);
        return Heard::Left;
    }
    Heard::GoesOn
}

/// The column of a database that was asked for has nothing in it.
fn is_empty<R: Record>(cx: &Cx<'_, R>, link: u16, answer: Answer) -> bool {
    let kind = |to: u16| cx.program.nodes[to as usize].kind;
    answer.missing && kind(cx.program.links[link as usize].to) == "database"
}

/// All that is left of the plan is left out: the caller is told so, if it has not been.
fn is_done<R: Record>(cx: &mut Cx<'_, R>, id: AttemptId, plan: &[PlanStep]) -> Progress {
    cx.abandon_calls_of(id);
    let attempt = &mut cx.core.attempts[id];
    if attempt.callee != CalleeSide::WorkingOn && plan.contains(&PlanStep::Respond) {
        attempt.callee = CalleeSide::WorkingOn;
        cx.reply(id, Ok(()));
    }
    Progress::Done
}

/// There is nothing to take: the rest of the plan is left out, and whoever still waits is told so.
fn is_sold_out<R: Record>(cx: &mut Cx<'_, R>, id: AttemptId) -> Progress {
    cx.abandon_calls_of(id);
    match cx.core.attempts[id].callee {
        CalleeSide::WorkingOn => Progress::Done,
        _ => Progress::SoldOut,
    }
}

/// Whether the request still waits for this call: it may have got what it wanted from others.
pub fn waits_for<R: Record>(cx: &Cx<'_, R>, id: AttemptId, call: &Call) -> bool {
    let open = |a: &&Attempt| matches!(a.callee, CalleeSide::Awaiting | CalleeSide::WorkingOn);
    let attempt = cx.core.attempts.get(id).filter(open);
    attempt.is_some_and(|a| call.tag % POSITION + 1 == a.step)
}

/// What failed after the response is not the caller's business.
fn after<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    succeeded: bool,
    hands: &mut impl Hands,
) -> Progress {
    let has_responded = cx.core.attempts[id].callee == CalleeSide::WorkingOn;
    // A handler that acknowledged first gives up all the same.
    let goes_on = has_responded && cx.program.nodes[cx.node as usize].kind != "worker";
    if succeeded || goes_on {
        proceed_by(cx, id, hands)
    } else {
        Progress::Fails
    }
}

/// What a reply said becomes part of what this request will answer.
fn note_answer<R: Record>(cx: &mut Cx<'_, R>, id: AttemptId, call: &Call) {
    let (own, answer) = (&mut cx.core.attempts[id].answer, call.answer);
    own.degraded |= answer.degraded;
    // To a beginning, a database answers with the number of the transaction.
    if answer.version > 0 && call.mode != CallMode::Begin {
        own.version = answer.version;
    }
}

/// Makes a call of the plan, handing something over.
pub(super) fn make_with<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    call: PlanCall,
    tag: u16,
    handed: Handed,
) {
    let mut new = new_call(cx, id, call, tag);
    (new.payload, new.read) = (handed.payload, handed.read);
    let intent = cx.core.attempts[id].intent;
    cx.call(intent, Parent::Attempt(id), new);
}

/// A call that nobody awaits: the node's own from here on. A fill hands over a version, and when that
/// was asked for.
fn send<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    call: PlanCall,
    tag: u16,
    (version, handed, since): (u64, Handed, Time),
) {
    let mut new = new_call(cx, id, call, tag);
    (new.payload, new.read) = (handed.payload, handed.read);
    if call.mode == CallMode::Fill {
        (new.payload, new.since) = (version, since);
    }
    let attempt = &cx.core.attempts[id];
    new.base = Some(attempt.address);
    new.token = SENT;
    (new.key, new.submission) = (attempt.key, attempt.submission);
    let intent = attempt.intent;
    cx.call(intent, Parent::Node, new);
}

/// Whether the process that sent this is still the same one.
pub fn asker_lives<R: Record>(cx: &Cx<'_, R>, sent: &Attempt) -> bool {
    let fleet = &cx.core.fleets[cx.node as usize];
    cx.core.is_up(cx.node, sent.from) && fleet.member(sent.from).started <= sent.born
}

/// The store's answer to a cached read came when nobody waited for it any more: the cache gets it all
/// the same, if it takes late fills.
pub fn late_reply<R: Record>(cx: &mut Cx<'_, R>, late: &Attempt) {
    let program = cx.program;
    let says_nothing = late.reply.is_err() || is_empty(cx, late.link, late.answer);
    if late.mode != CallMode::Read || says_nothing || !asker_lives(cx, late) {
        return;
    }
    let intent = cx.core.intents[late.intent];
    let plan = &program.nodes[cx.node as usize].plans[intent.operation as usize];
    let cache = plan.iter().find_map(|step| match step {
        PlanStep::Cached { cache, store } if store.link == late.link => Some(*cache),
        _ => None,
    });
    let Some(link) = cache else { return };
    let callee = program.links[link as usize].to as usize;
    let takes = matches!(&program.nodes[callee].config, NodeConfig::Cache(c) if c.late_fills);
    if !takes {
        return;
    }
    let place = program.links[link as usize].place;
    let first_try = late.address.call(place, u32::from(FILL)).attempt(1);
    let new = NewCall {
        link,
        caller: late.from,
        tag: FILL,
        instance: cx.instance_for(link, first_try, late.intent, CallMode::Fill),
        mode: CallMode::Fill,
        payload: late.answer.version,
        since: late.since,
        token: SENT,
        key: late.key,
        submission: late.submission,
        base: Some(late.address),
        ..NewCall::default()
    };
    cx.call(late.intent, Parent::Node, new);
}

/// Token of a call that a plan sent without awaiting its reply.
pub const SENT: u64 = u64::MAX;

fn new_call<R: Record>(cx: &Cx<'_, R>, id: AttemptId, call: PlanCall, tag: u16) -> NewCall {
    let mut new = plain_call(cx, id, call, tag);
    (new.row, new.beside) = (call.row, call.beside);
    // A transaction within another one has a connection of its own.
    let belongs = !cx.core.sessions.is_empty() && call.mode != CallMode::Begin;
    let tx = belongs.then(|| cx.core.sessions.innermost(id, call.link));
    if let Some(tx) = tx.flatten() {
        (new.transaction, new.instance) = (tx.number, tx.at);
    }
    new
}

fn plain_call<R: Record>(cx: &Cx<'_, R>, id: AttemptId, call: PlanCall, tag: u16) -> NewCall {
    let attempt = &cx.core.attempts[id];
    let place = cx.program.links[call.link as usize].place;
    let first_try = attempt.address.call(place, u32::from(tag)).attempt(1);
    NewCall {
        link: call.link,
        caller: attempt.instance,
        tag,
        instance: cx.instance_for(call.link, first_try, attempt.intent, call.mode),
        mode: call.mode,
        since: cx.now(),
        ..NewCall::default()
    }
}

/// Whether the work that is just done is the first of the plan: a request leaves its effect once,
/// however many pieces of work it has.
pub fn is_first_work<R: Record>(cx: &Cx<'_, R>, id: AttemptId) -> bool {
    let attempt = &cx.core.attempts[id];
    let operation = cx.core.intents[attempt.intent].operation as usize;
    let done = attempt.step as usize - 1;
    let plan = &cx.program.nodes[cx.node as usize].plans[operation];
    !plan[..done].contains(&PlanStep::Work)
}
