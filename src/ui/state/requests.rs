//! Some of the run's requests, looked at: from any count, badge, cell of the heat map or moment to what they have
//! in common, and to examples.

use std::sync::Arc;

use crate::design::diagnostic::Diagnostic;
use crate::observe::requests::{Picked, Selection, What};
use crate::worker::protocol::Command;

use super::model::{Model, Tab};
use super::update::Effect;
use super::{names, words};

/// To the end of everything.
const WHOLE_RUN: (u64, u64) = (0, u64::MAX);

#[derive(Clone, Debug)]
pub enum Ask {
    /// Those.
    Pick(Selection),
    /// Those of the whole run of which this is true.
    All(What),
    /// Those who were told about the moment that is looked at.
    Now,
    /// This one of the examples.
    Example(usize),
    Close,
    Found {
        number: u32,
        found: Box<Picked>,
    },
    Refused {
        number: u32,
        diagnostics: Vec<Diagnostic>,
    },
}

#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// Counts up; an answer to an earlier question is dropped.
    pub asked: u32,
    /// What is looked for or was found.
    pub title: Option<String>,
    pub found: Option<Arc<Picked>>,
    pub example: usize,
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Pick(selection) => pick(model, selection),
        Ask::All(what) => {
            let (from_ns, to_ns) = WHOLE_RUN;
            let selection = Selection {
                from_ns,
                to_ns,
                what,
            };
            pick(model, selection)
        }
        Ask::Now => now(model),
        Ask::Example(nth) => {
            model.requests.example = nth;
            Vec::new()
        }
        Ask::Close => {
            forget(model);
            vec![Effect::Focus("story")]
        }
        Ask::Found { number, found } => {
            if number != model.requests.asked {
                return Vec::new();
            }
            let said = format!("{} requests found.", words::count(found.picked));
            model.said.answer(said);
            model.requests.found = Some(Arc::new(*found));
            vec![Effect::Focus("requests")]
        }
        Ask::Refused {
            number,
            diagnostics,
        } => {
            if number == model.requests.asked {
                let why = diagnostics.first().map_or("", |finding| &finding.message);
                model.toast(format!("The run cannot be made again: {why}"));
                model.requests.title = None;
            }
            Vec::new()
        }
    }
}

/// Another run is on the page.
pub fn forget(model: &mut Model) {
    let asked = model.requests.asked + 1;
    model.requests = Requests {
        asked,
        ..Requests::default()
    };
}

/// About a moment: the bucket of it, or what of the second before it is more.
fn now(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = &model.run.plan else {
        return Vec::new();
    };
    let at = model.run.now.now_ns.min(plan.duration_ns);
    let step = plan.bucket_ns.max(1_000_000_000);
    pick(
        model,
        Selection {
            from_ns: at.saturating_sub(step),
            to_ns: at.max(1),
            what: What::Told,
        },
    )
}

fn pick(model: &mut Model, mut selection: Selection) -> Vec<Effect> {
    if model.is_blind() {
        model.toast("Blind: requests are seen when the run is over.".to_owned());
        return Vec::new();
    }
    if !model.has_begun() {
        model.toast("Nothing has happened yet: run it first.".to_owned());
        return Vec::new();
    }
    // What is to come is not decided: somebody may still do something to the run.
    if !model.is_over() {
        selection.to_ns = selection.to_ns.min(model.run.now.now_ns + 1);
    }
    forget(model);
    model.requests.title = Some(title(model, &selection));
    model.story_open = true;
    model.outline = false;
    model.tab = Tab::Story;
    let command = Command::Find {
        number: model.requests.asked,
        text: model.run.text.clone(),
        seed: model.run.seed,
        selection,
    };
    vec![Effect::Send(command), Effect::Focus("requests")]
}

/// "served after 0.4 to 1.0 s, 30.0 s to 31.0 s"
fn title(model: &Model, selection: &Selection) -> String {
    let ms = |ns: u64| words::ms(ns as f64 / 1e6);
    let what = match &selection.what {
        What::Told => "all who were told something".to_owned(),
        What::Waited { from_ns, to_ns } if *to_ns == u64::MAX => {
            format!("served after {} or more", ms(*from_ns))
        }
        What::Waited { from_ns, to_ns } => {
            format!("served after {} to {}", ms(*from_ns), ms(*to_ns))
        }
        What::Failed { reason: None } => "told that it failed".to_owned(),
        What::Failed {
            reason: Some(reason),
        } => format!("told: {}", words::reason(reason)),
        What::Verdict { code } => code.replace('_', " "),
        What::FailedAt { node, reason } => {
            let name = names::of(&model.doc.scenario.design, node);
            format!("{} at {name}", words::reason(reason))
        }
        What::Action { number } => format!("action #{}", words::count(*number)),
    };
    match (selection.from_ns, selection.to_ns) {
        (0, u64::MAX) => what,
        (0, to) => format!("{what}, up to {}", words::seconds(to)),
        (from, to) => format!("{what}, {} to {}", words::seconds(from), words::seconds(to)),
    }
}

/// What a count of the ledger on the page leads to, by its name there; `None` if it counts no actions.
pub fn of_count(id: &str) -> Option<What> {
    let verdicts = ["lost", "duplicate", "phantom", "partial"];
    let is_verdict = verdicts.contains(&id);
    match id {
        "served" => Some(What::Failed { reason: None }),
        _ => is_verdict.then(|| What::Verdict {
            code: id.to_owned(),
        }),
    }
}

/// How many were found, in a sentence.
pub fn sum(found: &Picked) -> String {
    let all = found.picked + found.others;
    match found.picked {
        0 => format!("None of {} actions.", words::count(all)),
        1 => format!("1 of {} actions.", words::count(all)),
        n => format!("{} of {} actions.", words::count(n), words::count(all)),
    }
}

/// "95 % of these called Stock, 12 % of the others: 8 times as often."
pub fn often(difference: &crate::observe::requests::Difference) -> String {
    let (here, there) = (
        words::percent(difference.picked),
        words::percent(difference.others),
    );
    match difference.ratio() {
        Some(ratio) => format!(
            "{here} of these, {there} of the others: {} times as often",
            words::factor((ratio * 10.0).round() / 10.0)
        ),
        None => format!("{here} of these, none of the others"),
    }
}
