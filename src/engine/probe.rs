//! Health probes, as those who are asked answer them.
//!
//! A shallow probe is answered at the door by any process that listens: it says that it runs, not that it
//! can do anything. A deep one goes through the node like a request: it waits for a slot or a core, asks
//! what the node depends on, over the node's own links with their timeouts and pools, and fails if one of
//! them fails.

use super::attempt::{AttemptId, CalleeSide};
use super::core::Cx;
use super::draw::Purpose;
use super::plan::{self, Handed, POSITION, Progress};
use super::program::PlanCall;
use super::reason::Reason;
use super::record::Record;
use crate::design::CallMode;

/// What a probe hands over: how far it goes.
pub const SHALLOW: u64 = 0;
pub const DEEP: u64 = 1;

/// Whether the process itself answers.
pub fn is_shallow<R: Record>(cx: &Cx<'_, R>, id: AttemptId) -> bool {
    cx.core.attempts[id].payload == SHALLOW
}

/// Answers at the door, without slot or wait.
pub fn answer<R: Record>(cx: &mut Cx<'_, R>, id: AttemptId) {
    cx.core.attempts[id].callee = CalleeSide::Replied;
    cx.reply(id, Ok(()));
}

/// What a deep probe does in a slot, in place of the steps of a plan.
pub fn proceed<R: Record>(cx: &mut Cx<'_, R>, id: AttemptId) -> Progress {
    let program = cx.program;
    let attempt = &mut cx.core.attempts[id];
    let (step, address) = (attempt.step, attempt.address);
    attempt.step += 1;
    if step == 0 {
        let faults = &cx.core.modifiers[cx.node as usize];
        if faults.fails(&mut cx.draws(Purpose::Fault, address)) {
            return Progress::Fails;
        }
        let links = &program.nodes[cx.node as usize].out;
        if !links.is_empty() {
            let (attempt, all) = (&mut cx.core.attempts[id], links.len() as u16);
            attempt.callee = CalleeSide::Awaiting;
            (attempt.awaited, attempt.wanted) = (all, all);
            for (i, &link) in links.iter().enumerate() {
                let call = PlanCall::plain(link, CallMode::Probe);
                let deep = Handed {
                    payload: DEEP,
                    ..Handed::default()
                };
                plan::make_with(cx, id, call, POSITION * i as u16, deep);
            }
            return Progress::Waits;
        }
    }
    cx.core.attempts[id].callee = CalleeSide::WorkingOn;
    cx.reply(id, Ok(()));
    Progress::Done
}

/// One of the things it depends on has answered, or has not.
pub fn call_over<R: Record>(
    cx: &mut Cx<'_, R>,
    id: AttemptId,
    result: Result<(), Reason>,
) -> Progress {
    if result.is_err() {
        cx.abandon_calls_of(id);
        return Progress::Fails;
    }
    let attempt = &mut cx.core.attempts[id];
    attempt.awaited -= 1;
    attempt.wanted -= 1;
    match attempt.wanted {
        0 => proceed(cx, id),
        _ => Progress::Waits,
    }
}
