//! What lies over the drawing while somebody builds: guides, the rectangle around nodes, a link under way,
//! what the tool asks for, and why something was not done.

use leptos::prelude::*;

use super::hands::perform;
use super::stage::Stage;
use crate::ui::state::editing::Draw;
use crate::ui::state::editor::Tool;
use crate::ui::state::keys::Act;
use crate::ui::state::panes;
use crate::ui::state::snap::Guide;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};

/// In the drawing's own units, inside its SVG.
#[component]
pub fn Marks() -> impl IntoView {
    let stage = Stage::get();
    let guides = move || {
        let lines = stage.drag.with(|drag| drag.guides.clone());
        lines
            .into_iter()
            .map(|guide| {
                let (x1, y1, x2, y2) = match guide {
                    Guide::Upright { x, from, to } => (x, from, x, to),
                    Guide::Level { y, from, to } => (from, y, to, y),
                };
                view! { <line class="guide" x1=x1 y1=y1 x2=x2 y2=y2 /> }
            })
            .collect_view()
    };
    let marquee = move || {
        stage.marquee.get().map(|r| {
            view! { <rect class="marquee" x=r.x y=r.y width=r.w height=r.h /> }
        })
    };
    let wire = move || {
        let (from, to) = stage.wire.get()?;
        let scene = stage.scene.get_untracked();
        let r = scene.node(&from)?.rect;
        let (x, y) = (r.right(), r.middle().1);
        let half = f64::midpoint(x, to.0);
        let d = format!("M{x:.1} {y:.1}H{half:.1}V{:.1}H{:.1}", to.1, to.0);
        Some(view! { <path class="new-wire" d=d /> })
    };
    view! {
        {guides}
        {marquee}
        {wire}
    }
}

/// Buttons for the view, and for who cannot drag.
#[component]
pub fn Toolbar() -> impl IntoView {
    let store = Store::get();
    let stage = Stage::get();
    let on = store.memo(|m| m.editor.on);
    let any = store.memo(|m| !m.editor.selected.is_empty());
    let moving = store.memo(|m| m.editor.tool == Tool::MoveTo);
    let adding = store.memo(|m| m.editor.tool == Tool::Add);
    let zoom = Memo::new(move |_| (stage.view.get().zoom * 100.0).round() as u32);
    let button = move |icon: Icon, name: &'static str, act: Act| {
        view! {
            <button
                class="button quiet icon-only"
                aria-label=name
                title=name
                on:click=move |_| perform(store, stage, act)
            >
                <Pic icon=icon />
            </button>
        }
    };
    view! {
        <div class="toolbar" role="toolbar" aria-label="Drawing">
            <button
                class="button quiet"
                aria-pressed=move || on.get().to_string()
                title="Change the drawing, or only look  B"
                data-testid="build"
                on:click=move |_| store.send(Msg::Draw(Draw::Toggle))
            >
                <Pic icon=Icon::Pencil />
                "Build"
            </button>
            {move || {
                (on.get() && any.get())
                    .then(|| {
                        view! {
                            <button
                                class="button quiet"
                                aria-pressed=move || moving.get().to_string()
                                title="Click where the selection goes, or use the arrow keys  M"
                                on:click=move |_| perform(store, stage, Act::MoveMode)
                            >
                                "Move"
                            </button>
                            <button
                                class="button quiet"
                                title="Choose what it calls  C"
                                data-testid="connect"
                                on:click=move |_| perform(store, stage, Act::Connect)
                            >
                                "Connect"
                            </button>
                            {button(Icon::Trash, "Delete what is selected", Act::Delete)}
                        }
                    })
            }}
            {move || {
                on.get()
                    .then(|| {
                        view! {
                            <button
                                class="button quiet"
                                aria-pressed=move || adding.get().to_string()
                                title="Clicks add to the selection  Shift Space"
                                on:click=move |_| perform(store, stage, Act::AddMode)
                            >
                                "Select several"
                            </button>
                            <button
                                class="button quiet"
                                title="Lay the drawing out  Shift T"
                                data-testid="tidy"
                                on:click=move |_| perform(store, stage, Act::Tidy)
                            >
                                "Tidy"
                            </button>
                        }
                    })
            }}
            <span class="space"></span>
            {button(Icon::Minus, "Further away", Act::ZoomOut)}
            <span class="zoom" data-testid="zoom">{move || zoom.get()} " %"</span>
            {button(Icon::Plus, "Closer", Act::ZoomIn)}
            {button(Icon::Fit, "All of it in sight", Act::Fit)}
        </div>
    }
}

/// What the tool waits for, and what could not be done.
#[component]
pub fn Notes() -> impl IntoView {
    let store = Store::get();
    let asks = store.memo(panes::tool_says);
    let toast = store.memo(|m| m.toast.clone().map(|text| (m.toasts, text)));
    // Long enough to read: a second, and one more for each fifteen letters.
    Effect::new(move |_| {
        if let Some((number, text)) = toast.get() {
            let ms = 2_500 + 70 * u32::try_from(text.chars().count()).unwrap_or(0);
            gloo_timers::callback::Timeout::new(ms, move || store.send(Msg::ToastSeen(number)))
                .forget();
        }
    });
    view! {
        {move || asks.get().map(|text| view! { <div class="asks" data-testid="asks">{text}</div> })}
        {move || {
            toast
                .get()
                .map(|(number, text)| {
                    view! {
                        <div class="toast" data-testid="toast">
                            <span>{text}</span>
                            <button
                                class="button quiet icon-only"
                                aria-label="Close this message"
                                on:click=move |_| store.send(Msg::ToastSeen(number))
                            >
                                <Pic icon=Icon::Close />
                            </button>
                        </div>
                    }
                })
        }}
    }
}
