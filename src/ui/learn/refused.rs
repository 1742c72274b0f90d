//! A file that was not opened: what is wrong, where, and what would be right.

use leptos::prelude::*;

use crate::design::diagnostic::{Diagnostic, Severity};
use crate::ui::state::editing::Draw;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::coded;

/// The first ones tell the story; a hostile file may have thousands.
const MOST_SHOWN: usize = 20;

#[component]
pub fn Refused() -> impl IntoView {
    let store = Store::get();
    let refused = store.memo(|m| m.doc.refused.clone());
    view! {
        {move || {
            refused
                .get()
                .map(|refused| {
                    let all = refused.diagnostics.len();
                    view! {
                        <div class="card alarm" id="refused" tabindex="-1" role="alert" data-testid="refused">
                            <h2>{refused.name} " was not opened"</h2>
                            <p>"The design on the screen is as it was."</p>
                            <ol class="problems">
                                {refused.diagnostics.into_iter().take(MOST_SHOWN).map(problem).collect_view()}
                            </ol>
                            {(all > MOST_SHOWN)
                                .then(|| view! { <p>"and " {all - MOST_SHOWN} " more."</p> })}
                            <div class="card-foot">
                                {refused
                                    .text
                                    .is_some()
                                    .then(|| {
                                        view! {
                                            <button
                                                class="link"
                                                on:click=move |_| store.send(Msg::Draw(Draw::OpenUnfinished))
                                            >
                                                "Open it to finish it"
                                            </button>
                                        }
                                    })}
                                <button class="link" on:click=move |_| store.send(Msg::DismissRefused)>
                                    "Close"
                                </button>
                            </div>
                        </div>
                    }
                })
        }}
    }
}

fn problem(d: Diagnostic) -> impl IntoView {
    let place = d.place.as_ref();
    let at = place.map(|p| format!("line {}, column {}", p.line, p.column));
    let text = place.map(|p| p.text.clone()).filter(|t| !t.is_empty());
    let word = match d.severity {
        Severity::Error => "",
        Severity::Warning => "warning: ",
        Severity::Advice => "advice: ",
    };
    view! {
        <li>
            <div class="where">{at} " " {d.path} " " {d.code}</div>
            <div>{word} {coded(&d.message)} {text.map(|t| view! { ": " <code>{t}</code> })}</div>
            {d.help.map(|help| view! { <div class="remedy">{coded(&help)}</div> })}
        </li>
    }
}
