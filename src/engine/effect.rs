//! What a request leaves behind when its work is done.

use super::attempt::AttemptId;
use super::copies::LogEntry;
use super::core::Cx;
use super::digest::Fact;
use super::draw::mix64;
use super::record::{Effect, Record};

impl<R: Record> Cx<'_, R> {
    /// A change was applied at this node on behalf of the attempt.
    pub fn effect(&mut self, id: AttemptId, version: u64) {
        self.effect_on(id, version, None);
    }

    /// The same, where the version is known that its maker had read before.
    pub fn effect_on(&mut self, id: AttemptId, version: u64, based_on: Option<u64>) {
        let attempt = self.core.attempts[id];
        let intent = self.core.intents[attempt.intent];
        let node = &self.program.nodes[self.node as usize];
        let effect = Effect {
            node: self.node,
            // What no user wanted was promised to nobody.
            promised: node.effects[intent.operation as usize].filter(|_| !intent.is_internal),
            attempt: attempt.number,
            version,
            based_on,
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

    /// A change that was applied at this node is not among those that count any more.
    pub fn undone(&mut self, entry: &LogEntry) {
        let intent = self.core.intents[entry.intent];
        let node = &self.program.nodes[self.node as usize];
        let effect = Effect {
            node: self.node,
            promised: node.effects[intent.operation as usize].filter(|_| !intent.is_internal),
            attempt: entry.attempt,
            version: entry.version,
            based_on: None,
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
