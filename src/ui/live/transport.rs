//! Run, pause, step, restart, seed, speed, and the clock.

use leptos::prelude::*;

use super::timeline::Timeline;
use crate::ui::platform;
use crate::ui::state::editing::Draw;
use crate::ui::state::editor::Pane;
use crate::ui::state::model::{Model, Status};
use crate::ui::state::pace::{BULLET, Speed};
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};
use crate::worker::protocol::Phase;

#[component]
pub fn Transport() -> impl IntoView {
    let store = Store::get();
    let seed = store.memo(|m| m.seed);
    let new_seed = move |_| store.send(Msg::NewSeed(platform::random_seed()));
    view! {
        <section class="transport" aria-label="Run">
            <div class="buttons">
                <RunButton />
                <button
                    class="button quiet icon-only"
                    aria-label="One step"
                    title="One step: the next thing that can be seen  ."
                    on:click=move |_| store.send(Msg::Step)
                >
                    <Pic icon=Icon::Step />
                </button>
                <button
                    class="button quiet icon-only"
                    aria-label="Restart with the same seed"
                    title="Restart with the same seed  R"
                    on:click=move |_| store.send(Msg::Restart)
                >
                    <Pic icon=Icon::Restart />
                </button>
                <button
                    class="button quiet wide"
                    title="Other chance, same design: restart with a new seed  Shift R"
                    on:click=new_seed
                >
                    <Pic icon=Icon::Dice />
                    <span data-testid="seed" data-value=move || seed.get().to_string()>
                        "seed " {move || seed.get()}
                    </span>
                </button>
                <SpeedChoice />
                <button
                    class="button quiet icon-only"
                    aria-label="Put something on the timeline"
                    title="Put something on the timeline: traffic, faults, changes"
                    data-testid="happen"
                    on:click=move |_| store.send(Msg::Draw(Draw::Pane(Some(Pane::Happen))))
                >
                    <Pic icon=Icon::Plus />
                </button>
                <Clock />
            </div>
            <Timeline />
        </section>
    }
}

#[component]
fn RunButton() -> impl IntoView {
    let store = Store::get();
    let face = store.memo(face);
    // Clicked all the same, it says so: a button that does nothing helps nobody.
    let why = store.memo(Model::why_not_run);
    let cannot = move || why.with(Option::is_some);
    view! {
        <button
            class="button primary run"
            id="run"
            data-testid="run"
            aria-disabled=move || cannot().then_some("true")
            title=move || match why.get() {
                Some(why) => format!("It cannot run yet. {why}"),
                None => "Run or pause  Space".to_owned(),
            }
            on:click=move |_| store.send(Msg::PlayPause)
        >
            {move || {
                let (icon, label) = face.get();
                view! { <Pic icon=icon /> {label} }
            }}
        </button>
    }
}

fn face(model: &Model) -> (Icon, &'static str) {
    match model.run.status {
        Status::Playing => (Icon::Pause, "Pause"),
        _ if !model.has_predicted() => (Icon::Play, "Run"),
        Status::Over => (Icon::Play, "Run again"),
        Status::Paused => (Icon::Play, "Continue"),
        _ => (Icon::Play, "Run"),
    }
}

#[component]
fn SpeedChoice() -> impl IntoView {
    let store = Store::get();
    let speed = store.memo(|m| m.speed);
    // What the automatic speed is at the moment.
    let now = store.memo(|m| {
        let bullet = m.run.bullet.is_some();
        let rate = match (bullet, m.speed) {
            (true, _) => BULLET,
            (false, Speed::Auto) => m.run.moments.auto(m.run.now.now_ns),
            _ => return String::new(),
        };
        format!("{rate}×")
    });
    let choose = move |event| {
        if let Some(speed) = Speed::from_key(&event_target_value(&event)) {
            store.send(Msg::SetSpeed(speed));
        }
    };
    view! {
        <label>
            <span class="sr-only">"Speed"</span>
            <select class="select" title="Simulated seconds per second" on:change=choose>
                {Speed::ALL
                    .iter()
                    .map(|&s| {
                        view! {
                            <option value=s.key() selected=move || speed.get() == s>
                                {s.label()}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
        <span class="pace" data-testid="pace">{move || now.get()}</span>
    }
}

#[component]
fn Clock() -> impl IntoView {
    let store = Store::get();
    let now = store.memo(|m| m.run.now.now_ns.min(m.duration_ns()));
    let duration = store.memo(|m| m.duration_ns());
    let status = store.memo(|m| match (&m.run.status, m.run.now.phase) {
        (Status::Waiting, _) => "waiting",
        (Status::Ready, _) => "ready",
        (Status::Playing, Phase::Settling) => "settling",
        (Status::Playing, _) => "playing",
        (Status::Paused, _) => "paused",
        (Status::Over, _) => "over",
        (Status::Crashed(_), _) => "crashed",
    });
    view! {
        <div
            class="clock"
            data-testid="clock"
            data-value=move || now.get().to_string()
            data-status=move || status.get()
        >
            {move || words::seconds(now.get())}
            <span class="muted">" / " {move || words::seconds_short(duration.get())}</span>
        </div>
    }
}
