//! The dialog "Progress": what is due, the map of lessons, how predictions went, export and import.

use std::fmt::Write as _;

use leptos::html;
use leptos::prelude::*;

use super::icon::{Icon, Pic};
use crate::ui::platform::files;
use crate::ui::state::learning::map::{self, RULE, Row, State};
use crate::ui::state::learning::review::{self, Outcome, Reviewing};
use crate::ui::state::learning::{Ask, catalogue};
use crate::ui::state::model::Dialog;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;

fn send(store: Store, ask: Ask) {
    store.send(Msg::Learn(ask));
}

#[component]
pub fn ProgressView() -> impl IntoView {
    let store = Store::get();
    let open = store.memo(|m| m.dialog == Some(Dialog::Progress));
    let review = store.memo(|m| m.learning.review.clone());
    view! {
        <div id="progress" tabindex="-1" data-testid="progress">
            {move || match (open.get(), review.get()) {
                (false, _) => ().into_any(),
                (true, Some(review)) => view! { <Card review=review /> }.into_any(),
                (true, None) => {
                    view! {
                        <Due />
                        <Map />
                        <Predictions />
                        <Files />
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

#[component]
fn Due() -> impl IntoView {
    let store = Store::get();
    let due = store.memo(review::due);
    let later = store.memo(|m| {
        let all = m.learning.progress.scenarios.values();
        let waits = all.filter_map(|it| it.review).filter(|it| !it.is_done());
        let next = waits
            .map(|it| it.due_ms)
            .filter(|at| *at > m.learning.now_ms)
            .min();
        next.map(day)
    });
    let title = |id: &str| catalogue::find(id).map_or("", |it| it.title);
    view! {
        <section class="block" data-testid="reviews-due">
            <h3>"Reviews"</h3>
            <p class="small muted">
                "What you passed is asked again after 2, 7 and 21 days: a change, and what it will do. The answer is a run."
            </p>
            <ul class="versions">
                {move || {
                    due.get()
                        .into_iter()
                        .map(|id| {
                            view! {
                                <li>
                                    <span class="version-name">{title(id)}</span>
                                    <button
                                        class="button primary"
                                        data-testid=format!("review-{id}")
                                        aria-label=format!("Review {}", title(id))
                                        on:click=move |_| send(store, Ask::Review(id.to_owned()))
                                    >
                                        "Review"
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
            <p class="small" role="status">
                {move || match (due.with(Vec::len), later.get()) {
                    (0, None) => "Nothing is due. Reviews begin two days after a pass.".to_owned(),
                    (0, Some(day)) => format!("Nothing is due before {day}."),
                    (1, _) => "1 is due.".to_owned(),
                    (n, _) => format!("{n} are due."),
                }}
            </p>
            <button
                class="button"
                data-testid="calendar"
                hidden=move || due.with(Vec::is_empty) && later.with(Option::is_none)
                on:click=move |_| send(store, Ask::Calendar)
            >
                "Download the dates (.ics)"
            </button>
        </section>
    }
}

fn day(ms: u64) -> String {
    let (year, month, day) = review::date(ms);
    format!("{year}-{month:02}-{day:02}")
}

#[component]
fn Card(review: Reviewing) -> impl IntoView {
    let Reviewing {
        title,
        question,
        changes,
        answers,
        chosen,
        outcome,
        failed,
        ..
    } = review;
    let store = Store::get();
    let waits = chosen.is_some() && outcome.is_none() && failed.is_none();
    view! {
        <section class="block" id="review" tabindex="-1" aria-label="Review" data-testid="review">
            <p class="label">{title}</p>
            <h3 class="question">{question}</h3>
            <p class="small muted">"Changed against the start of the lesson:"</p>
            <ul class="changes">{changes.into_iter().map(|it| view! { <li><code>{it}</code></li> }).collect_view()}</ul>
            <div role="group" aria-label="Your answer">
                {answers
                    .into_iter()
                    .map(|(key, label)| {
                        view! {
                            <button
                                class="bet"
                                data-testid=format!("answer-{key}")
                                aria-pressed=(chosen == Some(key)).to_string()
                                disabled=chosen.is_some() && chosen != Some(key)
                                on:click=move |_| send(store, Ask::Answer(key))
                            >
                                {label}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <p class="small" role="status">{waits.then_some("It is run now …")}</p>
            {failed.map(|why| view! { <p class="small bad" role="alert">"✕ It could not be run: " {why}</p> })}
            {outcome.map(outcome_view)}
            <button class="button" data-testid="review-close" on:click=move |_| send(store, Ask::CloseReview)>
                "Back to the map"
            </button>
        </section>
    }
}

fn outcome_view(outcome: Outcome) -> impl IntoView {
    let Outcome {
        right,
        actual,
        measured,
        because,
        due_ms,
    } = outcome;
    let head = if right {
        "✓ The run says so, too: "
    } else {
        "✕ The run went another way: "
    };
    let next = match due_ms {
        Some(at) => format!("It comes back on {}.", day(at)),
        None => "That was the third: it does not come back.".to_owned(),
    };
    view! {
        <div class="card" id="review-outcome" tabindex="-1" data-testid="review-outcome" data-right=right.to_string()>
            <h3>{head} {actual}</h3>
            <ul class="small">{measured.into_iter().map(|it| view! { <li>{it}</li> }).collect_view()}</ul>
            <p>{because}</p>
            <p class="muted">{next}</p>
        </div>
    }
}

#[component]
fn Map() -> impl IntoView {
    let store = Store::get();
    let tracks = store.memo(map::tracks);
    view! {
        <section class="block">
            <h3>"Lessons"</h3>
            <p class="small muted">{RULE}</p>
            <div class="codes-table map" tabindex="0" role="region" aria-label="Map of the lessons">
                <table data-testid="map">
                    <thead>
                        <tr>
                            <th scope="col">"Lesson"</th>
                            <th scope="col">"State"</th>
                            <th scope="col" class="roomy">"Comes before it"</th>
                            <th scope="col">"So far"</th>
                        </tr>
                    </thead>
                    {move || tracks.get().into_iter().map(|(name, rows)| track(store, name, rows)).collect_view()}
                </table>
            </div>
        </section>
    }
}

fn track(store: Store, name: &'static str, rows: Vec<Row>) -> impl IntoView {
    view! {
        <tbody>
            <tr class="track">
                <th scope="rowgroup" colspan="4">{name}</th>
            </tr>
            {rows.into_iter().map(|row| line(store, row)).collect_view()}
        </tbody>
    }
}

fn line(store: Store, row: Row) -> impl IntoView {
    let Row {
        id,
        title,
        state,
        next,
        minutes,
        before,
        done,
    } = row;
    let named = before.iter().map(|(title, done)| match done {
        true => format!("✓ {title}"),
        false => format!("○ {title}"),
    });
    let after = (!before.is_empty()).then(|| named.collect::<Vec<_>>().join(", "));
    let before = after.clone().unwrap_or_else(|| "nothing".to_owned());
    view! {
        <tr data-testid=format!("map-{id}") data-state=state.key() data-next=next.to_string()>
            <th scope="row">
                <button
                    class="link"
                    aria-label=format!("Open {title}")
                    on:click=move |_| {
                        store.send(Msg::Dialog(None));
                        store.send(Msg::OpenBuiltIn(id));
                    }
                >
                    {title}
                </button>
                <span class="small muted">{minutes} " min"</span>
                // In a narrow window there is no column for it.
                {after.map(|after| view! { <span class="small muted narrow">"after: " {after}</span> })}
            </th>
            <td>
                <span class=if state == State::Due { "word bad" } else { "word" }>
                    <span aria-hidden="true">{state.mark()} " "</span>
                    {state.word()}
                </span>
                {next.then(|| view! { <span class="next-mark">"→ suggested next"</span> })}
            </td>
            <td class="roomy">{before}</td>
            <td>{done}</td>
        </tr>
    }
}

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 64.0;

/// The share of predictions that were right, after each of them.
#[component]
fn Predictions() -> impl IntoView {
    let store = Store::get();
    let shown = store.memo(|m| map::accuracy(&m.learning));
    view! {
        <section class="block" hidden=move || shown.with(Option::is_none)>
            <h3>"Predictions"</h3>
            {move || {
                shown
                    .get()
                    .map(|it| {
                        view! {
                            <svg class="accuracy" viewBox=format!("-4 -4 {} {}", WIDTH + 44.0, HEIGHT + 8.0) aria-hidden="true">
                                <path class="grid" d=format!("M0 0H{WIDTH}M0 {}H{WIDTH}M0 {HEIGHT}H{WIDTH}", HEIGHT / 2.0) />
                                <text x=WIDTH + 6.0 y="6">"100 %"</text>
                                <text x=WIDTH + 6.0 y=HEIGHT>"0 %"</text>
                                <path class="line" d=path(&it.shares) />
                                <circle r="3.5" cx=WIDTH cy=y(it.shares.last().copied().unwrap_or(0.0)) />
                            </svg>
                            <p class="small" data-testid="accuracy">{it.says}</p>
                        }
                    })
            }}
        </section>
    }
}

fn y(share: f64) -> f64 {
    HEIGHT * (1.0 - share)
}

fn path(shares: &[f64]) -> String {
    let step = WIDTH / (shares.len().max(2) - 1) as f64;
    let mut d = String::new();
    for (nth, share) in shares.iter().enumerate() {
        let letter = if nth == 0 { 'M' } else { 'L' };
        let _ = write!(d, "{letter}{:.1} {:.1}", step * nth as f64, y(*share));
    }
    if shares.len() == 1 {
        let _ = write!(d, "H{WIDTH}");
    }
    d
}

#[component]
fn Files() -> impl IntoView {
    let store = Store::get();
    let input = NodeRef::<html::Input>::new();
    let imported = store.memo(|m| m.learning.imported.clone());
    let foreign = store.memo(|m| {
        (
            !m.learning.kept.foreign.is_empty(),
            m.learning.kept.key.is_some(),
        )
    });
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            files::read(&file, move |name, text| match text {
                Ok(text) => store.send(Msg::Learn(Ask::Import { name, text })),
                Err(why) => store.send(Msg::Learn(Ask::NotRead(why))),
            });
        }
        // The same file can be chosen again.
        input.set_value("");
    };
    view! {
        <section class="block">
            <h3>"Keep it"</h3>
            <p class="small muted">"Everything stays in this browser. A file takes it to another one."</p>
            {move || {
                let (any, writes) = foreign.get();
                any.then(|| {
                    view! {
                        <p class="small" role="alert" data-testid="foreign">
                            "This browser also keeps progress that this release of the page cannot read. It is left as it is. "
                            {if writes {
                                "What you do now is kept beside it."
                            } else {
                                "There is no room beside it: export what you do now."
                            }}
                            " "
                            <button class="link" on:click=move |_| send(store, Ask::ExportForeign)>"Download it"</button>
                        </p>
                    }
                })
            }}
            <div class="row">
                <button class="button" data-testid="progress-export" on:click=move |_| send(store, Ask::Export)>
                    <Pic icon=Icon::Download />
                    "Export"
                </button>
                <input
                    node_ref=input
                    class="sr-only"
                    type="file"
                    accept="application/json,.json"
                    aria-label="A file with progress"
                    tabindex="-1"
                    data-testid="progress-file"
                    on:change=chosen
                />
                <button
                    class="button"
                    data-testid="progress-import"
                    on:click=move |_| {
                        if let Some(input) = input.get_untracked() {
                            input.click();
                        }
                    }
                >
                    <Pic icon=Icon::Open />
                    "Import"
                </button>
            </div>
            <p
                role="status"
                data-testid="imported"
                class=move || if imported.with(|it| matches!(it, Some((false, _)))) { "small bad" } else { "small" }
            >
                {move || imported.get().map(|(done, said)| format!("{} {said}", if done { '✓' } else { '✕' }))}
            </p>
        </section>
    }
}
