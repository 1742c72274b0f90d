//! After a run: what happened in at most five links, what the prediction was worth, and one next
//! thing to try. Every figure is measured in this run; the sentences only join them.

use crate::design::{Settings, registry};
use crate::observe::report::{Ended, Report};
use crate::scenario::Variant;
use crate::worker::protocol::NewsKind;

use super::model::{Bet, Model};
use super::series::Column;
use super::{knobs, names, words};

/// One link of the chain, with its moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub at_ns: u64,
    pub text: String,
}

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
/// Replies count as back when this share of actions is served again ...
const BACK: f64 = 0.9;
/// ... for this long.
const STEADY_NS: u64 = 5 * S;

/// The chain of causes, oldest first, at most five links.
pub fn chain(model: &Model) -> Vec<Moment> {
    let Some((begin, end, entry)) = trouble(model) else {
        return Vec::new();
    };
    let scenario = &model.doc.scenario;
    let mut chain = vec![Moment {
        at_ns: begin,
        text: sentence(&names::entry(scenario, entry)),
    }];

    if let Some(moment) = first_failure(model, begin) {
        chain.push(moment);
    }
    let storm = storm(model, begin, end);
    if let Some((at_ns, text)) = &storm {
        chain.push(Moment {
            at_ns: *at_ns,
            text: text.clone(),
        });
    }
    chain.extend(silence(model, begin));
    // What lasts to the end has no aftermath.
    if end > begin && end < model.duration_ns() {
        chain.push(Moment {
            at_ns: end,
            text: aftermath(model, begin, end, storm.is_some()),
        });
    }
    chain.sort_by_key(|moment| moment.at_ns);
    chain
}

/// When users had no useful reply at all, for long enough not to be chance.
fn silence(model: &Model, begin: u64) -> Option<Moment> {
    let series = &model.run.series;
    let width = 2 * S.max(series.bucket_ns);
    let mean = |column, from| series.mean(column, from, from + width).unwrap_or(0.0);
    let last = model.duration_ns().saturating_sub(width);
    let step = series.bucket_ns.max(1) as usize;
    let silent = |&at: &u64| mean(Column::Actions, at) >= 1.0 && mean(Column::Useful, at) == 0.0;
    let at_ns = (begin..=last).step_by(step).find(silent)?;
    let (_, waiting) = series
        .peak(Column::Waiting, begin)
        .filter(|&(_, n)| n >= 1.0)?;
    let in_vain = works_in_vain(model, begin);
    let rest = match in_vain {
        true => ", and every reply comes after its caller has gone",
        false => "",
    };
    Some(Moment {
        at_ns: at_ns + series.bucket_ns,
        text: format!(
            "No useful reply any more: up to {} wait{rest}.",
            words::count(waiting as u64)
        ),
    })
}

/// Whether the first to fail gave up, and their callee goes on for them all the same.
fn works_in_vain(model: &Model, from: u64) -> bool {
    let mut news = model.run.news.iter().filter(|n| n.at_ns >= from);
    let first = news.find_map(|n| match &n.what {
        NewsKind::FirstFailure { reason, link, .. } => Some((*reason, link)),
        _ => None,
    });
    let links = &model.doc.scenario.design.links;
    first.is_some_and(|(reason, key)| {
        let link = links.iter().find(|link| link.key == *key);
        reason.starts_with("timed_out") && link.is_some_and(|link| goes_on(model, &link.to))
    })
}

/// When tries per action rise well above what they were, and to what. The mean of ten seconds: in a
/// single bucket the retries of older actions would count for the new ones.
fn storm(model: &Model, begin: u64, end: u64) -> Option<(u64, String)> {
    let series = &model.run.series;
    let before = series.mean(Column::Tries, 0, begin).unwrap_or(1.0);
    let at_ns = series.first(Column::Tries, begin, |x| x > 1.5 * before)?;
    let until = end.max(at_ns) + 10 * S;
    let mean = |column| series.mean(column, at_ns, until).unwrap_or(0.0);
    if mean(Column::Tries) < 1.3 * before {
        return None;
    }
    let text = format!(
        "Each action now sends {} tries: {} arrive for {} actions.",
        words::factor((mean(Column::Tries) * 10.0).round() / 10.0),
        words::rate(mean(Column::Offered)),
        words::amount(mean(Column::Actions))
    );
    // The bucket is complete at its end; the failures that it counts come before.
    Some((at_ns + series.bucket_ns, text))
}

/// The entry of the timeline that the run turns on: the last that began before the first request failed,
/// or the first one where none did. When it begins and ends.
fn trouble(model: &Model) -> Option<(u64, u64, &crate::design::TimelineEntry)> {
    let timeline = &model.doc.scenario.timeline;
    let failed = first_failure_at(model).unwrap_or(0);
    let before = timeline.iter().filter(|entry| entry.begins().0 <= failed);
    let entry = before
        .max_by_key(|entry| entry.begins())
        .or(timeline.first())?;
    let begins = entry.begins();
    let ends = entry.lasts().map_or(begins, |lasts| begins + lasts);
    Some((begins.0, ends.0, entry))
}

fn first_failure_at(model: &Model) -> Option<u64> {
    let mut news = model.run.news.iter();
    let found = news.find(|n| matches!(n.what, NewsKind::FirstFailure { .. }))?;
    Some(found.at_ns)
}

fn first_failure(model: &Model, from: u64) -> Option<Moment> {
    let news = model
        .run
        .news
        .iter()
        .find(|n| n.at_ns >= from && matches!(n.what, NewsKind::FirstFailure { .. }))?;
    let NewsKind::FirstFailure { reason, link, .. } = &news.what else {
        return None;
    };
    Some(Moment {
        at_ns: news.at_ns,
        text: sentence(&what_failing_means(model, reason, link)),
    })
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

/// How long after `end` replies were back, if they came back.
pub fn recovery(model: &Model, end: u64) -> Option<u64> {
    let series = &model.run.series;
    // Looked at in windows of a second, or of a bucket in long runs: less is as noisy as its traffic.
    let width = S.max(series.bucket_ns);
    let good = |from: u64| {
        let mean = |column| series.mean(column, from, from + width).unwrap_or(0.0);
        let wanted = mean(Column::Actions);
        wanted > 0.0 && mean(Column::Useful) >= BACK * wanted
    };
    let last = model.duration_ns().saturating_sub(STEADY_NS);
    let step = series.bucket_ns.clamp(1, S) as usize;
    let mut starts = (end..last).step_by(step);
    let back = starts.find(|&at| (at..at + STEADY_NS).step_by(width as usize).all(good))?;
    Some(back - end)
}

/// Nobody whose action was measured went without, and all of what came after this is measured.
fn all_served(model: &Model, begin: u64) -> bool {
    model.run.report.as_ref().is_some_and(|report| {
        let users = &report.users;
        let without = users.failed + users.abandoned + users.unanswered;
        report.measure_ns.0 <= begin && users.actions > 0 && without == 0
    })
}

/// How long after the trouble began users were served again while it still lasted, if they were not at
/// first.
fn back_before(model: &Model, begin: u64, end: u64) -> Option<u64> {
    let series = &model.run.series;
    let width = S.max(series.bucket_ns);
    let share = |at: u64| {
        let actions = series.mean(Column::Actions, at, at + width)?;
        let useful = series.mean(Column::Useful, at, at + width)?;
        (actions > 0.0).then(|| useful / actions)
    };
    let step = series.bucket_ns.clamp(1, S) as usize;
    let down = (begin..end)
        .step_by(step)
        .find(|&at| share(at).is_some_and(|x| x < BACK / 2.0))?;
    let back = recovery(model, down)? + down;
    (back < end).then(|| back - begin)
}

fn aftermath(model: &Model, begin: u64, end: u64, storm: bool) -> String {
    if all_served(model, begin) {
        return "The cause ends; every user was served all the time.".into();
    }
    if let Some(after) = back_before(model, begin, end) {
        return format!(
            "The cause ends; users have been served again since {} after it began.",
            words::seconds_short(after / S * S)
        );
    }
    match recovery(model, end) {
        Some(after) if after <= 2 * S => {
            "The cause ends, and users are served again at once.".into()
        }
        Some(after) => format!(
            "The cause ends; users are served again {} later.",
            words::seconds_short(after / S * S)
        ),
        None => {
            let useful = model
                .run
                .series
                .mean(Column::Useful, end + 5 * S, u64::MAX / 2);
            let useful = words::rate(useful.unwrap_or(0.0));
            let loop_text = if storm {
                ": retries and the waiting line feed each other"
            } else {
                ""
            };
            format!("The cause ends, yet {useful} useful replies to the end of the run{loop_text}.")
        }
    }
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

/// What happened, in the terms of the bets, and to the data.
pub fn outcome(model: &Model) -> Option<String> {
    let users = of_users(model)?;
    Some(match model.run.report.as_deref().and_then(harm) {
        Some(harm) => format!("{users}, and {harm}"),
        None => users,
    })
}

/// The first of the wrongs that there are, in the order in which they weigh.
fn harm(report: &Report) -> Option<String> {
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

fn of_users(model: &Model) -> Option<String> {
    let (begin, end, _) = trouble(model)?;
    if all_served(model, begin) {
        return Some("every user was served".into());
    }
    if end >= model.duration_ns() && back_before(model, begin, end).is_none() {
        // What lasts to the end leaves nothing to recover from.
        let share = model.run.report.as_ref()?.users.served_share?;
        return Some(format!(
            "{} of the users were served",
            words::percent(share)
        ));
    }
    if let Some(after) = back_before(model, begin, end) {
        let after = words::seconds_short(after / S * S);
        return Some(format!("users were served again after {after}"));
    }
    Some(match recovery(model, end) {
        Some(after) if after <= 2 * S => "users were served again at once".into(),
        Some(after) => format!(
            "users were served again after {}",
            words::seconds_short(after / S * S)
        ),
        None => "it did not recover".into(),
    })
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

/// What the lesson has to say about the change that was tried.
pub fn about_change(model: &Model) -> Option<&Variant> {
    let lesson = &model.doc.scenario.lesson;
    let passed = model.run.report.as_ref().is_some_and(|r| r.passed);
    let lists = if passed {
        vec![&lesson.fixes]
    } else {
        vec![&lesson.backfires, &lesson.not_enough, &lesson.fixes]
    };
    lists.into_iter().flatten().find(|v| is_tried(model, v))
}

/// Everything the variant sets is set now, as far as it can be set here.
fn is_tried(model: &Model, variant: &Variant) -> bool {
    let unlocked = &model.doc.scenario.lesson.unlocked;
    let mut here = variant
        .set
        .iter()
        .filter(|(path, _)| unlocked.contains(path))
        .peekable();
    here.peek().is_some()
        && here.all(|(path, value)| {
            let now = knobs::printed(&model.doc.scenario.design, path);
            now.is_some() && now == knobs::printed_as(&model.doc.scenario.design, path, value)
        })
}

/// One next thing to do.
pub fn next(model: &Model) -> String {
    let went = model.run.report.as_ref().map(|report| went(report));
    let changes = model.doc.changes().len();
    let knobs = model.doc.scenario.lesson.unlocked.len();
    let passed = went == Some(Went::Passed);
    match (passed, changes) {
        _ if went == Some(Went::Over) => {
            "This file has no goals: nothing to pass. Change it, run again, compare.".into()
        }
        (true, _) => "It holds for this seed. Does it hold for others?".into(),
        (false, 0) if knobs > 0 => {
            format!("{knobs} knobs can change this. Turn one, run again, compare.")
        }
        (false, _) => {
            "Compare with the first run in the charts: which line did not come down?".into()
        }
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
