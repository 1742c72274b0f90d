//! The drawing: nodes and links as SVG, what moves on a canvas above it, and the same in words.

use std::sync::Arc;

use leptos::ev::PointerEvent;
use leptos::html;
use leptos::prelude::*;

use super::node_view::NodeView;
use super::wire_view::WireView;
use super::{LIVE, discs_canvas};
use crate::scenario::draw::Thing;
use crate::ui::editor::hands::Hands;
use crate::ui::editor::minimap::Minimap;
use crate::ui::editor::overlay::{Marks, Notes, Toolbar};
use crate::ui::editor::palette::Palette;
use crate::ui::editor::pane::PaneView;
use crate::ui::editor::stage::{PtrEq, Stage};
use crate::ui::platform::observe;
use crate::ui::state::editor::Tool;
use crate::ui::state::geometry::Density;
use crate::ui::state::model::Status;
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};

#[component]
pub fn Diagram() -> impl IntoView {
    let store = Store::get();
    let stage = Stage::get();
    let holder = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        if let Some(holder) = holder.get() {
            observe::size(&holder, stage.size);
        }
    });
    keep_canvas_ready(store, stage, canvas);
    let hands = Hands::new(store, stage);
    let handle = move |act: fn(&Hands, &PointerEvent)| {
        let hands = hands.clone();
        move |event: PointerEvent| act(&hands, &event)
    };
    let mouse = Hands::new(store, stage);
    let (menu, double, wheel) = (mouse.clone(), mouse.clone(), mouse.clone());
    let (keys, keys_up) = (mouse.clone(), mouse);
    let building = store.memo(|m| m.editor.on);
    let tool = store.memo(|m| match m.editor.tool {
        Tool::Select => "select",
        Tool::Connect { .. } => "connect",
        Tool::MoveTo => "move",
        Tool::Add => "add",
    });
    let active = store.memo(|m| {
        m.editor.only().and_then(|thing| match thing {
            Thing::Node(key) => Some(format!("node-{key}")),
            Thing::Link(key) => Some(format!("link-{key}")),
            // Not drawn.
            Thing::Operation(_) | Thing::Watched(..) => None,
        })
    });
    let shift = move || {
        let v = stage.view.get();
        format!("translate({:.2}px,{:.2}px) scale({:.4})", v.x, v.y, v.zoom)
    };
    let far = Memo::new(move |_| stage.view.get().zoom < 0.6);
    let empty = store.memo(|m| m.doc.scenario.design.nodes.is_empty());
    let question = store.memo(|m| m.doc.scenario.about.question.clone());
    view! {
        <div class="stage" data-testid="stage">
            <div
                id="canvas"
                class="canvas"
                class:building=move || building.get()
                class:moving=move || stage.moving.get()
                class:far=move || far.get()
                data-tool=move || tool.get()
                node_ref=holder
                role="application"
                aria-roledescription="drawing"
                aria-label="The system. Arrow keys go from node to node, ? lists the keys, O opens the drawing in words."
                aria-activedescendant=move || active.get()
                tabindex="0"
                on:pointerdown=handle.clone()(Hands::down)
                on:pointermove=handle.clone()(Hands::moved)
                on:pointerup=handle.clone()(Hands::up)
                on:pointercancel=handle(Hands::cancel)
                on:contextmenu=move |event| menu.context(&event)
                on:dblclick=move |event| double.double(&event)
                on:wheel=move |event| wheel.wheel(&event)
                on:keydown=move |event| keys.key(&event)
                on:keyup=move |event| keys_up.key_up(&event)
            >
                <svg class="drawing" id="drawing" style:transform=shift>
                    <defs>
                        <pattern id="hatched" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                            <rect width="5" height="5" fill="var(--panel)" />
                            <line x1="0" y1="0" x2="0" y2="5" stroke="var(--failed)" stroke-width="1" opacity=".5" />
                        </pattern>
                    </defs>
                    <Wires lifted=false />
                    <Nodes lifted=false />
                </svg>
                <svg class="drawing" style:transform=shift>
                    <Wires lifted=true />
                    <Nodes lifted=true />
                    <Marks />
                </svg>
                <canvas node_ref=canvas aria-hidden="true"></canvas>
            </div>
            <Palette />
            <Toolbar />
            <Minimap />
            <button
                class="button reopen"
                aria-label=move || format!("Story {}", question.get())
                title=move || question.get()
                on:click=move |_| store.send(Msg::ToggleStory)
            >
                <Pic icon=Icon::Story />
                <span>{move || question.get()}</span>
            </button>
            <div class="empty" hidden=move || !empty.get()>
                <p>"Nothing is drawn yet."</p>
                <p class="small muted">
                    "Click a kind on the left, double-click here, or press A and type what you need. Or begin with a starting point, under Scenarios."
                </p>
            </div>
            <BulletBar />
            <Legend />
            <PaneView />
            <Notes />
        </div>
    }
}

/// Drawn again only where something changed: a key says all that a link's picture hangs on.
#[component]
fn Wires(
    /// Those at a node that is being dragged, or the others.
    lifted: bool,
) -> impl IntoView {
    let stage = Stage::get();
    let links = move || {
        let (scene, held) = (stage.scene.get(), stage.lifted.get());
        let (top_down, density) = (scene.top_down, scene.density);
        let of_held = |end: usize| {
            let node = scene.nodes.get(end);
            node.is_some_and(|node| held.contains(&node.key))
        };
        let links = scene.links.iter();
        links
            .filter(|link| (of_held(link.from) || of_held(link.to)) == lifted)
            .map(|link| (link.clone(), top_down, density))
            .collect::<Vec<_>>()
    };
    view! {
        <For
            each=links
            key=|(link, top_down, density)| {
                (link.key.clone(), link.from, link.to, bits(&link.points), *top_down, *density == Density::Compact)
            }
            let((link, top_down, density))
        >
            <WireView link=link top_down=top_down density=density lifted=lifted />
        </For>
    }
}

fn bits(points: &[(f64, f64)]) -> Vec<(i64, i64)> {
    let tenths = |v: f64| (v * 10.0).round() as i64;
    points
        .iter()
        .map(|&(x, y)| (tenths(x), tenths(y)))
        .collect()
}

#[component]
fn Nodes(
    /// Those that are being dragged, or the others.
    lifted: bool,
) -> impl IntoView {
    let stage = Stage::get();
    let nodes = move || {
        let (scene, held) = (stage.scene.get(), stage.lifted.get());
        let nodes = scene.nodes.iter();
        nodes
            .filter(|node| held.contains(&node.key) == lifted)
            .cloned()
            .collect::<Vec<_>>()
    };
    view! {
        <For
            each=nodes
            key=|node| {
                let r = node.rect;
                let slots = node.slots.map(|s| (s.count, s.columns));
                (node.key.clone(), node.shape, bits(&[(r.x, r.y), (r.w, r.h)]), slots)
            }
            let(node)
        >
            <NodeView node=node lifted=lifted />
        </For>
    }
}

/// The frame loop draws on the canvas without asking anybody; here it gets what it needs for that.
fn keep_canvas_ready(store: Store, stage: Stage, canvas: NodeRef<html::Canvas>) {
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            discs_canvas::use_canvas(canvas, stage.size.get());
            LIVE.with_borrow_mut(|live| live.redraw = true);
        }
    });
    let plan = store.memo(|m| m.run.plan.as_ref().map(|p| PtrEq(Arc::clone(p))));
    Effect::new(move |_| {
        let (scene, plan) = (stage.scene.get(), plan.get());
        LIVE.with_borrow_mut(|live| {
            live.scene = scene;
            live.redraw = true;
            match plan {
                Some(plan) => discs_canvas::index(live, &plan.0.nodes, &plan.0.links),
                None => discs_canvas::index(live, &[], &[]),
            }
        });
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
