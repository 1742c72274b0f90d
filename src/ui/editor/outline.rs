//! The drawing in words: every node and link with its state, each a button to its knobs, with what it can be
//! connected to. What can be done on the drawing can be done here.

use leptos::prelude::*;

use super::hands::perform;
use super::stage::Stage;
use crate::scenario::draw::Thing;
use crate::ui::state::editing::Draw;
use crate::ui::state::editor::Pane;
use crate::ui::state::facts;
use crate::ui::state::keys::Act;
use crate::ui::state::model::Model;
use crate::ui::state::names;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};

#[derive(Clone, Debug, PartialEq)]
struct Line {
    thing: Thing,
    name: String,
    about: String,
    selected: bool,
}

fn lines(model: &Model) -> Vec<Line> {
    let design = &model.doc.scenario.design;
    let words = facts::outline(model);
    let nodes = design
        .nodes
        .iter()
        .map(|node| (Thing::Node(node.key.clone()), names::node(node).to_owned()));
    let links = design
        .links
        .iter()
        .map(|link| (Thing::Link(link.key.clone()), names::link(design, link)));
    let operations = design.operations.iter().map(|operation| {
        let thing = Thing::Operation(operation.key.clone());
        (thing, names::operation(operation).to_owned())
    });
    nodes
        .chain(links)
        .chain(operations)
        .zip(words)
        .map(|((thing, name), about)| Line {
            selected: model.editor.is_selected(&thing),
            about: about
                .strip_prefix(&name)
                .unwrap_or(&about)
                .trim_start_matches([',', ':', ' '])
                .to_owned(),
            thing,
            name,
        })
        .collect()
}

#[component]
pub fn Outline() -> impl IntoView {
    let store = Store::get();
    let stage = Stage::get();
    let lines = store.memo(lines);
    let why = store.memo(Model::why_not_run);
    view! {
        <div class="outline" id="outline" tabindex="-1">
            <div class="knobs-head">
                <h2>"The system in words"</h2>
                <button
                    class="button quiet icon-only"
                    aria-label="Back to the story"
                    on:click=move |_| store.send(Msg::ToggleOutline)
                >
                    <Pic icon=Icon::Close />
                </button>
            </div>
            {move || why.get().map(|why| view! { <p class="card alarm small">"It cannot run yet. " {why}</p> })}
            <button class="button" on:click=move |_| perform(store, stage, Act::QuickAdd)>
                <Pic icon=Icon::Plus />
                "Add a node"
            </button>
            <ul class="lines">
                {move || lines.get().into_iter().map(|line| view! { <One line=line /> }).collect_view()}
            </ul>
        </div>
    }
}

#[component]
fn One(line: Line) -> impl IntoView {
    let store = Store::get();
    let thing = line.thing.clone();
    let select = move |_| {
        store.send(Msg::Draw(Draw::Select(vec![thing.clone()])));
        store.send(Msg::Inspect);
    };
    let name = line.name.clone();
    let tools = line.selected.then(|| {
        let connect = match &line.thing {
            Thing::Node(key) => {
                let from = key.clone();
                let name = name.clone();
                Some(view! {
                    <button
                        class="button quiet"
                        aria-label=format!("Connect {name} to another node")
                        on:click=move |_| {
                            let from = from.clone();
                            store.send(Msg::Draw(Draw::Pane(Some(Pane::Connect { from }))));
                        }
                    >
                        "Connect"
                    </button>
                })
            }
            _ => None,
        };
        view! {
            {connect}
            <button
                class="button quiet"
                aria-label=format!("Delete {name}")
                on:click=move |_| store.send(Msg::Draw(Draw::Delete))
            >
                "Delete"
            </button>
        }
    });
    view! {
        <li data-selected=line.selected.to_string()>
            <button class="line" aria-pressed=line.selected.to_string() on:click=select>
                <strong>{line.name}</strong>
                <span class="small muted">{line.about}</span>
            </button>
            {tools}
        </li>
    }
}
