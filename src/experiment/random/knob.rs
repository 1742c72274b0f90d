//! Random values for knobs, by their unit and around their default.

use super::dice::Dice;
use super::text::{Draft, Table, quoted};
use crate::design::reasons::GROUPS;
use crate::design::registry::KnobSpec;
use crate::design::value::{self, MICRO, NANO, Unit, Value};
use crate::time::{NS_PER_MS, NS_PER_S};

/// Knobs that the topology sets, that would end the traffic, or that change no event.
const LEFT_ALONE: &[&str] = &[
    "arrivals",
    "rate",
    "users",
    "batch_of_arrivals",
    "actions",
    "lasts",
    "spawn_rate",
    "callers",
    "instances",
    "price",
    "price_per_call",
    "version",
    "contract",
    "contract_oldest",
    "weight",
    "clients",
    "effects",
    "key_space",
    "keys",
    "kind",
    "dead_letter",
    "fallback_link",
    "preset",
    "replication",
    "clock_scale",
    "undoes",
    "keeps",
    "completes",
    "min_age",
    "columns",
    "writes_columns",
    "reads_column",
    "copies_from",
    "copies_into",
];

/// Longer ones would have no effect within a run.
const LONGEST_NS: u64 = 20 * NS_PER_S;

/// Draws knobs of every table that are not set yet.
pub fn draw_all(dice: &mut Dice, draft: &mut Draft) {
    for table in &mut draft.tables {
        draw(dice, table);
    }
}

fn draw(dice: &mut Dice, table: &mut Table) {
    for spec in table.kind.knobs {
        // What switches a mechanism on is drawn oftener than its details, which count only then.
        let percent = if switches(spec) { 22 } else { 18 };
        if LEFT_ALONE.contains(&spec.name) || table.has(spec.name) || !dice.chance(percent) {
            continue;
        }
        if let Some(value) = text(dice, spec) {
            table.drawn.push((spec.name.to_owned(), value));
        }
    }
}

/// Whether the knob's default is that the thing is not there.
fn switches(spec: &KnobSpec) -> bool {
    spec.off == Some(spec.default) || matches!(spec.default, "none" | "false" | "0 %" | "0 s")
}

/// A value as TOML; `None` where chance has nothing to choose.
pub fn text(dice: &mut Dice, spec: &KnobSpec) -> Option<String> {
    if let Some(off) = spec.off.filter(|_| dice.chance(10)) {
        return Some(quoted(off));
    }
    let around = |text: &str| value::parse(text, spec).ok();
    let base = [spec.default, spec.example]
        .into_iter()
        .filter(|text| !text.is_empty() && spec.off != Some(text))
        .find_map(around);
    let bound = |text: &str| around(text).map(|value| number(&value));
    let low = bound(spec.min).unwrap_or(0);
    let high = bound(spec.max).unwrap_or(u64::MAX);
    let base = base.as_ref().map(number);
    Some(match spec.unit {
        Unit::Choice(words) => quoted(dice.one_of(words)),
        Unit::Flag => dice.chance(50).to_string(),
        Unit::Count => {
            let n = scaled(dice, base.filter(|&n| n > 0).unwrap_or(low + 20), low, high);
            n.to_string()
        }
        Unit::Duration => {
            let base = base.filter(|&ns| ns > 0).unwrap_or(50 * NS_PER_MS);
            let high = high.min(LONGEST_NS.max(low));
            quoted(&format!("{} ns", scaled(dice, base, low, high)))
        }
        Unit::Rate => {
            let n = scaled(
                dice,
                base.filter(|&n| n > 0).unwrap_or(100 * MICRO),
                low,
                high,
            );
            quoted(&format!("{} rps", decimal(n, MICRO)))
        }
        Unit::Factor => {
            let n = scaled(dice, base.filter(|&n| n > 0).unwrap_or(MICRO), low, high);
            quoted(&decimal(n, MICRO))
        }
        Unit::Share => {
            let high = high.min(NANO);
            let percent = dice.between(low * 100 / NANO, (high * 100 / NANO).min(60));
            quoted(&format!("{percent} %"))
        }
        Unit::Dist => {
            let mean_ns = base.filter(|&ns| ns > 0).unwrap_or(20 * NS_PER_MS);
            quoted(&dice.dist((mean_ns / 1_000).min(2_000_000)))
        }
        Unit::Names if spec.name == "scans" => "[\"buy\"]".to_owned(),
        Unit::Names if spec.name == "zones" => "[\"east\", \"west\"]".to_owned(),
        Unit::Names if spec.name == "retry_on" || spec.name == "breaker_counts" => {
            let group = GROUPS[dice.below(GROUPS.len() as u64) as usize].0;
            format!("[\"{group}\"]")
        }
        Unit::PerOperation(Unit::Count) => format!("{{ buy = {} }}", dice.between(1, 4)),
        Unit::PerOperation(Unit::Dist) => {
            let mean_us = dice.between(1_000, 20_000);
            format!("{{ buy = \"{}\" }}", dice.dist(mean_us))
        }
        Unit::PerOperation(_) | Unit::Money | Unit::Names | Unit::Rates | Unit::Text => {
            return None;
        }
    })
}

/// Between a quarter of the base and four times it, within the range.
fn scaled(dice: &mut Dice, base: u64, low: u64, high: u64) -> u64 {
    let quarter = base / 4;
    let n = dice.between(
        quarter,
        base.saturating_mul(4).min(u64::MAX / 4).max(quarter),
    );
    n.clamp(low, high.max(low))
}

fn decimal(n: u64, one: u64) -> String {
    format!("{}.{:06}", n / one, n % one)
}

/// The value in the smallest unit of its kind.
fn number(value: &Value) -> u64 {
    match value {
        Value::Count(n) => *n,
        Value::Duration(d) => d.0,
        Value::Rate(r) => r.0,
        Value::Share(s) => s.0,
        Value::Factor(f) => f.0,
        Value::Dist(value::Dist::Constant(d)) => d.0,
        Value::Dist(value::Dist::Exponential { mean }) => mean.0,
        _ => 0,
    }
}
