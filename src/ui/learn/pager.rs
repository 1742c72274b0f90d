//! The pager's log after a run: what rang, when, and what users had then.

use leptos::prelude::*;

use crate::ui::state::pager;
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

#[component]
pub fn Pager() -> impl IntoView {
    let store = Store::get();
    let log = store.memo(pager::log);
    view! {
        {move || {
            log.get()
                .map(|log| {
                    let none = log.lines.is_empty();
                    let lines = log.lines.into_iter().map(|line| {
                        let at_ns = line.at_ns;
                        view! {
                            <li>
                                <button class="link" on:click=move |_| store.send(Msg::Seek(at_ns))>
                                    <time>{words::seconds(at_ns)}</time>
                                    <span class="sr-only">": look at this moment"</span>
                                </button>
                                <span>
                                    <strong>{line.alert}</strong> ", " {line.how} ". " {rich(&line.users)} "."
                                </span>
                            </li>
                        }
                    });
                    let more = (log.more > 0).then(|| format!("{} more pages.", words::count(log.more)));
                    let silent = (!log.silent.is_empty())
                        .then(|| format!("Never fired: {}.", log.silent.join("; ")));
                    let scale = (log.scale > 1.0)
                        .then(|| {
                            format!(
                                "One second of the run is {} s in the windows of alerts.",
                                words::factor(log.scale),
                            )
                        });
                    view! {
                        <section class="block" data-testid="pager">
                            <h2 class="label">{term("ui.pager", "Pager")}</h2>
                            {none.then(|| view! { <p class="small">"Nothing paged."</p> })}
                            <ol class="feed">{lines.collect_view()}</ol>
                            <p class="small muted">{more} " " {silent} " " {scale}</p>
                        </section>
                    }
                })
        }}
    }
}
