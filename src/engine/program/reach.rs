//! Who reaches whom, while a design is compiled: where an operation, and a job that does it, can leave
//! something.

use std::collections::BTreeMap;

use super::{Compiler, OperationProgram};
use crate::design::{CallMode, Link, Node};

impl<'a> Compiler<'a> {
    /// The kind of what a link leads to.
    pub(super) fn kind_behind(&self, link: u16) -> &'static str {
        let found = self.links.iter().find(|(_, number)| **number == link);
        let (key, _) = found.expect("a number of a link");
        let mut links = self.design.links.iter();
        let link = links.find(|l| l.key == **key).expect("it has a number");
        self.node_by_key(&link.to).kind.name
    }

    /// Where a job that does this operation changes something: where the operation says, or at every
    /// database and third party that the job reaches.
    pub(super) fn changed_by(&self, job: &Node, op: &OperationProgram) -> Vec<u16> {
        match op.mode {
            CallMode::Write if op.says_effects => op.effects.clone(),
            CallMode::Write => self.stores_behind(&[&job.key]),
            _ => Vec::new(),
        }
    }

    /// Jobs that do this operation.
    pub(super) fn jobs_of(&self, operation: &str) -> impl Iterator<Item = &'a str> {
        let design = self.design;
        let does = move |node: &&Node| {
            let done = design.operation_of(node);
            node.kind.name == "job" && done.is_some_and(|op| op.key == operation)
        };
        let jobs = design.nodes.iter().filter(does);
        jobs.map(|node| node.key.as_str())
    }

    /// Databases and third parties that requests from these nodes can reach.
    pub(super) fn stores_behind(&self, from: &[&str]) -> Vec<u16> {
        let keeps =
            |key: &&str| matches!(self.node_by_key(key).kind.name, "database" | "third_party");
        let reached = self.reachable(from).into_iter().filter(keeps);
        reached.map(|key| self.node(key)).collect()
    }

    /// For dead letters, or for their way back.
    pub(super) fn is_between_queues(&self, link: &Link) -> bool {
        let is_queue = |key: &str| self.node_by_key(key).kind.name == "queue";
        is_queue(&link.from) && is_queue(&link.to)
    }

    /// The feeds that follow a database.
    fn followers<'k>(&self, database: &'k str) -> impl Iterator<Item = &'k str>
    where
        'a: 'k,
    {
        let design = self.design;
        let follows = move |link: &&Link| {
            let from = design.node(&link.from);
            link.to == database && from.is_some_and(|node| node.kind.name == "feed")
        };
        let links = design.links.iter().filter(follows);
        links.map(|link| link.from.as_str())
    }

    /// Keys of all nodes that requests from these nodes can reach, in order of their keys.
    pub(super) fn reachable<'k>(&self, from: &[&'k str]) -> Vec<&'k str>
    where
        'a: 'k,
    {
        let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
        let mut open: Vec<&str> = from.to_vec();
        while let Some(key) = open.pop() {
            if seen.insert(key, ()).is_none() {
                // What happens to dead letters is nothing that a user was promised.
                let links = self.links_from(key).into_iter();
                let links = links.filter(|l| !self.is_between_queues(l));
                open.extend(links.map(|l| l.to.as_str()));
                // What is written there is published by those who follow.
                open.extend(self.followers(key));
            }
        }
        seen.into_keys().collect()
    }
}
