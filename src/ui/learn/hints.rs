//! Hints, one at a time and only when asked for.

use leptos::prelude::*;

use crate::ui::state::learning::hints::offered;
use crate::ui::state::model::Model;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::rich;

#[derive(Clone, Debug, Default, PartialEq)]
struct Ladder {
    open: Vec<String>,
    all: usize,
    offered: bool,
}

#[component]
pub fn Hints() -> impl IntoView {
    let store = Store::get();
    let ladder = store.memo(ladder);
    view! {
        <section class="block" hidden=move || ladder.with(|l| !l.offered && l.open.is_empty())>
            <h2 class="label">"Hints"</h2>
            {move || {
                ladder.get().open.into_iter().map(|hint| view! { <p class="hint">{rich(&hint)}</p> }).collect_view()
            }}
            {move || {
                let Ladder { open, all, offered } = ladder.get();
                (offered && open.len() < all)
                    .then(|| {
                        view! {
                            <button class="link" data-testid="hint" on:click=move |_| store.send(Msg::Hint)>
                                "Show hint " {open.len() + 1} " of " {all}
                            </button>
                        }
                    })
            }}
        </section>
    }
}

/// Offered to whoever seems to be stuck; none opens by itself.
fn ladder(model: &Model) -> Ladder {
    // They lead to part one.
    if model.doc.part().is_some() {
        return Ladder::default();
    }
    let hints = &model.doc.scenario.lesson.hints;
    Ladder {
        open: hints
            .iter()
            .take(model.hints)
            .map(|h| h.trim().to_owned())
            .collect(),
        all: hints.len(),
        offered: offered(model),
    }
}
