//! One request of the run as evidence: its tries below each other, waiting and work to scale.

use leptos::prelude::*;

use crate::ui::state::waterfall::{self, Row, Story};
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

const WIDTH: f64 = 256.0;
const BAR: f64 = 10.0;

#[component]
pub fn Evidence() -> impl IntoView {
    let store = Store::get();
    let story = store.memo(waterfall::evidence);
    view! { {move || story.get().map(card)} }
}

fn card(story: Story) -> impl IntoView {
    let Story {
        action,
        began_ns,
        length_ns,
        rows,
        sum,
    } = story;
    let length = words::ms(length_ns as f64 / 1e6);
    view! {
        <section class="block" data-testid="evidence">
            <h3 class="label">"Evidence"</h3>
            <p class="small">
                "Action #" {words::count(action)} ", from " {words::seconds(began_ns)} " on, " {length} ": "
                <strong>{sum}</strong>
            </p>
            <ol class="waterfall">{rows.into_iter().map(row).collect_view()}</ol>
        </section>
    }
}

fn row(row: Row) -> impl IntoView {
    let x = |share: f64| share * WIDTH;
    // Work of a few milliseconds stays visible.
    let bar = |(a, b): (f64, f64)| (x(a), (x(b) - x(a)).max(2.0));
    let waited = row.waited.map(bar).map(|(x, w)| {
        view! { <rect class="waited" x=x y="5" width=w height=BAR - 4.0 /> }
    });
    let worked = row.worked.map(bar).map(|(x, w)| {
        let class = if row.useful { "worked" } else { "wasted" };
        view! { <rect class=class x=x.min(WIDTH - w) y="3" width=w height=BAR /> }
    });
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
        <li>
            <svg viewBox=format!("-5 0 {} 16", WIDTH + 10.0) aria-hidden="true">
                <path class="axis" d=format!("M{:.1} 8H{WIDTH}", x(row.sent)) />
                {waited}
                {worked}
                {over}
            </svg>
            <span class="small muted">{term("ui.try", "Try")} " " {row.attempt} ": " {rich(&row.text)}</span>
        </li>
    }
}
