//! A runbook for each alert: what it means, where to look, what helps by how much, and what made it worse. Each
//! mitigation was tried in a run of its own, from the moment of the alert on.

use super::effect::{Effect, compare, hurt};
use super::markdown::{Table, blank, code, list, plain};
use super::parts::{self, node};
use super::remedy::{self, Remedy};
use super::runs::{self, Made};
use super::{Book, Wanted, say};
use crate::design::order::arrange;
use crate::explain::{Component, HarmKind};
use crate::observe::words;
use crate::time::{Duration, NS_PER_MS};

/// Alerts for which mitigations are tried.
const ALERTS_MAX: usize = 4;

/// What a runbook is about.
struct Case {
    /// Number of the alert; none: users fail, and nothing calls anybody.
    alert: Option<usize>,
    /// When somebody would do something.
    moment: Option<Duration>,
    remedies: Vec<Remedy>,
}

pub fn write(book: &Book) -> String {
    let mut text = parts::head(book, "Runbook");
    let cases = cases(book);
    if cases.iter().all(|case| case.alert.is_none()) {
        text.push_str(&format!(
            "**Nothing would have paged anybody:** this design has no alerts {}. {}\n\n",
            book.base().cite(),
            blank("what should call whom")
        ));
    }
    for case in &cases {
        text.push_str(&chapter(book, case));
    }
    text.push_str(&runs::chapter(&book.made, &book.asked));
    text
}

/// One for each alert, or one for users that fail.
fn cases(book: &Book) -> Vec<Case> {
    let base = book.base();
    let alerts = &base.report.alerts;
    let hurt_from = base.found.harm.as_ref().map(|harm| harm.from_ns);
    if alerts.is_empty() {
        let moment = hurt_from.or_else(|| first_failure(base)).map(whole);
        return vec![case(book, None, moment)];
    }
    let mut tried = 0;
    let all = alerts.iter().enumerate().map(|(number, alert)| {
        // One that did not fire says nothing about when: then it is when users are hurt.
        let moment = alert.first_fired_ns.or(hurt_from).map(whole);
        let moment = moment.filter(|_| tried < ALERTS_MAX);
        tried += usize::from(moment.is_some());
        case(book, Some(number), moment)
    });
    all.collect()
}

/// Up to whole milliseconds: a moment that can be written down and read.
fn whole(ns: u64) -> Duration {
    Duration(ns.div_ceil(NS_PER_MS).max(1) * NS_PER_MS)
}

fn case(book: &Book, alert: Option<usize>, moment: Option<Duration>) -> Case {
    let scenario = &book.scenario;
    let key = alert.map(|number| &book.base().report.alerts[number].node);
    let watched = key.map(String::as_str);
    let moment = moment.filter(|at| *at < scenario.run.duration);
    let remedies = moment.map(|at| remedy::candidates(scenario, &book.base().found, watched, at));
    Case {
        alert,
        moment,
        remedies: remedies.unwrap_or_default(),
    }
}

/// The edge of the bucket in which the first action failed.
fn first_failure(made: &Made) -> Option<u64> {
    let series = &made.report.series;
    let at = series
        .failed_per_s
        .iter()
        .position(|failed| *failed > 0.0)?;
    Some(at as u64 * series.bucket_ns)
}

/// The runs that all of them need, each once; what the file does not take is left out.
pub fn tries(book: &Book) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for remedy in cases(book).into_iter().flat_map(|case| case.remedies) {
        let is_known = wanted.iter().any(|other| other.recipe == remedy.recipe);
        if !is_known && remedy.recipe.scenario(&book.asked.text).is_ok() {
            wanted.push(remedy.wanted());
        }
    }
    wanted
}

/// A mitigation and what came of it.
struct Tried<'b> {
    remedy: &'b Remedy,
    made: &'b Made,
    effect: Effect,
}

/// Those that were run, the best first.
fn tried<'b>(book: &'b Book, case: &'b Case) -> Vec<Tried<'b>> {
    let before = &book.base().report;
    let all = case.remedies.iter().filter_map(|remedy| {
        let made = book
            .made
            .iter()
            .find(|it| it.number > 1 && it.recipe == remedy.recipe)?;
        let effect = compare(before, &made.report);
        Some(Tried {
            remedy,
            made,
            effect,
        })
    });
    let mut all: Vec<Tried<'_>> = all.collect();
    let rank = |it: &Tried<'_>| {
        let report = &it.made.report;
        let p99 = report.users.latency.p99_ns.unwrap_or(u64::MAX);
        (hurt(report), p99, report.cost.total_micro_per_hour)
    };
    arrange(&mut all, |a, b| rank(a).cmp(&rank(b)));
    all
}

fn chapter(book: &Book, case: &Case) -> String {
    let scenario = &book.scenario;
    let base = book.base();
    let alert = case.alert.map(|number| &base.report.alerts[number]);
    let drawn = alert.and_then(|it| scenario.design.alerts.iter().find(|a| a.key == it.key));
    let mut text = match (alert, drawn.and_then(|it| it.label.as_deref())) {
        (Some(it), Some(label)) => format!("## Alert {}: {}\n\n", code(&it.key), plain(label)),
        (Some(it), None) => format!("## Alert {}\n\n", code(&it.key)),
        (None, _) => "## Users are failing\n\n".to_owned(),
    };
    text.push_str(&format!("**Means.** {}\n\n", meaning(book, case)));
    text.push_str(&format!("**Users.** {}\n\n", impact(book)));
    text.push_str(&format!("**Look first at**\n\n{}\n", checks(book, case)));
    let all = tried(book, case);
    text.push_str(&mitigations(book, case, &all));
    text.push_str(&wrong(&all));
    text.push_str(&format!("**Escalate when** {}\n\n", escalate(book, case)));
    text.push_str(&format!(
        "**Recovered when** {}\n\n",
        recovered(book, case, &all)
    ));
    text.push_str(&format!("**Take back afterwards**\n\n{}\n", rollback(&all)));
    text
}

fn meaning(book: &Book, case: &Case) -> String {
    let base = book.base();
    let Some(alert) = case.alert.map(|number| &base.report.alerts[number]) else {
        return format!(
            "Users get errors, or wait too long. No alert of this design says so; somebody has to look. {}",
            blank("who would notice, and how")
        );
    };
    let rule = parts::rule(&book.scenario, &alert.key);
    let fired = match alert.first_fired_ns {
        None => format!("It did not fire in this run {}.", base.cite()),
        Some(first) => format!(
            "It fired {} in this run, first at {} {}.",
            say::counted(alert.fired, "time", "times"),
            say::instant(first),
            base.cite()
        ),
    };
    format!("It fires when, {rule}. {fired}")
}

/// What users and data went through.
fn impact(book: &Book) -> String {
    let base = book.base();
    let report = &base.report;
    let Some((what, _, _)) = base.harm() else {
        return format!(
            "No stretch of this run stands out in which users were hurt: {} of {} were served {}.",
            say::share_or_none(report.users.served_share),
            say::counted(report.users.actions, "action", "actions"),
            base.cite()
        );
    };
    let when = match what {
        HarmKind::Data => String::new(),
        _ => format!(", {}", base.hurt()),
    };
    format!(
        "{}{when}. Of {} from {}, {} were not served; {} {}.",
        kind(what),
        say::counted(report.users.actions, "action", "actions"),
        say::measured(report),
        say::count(say::not_served(report)),
        say::data(&report.ledger),
        base.cite()
    )
}

pub fn kind(kind: HarmKind) -> &'static str {
    match kind {
        HarmKind::Failures => "Users were told that it failed",
        HarmKind::Slow => "Users waited far longer than usual",
        HarmKind::Unanswered => "Users had no answer",
        HarmKind::Lag => "Accepted work waited",
        HarmKind::Data => "Users were served, and data went wrong",
    }
}

/// Three looks, each with what it showed in the run at that moment.
fn checks(book: &Book, case: &Case) -> String {
    let base = book.base();
    let report = &base.report;
    let series = &report.series;
    let bucket = case
        .moment
        .map(|at| (at.0 / series.bucket_ns.max(1)) as usize);
    let of = |values: &[f64]| bucket.and_then(|at| values.get(at).copied()).map(say::rate);
    let unknown = || "no moment of this run to look at".to_owned();
    let useful = of(&series.useful_per_s).zip(of(&series.failed_per_s));
    let useful = useful.map_or_else(unknown, |(useful, failed)| {
        format!(
            "then {useful} useful replies and {failed} failures {}",
            base.cite()
        )
    });
    let mut lines = vec![format!(
        "Is it true, and for whom? Top strip, and the chart of goodput: {useful}"
    )];
    lines.push(match place(book, case) {
        None => format!("Where is it? {}", blank("which part to look at")),
        Some(key) => {
            let node_report = report.nodes.iter().find(|it| it.key == key);
            let at = |values: &[u32]| bucket.and_then(|at| values.get(at).copied());
            let there = node_report.map(|it| (at(&it.series.waiting), at(&it.series.busy)));
            let seen = match there {
                Some((Some(waiting), Some(busy))) => format!(
                    "then {} waited there and {} were worked on {}",
                    say::count(waiting.into()),
                    say::count(busy.into()),
                    base.cite()
                ),
                _ => unknown(),
            };
            format!(
                "Where is it? Diagram, part {}: {seen}",
                node(&book.scenario, key)
            )
        }
    });
    let worst = report.links.iter().max_by_key(|link| link.failed);
    lines.push(match worst.filter(|link| link.failed > 0) {
        None => "How does it fail? Diagram, links: no try failed in this run".to_owned(),
        Some(link) => {
            let reasons = link.failed_by_reason.iter().take(2);
            let reasons = reasons
                .map(|(reason, n)| format!("{} {}", words::of_reason(reason), say::count(*n)));
            format!(
                "How does it fail? Diagram, link {}: in the whole run {} {}",
                code(&link.key),
                reasons.collect::<Vec<_>>().join(", "),
                base.cite()
            )
        }
    });
    let lines = lines.into_iter().enumerate();
    lines
        .map(|(n, line)| format!("{}. {line}\n", n + 1))
        .collect()
}

/// The node that started it, else the one that is watched.
fn place<'b>(book: &'b Book, case: &Case) -> Option<&'b str> {
    let base = book.base();
    let culprit = base.found.culprit.as_ref().map(|it| &it.component);
    let key = match culprit {
        Some(Component::Node(key)) => Some(key.as_str()),
        Some(Component::Link(key)) => {
            let link = book.scenario.design.link(key);
            link.map(|link| link.to.as_str())
        }
        None => None,
    };
    key.or_else(|| {
        case.alert
            .map(|number| base.report.alerts[number].node.as_str())
    })
}

fn mitigations(book: &Book, case: &Case, all: &[Tried<'_>]) -> String {
    let base = book.base();
    let mut text = "**Do, in this order**\n\n".to_owned();
    let Some(at) = case.moment else {
        let why = match case.alert.is_some_and(|number| number >= ALERTS_MAX) {
            true => "Only the first alerts that fire have runs of their own",
            false => "There was no moment in this run at which somebody would have done something",
        };
        text.push_str(&format!(
            "{why}. {}\n\n",
            blank("what to do, and what it does")
        ));
        return text;
    };
    if all.is_empty() {
        text.push_str(&format!(
            "No change of a running system could be tried here. {}\n\n",
            blank("what to do, and what it does")
        ));
        return text;
    }
    text.push_str(&format!(
        "Each was tried alone, from {} on, in a run of its own; ordered by how many it hurts. Nothing done: {}.\n\n",
        say::instant(at.0),
        outcome(base)
    ));
    let better: Vec<&Tried<'_>> = all
        .iter()
        .filter(|it| it.effect == Effect::Better)
        .collect();
    if better.is_empty() {
        text.push_str(&format!("None of them helped. {}\n\n", blank("what would")));
    } else {
        text.push_str(&format!("{}\n", table(&better)));
    }
    let same: Vec<&Tried<'_>> = all.iter().filter(|it| it.effect == Effect::Same).collect();
    if !same.is_empty() {
        text.push_str(&format!("**Without effect**\n\n{}\n", table(&same)));
    }
    text
}

fn outcome(made: &Made) -> String {
    let users = &made.report.users;
    format!(
        "{} served, {} hurt, p99 {}, {} {}",
        say::share_or_none(users.served_share),
        say::count(hurt(&made.report)),
        say::time_or_none(users.latency.p99_ns),
        say::dollars(made.report.cost.total_micro_per_hour),
        made.cite()
    )
}

fn table(tried: &[&Tried<'_>]) -> String {
    let mut table = Table::new(&[
        "do",
        "served",
        "in part",
        "hurt",
        "p99",
        "cost",
        "users hurt",
        "run",
    ]);
    for it in tried {
        let report = &it.made.report;
        let short = it.made.cut_short();
        let short = short.map_or(String::new(), |why| format!(" (ended early: {why})"));
        table.row(&[
            format!("{}{short}", it.remedy.act),
            say::share_or_none(report.users.served_share),
            say::count(report.users.degraded),
            say::count(hurt(report)),
            say::time_or_none(report.users.latency.p99_ns),
            say::dollars(report.cost.total_micro_per_hour),
            it.made.hurt(),
            it.made.cite(),
        ]);
    }
    table.text()
}

/// What was measured to make it worse.
fn wrong(all: &[Tried<'_>]) -> String {
    let worse: Vec<&Tried<'_>> = all.iter().filter(|it| it.effect == Effect::Worse).collect();
    let text = "**Do not**\n\n".to_owned();
    match worse.is_empty() {
        true => format!(
            "{text}{} {}\n\n",
            match all.is_empty() {
                true => "Nothing was tried.",
                false => "Nothing that was tried made it worse.",
            },
            blank("what must not be done, and why")
        ),
        false => format!("{text}It made things worse:\n\n{}\n", table(&worse)),
    }
}

fn escalate(book: &Book, case: &Case) -> String {
    let base = book.base();
    let alert = case.alert.map(|number| &base.report.alerts[number]);
    let key = alert.map_or("", |it| it.key.as_str());
    let Some(budget) = parts::budget_of(&book.scenario, &base.report, key) else {
        return blank("after how long, or how many users, and whom to call");
    };
    format!(
        "more than {} of the error budget is spent. That of {} allows {} of {} answers to be bad; {} were in this \
         run {}. Call {}.",
        blank("which share"),
        budget.of,
        say::count(budget.allowed),
        say::count(budget.all),
        say::count(budget.bad),
        base.cite(),
        blank("whom")
    )
}

fn recovered(book: &Book, case: &Case, all: &[Tried<'_>]) -> String {
    let base = book.base();
    let alert = case.alert.map(|number| &base.report.alerts[number]);
    let resolves = match alert {
        Some(it) => match it.first_resolved_ns {
            Some(at) => format!(
                "the alert is over (in this run first at {} {}), and ",
                say::instant(at),
                base.cite()
            ),
            None => "the alert is over, and ".to_owned(),
        },
        None => String::new(),
    };
    let best = all.first().filter(|it| it.effect == Effect::Better);
    let until = best.and_then(|it| Some((it.made.harm()?.2?, it.made)));
    let until = until.map_or(String::new(), |(until, made)| {
        let until = say::instant(until);
        format!(
            " With the first of the above that was at {until} {}.",
            made.cite()
        )
    });
    format!(
        "{resolves}goodput is what it was before, no line is waiting, and nothing new goes wrong in the data.{until} {}",
        blank("for how long it has to stay so")
    )
}

fn rollback(all: &[Tried<'_>]) -> String {
    let better = all.iter().filter(|it| it.effect == Effect::Better);
    let lines: Vec<String> = better
        .take(3)
        .map(|it| format!("{}: {}", it.remedy.act, it.remedy.undo))
        .collect();
    match lines.is_empty() {
        true => list([blank("how, and in which order")]),
        false => list(lines.into_iter().chain([blank("when it is safe to")])),
    }
}
