//! The page about a system that somebody owns: what it is for, what it promises, what happens when a part of it
//! fails, where it breaks first, and what was given up for it.

use super::Book;
use super::failing::{failures, limits};
use super::markdown::{Table, blank, code, list, plain, prose};
use super::parts::{self, node};
use super::runs::{self, Made};
use super::say;
use crate::design::{Link, Node, Step};
use crate::observe::cost::price_of;
use crate::time::Time;

pub fn write(book: &Book) -> String {
    let chapters = [
        parts::head(book, "Design document"),
        problem(book),
        design(book),
        load(book),
        limits(book),
        objectives(book),
        data(book),
        waiting(book),
        caches(book),
        failures(book),
        capacity(book),
        monitoring(book),
        alternatives(book),
        risks(book),
        runs::chapter(&book.made, &book.asked),
    ];
    chapters.concat()
}

fn problem(book: &Book) -> String {
    let about = &book.scenario.about;
    let hook = plain(&book.scenario.lesson.hook);
    let problem = match (hook.is_empty(), plain(&about.concept).is_empty()) {
        (false, _) => hook,
        (true, false) => plain(&about.concept),
        (true, true) => blank("which problem this system solves"),
    };
    let operations = book.scenario.design.operations.iter().map(|it| {
        let label = it.label.as_deref().map(plain);
        label.unwrap_or_else(|| code(&it.key))
    });
    let does: Vec<String> = operations.collect();
    let does = match does.is_empty() {
        true => blank("what users do"),
        false => does.join("; "),
    };
    format!(
        "## Problem and users\n\n{problem}\n\n- What users do: {does}\n- Users: {}\n- Owner: {}\n- Not a goal: {}\n\n",
        blank("who they are, and what it costs them when this fails"),
        blank("team, and who is called"),
        blank("what this system does not do")
    )
}

fn design(book: &Book) -> String {
    let design = &book.scenario.design;
    let mut nodes = Table::new(&["part", "kind", "what was set"]);
    for it in &design.nodes {
        let name = node(&book.scenario, &it.key);
        nodes.row(&[name, it.kind.word.to_lowercase(), parts::set(it)]);
    }
    let mut text = format!(
        "## Design\n\n{}\n{}",
        parts::diagram(&book.scenario),
        nodes.text()
    );
    if !design.links.is_empty() {
        let mut links = Table::new(&["link", "from", "to", "how the caller behaves"]);
        for it in &design.links {
            let [from, to] = [&it.from, &it.to].map(|key| node(&book.scenario, key));
            links.row(&[code(&it.key), from, to, parts::policy(it).join(", ")]);
        }
        text.push_str(&format!("\n{}", links.text()));
    }
    let foreign = design
        .nodes
        .iter()
        .filter(|it| it.kind.name == "third_party");
    let foreign: Vec<String> = foreign.map(|it| node(&book.scenario, &it.key)).collect();
    let foreign = match foreign.is_empty() {
        true => "nothing outside is called".to_owned(),
        false => format!("not ours: {}", foreign.join(", ")),
    };
    format!(
        "{text}\nBoundaries: {foreign}; interfaces that others rely on: {}.\n\n",
        blank("which, and who")
    )
}

fn load(book: &Book) -> String {
    let (base, quiet) = (book.base(), book.quiet());
    let mut table = Table::new(&["who", "how they come"]);
    let clients = |it: &&Node| it.kind.name == "clients";
    for it in book.scenario.design.nodes.iter().filter(clients) {
        table.row(&[node(&book.scenario, &it.key), parts::set(it)]);
    }
    let users = |made: &Made| {
        let it = &made.report.users;
        let (from, to) = made.report.measure_ns;
        let seconds = to.saturating_sub(from) as f64 / 1e9;
        let per_s = it.actions as f64 / seconds.max(1e-9);
        format!(
            "{} from {} ({}), {} sent, {} tries per action {}",
            say::counted(it.actions, "action", "actions"),
            say::measured(&made.report),
            say::rate(per_s),
            say::rate(it.offered_per_s),
            it.tries_per_action.map_or("no".to_owned(), say::number),
            made.cite()
        )
    };
    let mut lines = vec![format!("Now: {}", users(base))];
    if base.number != quiet.number {
        lines.push(format!("On a quiet day: {}", users(quiet)));
    }
    lines.push(format!(
        "Peak: {}",
        blank("when, and how many times the usual load")
    ));
    lines.push(format!(
        "In a year: {}",
        blank("growth, and where the figure is from")
    ));
    format!("## Load\n\n{}\n{}\n", table.text(), list(lines))
}

fn objectives(book: &Book) -> String {
    let base = book.base();
    let mut text = "## Service level objectives\n\n".to_owned();
    if base.report.goals.is_empty() {
        text.push_str(&format!(
            "{}\n\n",
            blank("what users may expect, in numbers")
        ));
    } else {
        text.push_str(&format!("{}\n", parts::goals(&base.report, &base.cite())));
    }
    let users = &base.report.users;
    let ledger = &base.report.ledger;
    let fresh = match ledger.stale {
        0 => "no stale read".to_owned(),
        n => format!(
            "{}, the worst {} old",
            say::counted(n, "stale read", "stale reads"),
            say::time(ledger.stale_longest_ns as f64)
        ),
    };
    let cite = base.cite();
    let mut lines = vec![
        format!(
            "Availability: {} served {cite}",
            say::share_or_none(users.served_share)
        ),
        match (users.latency.p50_ns, users.latency.p99_ns) {
            (Some(half), Some(most)) => format!(
                "Latency: half within {}, 99 of 100 within {} {cite}",
                say::time(half as f64),
                say::time(most as f64)
            ),
            _ => format!("Latency: nobody was served {cite}"),
        },
        format!("Freshness: {fresh} {cite}"),
        format!("Correctness: {} {cite}", say::data(ledger)),
    ];
    for budget in parts::budgets(&book.scenario, &base.report) {
        lines.push(format!(
            "Error budget of {}: {} of {} answers may be bad, {} were {cite}",
            budget.of,
            say::count(budget.allowed),
            say::count(budget.all),
            say::count(budget.bad)
        ));
    }
    lines.push(format!(
        "Agreed with: {}",
        blank("who, and when it is looked at again")
    ));
    format!("{text}{}\n", list(lines))
}

/// Who owns which data, and what readers may count on.
fn data(book: &Book) -> String {
    let mut table = Table::new(&[
        "where",
        "what is kept there",
        "copies and consistency",
        "owner",
    ]);
    let stores = ["database", "third_party", "queue"];
    let design = &book.scenario.design;
    let mut is_empty = true;
    for it in design
        .nodes
        .iter()
        .filter(|it| stores.contains(&it.kind.name))
    {
        let promised = design.operations.iter().filter(|operation| {
            let effects = operation.knobs.get("effects");
            matches!(effects, Some(crate::design::value::Value::Names(names)) if names.contains(&it.key))
        });
        let names: Vec<String> = promised.map(|operation| code(&operation.key)).collect();
        let kept = match names.is_empty() {
            true => blank("which data"),
            false => format!("effects of {}", names.join(", ")),
        };
        let about = [
            "replicas",
            "replication",
            "write_quorum",
            "read_quorum",
            "acknowledge",
            "read_from",
            "isolation",
            "unique",
            "shards",
            "backup_every",
            "log_archive",
            "failover",
            "idempotency",
            "mode",
            "on_crash",
            "retention",
            "order",
            "dead_letter",
            "max_receives",
        ];
        let wanted = |name: &str| about.contains(&name);
        let set = parts::knobs(&it.knobs, |name| it.kind.knob(name), wanted);
        let set = match set.is_empty() {
            true => "defaults: nothing was chosen".to_owned(),
            false => set,
        };
        table.row(&[node(&book.scenario, &it.key), kept, set, blank("team")]);
        is_empty = false;
    }
    let body = match is_empty {
        true => format!(
            "Nothing in this design keeps data. {}\n",
            blank("is that so?")
        ),
        false => table.text(),
    };
    format!("## Data: ownership and consistency\n\n{body}\n")
}

/// What users wait for, and what happens later.
fn waiting(book: &Book) -> String {
    let design = &book.scenario.design;
    let kind = |key: &str| design.node(key).map_or("", |it| it.kind.name);
    let is_later = |link: &&Link| {
        let from = matches!(kind(&link.from), "worker" | "feed" | "job" | "queue");
        let sent = design.nodes.iter().any(|it| {
            let steps = it.plans.values().flatten();
            steps
                .into_iter()
                .any(|step| matches!(step, Step::Send(call) if call.link == link.key))
        });
        from || sent
    };
    let named = |later: bool| {
        let links = design.links.iter().filter(|it| is_later(it) == later);
        let links: Vec<String> = links.map(|it| parts::link(&book.scenario, it)).collect();
        match links.is_empty() {
            true => "nothing".to_owned(),
            false => links.join("; "),
        }
    };
    format!(
        "## What users wait for\n\n{}\n",
        list([
            format!("In the request: {}", named(false)),
            format!("Later: {}", named(true)),
            format!(
                "Why it is split so: {}",
                blank("what could move out of the request, and what must not")
            ),
        ])
    )
}

fn caches(book: &Book) -> String {
    let nodes = book.scenario.design.nodes.iter();
    let caches: Vec<&Node> = nodes.filter(|it| it.kind.name == "cache").collect();
    if caches.is_empty() {
        return "## Caching\n\nNothing is cached.\n\n".to_owned();
    }
    let mut table = Table::new(&[
        "cache",
        "what was set",
        "lookups that found something",
        "run",
        "when it is wrong",
    ]);
    let base = book.base();
    for it in caches {
        let found = base.report.nodes.iter().find(|node| node.key == it.key);
        let hits = found.map_or_else(
            || "unknown".to_owned(),
            |node| {
                let counted = |name: &str| node.count(name);
                let (hits, misses) = (counted("hits"), counted("misses"));
                match hits + misses {
                    0 => "no lookups".to_owned(),
                    all => say::share(hits as f64 / all as f64),
                }
            },
        );
        table.row(&[
            node(&book.scenario, &it.key),
            parts::set(it),
            hits,
            base.cite(),
            blank("who notices, and how it is emptied"),
        ]);
    }
    format!("## Caching\n\n{}\n", table.text())
}

fn capacity(book: &Book) -> String {
    let base = book.base();
    let mut table = Table::new(&[
        "part",
        "arrived",
        "busy",
        "waiting, mean",
        "instances, mean",
        "price of one",
        "run",
    ]);
    for it in &base.report.nodes {
        let Some(drawn) = book.scenario.design.node(&it.key) else {
            continue;
        };
        if it.kind == "clients" {
            continue;
        }
        table.row(&[
            node(&book.scenario, &it.key),
            say::rate(it.arrived_per_s),
            it.utilisation.map_or("no slots".to_owned(), say::share),
            say::number(it.mean_waiting),
            say::number(it.mean_instances),
            say::dollars(price_of(drawn).0),
            base.cite(),
        ]);
    }
    let cost = &base.report.cost;
    format!(
        "## Capacity and cost\n\n{}\nIn all {} by the price book {}, of which instances {} {}. Budget: {}.\n\n",
        table.text(),
        say::dollars(cost.total_micro_per_hour),
        plain(cost.price_book),
        say::dollars(cost.instances_micro_per_hour),
        base.cite(),
        blank("how much, and who agreed")
    )
}

fn monitoring(book: &Book) -> String {
    let base = book.base();
    let alerts = &book.scenario.design.alerts;
    let mut text = "## Monitoring and alerts\n\n".to_owned();
    if alerts.is_empty() {
        text.push_str(&format!(
            "This design has no alerts: nothing would call anybody. {}\n\n",
            blank("what should wake whom")
        ));
        return text;
    }
    let mut table = Table::new(&[
        "alert",
        "fires when",
        "fired",
        "first",
        "run",
        "who is called",
    ]);
    for it in &base.report.alerts {
        let drawn = alerts.iter().find(|alert| alert.key == it.key);
        let label = drawn.and_then(|alert| alert.label.as_deref()).map(plain);
        let label = label.map_or_else(
            || code(&it.key),
            |label| format!("{label} ({})", code(&it.key)),
        );
        table.row(&[
            label,
            parts::rule(&book.scenario, &it.key),
            say::count(it.fired),
            it.first_fired_ns.map_or("never".to_owned(), say::instant),
            base.cite(),
            blank("rota"),
        ]);
    }
    text.push_str(&format!("{}\n", table.text()));
    text.push_str(&match (&base.found.harm, &base.found.paged) {
        (Some(harm), Some(page)) => format!(
            "Users were hurt from {} on; {} had been read at {} {}.\n\n",
            say::instant(harm.from_ns),
            code(&page.alert),
            Time(page.at_ns),
            base.cite()
        ),
        (Some(harm), None) => format!(
            "Users were hurt from {} on, and nothing would have paged anybody {}.\n\n",
            say::instant(harm.from_ns),
            base.cite()
        ),
        (None, _) => format!(
            "No stretch of this run stands out in which users were hurt {}.\n\n",
            base.cite()
        ),
    });
    text
}

/// What was not done, with what the lints would have said.
fn alternatives(book: &Book) -> String {
    let mut table = Table::new(&["alternative", "what speaks for it", "why not"]);
    for it in &book.advice {
        let help = it.help.as_deref().map_or_else(String::new, prose);
        let message = format!("{} ({})", prose(&it.message), it.code);
        table.row(&[help, message, blank("why not, or when")]);
    }
    for which in ["the simplest thing that could work", "what most others do"] {
        table.row(&[blank(which), blank("its strongest point"), blank("why not")]);
    }
    format!(
        "## Rejected alternatives and trade-offs\n\n{}\nWhat was given up: {}.\n\n",
        table.text(),
        blank("consistency, latency, cost or simplicity, and for what")
    )
}

fn risks(book: &Book) -> String {
    let base = book.base();
    let missed = base.report.goals.iter().filter(|goal| !goal.holds);
    let missed = missed.map(|it| format!("Goal missed: {} {}", plain(&it.label), base.cite()));
    let lints = book.advice.iter().map(|it| {
        format!(
            "{} `{}`: {}",
            it.code,
            it.path.replace('`', ""),
            prose(&it.message)
        )
    });
    let mut lines: Vec<String> = missed.chain(lints).collect();
    if lines.is_empty() {
        lines.push("No lint has anything to say, and no goal was missed.".to_owned());
    }
    lines.push(blank("what nobody has simulated"));
    format!("## Open risks\n\n{}\n", list(lines))
}
