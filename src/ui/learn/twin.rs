//! The twin run beside the debrief: where the worlds part, how that reached the users, and every figure of both.

use leptos::prelude::*;

use super::card::CardHead;
use super::verdict::link;
use crate::ui::state::model::Model;
use crate::ui::state::twins::{self, Ask, Row};
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

/// What is shown of a comparison, as plain data.
#[derive(Clone, Debug, PartialEq)]
struct Card {
    title: String,
    difference: String,
    parting: String,
    at_ns: Option<u64>,
    chain: Vec<crate::explain::Step>,
    users: Option<String>,
    rows: Vec<Row>,
    hidden: usize,
    /// Its lines are behind the charts.
    charted: bool,
}

fn card(model: &Model) -> Option<Card> {
    let shown = model.twins.shown.as_deref()?;
    let found = &shown.found;
    let (rows, hidden) = twins::table(found);
    Some(Card {
        title: shown.question.title.clone(),
        difference: found.difference.clone(),
        parting: twins::parting(found),
        at_ns: found.parting.as_ref().map(|it| it.at_ns),
        chain: found.chain.clone(),
        users: twins::users(found),
        rows,
        hidden,
        charted: twins::ghost(model).is_some(),
    })
}

#[component]
pub fn TwinRun() -> impl IntoView {
    let store = Store::get();
    let waits = store.memo(|m| m.twins.waits.as_ref().map(|it| it.title.clone()));
    let card = store.memo(card);
    let title = Memo::new(move |_| {
        let shown = card.with(|it| it.as_ref().map(|it| it.title.clone()));
        waits.get().or(shown)
    });
    view! {
        {move || {
            title
                .get()
                .map(|title| {
                    view! {
                        <section
                            class="card twin"
                            id="twin"
                            data-testid="twin"
                            data-done=move || card.with(Option::is_some).to_string()
                            aria-label="Twin run"
                            tabindex="-1"
                        >
                            <CardHead close="Close the twin run" ask=|| Msg::Twins(Ask::Close)>
                                {term("ui.twin", "Twin run")} ", " {title}
                            </CardHead>
                            {move || match card.get() {
                                Some(card) => view! { <Body card=card /> }.into_any(),
                                None => view! { <p role="status">"Both run side by side …"</p> }.into_any(),
                            }}
                        </section>
                    }
                })
        }}
    }
}

#[component]
fn Body(card: Card) -> impl IntoView {
    let store = Store::get();
    let Card {
        difference,
        parting,
        at_ns,
        chain,
        users,
        rows,
        hidden,
        charted,
        ..
    } = card;
    // Where they part is what is looked for; how they do is a long sentence.
    let (where_it_is, how) = match parting.split_once(". ") {
        Some((_, how)) => parting.split_at(parting.len() - how.len()),
        None => (parting.as_str(), ""),
    };
    let jump = at_ns.map(|at_ns| {
        view! {
            <button class="link" data-testid="twin-jump" on:click=move |_| store.send(Msg::Seek(at_ns))>
                "Look at " <time>{words::seconds(at_ns)}</time>
            </button>
        }
    });
    let chain = (!chain.is_empty()).then(|| {
        let links = chain.into_iter().zip(1..);
        let links = links.map(|(step, n)| link(store, step, n)).collect_view();
        view! { <ol class="chain" data-testid="twin-chain" aria-label="From the difference to the users">{links}</ol> }
    });
    view! {
        <p>{rich(&difference)}</p>
        <p data-testid="twin-parting" data-at=at_ns.map(|at| at.to_string())>
            <strong>{rich(where_it_is)}</strong>
            " "
            {rich(how)}
            " "
            {jump}
        </p>
        {chain}
        {users.map(|text| view! { <p data-testid="twin-users">{rich(&text)}</p> })}
        <Table rows=rows />
        {(hidden > 0)
            .then(|| view! { <p class="small muted">"Every other verdict of the ledger is 0 in both."</p> })}
        {charted
            .then(|| view! { <p class="small muted">"The dotted lines in the charts are the twin."</p> })}
    }
}

#[component]
fn Table(rows: Vec<Row>) -> impl IntoView {
    let lines = rows.into_iter().map(|row| {
        let Row {
            key,
            about,
            label,
            cells,
            exact,
        } = row;
        let exact = exact.map(|it| it.map_or(String::new(), |it| it.to_string()));
        let cells = cells.into_iter().zip(exact);
        let cells = cells.map(|(text, exact)| view! { <td data-value=exact>{text}</td> });
        view! {
            <tr data-testid=format!("twin-{key}")>
                <th scope="row">{term(&about, label)}</th>
                {cells.collect_view()}
            </tr>
        }
    });
    view! {
        <table class="deltas" data-testid="twin-table">
            <caption class="sr-only">"Figures of this run and of its twin"</caption>
            <thead>
                <tr>
                    <td></td>
                    <th scope="col">"This run"</th>
                    <th scope="col">"Twin"</th>
                    <th scope="col">"More in the twin"</th>
                </tr>
            </thead>
            <tbody>{lines.collect_view()}</tbody>
        </table>
    }
}

/// What would it have been without? Buttons after a run.
#[component]
pub fn WhatIf() -> impl IntoView {
    let store = Store::get();
    let offers = store.memo(|m| {
        let offers = twins::offers(m).into_iter();
        offers.map(|(text, _)| text).collect::<Vec<String>>()
    });
    let ask = move |nth: usize| {
        let offer = store.peek(|m| twins::offers(m).into_iter().nth(nth));
        if let Some((_, ask)) = offer {
            store.send(Msg::Twins(ask));
        }
    };
    view! {
        <section class="block" hidden=move || offers.with(Vec::is_empty)>
            <h3 class="label">{term("ui.twin", "Compare with a twin run")}</h3>
            <div class="what-if">
                {move || {
                    offers
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(nth, text)| {
                            view! {
                                <button
                                    class="button"
                                    data-testid=format!("what-if-{nth}")
                                    on:click=move |_| ask(nth)
                                >
                                    {text}
                                </button>
                            }
                        })
                        .collect_view()
                }}
            </div>
        </section>
    }
}
