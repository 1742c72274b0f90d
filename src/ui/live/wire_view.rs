//! One link of the drawing: line, lane of retries, the caller's policy, figures.

use leptos::prelude::*;

use super::node_view::{Pill, pill_width};
use crate::ui::state::facts;
use crate::ui::state::geometry::LinkPath;
use crate::ui::store::Store;

#[component]
pub fn WireView(link: LinkPath, top_down: bool) -> impl IntoView {
    let store = Store::get();
    let key = link.key.clone();
    let facts = store.memo(move |m| facts::link(m, &key));
    let path = outline(&link.points);
    let (start, end) = ends(&link);
    let length = link.length();
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
    let middle = link.at(0.5);
    view! {
        <g class="wire" data-link=link.key.clone() data-cut=move || facts.with(|f| f.cut).to_string()>
            <path class="line" d=path.clone() />
            <path class="lane" d=path transform=lane_shift stroke-width=width hidden=move || width() == 0.0 />
            <circle class="port" cx=start.0 cy=start.1 r="4" />
            <circle class="port" cx=end.0 cy=end.1 r="4" />
            {move || policy(&facts.with(|f| f.policy.clone()), middle, length, top_down)}
            {move || figures(&facts.get(), middle, width(), top_down)}
        </g>
    }
}

fn ends(link: &LinkPath) -> ((f64, f64), (f64, f64)) {
    let first = link.points.first().copied().unwrap_or_default();
    (first, link.points.last().copied().unwrap_or_default())
}

fn policy(text: &str, middle: (f64, f64), length: f64, top_down: bool) -> impl IntoView + use<> {
    let w = pill_width(text);
    let (x, y) = if top_down {
        (middle.0 + 16.0, middle.1 - length / 2.0 + 12.0)
    } else {
        (middle.0 - w / 2.0, middle.1 - 46.0)
    };
    view! { <Pill x=x y=y w=w text=text.to_owned() class="pill" /> }
}

/// Requests per second, tries per action, losses.
fn figures(
    f: &facts::LinkFacts,
    middle: (f64, f64),
    lane: f64,
    top_down: bool,
) -> impl IntoView + use<> {
    let (x, y, anchor) = if top_down {
        (middle.0 + 20.0, middle.1 + 18.0, "start")
    } else {
        (middle.0, middle.1 + 34.0 + lane, "middle")
    };
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
fn outline(points: &[(f64, f64)]) -> String {
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
