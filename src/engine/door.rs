//! The door of a node: what a callee looks at before it lets a request in. How large it is, whether its
//! sender is who it says, whether it is in a version of the interface that the callee understands, whether
//! its user has a right to it.
//!
//! Most requests pass doors at which nobody looks: a link counts what there is to look at.

use super::attempt::{Attempt, AttemptId, Intent, Parent};
use super::core::Core;
use super::link_program::LinkProgram;
use super::node::NodeConfig;
use super::node::delivery::Receipt;
use super::program::{NodeProgram, OperationProgram, Program};
use super::reason::Reason;
use crate::design::CallMode;
use crate::design::value::MICRO;

/// Versions of an interface: the newest, which is also the one that is spoken, and the oldest that is
/// still understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    pub newest: u8,
    pub oldest: u8,
}

impl Default for Contract {
    fn default() -> Contract {
        Contract {
            newest: 1,
            oldest: 1,
        }
    }
}

impl Contract {
    pub fn understands(self, version: u8) -> bool {
        (self.oldest..=self.newest).contains(&version)
    }
}

/// Finds the links whose callees look at what comes.
pub(super) fn compile(
    links: &mut [LinkProgram],
    nodes: &[NodeProgram],
    operations: &[OperationProgram],
) {
    let usual = Contract::default();
    let differs = nodes.iter().any(|node| node.contract != usual)
        || operations.iter().any(|op| op.contract != usual.newest);
    for link in links {
        let callee = &nodes[link.to as usize];
        link.is_looked_at = link.signed_for.is_some()
            || callee.checks_rights
            || callee.max_request_size.is_some()
            || differs && matches!(callee.config, NodeConfig::Service(_));
    }
}

impl Program {
    /// Bytes of a request of this intent.
    pub fn request_size(&self, intent: &Intent) -> u64 {
        let size = self.operations[intent.operation as usize].request_size;
        match &self.nodes[intent.clients as usize].config {
            NodeConfig::Clients(clients) if intent.is_oversized => {
                let size = u128::from(size) * u128::from(clients.oversize.0) / u128::from(MICRO);
                u64::try_from(size).unwrap_or(u64::MAX)
            }
            _ => size,
        }
    }
}

impl Core {
    /// Counts anew what there is to look at behind each link.
    pub(super) fn refresh_doors(&mut self, program: &Program) {
        let versions = self.versions.iter().any(|versions| versions.has_contracts);
        for (state, link) in self.links.iter_mut().zip(&program.links) {
            state.door = state.strangers + u32::from(link.is_looked_at) + u32::from(versions);
        }
    }

    /// Why a request is not let in by a callee that listens.
    #[cold]
    pub(super) fn turned_away(&self, program: &Program, id: AttemptId) -> Option<Reason> {
        let attempt = &self.attempts[id];
        let link = &program.links[attempt.link as usize];
        if self.links[attempt.link as usize].strangers > 0 {
            return Some(Reason::Unauthenticated);
        }
        if attempt.mode == CallMode::Probe {
            return None;
        }
        let intent = &self.intents[attempt.intent];
        let callee = &program.nodes[link.to as usize];
        let is_large = |most: u64| program.request_size(intent) > most;
        if callee.max_request_size.is_some_and(is_large) {
            return Some(Reason::InvalidInput);
        }
        if let Some(tolerance) = link.signed_for {
            let at = |node: u16, instance: u16, time: u64| {
                i128::from(time) + self.modifiers[node as usize].skew(instance)
            };
            let signed = at(link.from, attempt.from, attempt.sent.0);
            let now = at(link.to, attempt.instance, self.now().0);
            if (now - signed).unsigned_abs() > u128::from(tolerance.0) {
                return Some(Reason::Unauthenticated);
            }
        }
        if matches!(callee.config, NodeConfig::Service(_)) {
            let contract = self.contract(program, link.to, attempt.instance);
            let asked = self.asked_in(program, attempt);
            if asked.is_some_and(|version| !contract.understands(version)) {
                return Some(Reason::ContractMismatch);
            }
        }
        (callee.checks_rights && intent.lacks_right).then_some(Reason::Forbidden)
    }

    /// The version of the interface in which a request asks: that of whoever made it. Balancers and caches
    /// hand on what they were asked in; nobody's request has none.
    pub fn asked_in(&self, program: &Program, attempt: &Attempt) -> Option<u8> {
        let from = program.links[attempt.link as usize].from;
        match &program.nodes[from as usize].config {
            NodeConfig::Clients(_) => {
                let operation = self.intents[attempt.intent].operation;
                Some(program.operations[operation as usize].contract)
            }
            NodeConfig::Service(_) | NodeConfig::Worker(_) => {
                Some(self.contract(program, from, attempt.from).newest)
            }
            NodeConfig::Queue(_) => match Receipt::from_bits(attempt.payload).contract {
                0 => None,
                version => Some(version),
            },
            NodeConfig::Balancer(_) | NodeConfig::Cache(_) => {
                match self.calls.get(attempt.call)?.parent {
                    Parent::Attempt(parent) => self.asked_in(program, self.attempts.get(parent)?),
                    Parent::Intent | Parent::Node => None,
                }
            }
            _ => None,
        }
    }
}
