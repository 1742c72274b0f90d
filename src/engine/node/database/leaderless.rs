//! Copies without a leader: whichever copy a call reaches coordinates it.
//!
//! A write is done at the coordinator and sent to all other copies at once, each message with a delay of its
//! own; it is answered when `write_quorum` copies have it, the coordinator among them. A read asks all
//! others and is answered by the newest of the first `read_quorum` versions. A row keeps the highest
//! version that has come to it, in whatever order (last write wins); versions count the writes of the row in
//! the order in which they began, as clocks would that agree exactly. A copy that is down or cut off misses
//! what is sent to it, unless the coordinator keeps it (`hinted_handoff`) or a read finds it (`read_repair`).

use std::collections::BTreeMap;

use super::config::Config;
use super::replication::copies;
use super::stock::Change;
use super::{Database, HINTS, LETTER, NO_QUORUM, REPAIRED, TOO_FEW, TOO_FEW_CAME};
use crate::engine::attempt::{AttemptId, CalleeSide, IntentId};
use crate::engine::core::Cx;
use crate::engine::effect::Changed;
use crate::engine::draw::{Address, Purpose, mix64};
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::engine::rows::Rows;
use crate::design::CallMode;
use crate::time::Duration;

/// What one copy tells another. It refers to the intent on whose behalf it is.
#[derive(Clone, Copy)]
struct Letter {
    what: What,
    from: u16,
    to: u16,
    key: u64,
    version: u64,
    /// The query that it belongs to; 0 if nobody waits for an answer.
    query: u64,
    intent: IntentId,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Write,
    Read,
    /// It has the version now, or: this is what it has.
    Answer,
}

/// A query that waits for other copies, or whose answers still come in.
#[derive(Clone, Copy)]
struct Query {
    id: AttemptId,
    at: u16,
    is_read: bool,
    key: u64,
    /// Copies that have to say something yet, and those that will.
    wanted: u16,
    open: u16,
    newest: u64,
    is_answered: bool,
}

#[derive(Clone, Default)]
pub(super) struct Leaderless {
    /// How many writes each row has had.
    begun: Rows,
    letters: BTreeMap<u64, Letter>,
    queries: BTreeMap<u64, Query>,
    /// What copies have missed, by number; `from` has it.
    hints: BTreeMap<u64, Letter>,
    count: u64,
}

impl Leaderless {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}

impl Database {
    /// A query is done at its coordinator, which asks and tells the others. Says whether it waits for them.
    pub(super) fn coordinates<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        Change { row: key, based_on, promised, .. }: Change,
    ) -> Result<bool, Reason> {
        let attempt = cx.core.attempts[id];
        let at = attempt.instance as usize;
        let is_read = attempt.mode != CallMode::Write;
        let needed = match is_read {
            true => config.read_quorum,
            false => config.write_quorum,
        };
        let others: Vec<u16> = (0..config.copies() as u16).filter(|&to| to as usize != at).collect();
        let (reached, missed): (Vec<u16>, Vec<u16>) =
            others.into_iter().partition(|&to| self.hear(cx, at, to as usize));
        if reached.len() + 1 < needed {
            cx.tally(TOO_FEW);
            return Err(Reason::NoQuorum);
        }
        if is_read && needed == 1 {
            cx.core.attempts[id].answer.version = self.places[at].rows.version(key);
            return Ok(false);
        }
        let version = match is_read {
            true => self.places[at].rows.version(key),
            false => {
                let version = self.leaderless.begun.write(key);
                self.places[at].rows.set(key, version);
                let pending = config.write_quorum > 1;
                cx.effect_on(id, Changed { row: key, version, based_on, promised, pending });
                version
            }
        };
        cx.core.attempts[id].answer.version = version;
        let query = self.leaderless.next();
        let (from, intent) = (at as u16, attempt.intent);
        let what = if is_read { What::Read } else { What::Write };
        let letter = |to| Letter { what, from, to, key, version, query, intent };
        for &to in &reached {
            self.post(config, cx, letter(to));
        }
        if !is_read && config.hinted_handoff {
            for to in missed {
                cx.tally(HINTS);
                cx.hold(intent);
                let number = self.leaderless.next();
                self.leaderless.hints.insert(number, letter(to));
            }
            self.note_hints(cx);
        }
        let waits = needed > 1;
        let wanted = needed as u16 - 1;
        let open = reached.len() as u16;
        if waits || (is_read && config.read_repair) {
            let newest = version;
            let asked = Query { id, at: from, is_read, key, wanted, open, newest, is_answered: false };
            self.leaderless.queries.insert(query, asked);
        }
        if waits {
            cx.local_at(cx.now() + config.quorum_timeout, TOO_FEW_CAME, query);
        }
        Ok(waits)
    }

    /// Whether one copy can send something to another now.
    fn hear<R: Record>(&self, cx: &Cx<'_, R>, from: usize, to: usize) -> bool {
        self.is_reachable(cx, from) && self.is_reachable(cx, to)
    }

    /// Sends a letter. Its way is its own, and the intent is not over before it is read.
    fn post<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, letter: Letter) {
        let number = self.leaderless.next();
        let purpose = match letter.what {
            What::Answer => Purpose::Acknowledgement,
            _ => Purpose::Replication,
        };
        let intent = cx.core.intents[letter.intent].address.0;
        let address = Address(intent ^ mix64(number));
        let delay = config.replication_delay.sample(&mut cx.draws(purpose, address));
        let lag = cx.core.modifiers[cx.node as usize].replica_lag();
        cx.hold(letter.intent);
        self.leaderless.letters.insert(number, letter);
        cx.local_at(cx.now() + Duration(delay) + lag, LETTER, number);
    }

    /// A letter is there, if its reader is.
    pub(super) fn letter_comes<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u64) {
        let Some(letter) = self.leaderless.letters.remove(&number) else { return };
        let to = letter.to as usize;
        if self.is_reachable(cx, to) {
            match letter.what {
                What::Write => self.has(config, cx, letter),
                What::Read => {
                    let version = self.places[to].rows.version(letter.key);
                    self.write_back(config, cx, letter, version);
                }
                What::Answer => self.hears(config, cx, letter),
            }
        } else if letter.what == What::Write && config.hinted_handoff {
            // Nobody has said that it is there: the sender keeps it.
            cx.tally(HINTS);
            cx.hold(letter.intent);
            let hint = self.leaderless.next();
            self.leaderless.hints.insert(hint, letter);
        }
        cx.release(letter.intent);
    }

    /// A version has come to a copy: the row has it, unless it has a higher one.
    fn has<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, letter: Letter) {
        let rows = &mut self.places[letter.to as usize].rows;
        if rows.version(letter.key) < letter.version {
            rows.set(letter.key, letter.version);
        }
        if letter.query > 0 {
            self.write_back(config, cx, letter, letter.version);
        }
    }

    fn write_back<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, letter: Letter, version: u64) {
        let (from, to) = (letter.to, letter.from);
        if self.hear(cx, from as usize, to as usize) {
            self.post(config, cx, Letter { what: What::Answer, from, to, version, ..letter });
        }
    }

    /// The coordinator hears of another copy.
    fn hears<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, letter: Letter) {
        let Some(query) = self.leaderless.queries.get_mut(&letter.query) else { return };
        query.wanted = query.wanted.saturating_sub(1);
        query.open -= 1;
        let before = query.newest;
        query.newest = before.max(letter.version);
        let asked = *query;
        if asked.is_read && config.read_repair && letter.version != before {
            // One of the two is behind: the coordinator, or who answered.
            self.repairs(config, cx, asked, letter);
        }
        if asked.wanted == 0 && !asked.is_answered {
            self.answers(cx, letter.query, Ok(()));
        }
        if asked.open == 0 {
            self.leaderless.queries.remove(&letter.query);
        }
    }

    fn repairs<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, query: Query, answer: Letter) {
        cx.tally(REPAIRED);
        let own = &mut self.places[query.at as usize].rows;
        let here = own.version(query.key).max(query.newest);
        own.set(query.key, here);
        if answer.version < here {
            let repair = Letter { what: What::Write, from: query.at, to: answer.from, version: here, query: 0, ..answer };
            self.post(config, cx, repair);
        }
    }

    /// The query is over for its caller.
    fn answers<R: Record>(
        &mut self,
        cx: &mut Cx<'_, R>,
        number: u64,
        reply: Result<(), Reason>,
    ) {
        let Some(query) = self.leaderless.queries.get_mut(&number) else { return };
        query.is_answered = true;
        let query = *query;
        let waits = cx.core.attempts.get(query.id).is_some_and(|a| a.callee == CalleeSide::Awaiting);
        if !waits {
            return;
        }
        if query.is_read {
            cx.core.attempts[query.id].answer.version = query.newest;
        }
        if !query.is_read && reply.is_ok() {
            cx.counts_from_now(query.id, query.key, query.newest);
        }
        self.leave(cx, query.id, reply);
        cx.reply(query.id, reply);
    }

    /// Not enough copies have answered in time. What was written stays written where it is.
    pub(super) fn too_few_came<R: Record>(&mut self, cx: &mut Cx<'_, R>, number: u64) {
        let Some(query) = self.leaderless.queries.get(&number) else { return };
        if !query.is_answered {
            cx.tally(NO_QUORUM);
            self.answers(cx, number, Err(Reason::NoQuorum));
        }
        self.leaderless.queries.remove(&number);
    }

    /// A copy is down: its queries are over, what it has on its disk stays.
    pub(super) fn forgets_queries(&mut self, at: usize) {
        self.leaderless.queries.retain(|_, query| query.at as usize != at);
    }

    /// Copies can talk again: what was kept for one is sent to it.
    pub(super) fn hands_off<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let due = |hint: &Letter| self.hear(cx, hint.from as usize, hint.to as usize);
        let hints = self.leaderless.hints.iter();
        let due: Vec<(u64, Letter)> = hints.filter(|(_, h)| due(h)).map(|(n, h)| (*n, *h)).collect();
        for (number, hint) in due {
            self.leaderless.hints.remove(&number);
            self.post(config, cx, Letter { query: 0, ..hint });
            cx.release(hint.intent);
        }
    }

    /// What is kept for copies that cannot come.
    pub(super) fn note_hints<R: Record>(&mut self, cx: &mut Cx<'_, R>) {
        // Whatever could be sent was sent when it could.
        let resting = self.leaderless.hints.len() as u64;
        let Some(copies) = copies(cx) else { return };
        let before = std::mem::replace(&mut copies.resting, resting);
        cx.core.resting = cx.core.resting + resting - before;
    }
}
