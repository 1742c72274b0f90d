//! Other futures of a run: somebody has gone back, done something, and what had happened without it is kept.
//! A run follows from its text and seed, so that is what is kept of it.

use std::sync::Arc;

use crate::observe::twin::Planned;
use crate::scenario::draw::Edit;
use crate::scenario::live::Act;
use crate::time::Duration;

use super::model::{Ghost, Model};
use super::running::restart;
use super::update::Effect;
use super::{names, twins, words};

#[derive(Clone, Debug)]
pub enum Ask {
    /// Go on with this one; the present one is kept in its place.
    Go(usize),
    /// What is different in it?
    Compare(usize),
    Forget(usize),
}

/// One other future.
#[derive(Clone, Debug)]
pub struct Branch {
    /// "without: crash Catalogue at 30.0 s"
    pub name: String,
    pub text: String,
    pub seed: u64,
    /// Where the futures part.
    pub at_ns: u64,
    /// How it went, if somebody has seen its end.
    pub ghost: Option<Arc<Ghost>>,
}

/// More would be a list that nobody reads; the oldest go first.
const MOST: usize = 6;

/// Something is about to be done at a moment that had already been passed: the other future is kept.
pub fn keep(model: &mut Model, act: &Act, at_ns: u64) {
    if at_ns >= model.run.seen_ns {
        return;
    }
    let name = format!("without: {}, {}", called(model, act), words::seconds(at_ns));
    let branch = present(model, name, at_ns);
    push(model, branch);
}

/// "slow catalogue"
fn called(model: &Model, act: &Act) -> String {
    match act {
        Act::Add { what, fields } => {
            let target = fields.iter().find(|(name, _)| name == "target");
            let design = &model.doc.scenario.design;
            let target = target.map_or("", |(_, target)| names::of(design, target));
            format!("{} {target}", what.replace('_', " "))
                .trim_end()
                .to_owned()
        }
        Act::End { number } => format!("the end of entry {}", number + 1),
        Act::Tune { path, value } => format!("{path} = {value}"),
    }
}

fn present(model: &Model, name: String, at_ns: u64) -> Branch {
    let report = model.run.report.as_ref();
    Branch {
        name,
        text: model.run.text.clone(),
        seed: model.run.seed,
        at_ns,
        ghost: report.map(|report| {
            Arc::new(Ghost {
                series: Arc::clone(&model.run.series),
                report: Arc::clone(report),
            })
        }),
    }
}

fn push(model: &mut Model, branch: Branch) {
    if model.branches.len() == MOST {
        model.branches.remove(0);
    }
    model.branches.push(branch);
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Forget(nth) => {
            if nth < model.branches.len() {
                model.branches.remove(nth);
            }
            Vec::new()
        }
        Ask::Go(nth) => go(model, nth),
        Ask::Compare(nth) => {
            let Some(branch) = model.branches.get(nth).cloned() else {
                return Vec::new();
            };
            let planned = Planned {
                text: format!("The twin is another future of this run: {}.", branch.name),
                at_ns: Some(branch.at_ns),
            };
            twins::compare(model, branch.name, Ok(branch.text), planned)
        }
    }
}

fn go(model: &mut Model, nth: usize) -> Vec<Effect> {
    let Some(branch) = model.branches.get(nth).cloned() else {
        return Vec::new();
    };
    let name = match branch.name.strip_prefix("without: ") {
        Some(what) => format!("with: {what}"),
        None => branch.name.replacen("with: ", "without: ", 1),
    };
    let here = present(model, name, branch.at_ns);
    let change = Edit::All {
        name: format!("Another future, {}", branch.name),
        edits: vec![Edit::Replace {
            text: branch.text.clone(),
        }],
    };
    if let Err(findings) = model.doc.apply(change) {
        let why = findings.first().map_or("", |finding| &finding.message);
        model.toast(format!("It cannot be opened: {why}"));
        return Vec::new();
    }
    model.branches[nth] = here;
    model.seed = branch.seed;
    let mut effects = restart(model, false);
    model.run.look_at_ns = Some(branch.at_ns);
    let said = format!("{}: at {}.", branch.name, words::seconds(branch.at_ns));
    model.said.answer(said);
    effects.push(Effect::Save);
    effects
}

/// One line of the list.
pub fn line(branch: &Branch) -> String {
    let parts = Duration(branch.at_ns);
    match &branch.ghost {
        Some(ghost) => {
            let served = ghost.report.users.served_share;
            let served = served.map_or("–".to_owned(), words::percent);
            format!("{served} served; parts at {parts}")
        }
        None => format!("parts at {parts}; not seen to its end"),
    }
}
