//! Some of the run's requests: how many, what is different about them, examples.

use leptos::prelude::*;

use super::card::CardHead;
use super::evidence;
use crate::observe::requests::Difference;
use crate::ui::state::requests::{self, Ask};
use crate::ui::state::update::Msg;
use crate::ui::state::waterfall;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

#[component]
pub fn Requests() -> impl IntoView {
    let store = Store::get();
    let title = store.memo(|m| m.requests.title.clone());
    let sum = store.memo(|m| m.requests.found.as_deref().map(requests::sum));
    view! {
        {move || {
            title
                .get()
                .map(|title| {
                    view! {
                        <section
                            class="card requests"
                            id="requests"
                            data-testid="requests"
                            data-done=move || sum.with(Option::is_some).to_string()
                            aria-label="Requests"
                            tabindex="-1"
                        >
                            <CardHead close="Close the requests" ask=|| Msg::Requests(Ask::Close)>
                                {term("ui.requests", "Requests")} ": " {rich(&title)}
                            </CardHead>
                            {move || match sum.get() {
                                Some(sum) => view! { <Body sum=sum /> }.into_any(),
                                None => view! { <p role="status">"The run is made once more …"</p> }.into_any(),
                            }}
                        </section>
                    }
                })
        }}
    }
}

#[component]
fn Body(sum: String) -> impl IntoView {
    let store = Store::get();
    let (differences, picked, others) = store.peek(|m| {
        let found = m.requests.found.as_deref();
        found.map_or((Vec::new(), 0, 0), |found| {
            (found.differences.clone(), found.picked, found.others)
        })
    });
    let different = match (differences.is_empty(), picked, others) {
        (_, 0, _) => None,
        (true, _, 0) => Some(view! { <p class="small muted">"There are no others to compare them with."</p> }.into_any()),
        (true, ..) => Some(
            view! { <p class="small muted">"Nothing sets them apart from the others, beyond what chance does."</p> }
                .into_any(),
        ),
        (false, ..) => Some(
            view! {
                <h3 class="label">"What is different about them"</h3>
                <ul class="differences" data-testid="differences">
                    {differences.into_iter().map(difference).collect_view()}
                </ul>
            }
            .into_any(),
        ),
    };
    view! {
        <p data-testid="requests-sum">{sum}</p>
        {different}
        <Examples />
    }
}

fn difference(it: Difference) -> impl IntoView {
    let often = requests::often(&it);
    let bar = |share: f64, class: &'static str| {
        view! { <rect class=class x="0" y=if class == "picked" { "0" } else { "6" } width=share * 100.0 height="5" /> }
    };
    view! {
        <li>
            <strong>{rich(&it.text)}</strong>
            <svg viewBox="0 0 100 11" preserveAspectRatio="none" aria-hidden="true">
                {bar(it.picked, "picked")} {bar(it.others, "others")}
            </svg>
            <span class="small muted">{often}</span>
        </li>
    }
}

#[component]
fn Examples() -> impl IntoView {
    let store = Store::get();
    let at = store.memo(|m| {
        let found = m.requests.found.as_deref();
        (m.requests.example, found.map_or(0, |it| it.examples.len()))
    });
    let story = store.memo(|m| {
        let found = m.requests.found.as_deref()?;
        let example = found.examples.get(m.requests.example)?;
        let story = waterfall::story(&m.doc.scenario.design, &example.trace);
        let verdicts: Vec<String> = example
            .verdicts
            .iter()
            .map(|code| code.replace('_', " "))
            .collect();
        Some((story, verdicts))
    });
    let step = move |by: isize| {
        let (now, all) = at.get_untracked();
        let to = (now as isize + by).rem_euclid(all.max(1) as isize) as usize;
        store.send(Msg::Requests(Ask::Example(to)));
    };
    view! {
        {move || {
            story
                .get()
                .map(|(story, verdicts)| {
                    let (nth, all) = at.get();
                    let (began_ns, action) = (story.began_ns, story.action.to_string());
                    let ledger = match verdicts.is_empty() {
                        true => "In the ledger: nothing wrong.".to_owned(),
                        false => format!("In the ledger: {}.", verdicts.join(", ")),
                    };
                    view! {
                        <div class="examples">
                            <h3 class="label">"Example " {nth + 1} " of " {all}</h3>
                            <button class="button quiet" disabled={all < 2} on:click=move |_| step(-1)>"Previous"</button>
                            <button class="button quiet" disabled={all < 2} on:click=move |_| step(1)>"Next"</button>
                            <button class="link" on:click=move |_| store.send(Msg::Seek(began_ns))>"Look at this moment"</button>
                        </div>
                        <div data-testid="example" data-action=action>{evidence::card(story)}</div>
                        <p class="small">{rich(&ledger)}</p>
                    }
                })
        }}
    }
}
