//! After a run: passed or not, the prediction, the chain of causes, one next thing to try.

use leptos::prelude::*;

use super::evidence::Evidence;
use super::others::{Onward, OtherDesigns};
use super::twin::WhatIf;
use crate::explain::Step;
use crate::ui::state::debrief::{self, Went, went};
use crate::ui::state::learning::door::Door;
use crate::ui::state::model::Model;
use crate::ui::state::planned;
use crate::ui::state::seeds::CHECK_SEEDS;
use crate::ui::state::sharing;
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::term::rich;

#[component]
pub fn Verdict() -> impl IntoView {
    let store = Store::get();
    let went = store.memo(|m| m.run.report.as_ref().map_or(Went::Over, |r| went(r)));
    let passed = Memo::new(move |_| went.get() == Went::Passed);
    let outcome = store.memo(debrief::outcome);
    let next = store.memo(debrief::next);
    let paged = store.memo(debrief::paged);
    view! {
        <div
            data-testid="verdict"
            data-passed=move || (went.get() == Went::Passed).to_string()
            data-went=move || heading(went.get()).1
        >
            <h2 class=move || format!("verdict-word {}", heading(went.get()).2)>
                <span aria-hidden="true" hidden=move || heading(went.get()).0.is_empty()>
                    {move || heading(went.get()).0}
                </span>
                {move || heading(went.get()).1}
            </h2>
            {move || outcome.get().map(|outcome| view! { <p class="hook">"In this run " {rich(&outcome)} "."</p> })}
            <Claimed />
            <BetCard />
            <Chain />
            <WhatIf />
            <AboutChange />
            <Evidence />
            <p data-testid="paged" class="paged">{move || paged.get().map(|text| rich(&text))}</p>
            <div class="card" data-testid="next">
                <h3>"Next"</h3>
                <p>{move || rich(&next.get())}</p>
                <div class="card-foot">
                    <NextButton passed=passed />
                </div>
                <Check />
                <Twists />
                <Onward />
            </div>
            <OtherDesigns />
        </div>
    }
}

/// Mark, words, and the class that gives them their colour.
fn heading(went: Went) -> (&'static str, &'static str, &'static str) {
    match went {
        Went::Passed => ("✓", "Passed", "good"),
        Went::NotPassed => ("✕", "Not passed", "bad"),
        Went::Over => ("", "Over", ""),
        Went::Stopped => ("✕", "Stopped by a limit", "bad"),
    }
}

/// Whether the run is what the opened link says.
#[component]
fn Claimed() -> impl IntoView {
    let store = Store::get();
    let judged = store.memo(sharing::judged);
    view! {
        {move || {
            judged
                .get()
                .map(|judged| {
                    let (word, text) = match judged.proved {
                        true => ("✓ Proved", "The run came out here as the link says, to the last event."),
                        false => ("✕ It differs", "Run again here, something else came out than the link says."),
                    };
                    let differences = judged.sentences.into_iter().map(|s| view! { <li>{s}</li> }).collect_view();
                    view! {
                        <div class="card" data-testid="claimed" data-proved=judged.proved.to_string()>
                            <h3>{word}</h3>
                            <p>{text}</p>
                            <ul class="differences">{differences}</ul>
                        </div>
                    }
                })
        }}
    }
}

#[component]
fn BetCard() -> impl IntoView {
    let store = Store::get();
    // The prediction was about the first run; later runs do not change what it was worth.
    let bet = store.memo(|m| {
        if m.runs_done == 1 {
            debrief::bet(m)
        } else {
            None
        }
    });
    view! {
        {move || {
            bet.get()
                .map(|bet| {
                    let verdict = if bet.right { "That is what happened." } else { "It went another way." };
                    view! {
                        <div class="card" data-testid="bet-outcome" data-right=bet.right.to_string()>
                            <h3>"Your prediction: " {bet.chosen}</h3>
                            <p>{verdict} " " {rich(&bet.because)}</p>
                            {bet.actual.map(|actual| view! { <p><strong>"What held: "</strong> {actual}</p> })}
                        </div>
                    }
                })
        }}
    }
}

/// How it came, also of a run that only pauses.
#[component]
pub fn Chain() -> impl IntoView {
    let store = Store::get();
    let chain = store.memo(debrief::chain);
    let after = store.memo(|m| {
        let lines = [debrief::others(m), planned::line(m)];
        lines.into_iter().flatten().collect::<Vec<String>>()
    });
    view! {
        <section class="block" hidden=move || chain.with(Vec::is_empty)>
            <h3 class="label">"How it came"</h3>
            <ol class="chain" data-testid="chain">
                {move || chain.get().into_iter().zip(1..).map(|(step, n)| link(store, step, n)).collect_view()}
            </ol>
            {move || after.get().into_iter().map(|line| view! { <p class="small muted">{rich(&line)}</p> }).collect_view()}
        </section>
    }
}

pub fn link(store: Store, step: Step, n: u32) -> impl IntoView {
    let Step {
        at_ns,
        within_ns,
        text,
    } = step;
    // At the end of a window it is there to be seen.
    let seen_ns = at_ns + within_ns;
    view! {
        <li>
            <span class="nr" aria-hidden="true">{n}</span>
            <span>
                <button class="link" title="Look at this moment" on:click=move |_| store.send(Msg::Seek(seen_ns))>
                    <time>{words::moment(at_ns, within_ns)}</time>
                </button>
                " " {rich(&text)}
            </span>
        </li>
    }
}

/// What the lesson says about the change that was tried.
#[component]
fn AboutChange() -> impl IntoView {
    let store = Store::get();
    let about = store
        .memo(|m| debrief::about_change(m).map(|v| (v.label.clone(), v.because.trim().to_owned())));
    view! {
        {move || {
            about
                .get()
                .map(|(label, because)| {
                    view! {
                        <div class="card" data-testid="about-change">
                            <h3>{label}</h3>
                            <p>{rich(&because)}</p>
                        </div>
                    }
                })
        }}
    }
}

#[component]
fn NextButton(passed: Memo<bool>) -> impl IntoView {
    let store = Store::get();
    let busy = store.memo(|m| m.check.as_ref().is_some_and(|c| !c.is_over()));
    view! {
        {move || {
            if passed.get() {
                view! {
                    <button
                        class="button"
                        data-testid="check-seeds"
                        disabled=move || busy.get()
                        on:click=move |_| store.send(Msg::CheckSeeds)
                    >
                        "Try " {CHECK_SEEDS} " other random seeds"
                    </button>
                }
                    .into_any()
            } else {
                view! { <OpenKnobs /> }.into_any()
            }
        }}
    }
}

/// Part two, for those whose design holds.
#[component]
fn Twists() -> impl IntoView {
    let store = Store::get();
    let twists = store.memo(|m| {
        let part = m.doc.origin().part.as_deref();
        let all = m.doc.scenario.lesson.twists.iter().filter(|_| m.holds());
        let others = all.filter(|twist| part != Some(twist.key.as_str()));
        others
            .map(|twist| (twist.key.clone(), twist.label.clone()))
            .collect::<Vec<_>>()
    });
    view! {
        {move || {
            twists
                .get()
                .into_iter()
                .map(|(key, label)| {
                    let id = format!("twist-{key}");
                    view! {
                        <button
                            class="button"
                            data-testid=id
                            on:click=move |_| store.send(Msg::Twist(key.clone()))
                        >
                            "Part two: " {label}
                        </button>
                    }
                })
                .collect_view()
        }}
    }
}

#[component]
fn OpenKnobs() -> impl IntoView {
    let store = Store::get();
    let open = store.memo(|m: &Model| m.knobs_open || m.learning.door == Door::Cold);
    view! {
        <button
            class="button"
            hidden=move || open.get()
            on:click=move |_| store.send(Msg::ToggleKnobs)
        >
            "Open the knobs"
        </button>
    }
}

#[component]
fn Check() -> impl IntoView {
    let store = Store::get();
    let check = store.memo(|m| m.check.clone());
    view! {
        {move || {
            check
                .get()
                .map(|c| {
                    view! {
                        <p data-testid="seed-check" data-passed=c.passed.to_string() data-done=c.done.to_string()>
                            {c.text()}
                        </p>
                    }
                })
        }}
    }
}
