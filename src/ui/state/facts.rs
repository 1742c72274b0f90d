//! The lines of text on nodes and links of the drawing.

use crate::design::registry;
use crate::design::value;
use crate::design::{Design, Link, Settings};
use crate::worker::protocol::{LinkNow, NodeNow, State};

use super::model::Model;
use super::operations::operation_does;
use super::{names, states, words};

/// What stands in and under a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeFacts {
    pub state: String,
    pub state_key: &'static str,
    /// Below the waiting line, and the same where there is little room.
    pub line: String,
    pub line_short: String,
    /// Below the slots.
    pub slots: String,
    /// The last row; in the colour of failure if `hurt`.
    pub bottom: String,
    pub hurt: bool,
    /// Under the node: failures per second with their reasons, at most two, then how many more.
    pub badges: Vec<Badge>,
    /// The same place, for what is done to the node: "5× slower".
    pub note: Option<String>,
    pub dim: bool,
    /// It fails, and it is the one that the strip names: others may fail because it does.
    pub named: bool,
}

/// One reason why requests fail at a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Badge {
    pub text: String,
    /// Its code; empty for "so many more".
    pub reason: &'static str,
}

fn now_of<'a>(model: &'a Model, key: &str) -> Option<(usize, &'a NodeNow)> {
    let plan = model.run.plan.as_ref()?;
    let index = plan.nodes.iter().position(|k| k == key)?;
    Some((index, model.run.now.nodes.get(index)?))
}

fn link_now<'a>(model: &'a Model, key: &str) -> Option<&'a LinkNow> {
    let plan = model.run.plan.as_ref()?;
    let index = plan.links.iter().position(|k| k == key)?;
    model.run.now.links.get(index)
}

pub fn node(model: &Model, key: &str) -> NodeFacts {
    let Some((index, now)) = now_of(model, key).filter(|_| model.has_begun()) else {
        return NodeFacts {
            state: String::new(),
            state_key: "idle",
            ..NodeFacts::default()
        };
    };
    let state = model.run.shown.get(index);
    let glyph = match state {
        State::Idle => "",
        State::Busy => "● ",
        State::Strained => "▲ ",
        State::Failing | State::Down => "✕ ",
    };
    let waits = now.wait_ms.map_or("–".into(), words::ms);
    let nodes = &model.doc.scenario.design.nodes;
    let is_job = nodes.iter().any(|n| n.key == key && n.kind.name == "job");
    let useful = words::rate(now.useful_per_s);
    NodeFacts {
        state: format!("{glyph}{}", states::word(state)),
        state_key: states::key(state),
        // Nobody comes to a job, so nobody waits for it.
        line: if is_job { String::new() } else { line(now) },
        line_short: if is_job {
            String::new()
        } else {
            line_short(now)
        },
        slots: match is_job {
            true => format!("works on {}", words::count(now.busy.into())),
            false => slots(now),
        },
        bottom: match is_job {
            true => format!("{useful} items done"),
            false => format!("waits {waits} · {useful} useful"),
        },
        hurt: matches!(state, State::Failing | State::Down),
        badges: badges(now, is_retried(model, key)),
        note: (now.slow_factor > 1.0)
            .then(|| format!("{}× slower", words::factor(now.slow_factor))),
        dim: is_dim(model, index),
        named: failing(model) == Some(index),
    }
}

/// The first line of a node, as far as there is room.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub name: String,
    pub kind: String,
    pub state: String,
}

impl NodeFacts {
    /// The name before all else, then the state, if need be by its sign alone (the frame says it, too), then the kind,
    /// for which there is an icon.
    pub fn head(&self, name: &str, kind: &str, width: f64) -> Head {
        // Of the widest common type, at 15, 12.5 and 12.5 px.
        let wide = |name: &str, kind: &str, state: &str| {
            let letters = |text: &str| text.chars().count() as f64;
            letters(name) * 8.8 + letters(kind) * 7.6 + letters(state) * 7.8 + 16.0
        };
        let sign: String = self
            .state
            .chars()
            .take_while(|c| !c.is_alphabetic())
            .collect();
        let state = self.state.as_str();
        // What a node is called that nobody has named.
        let kind = if name.eq_ignore_ascii_case(kind) {
            ""
        } else {
            kind
        };
        let (kind, state) = if wide(name, kind, state) <= width {
            (kind, state)
        } else if wide(name, "", state) <= width {
            ("", state)
        } else {
            ("", sign.trim_end())
        };
        let mut cut = name.to_owned();
        while wide(&cut, kind, state) > width && cut.chars().count() > 2 {
            cut = cut.trim_end_matches('…').to_owned();
            cut.pop();
            cut = format!("{}…", cut.trim_end());
        }
        Head {
            name: cut,
            kind: kind.to_owned(),
            state: state.to_owned(),
        }
    }

    /// What stands below the waiting line and below the slots, side by side in so many pixels: the longest
    /// words that fit, also in a system whose letters are wide.
    pub fn side_by_side(&self, width: f64) -> (&str, &str) {
        // Digits at 12.5 px of the widest common type, and a gap.
        const LETTER: f64 = 7.95;
        let fits = |line: &str, slots: &str| {
            let letters = line.chars().count() + slots.chars().count() + 2;
            letters as f64 * LETTER <= width
        };
        // The hatching of the slots says for whom.
        let bare = self.slots.split(" for ").next().unwrap_or_default();
        let lines = [&self.line, &self.line_short];
        let pairs = lines.map(|line| (line.as_str(), self.slots.as_str()));
        let longest = pairs.into_iter().find(|(line, slots)| fits(line, slots));
        longest.unwrap_or((&self.line_short, bare))
    }
}

fn line(now: &NodeNow) -> String {
    let count = words::count(now.queue.into());
    match (now.queue, now.queue_limit) {
        (0, None) => "nobody waits".into(),
        (0, Some(limit)) => format!("0 of {} waiting", words::count(limit.into())),
        (_, Some(limit)) => format!("{count} of {} waiting", words::count(limit.into())),
        (_, None) => format!("{count} waiting · {}", words::ms(now.oldest_wait_ms)),
    }
}

fn line_short(now: &NodeNow) -> String {
    match now.queue {
        0 => "nobody waits".into(),
        n => format!("{} wait", words::count(n.into())),
    }
}

fn slots(now: &NodeNow) -> String {
    if now.for_nobody > 0 {
        match now.slots {
            0 => format!("{} for nobody", now.for_nobody),
            slots => format!("{} of {slots} for nobody", now.for_nobody),
        }
    } else if now.waiting_for_others > 0 {
        match now.waiting_for_others < now.busy {
            true => format!(
                "{} of {}, {} held",
                now.busy, now.slots, now.waiting_for_others
            ),
            false => format!("{} of {} held", now.busy, now.slots),
        }
    } else {
        format!("{} of {} busy", now.busy, now.slots)
    }
}

/// Callers of this node try again, right now.
fn is_retried(model: &Model, key: &str) -> bool {
    let links = model.doc.scenario.design.links.iter();
    let mut here = links.filter(|link| link.to == key);
    here.any(|link| link_now(model, &link.key).is_some_and(|now| now.retries_per_s > 0.0))
}

fn badges(now: &NodeNow, retried: bool) -> Vec<Badge> {
    let mut own = now
        .failed_per_s
        .iter()
        .filter(|(code, n)| !states::is_network(code) && *n > 0.0);
    let shown: Vec<Badge> = own
        .by_ref()
        .take(2)
        .map(|&(reason, n)| {
            let again = retried && reason.starts_with("timed_out");
            let again = if again { ", retried" } else { "" };
            let text = format!("{} {}{again}", words::rate(n), words::reason_here(reason));
            Badge { text, reason }
        })
        .collect();
    let more = own.count();
    let more = (more > 0).then(|| Badge {
        text: format!("+{more}"),
        reason: "",
    });
    shown.into_iter().chain(more).collect()
}

/// The node that the strip names, if it fails.
fn failing(model: &Model) -> Option<usize> {
    let (index, state) = super::strip::culprit(model)?;
    matches!(state, State::Failing | State::Down).then_some(index)
}

/// While something fails, what has nothing to do with it steps back.
fn is_dim(model: &Model, index: usize) -> bool {
    let (Some(culprit), Some(plan)) = (failing(model), &model.run.plan) else {
        return false;
    };
    let (here, there) = (&plan.nodes[index], &plan.nodes[culprit]);
    let touches =
        |l: &Link| (l.from == *here && l.to == *there) || (l.from == *there && l.to == *here);
    culprit != index && !model.doc.scenario.design.links.iter().any(touches)
}

/// The two lines in a clients node: what users want, and what is sent for it.
pub fn clients(model: &Model, key: &str) -> (String, String) {
    let links: Vec<&Link> = model
        .doc
        .scenario
        .design
        .links
        .iter()
        .filter(|l| l.from == key)
        .collect();
    let (mut sent, mut retries) = (0.0, 0.0);
    for now in links.iter().filter_map(|l| link_now(model, &l.key)) {
        sent += now.sent_per_s;
        retries += now.retries_per_s;
    }
    if sent == 0.0 {
        return (planned(model, key), String::new());
    }
    let actions = format!("{} actions/s", words::amount(sent - retries));
    let storm = retries > 0.05 * (sent - retries);
    (
        actions,
        if storm {
            format!("{} with retries", words::rate(sent))
        } else {
            String::new()
        },
    )
}

/// What the design says, before the first request.
fn planned(model: &Model, key: &str) -> String {
    let Some(node) = model.doc.scenario.design.node(key) else {
        return String::new();
    };
    let settings = Settings::new(node.kind, &node.knobs);
    match (settings.opt_rate("rate"), settings.opt_count("users")) {
        (Some(rate), _) => {
            let per_s = rate.0 as f64 / value::MICRO as f64;
            format!("{} actions/s", words::amount(per_s))
        }
        (None, Some(users)) => format!("{} users", words::count(users)),
        (None, None) => String::new(),
    }
}

/// What stands at a link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkFacts {
    /// The caller's policy, the most important first: "1 s", "×3", "no budget".
    pub policy: Vec<String>,
    /// "2,030/s".
    pub rate: String,
    /// "×2.9 tries per action", if there are more tries than actions.
    pub storm: String,
    /// Tries per action; the width of the lane.
    pub tries: f64,
    /// "14/s lost on the way".
    pub lost: String,
    pub cut: bool,
}

pub fn link(model: &Model, key: &str) -> LinkFacts {
    let design = &model.doc.scenario.design;
    let Some(link) = design.link(key) else {
        return LinkFacts::default();
    };
    let policy = policy(&model.doc.scenario.design, link);
    let Some(now) = link_now(model, key).filter(|_| model.has_begun()) else {
        return LinkFacts {
            policy,
            tries: 1.0,
            ..LinkFacts::default()
        };
    };
    let first = now.sent_per_s - now.retries_per_s;
    let tries = if first > 0.0 {
        now.sent_per_s / first
    } else {
        1.0
    };
    let lost = states::lost_on_the_way(now);
    let storm = tries > 1.1;
    LinkFacts {
        policy,
        rate: words::rate(now.sent_per_s),
        storm: match storm {
            true => format!(
                "×{} tries per action",
                words::factor((tries * 10.0).round() / 10.0)
            ),
            false => String::new(),
        },
        tries,
        lost: match lost > 0.0 {
            true => format!("{} lost on the way", words::rate(lost)),
            false => String::new(),
        },
        cut: now.cut,
    }
}

fn policy(design: &Design, link: &Link) -> Vec<String> {
    let from = design.node(&link.from);
    if let Some(queue) = from.filter(|n| n.kind.name == "queue") {
        // A delivery has no caller's policy: the queue says how long it waits.
        let settings = Settings::new(queue.kind, &queue.knobs);
        return vec![match settings.choice("mode") {
            "lease" => format!("hidden for {}", settings.duration("visibility_timeout")),
            "session" => "until acknowledged".into(),
            _ => "in order".into(),
        }];
    }
    let settings = Settings::new(&registry::LINK, &link.knobs);
    let timeout = settings
        .opt_duration("timeout")
        .map_or("no timeout".into(), |d| d.to_string());
    let attempts = settings.count("attempts");
    if attempts <= 1 {
        return vec![timeout, "one try".into()];
    }
    let pauses = (settings.choice("backoff") != "none").then(|| "pauses".to_owned());
    let (share, quota) = (
        settings.opt_share("retry_budget"),
        settings.opt_count("retry_quota"),
    );
    let budget = match (share, quota) {
        (Some(share), _) => format!("{share} budget"),
        (_, Some(quota)) => format!("{quota} tokens"),
        _ => "no budget".into(),
    };
    let parts = [
        Some(timeout),
        Some(format!("×{attempts}")),
        pauses,
        Some(budget),
    ];
    parts.into_iter().flatten().collect()
}

impl LinkFacts {
    /// As one text; where there is little room, without what is usual.
    pub fn policy(&self, compact: bool) -> String {
        let most = match (compact, self.policy.get(1).map(String::as_str)) {
            (true, Some("one try")) => 1,
            (true, _) => 2,
            (false, _) => usize::MAX,
        };
        let parts: Vec<&str> = self.policy.iter().take(most).map(String::as_str).collect();
        parts.join(" · ")
    }
}

/// A node in words, for who cannot see it: what it is, how it is, and its neighbours.
pub fn spoken(model: &Model, key: &str) -> String {
    let design = &model.doc.scenario.design;
    let Some(node) = design.node(key) else {
        return String::new();
    };
    let facts = self::node(model, key);
    let list = |keys: Vec<&str>| {
        let names: Vec<&str> = keys.into_iter().map(|key| names::of(design, key)).collect();
        names.join(", ")
    };
    let links = || design.links.iter();
    let calls = list(
        links()
            .filter(|l| l.from == key)
            .map(|l| l.to.as_str())
            .collect(),
    );
    let by = list(
        links()
            .filter(|l| l.to == key)
            .map(|l| l.from.as_str())
            .collect(),
    );
    let mut parts = vec![format!(
        "{}, {}",
        names::node(node),
        node.kind.word.to_lowercase()
    )];
    let state = facts.state.trim_start_matches(|c: char| !c.is_alphabetic());
    if !state.is_empty() {
        parts.push(state.to_owned());
    }
    if !by.is_empty() {
        parts.push(format!("called by {by}"));
    }
    if !calls.is_empty() {
        parts.push(format!("calls {calls}"));
    }
    parts.join("; ")
}

/// The drawing in words: one line for each node, each link and each thing that users do.
pub fn outline(model: &Model) -> Vec<String> {
    let design = &model.doc.scenario.design;
    let nodes = design.nodes.iter().map(|n| {
        let word = n.kind.word;
        let name = names::node(n);
        if n.kind.name == "clients" {
            let (actions, retries) = clients(model, &n.key);
            return format!("{name}, {word}: {actions} {retries}");
        }
        let f = node(model, &n.key);
        let state = if f.state.is_empty() {
            "not started".into()
        } else {
            f.state.clone()
        };
        let figures = [&f.line, &f.slots, &f.bottom].into_iter();
        let badges = f.badges.iter().map(|it| &it.text);
        let more: Vec<&str> = figures
            .chain(badges)
            .map(String::as_str)
            .filter(|it| !it.is_empty())
            .collect();
        match more.is_empty() {
            true => format!("{name}, {word}: {state}"),
            false => format!("{name}, {word}: {state}. {}", more.join(", ")),
        }
    });
    let links = design.links.iter().map(|l| {
        let f = link(model, &l.key);
        format!(
            "{}: {} {} {} {}",
            names::link(design, l),
            f.policy(false),
            f.rate,
            f.storm,
            f.lost
        )
    });
    let operations = design.operations.iter().map(|operation| {
        let (name, does) = (names::operation(operation), operation_does(operation));
        format!("{name}: {}", format_args!("users do it, {does}"))
    });
    nodes
        .chain(links)
        .chain(operations)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}
