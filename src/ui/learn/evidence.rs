//! One request of the run as evidence: its tries below each other, waiting and work to scale.

use leptos::prelude::*;

use crate::ui::state::waterfall::{self, Kind, Row, Story};
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

const WIDTH: f64 = 256.0;
const BAR: f64 = 10.0;

#[component]
pub fn Evidence() -> impl IntoView {
    let store = Store::get();
    let story = store.memo(waterfall::evidence);
    view! {
        {move || {
            story
                .get()
                .map(|story| {
                    view! {
                        <section class="block" data-testid="evidence">
                            <h3 class="label">"Evidence"</h3>
                            {card(story)}
                        </section>
                    }
                })
        }}
    }
}

/// The story itself, with what its bars mean.
pub fn card(story: Story) -> impl IntoView {
    let Story {
        action,
        began_ns,
        length_ns,
        rows,
        sum,
        told,
    } = story;
    let length = words::ms(length_ns as f64 / 1e6);
    let used = |kind: Kind| rows.iter().any(|row| row.parts.iter().any(|p| p.0 == kind));
    let legend = Kind::ALL.into_iter().filter(|kind| used(*kind));
    let legend = legend.map(|kind| {
        view! {
            <li>
                <svg viewBox="0 0 14 12" width="14" height="12" aria-hidden="true">
                    <rect class=kind.key() x="1" y="1" width="12" height="10" />
                </svg>
                {kind.label()}
            </li>
        }
    });
    let legend = legend.collect_view();
    let has_path = rows.iter().any(|row| row.critical) && rows.len() > 1;
    view! {
        <p class="small">
            "Action #" {words::count(action)} ", from " {words::seconds(began_ns)} " on, " {length} ": "
            <strong>{sum}</strong> ". " {rich(&told)}
        </p>
        <ol class="waterfall">{rows.into_iter().map(row).collect_view()}</ol>
        <ul class="legend small muted">{legend}</ul>
        {has_path
            .then(|| view! { <p class="small muted">"► The answer waited for these: the critical path."</p> })}
    }
}

fn row(row: Row) -> impl IntoView {
    let x = |share: f64| share * WIDTH;
    let bars = row.parts.iter().map(|&(kind, a, b)| {
        // Work of a few milliseconds stays visible.
        let (x, w) = (x(a), (x(b) - x(a)).max(2.0));
        let (y, h) = match kind {
            Kind::Work | Kind::Wasted => (3.0, BAR),
            Kind::Waiting | Kind::Connecting => (5.0, BAR - 4.0),
            Kind::Network => (7.0, 2.0),
        };
        view! { <rect class=kind.key() x=x.min(WIDTH - w) y=y width=w height=h /> }
    });
    let bars = bars.collect_view();
    let over = row.over.map(|at| {
        let class = if row.served { "told" } else { "gone" };
        let d = if row.served {
            format!("M{0:.1} 1v14", x(at))
        } else {
            format!("M{:.1} 4l8 8m0 -8l-8 8", x(at) - 4.0)
        };
        view! { <path class=class d=d /> }
    });
    view! {
        <li data-depth=row.depth.min(6).to_string() data-critical=row.critical.to_string()>
            <svg viewBox=format!("-5 0 {} 16", WIDTH + 10.0) aria-hidden="true">
                <path class="axis" d=format!("M{:.1} 8H{WIDTH}", x(row.born)) />
                {bars}
                {over}
            </svg>
            <span class="small muted">
                {row.critical.then_some("► ")} {term("ui.try", "Try")} " " {row.attempt} " at " {row.node} ": "
                {rich(&row.text)}
            </span>
        </li>
    }
}
