//! The story of one request: each try with its waiting and its work, on one scale of time.

use crate::observe::report::{SpanReport, TraceReport};

use super::model::Model;
use super::{states, words};

/// One try. Places are shares of the story's length.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub attempt: u16,
    pub sent: f64,
    /// When the caller stopped waiting, and whether it had its reply then.
    pub over: Option<f64>,
    pub served: bool,
    /// From arrival to the beginning of the work.
    pub waited: Option<(f64, f64)>,
    pub worked: Option<(f64, f64)>,
    pub useful: bool,
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
    Some(story(trace))
}

fn story(trace: &TraceReport) -> Story {
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
    let rows: Vec<Row> = spans
        .iter()
        .map(|s| Row {
            attempt: s.attempt,
            sent: at(s.sent_ns.unwrap_or(s.born_ns)),
            over: s.ended_ns.map(at),
            served: s.outcome == "served",
            waited: part(s.arrived_ns, s.began_ns.or(s.left_ns)).map(|(a, b)| (at(a), at(b))),
            worked: part(s.began_ns, s.left_ns).map(|(a, b)| (at(a), at(b))),
            useful: s.callee == "useful",
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
    }
}

fn part(from: Option<u64>, to: Option<u64>) -> Option<(u64, u64)> {
    Some((from?, to?))
}

fn in_words(s: &SpanReport) -> String {
    let length = |from: Option<u64>, to: Option<u64>| {
        part(from, to).map(|(a, b)| words::ms(b.saturating_sub(a) as f64 / 1e6))
    };
    if s.arrived_ns.is_none() {
        return "never arrived".into();
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
        (Some(waited), Some(worked)) => format!("waited {waited}, work {worked}{for_whom}{caller}"),
        (None, _) if s.callee == "refused" => "turned away at the door".into(),
        _ => format!("{}{caller}", words::reason(s.outcome)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_that_nobody_waited_for() {
        let span = SpanReport {
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
        };
        assert_eq!(
            in_words(&span),
            "waited 3.0 s, work 10 ms, for nobody; caller gone after 1.0 s"
        );
        let trace = TraceReport {
            action: 7,
            operation: "view".into(),
            born_ns: 0,
            told_ns: Some(1_000_000_000),
            outcome: "timed_out_waiting",
            pins: Vec::new(),
            spans: vec![span],
        };
        let story = story(&trace);
        assert_eq!(story.sum, "1 try, none useful");
        assert_eq!(story.length_ns, 3_010_000_000);
        assert!(story.rows[0].over < Some(0.4));
    }
}
