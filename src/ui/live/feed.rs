//! The event feed: what happened, newest first.

use leptos::prelude::*;

use crate::ui::state::{pager, say, words};
use crate::ui::store::Store;

/// More would scroll the story away.
const MOST_SHOWN: usize = 8;

#[component]
pub fn Feed() -> impl IntoView {
    let store = Store::get();
    let lines = store.memo(|m| {
        let news = m.run.news.iter().rev();
        let news = news.filter(|n| pager::is_seen(m, n)).take(MOST_SHOWN);
        news.map(|n| (words::seconds(n.at_ns), say::news(m, n)))
            .collect::<Vec<_>>()
    });
    let empty = move || lines.with(Vec::is_empty);
    view! {
        <section class="block" hidden=empty role="log" aria-live="off" aria-label="What happened" data-testid="feed">
            <h2 class="label">"What happened"</h2>
            <ol class="feed">
                {move || {
                    lines
                        .get()
                        .into_iter()
                        .map(|(at, text)| view! { <li><time>{at}</time><span>{text}</span></li> })
                        .collect_view()
                }}
            </ol>
        </section>
    }
}
