//! The dialog in which result codes of others are run again: a field and files in, a table out.

use leptos::ev::DragEvent;
use leptos::html;
use leptos::prelude::*;
use web_sys::FileList;

use super::icon::{Icon, Pic};
use crate::ui::platform::files;
use crate::ui::state::results::{Ask, MOST, Row};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::coded;

#[component]
pub fn ResultList() -> impl IntoView {
    let store = Store::get();
    let typed = RwSignal::new(String::new());
    let check = move || store.send(Msg::Results(Ask::Check(typed.get_untracked())));
    let take = move |files: Option<FileList>| {
        let Some(list) = files else { return };
        for file in (0..list.length()).filter_map(|nth| list.get(nth)) {
            files::read(&file, move |name, text| match text {
                Ok(text) => {
                    typed.update(|all| append(all, &text));
                    check();
                }
                Err(why) => store.send(Msg::NotRead { name, why }),
            });
        }
    };
    let chosen = NodeRef::<html::Input>::new();
    view! {
        <div
            on:drop=move |event: DragEvent| {
                event.prevent_default();
                event.stop_propagation();
                take(event.data_transfer().and_then(|data| data.files()));
            }
        >
            <p class="small muted">
                "Each is run again in this browser, with its design and seed: what it says is proved, or you \
                 see what differs. A name may stand before a code."
            </p>
            <textarea
                class="field codes"
                rows="5"
                spellcheck="false"
                autofocus
                aria-label="Result codes, one in a line"
                placeholder="Paste result codes or links here, one in a line, or drop files with them"
                data-testid="codes"
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
            ></textarea>
            <div class="row">
                <button class="button primary" data-testid="codes-check" on:click=move |_| check()>
                    "Run them again"
                </button>
                <input
                    node_ref=chosen
                    class="sr-only"
                    type="file"
                    multiple
                    accept="text/plain,.txt,.csv"
                    aria-label="Files with result codes"
                    tabindex="-1"
                    data-testid="codes-files"
                    on:change=move |_| {
                        if let Some(input) = chosen.get_untracked() {
                            take(input.files());
                            input.set_value("");
                        }
                    }
                />
                <button
                    class="button"
                    on:click=move |_| {
                        if let Some(input) = chosen.get_untracked() {
                            input.click();
                        }
                    }
                >
                    <Pic icon=Icon::Open />
                    "Files"
                </button>
            </div>
            <Table />
        </div>
    }
}

/// A code that a file ends with does not run into the next one.
fn append(all: &mut String, text: &str) {
    if !all.is_empty() && !all.ends_with('\n') {
        all.push('\n');
    }
    all.push_str(text);
}

#[component]
fn Table() -> impl IntoView {
    let store = Store::get();
    let rows = store.memo(|m| m.results.rows.clone());
    let any = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
    let sum = store.memo(|m| {
        let results = &m.results;
        let (all, proved) = (results.rows.len(), results.proved());
        let mut text = match results.open() {
            0 => format!("{proved} of {all} proved."),
            open => format!("{} of {all} done, {proved} proved", all - open),
        };
        if results.left_out > 0 {
            text.push_str(&format!(
                " Only the first {MOST} are looked at; {} more are not.",
                results.left_out
            ));
        }
        text
    });
    view! {
        <div hidden=move || !any.get()>
            <div class="row codes-sum">
                <strong data-testid="codes-sum">{move || sum.get()}</strong>
                <button class="button quiet" on:click=move |_| store.send(Msg::Results(Ask::Copy))>
                    "Copy as a table"
                </button>
            </div>
            <div class="codes-table" tabindex="0" role="region" aria-label="Results">
                <table data-testid="codes-table">
                    <thead>
                        <tr>
                            <th scope="col">"Who"</th>
                            <th scope="col">"Design"</th>
                            <th scope="col">"Seed"</th>
                            <th scope="col">"Prediction"</th>
                            <th scope="col">"Goals met"</th>
                            <th scope="col">"Cost"</th>
                            <th scope="col">"Run again"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {move || {
                            rows.get().into_iter().enumerate().map(|(nth, row)| one(store, nth, row)).collect_view()
                        }}
                    </tbody>
                </table>
            </div>
        </div>
    }
}

fn one(store: Store, nth: usize, row: Row) -> impl IntoView {
    let name = match row.scenario.as_str() {
        "" => "–".to_owned(),
        title => title.to_owned(),
    };
    let design = match row.can_show() {
        true => view! {
            <button
                class="link"
                title="Open this design; undo brings yours back"
                on:click=move |_| store.send(Msg::Results(Ask::Show(nth)))
            >
                {name}
            </button>
        }
        .into_any(),
        false => name.into_any(),
    };
    let seed = row.can_show().then(|| row.seed.to_string());
    view! {
        <tr data-word=row.word.key()>
            <th scope="row">{row.who}</th>
            <td>{design} <span class="small muted">{row.design}</span></td>
            <td>{seed}</td>
            <td>{row.prediction}</td>
            <td>{row.goals}</td>
            <td>{row.cost}</td>
            <td>
                <span class="word">{row.word.text()}</span>
                {row.says.into_iter().map(|said| view! { <span class="small said">{coded(&said)}</span> }).collect_view()}
            </td>
        </tr>
    }
}
