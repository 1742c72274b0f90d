//! Plans, as written: one text per step, in the grammar of docs/scenario-format.md.

use toml::de::{DeTable, DeValue};

use super::code;
use super::findings::{Findings, Span};
use super::limits::{MAX_CALLS, MAX_STEPS};
use super::row::{Row, type_of};
use crate::design::registry::KindSpec;
use crate::design::value::{Value, cut, parse_count};
use crate::design::{Aim, CallMode, Node, Operation, RowOf, Step, StepCall};
use std::collections::BTreeMap;

/// The plans of a node, by operation.
pub fn plans(
    f: &mut Findings<'_>,
    kind: &KindSpec,
    row: &Row<'_, '_>,
    operations: &[Operation],
) -> BTreeMap<String, Vec<Step>> {
    let mut plans = BTreeMap::new();
    let Some(table) = row.one(f, "plan") else {
        return plans;
    };
    if !kind.has_plans() {
        f.error(
            code::UNKNOWN_FIELD,
            &table.path,
            table.named_at.clone(),
            format!("a {} has no plan", kind.name),
        )
        .help("only services, workers and jobs have plans");
        return plans;
    }
    for (key, value) in table.table {
        let name: &str = key.get_ref();
        let path = format!("{}.{}", table.path, cut(name));
        let Some(operation) = operations.iter().find(|operation| operation.key == name) else {
            let names = operations.iter().map(|operation| operation.key.as_str());
            f.error(
                code::NO_OPERATION,
                &path,
                key.span(),
                format!("there is no operation `{}`", cut(name)),
            )
            .help(super::names::suggest(name, names, "operations"));
            continue;
        };
        let DeValue::Array(items) = value.get_ref() else {
            let message = format!(
                "the plan is {}, not a list of steps",
                type_of(value.get_ref())
            );
            f.error(code::WRONG_TYPE, &path, value.span(), message)
                .help(STEPS);
            continue;
        };
        if items.len() > MAX_STEPS {
            f.error(
                code::LIMIT,
                &path,
                value.span(),
                format!("the plan has {} steps", items.len()),
            )
            .help(format!("at most {MAX_STEPS}"));
            continue;
        }
        let mode = mode_of(operation);
        let mut steps = Vec::new();
        for item in items {
            let DeValue::String(text) = item.get_ref() else {
                f.error(code::BAD_STEP, &path, item.span(), "a step is text")
                    .help(STEPS);
                continue;
            };
            let (times, once) = repeated(text);
            let Some(step) = step(f, &path, once, item.span(), mode) else {
                continue;
            };
            for link in step.links() {
                f.remember(format!("{path}.{link}"), item.span());
            }
            let times = match times {
                Ok(n) if (1..=MAX_STEPS as u64).contains(&n) => n as usize,
                _ => {
                    let message = format!("`{}` is no step", cut(text));
                    f.error(code::BAD_STEP, &path, item.span(), message)
                        .help(format!("a step is repeated 1 to {MAX_STEPS} times"));
                    continue;
                }
            };
            if !matches!(step, Step::Work | Step::Calls { .. }) && times != 1 {
                let message = format!("`{}` is no step", cut(text));
                f.error(code::BAD_STEP, &path, item.span(), message)
                    .help("what is repeated is work, or calls that are waited for");
                continue;
            }
            steps.extend(std::iter::repeat_n(step, times));
        }
        if steps.len() > MAX_STEPS {
            let message = format!("the plan has {} steps, repeated ones included", steps.len());
            f.error(code::LIMIT, &path, value.span(), message)
                .help(format!("at most {MAX_STEPS}"));
            continue;
        }
        if steps.iter().filter(|step| **step == Step::Respond).count() > 1 {
            f.error(
                code::IMPOSSIBLE,
                &path,
                value.span(),
                "a plan responds once",
            )
            .help("what comes after `respond` is done when the caller has its reply");
        }
        plans.insert(name.to_owned(), steps);
    }
    plans
}

/// The plans that a text gives a node, as they are written, by operation.
pub fn written_plans(text: &str, node: &Node) -> Vec<(String, Vec<String>)> {
    let Ok(tree) = DeTable::parse(text) else {
        return Vec::new();
    };
    let plans = tree
        .get_ref()
        .get(node.kind.name)
        .and_then(|table| table.get_ref().as_table()?.get(node.key.as_str()))
        .and_then(|table| table.get_ref().as_table()?.get("plan"));
    let Some(plans) = plans.and_then(|plans| plans.get_ref().as_table()) else {
        return Vec::new();
    };
    let lists = plans.iter().filter_map(|(operation, list)| {
        let steps = list.get_ref().as_array()?.iter();
        let steps = steps.filter_map(|step| Some(step.get_ref().as_str()?.to_owned()));
        Some((operation.get_ref().to_string(), steps.collect()))
    });
    lists.collect()
}

pub const STEPS: &str = "a step is `work`, `respond`, `call LINK`, `read LINK`, `write LINK`, `publish LINK`, \
     `invalidate LINK`, `fill LINK`, `update LINK`, `insert LINK`, `finish LINK`, `check LINK`, `take LINK`, `read LINK or refuse`, `begin LINK`, `commit LINK`, \
     `send CALL`, `all CALL, CALL`, `first 2 of CALL, CALL, CALL`, `cached LINK else CALL`, or `20 times` and a step";

/// Why a step is none, if more can be said than [`STEPS`].
type Refusal = Option<String>;

/// `20 times read store`: how often, and what. Once, if it does not say.
fn repeated(text: &str) -> (Result<u64, Refusal>, &str) {
    match text.split_once(" times ") {
        Some((number, step)) if number.trim().starts_with(|c: char| c.is_ascii_digit()) => {
            let number = parse_count(number).map_err(|error| Some(error.message));
            (number, step)
        }
        _ => (Ok(1), text),
    }
}

fn step(f: &mut Findings<'_>, path: &str, text: &str, span: Span, mode: CallMode) -> Option<Step> {
    match parse(text, mode) {
        Ok(step) => Some(step),
        Err(why) => {
            let message = format!("`{}` is no step", cut(text));
            f.error(code::BAD_STEP, path, span, message)
                .help(why.unwrap_or_else(|| STEPS.to_owned()));
            None
        }
    }
}

fn parse(text: &str, mode: CallMode) -> Result<Step, Refusal> {
    let text = text.trim();
    match text {
        "work" => return Ok(Step::Work),
        "respond" => return Ok(Step::Respond),
        _ => {}
    }
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match first {
        "send" => match calls(rest, mode)?.as_slice() {
            [only]
                if !matches!(only.aim, Aim::OrDone | Aim::OrRefuse)
                    && !matches!(only.mode, CallMode::Begin | CallMode::Commit) =>
            {
                Ok(Step::Send(only.clone()))
            }
            [_] => Err(Some(
                "what begins, commits or may end the plan has to be waited for".to_owned(),
            )),
            _ => Err(Some("`send` is for one call".to_owned())),
        },
        "all" => {
            let calls = calls(rest, mode)?;
            let wanted = calls.len() as u16;
            Ok(Step::Calls { calls, wanted })
        }
        "first" => {
            let (number, rest) = rest.split_once(" of ").ok_or(None)?;
            let wanted = parse_count(number).map_err(|error| Some(error.message))?;
            let calls = calls(rest, mode)?;
            if wanted == 0 || wanted > calls.len() as u64 {
                return Err(Some(format!(
                    "of {} calls, 1 to {} can be waited for",
                    calls.len(),
                    calls.len()
                )));
            }
            let wanted = wanted as u16;
            Ok(Step::Calls { calls, wanted })
        }
        "cached" => {
            let (cache, store) = rest.split_once(" else ").ok_or(None)?;
            let cache = cache.trim();
            match calls(store, mode)?.as_slice() {
                [store]
                    if store.aim == Aim::Plain
                        && store.mode != CallMode::Begin
                        && store.mode != CallMode::Commit
                        && !cache.is_empty()
                        && !cache.contains(char::is_whitespace) =>
                {
                    Ok(Step::Cached {
                        cache: cache.to_owned(),
                        store: store.clone(),
                    })
                }
                _ => Err(None),
            }
        }
        _ => {
            let calls = calls(text, mode)?;
            let wanted = calls.len() as u16;
            match wanted {
                1 => Ok(Step::Calls { calls, wanted }),
                _ => Err(Some(
                    "several calls at the same time begin with `all` or `first`".to_owned(),
                )),
            }
        }
    }
}

/// `read a, write b, call c x 3`
fn calls(text: &str, mode: CallMode) -> Result<Vec<StepCall>, Refusal> {
    let mut all = Vec::new();
    for part in text.split(',') {
        let words: Vec<&str> = part.split_ascii_whitespace().take(5).collect();
        let (verb, link, row, times) = match words.as_slice() {
            [verb, link] | [verb, link, "or", "done" | "resume" | "refuse"] => {
                (*verb, *link, RowOf::Item, 1)
            }
            [verb @ ("read" | "write" | "update"), link, "partner"] => {
                (*verb, *link, RowOf::Partner, 1)
            }
            [verb, link, "x", times] => {
                let times = parse_count(times).map_err(|error| Some(error.message))?;
                (*verb, *link, RowOf::Item, times)
            }
            _ => return Err(None),
        };
        let or = (words.len() == 4 && words[2] == "or").then(|| words[3]);
        let (mode, row, aim) = match verb {
            "read" if or == Some("refuse") => (CallMode::Read, row, Aim::OrRefuse),
            _ if or == Some("refuse") => return Err(None),
            "take" => (CallMode::Write, RowOf::Unit, Aim::Plain),
            "insert" if or == Some("done") => (CallMode::Write, RowOf::New, Aim::OrDone),
            "insert" if or.is_some() => (CallMode::Write, RowOf::Pending, Aim::OrDone),
            _ if or.is_some() => return Err(None),
            "call" => (mode, row, Aim::Plain),
            "read" => (CallMode::Read, row, Aim::Plain),
            "write" | "publish" => (CallMode::Write, row, Aim::Plain),
            "update" => (CallMode::Write, row, Aim::Based),
            "insert" => (CallMode::Write, RowOf::New, Aim::Plain),
            "finish" => (CallMode::Write, RowOf::Finished, Aim::Plain),
            "check" => (CallMode::Read, RowOf::New, Aim::OrDone),
            "begin" => (CallMode::Begin, row, Aim::Plain),
            "commit" => (CallMode::Commit, row, Aim::Plain),
            "invalidate" => (CallMode::Invalidate, row, Aim::Plain),
            "fill" => (CallMode::Fill, row, Aim::Plain),
            _ => return Err(None),
        };
        if times == 0 || all.len() as u64 + times > MAX_CALLS as u64 {
            return Err(Some(format!("a step makes 1 to {MAX_CALLS} calls")));
        }
        let call = StepCall {
            link: link.to_owned(),
            mode,
            row,
            aim,
        };
        all.extend(std::iter::repeat_n(call, times as usize));
    }
    // What holds a connection, or may end the plan, is a step of its own.
    let is_alone = |call: &StepCall| {
        matches!(call.aim, Aim::OrDone | Aim::OrRefuse)
            || matches!(call.mode, CallMode::Begin | CallMode::Commit)
    };
    if all.len() > 1 && all.iter().any(is_alone) {
        let begun = all.iter().filter(|call| call.mode == CallMode::Begin);
        let mut links: Vec<&str> = begun.map(|call| call.link.as_str()).collect();
        links.dedup();
        return Err(Some(match links.len() > 1 {
            true => ONE_STORE.to_owned(),
            false => "`begin`, `commit`, `check`, `insert ... or ...` and `read ... or refuse` are steps of their own"
                .to_owned(),
        }));
    }
    Ok(all)
}

/// Why no transaction spans two stores.
pub const ONE_STORE: &str = "a transaction spans one store: two stores that commit together need a coordinator whose loss leaves both locked. \
     Write to one of them and let an outbox relay tell the other, or undo the first when the second fails (a saga)";

/// What a plain `call` asks for: what the operation is.
fn mode_of(operation: &Operation) -> CallMode {
    match operation.knobs.get("kind") {
        Some(Value::Choice(1)) => CallMode::Write,
        _ => CallMode::Read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match parse(text, CallMode::Write) {
            Ok(step) => format!("{step:?}"),
            Err(why) => format!("no: {why:?}"),
        }
    }

    #[test]
    fn steps_are_read_as_the_grammar_says() {
        let call = StepCall::plain;
        let (a, b) = (call("a", CallMode::Read), call("b", CallMode::Write));
        let cases = [
            ("work", Step::Work),
            (
                "read a",
                Step::Calls {
                    calls: vec![a.clone()],
                    wanted: 1,
                },
            ),
            (
                "all read a, call b",
                Step::Calls {
                    calls: vec![a.clone(), b.clone()],
                    wanted: 2,
                },
            ),
            (
                "first 1 of read a x 2",
                Step::Calls {
                    calls: vec![a.clone(), a.clone()],
                    wanted: 1,
                },
            ),
            ("send publish b", Step::Send(b.clone())),
            (
                "cached c else read a",
                Step::Cached {
                    cache: "c".to_owned(),
                    store: a.clone(),
                },
            ),
        ];
        for (text, step) in cases {
            assert_eq!(shown(text), format!("{step:?}"), "{text}");
        }
        for text in [
            "",
            "read",
            "read a, read b",
            "first 3 of read a, read b",
            "first 0 of read a",
            "send all read a",
            "cached else read a",
            "read a x 0",
            "all read a x 1000000",
        ] {
            assert!(shown(text).starts_with("no"), "{text}");
        }
    }
}
