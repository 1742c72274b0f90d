//! One link of the drawing: line, lane of retries, the caller's policy, figures.

use leptos::prelude::*;

use super::node_view::{Pill, pill_width};
use crate::scenario::draw::Thing;
use crate::ui::editor::stage::Stage;
use crate::ui::state::facts;
use crate::ui::state::geometry::Density;
use crate::ui::state::names;
use crate::ui::state::routes::{self, LinkPath, Side};
use crate::ui::store::Store;

#[component]
pub fn WireView(
    link: LinkPath,
    top_down: bool,
    density: Density,
    /// One of its ends is being dragged.
    lifted: bool,
) -> impl IntoView {
    let compact = density == Density::Compact;
    let store = Store::get();
    let key = link.key.clone();
    let facts = store.memo(move |m| facts::link(m, &key));
    let stage = Stage::get();
    let fixed = link.clone();
    // While one of its ends is dragged, the way is found anew; else it is the one of the layout.
    let now = Memo::new(move |_| {
        lifted.then(|| {
            let scene = stage.scene.get_untracked();
            let field = stage.field.get();
            let drag = stage.drag.get_untracked();
            routes::dragged(&scene, &field.0, &fixed, &drag)
        })
    });
    let still = StoredValue::new(link.clone());
    let path = Memo::new(move |_| of(now, still, |link| outline(&link.points)));
    let ends = Memo::new(move |_| of(now, still, ends));
    let place = Memo::new(move |_| of(now, still, |link| (link.label.x, link.label.y)));
    let side = Memo::new(move |_| of(now, still, |link| link.label.side));
    let beside = move || {
        let (x, y) = place.get();
        format!("translate({x:.1} {y:.1})")
    };
    // Between two nodes that stand side by side; elsewhere nothing is in the way.
    let room = move || match (top_down, side.get()) {
        (false, Side::Middle) => {
            let (from, to) = ends.get();
            (to.0 - from.0).abs() - 8.0
        }
        _ => f64::INFINITY,
    };
    let thing = Thing::Link(link.key.clone());
    let selected = store.memo(move |m| m.editor.is_selected(&thing));
    let name = {
        let key = link.key.clone();
        store.memo(move |m| {
            let design = &m.doc.scenario.design;
            let link = design.link(&key).map(|link| names::link(design, link));
            format!("Link {}", link.unwrap_or_default())
        })
    };
    // The lane of retries runs beside the line: below it, or left of it.
    let width = move || {
        let tries = facts.with(|f| f.tries);
        if tries > 1.1 {
            (3.0 * (tries - 1.0)).clamp(2.0, 12.0)
        } else {
            0.0
        }
    };
    let lane_shift = move || {
        let by = 16.0 + width() / 2.0;
        if top_down {
            format!("translate(-{by:.1} 0)")
        } else {
            format!("translate(0 {by:.1})")
        }
    };
    view! {
        <g
            class="wire"
            id=format!("link-{}", link.key)
            role="img"
            aria-label=move || name.get()
            data-link=link.key.clone()
            data-selected=move || selected.get().to_string()
            data-cut=move || facts.with(|f| f.cut).to_string()
        >
            <path class="reach" d=move || path.get() />
            <path class="line" d=move || path.get() />
            <path class="lane" d=move || path.get() transform=lane_shift stroke-width=width hidden=move || width() == 0.0 />
            <circle class="port" cx=move || ends.get().0.0 cy=move || ends.get().0.1 r="4" />
            <circle class="port" cx=move || ends.get().1.0 cy=move || ends.get().1.1 r="4" />
            // Moved as a whole: what stands there need not be set anew.
            <g transform=beside>
                {move || {
                    let whole = facts.with(|f| f.policy(false));
                    let fits = !compact && pill_width(&whole) <= room();
                    let text = if fits { whole } else { facts.with(|f| f.policy(true)) };
                    policy(&text, side.get(), top_down)
                }}
                {move || figures(&facts.get(), side.get(), width(), top_down)}
            </g>
        </g>
    }
}

/// From the way of a link: as it is dragged, or as it lies.
fn of<T>(
    now: Memo<Option<LinkPath>>,
    still: StoredValue<LinkPath>,
    read: impl Fn(&LinkPath) -> T,
) -> T {
    now.with(|now| match now {
        Some(link) => read(link),
        None => still.with_value(read),
    })
}

fn ends(link: &LinkPath) -> ((f64, f64), (f64, f64)) {
    let first = link.points.first().copied().unwrap_or_default();
    (first, link.points.last().copied().unwrap_or_default())
}

fn policy(text: &str, side: Side, top_down: bool) -> impl IntoView + use<> {
    let w = pill_width(text);
    let above = match (top_down, side) {
        (true, _) => 44.0,
        (false, Side::Middle) => 46.0,
        (false, _) => 36.0,
    };
    let x = side.left(0.0, w);
    view! { <Pill x=x y=-above w=w text=text.to_owned() class="pill" /> }
}

/// Requests per second, tries per action, losses.
fn figures(f: &facts::LinkFacts, side: Side, lane: f64, top_down: bool) -> impl IntoView + use<> {
    let y = match (top_down, side) {
        (true, _) => 4.0,
        (false, Side::Middle) => 34.0 + lane,
        (false, _) => 26.0 + lane,
    };
    let (x, anchor) = (if top_down { 4.0 } else { 0.0 }, side.anchor());
    let second = if f.storm.is_empty() {
        f.lost.clone()
    } else {
        f.storm.clone()
    };
    let class = if f.storm.is_empty() {
        "fact"
    } else {
        "fact retrying"
    };
    view! {
        <text class="fact" x=x y=y text-anchor=anchor>{f.rate.clone()}</text>
        <text class=class x=x y=y + 18.0 text-anchor=anchor>{second}</text>
    }
}

/// Straight parts with corners of 6 px.
pub fn outline(points: &[(f64, f64)]) -> String {
    use std::fmt::Write;
    let mut d = String::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        let inner = i > 0 && i + 1 < points.len();
        let written = match (i, inner) {
            (0, _) => write!(d, "M{x:.1} {y:.1}"),
            (_, true) => {
                let (before, after) = (points[i - 1], points[i + 1]);
                let (bx, by) = towards((x, y), before);
                let (ax, ay) = towards((x, y), after);
                write!(d, "L{bx:.1} {by:.1}Q{x:.1} {y:.1} {ax:.1} {ay:.1}")
            }
            _ => write!(d, "L{x:.1} {y:.1}"),
        };
        // Writing into a string cannot fail.
        debug_assert!(written.is_ok());
    }
    d
}

/// Up to 6 px from a corner in the direction of its neighbour.
fn towards(from: (f64, f64), to: (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt().max(1e-9);
    let by = (length / 2.0).min(6.0) / length;
    (from.0 + dx * by, from.1 + dy * by)
}
