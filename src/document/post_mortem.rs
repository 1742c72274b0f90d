//! A post-mortem: what a run did to users and data, minute by minute, what started it and what kept it going, and who
//! would have known. Without blame: what people decided, only they can say.

use super::Book;
use super::markdown::{Table, blank, code, list, plain, prose};
use super::parts::{self, node};
use super::runbook;
use super::runs::{self, Made};
use super::say;
use crate::design::order::arrange;
use crate::explain::{Component, Finding, HarmKind};

/// Pages in the timeline; further ones are counted.
const PAGES_MAX: usize = 30;

pub fn write(book: &Book) -> String {
    let chapters = [
        parts::head(book, "Post-mortem"),
        summary(book),
        impact(book),
        timeline(book),
        causes(book),
        detection(book),
        resolution(book),
        lessons(book),
        actions(book),
        notes(book),
        replay(book),
        runs::chapter(&book.made, &book.asked),
    ];
    chapters.concat()
}

fn cite(book: &Book) -> String {
    book.base().cite()
}

/// How long users were hurt, in words; wrong data has no length.
fn lasted(made: &Made) -> Option<String> {
    let (kind, from, until) = made.harm()?;
    let until = until.unwrap_or(made.report.duration_ns);
    let minutes = until.saturating_sub(from) as f64 / 60e9;
    (kind != HarmKind::Data).then(|| format!("{} min", say::number(minutes)))
}

fn summary(book: &Book) -> String {
    let base = book.base();
    let text = match base.harm() {
        None => format!(
            "No stretch of this run stands out in which users were hurt: {} of {} were served, {} {}. There is little to \
             learn from it but what might have happened.",
            say::share_or_none(base.report.users.served_share),
            say::counted(base.report.users.actions, "action", "actions"),
            say::data(&base.report.ledger),
            cite(book)
        ),
        Some((kind, from, until)) => {
            let began = match &base.found.culprit {
                Some(it) => format!("It began with {}.", finding(book, it)),
                None => "No part did anything unusual of its own accord.".to_owned(),
            };
            let from = say::instant(from);
            let how = match (lasted(base), until) {
                (None, _) => format!(
                    "first at {from}. {began} What is wrong stays wrong: {}.",
                    say::data(&base.report.ledger)
                ),
                (Some(long), None) => format!(
                    "from {from} on, for {long}. {began} It was not over at the end of the run."
                ),
                (Some(long), Some(until)) => {
                    format!(
                        "from {from} on, for {long}. {began} It was over at {}.",
                        say::instant(until)
                    )
                }
            };
            format!("{}, {how} {}", runbook::kind(kind), cite(book))
        }
    };
    format!(
        "- Date: {}\n- Written by: {}\n- Status: {}\n\n## Summary\n\n{text}\n\n",
        blank("when it happened"),
        blank("who"),
        blank("draft, or agreed")
    )
}

/// "Catalogue (`catalogue`), which works more slowly"
fn finding(book: &Book, it: &Finding) -> String {
    let place = match &it.component {
        Component::Node(key) => node(&book.scenario, key),
        Component::Link(key) => match book.scenario.design.link(key) {
            Some(link) => format!("the link {}", parts::link(&book.scenario, link)),
            None => code(key),
        },
    };
    format!("{place}, which {}", it.mechanism.words())
}

fn impact(book: &Book) -> String {
    let base = book.base();
    let report = &base.report;
    let users = &report.users;
    let mut table = Table::new(&["what", "how much", "run"]);
    let mut row = |what: &str, much: String| table.row(&[what.to_owned(), much, cite(book)]);
    let long = match base.harm() {
        None => "0 min".to_owned(),
        Some((_, from, _)) => lasted(base).unwrap_or_else(|| {
            format!(
                "not at all; data went wrong first at {}",
                say::instant(from)
            )
        }),
    };
    row("users were hurt for", long);
    let of = format!("actions, begun from {}", say::measured(report));
    row(&of, say::count(users.actions));
    row("of them not served", say::count(say::not_served(report)));
    row("share served", say::share_or_none(users.served_share));
    row(
        "half waited at most",
        say::time_or_none(users.latency.p50_ns),
    );
    row(
        "99 of 100 waited at most",
        say::time_or_none(users.latency.p99_ns),
    );
    row(
        "tries per action",
        users
            .tries_per_action
            .map_or("none".to_owned(), say::number),
    );
    for (what, n, _) in say::wrongs(&report.ledger) {
        // The worst three are asked for in any case.
        if n > 0 || matches!(what, "lost" | "duplicate" | "stale") {
            row(&format!("data: {what}, whole run"), say::count(n));
        }
    }
    for budget in parts::budgets(&book.scenario, report) {
        row(
            &format!("error budget of {}", budget.of),
            format!(
                "{} bad of {} allowed",
                say::count(budget.bad),
                say::count(budget.allowed)
            ),
        );
    }
    row("cost", say::dollars(report.cost.total_micro_per_hour));
    format!(
        "## Impact\n\n{}\nWhat it cost those who were hit: {}\n\n",
        table.text(),
        blank("money, trust, work of others")
    )
}

/// Everything that happened, by itself or by somebody, in order.
fn timeline(book: &Book) -> String {
    let base = book.base();
    let mut rows: Vec<(u64, String, &str)> = Vec::new();
    let end = book.scenario.run.duration;
    for entry in &book.scenario.timeline {
        let what = match entry.target() {
            Some(target) => format!("{} of {}", entry.what.word, code(target)),
            None => entry.what.word.to_owned(),
        };
        let turned = entry.change.as_ref().map_or_else(String::new, |change| {
            let spec = crate::design::registry::kind(change.table)
                .or((change.table == "link").then_some(&crate::design::registry::LINK))
                .or((change.table == "operation").then_some(&crate::design::registry::OPERATION));
            let spec = spec.and_then(|kind| kind.knob(change.knob));
            let value = spec.map(|spec| crate::design::value::print(&change.value, spec));
            value.map_or_else(String::new, |value| format!(" = {}", plain(&value)))
        });
        if entry.begins() >= end {
            continue;
        }
        let begins = match entry.is_moment() {
            true => format!("{what}{turned}"),
            false => format!("{what}{turned}: begins"),
        };
        rows.push((entry.begins().0, begins, "timeline, or done live"));
        let over = entry.ends_within(end);
        if !entry.is_moment() && over < end {
            rows.push((over.0, format!("{what}: ends"), "timeline, or done live"));
        }
    }
    for step in &base.found.chain {
        let within = match step.within_ns {
            0 => String::new(),
            ns => format!(" (within {})", say::time(ns as f64)),
        };
        let text = format!("{}{within}", plain(&step.text));
        rows.push((step.at_ns, text, "seen in the run"));
    }
    let series = &base.report.series;
    if let Some(at) = series.failed_per_s.iter().position(|failed| *failed > 0.0) {
        let at = at as u64 * series.bucket_ns;
        let within = say::time(series.bucket_ns as f64);
        rows.push((
            at,
            format!("the first user action fails, within {within}"),
            "seen in the run",
        ));
    }
    let pages = &base.pages.0;
    for page in pages.iter().take(PAGES_MAX) {
        let key = base
            .report
            .alerts
            .get(page.alert)
            .map_or("", |it| it.key.as_str());
        rows.push((
            page.fired_ns,
            format!("alert {} fires", code(key)),
            "monitoring",
        ));
        if page.read_ns > page.fired_ns {
            rows.push((
                page.read_ns,
                format!("the page of {} is read", code(key)),
                "monitoring",
            ));
        }
        if let Some(at) = page.resolved_ns {
            rows.push((at, format!("alert {} is over", code(key)), "monitoring"));
        }
    }
    for loss in &base.report.losses {
        let place = node(&book.scenario, &loss.node);
        rows.push((
            loss.lost_at_ns,
            format!("{place} loses its leader"),
            "seen in the run",
        ));
        if let Some(at) = loss.led_at_ns {
            rows.push((at, format!("{place} has a leader again"), "seen in the run"));
        }
    }
    if let Some((_, _, Some(until))) = base.harm() {
        rows.push((until, "users are well again".to_owned(), "seen in the run"));
    }
    arrange(&mut rows, |a, b| a.0.cmp(&b.0));
    let mut text = "## Timeline\n\n".to_owned();
    if rows.is_empty() {
        text.push_str("Nothing happened that stands out.\n\n");
    } else {
        let mut table = Table::new(&["time", "what", "known from", "run"]);
        for (at, what, from) in rows {
            table.row(&[say::instant(at), what, from.to_owned(), cite(book)]);
        }
        text.push_str(&format!("{}\n", table.text()));
    }
    if pages.len() > PAGES_MAX {
        let rest = (pages.len() - PAGES_MAX) as u64;
        text.push_str(&format!(
            "{} further pages are left out.\n\n",
            say::count(rest)
        ));
    }
    text.push_str(&format!(
        "What people thought and decided: {}\n\n",
        blank("when, who, on which evidence")
    ));
    text
}

fn causes(book: &Book) -> String {
    let base = book.base();
    let mut text = "## Trigger and contributing factors\n\n".to_owned();
    let trigger = match &base.found.culprit {
        Some(it) => format!(
            "{}, from {} to {} {}",
            finding(book, it),
            say::instant(it.from_ns),
            say::instant(it.until_ns),
            cite(book)
        ),
        None => format!("none was found in what could be seen {}", cite(book)),
    };
    text.push_str(&format!("Trigger: {trigger}\n\nContributing:\n\n"));
    let others = base
        .found
        .others
        .iter()
        .map(|it| format!("{} {}", finding(book, it), cite(book)));
    let advice = book
        .advice
        .iter()
        .map(|it| format!("{} ({})", prose(&it.message), it.code));
    let mut lines: Vec<String> = others.chain(advice).collect();
    lines.push(blank("what in how we work made it possible, or worse"));
    text.push_str(&list(lines));
    text.push_str(&format!(
        "\nHow it reached users, by what could be seen of the run:\n\n{}\n",
        match base.found.chain.is_empty() {
            true => list(["no stretch stands out in which users were hurt".to_owned()]),
            false => list(base.found.chain.iter().map(|step| format!(
                "{}: {} {}",
                say::moment(step.at_ns, step.within_ns),
                plain(&step.text),
                cite(book)
            ))),
        }
    ));
    text
}

fn detection(book: &Book) -> String {
    let base = book.base();
    let text = match (&base.found.harm, &base.found.paged) {
        (_, None) if book.scenario.design.alerts.is_empty() => {
            format!(
                "Nothing would have paged anybody: this design has no alerts {}.",
                cite(book)
            )
        }
        (_, None) => format!("Nothing would have paged anybody {}.", cite(book)),
        (None, Some(page)) => format!(
            "{} paged somebody at {}, and no stretch stands out in which users were hurt {}.",
            code(&page.alert),
            say::instant(page.at_ns),
            cite(book)
        ),
        (Some(harm), Some(page)) => match page.at_ns.checked_sub(harm.from_ns) {
            Some(after) => format!(
                "{} paged somebody at {}, {} after users were hurt {}.",
                code(&page.alert),
                say::instant(page.at_ns),
                say::time(after as f64),
                cite(book)
            ),
            None => format!(
                "{} had paged somebody at {}, before users were hurt {}.",
                code(&page.alert),
                say::instant(page.at_ns),
                cite(book)
            ),
        },
    };
    let could = blank("what could have told us earlier");
    let report = &base.report;
    let judged = parts::false_pages(report).map_or(String::new(), |(all, wrong)| {
        let pages = say::counted(all as u64, "page", "pages");
        let wrong = say::count(wrong as u64);
        let incidents = match parts::incidents(report, &cite(book)) {
            none if none.is_empty() => {
                "By what users were promised there was no incident.\n".to_owned()
            }
            all => format!(
                "By what users were promised, incidents were:\n\n{}",
                list(all)
            ),
        };
        format!(
            "{pages}, of which {wrong} for nothing {}. {incidents}\n",
            cite(book)
        )
    });
    format!("## Detection\n\n{text} {could}\n\n{judged}")
}

fn resolution(book: &Book) -> String {
    let base = book.base();
    let text = match base.harm() {
        None => format!("Nothing had to be resolved {}.", cite(book)),
        Some((HarmKind::Data, _, _)) => format!(
            "Data that is wrong is not mended by itself: {} {}. {}",
            say::data(&base.report.ledger),
            cite(book),
            blank("how it was repaired, and how we know")
        ),
        Some((_, _, None)) => format!("It was not resolved by the end of the run {}.", cite(book)),
        Some((_, _, Some(until))) => {
            let cause = base.found.culprit.as_ref().map(|it| it.until_ns);
            let late = cause.map(|gone| until.saturating_sub(gone));
            let late = late.map_or(String::new(), |ns| {
                format!(", {} after its trigger had gone", say::time(ns as f64))
            });
            format!(
                "Users were well again at {}{late} {}.",
                say::instant(until),
                cite(book)
            )
        }
    };
    format!(
        "## Resolution\n\n{text} {}\n\n",
        blank("what ended it, and how we know")
    )
}

fn lessons(book: &Book) -> String {
    let base = book.base();
    let report = &base.report;
    let held = report.goals.iter().filter(|it| it.holds);
    let missed = report.goals.iter().filter(|it| !it.holds);
    let mut well: Vec<String> = held
        .map(|it| format!("{}: met {}", plain(&it.label), cite(book)))
        .collect();
    if say::wrongs(&report.ledger).iter().all(|(_, n, _)| *n == 0) {
        well.push(format!("nothing wrong in the data {}", cite(book)));
    }
    well.push(blank("what went well"));
    let mut badly: Vec<String> = missed
        .map(|it| {
            let [asked, measured, _] = parts::goal(it);
            format!(
                "{}: {measured}, asked was {asked} {}",
                plain(&it.label),
                cite(book)
            )
        })
        .collect();
    if base.found.harm.is_some() && base.found.paged.is_none() {
        badly.push(format!("nothing would have paged anybody {}", cite(book)));
    }
    badly.push(blank("what went badly"));
    format!(
        "## What went well\n\n{}\n## What went badly\n\n{}\n## Where we were lucky\n\n{}\n",
        list(well),
        list(badly),
        list([blank("what could have made it worse, and did not")])
    )
}

/// One of each type at least; those that advice is about are filled in.
fn actions(book: &Book) -> String {
    let mut table = Table::new(&["type", "action", "why", "owner", "due"]);
    let mut row = |kind: &str, action: String, why: String| {
        table.row(&[kind.to_owned(), action, why, blank("who"), blank("when")]);
    };
    let mut prevented = false;
    for it in &book.advice {
        prevented = true;
        let help = it.help.as_deref().map_or_else(|| blank("what"), prose);
        row(
            "prevent",
            help,
            format!("{} ({})", prose(&it.message), it.code),
        );
    }
    if !prevented {
        row(
            "prevent",
            blank("what keeps the trigger from coming"),
            blank("why"),
        );
    }
    let paged = book.base().found.paged.is_some();
    match paged {
        true => row("detect", blank("what tells us sooner"), blank("why")),
        false => row(
            "detect",
            "an alert on what users get".to_owned(),
            format!("nothing would have paged anybody {}", cite(book)),
        ),
    }
    row(
        "mitigate",
        blank("what ends it sooner"),
        "`brownout document --kind runbook` tries what could be done".to_owned(),
    );
    row(
        "process",
        blank("what we do otherwise from now on"),
        blank("why"),
    );
    format!("## Actions\n\n{}\n", table.text())
}

fn notes(book: &Book) -> String {
    let base = book.base();
    let report = &base.report;
    let (not_served, all) = (say::not_served(report), report.users.actions);
    let data = say::data(&report.ledger);
    let counts = format!(
        "{} of {} actions were not served; {data}",
        say::count(not_served),
        say::count(all)
    );
    let next = blank("when");
    let later = format!(
        "We are sorry. {} {}",
        blank("what is known about data and money of those affected"),
        blank("what we do about it, and when you hear from us")
    );
    let (inside, outside) = match (base.harm(), lasted(base)) {
        (None, _) => (
            format!("No incident: {counts} {}.", cite(book)),
            blank("nothing to say, or what"),
        ),
        (Some(_), Some(long)) => (
            format!(
                "For {long}, users were hurt. {counts} {}. Next update: {next}.",
                cite(book)
            ),
            format!(
                "For about {long}, some of what you asked of us failed or was late {}. {later}",
                cite(book)
            ),
        ),
        (Some(_), None) => (
            format!(
                "Users were served, and data is wrong: {counts} {}. Next update: {next}.",
                cite(book)
            ),
            format!(
                "Some of what you asked of us was done, and not done right {}. {later}",
                cite(book)
            ),
        ),
    };
    format!("## Notes\n\nInternal:\n\n> {inside}\n\nExternal:\n\n> {outside}\n\n")
}

fn replay(book: &Book) -> String {
    let base = book.base();
    let line = runs::command(base, &book.asked);
    let link = match book.asked.link.is_empty() {
        true => "The design is too long for a link: keep its file beside this.".to_owned(),
        false => format!(
            "put this behind the address of the page: {}",
            code(&book.asked.link)
        ),
    };
    format!(
        "## Replay\n\n- `{line}` gives the fingerprint {} {}\n- {link}\n\n",
        code(&base.report.digest),
        base.cite()
    )
}
