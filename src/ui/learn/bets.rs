//! The prediction before the first run.

use leptos::prelude::*;

use crate::ui::platform;
use crate::ui::state::model::{Bet, Model};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;

#[component]
pub fn Bets() -> impl IntoView {
    let store = Store::get();
    // Once the first run has begun, or the worked example is read, the prediction stands, and the others step back.
    let bets = store.memo(|m| {
        let all = m.bets().iter();
        let shown = all.filter(|b| !is_fixed(m) || m.bet == Bet::Chosen(b.key.clone()));
        shown
            .map(|b| (b.key.clone(), b.label.clone()))
            .collect::<Vec<_>>()
    });
    let placed = store.memo(|m| m.bet.clone());
    let fixed = store.memo(is_fixed);
    let asked = store.memo(|m| m.asked_to_bet > 0 && !m.bet.is_placed());
    let none = move || bets.with(Vec::is_empty);
    view! {
        <fieldset
            class=move || if asked.get() { "block bets asked" } else { "block bets" }
            hidden=none
            id="bets"
            tabindex="-1"
        >
            <legend class="label">
                {move || if asked.get() { "Predict first: what will happen?" } else { "Your prediction" }}
            </legend>
            {move || {
                bets.get()
                    .into_iter()
                    .map(|(key, label)| view! { <One key=key label=label placed=placed fixed=fixed /> })
                    .collect_view()
            }}
            <AfterBet placed=placed fixed=fixed />
        </fieldset>
    }
}

fn is_fixed(model: &Model) -> bool {
    model.runs_done > 0 || model.has_begun() || model.learning.sees_example
}

#[component]
fn One(key: String, label: String, placed: Memo<Bet>, fixed: Memo<bool>) -> impl IntoView {
    let store = Store::get();
    let id = key.clone();
    let chosen = Memo::new(move |_| placed.with(|b| *b == Bet::Chosen(id.clone())));
    let test_id = format!("bet-{key}");
    view! {
        <button
            class="bet"
            data-testid=test_id
            aria-pressed=move || chosen.get().to_string()
            disabled=move || fixed.get() && !chosen.get()
            on:click=move |_| {
                if !fixed.get_untracked() {
                    store.send(Msg::Bet(key.clone()));
                }
            }
        >
            <span>{label}</span>
            {move || chosen.get().then(|| view! { <span class="mark">"chosen"</span> })}
        </button>
    }
}

#[component]
fn AfterBet(placed: Memo<Bet>, fixed: Memo<bool>) -> impl IntoView {
    let store = Store::get();
    let begun = store.memo(|m| m.runs_done > 0 || m.has_begun());
    view! {
        <div class="after-bet">
            {move || match (fixed.get(), placed.get()) {
                (true, _) if begun.get() => None,
                (_, Bet::Open) => Some(
                    view! {
                        <button class="link" data-testid="skip-bet" on:click=move |_| store.send(Msg::SkipBet)>
                            "Skip the prediction"
                        </button>
                    }
                        .into_any(),
                ),
                (_, _) => Some(
                    view! {
                        <button class="button primary" id="run-bet" data-testid="run-bet" on:click=move |_| {
                                store.send(Msg::PlayPause);
                                platform::focus("run");
                            }>
                            "Run and see"
                        </button>
                    }
                        .into_any(),
                ),
            }}
        </div>
    }
}
