//! The answers to the question, and how many hands each had.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::act;
use crate::scenario::Bet;
use crate::ui::state::rooms::{Do, MOST, Shown, Window, typed};
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};
use crate::ui::widgets::term::rich;

#[component]
pub fn Board() -> impl IntoView {
    let store = Store::get();
    let bets = store.memo(|m| match m.doc.part() {
        // They are about part one.
        Some(_) => Vec::new(),
        None => m.doc.scenario.lesson.bets.clone(),
    });
    let second = store.memo(|m| m.rooms.room.second);
    let why = RwSignal::new(String::new());
    let vote = move |nth: bool, label: &'static str| {
        view! {
            <button
                class="button"
                data-testid=if nth { "vote-second" } else { "vote-first" }
                aria-pressed=move || (second.get() == nth).to_string()
                on:click=move |_| act(store, Do::Second(nth))
            >
                {label}
            </button>
        }
    };
    view! {
        <fieldset class="block" data-testid="board" hidden=move || bets.with(Vec::is_empty)>
            <legend class="label">"What will happen?"</legend>
            {move || bets.get().into_iter().map(|bet| one(store, why, bet)).collect_view()}
            <p class="small bad" role="status" data-testid="hands-why">{move || why.get()}</p>
            <div class="row">{vote(false, "First vote")} {vote(true, "Second vote")}</div>
        </fieldset>
    }
}

fn one(store: Store, why: RwSignal<String>, bet: Bet) -> impl IntoView {
    let Bet {
        key,
        label,
        right,
        because,
    } = bet;
    let of = key.clone();
    let hands = store.memo(move |m| m.rooms.room.hands(&of));
    let vote = store.memo(|m| usize::from(m.rooms.room.second));
    let fields = store.memo(|m| !m.rooms.has_notes());
    let counts = store.memo(|m| m.rooms.shows(Shown::Counts));
    let answers = store.memo(|m| m.rooms.shows(Shown::Answers));
    let because = because.trim().to_owned();
    let for_fields = (key.clone(), label.clone());
    view! {
        <div class="hands" data-testid=format!("hands-{key}")>
            <p class="hands-label">
                {label}
                {move || (right && answers.get()).then(|| view! { <strong class="good">" ✓ This is what happens."</strong> })}
            </p>
            {move || {
                fields.get().then(|| field(store, why, &for_fields, hands, vote))
            }}
            {move || counts.get().then(|| bars(store, hands))}
            {
                let because = because.clone();
                move || answers.get().then(|| view! { <p class="muted because">{rich(&because)}</p> })
            }
        </div>
    }
}

/// Typed, or by a step; what cannot be counted is explained.
fn field(
    store: Store,
    why: RwSignal<String>,
    (key, label): &(String, String),
    hands: Memo<[u32; 2]>,
    vote: Memo<usize>,
) -> impl IntoView + use<> {
    let now = move || hands.get()[vote.get()];
    let count = {
        let key = key.clone();
        move |hands: u32| {
            let bet = key.clone();
            act(store, Do::Count { bet, hands });
        }
    };
    let by_one = |up: bool, count: Box<dyn Fn(u32)>| {
        let word = if up { "more" } else { "less" };
        let icon = if up { Icon::Plus } else { Icon::Minus };
        view! {
            <button
                class="button icon-only"
                aria-label=format!("One hand {word}: {label}")
                on:click=move |_| {
                    let now = hands.get_untracked()[vote.get_untracked()];
                    why.set(match (up, now) {
                        (true, MOST) => typed(&(MOST + 1).to_string()).1,
                        _ => String::new(),
                    });
                    count(if up { (now + 1).min(MOST) } else { now.saturating_sub(1) });
                }
            >
                <Pic icon=icon />
            </button>
        }
    };
    let (less, more) = (
        by_one(false, Box::new(count.clone())),
        by_one(true, Box::new(count.clone())),
    );
    view! {
        <div class="hands-count">
            {less}
            <input
                class="field"
                inputmode="numeric"
                autocomplete="off"
                aria-label=format!("Hands for: {label}")
                data-testid=format!("count-{key}")
                prop:value=move || now().to_string()
                on:change=move |event| {
                    let (hands, text) = typed(&event_target_value(&event));
                    why.set(text);
                    if let Some(hands) = hands {
                        let input = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
                        if let Some(input) = input {
                            input.set_value(&hands.to_string());
                        }
                        count(hands);
                    }
                }
            />
            {more}
        </div>
    }
}

/// Both votes, the second one once there is one.
fn bars(store: Store, hands: Memo<[u32; 2]>) -> impl IntoView {
    let all = store.memo(|m| [m.rooms.room.all(0), m.rooms.room.all(1)]);
    let notes = store.peek(|m| m.rooms.window == Window::Notes);
    move || {
        let (hands, all) = (hands.get(), all.get());
        let votes = [("first", 0), ("second", 1)].into_iter();
        votes
            .filter(move |&(_, nth)| nth == 0 || all[1] > 0)
            .map(|(word, nth)| {
                let share = 100.0 * f64::from(hands[nth]) / f64::from(all[nth].max(1));
                // Beside the notes, the field above it has the room.
                let bar = (!notes).then(|| {
                    view! {
                        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                            <rect width=format!("{share:.1}") height="8" />
                        </svg>
                    }
                });
                view! {
                    <div class="hands-bar" data-vote=word>
                        {bar}
                        <span>{word} ": " <strong>{hands[nth]}</strong> " of " {all[nth]}</span>
                    </div>
                }
            })
            .collect_view()
    }
}

/// How much everybody sees.
#[component]
pub fn Reveal() -> impl IntoView {
    let store = Store::get();
    let shown = store.memo(|m| m.rooms.room.shown);
    let one = move |what: Shown, label: &'static str, id: &'static str| {
        view! {
            <button
                class="button"
                data-testid=id
                aria-pressed=move || (shown.get() == what).to_string()
                on:click=move |_| act(store, Do::Show(what))
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="row" role="group" aria-label="What everybody sees">
            {one(Shown::Nothing, "Hide", "reveal-nothing")}
            {one(Shown::Counts, "Reveal the counts", "reveal-counts")}
            {one(Shown::Answers, "Reveal the answer", "reveal-answers")}
        </div>
    }
}
