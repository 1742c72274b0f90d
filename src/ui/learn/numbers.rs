//! The finished run in numbers, each with its exact value for machines.

use leptos::prelude::*;

use crate::observe::report::{Ended, Report};
use crate::ui::state::requests::{self, Ask};
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::term::term;

/// One line: test id, what it is, as text, exactly as the report has it.
type Fact = (&'static str, &'static str, String, String);

#[component]
pub fn Numbers() -> impl IntoView {
    let store = Store::get();
    let facts = store.memo(|m| {
        m.run
            .report
            .as_ref()
            .map(|r| (facts(r), r.digest.clone(), ended(r)))
    });
    view! {
        {move || {
            facts
                .get()
                .map(|(facts, digest, ended)| {
                    view! {
                        <section class="block" data-testid="numbers">
                            <h2 class="label">"This run in numbers"</h2>
                            <dl class="facts">
                                {facts
                                    .into_iter()
                                    .map(|(id, name, text, exact)| {
                                        view! {
                                            <dt>{term(&about(id), name)}</dt>
                                            <dd data-testid=id data-value=exact>{count(store, id, text)}</dd>
                                        }
                                    })
                                    .collect_view()}
                            </dl>
                            <p class="small muted ended">{ended}</p>
                            <p class="small muted">{term("ui.digest", "Run fingerprint")}</p>
                            <p class="facts print" data-testid="digest" data-value=digest.clone()>{digest.clone()}</p>
                        </section>
                    }
                })
        }}
    }
}

/// What counts requests leads to them.
fn count(store: Store, id: &str, text: String) -> AnyView {
    let nothing = matches!(text.as_str(), "0" | "100 %" | "–");
    match requests::of_count(id).filter(|_| !nothing) {
        Some(what) => {
            let ask = move |_| store.send(Msg::Requests(Ask::All(what.clone())));
            view! {
                <button class="plain" on:click=ask>
                    {text} <span class="sr-only">": show these requests"</span>
                </button>
            }
            .into_any()
        }
        None => text.into_any(),
    }
}

/// The word of the glossary for a line.
fn about(id: &str) -> String {
    match id {
        "offered" => "chart.throughput".into(),
        "p50" | "p99" => format!("metric.latency_{id}"),
        metric => format!("metric.{metric}"),
    }
}

/// Exact values are written as the JSON report writes them.
fn exact<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn facts(r: &Report) -> Vec<Fact> {
    let users = &r.users;
    let ms = |ns: Option<u64>| ns.map_or("–".into(), |ns| words::ms(ns as f64 / 1e6));
    let share = users.served_share.map_or("–".into(), words::percent);
    let tries = users.tries_per_action.map_or("–".into(), words::factor);
    vec![
        ("served", "Users served", share, exact(&users.served_share)),
        (
            "goodput",
            "Useful replies",
            words::rate(users.goodput_per_s),
            exact(&users.goodput_per_s),
        ),
        (
            "offered",
            "Requests arriving",
            words::rate(users.offered_per_s),
            exact(&users.offered_per_s),
        ),
        (
            "amplification",
            "Tries per action",
            tries,
            exact(&users.tries_per_action),
        ),
        (
            "p50",
            "p50, half are faster",
            ms(users.latency.p50_ns),
            exact(&users.latency.p50_ns),
        ),
        (
            "p99",
            "p99, slowest in a hundred",
            ms(users.latency.p99_ns),
            exact(&users.latency.p99_ns),
        ),
        (
            "lost",
            "Data: lost",
            words::count(r.ledger.lost),
            exact(&r.ledger.lost),
        ),
        (
            "duplicate",
            "Data: done twice",
            words::count(r.ledger.duplicate),
            exact(&r.ledger.duplicate),
        ),
        (
            "phantom",
            "Data: done, told failed",
            words::count(r.ledger.phantom),
            exact(&r.ledger.phantom),
        ),
        (
            "cost",
            "Cost per hour",
            words::money(r.cost.total_micro_per_hour),
            exact(&r.cost.total_micro_per_hour),
        ),
    ]
}

fn ended(r: &Report) -> String {
    let (from, to) = r.measure_ns;
    let measured = format!(
        "Measured from {} to {}, seed {}. Data: the whole run.",
        words::seconds_short(from),
        words::seconds_short(to),
        r.seed
    );
    match &r.ended {
        Ended::Settled => measured,
        Ended::Unsettled { open, stuck: true } => format!(
            "{measured} {} tries, messages and runs of jobs wait for ever: what they wait for was lost, and nobody set a timeout, or it does not come back.",
            words::count(*open)
        ),
        Ended::Unsettled { open, .. } => format!(
            "{measured} {} tries, messages and runs of jobs were still open ten minutes after the end.",
            words::count(*open)
        ),
        Ended::BacklogLimit { at_ns, limit } => format!(
            "{measured} Stopped at {}: more than {} requests were under way, the most this page simulates.",
            words::seconds(*at_ns),
            words::count(*limit)
        ),
        Ended::EventLimit { at_ns, limit } => format!(
            "{measured} Stopped at {}: more than {} events.",
            words::seconds(*at_ns),
            words::count(*limit)
        ),
    }
}
