//! The panel at the left, as everybody sees it: the question and the answers to it, and of what the run says only what
//! is revealed. Nothing of the notes is here.

use leptos::prelude::*;

use super::board::{Board, Reveal};
use crate::ui::learn::goals::Goals;
use crate::ui::learn::refused::Refused;
use crate::ui::learn::story::{FirstFailure, SoFar};
use crate::ui::learn::verdict::Verdict;
use crate::ui::state::model::Model;
use crate::ui::state::rooms::{Ask, Shown, is_twice};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::rich;

#[component]
pub fn RoomStory() -> impl IntoView {
    let store = Store::get();
    let about = store.memo(|m| {
        let scenario = &m.doc.scenario;
        (
            scenario.about.question.clone(),
            scenario.lesson.hook.trim().to_owned(),
        )
    });
    let begun = store.memo(Model::has_begun);
    let over = store.memo(Model::is_over);
    let answers = store.memo(|m| m.rooms.shows(Shown::Answers));
    let trouble = store.memo(|m| match (m.rooms.no_channel, is_twice(m)) {
        (true, _) => "This browser has no channel between windows: count and reveal here.",
        (_, true) => "Another window shows this room too. Close one of them.",
        _ => "",
    });
    view! {
        <section class="story" id="story" aria-label="Story" tabindex="-1">
            <Refused />
            <h2 class="question">{move || about.with(|a| a.0.clone())}</h2>
            <p class="hook" hidden=move || begun.get()>{move || about.with(|a| rich(&a.1))}</p>
            <Board />
            <div class="block"><Reveal /></div>
            {move || match (over.get(), answers.get()) {
                (true, true) => view! { <Verdict /> }.into_any(),
                (true, false) => ().into_any(),
                (false, true) => view! { <FirstFailure /> <SoFar /> }.into_any(),
                (false, false) => view! { <FirstFailure /> }.into_any(),
            }}
            <Goals />
            <div class="block">
                <button class="button" data-testid="notes-open" on:click=move |_| store.send(Msg::Rooms(Ask::Teach))>
                    "Notes in a second window"
                </button>
                <p class="bad" role="status" data-testid="room-trouble">{move || trouble.get()}</p>
            </div>
        </section>
    }
}
