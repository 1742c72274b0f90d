//! The strip that is read in five seconds: are users hurt, is data wrong, where, which way is it
//! going, what changed, what does it cost.

use crate::observe::requests::What;
use crate::scenario::Metric;
use crate::worker::protocol::{NewsKind, NodeNow, State};

use super::model::Model;
use super::series::Column;
use super::{goals, names, say, states, words};

/// How a cell is coloured; the words say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Quiet,
    Good,
    Strained,
    Bad,
    Wrong,
}

impl Tone {
    pub fn key(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Quiet => "quiet",
            Tone::Good => "good",
            Tone::Strained => "strained",
            Tone::Bad => "bad",
            Tone::Wrong => "wrong",
        }
    }

    /// Colour is never alone.
    pub fn glyph(self) -> &'static str {
        match self {
            Tone::Good => "✓",
            Tone::Strained => "▲",
            Tone::Bad => "✕",
            Tone::Wrong => "■",
            Tone::Plain | Tone::Quiet => "",
        }
    }
}

/// One cell: a heading that does not change, what to read, and a line below.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    pub main: String,
    pub detail: String,
    pub tone: Tone,
    /// The requests that it is about, to be looked at.
    pub leads: Option<What>,
}

fn cell(tone: Tone, main: impl Into<String>, detail: impl Into<String>) -> Cell {
    Cell {
        main: main.into(),
        detail: detail.into(),
        tone,
        leads: None,
    }
}

impl Cell {
    fn leading(self, to: Option<What>) -> Cell {
        Cell { leads: to, ..self }
    }
}

/// Who was not served.
fn failed(share: f64) -> Option<What> {
    (share < 1.0).then_some(What::Failed { reason: None })
}

/// Share of users served and the slowest one in a hundred.
pub fn users(model: &Model) -> Cell {
    let goal = goals::bound_of(model, Metric::Served);
    let toned = |share: f64| match goal {
        Some(bound) if share >= bound => Tone::Good,
        Some(_) => Tone::Bad,
        None if share > 0.99 => Tone::Good,
        None if share >= states::SERVED => Tone::Strained,
        None => Tone::Bad,
    };
    if let Some(report) = model.at_end() {
        let users = &report.users;
        let Some(share) = users.served_share else {
            return cell(Tone::Quiet, "no users came", "");
        };
        let p99 = users
            .latency
            .p99_ns
            .map_or("–".into(), |ns| words::ms(ns as f64 / 1e6));
        let from = words::seconds_short(report.measure_ns.0);
        let detail = match report.measure_ns.0 {
            0 => format!("whole run, p99 {p99}"),
            _ => format!("from {from} on, p99 {p99}"),
        };
        let main = format!("{} served", words::percent(share));
        return cell(toned(share), main, detail).leading(failed(share));
    }
    if !model.has_begun() {
        let aim = goal.map_or(String::new(), |b| format!("goal {}", words::percent(b)));
        return cell(Tone::Quiet, "not started", aim);
    }
    let now = &model.run.now.users;
    if now.answered == 0 {
        let (tone, detail) = match now.offered_per_s > 0.0 && model.run.now.now_ns > 2_000_000_000 {
            true => (
                Tone::Bad,
                format!("{} arriving, all wait", words::rate(now.offered_per_s)),
            ),
            false => (Tone::Quiet, "the first are on their way".into()),
        };
        return cell(tone, "nobody answered yet", detail);
    }
    let share = now.served as f64 / now.answered as f64;
    let p99 = now.p99_ms.map_or("nobody served".into(), |ms| {
        format!("p99 {}", words::ms(ms))
    });
    let main = format!("{} served", words::percent(share));
    cell(toned(share), main, p99).leading(failed(share))
}

/// Counts of what went wrong with data; zero reads "none", it is no green lamp.
pub fn data(model: &Model) -> Cell {
    let now = &model.run.now.data;
    let counts = model.at_end().map_or(
        [
            now.lost,
            now.duplicate,
            now.phantom,
            now.partial,
            now.lost_updates,
            now.own_write_missed,
            now.stale,
            now.went_back,
            now.out_of_order,
            now.unauthorised,
        ],
        |r| {
            [
                r.ledger.lost,
                r.ledger.duplicate,
                r.ledger.phantom,
                r.ledger.partial,
                r.ledger.lost_updates,
                r.ledger.own_write_missed,
                r.ledger.stale,
                r.ledger.went_back,
                r.ledger.out_of_order,
                r.ledger.unauthorised,
            ]
        },
    );
    // In the order of the counts.
    let codes = [
        Some("lost"),
        Some("duplicate"),
        Some("phantom"),
        Some("partial"),
        None,
        Some("own_write_missed"),
        Some("stale"),
        Some("went_back"),
        Some("out_of_order"),
        Some("unauthorised"),
    ];
    let worst = counts.iter().zip(codes).find(|&(&n, _)| n > 0);
    let leads = worst.and_then(|(_, code)| {
        code.map(|code| What::Verdict {
            code: code.to_owned(),
        })
    });
    let names = [
        "lost",
        "duplicate",
        "done, told failed",
        "half done",
        "overwritten",
        "own write not seen",
        "stale",
        "went back",
        "out of order",
        "without right",
    ];
    let wrong: Vec<String> = counts
        .iter()
        .zip(names)
        .filter(|&(&n, _)| n > 0)
        .map(|(&n, name)| format!("{} {name}", words::count(n)))
        .collect();
    let writes = writes(model);
    let so_far = if model.at_end().is_some() {
        "after everything settled"
    } else {
        "so far"
    };
    match wrong.split_first() {
        None if !writes => cell(Tone::Plain, "none wrong", "reads only here"),
        None => cell(Tone::Plain, "none wrong", so_far),
        Some((first, [])) => cell(Tone::Wrong, first, so_far).leading(leads),
        Some((first, rest)) => cell(Tone::Wrong, first, rest.join(", ")).leading(leads),
    }
}

/// Does any operation of the scenario change something?
pub fn writes(model: &Model) -> bool {
    use crate::design::{Settings, registry::OPERATION};
    let operations = &model.doc.scenario.design.operations;
    operations
        .iter()
        .any(|o| Settings::new(&OPERATION, &o.knobs).choice("kind") == "write")
}

/// The one place to look at.
pub fn place(model: &Model) -> Cell {
    let quiet = |main: &str| cell(Tone::Quiet, main, "");
    if !model.has_begun() {
        return quiet("nothing yet");
    }
    let Some((index, state)) = culprit(model) else {
        return lossy_link(model);
    };
    let (Some(node), Some(plan)) = (model.run.now.nodes.get(index), &model.run.plan) else {
        return quiet("nothing yet");
    };
    let name = names::of(&model.doc.scenario.design, &plan.nodes[index]);
    let design = &model.doc.scenario.design;
    let keeps_messages = design
        .node(&plan.nodes[index])
        .is_some_and(|n| n.kind.name == "queue");
    let (what, detail) = match waits_for(model, index) {
        Some((callee, give_up)) => (format!("waits for {callee}"), give_up),
        None => {
            let (what, detail) = trouble(node, state, keeps_messages);
            (what.to_owned(), detail)
        }
    };
    let tone = match state {
        State::Strained => Tone::Strained,
        State::Failing | State::Down => Tone::Bad,
        _ => Tone::Plain,
    };
    let worst = node.failed_per_s.iter().find(|(_, n)| *n > 0.0);
    let leads = worst.map(|(code, _)| What::FailedAt {
        node: plan.nodes[index].clone(),
        reason: (*code).to_owned(),
    });
    cell(tone, format!("{name}: {what}"), detail).leading(leads)
}

fn lossy_link(model: &Model) -> Cell {
    let links = model.run.now.links.iter().map(states::lost_on_the_way);
    let lost: f64 = links.sum();
    match lost > 0.0 {
        true => cell(
            Tone::Plain,
            "nothing stands out",
            format!("the network loses {}", words::rate(lost)),
        ),
        false => cell(Tone::Plain, "nothing stands out", ""),
    }
}

/// The node in the worst state; of several the one that calls none of the others (trouble travels
/// from callee to caller), then the one with the longest line.
pub fn culprit(model: &Model) -> Option<(usize, State)> {
    let rank = |s: State| match s {
        State::Down => 3,
        State::Failing => 2,
        State::Strained => 1,
        State::Busy | State::Idle => 0,
    };
    let plan = model.run.plan.as_ref()?;
    let state_of = |i: usize| model.run.shown.get(i);
    let calls_trouble = |i: usize| {
        let links = model.doc.scenario.design.links.iter();
        links.filter(|l| l.from == plan.nodes[i]).any(|l| {
            let callee = plan.nodes.iter().position(|k| *k == l.to);
            callee.is_some_and(|c| rank(state_of(c)) >= rank(state_of(i)))
        })
    };
    let nodes = &model.run.now.nodes;
    (0..nodes.len().min(plan.nodes.len()))
        .map(|i| (i, state_of(i)))
        .filter(|&(_, s)| rank(s) > 0)
        .max_by_key(|&(i, s)| {
            (
                rank(s),
                !calls_trouble(i),
                nodes[i].queue,
                std::cmp::Reverse(i),
            )
        })
}

/// For whom a node waits whose callers give up while its own work is not what takes the time; and how many give up.
fn waits_for(model: &Model, index: usize) -> Option<(String, String)> {
    let plan = model.run.plan.as_ref()?;
    let node = model.run.now.nodes.get(index)?;
    let mut reasons = node.failed_per_s.iter();
    let &(_, n) = reasons
        .find(|(code, n)| !states::is_network(code) && *n > 0.0)
        .filter(|(code, _)| code.starts_with("timed_out"))?;
    let held = node.busy > 0 && 2 * node.waiting_for_others > node.busy;
    if !held || node.queue > 0 || node.for_nobody * 2 > node.slots {
        return None;
    }
    let design = &model.doc.scenario.design;
    let from = |key: &str| design.links.iter().find(|l| l.key == key);
    let calls = plan.links.iter().zip(&model.run.now.links);
    let own = calls.filter_map(|(key, now)| Some((from(key)?, now)));
    let own = own.filter(|(link, now)| link.from == plan.nodes[index] && now.in_flight > 0);
    let (link, _) = own.max_by_key(|(_, now)| now.in_flight)?;
    Some((names::of(design, &link.to).to_owned(), give_up(node, n)))
}

/// How many callers give up, and whether it is the line that takes the time.
fn give_up(node: &NodeNow, n: f64) -> String {
    match node.oldest_wait_ms > 0.0 {
        true => format!(
            "{} give up, oldest waits {}",
            words::rate(n),
            words::ms(node.oldest_wait_ms)
        ),
        false => format!("{} give up, nobody waits in line", words::rate(n)),
    }
}

/// What is the matter with a node, and the figure that shows it.
fn trouble(node: &NodeNow, state: State, keeps_messages: bool) -> (&'static str, String) {
    let failed_by = |code: &str| {
        node.failed_per_s
            .iter()
            .find(|(c, _)| *c == code)
            .map_or(0.0, |&(_, n)| n)
    };
    if state == State::Down {
        return ("down", "refuses every request".into());
    }
    let full = failed_by("queue_full");
    // Who has no slots, as a third party, may work on as much as it likes.
    if node.slots > 0 && node.for_nobody * 2 > node.slots {
        let text = format!(
            "{} of {} slots on calls already given up",
            node.for_nobody, node.slots
        );
        return ("works for nobody", text);
    }
    if full > 0.0 {
        let limit = node
            .queue_limit
            .map_or(String::new(), |n| format!(" of {}", words::count(n.into())));
        return (
            "waiting line full",
            format!("line{limit} turns away {}", words::rate(full)),
        );
    }
    let worst = node
        .failed_per_s
        .iter()
        .find(|(code, n)| !states::is_network(code) && *n > 0.0);
    if let Some(&(code, n)) = worst.filter(|_| state == State::Failing) {
        if code.starts_with("timed_out") {
            return ("too slow for its callers", give_up(node, n));
        }
        return (
            "requests fail",
            format!("{} {}", words::rate(n), words::reason_here(code)),
        );
    }
    let text = format!(
        "{} wait, oldest {}",
        words::count(node.queue.into()),
        words::ms(node.oldest_wait_ms)
    );
    // A queue has no slots: it keeps what those behind it do not get done.
    let what = match keeps_messages {
        true => "messages wait",
        false => "all slots taken",
    };
    (what, text)
}

/// Which way useful replies went over the last seconds.
pub fn trend(model: &Model) -> Cell {
    let series = &model.run.series.users;
    let now = model.run.now.now_ns.min(model.duration_ns());
    if now < 5_000_000_000 || series.is_empty() {
        return cell(Tone::Quiet, "too early to say", "");
    }
    const S: u64 = 1_000_000_000;
    let recent = series
        .mean(Column::Useful, now.saturating_sub(4 * S), now)
        .unwrap_or(0.0);
    let before = series
        .mean(
            Column::Useful,
            now.saturating_sub(16 * S),
            now.saturating_sub(4 * S),
        )
        .unwrap_or(0.0);
    let wanted = series
        .mean(Column::Actions, now.saturating_sub(4 * S), now)
        .unwrap_or(0.0);
    let full = wanted > 0.0 && recent >= 0.95 * wanted;
    let was_full = wanted > 0.0 && before >= 0.95 * wanted;
    let detail = format!("{} of {}", words::amount(recent), words::rate(wanted));
    match (full, was_full) {
        (true, true) => cell(Tone::Plain, "steady", detail),
        (true, false) => cell(Tone::Good, "recovered", detail),
        (false, _) if recent > before + 0.05 * wanted => {
            cell(Tone::Strained, "getting better", detail)
        }
        (false, _) if recent < before - 0.05 * wanted => cell(Tone::Bad, "getting worse", detail),
        // Most are served, and some not.
        (false, _) if recent >= states::SERVED * wanted => {
            cell(Tone::Strained, "falls short", detail)
        }
        (false, _) => cell(Tone::Bad, "stays down", detail),
    }
}

/// Useful replies of the last minute for the small line, one value per bucket.
pub fn spark(model: &Model) -> Vec<f64> {
    let series = &model.run.series.users;
    let now = model.run.now.now_ns.min(model.duration_ns());
    let from = series.row_of(now.saturating_sub(60_000_000_000));
    let to = series.row_of(now).min(series.len());
    (from..to)
        .map(|b| series.at(b, Column::Useful).unwrap_or(0.0))
        .collect()
}

/// The latest events.
pub fn change(model: &Model) -> Cell {
    // An earlier moment may be the one that is looked at.
    let now = model.run.now.now_ns;
    let known = model.run.news.iter().rev().filter(|n| n.at_ns <= now);
    let mut latest = known.filter(|n| {
        matches!(
            n.what,
            NewsKind::EntryBegan { .. } | NewsKind::EntryEnded { .. } | NewsKind::Alert { .. }
        )
    });
    let text = |n| format!("{} {}", words::seconds(news_at(n)), say::news(model, n));
    match (latest.next(), latest.next()) {
        (Some(last), before) => {
            let below = still_down(model, last);
            let below = below.or_else(|| before.map(text));
            cell(Tone::Plain, text(last), below.unwrap_or_default())
        }
        (None, _) => cell(Tone::Quiet, "nothing yet", next_entry(model)),
    }
}

/// The cause has gone, and what it caused has not.
fn still_down(model: &Model, last: &crate::worker::protocol::News) -> Option<String> {
    const S: u64 = 1_000_000_000;
    let now = model.run.now.now_ns.min(model.duration_ns());
    let over = matches!(last.what, NewsKind::EntryEnded { .. });
    if !over || now < last.at_ns + 10 * S {
        return None;
    }
    let mean = |column| {
        model
            .run
            .series
            .users
            .mean(column, now - 4 * S, now)
            .unwrap_or(0.0)
    };
    let (useful, wanted) = (mean(Column::Useful), mean(Column::Actions));
    (wanted > 0.0 && useful < 0.05 * wanted).then(|| match useful {
        0.0 => "and still nobody is served".to_owned(),
        few => format!(
            "and still only {} of {}",
            words::amount(few),
            words::rate(wanted)
        ),
    })
}

fn news_at(news: &crate::worker::protocol::News) -> u64 {
    news.at_ns
}

fn next_entry(model: &Model) -> String {
    let now = model.run.now.now_ns;
    let next = model.run.moments.at_ns.iter().find(|&&at| at > now);
    next.map_or(String::new(), |&at| {
        format!("next at {}", words::seconds_short(at))
    })
}

/// Dollars per hour, and how that compares with the design as it was opened.
pub fn cost(model: &Model) -> Cell {
    let micro = match model.at_end() {
        Some(report) => report.cost.total_micro_per_hour,
        None => model.run.now.cost_micro_per_hour,
    };
    if micro == 0 && !model.has_begun() {
        return cell(Tone::Quiet, "–", "");
    }
    let base = model
        .ghost
        .as_ref()
        .map(|g| g.report.cost.total_micro_per_hour);
    let detail = match base {
        Some(base) if base > 0 && model.runs_done > 0 => {
            format!(
                "{}× the first run",
                words::factor(micro as f64 / base as f64)
            )
        }
        _ => "as drawn".into(),
    };
    cell(Tone::Plain, format!("{}/h", words::money(micro)), detail)
}
