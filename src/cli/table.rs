//! The report of one run as text for people: plain words first, the formal word in brackets once.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::number::{NOTHING, count, money, plain, share, time, time_or_nothing};
use crate::design::word::Word;
use crate::engine::reason::Reason;
use crate::observe::report::{
    Ended, GoalReport, Latency, LedgerCounts, LinkReport, NodeReport, Report,
};
use crate::scenario::Metric;
use crate::time::{Duration, Time};

pub const GOOD: Style = AnsiColor::Green.on_default();
pub const BAD: Style = AnsiColor::Red.on_default();
const HEADING: Style = Style::new().bold();

/// `text` in a colour; where nobody would see it, `anstream` takes it out again.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

pub fn heading(text: &str) -> String {
    paint(HEADING, text)
}

/// A table without lines between rows: the first column names, the others are numbers.
pub fn table(header: &[&str], left: &[usize]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.iter().map(|&name| Cell::new(name)));
    for (i, column) in table.column_iter_mut().enumerate() {
        if i > 0 && !left.contains(&i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The rendered table, indented, with its verdicts in colour. Colours come after the layout, because
/// the table counts every character.
pub fn show(table: &Table) -> String {
    let mut out = String::new();
    for line in table.lines() {
        let line = line.trim_end();
        let (body, verdict) = match line.rsplit_once(' ') {
            Some((body, word @ ("holds" | "pass"))) => (body, format!(" {}", paint(GOOD, word))),
            Some((body, word @ ("missed" | "FAIL"))) => (body, format!(" {}", paint(BAD, word))),
            _ => (line, String::new()),
        };
        let _ = writeln!(out, " {body}{verdict}");
    }
    out
}

/// Everything about one run that fits on a screen.
pub fn report(report: &Report) -> String {
    let mut out = String::new();
    let title = match (report.title.as_str(), report.scenario.as_str()) {
        ("", "") => "Untitled scenario",
        ("", id) => id,
        (title, _) => title,
    };
    let (from, to) = report.measure_ns;
    let _ = writeln!(
        out,
        "{}, seed {}: {} simulated, measured from {} to {}",
        heading(title),
        report.seed,
        simulated(report),
        Time(from),
        Time(to)
    );
    if let Some(warning) = ended(&report.ended) {
        let _ = writeln!(out, "{}", paint(BAD, &warning));
    }
    users(&mut out, report);
    ledger(&mut out, report);
    losses(&mut out, report);
    section(&mut out, "Nodes", &nodes(&report.nodes));
    section(&mut out, "Links", &links(&report.links));
    jobs(&mut out, &report.nodes);
    feeds(&mut out, &report.nodes);
    if !report.goals.is_empty() {
        section(&mut out, "Goals", &goals(&report.goals));
    }
    let cost = &report.cost;
    let _ = writeln!(
        out,
        "\n{} {} per hour ({} instances, {} calls); prices: book {}, {}",
        heading("Cost"),
        money(cost.total_micro_per_hour),
        money(cost.instances_micro_per_hour),
        money(cost.total_micro_per_hour - cost.instances_micro_per_hour),
        cost.price_book,
        cost.currency
    );
    let _ = writeln!(
        out,
        "{} {} (digest; rules of simulation {}, Brownout {})",
        heading("Run fingerprint"),
        report.digest,
        report.semantics_version,
        report.engine_version
    );
    out
}

/// How much of the run there was.
fn simulated(report: &Report) -> String {
    let length = Duration(report.duration_ns);
    match report.ended {
        Ended::BacklogLimit { at_ns, .. } | Ended::EventLimit { at_ns, .. } => {
            format!("{} of {length}", Duration(at_ns.min(length.0)))
        }
        _ => length.to_string(),
    }
}

fn section(out: &mut String, name: &str, table: &Table) {
    let _ = write!(out, "\n{}\n{}", heading(name), show(table));
}

/// What to say about a run that did not come to rest by itself.
pub fn ended(ended: &Ended) -> Option<String> {
    match ended {
        Ended::Settled => None,
        Ended::Unsettled { open, stuck: false } => Some(format!(
            "unsettled: {} tries, messages and runs of jobs were still open ten minutes after the end",
            count(*open)
        )),
        Ended::Unsettled { open, stuck: true } => Some(format!(
            "unsettled: {} tries, messages and runs of jobs wait for ever: for what was lost (give their link a timeout), or for what does not come back",
            count(*open)
        )),
        Ended::BacklogLimit { at_ns, limit } => Some(format!(
            "stopped: backlog limit at {}, more than {} requests were under way",
            time(*at_ns as f64),
            count(*limit)
        )),
        Ended::EventLimit { at_ns, limit } => Some(format!(
            "stopped: event limit at {}, after {} events",
            time(*at_ns as f64),
            count(*limit)
        )),
    }
}

fn users(out: &mut String, report: &Report) {
    let users = &report.users;
    let served = users.served_share.map_or(NOTHING.to_owned(), share);
    let _ = writeln!(
        out,
        "\n{} {served} served ({} of {} user actions), {}",
        heading("Users"),
        count(users.served),
        count(users.actions),
        waited(&users.latency)
    );
    let tries = users.tries_per_action.map_or(NOTHING.to_owned(), plain);
    let _ = writeln!(
        out,
        "  useful replies/s (goodput) {}, requests arriving/s (offered load) {}, tries per action (amplification) {tries}",
        plain(users.goodput_per_s),
        plain(users.offered_per_s)
    );
    if users.degraded > 0 {
        let _ = writeln!(out, "  degraded: {}", count(users.degraded));
    }
    if users.failed > 0 {
        let _ = writeln!(out, "  failed: {}", reasons(&users.failed_by_reason));
    }
    if users.unanswered > 0 {
        let _ = writeln!(out, "  never told anything: {}", count(users.unanswered));
    }
}

fn waited(latency: &Latency) -> String {
    let at = |ns: Option<u64>| time_or_nothing(ns.map(|ns| ns as f64));
    format!("p50 {}, p99 {}", at(latency.p50_ns), at(latency.p99_ns))
}

fn ledger(out: &mut String, report: &Report) {
    let ledger = &report.ledger;
    if !report.ledger_kept {
        let heading = heading("What happened to your data");
        let _ = writeln!(out, "{heading} nobody knows: the ledger is off");
        return;
    }
    let number = |n: u64, word: &str| match n {
        0 => format!("none {word}"),
        n => paint(BAD, &format!("{} {word}", count(n))),
    };
    let _ = writeln!(
        out,
        "{} (ledger, whole run) {}, {}, {}, {}{}{}; {} effects of {} user actions",
        heading("What happened to your data"),
        number(ledger.lost, "lost"),
        number(ledger.duplicate, "duplicate"),
        number(
            ledger.phantom,
            "done but the user was told it failed (phantom)"
        ),
        number(ledger.partial, "partial"),
        further(ledger),
        match ledger.parked {
            0 => String::new(),
            n => format!(", {} put aside (parked)", count(n)),
        },
        count(ledger.effects),
        count(ledger.intents)
    );
    if ledger.effects_of_jobs > 0 {
        let _ = writeln!(
            out,
            "  by jobs: {} effects, {}",
            count(ledger.effects_of_jobs),
            number(ledger.repeated_by_jobs, "done again by the same run"),
        );
    }
    if ledger.lost_updates + ledger.write_skews > 0 || ledger.effects_of_jobs > 0 {
        let _ = writeln!(
            out,
            "  rows: {}, {}",
            number(
                ledger.lost_updates,
                "changes overwritten by who had not seen them (lost updates)"
            ),
            number(
                ledger.write_skews,
                "decisions on what another one was changing (write skew)"
            )
        );
    }
    if ledger.diverged > 0 {
        let rows = number(
            ledger.diverged,
            "rows are something else in a copy, a cache or a follower (diverged)",
        );
        let _ = writeln!(out, "  places: {rows}");
    }
    if ledger.invariants_broken > 0 {
        let _ = writeln!(
            out,
            "  invariants: {} beyond what they allow",
            number(ledger.invariants_broken, "changes")
        );
    }
    if ledger.open > 0 {
        let _ = writeln!(
            out,
            "  not settled, verdict unknown: {}",
            count(ledger.open)
        );
    }
}

fn losses(out: &mut String, report: &Report) {
    for loss in &report.losses {
        let led = match loss.led_at_ns {
            None => "nobody led again".to_owned(),
            Some(at) => {
                let who = if loss.another_leads {
                    "another copy"
                } else {
                    "it"
                };
                format!("{who} led from {}", Time(at))
            }
        };
        let lost = match loss.recovery_point_ns {
            _ if !report.ledger_kept => "what was lost nobody knows".to_owned(),
            None => "no acknowledged write lost".to_owned(),
            Some(ns) => paint(
                BAD,
                &format!(
                    "{} acknowledged writes lost, of the last {} (recovery point)",
                    count(loss.lost),
                    time(ns as f64)
                ),
            ),
        };
        let refused = match (loss.refused_at_ns, loss.recovery_time_ns) {
            (None, _) => "no write refused".to_owned(),
            (Some(_), Some(ns)) => format!("writes failed for {} (recovery time)", time(ns as f64)),
            (Some(at), None) => format!("writes failed from {} on", Time(at)),
        };
        let stale = match loss.stale_until_ns {
            _ if !report.ledger_kept => "nor who read what".to_owned(),
            None => "no read stale for it".to_owned(),
            Some(at) => format!(
                "reads lacked what was there before for {}",
                time(Time(at).since(Time(loss.lost_at_ns)).0 as f64)
            ),
        };
        let _ = writeln!(
            out,
            "{} {} at {}: {led}; {lost}; {refused}; {stale}",
            heading("Leader lost"),
            loss.node,
            Time(loss.lost_at_ns)
        );
    }
}

fn jobs(out: &mut String, nodes: &[NodeReport]) {
    for node in nodes.iter().filter(|node| node.kind == "job") {
        let n = |name: &str| count(node.count(name));
        let over: u64 = ["runs_finished", "runs_stopped", "runs_replaced"]
            .iter()
            .map(|name| node.count(name))
            .sum();
        let took = (over > 0).then(|| node.count("run_ns") as f64 / over as f64);
        let _ = writeln!(
            out,
            "\n{} {} runs begun ({} finished, {} stopped, {} replaced, {} left out), mean length {}",
            heading(&format!("Job {}", node.key)),
            n("runs"),
            n("runs_finished"),
            n("runs_stopped"),
            n("runs_replaced"),
            n("runs_missed"),
            time_or_nothing(took)
        );
        let _ = writeln!(
            out,
            "  items: {} done, {} failed, {} left out after conflicts ({} conflicts), {} begun again",
            n("items_done"),
            n("items_failed"),
            n("items_skipped"),
            n("conflicts"),
            n("items_again")
        );
        if node.count("would_change") > 0 {
            let _ = writeln!(out, "  a dry run: would have changed {}", n("would_change"));
        }
    }
}

fn feeds(out: &mut String, nodes: &[NodeReport]) {
    for node in nodes.iter().filter(|node| node.kind == "feed") {
        let n = |name: &str| count(node.count(name));
        let published = node.count("published");
        let lag = (published > 0).then(|| node.count("lag_ns") as f64 / published as f64);
        let _ = writeln!(
            out,
            "\n{} {} entries published, {} begun again, {} left out, {} passed over, mean lag {}",
            heading(&format!("Feed {}", node.key)),
            n("published"),
            n("published_again"),
            n("left_out"),
            n("passed_over"),
            time_or_nothing(lag)
        );
        let _ = writeln!(
            out,
            "  {} queries, {} tries to publish failed",
            n("polls"),
            n("publish_failed")
        );
    }
}

fn nodes(nodes: &[NodeReport]) -> Table {
    let header = [
        "node",
        "kind",
        "arriving/s",
        "done/s",
        "refused",
        "slots busy",
        "in line (mean)",
        "mean wait",
        "inside p50",
        "p99",
    ];
    let mut table = table(&header, &[1]);
    for node in nodes {
        if node.kind == "clients" {
            continue;
        }
        let inside = |ns: Option<u64>| time_or_nothing(ns.map(|ns| ns as f64));
        table.add_row([
            node.key.clone(),
            node.kind.replace('_', " "),
            plain(node.arrived_per_s),
            plain(node.completed_per_s),
            node.refused_share.map_or(NOTHING.to_owned(), share),
            node.utilisation.map_or(NOTHING.to_owned(), share),
            plain(node.mean_waiting),
            time_or_nothing(node.mean_wait_ns),
            inside(node.sojourn.p50_ns),
            inside(node.sojourn.p99_ns),
        ]);
    }
    table
}

fn links(links: &[LinkReport]) -> Table {
    let header = [
        "link",
        "from, to",
        "calls",
        "tries",
        "retries",
        "served",
        "failed, whole run",
    ];
    let mut table = table(&header, &[1, 6]);
    for link in links {
        let mut failed = match link.failed {
            0 => "none".to_owned(),
            _ => reasons(&link.failed_by_reason),
        };
        if link.retries_denied > 0 {
            let denied = count(link.retries_denied);
            let _ = write!(failed, "; {denied} retries not allowed by the budget");
        }
        for (n, what) in [
            (link.deadlines_passed, "calls ended by their deadline"),
            (link.fallbacks, "calls answered by a fallback"),
            (link.breaker_rejected, "tries rejected by the breaker"),
            (link.breaker_opened, "times it opened"),
            (link.hedges, "hedges"),
            (link.hedges_won, "of them won"),
        ] {
            if n > 0 {
                let _ = write!(failed, "; {} {what}", count(n));
            }
        }
        if link.in_flight > 0 {
            let _ = write!(failed, "; {} still under way", count(link.in_flight));
        }
        table.add_row([
            link.key.clone(),
            format!("{} -> {}", link.from, link.to),
            count(link.calls),
            count(link.attempts),
            count(link.retries),
            count(link.succeeded),
            failed,
        ]);
    }
    table
}

/// `timed out waiting 1,200, waiting line full 31`
fn reasons(by_reason: &[(Word, u64)]) -> String {
    let words = |code: Word| {
        let known = Reason::ALL.iter().find(|reason| reason.code() == code);
        known.map_or(code, |reason| reason.words())
    };
    let parts: Vec<String> = by_reason
        .iter()
        .map(|&(code, n)| format!("{} {}", words(code), count(n)))
        .collect();
    parts.join(", ")
}

fn goals(goals: &[GoalReport]) -> Table {
    let mut table = table(&["goal", "measured", "bound", ""], &[3]);
    for goal in goals {
        let value = |x: f64| metric_value(goal.metric, x);
        let side = if goal.at_least { "at least" } else { "at most" };
        table.add_row([
            goal.label.clone(),
            goal.measured.map_or("nothing".to_owned(), value),
            format!("{side} {}", value(goal.bound)),
            if goal.holds { "holds" } else { "missed" }.to_owned(),
        ]);
    }
    table
}

/// A goal's number in the unit of its metric.
fn metric_value(metric: Word, x: f64) -> String {
    match Metric::named(metric).map(|spec| spec.metric) {
        Some(Metric::Served) => share(x),
        Some(Metric::Goodput) => format!("{}/s", plain(x)),
        Some(
            Metric::LatencyP50
            | Metric::LatencyP99
            | Metric::RecoveryTime
            | Metric::RecoveryPoint
            | Metric::ReadRecovery
            | Metric::MessageAge,
        ) => time(x * 1e6),
        Some(Metric::Cost) => format!("{}/h", money((x * 1e6).round() as i64)),
        Some(Metric::Amplification) => format!("{}x", plain(x)),
        _ => plain(x),
    }
}

/// What is said only if there was some of it.
fn further(ledger: &LedgerCounts) -> String {
    let age = time(ledger.stale_longest_ns as f64);
    let stale = format!("stale (the oldest by {age})");
    let kinds = [
        (ledger.stale, stale.as_str()),
        (ledger.own_write_missed, "did not see their own write"),
        (ledger.went_back, "saw something older than before"),
        (ledger.out_of_order, "out of order"),
        (ledger.unauthorised, "without the right to it"),
    ];
    let found = kinds.iter().filter(|(n, _)| *n > 0);
    found
        .map(|(n, what)| paint(BAD, &format!(", {} {what}", count(*n))))
        .collect()
}
