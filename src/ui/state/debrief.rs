//! After a run: whether somebody was hurt, how it came in at most five links, whom it would have called, what
//! the prediction was worth, and one next thing to try. What is found comes from what could be seen of the
//! run (`explain`), in a lesson as in anything that somebody draws; nothing here knows what was planned
//! (tests/it/tidy.rs).

use crate::design::{Design, Settings, registry};
use crate::explain::{Explanation, Finding, Harm, HarmKind, Mechanism, Step};
use crate::observe::report::{Ended, Report};
use crate::scenario::Variant;

use super::learning::door::Door;
use super::model::{Bet, Model, Status};
use super::{knobs, names, words};

/// The prediction against what happened.
#[derive(Clone, Debug, PartialEq)]
pub struct BetOutcome {
    pub chosen: String,
    pub right: bool,
    pub because: String,
    /// What was right, if that is not what was chosen.
    pub actual: Option<String>,
}

const S: u64 = 1_000_000_000;
/// Above this share of served users nobody calls it an outage; below, it was so all the time.
const NEARLY_ALL: f64 = 0.99;

fn found(model: &Model) -> Option<&Explanation> {
    model.run.found.as_ref().map(|found| &found.what)
}

/// The chain of causes, oldest first, at most five links.
pub fn chain(model: &Model) -> Vec<Step> {
    found(model).map_or(Vec::new(), |found| found.chain.clone())
}

/// Of a run that stands still before its end: nothing, if there is nothing to ask; what to say above the
/// chain, if somebody has asked.
pub fn so_far(model: &Model) -> Option<Option<String>> {
    if model.run.status != Status::Paused || !model.has_begun() || model.is_blind() {
        return None;
    }
    let now_ns = model.run.now.now_ns;
    let found = model.run.found.as_ref().filter(|it| it.at_ns == now_ns);
    Some(found.map(|it| match it.what.harm {
        Some(_) => "Up to now:".to_owned(),
        None => "Nobody has been hurt up to now.".to_owned(),
    }))
}

/// Other components that were unusual, and that the first one does not explain.
pub fn others(model: &Model) -> Option<String> {
    let found = found(model)?;
    let culprit = found.culprit.as_ref()?;
    let others = found.others.iter();
    let others = others.filter(|it| it.component != culprit.component);
    let named: Vec<String> = others.take(3).map(|it| named(model, it)).collect();
    (!named.is_empty()).then(|| format!("Unusual as well: {}.", named.join("; ")))
}

/// Nobody was hurt more than usual, and still one part is not like the others beside it.
fn unlike(model: &Model) -> Option<&Finding> {
    let found = found(model)?;
    found.others.first().filter(|_| found.harm.is_none())
}

fn named(model: &Model, it: &Finding) -> String {
    format!("{} {}", place(model, it), it.mechanism.words())
}

fn place(model: &Model, it: &Finding) -> String {
    let design = &model.doc.scenario.design;
    let key = it.component.key();
    match design.link(key) {
        Some(link) => format!("the link from {}", names::link(design, link)),
        None => names::of(design, key).to_owned(),
    }
}

/// What the first failure of this kind means for caller and callee, in one sentence.
pub fn what_failing_means(model: &Model, reason: &str, link: &str) -> String {
    let design = &model.doc.scenario.design;
    let Some(link) = design.link(link) else {
        return words::reason(reason);
    };
    let callee = names::of(design, &link.to);
    let policy = Settings::new(&registry::LINK, &link.knobs);
    if reason.starts_with("timed_out") {
        let after = policy
            .opt_duration("timeout")
            .map_or(String::new(), |d| format!(" after {d}"));
        return match goes_on(model, &link.to) {
            true => {
                format!("the first callers give up{after}; {callee} goes on working for nobody")
            }
            false => format!("the first callers give up{after}; {callee} stops their work"),
        };
    }
    match reason {
        "queue_full" => format!("the waiting line of {callee} is full and turns requests away"),
        "dropped_by_network" => format!("the network loses a request on its way to {callee}"),
        "connection_refused" => format!("{callee} refuses connections"),
        other => format!("the first request fails: {}", words::reason(other)),
    }
}

/// Does this node finish requests whose caller has gone?
fn goes_on(model: &Model, node: &str) -> bool {
    let node = model.doc.scenario.design.node(node);
    node.is_some_and(|n| {
        n.kind.knob("on_abandoned").is_some()
            && Settings::new(n.kind, &n.knobs).choice("on_abandoned") == "continue"
    })
}

/// How the run that is over went, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    Passed,
    NotPassed,
    /// Nothing was asked of it.
    Over,
    /// A limit ended it: there is no more of it to judge.
    Stopped,
}

pub fn went(report: &Report) -> Went {
    match report.ended {
        Ended::BacklogLimit { .. } | Ended::EventLimit { .. } => Went::Stopped,
        _ if report.goals.is_empty() => Went::Over,
        _ if report.passed => Went::Passed,
        _ => Went::NotPassed,
    }
}

/// What happened to the users, and to the data.
pub fn outcome(model: &Model) -> Option<String> {
    let report = model.run.report.as_deref()?;
    let found = found(model)?;
    let users = of_users(report, found)?;
    let is_of_data = found
        .harm
        .as_ref()
        .is_some_and(|harm| harm.kind == HarmKind::Data);
    Some(match data(report) {
        Some(data) => format!("{users}, and {data}"),
        None if is_of_data => format!("{users}, and not all that they saw or did was right"),
        None => users,
    })
}

fn of_users(report: &Report, found: &Explanation) -> Option<String> {
    let users = &report.users;
    let share = users.served_share?;
    let without = users.failed + users.abandoned + users.unanswered;
    let is_of_data = |harm: &&Harm| harm.kind == HarmKind::Data;
    let Some(harm) = found.harm.as_ref().filter(|harm| !is_of_data(harm)) else {
        // What is bad from first to last is not out of the ordinary, and whoever asked for more did not get it.
        let is_well = found.harm.is_none() && went(report) != Went::NotPassed;
        let all = words::percent(share);
        return Some(match (without, is_well) {
            (0, true) => format!("nobody was hurt: every user was served{}", fast(report)),
            (0, false) if found.harm.is_some() => "every user was served".into(),
            (0, false) => format!("every user was served{}", fast(report)),
            _ if share < NEARLY_ALL => {
                format!("{all} of the users were served, from first to last alike")
            }
            _ => format!("{all} of the users were served, and nothing stood out for long"),
        });
    };
    // Windows end before the run does.
    let at_end = harm.until_ns + S > last(report);
    let cause = found.culprit.as_ref().map(|it| it.until_ns);
    if at_end {
        return Some(match cause {
            Some(gone) if gone + 3 * S < harm.until_ns => not_again(harm.kind).into(),
            _ => format!("{} of the users were served", words::percent(share)),
        });
    }
    let late = harm.until_ns.saturating_sub(cause.unwrap_or(harm.from_ns));
    let after = match (cause, late / S) {
        (Some(_), 0..=2) => "as soon as the cause was gone".into(),
        (Some(_), s) => format!("{s} s after the cause was gone"),
        (None, s) => format!("after {s} s"),
    };
    Some(format!("{} {after}", again(harm.kind)))
}

/// How fast, for who is served may have waited.
fn fast(report: &Report) -> String {
    let p99 = report.users.latency.p99_ns;
    p99.map_or(String::new(), |ns| {
        format!(", 99 of 100 within {}", words::ms(ns as f64 / 1e6))
    })
}

/// The last moment of which an explanation can say anything.
fn last(report: &Report) -> u64 {
    let end = match report.ended {
        Ended::BacklogLimit { at_ns, .. } | Ended::EventLimit { at_ns, .. } => at_ns,
        _ => report.duration_ns,
    };
    // Its windows are this long, or half a second.
    end - end / 120
}

fn again(kind: HarmKind) -> &'static str {
    match kind {
        HarmKind::Slow => "users were served as fast as usual again",
        HarmKind::Lag => "the waiting messages were dealt with",
        HarmKind::Unanswered => "users were answered again",
        HarmKind::Failures | HarmKind::Data => "users were served again",
    }
}

fn not_again(kind: HarmKind) -> &'static str {
    match kind {
        HarmKind::Lag => "the waiting messages were not dealt with to the end",
        _ => "it did not recover",
    }
}

/// The first of the wrongs that there are, in the order in which they weigh.
fn data(report: &Report) -> Option<String> {
    let data = &report.ledger;
    let wrongs = [
        (data.lost, "lost"),
        (data.duplicate, "done twice"),
        (
            data.phantom,
            "done though their users were told that they failed",
        ),
        (data.partial, "done by half"),
    ];
    let (n, what) = wrongs.into_iter().find(|(n, _)| *n > 0)?;
    let actions = if n == 1 { "action was" } else { "actions were" };
    Some(format!("{} {actions} {what}", words::count(n)))
}

fn is_well(model: &Model) -> bool {
    let report = model.run.report.as_ref();
    report.is_none_or(|report| went(report) != Went::NotPassed)
}

/// Whom it would have called, and how long after users were hurt.
pub fn paged(model: &Model) -> Option<String> {
    let found = found(model)?;
    let has_alerts = !model.doc.scenario.design.alerts.is_empty();
    let Some(page) = &found.paged else {
        return Some(match (has_alerts, &found.harm) {
            (true, _) => "Nothing would have paged you.".into(),
            (false, None) if is_well(model) => {
                "Nothing would have paged you, and nothing had to.".into()
            }
            (false, _) => "Nothing would have paged you: this design has no alerts.".into(),
        });
    };
    let alert = super::pager::name(model, &page.alert);
    let Some(harm) = &found.harm else {
        let at = words::seconds(page.at_ns);
        return Some(format!(
            "You would have been paged by the alert {alert}, at {at} for the first time."
        ));
    };
    let seconds = |ns: u64| words::seconds_short(ns / S * S);
    Some(match page.at_ns.checked_sub(harm.from_ns) {
        Some(after) => format!(
            "You would have been paged after {} by the alert {alert}.",
            seconds(after)
        ),
        None => format!(
            "The alert {alert} had paged you {} before that.",
            seconds(harm.from_ns - page.at_ns)
        ),
    })
}

/// Key of the prediction that was chosen.
pub fn bet_key(model: &Model) -> Option<String> {
    match &model.bet {
        Bet::Chosen(key) => Some(key.clone()),
        _ => None,
    }
}

/// The prediction is about the design as it was opened, so it is judged once, by the first run.
pub fn bet(model: &Model) -> Option<BetOutcome> {
    let Bet::Chosen(key) = &model.bet else {
        return None;
    };
    let bets = &model.doc.scenario.lesson.bets;
    let chosen = bets.iter().find(|b| b.key == *key)?;
    let right = bets.iter().find(|b| b.right);
    Some(BetOutcome {
        chosen: chosen.label.clone(),
        right: chosen.right,
        because: chosen.because.trim().to_owned(),
        actual: right.filter(|_| !chosen.right).map(|b| b.label.clone()),
    })
}

/// What the lesson has to say about the change that was tried: of all that fit, the one that says most. `None` while
/// the design on the page is not the one that ran.
pub fn about_change(model: &Model) -> Option<&Variant> {
    if model.has_pending() {
        return None;
    }
    let lesson = &model.doc.scenario.lesson;
    let passed = model.run.report.as_ref().is_some_and(|r| r.passed);
    let lists = if let Some(twist) = model.doc.part() {
        vec![&twist.fixes]
    } else if passed {
        vec![&lesson.fixes]
    } else {
        vec![&lesson.backfires, &lesson.not_enough, &lesson.fixes]
    };
    let tried = lists.into_iter().flatten().filter(|v| is_tried(model, v));
    // Of two that say as much, the first.
    tried.rev().max_by_key(|variant| variant.set.len())
}

/// Everything the variant sets is set now, as far as the lesson has a knob for it or it is a plan, and something of it
/// is not as it was at the start. Where the lesson has none, everything counts.
fn is_tried(model: &Model, variant: &Variant) -> bool {
    let origin = model.doc.origin();
    let now = |path: &str| value_of(&model.doc.scenario.design, &model.doc.text, path);
    let was = |path: &str| value_of(&origin.scenario.design, &origin.text, path);
    let lesson = &model.doc.scenario.lesson;
    let part = model.doc.part().map_or(&[][..], |twist| &twist.unlocked);
    let offered = |path: &String| {
        lesson.unlocked.contains(path) || part.contains(path) || path.contains(".plan.")
    };
    let some_are = variant.set.iter().any(|(path, _)| offered(path));
    let sets = || {
        let all = variant.set.iter();
        all.filter(move |(path, _)| !some_are || offered(path))
    };
    sets().any(|(path, _)| now(path) != was(path))
        && sets().all(|(path, written)| {
            let wanted = knobs::printed_as(&model.doc.scenario.design, path, written);
            now(path).is_some_and(|now| now == wanted.unwrap_or_else(|| written.trim().to_owned()))
        })
}

/// A knob as it is printed, or the steps of a plan as they are written.
fn value_of(design: &Design, text: &str, path: &str) -> Option<String> {
    if let Some(value) = knobs::printed(design, path) {
        return Some(value);
    }
    let parts: Vec<&str> = path.split('.').collect();
    let [_, node, "plan", operation] = parts.as_slice() else {
        return None;
    };
    let plans = crate::scenario::written_plans(text, design.node(node)?);
    let (_, steps) = plans.into_iter().find(|(name, _)| name == operation)?;
    let steps: Vec<String> = steps.iter().map(|step| format!("\"{step}\"")).collect();
    Some(format!("[{}]", steps.join(", ")))
}

/// One next thing to do.
pub fn next(model: &Model) -> String {
    let went = model.run.report.as_ref().map(|report| went(report));
    let changes = model.doc.changes().len();
    // Through the cold door nobody says which knobs count.
    let knobs = match model.learning.door {
        Door::Guided => model.doc.scenario.lesson.unlocked.len(),
        Door::Cold => 0,
    };
    match (went, changes) {
        (Some(Went::Over), _) => suggested(model),
        (Some(Went::Passed), _) if model.holds() => holds(model),
        (Some(Went::Passed), _) => "It holds for this seed. Does it hold for others?".into(),
        (_, 0) if knobs > 0 => {
            format!("{knobs} knobs can change this. Turn one, run again, compare.")
        }
        _ if knobs == 0 => suggested(model),
        _ => "Compare with the first run in the charts: which line did not come down?".into(),
    }
}

/// What there is after a design that holds.
fn holds(model: &Model) -> String {
    let lesson = &model.doc.scenario.lesson;
    match (model.doc.part(), lesson.twists.len()) {
        (None, 0) | (Some(_), 0 | 1) => {
            "It holds. Build on it: everything of it can be changed.".into()
        }
        (None, _) => "It holds. Part two begins on this drawing; undo brings you back.".into(),
        (Some(_), _) => "It holds here, too. There is another part two.".into(),
    }
}

/// The first goal that a finished run did not reach.
fn missed(model: &Model) -> Option<String> {
    let report = model.run.report.as_ref()?;
    let goal = report.goals.iter().find(|goal| !goal.holds)?;
    Some(goal.label.clone())
}

/// Where nobody wrote a lesson: what is worth a try against what was found.
fn suggested(model: &Model) -> String {
    let Some(found) = found(model).filter(|found| found.harm.is_some()) else {
        if let Some(label) = missed(model) {
            let label = label.trim_end_matches('.');
            if let Some(odd) = unlike(model) {
                let odd = named(model, odd);
                return format!("Missed: {label}. {odd}: send it less, or nothing, and compare.");
            }
            return format!(
                "Missed: {label}. No part broke: look for what the design itself allows, at the chart of what is missed."
            );
        }
        return "It held. Make it harder: more traffic, or choose a node and crash it during a run.".into();
    };
    let Some(culprit) = &found.culprit else {
        return "No component did anything unusual of its own accord. Look for what the design \
                itself allows: waiting lines, timeouts, slots, room."
            .into();
    };
    let what = match culprit.mechanism {
        Mechanism::MoreTraffic | Mechanism::Saturated => {
            "give what fills up more slots, or refuse early with a short queue"
        }
        Mechanism::Down | Mechanism::OutOfMemory => {
            "give it a second instance, or callers an answer without it"
        }
        Mechanism::Slow | Mechanism::StandsStill | Mechanism::Locked | Mechanism::FewerSlots => {
            "give its callers a timeout that ends before their users have gone, and a limit on retries"
        }
        Mechanism::Errors | Mechanism::Contract | Mechanism::NotSignedIn => {
            "let its callers answer without it: a fallback, or a circuit breaker"
        }
        Mechanism::Throttles | Mechanism::StorageFull => "ask less of it, or give it more room",
        Mechanism::PoisonMessages => "put messages aside after a few deliveries",
        Mechanism::ColdCache => {
            "let one of many ask the store for the same row, or keep rows longer"
        }
        Mechanism::UnlikeOthers => "send it less, or nothing",
        Mechanism::Behind => "read from its leader what users have just written themselves",
        Mechanism::LostLeader => "let another copy take over, and let writes wait for it",
        Mechanism::Cut | Mechanism::Loses | Mechanism::Delays | Mechanism::Holds => {
            "give callers a timeout and another try, with a key so that nothing is done twice"
        }
    };
    let place = words::sentence_case(&place(model, culprit));
    format!("{place}: {what}. Then run again and compare.")
}
