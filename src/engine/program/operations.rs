//! What users do: operations with the nodes where they must leave their effects.

use std::sync::Arc;

use super::super::draw::{Threshold, place_hash};
use super::{Compiler, OperationProgram, Program, sorted};
use crate::design::order::arrange;
use crate::design::registry::OPERATION;
use crate::design::{CallMode, Settings};

pub(super) fn compile(c: &Compiler<'_>, base: Option<&Program>) -> Vec<OperationProgram> {
    let all = c.design.operations.iter();
    let undone = all.filter_map(|op| Settings::new(&OPERATION, &op.knobs).opt_text("undoes"));
    let undone: Vec<String> = undone.collect();
    let all = c.design.operations.iter();
    let completed = all.filter_map(|op| Settings::new(&OPERATION, &op.knobs).opt_text("completes"));
    let completed: Vec<String> = completed.collect();
    sorted(&c.design.operations, |o| &o.key)
        .into_iter()
        .map(|op| {
            let knobs = Settings::new(&OPERATION, &op.knobs);
            let mode = match knobs.choice("kind") {
                "write" => CallMode::Write,
                _ => CallMode::Read,
            };
            let named = knobs.opt_names("clients");
            let performers: Vec<&str> = c
                .design
                .nodes
                .iter()
                .filter(|n| n.kind.name == "clients")
                .map(|n| n.key.as_str())
                .filter(|k| {
                    named
                        .as_ref()
                        .is_none_or(|names| names.iter().any(|n| n == k))
                })
                .collect();
            let says_effects = knobs.opt_names("effects").is_some();
            let effects = match (mode, knobs.opt_names("effects")) {
                (CallMode::Write, Some(names)) => names.iter().map(|n| c.node(n)).collect(),
                (CallMode::Write, None) => {
                    let by_jobs = c.jobs_of(&op.key).filter(|_| knobs.count("weight") == 0);
                    let all: Vec<&str> = performers.iter().copied().chain(by_jobs).collect();
                    c.stores_behind(&all)
                }
                _ => Vec::new(),
            };
            OperationProgram {
                key: op.key.clone(),
                place: place_hash("operation", &op.key),
                key_space: match knobs.opt_text("key_space") {
                    Some(name) => place_hash("key space", &name),
                    None => place_hash("operation", &op.key),
                },
                mode,
                priority: knobs.choice_number("priority"),
                weight: knobs.count("weight"),
                poison: Threshold::new(knobs.share("poison_share")),
                clients: {
                    let mut numbers: Vec<u16> = performers.iter().map(|k| c.node(k)).collect();
                    arrange(&mut numbers, Ord::cmp);
                    numbers
                },
                // Which items there are cannot change during a run.
                items: match base {
                    Some(base) => Arc::clone(&base.operations[c.operation(&op.key) as usize].items),
                    None => Arc::new(super::super::popularity::Popularity::compile(&knobs)),
                },
                effects,
                says_effects,
                undoes: knobs.opt_text("undoes").map(|key| c.operation(&key)),
                can_be_undone: undone.contains(&op.key),
                completes: knobs.opt_text("completes").map(|key| c.operation(&key)),
                can_be_completed: completed.contains(&op.key),
                contract: knobs.count("contract") as u8,
                request_size: knobs.count("request_size"),
                response_size: knobs.count("response_size"),
            }
        })
        .collect()
}
