//! What theory says of the selected node, beside what the finished run has.

use crate::experiment::theory::Beside;
use crate::scenario::draw::Thing;

use super::model::Model;
use super::words;

/// What is shown, as text.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// "As M/M/4"
    pub queue: String,
    /// Name, by the formula, in this run.
    pub rows: Vec<(&'static str, String, String)>,
    /// Where the long-term mean of the wait lies, as far as this run can tell.
    pub interval: Option<String>,
    pub says: String,
}

/// Of the one node that is selected; of a design that has changed since, the formula says nothing.
pub fn shown(model: &Model) -> Option<Shown> {
    let Some(Thing::Node(key)) = model.editor.only() else {
        return None;
    };
    let fits = !model.has_pending() && model.is_over();
    let beside = model.run.theory.iter().find(|it| it.node == *key);
    beside.filter(|_| fits).map(of)
}

fn of(it: &Beside) -> Shown {
    let ms = |ns: f64| words::ms(ns / 1e6);
    let or = |ns: Option<f64>, none: &str| ns.map_or(none.to_owned(), ms);
    let busy = it.utilisation.map_or("–".to_owned(), words::percent);
    Shown {
        queue: it.queue.clone(),
        rows: vec![
            ("Slots in use", words::percent(it.load), busy),
            (
                "Mean wait",
                or(it.wait_ns, "no end"),
                or(it.measured_ns, "–"),
            ),
        ],
        interval: it.interval_ns.map(|(low, high)| {
            format!("95 of 100 such runs: between {} and {}.", ms(low), ms(high))
        }),
        says: it.says.clone(),
    }
}
