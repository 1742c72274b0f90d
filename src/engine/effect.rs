//! What a request leaves behind when its work is done.

use super::attempt::{AttemptId, Intent};
use super::copies::LogEntry;
use super::core::Cx;
use super::digest::Fact;
use super::draw::mix64;
use super::record::{Completes, Effect, Record, Undoes};

/// A change of a row.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    pub row: u64,
    /// The row's version after it.
    pub version: u64,
    /// The version that its maker had read before and computed it from, if it says so.
    pub based_on: Option<u64>,
    /// It is what the operation promises here.
    pub promised: bool,
    /// It does not count before enough copies have it.
    pub pending: bool,
}

impl<R: Record> Cx<'_, R> {
    /// A change was applied at this node on behalf of the attempt.
    pub fn effect(&mut self, id: AttemptId, version: u64) {
        let row = self.core.intents[self.core.attempts[id].intent].item;
        self.effect_on(
            id,
            Changed {
                row,
                version,
                based_on: None,
                promised: true,
                pending: false,
            },
        );
    }

    /// The attempt takes back what an action had left at this node.
    pub fn takes_back(&mut self, id: AttemptId, undoes: Undoes) {
        let row = self.core.intents[self.core.attempts[id].intent].item;
        let changed = Changed {
            row,
            version: 0,
            based_on: None,
            promised: true,
            pending: false,
        };
        self.applies(id, changed, Some(undoes));
    }

    /// The same, where more is known of the change.
    pub fn effect_on(&mut self, id: AttemptId, changed: Changed) {
        self.applies(id, changed, None);
    }

    fn applies(&mut self, id: AttemptId, changed: Changed, undoes: Option<Undoes>) {
        let Changed {
            row,
            version,
            based_on,
            promised,
            pending,
        } = changed;
        let attempt = self.core.attempts[id];
        let intent = self.core.intents[attempt.intent];
        let node = &self.program.nodes[self.node as usize];
        let effect = Effect {
            node: self.node,
            // What no user wanted was promised to nobody.
            promised: node.effects[intent.operation as usize]
                .filter(|_| promised && !intent.is_internal),
            attempt: attempt.number,
            version,
            row,
            based_on,
            undoes,
            completes: self.completes(&intent, promised && undoes.is_none()),
            pending,
            lacks_right: intent.lacks_right,
        };
        let place = self.node as usize;
        self.core.fact(
            place,
            node.place ^ mix64(version),
            Fact::Effect,
            intent.address.0,
            attempt.number,
            0,
        );
        self.record
            .effect(self.program, self.now(), attempt.intent, &intent, effect);
    }

    /// Whose promise a change here keeps, if it is made for an action that another operation has left without it.
    fn completes(&self, intent: &Intent, promised: bool) -> Option<Completes> {
        let action = intent.completes;
        if action == 0 || !promised {
            return None;
        }
        let operation = self.program.operations[intent.operation as usize].completes?;
        let node = &self.program.nodes[self.node as usize];
        let promised = node.effects[operation as usize]?;
        Some(Completes { action, promised })
    }

    /// A change of a row that was pending counts from now on: enough copies have it.
    pub fn counts_from_now(&mut self, id: AttemptId, row: u64, version: u64) {
        let intent = self.core.attempts[id].intent;
        let (now, node) = (self.now(), self.node);
        let wanted = &self.core.intents[intent];
        self.record
            .counts(self.program, now, intent, wanted, (node, row, version));
    }

    /// A change that was applied at this node is not among those that count any more.
    pub fn undone(&mut self, entry: &LogEntry) {
        let intent = self.core.intents[entry.intent];
        let node = &self.program.nodes[self.node as usize];
        let effect = Effect {
            node: self.node,
            promised: node.effects[intent.operation as usize]
                .filter(|_| entry.promised && !intent.is_internal),
            attempt: entry.attempt,
            version: entry.version,
            row: entry.key,
            // Who reads no row before changes the one that is there.
            based_on: entry.based_on.or(Some(entry.before)),
            undoes: None,
            completes: self.completes(&intent, entry.promised),
            pending: false,
            lacks_right: intent.lacks_right,
        };
        let place = self.node as usize;
        let what = node.place ^ mix64(entry.version);
        let address = intent.address.0;
        self.core
            .fact(place, what, Fact::Undone, address, entry.attempt, 0);
        let now = self.now();
        self.record
            .undone(self.program, now, entry.intent, &intent, effect);
    }
}
