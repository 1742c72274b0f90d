//! The window with notes: the steps and their clock, what to do in the window for everybody, the notes of the lesson,
//! its designs, and whether all is ready.

use leptos::prelude::*;

use super::act;
use super::board::{Board, Reveal};
use super::sheet::Sheet;
use crate::ui::platform;
use crate::ui::state::rooms::paragraphs::paragraphs;
use crate::ui::state::rooms::{Ask, Do, Window, clock, designs, ready};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::Glossary;

#[component]
pub fn Notes() -> impl IntoView {
    let store = Store::get();
    let scenario = store.peek(|m| std::sync::Arc::clone(&m.doc.scenario));
    let said = store.memo(|m| m.said.text.clone());
    let text = paragraphs(&scenario.lesson.facilitator);
    let chosen = designs(&scenario.lesson).into_iter().enumerate().map(|(nth, (word, it))| {
        view! {
            <li>
                <button class="link" on:click=move |_| act(store, Do::Design(nth))>{it.label.clone()}</button>
                <span class="muted">" (" {word} ") "</span>
                {it.because.trim().to_owned()}
            </li>
        }
    });
    let ask = move |ask: Ask| store.send(Msg::Rooms(ask));
    view! {
        <div class="notes">
            <header class="bar">
                <span class="brand">"Brownout"</span>
                <h1>"Notes: " {scenario.about.title.clone()}</h1>
                <span class="space"></span>
                <button class="button" data-testid="sheet" on:click=move |_| ask(Ask::Sheet)>"Print the handout"</button>
            </header>
            <main id="main">
                <div>
                    <Steps />
                    <Controls />
                    <Board />
                </div>
                <div>
                    <section class="block" data-testid="facilitator">
                        <h2>"For whoever teaches"</h2>
                        {text.into_iter().map(|text| view! { <p>{text}</p> }).collect_view()}
                    </section>
                    <section class="block">
                        <h2>"Designs to show"</h2>
                        <ul class="designs">{chosen.collect_view()}</ul>
                    </section>
                    <Ready />
                    <button class="button" data-testid="anew" on:click=move |_| act(store, Do::Anew)>
                        "Begin anew with another group"
                    </button>
                </div>
            </main>
            <div class="sr-only" aria-live="polite" data-testid="said">{move || said.get()}</div>
            <Glossary />
            <Sheet />
        </div>
    }
}

#[component]
fn Steps() -> impl IntoView {
    let store = Store::get();
    let steps = store.peek(|m| m.doc.scenario.lesson.steps.clone());
    let now = store.memo(|m| m.rooms.room.step);
    let goes = store.memo(|m| m.rooms.room.clock.since_ms.is_some());
    let left = store.memo(|m| {
        let (rooms, all) = (&m.rooms.room, &m.doc.scenario.lesson.steps);
        let minutes = all.get(rooms.step).map_or(0, |step| step.minutes);
        clock::said(rooms.clock.left_ms(minutes, m.learning.now_ms))
    });
    let count = steps.len();
    let all: u32 = steps.iter().map(|step| step.minutes).sum();
    let lines = steps.into_iter().enumerate().map(|(nth, step)| {
        view! {
            <li aria-current=move || (now.get() == nth).then_some("step")>
                <button class="link" on:click=move |_| act(store, Do::Step(nth))>{step.label}</button>
                <span class="muted">{step.minutes} " min"</span>
            </li>
        }
    });
    view! {
        <section class="block" aria-labelledby="steps">
            <h2 id="steps">"Steps, " {all} " minutes"</h2>
            <ol class="agenda">{lines.collect_view()}</ol>
            <p class="left" role="timer" data-testid="left">{move || left.get()}</p>
            <div class="row">
                <button class="button primary" data-testid="go" on:click=move |_| act(store, Do::Go(!goes.get_untracked()))>
                    {move || if goes.get() { "Pause the clock" } else { "Start the clock" }}
                </button>
                <button
                    class="button"
                    data-testid="next"
                    disabled=move || now.get() + 1 == count
                    on:click=move |_| act(store, Do::Step(now.get_untracked() + 1))
                >
                    "Next step"
                </button>
                <button class="button" data-testid="more" on:click=move |_| act(store, Do::More)>"One minute more"</button>
            </div>
        </section>
    }
}

/// What the window for everybody does when it is asked.
#[component]
fn Controls() -> impl IntoView {
    let store = Store::get();
    let id = store.peek(|m| m.rooms.room.scenario.clone());
    let how = store.memo(|m| {
        let there = ready::is_connected(m);
        let other = m.rooms.other.as_ref().filter(|_| there)?;
        let passed = match other.passed {
            Some(true) => ", passed",
            Some(false) => ", not passed",
            None => "",
        };
        Some(format!("Connected. The run: {}{passed}.", other.status))
    });
    let runs = store.memo(|m| {
        m.rooms
            .other
            .as_ref()
            .is_some_and(|it| it.status == "playing")
    });
    let href = format!("?{}={id}", Window::Room.query());
    view! {
        <section class="block" aria-labelledby="everybody">
            <h2 id="everybody">"In the window for everybody"</h2>
            <p data-testid="connected" data-value=move || how.with(Option::is_some).to_string()>
                {move || how.get().unwrap_or_else(|| "Not connected.".to_owned())}
            </p>
            <div class="row">
                <button class="button primary" data-testid="room-run" on:click=move |_| act(store, Do::Run)>
                    {move || if runs.get() { "Pause" } else { "Run" }}
                </button>
                <button class="button" on:click=move |_| act(store, Do::Restart)>"Restart"</button>
                <a
                    class="button"
                    href=href
                    target="brownout-room"
                    data-testid="room-open"
                    on:click=move |event| {
                        if platform::open_window(Window::Room.query(), &id) {
                            event.prevent_default();
                        }
                    }
                >
                    "Open it"
                </a>
            </div>
            <Reveal />
        </section>
    }
}

#[component]
fn Ready() -> impl IntoView {
    let store = Store::get();
    let checks = store.memo(ready::checks);
    let lines = move || {
        let line = |check: ready::Check| {
            let word = check.state.word();
            view! {
                <li data-testid=format!("ready-{}", check.key) data-state=word>
                    <span aria-hidden="true">{check.state.mark()}</span>
                    <span><strong>{check.what} ": " {word} ". "</strong> {check.says}</span>
                </li>
            }
        };
        checks.get().into_iter().map(line).collect_view()
    };
    view! {
        <section class="block" aria-labelledby="ready">
            <h2 id="ready">"Ready for the room"</h2>
            <ul class="ready" data-testid="ready">{lines}</ul>
            <button class="button" data-testid="check" on:click=move |_| store.send(Msg::Rooms(Ask::Check))>
                "Check again"
            </button>
        </section>
    }
}
