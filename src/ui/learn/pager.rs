//! The pager: what rings while a run goes on, and its log afterwards, with what users had at each page.

use leptos::prelude::*;

use crate::ui::state::pager::{self, Ask, Line, Log};
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

#[component]
pub fn Pager() -> impl IntoView {
    let store = Store::get();
    let log = store.memo(pager::log);
    view! {
        {move || log.get().map(|log| view! { <One log=log /> })}
    }
}

/// All there is to see for somebody who is blind: what the design's monitoring has collected.
#[component]
pub fn Collected() -> impl IntoView {
    let store = Store::get();
    let seen = store.memo(pager::collected);
    view! {
        {move || {
            seen.get()
                .map(|it| {
                    let empty = it.rows.is_empty();
                    let why = match it.nobody_looks {
                        true => "This design emits nothing: no alert watches any part of it.",
                        false => "Nothing has been collected yet.",
                    };
                    let rows = it.rows.into_iter().map(|[name, errors, time, busy, waiting]| {
                        view! {
                            <tr>
                                <th scope="row">{name}</th>
                                <td>{errors}</td>
                                <td>{time}</td>
                                <td>{busy}</td>
                                <td>{waiting}</td>
                            </tr>
                        }
                    });
                    view! {
                        <section class="block" data-testid="collected">
                            <h2 class="label">{term("ui.blind", "Blind")} {(!empty).then(|| format!(", collected at {}", it.when))}</h2>
                            {empty.then(|| view! { <p class="small">{why}</p> })}
                            <table class="deltas" hidden=empty>
                                <thead>
                                    <tr>
                                        <td></td>
                                        <th scope="col">"Errors"</th>
                                        <th scope="col">"Mean time"</th>
                                        <th scope="col">"Busy"</th>
                                        <th scope="col">"Waiting"</th>
                                    </tr>
                                </thead>
                                <tbody>{rows.collect_view()}</tbody>
                            </table>
                            <button class="button quiet" data-testid="see" on:click=move |_| store.send(Msg::Pager(Ask::Blind))>
                                "See everything again"
                            </button>
                        </section>
                    }
                })
        }}
    }
}

fn line(store: Store, line: Line, is_over: bool) -> impl IntoView {
    let at_ns = line.at_ns;
    let when = words::seconds(at_ns);
    let time = match is_over {
        true => view! {
            <button class="link" on:click=move |_| store.send(Msg::Seek(at_ns))>
                <time>{when}</time>
                <span class="sr-only">": look at this moment"</span>
            </button>
        }
        .into_any(),
        false => view! { <time>{when}</time> }.into_any(),
    };
    let take = line.rings.then(|| {
        let (alert, name) = (line.key.clone(), line.alert.clone());
        view! {
            <button
                class="button"
                data-testid="acknowledge"
                aria-label=format!("Acknowledge: {name}")
                on:click=move |_| store.send(Msg::Pager(Ask::Acknowledge { alert: alert.clone(), fired_ns: at_ns }))
            >
                "Acknowledge"
            </button>
        }
    });
    let for_nothing = line
        .for_nothing
        .then_some(" For nothing: users had what they were promised.");
    let users = (!line.users.is_empty()).then(|| view! { " " {rich(&line.users)} "." });
    view! {
        <li>
            {time}
            <span>
                <strong>{line.alert}</strong> ", " {line.how} "." {users} {for_nothing} {take}
            </span>
        </li>
    }
}

#[component]
fn One(log: Log) -> impl IntoView {
    let store = Store::get();
    let none = log.is_over && log.lines.is_empty();
    let is_over = log.is_over;
    let lines = log.lines.into_iter().map(|it| line(store, it, is_over));
    let more = (log.more > 0).then(|| format!("{} more pages. ", words::count(log.more)));
    let silent =
        (!log.silent.is_empty()).then(|| format!("Never fired: {}. ", log.silent.join("; ")));
    let scale = (log.scale > 1.0).then(|| {
        let scale = words::factor(log.scale);
        format!(
            "Time compression {scale}x: one second of the run is so many in the windows of alerts."
        )
    });
    let facts = log.facts.into_iter().map(|(about, name, text)| {
        view! { <dt>{term(about, name)}</dt> <dd>{text}</dd> }
    });
    let promises = log
        .promises
        .into_iter()
        .map(|text| view! { <p class="small">{rich(&text)}</p> });
    let missed = log.missed.into_iter().map(|(at_ns, text)| {
        view! {
            <li>
                <button class="link" on:click=move |_| store.send(Msg::Seek(at_ns))>
                    <time>{words::seconds(at_ns)}</time>
                    <span class="sr-only">": look at this moment"</span>
                </button>
                <span><strong>"Missed"</strong> ": " {text} "."</span>
            </li>
        }
    });
    view! {
        <section class="block" data-testid="pager">
            <h2 class="label">{term("ui.pager", "Pager")}</h2>
            {promises.collect_view()}
            <dl class="facts">{facts.collect_view()}</dl>
            {none.then(|| view! { <p class="small">"Nothing paged."</p> })}
            <ol class="feed">{missed.collect_view()} {lines.collect_view()}</ol>
            <p class="small muted">{more} {silent} {scale}</p>
        </section>
    }
}
