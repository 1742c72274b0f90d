//! What the design promises its users, and who is called: the list in the inspector.

use leptos::prelude::*;

use super::operations::choice;
use crate::scenario::draw::Thing;
use crate::ui::learn::knobs::One;
use crate::ui::state::editing::Draw;
use crate::ui::state::update::Msg;
use crate::ui::state::watching::{self, Watch};
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};
use crate::ui::widgets::term::{rich, term};

#[component]
pub fn Watching() -> impl IntoView {
    let store = Store::get();
    let lines = store.memo(watching::lines);
    view! { {move || lines.get().map(|it| view! { <List it=it /> })} }
}

#[component]
fn List(it: watching::Lines) -> impl IntoView {
    let store = Store::get();
    let add = |what: Watch| move |_| store.send(Msg::Draw(Draw::Watch(what)));
    let chosen = it.lines.iter().find(|line| line.selected);
    let chosen = chosen.map(|line| line.thing.clone());
    let is_alert = matches!(&chosen, Some(Thing::Watched(table, _)) if table == "alert");
    let lines = it.lines.into_iter();
    let lines = lines.map(|it| choice(store, it.thing, it.name, it.does, it.selected));
    let buttons = it.can.into_iter().map(|(what, words)| {
        view! {
            <button class="button" data-testid=format!("watch-{what:?}").to_lowercase() on:click=add(what)>
                <Pic icon=Icon::Plus />
                {words}
            </button>
        }
    });
    view! {
        <section class="operations" data-testid="watching">
            <h3>{term("ui.slo", "Promises and alerts")}</h3>
            <ul class="lines">{lines.collect_view()}</ul>
            {chosen
                .map(|_| {
                    view! {
                        <button class="button quiet" data-testid="unwatch" on:click=move |_| store.send(Msg::Draw(Draw::Delete))>
                            <Pic icon=Icon::Trash />
                            "Delete it"
                        </button>
                    }
                })}
            {it.clock.map(|clock| view! { <p class="small muted" data-testid="clock-scale">{rich(&clock)}</p> })}
            {it
                .too_long
                .then(|| {
                    view! {
                        <p class="small">
                            "The longest window is longer than the run, so it looks back to the beginning."
                        </p>
                        <button class="button" data-testid="a-day" on:click=add(Watch::Day)>
                            "Make this run a day"
                        </button>
                    }
                })}
            {is_alert
                .then(|| {
                    view! {
                        <One path="monitoring.clock_scale".to_owned() />
                        <One path="monitoring.scrape_every".to_owned() />
                    }
                })}
            <div class="row">{buttons.collect_view()}</div>
        </section>
    }
}
