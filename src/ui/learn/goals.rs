//! The list of goals: what must hold, what is, and by how much.

use leptos::prelude::*;

use crate::ui::state::goals::{self, GoalLine};
use crate::ui::store::Store;
use crate::ui::widgets::term::term;

#[component]
pub fn Goals() -> impl IntoView {
    let store = Store::get();
    let lines = store.memo(goals::lines);
    view! {
        <section class="block" hidden=move || lines.with(Vec::is_empty)>
            <h2 class="label">"Goals"</h2>
            <ul class="goals" data-testid="goals">
                {move || lines.get().into_iter().map(line).collect_view()}
            </ul>
        </section>
    }
}

fn line(goal: GoalLine) -> impl IntoView {
    let (mark, tone, word) = match goal.holds {
        Some(true) => ("✓", "good", "holds"),
        Some(false) => ("✕", "bad", "does not hold"),
        None => ("○", "muted", "not measured yet"),
    };
    let value = goal
        .measured
        .clone()
        .or_else(|| goal.now.as_ref().map(|n| format!("now {n}")));
    let exact = goal.exact.map(|x| x.to_string());
    view! {
        <li
            data-testid=format!("goal-{}", goal.key)
            data-value=exact
            data-holds=goal.holds.map(|h| h.to_string())
        >
            <span class=format!("mark {tone}") aria-hidden="true">{mark}</span>
            <span>{term(&goal.about, goal.label)} <span class="sr-only">": " {word}</span></span>
            <span class=format!("value {tone}")>{value}</span>
            {goal.bound.map(|bound| view! { <span class="bound">{bound}</span> })}
        </li>
    }
}
