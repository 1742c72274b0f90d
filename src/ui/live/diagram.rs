//! The drawing: nodes and links as SVG, what moves on a canvas above it, and the same in words.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::node_view::NodeView;
use super::wire_view::WireView;
use super::{LIVE, discs_canvas};
use crate::ui::platform::{media, observe, theme};
use crate::ui::state::facts;
use crate::ui::state::geometry::Scene;
use crate::ui::state::model::Status;
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};

#[component]
pub fn Diagram() -> impl IntoView {
    let store = Store::get();
    let holder = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let size = RwSignal::new((0.0, 0.0));
    Effect::new(move |_| {
        if let Some(holder) = holder.get() {
            observe::size(&holder, size);
        }
    });
    let scene = store_scene(store, size);
    keep_canvas_ready(store, scene, canvas, size);
    let outline = store.memo(facts::outline);
    view! {
        <div class="stage" node_ref=holder data-testid="stage">
            <svg class="drawing" role="img" aria-label="The system; described in the list that follows">
                <defs>
                    <pattern id="hatched" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect width="5" height="5" fill="var(--panel)" />
                        <line x1="0" y1="0" x2="0" y2="5" stroke="var(--failed)" stroke-width="1" opacity=".5" />
                    </pattern>
                </defs>
                <g transform=move || scene.with(transform)>
                    {move || wires(&scene.get())}
                    {move || nodes(&scene.get())}
                </g>
            </svg>
            <canvas node_ref=canvas aria-hidden="true"></canvas>
            <div class="sr-only">
                <h2>"The system in words"</h2>
                <ul>
                    {move || outline.get().into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}
                </ul>
            </div>
            <button class="button reopen" on:click=move |_| store.send(Msg::ToggleStory)>
                <Pic icon=Icon::Story />
                {move || store.memo(|m| m.doc.scenario.about.question.clone()).get()}
            </button>
            <BulletBar />
            <Legend />
        </div>
    }
}

fn transform(scene: &Arc<Scene>) -> String {
    format!(
        "translate({:.2} {:.2}) scale({:.4})",
        scene.shift.0, scene.shift.1, scene.zoom
    )
}

fn wires(scene: &Arc<Scene>) -> impl IntoView + use<> {
    let (top_down, density) = (scene.top_down, scene.density);
    let links = scene.links.clone();
    links
        .into_iter()
        .map(|link| view! { <WireView link=link top_down=top_down density=density /> })
        .collect_view()
}

fn nodes(scene: &Arc<Scene>) -> impl IntoView + use<> {
    let density = scene.density;
    let nodes = scene.nodes.clone();
    nodes
        .into_iter()
        .map(|node| view! { <NodeView node=node density=density /> })
        .collect_view()
}

fn store_scene(store: Store, size: RwSignal<(f64, f64)>) -> Memo<Arc<Scene>> {
    let design = store.memo(|m| PtrEq(Arc::clone(&m.doc.scenario)));
    Memo::new(move |_| {
        let (w, h) = size.get();
        // Until it is measured, as if it were a laptop.
        let (w, h) = if w > 1.0 { (w, h) } else { (1100.0, 560.0) };
        Arc::new(design.with(|s| Scene::new(&s.0.design, w, h)))
    })
}

/// A shared value that counts as changed only when it is another one.
#[derive(Clone)]
struct PtrEq<T>(Arc<T>);

impl<T> PartialEq for PtrEq<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The frame loop draws on the canvas without asking anybody; here it gets what it needs for that.
fn keep_canvas_ready(
    store: Store,
    scene: Memo<Arc<Scene>>,
    canvas: NodeRef<html::Canvas>,
    size: RwSignal<(f64, f64)>,
) {
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            discs_canvas::use_canvas(canvas, size.get());
            LIVE.with_borrow_mut(|live| live.redraw = true);
        }
    });
    let plan = store.memo(|m| m.run.plan.as_ref().map(|p| PtrEq(Arc::clone(p))));
    Effect::new(move |_| {
        let (scene, plan) = (scene.get(), plan.get());
        LIVE.with_borrow_mut(|live| {
            live.scene = scene;
            match plan {
                Some(plan) => discs_canvas::index(live, &plan.0.nodes, &plan.0.links),
                None => discs_canvas::index(live, &[], &[]),
            }
        });
    });
    // Before the views' own effects read it.
    let read_colours = move || {
        LIVE.with_borrow_mut(|live| {
            live.palette = theme::palette();
            live.reduced_motion = media::reduced_motion();
            live.redraw = true;
        });
    };
    read_colours();
    Effect::new(move |_| {
        store.colours.track();
        read_colours();
    });
}

/// Says that time runs slowly, and how to go on.
#[component]
fn BulletBar() -> impl IntoView {
    let store = Store::get();
    let bullet = store.memo(|m| {
        let playing = m.run.status == Status::Playing;
        m.run
            .bullet
            .as_ref()
            .filter(|_| playing)
            .map(|b| words::reason(b.reason))
    });
    view! {
        {move || {
            bullet
                .get()
                .map(|reason| {
                    view! {
                        <div class="slowly" role="status">
                            <span>"First “" {reason} "”: time runs 20 times slower"</span>
                            <button class="button" on:click=move |_| store.send(Msg::Continue)>
                                "Go on" <kbd>"Esc"</kbd>
                            </button>
                        </div>
                    }
                })
        }}
    }
}

#[component]
fn Legend() -> impl IntoView {
    let store = Store::get();
    let scale = store.memo(|m| {
        let per_disc = m
            .run
            .plan
            .as_ref()
            .map_or(1, |p| u64::from(p.requests_per_disc));
        let (one_in, stretch) = LIVE.with_borrow(|l| (l.discs.one_in.max(1), l.discs.stretch));
        let requests = per_disc * one_in;
        let dots = match requests {
            1 => "1 dot = 1 request".to_owned(),
            n => format!("1 dot = {} requests", words::count(n)),
        };
        if stretch > 1.5 {
            format!("{dots}, travel drawn longer than it is")
        } else {
            dots
        }
    });
    let begun = store.memo(crate::ui::state::model::Model::has_begun);
    view! {
        <ul class="legend" hidden=move || !begun.get()>
            <li>{move || scale.get()}</li>
            <li>
                <svg viewBox="0 0 14 14" aria-hidden="true">
                    <circle cx="7" cy="7" r="5.5" fill="var(--panel)" stroke="var(--strained)" stroke-width="1.5" />
                    <text x="7" y="10" font-size="9" text-anchor="middle" fill="var(--strained-text)">"2"</text>
                </svg>
                "retry"
            </li>
            <li>
                <svg viewBox="0 0 14 14" aria-hidden="true">
                    <circle cx="7" cy="7" r="4" fill="var(--panel)" stroke="var(--served)" stroke-width="1.5" />
                </svg>
                "reply"
            </li>
            <li>
                <svg viewBox="0 0 14 14" aria-hidden="true">
                    <path d="M1 1h12v12H1zM1 8 8 1M1 13 13 1M6 13l7-7" fill="none" stroke="var(--offered)" />
                </svg>
                "work nobody waits for"
            </li>
            <li>
                <svg viewBox="0 0 14 14" aria-hidden="true">
                    <path d="M3 2h8L7 7zM5.5 7h3v6h-3z" fill="var(--offered)" />
                </svg>
                "its caller has gone"
            </li>
        </ul>
    }
}
