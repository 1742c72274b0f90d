//! The story of one request: each try with its waiting and its work, on one scale of time.

use crate::design::Design;
use crate::observe::report::{SpanReport, TraceReport};

use super::model::Model;
use super::{names, states, words};

/// What a stretch of a try is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For a free connection.
    Connecting,
    Network,
    Waiting,
    Work,
    /// Work that nobody waits for any more, or whose reply did not come.
    Wasted,
}

impl Kind {
    pub const ALL: [Kind; 5] = [
        Kind::Connecting,
        Kind::Network,
        Kind::Waiting,
        Kind::Work,
        Kind::Wasted,
    ];

    pub fn key(self) -> &'static str {
        match self {
            Kind::Connecting => "connecting",
            Kind::Network => "network",
            Kind::Waiting => "waited",
            Kind::Work => "worked",
            Kind::Wasted => "wasted",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Kind::Connecting => "waiting for a connection",
            Kind::Network => "network",
            Kind::Waiting => "waiting",
            Kind::Work => "work",
            Kind::Wasted => "work for nobody",
        }
    }
}

/// One try. Places are shares of the story's length.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub attempt: u16,
    /// What it called, and how deep below the user.
    pub node: String,
    pub depth: usize,
    pub born: f64,
    /// When the caller stopped waiting, and whether it had its reply then.
    pub over: Option<f64>,
    pub served: bool,
    pub parts: Vec<(Kind, f64, f64)>,
    pub useful: bool,
    /// The user's answer waited for it.
    pub critical: bool,
    /// The same in words.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    pub action: u64,
    pub began_ns: u64,
    pub length_ns: u64,
    pub rows: Vec<Row>,
    /// "3 tries, none useful".
    pub sum: String,
    /// What the user was told, and when.
    pub told: String,
}

/// The request that shows what went wrong: the first that failed once something was broken.
pub fn evidence(model: &Model) -> Option<Story> {
    let report = model.run.report.as_ref()?;
    let trouble = model.run.moments.at_ns.first().copied().unwrap_or(0);
    let telling = |t: &&TraceReport| {
        t.born_ns + 2_000_000_000 >= trouble
            && t.pins.iter().any(|p| {
                let reason = p.strip_prefix("first_");
                reason.is_some_and(|r| !states::is_network(r))
            })
    };
    // Of several the one with most tries: it tells most.
    let traces = report.traces.iter().filter(telling);
    let trace = traces.max_by_key(|t| (t.spans.len(), std::cmp::Reverse(t.born_ns)))?;
    Some(story(&model.doc.scenario.design, trace))
}

pub fn story(design: &Design, trace: &TraceReport) -> Story {
    let began = trace.born_ns;
    let ends = trace
        .spans
        .iter()
        .flat_map(|s| [s.left_ns, s.ended_ns])
        .flatten();
    let end = ends
        .chain(trace.told_ns)
        .max()
        .unwrap_or(began)
        .max(began + 1);
    let at = |ns: u64| (ns.saturating_sub(began)) as f64 / (end - began) as f64;
    let mut spans: Vec<&SpanReport> = trace.spans.iter().collect();
    spans.sort_by_key(|s| (s.born_ns, s.attempt));
    let parents = parents(design, &spans);
    let critical = critical(&spans, &parents, trace.told_ns.unwrap_or(end));
    let depth = |mut nth: usize| {
        let mut depth = 0;
        while let Some(parent) = parents[nth] {
            (nth, depth) = (parent, depth + 1);
        }
        depth
    };
    let rows: Vec<Row> = spans
        .iter()
        .enumerate()
        .map(|(nth, s)| Row {
            attempt: s.attempt,
            node: names::of(design, &s.node).to_owned(),
            depth: depth(nth),
            born: at(s.born_ns),
            over: s.ended_ns.map(at),
            served: s.outcome == "served",
            parts: parts(s)
                .into_iter()
                .map(|(kind, a, b)| (kind, at(a), at(b)))
                .collect(),
            useful: s.callee == "useful",
            critical: critical.contains(&nth),
            text: in_words(s),
        })
        .collect();
    let useful = rows.iter().filter(|r| r.useful).count();
    let tries = match rows.len() {
        1 => "1 try".into(),
        n => format!("{n} tries"),
    };
    let sum = match useful {
        0 => format!("{tries}, none useful"),
        n => format!("{tries}, {n} useful"),
    };
    Story {
        action: trace.action,
        began_ns: began,
        length_ns: end - began,
        rows,
        sum,
        told: told(trace),
    }
}

fn told(trace: &TraceReport) -> String {
    let after = trace
        .told_ns
        .map(|at| words::ms(at.saturating_sub(trace.born_ns) as f64 / 1e6));
    match (trace.outcome, after) {
        ("served", Some(after)) => format!("The user was served after {after}."),
        ("degraded", Some(after)) => format!("The user got a fallback after {after}."),
        ("abandoned", _) => "The user had gone before there was an answer.".to_owned(),
        (_, None) => "The user was told nothing.".to_owned(),
        (reason, Some(after)) => {
            let reason = words::reason(reason);
            format!("The user was told after {after} that it failed: {reason}.")
        }
    }
}

/// For each try the one whose work made it: of who called, at that moment.
fn parents(design: &Design, spans: &[&SpanReport]) -> Vec<Option<usize>> {
    let holds = |outer: &SpanReport, inner: &SpanReport| {
        let from = outer.began_ns.is_some_and(|began| began <= inner.born_ns);
        from && outer.left_ns.is_none_or(|left| inner.born_ns <= left)
    };
    let parent = |inner: &&SpanReport| {
        let caller = &design.link(&inner.link)?.from;
        let mut all = spans.iter().enumerate();
        // The latest that was at work there.
        let found = all.rfind(|(_, outer)| {
            outer.node == *caller && !std::ptr::eq(**outer, *inner) && holds(outer, inner)
        });
        found.map(|(nth, _)| nth)
    };
    spans.iter().map(parent).collect()
}

/// The tries that the answer waited for: back from its moment, each time the one that was over last, and within it
/// the same of what it called.
fn critical(spans: &[&SpanReport], parents: &[Option<usize>], told: u64) -> Vec<usize> {
    let mut path = Vec::new();
    let mut open = vec![(None, told)];
    while let Some((parent, until)) = open.pop() {
        let mut until = until;
        loop {
            let ended = |nth: usize| spans[nth].ended_ns.unwrap_or(u64::MAX);
            let children = (0..spans.len()).filter(|&nth| {
                parents[nth] == parent && ended(nth) <= until && !path.contains(&nth)
            });
            let Some(last) = children.max_by_key(|&nth| ended(nth)) else {
                break;
            };
            path.push(last);
            open.push((
                Some(last),
                spans[last].left_ns.unwrap_or(u64::MAX).min(until),
            ));
            until = spans[last].born_ns;
        }
    }
    path
}

fn part(from: Option<u64>, to: Option<u64>) -> Option<(u64, u64)> {
    let (from, to) = (from?, to?);
    (to > from).then_some((from, to))
}

fn parts(s: &SpanReport) -> Vec<(Kind, u64, u64)> {
    let work = match s.callee {
        "useful" | "open" => Kind::Work,
        _ => Kind::Wasted,
    };
    let all = [
        (
            Kind::Connecting,
            part(Some(s.born_ns), s.sent_ns.or(s.ended_ns)),
        ),
        (Kind::Network, part(s.sent_ns, s.arrived_ns.or(s.ended_ns))),
        (Kind::Waiting, part(s.arrived_ns, s.began_ns.or(s.left_ns))),
        (work, part(s.began_ns, s.left_ns)),
        (Kind::Network, part(s.left_ns, s.ended_ns)),
    ];
    let there = all.into_iter();
    there
        .filter_map(|(kind, part)| part.map(|(a, b)| (kind, a, b)))
        .collect()
}

fn in_words(s: &SpanReport) -> String {
    let length = |from: Option<u64>, to: Option<u64>| {
        let (from, to) = (from?, to?);
        Some(words::ms(to.saturating_sub(from) as f64 / 1e6))
    };
    let connecting = part(Some(s.born_ns), s.sent_ns.or(s.ended_ns))
        .map(|(a, b)| words::ms((b - a) as f64 / 1e6))
        .map_or(String::new(), |ms| format!("{ms} for a connection, "));
    if s.sent_ns.is_none() {
        return format!("{connecting}never sent: {}", words::reason(s.outcome));
    }
    if s.arrived_ns.is_none() {
        return format!("{connecting}never arrived");
    }
    let waited = length(s.arrived_ns, s.began_ns);
    let worked = length(s.began_ns, s.left_ns);
    let for_whom = if s.callee == "useful" {
        ""
    } else {
        ", for nobody"
    };
    let caller = match s.outcome {
        "served" => String::new(),
        _ => length(s.sent_ns, s.ended_ns).map_or(String::new(), |after| {
            format!("; caller gone after {after}")
        }),
    };
    match (waited, worked) {
        (Some(waited), Some(worked)) => {
            format!("{connecting}waited {waited}, work {worked}{for_whom}{caller}")
        }
        (None, _) if s.callee == "refused" => "turned away at the door".into(),
        _ => format!("{connecting}{}{caller}", words::reason(s.outcome)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span() -> SpanReport {
        SpanReport {
            link: "browse".into(),
            node: "catalogue".into(),
            instance: 0,
            attempt: 1,
            born_ns: 0,
            sent_ns: Some(0),
            arrived_ns: Some(0),
            began_ns: Some(3_000_000_000),
            left_ns: Some(3_010_000_000),
            ended_ns: Some(1_000_000_000),
            outcome: "timed_out_waiting",
            callee: "wasted",
        }
    }

    fn trace(spans: Vec<SpanReport>) -> TraceReport {
        TraceReport {
            action: 7,
            operation: "view".into(),
            born_ns: 0,
            told_ns: Some(1_000_000_000),
            outcome: "timed_out_waiting",
            pins: Vec::new(),
            spans,
        }
    }

    fn design() -> Design {
        let text = "format = 1\n[run]\nduration = \"9 s\"\n[clients.web]\nrate = \"1 rps\"\n\
                    [service.catalogue]\n[service.stock]\n\
                    [link.browse]\nfrom = \"web\"\nto = \"catalogue\"\n\
                    [link.ask]\nfrom = \"catalogue\"\nto = \"stock\"\n";
        let sketch = crate::scenario::draw::sketch(text);
        sketch.drawing.expect("a drawing").design.clone()
    }

    #[test]
    fn a_try_that_nobody_waited_for() {
        assert_eq!(
            in_words(&span()),
            "waited 3.0 s, work 10 ms, for nobody; caller gone after 1.0 s"
        );
        let story = story(&design(), &trace(vec![span()]));
        assert_eq!(story.sum, "1 try, none useful");
        assert_eq!(story.length_ns, 3_010_000_000);
        assert!(story.rows[0].over < Some(0.4));
        let kinds: Vec<Kind> = story.rows[0].parts.iter().map(|p| p.0).collect();
        assert_eq!(kinds, [Kind::Waiting, Kind::Wasted]);
        assert_eq!(
            story.told,
            "The user was told after 1.0 s that it failed: timed out waiting."
        );
    }

    #[test]
    fn the_answer_waited_for_the_slowest_of_those_called_at_once() {
        let ms = |n: u64| n * 1_000_000;
        let call = |link: &str, node: &str, (born, began): (u64, u64), (left, ended)| SpanReport {
            link: link.into(),
            node: node.into(),
            born_ns: ms(born),
            sent_ns: Some(ms(born)),
            arrived_ns: Some(ms(born)),
            began_ns: Some(ms(began)),
            left_ns: Some(ms(left)),
            ended_ns: Some(ms(ended)),
            outcome: "served",
            callee: "useful",
            ..span()
        };
        let spans = vec![
            call("browse", "catalogue", (0, 0), (100, 110)),
            call("ask", "stock", (10, 10), (30, 30)),
            call("ask", "stock", (10, 20), (90, 90)),
        ];
        let told = TraceReport {
            told_ns: Some(ms(110)),
            outcome: "served",
            ..trace(spans)
        };
        let story = story(&design(), &told);
        let critical: Vec<bool> = story.rows.iter().map(|row| row.critical).collect();
        assert_eq!(critical, [true, false, true]);
        let depths: Vec<usize> = story.rows.iter().map(|row| row.depth).collect();
        assert_eq!(depths, [0, 1, 1]);
        assert_eq!(story.told, "The user was served after 110 ms.");
    }
}
