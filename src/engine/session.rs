//! What a request that carries out a plan keeps between its calls to databases: the versions it has read,
//! and the connections that its open transactions hold.
//!
//! A transaction takes a connection of the link's pool when it begins, and all its statements go over that
//! one. It is given back when the answer to the commit is there. When the request ends before, however it
//! ends, the connection is thrown away: the pool has its place again at once, and the database hears of it
//! as soon as the word gets there (or never, over a link that is cut).

use std::collections::BTreeMap;

use super::attempt::{AttemptId, Parent};
use super::core::{Core, Cx};
use super::draw::Purpose;
use super::event::Event;
use super::node::database::HANGS_UP;
use super::program::Program;
use super::record::Record;
use super::stock::Taken;
use crate::design::RowOf;
use crate::time::Duration;

/// In place of the number of a transaction: it could not be begun, or has failed, and the plan goes on all
/// the same because it has responded already. Its statements are left out.
pub const DEAD: u32 = u32::MAX;

/// A version of a row that a request has seen.
#[derive(Clone, Copy)]
struct Seen {
    store: u16,
    row: RowOf,
    version: u64,
    taken: Taken,
}

/// An open transaction, as its caller knows it.
#[derive(Clone, Copy)]
pub struct Opened {
    /// What the database calls it; never 0.
    pub number: u32,
    pub link: u16,
    /// Instance of the caller, and copy of the database.
    from: u16,
    pub at: u16,
    /// It has a connection of the link's pool.
    holds_connection: bool,
}

#[derive(Clone, Default)]
struct Session {
    seen: Vec<Seen>,
    /// The one begun last is the last.
    open: Vec<Opened>,
}

/// By the slot of the request's record.
#[derive(Clone, Default)]
pub struct Sessions {
    of: BTreeMap<usize, Session>,
}

impl Sessions {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// The request has seen this version of a row.
    pub fn saw(
        &mut self,
        id: AttemptId,
        (store, row): (u16, RowOf),
        (version, taken): (u64, Taken),
    ) {
        let seen = &mut self.of.entry(id.slot()).or_default().seen;
        match seen.iter_mut().find(|s| (s.store, s.row) == (store, row)) {
            Some(known) => (known.version, known.taken) = (version, taken),
            None => seen.push(Seen {
                store,
                row,
                version,
                taken,
            }),
        }
    }

    /// And the units that it says are taken.
    pub fn seen(&self, id: AttemptId, store: u16, row: RowOf) -> Option<(u64, Taken)> {
        let seen = &self.of.get(&id.slot())?.seen;
        let known = seen.iter().find(|s| (s.store, s.row) == (store, row));
        known.map(|known| (known.version, known.taken))
    }

    /// The transaction that a statement of the request over this link belongs to.
    pub fn innermost(&self, id: AttemptId, link: u16) -> Option<Opened> {
        let open = &self.of.get(&id.slot())?.open;
        open.iter().rfind(|tx| tx.link == link).copied()
    }

    /// There is no such transaction, and the plan goes on.
    pub fn opened_dead(&mut self, id: AttemptId, link: u16) {
        self.of.entry(id.slot()).or_default().open.push(Opened {
            number: DEAD,
            link,
            from: 0,
            at: 0,
            holds_connection: false,
        });
    }

    /// The innermost transaction over this link is over.
    pub fn closed(&mut self, id: AttemptId, link: u16) -> Option<Opened> {
        let open = &mut self.of.get_mut(&id.slot())?.open;
        let at = open.iter().rposition(|tx| tx.link == link)?;
        Some(open.remove(at))
    }
}

impl Core {
    /// The caller knows that its transaction is open: the connection is the transaction's from here on.
    pub(super) fn transaction_opened(&mut self, id: AttemptId) {
        let attempt = self.attempts[id];
        let Parent::Attempt(request) = self.calls[attempt.call].parent else {
            return;
        };
        self.attempts[id].holds_connection = false;
        let opened = Opened {
            number: attempt.answer.version as u32,
            link: attempt.link,
            from: attempt.from,
            at: attempt.instance,
            holds_connection: attempt.holds_connection,
        };
        let of = self.sessions.of.entry(request.slot());
        of.or_default().open.push(opened);
    }

    /// Nobody waits any more for the beginning of a transaction that may be open by now.
    pub(super) fn beginning_given_up(&mut self, program: &Program, id: AttemptId) {
        let attempt = &self.attempts[id];
        let (link, number) = (attempt.link, attempt.answer.version as u32);
        if number != 0 {
            self.hang_up(program, link, number, id);
        }
    }

    /// The caller knows that its transaction is committed.
    pub(super) fn transaction_committed<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
    ) {
        let attempt = &self.attempts[id];
        let Parent::Attempt(request) = self.calls[attempt.call].parent else {
            return;
        };
        if let Some(tx) = self.sessions.closed(request, attempt.link) {
            self.give_back(program, record, tx);
        }
    }

    fn give_back<R: Record>(&mut self, program: &Program, record: &mut R, tx: Opened) {
        if tx.holds_connection {
            self.connection_free(program, record, tx.link as usize, tx.from);
        }
    }

    /// Closes the connection of a transaction: the database rolls it back when it hears of that.
    fn hang_up(&mut self, program: &Program, link: u16, number: u32, id: AttemptId) {
        let address = self.attempts[id].address;
        let state = &self.links[link as usize];
        if state.requests_cut > 0 || state.holds > 0 {
            return;
        }
        let delay = state.delay(program, link as usize, Purpose::CancelDelay, address);
        let (at, node) = (
            self.now() + Duration(delay),
            program.links[link as usize].to,
        );
        let arg = u64::from(number);
        self.calendar.at(
            at,
            Event::Local {
                node,
                code: HANGS_UP,
                arg,
            },
        );
    }
}

impl<R: Record> Cx<'_, R> {
    /// The innermost transaction of a request over a link has failed.
    pub(super) fn roll_back(&mut self, id: AttemptId, link: u16) {
        if let Some(tx) = self.core.sessions.closed(id, link) {
            self.thrown_away(id, tx);
        }
    }

    fn thrown_away(&mut self, id: AttemptId, tx: Opened) {
        if tx.number != DEAD {
            self.core.hang_up(self.program, tx.link, tx.number, id);
            self.core.give_back(self.program, self.record, tx);
        }
    }

    /// The request is over: what it has seen is forgotten, what it has not committed is rolled back.
    #[cold]
    pub(super) fn end_session(&mut self, id: AttemptId) {
        let Some(session) = self.core.sessions.of.remove(&id.slot()) else {
            return;
        };
        for tx in session.open.into_iter().rev() {
            self.thrown_away(id, tx);
        }
    }
}
