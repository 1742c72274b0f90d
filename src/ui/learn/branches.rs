//! Other futures of the run, to go on with or to compare with.

use leptos::prelude::*;

use crate::ui::state::branches::{self, Ask};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::rich;

#[component]
pub fn Branches() -> impl IntoView {
    let store = Store::get();
    let all = store.memo(|m| {
        let all = m.branches.iter();
        all.map(|it| (it.name.clone(), branches::line(it)))
            .collect::<Vec<_>>()
    });
    let one = move |(nth, (name, line)): (usize, (String, String))| {
        let send = move |ask: Ask| store.send(Msg::Branches(ask));
        let about = name.clone();
        view! {
            <li data-testid=format!("branch-{nth}")>
                <strong>{name}</strong>
                <span class="small muted">{rich(&line)}</span>
                <span class="what-if">
                    <button class="button" on:click=move |_| send(Ask::Go(nth))>
                        "Go there" <span class="sr-only">": " {about.clone()}</span>
                    </button>
                    <button class="button" on:click=move |_| send(Ask::Compare(nth))>
                        "Compare" <span class="sr-only">" with " {about.clone()}</span>
                    </button>
                    <button class="button quiet" on:click=move |_| send(Ask::Forget(nth))>
                        "Forget" <span class="sr-only">": " {about.clone()}</span>
                    </button>
                </span>
            </li>
        }
    };
    view! {
        <section class="block" hidden=move || all.with(Vec::is_empty)>
            <h3 class="label">"Other futures of this run"</h3>
            <ul class="branches">{move || all.get().into_iter().enumerate().map(one).collect_view()}</ul>
        </section>
    }
}
