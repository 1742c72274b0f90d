//! What a balancer does to the requests of real scenario files: who gets them, who is left out, who is
//! turned away.

mod choice;
mod ends;
mod gates;
mod health;

use std::sync::Arc;

use brownout::engine::attempt::{Attempt, Intent, IntentId};
use brownout::engine::record::Record;
use brownout::engine::{Limits, Program, Run};
use brownout::experiment;
use brownout::observe::report::{LinkReport, NodeReport, Report};
use brownout::scenario::Scenario;
use brownout::time::Time;

fn scenario(text: &str) -> Scenario {
    Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"))
}

fn program(text: &str) -> Arc<Program> {
    experiment::compile(&scenario(text), Limits::NATIVE)
}

fn report(text: &str) -> Report {
    experiment::run(&scenario(text), program(text), 1)
}

fn node<'r>(report: &'r Report, key: &str) -> &'r NodeReport {
    report.nodes.iter().find(|node| node.key == key).unwrap()
}

fn link<'r>(report: &'r Report, key: &str) -> &'r LinkReport {
    report.links.iter().find(|link| link.key == key).unwrap()
}

/// Users, a balancer with these knobs, and services `a`, `b`, ... with theirs; links are called after
/// their service. More tables may follow.
fn behind_a_door(users: &str, door: &str, services: &[(&str, &str)], more: &str) -> String {
    let mut text = format!(
        "format = 1\n[run]\nduration = \"20 s\"\n[clients.users]\n{users}\n[balancer.door]\n{door}\n\
         [link.visit]\nfrom = \"users\"\nto = \"door\"\n"
    );
    if !more.contains("[operation.") {
        text += "[operation.look]\nkind = \"read\"\n";
    }
    for (key, knobs) in services {
        text += &format!(
            "[service.{key}]\n{knobs}\n[link.to_{key}]\nfrom = \"door\"\nto = \"{key}\"\n"
        );
    }
    text + more
}

/// One try that reached its end.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Try {
    node: u16,
    instance: u16,
    number: u16,
    address: u64,
    item: u64,
    identity: u32,
    sent: Time,
}

/// Writes down every try of a user's request.
#[derive(Clone, Default)]
struct Tries(Vec<Try>);

impl Record for Tries {
    fn attempt_over(&mut self, _: &Program, _: Time, _: IntentId, intent: &Intent, a: &Attempt) {
        self.0.push(Try {
            node: a.node,
            instance: a.instance,
            number: a.number,
            address: intent.address.0,
            item: intent.item,
            identity: intent.identity,
            sent: a.sent,
        });
    }
}

/// The tries that went to nodes other than the balancer, and the program.
fn tries(text: &str) -> (Vec<Try>, Arc<Program>) {
    let program = program(text);
    let mut run = Run::new(program.clone(), 1, Tries::default());
    run.finish();
    let door = number(&program, "door");
    let mut tries = run.record.0;
    tries.retain(|t| t.node != door);
    (tries, program)
}

fn number(program: &Program, key: &str) -> u16 {
    program
        .nodes
        .iter()
        .position(|node| node.key == key)
        .unwrap() as u16
}
