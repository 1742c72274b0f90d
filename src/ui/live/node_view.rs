//! One node of the drawing: silhouette, name, state in words, figures, badges.

use leptos::prelude::*;

use crate::scenario::draw::Thing;
use crate::ui::editor::stage::Stage;
use crate::ui::state::geometry::{LINE_HEIGHT, NodeBox, PAD, Rect, Shape};
use crate::ui::state::{facts, glossary, names, pills};
use crate::ui::store::Store;

#[component]
pub fn NodeView(
    node: NodeBox,
    /// It is being dragged.
    lifted: bool,
) -> impl IntoView {
    let store = Store::get();
    let key = node.key.clone();
    let facts = {
        let key = key.clone();
        store.memo(move |m| facts::node(m, &key))
    };
    let title = store.memo(move |m| {
        let found = m.doc.scenario.design.node(&key);
        found.map_or_else(Default::default, |n| {
            (names::node(n).to_owned(), n.kind.word.to_lowercase())
        })
    });
    let r = node.rect;
    let stage = Stage::get();
    let thing = Thing::Node(node.key.clone());
    let selected = store.memo(move |m| m.editor.is_selected(&thing));
    let spoken = {
        let key = node.key.clone();
        store.memo(move |m| facts::spoken(m, &key))
    };
    let building = store.memo(|m| m.editor.on);
    let calls = {
        let key = node.key.clone();
        store.memo(move |m| {
            m.doc
                .scenario
                .design
                .node(&key)
                .is_some_and(|n| n.kind.calls)
        })
    };
    let shifted = move || {
        lifted.then(|| {
            let by = stage.drag.with(|drag| (drag.dx, drag.dy));
            format!("translate({:.1} {:.1})", by.0, by.1)
        })
    };
    let body = if node.slots.is_some() {
        view! { <Worker node=node.clone() facts=facts title=title /> }.into_any()
    } else {
        view! { <Plain node=node.clone() facts=facts title=title /> }.into_any()
    };
    view! {
        <g
            class="node"
            id=format!("node-{}", node.key)
            role="img"
            aria-label=move || spoken.get()
            transform=shifted
            data-node=node.key.clone()
            data-selected=move || selected.get().to_string()
            data-state=move || facts.with(|f| f.state_key)
            data-dim=move || facts.with(|f| f.dim).to_string()
            data-named=move || facts.with(|f| f.named).to_string()
        >
            <path class="halo" d=silhouette(node.shape, grown(r, 5.0)) />
            {(node.shape == Shape::Foreign)
                .then(|| view! { <path class="foreign" d=silhouette(Shape::Rectangle, grown(r, 8.0)) /> })}
            <path class="outline" d=silhouette(node.shape, r) />
            {body}
            {move || badges(&facts.get(), r, stage.scene.with(|scene| scene.extent()))}
            {move || {
                (building.get() && calls.get())
                    .then(|| {
                        view! {
                            <g class="grip" data-port="out">
                                <circle class="reach" cx=r.right() cy=r.middle().1 r="14" />
                                <circle cx=r.right() cy=r.middle().1 r="6" />
                            </g>
                        }
                    })
            }}
        </g>
    }
}

/// A node with a waiting line and slots.
#[component]
fn Worker(
    node: NodeBox,
    facts: Memo<facts::NodeFacts>,
    title: Memo<(String, String)>,
) -> impl IntoView {
    let r = node.rect;
    let head = if node.shape == Shape::Cylinder {
        r.y + 34.0
    } else {
        r.y + 25.0
    };
    let line = node.line.unwrap_or_default();
    // Beside the icon.
    let wide = r.w - 2.0 * PAD - 24.0;
    let first =
        Memo::new(move |_| title.with(|(name, kind)| facts.with(|f| f.head(name, kind, wide))));
    let below = line.bottom() + 17.0;
    let slots_x = r.right() - PAD;
    let room = slots_x - line.x;
    view! {
        <path class="kind-icon" d=icon(node.shape, r.x + PAD, head - 12.0) />
        <text x=r.x + PAD + 24.0 y=head>
            <tspan class="name">{move || first.with(|it| it.name.clone())}</tspan>
            <tspan class="kind" dx="8">{move || first.with(|it| it.kind.clone())}</tspan>
        </text>
        <text class="state" x=r.right() - PAD y=head text-anchor="end">
            {move || first.with(|it| it.state.clone())}
        </text>
        <text class="fact" x=line.x y=below>{move || facts.with(|f| f.side_by_side(room).0.to_owned())}</text>
        <text class="fact" x=slots_x y=below text-anchor="end">{move || facts.with(|f| f.side_by_side(room).1.to_owned())}</text>
        <text class=move || if facts.with(|f| f.hurt) { "fact hurt" } else { "fact" } x=line.x y=below + 20.0>
            {move || facts.with(|f| f.bottom.clone())}
        </text>
    }
}

/// Clients, balancers, third parties: lines of text in the middle.
#[component]
fn Plain(
    node: NodeBox,
    facts: Memo<facts::NodeFacts>,
    title: Memo<(String, String)>,
) -> impl IntoView {
    let store = Store::get();
    let (x, y) = node.rect.middle();
    let key = node.key.clone();
    let is_clients = node.shape == Shape::Stadium;
    let lines = store.memo(move |m| match is_clients {
        true => facts::clients(m, &key),
        false => Default::default(),
    });
    let second = move || {
        let (actions, _) = lines.get();
        if actions.is_empty() {
            facts.with(|f| f.state.clone())
        } else {
            actions
        }
    };
    // One line less stands lower, so that the block stays in the middle.
    let lift = move || {
        if lines.with(|l| l.1.is_empty()) {
            0.0
        } else {
            9.0
        }
    };
    view! {
        <text class="name" x=x y=move || y - 4.0 - lift() text-anchor="middle">
            {move || title.with(|t| t.0.clone())}
        </text>
        <text class="fact" x=x y=move || y + 16.0 - lift() text-anchor="middle">{second}</text>
        <text class="fact retrying" x=x y=move || y + 35.0 - lift() text-anchor="middle">
            {move || lines.with(|l| l.1.clone())}
        </text>
    }
}

/// Below the node, and where they would reach beyond the drawing, moved back into it.
fn badges(facts: &facts::NodeFacts, r: Rect, drawing: Rect) -> impl IntoView + use<> {
    let notes = facts.note.iter().map(|text| (text, "", "pill note"));
    let failures = facts.badges.iter();
    let failures = failures.map(|it| (&it.text, it.reason, "pill badge"));
    let badges: Vec<_> = notes.chain(failures).collect();
    let widths: Vec<f64> = badges.iter().map(|it| pill_width(it.0)).collect();
    let placed = badges.into_iter().zip(pills::below(r, drawing, &widths));
    let drawn = placed.map(|((text, reason, class), at)| {
        view! { <Pill x=at.x y=at.y w=at.w text=text.clone() class=class reason=reason /> }
    });
    drawn.collect::<Vec<_>>()
}

/// About as wide as the text will be; SVG cannot measure before it draws.
pub fn pill_width(text: &str) -> f64 {
    text.chars().count() as f64 * 6.7 + 22.0
}

#[component]
pub fn Pill(
    x: f64,
    y: f64,
    w: f64,
    text: String,
    class: &'static str,
    /// Code of the reason that it counts, if it counts failures: `hands` leads to them.
    #[prop(optional)]
    reason: &'static str,
) -> impl IntoView {
    // By keyboard the same words are in the strip and in the story.
    let about = class.ends_with("badge").then(|| glossary::pieces(&text));
    let about = about.and_then(|pieces| pieces.into_iter().find_map(|(_, term)| term));
    view! {
        <g class=class data-term=about.map(|term| term.word) data-reason=(!reason.is_empty()).then_some(reason)>
            <rect x=x y=y width=w height="22" rx="11" />
            <text x=x + w / 2.0 y=y + 15.5 text-anchor="middle">{text}</text>
        </g>
    }
}

fn grown(r: Rect, by: f64) -> Rect {
    Rect {
        x: r.x - by,
        y: r.y - by,
        w: r.w + 2.0 * by,
        h: r.h + 2.0 * by,
    }
}

/// The outline of a kind.
pub fn silhouette(shape: Shape, r: Rect) -> String {
    let Rect { x, y, w, h } = r;
    match shape {
        Shape::Stadium => rounded(r, h / 2.0),
        Shape::Rectangle | Shape::Foreign => rounded(r, 8.0),
        Shape::CutCorner => {
            let cut = 18.0;
            format!(
                "M{x:.1} {y:.1}H{:.1}L{:.1} {:.1}V{:.1}H{x:.1}Z",
                x + w - cut,
                x + w,
                y + cut,
                y + h
            )
        }
        Shape::Tube => {
            let (rx, ry) = (12.0, h / 2.0);
            let (left, right) = (x + rx, x + w - rx);
            format!(
                "M{left:.1} {y:.1}H{right:.1}A{rx} {ry:.1} 0 0 1 {right:.1} {0:.1}H{left:.1}A{rx} {ry:.1} 0 0 1 {left:.1} {y:.1}Z\
                 M{right:.1} {y:.1}A{rx} {ry:.1} 0 0 0 {right:.1} {0:.1}",
                y + h
            )
        }
        Shape::Notched => format!(
            "M{x:.1} {y:.1}H{0:.1}V{1:.1}H{x:.1}V{2:.1}L{3:.1} {4:.1}L{x:.1} {5:.1}Z",
            x + w,
            y + h,
            y + h / 2.0 + 12.0,
            x + 12.0,
            y + h / 2.0,
            y + h / 2.0 - 12.0
        ),
        Shape::Folded => {
            let fold = 18.0;
            let (right, bottom) = (x + w, y + h);
            format!(
                "M{x:.1} {y:.1}H{right:.1}V{0:.1}L{1:.1} {bottom:.1}H{x:.1}ZM{right:.1} {0:.1}H{1:.1}V{bottom:.1}",
                bottom - fold,
                right - fold
            )
        }
        Shape::Slanted => {
            let slant = 16.0;
            format!(
                "M{:.1} {y:.1}H{:.1}L{:.1} {:.1}H{x:.1}Z",
                x + slant,
                x + w,
                x + w - slant,
                y + h
            )
        }
        Shape::Hexagon => {
            let cut = 22.0;
            format!(
                "M{:.1} {y:.1}H{:.1}L{:.1} {:.1}L{:.1} {:.1}H{:.1}L{x:.1} {:.1}Z",
                x + cut,
                x + w - cut,
                x + w,
                y + h / 2.0,
                x + w - cut,
                y + h,
                x + cut,
                y + h / 2.0
            )
        }
        Shape::Cylinder => {
            let (rx, ry) = (w / 2.0, 10.0);
            let (top, bottom) = (y + ry, y + h - ry);
            format!(
                "M{x:.1} {top:.1}A{rx:.1} {ry} 0 0 1 {:.1} {top:.1}V{bottom:.1}\
                 A{rx:.1} {ry} 0 0 1 {x:.1} {bottom:.1}ZM{x:.1} {top:.1}A{rx:.1} {ry} 0 0 0 {:.1} {top:.1}",
                x + w,
                x + w
            )
        }
    }
}

fn rounded(r: Rect, radius: f64) -> String {
    let Rect { x, y, w, h } = r;
    format!(
        "M{:.1} {y:.1}h{:.1}a{radius:.1} {radius:.1} 0 0 1 {radius:.1} {radius:.1}v{:.1}\
         a{radius:.1} {radius:.1} 0 0 1 -{radius:.1} {radius:.1}h-{:.1}\
         a{radius:.1} {radius:.1} 0 0 1 -{radius:.1} -{radius:.1}v-{:.1}\
         a{radius:.1} {radius:.1} 0 0 1 {radius:.1} -{radius:.1}z",
        x + radius,
        w - 2.0 * radius,
        h - 2.0 * radius,
        w - 2.0 * radius,
        h - 2.0 * radius
    )
}

pub fn kind_shape(kind: &str) -> Shape {
    Shape::of_kind(kind)
}

/// The outline of a kind on a grid of 24.
pub fn glyph(shape: Shape) -> String {
    let r = |x, y, w, h| Rect { x, y, w, h };
    match shape {
        Shape::Stadium => rounded(r(2.0, 6.0, 20.0, 12.0), 6.0),
        Shape::Rectangle => rounded(r(3.0, 5.0, 18.0, 14.0), 2.0),
        Shape::Foreign => format!(
            "{}M1 3h3M7 3h3M13 3h3M19 3h3M1 21h3M7 21h3M13 21h3M19 21h3",
            rounded(r(4.0, 6.0, 16.0, 12.0), 2.0)
        ),
        Shape::CutCorner => "M3 5H16L21 10V19H3Z".into(),
        Shape::Hexagon => "M7 5H17L21 12L17 19H7L3 12Z".into(),
        Shape::Cylinder => "M4 7A8 3 0 0 1 20 7V17A8 3 0 0 1 4 17ZM4 7A8 3 0 0 0 20 7".into(),
        Shape::Tube => "M5 6H19A3 6 0 0 1 19 18H5A3 6 0 0 1 5 6ZM19 6A3 6 0 0 0 19 18".into(),
        Shape::Notched => "M3 5H21V19H3V15L6 12L3 9Z".into(),
        Shape::Folded => "M3 5H21V14L16 19H3ZM21 14H16V19".into(),
        Shape::Slanted => "M7 5H22L17 19H2Z".into(),
    }
}

/// A 16 px sign of the kind, beside its word.
fn icon(shape: Shape, x: f64, y: f64) -> String {
    let m = LINE_HEIGHT - 22.0;
    match shape {
        Shape::Cylinder => format!(
            "M{x} {0}a8 3 0 0 1 16 0v8a8 3 0 0 1 -16 0zM{x} {0}a8 3 0 0 0 16 0",
            y + 3.0 + m
        ),
        _ => format!(
            "M{} {}h14v10h-14zM{} {}h3M{} {}h14",
            x + 1.0,
            y + 2.0,
            x + 3.5,
            y + 5.0,
            x + 1.0,
            y + 8.0
        ),
    }
}
