//! The panel at the left: from the question to the verdict.

use leptos::prelude::*;

use super::bets::Bets;
use super::branches::Branches;
use super::door::{Doors, Worked};
use super::goals::Goals;
use super::hints::Hints;
use super::numbers::Numbers;
use super::pager::Pager;
use super::refused::Refused;
use super::requests::Requests;
use super::twin::TwinRun;
use super::verdict::{Chain, Verdict};
use crate::ui::app::FileButtons;
use crate::ui::live::feed::Feed;
use crate::ui::platform;
use crate::ui::state::debrief;
use crate::ui::state::model::{Model, Status};
use crate::ui::state::update::Msg;
use crate::ui::state::versions::Ask;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};
use crate::ui::widgets::term::{rich, term};
use crate::worker::protocol::NewsKind;

#[component]
pub fn Story() -> impl IntoView {
    let store = Store::get();
    let about = store.memo(|m| {
        let scenario = &m.doc.scenario;
        (
            match (m.doc.part(), scenario.about.question.as_str()) {
                (Some(twist), _) => format!("Part two. {}.", twist.label.trim_end_matches('.')),
                (None, "") => scenario.about.title.clone(),
                (None, question) => question.to_owned(),
            },
            match m.doc.part() {
                None => scenario.lesson.hook.trim().to_owned(),
                Some(_) => "What held a moment ago has to hold here as well.".to_owned(),
            },
        )
    });
    let over = store.memo(Model::is_over);
    // Once it runs, there is something better to read.
    let begun = store.memo(Model::has_begun);
    view! {
        <section class="story" id="story" aria-label="Story" tabindex="-1">
            <Refused />
            <Doors />
            {move || {
                if over.get() {
                    view! { <Verdict /> }.into_any()
                } else {
                    view! {
                        <h2 class="question">{move || about.with(|a| a.0.clone())}</h2>
                        <p class="hook" hidden=move || begun.get()>{move || about.with(|a| rich(&a.1))}</p>
                        <Bets />
                        <Worked />
                        <FirstFailure />
                        <SoFar />
                    }
                        .into_any()
                }
            }}
            <Requests />
            <Branches />
            <TwinRun />
            <Goals />
            <Pager />
            <Hints />
            <Feed />
            <Numbers />
            <Caveats />
            // A phone's bar has no room for these.
            <div class="phone">
                <FileButtons suffix="-phone" />
                <button class="button quiet" on:click=move |_| store.send(Msg::NewSeed(platform::random_seed()))>
                    <Pic icon=Icon::Dice />
                    "New seed"
                </button>
                <button class="button quiet" on:click=move |_| store.send(Msg::Versions(Ask::Open))>
                    <Pic icon=Icon::Versions />
                    "Versions"
                </button>
                <button class="button quiet" on:click=move |_| store.send(Msg::Share)>
                    <Pic icon=Icon::Share />
                    "Share, result codes"
                </button>
            </div>
        </section>
    }
}

/// What the model of a lesson leaves out, once there is a run to set against real systems.
#[component]
fn Caveats() -> impl IntoView {
    let store = Store::get();
    let all = store.memo(|m| match m.is_over() {
        true => m.doc.scenario.lesson.caveats.clone(),
        false => Vec::new(),
    });
    view! {
        <section class="block" hidden=move || all.with(Vec::is_empty) data-testid="caveats">
            <h2 class="label">"What this model leaves out"</h2>
            <ul class="caveats small">
                {move || all.get().into_iter().map(|text| view! { <li>{rich(&text)}</li> }).collect_view()}
            </ul>
        </section>
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Failure {
    at: String,
    action: u64,
    attempt: u32,
    reason: String,
    about: String,
    meaning: String,
    slow: bool,
}

/// The card of the newest first failure that is not everyday noise.
#[component]
pub fn FirstFailure() -> impl IntoView {
    let store = Store::get();
    let failure = store.memo(failure);
    view! {
        {move || {
            failure
                .get()
                .map(|f| {
                    view! {
                        <div class="card alarm" data-testid="first-failure">
                            <h2>"First “" {term(&f.about, f.reason)} "”, " <span class="unbroken">{f.at}</span></h2>
                            <p>
                                "Action #" {words::count(f.action)} ", try " {f.attempt} ". "
                                {rich(&f.meaning)}
                            </p>
                            {f.slow
                                .then(|| {
                                    view! {
                                        <div class="card-foot">
                                            <button class="link" on:click=move |_| store.send(Msg::Continue)>
                                                "Go on ▸"
                                            </button>
                                        </div>
                                    }
                                })}
                        </div>
                    }
                })
        }}
    }
}

/// A run that stands still says why it came to this, if somebody asks.
#[component]
pub fn SoFar() -> impl IntoView {
    let store = Store::get();
    let shown = store.memo(debrief::so_far);
    view! {
        {move || match shown.get() {
            None => ().into_any(),
            Some(None) => {
                let ask = move |_| store.send(Msg::Explain);
                view! { <button class="link" data-testid="explain" on:click=ask>"Why did it come to this?"</button> }
                    .into_any()
            }
            Some(Some(text)) => view! { <p data-testid="so-far">{text}</p> <Chain /> }.into_any(),
        }}
    }
}

fn failure(model: &Model) -> Option<Failure> {
    if model.is_blind() {
        return None;
    }
    let trouble = model.run.moments.at_ns.first().copied().unwrap_or(0);
    let news = model
        .run
        .news
        .iter()
        .rfind(|n| n.at_ns >= trouble && matches!(n.what, NewsKind::FirstFailure { .. }))?;
    let NewsKind::FirstFailure {
        reason,
        link,
        action,
        attempt,
    } = &news.what
    else {
        return None;
    };
    let mut meaning = debrief::what_failing_means(model, reason, link);
    if !meaning.is_empty() {
        meaning = format!("{}.", words::sentence_case(&meaning));
    }
    Some(Failure {
        at: words::seconds(news.at_ns),
        action: *action,
        attempt: *attempt,
        reason: words::reason(reason),
        about: format!("reason.{reason}"),
        meaning,
        slow: model.run.bullet.is_some() && model.run.status == Status::Playing,
    })
}
