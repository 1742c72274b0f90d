//! What cards of the story share.

use leptos::prelude::*;

use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};

/// The title of a card, and the button that closes it: what it is called, and what it asks for.
#[component]
pub fn CardHead(close: &'static str, ask: fn() -> Msg, children: Children) -> impl IntoView {
    let store = Store::get();
    view! {
        <div class="card-head">
            <h2>{children()}</h2>
            <button class="button quiet icon-only" aria-label=close on:click=move |_| store.send(ask())>
                <Pic icon=Icon::Close />
            </button>
        </div>
    }
}
