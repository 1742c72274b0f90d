//! The handout: one page for one person, without an answer on it. Out of sight until it is printed.

use leptos::prelude::*;

use crate::scenario::Scenario;
use crate::ui::live::node_view::silhouette;
use crate::ui::live::wire_view::outline;
use crate::ui::state::geometry::{Scene, Shape};
use crate::ui::state::names;
use crate::ui::state::rooms::SHEET;
use crate::ui::store::Store;

/// Around the nodes, for lines that go around them.
const MARGIN: f64 = 40.0;
/// Of a letter of 15 px, about.
const LETTER: f64 = 8.2;

#[component]
pub fn Sheet() -> impl IntoView {
    let store = Store::get();
    let asked = store.memo(|m| m.rooms.sheets);
    view! {
        <div hidden>
            {move || {
                let scenario = store.peek(|m| std::sync::Arc::clone(&m.doc.origin().scenario));
                (asked.get() > 0).then(|| sheet(&scenario))
            }}
        </div>
    }
}

fn sheet(scenario: &Scenario) -> impl IntoView + use<> {
    let (about, lesson) = (&scenario.about, &scenario.lesson);
    let goals = scenario
        .goals
        .iter()
        .map(|goal| view! { <li>{goal.label.clone()}</li> });
    let bets = lesson.bets.iter().map(|bet| {
        view! {
            <tr>
                <td>{bet.label.clone()}</td>
                <td>"☐"</td>
                <td>"☐"</td>
            </tr>
        }
    });
    let has_bets = !lesson.bets.is_empty();
    view! {
        <article id=SHEET class="sheet">
            <h1>{about.title.clone()}</h1>
            <p class="asked">{about.question.clone()}</p>
            <p>{lesson.hook.trim().to_owned()}</p>
            {drawing(scenario)}
            <h2>"What must hold"</h2>
            <ul>{goals.collect_view()}</ul>
            {has_bets.then(|| view! {
                <h2>"What will happen?"</h2>
                <table>
                    <thead><tr><td></td><th scope="col">"first"</th><th scope="col">"second"</th></tr></thead>
                    <tbody>{bets.collect_view()}</tbody>
                </table>
                <p class="why">"Because:"</p>
            })}
            <h2>"Notes"</h2>
            <div class="space"></div>
        </article>
    }
}

/// The start as it stands in the file, in lines that print.
fn drawing(scenario: &Scenario) -> impl IntoView + use<> {
    let design = &scenario.design;
    let scene = Scene::new(design, 1100.0, 560.0);
    let all = scene.extent();
    let place = format!(
        "{:.0} {:.0} {:.0} {:.0}",
        all.x - MARGIN,
        all.y - MARGIN,
        all.w + 2.0 * MARGIN,
        all.h + 2.0 * MARGIN
    );
    let links = scene.links.iter().map(|link| {
        let d = format!("{}{}", outline(&link.points), arrow(&link.points));
        view! { <path d=d /> }
    });
    let nodes = scene.nodes.iter().map(|node| {
        let (x, y) = node.rect.middle();
        let found = design.node(&node.key);
        let (name, kind) = found.map_or((node.key.clone(), String::new()), |it| {
            (names::node(it).to_owned(), it.kind.word.to_lowercase())
        });
        let room = node.rect.w - 20.0;
        let wide = name.chars().count() as f64 * LETTER > room;
        let dashed = (node.shape == Shape::Foreign).then_some("6 4");
        view! {
            <path d=silhouette(node.shape, node.rect) stroke-dasharray=dashed />
            <text x=x y=y text-anchor="middle" textLength=wide.then_some(room) lengthAdjust="spacingAndGlyphs">{name}</text>
            <text class="kind" x=x y=y + 20.0 text-anchor="middle">{kind}</text>
        }
    });
    view! {
        <svg viewBox=place role="img" aria-label="The system">
            {links.collect_view()}
            {nodes.collect_view()}
        </svg>
    }
}

/// Where a link ends.
fn arrow(points: &[(f64, f64)]) -> String {
    let [.., (fx, fy), (x, y)] = points else {
        return String::new();
    };
    let (dx, dy) = (x - fx, y - fy);
    let length = (dx * dx + dy * dy).sqrt().max(1e-9);
    let (ux, uy) = (9.0 * dx / length, 9.0 * dy / length);
    let (bx, by) = (x - ux, y - uy);
    format!(
        "M{:.1} {:.1}L{x:.1} {y:.1}L{:.1} {:.1}",
        bx - uy / 2.0,
        by + ux / 2.0,
        bx + uy / 2.0,
        by - ux / 2.0
    )
}
