//! A fix with one of its numbers a tenth larger or smaller: a lesson that holds at one value only is a
//! trick.
//!
//! Whole numbers are rounded away from where they were, so that they really move: 3 becomes 4 or 2. A
//! distribution keeps its form, its lengths are scaled. What cannot be moved (no retries at all, all
//! of something, a number at the edge of what its knob takes) is left where it is.

use crate::design::value::{self, Dist, Factor, Money, NANO, Rate, Share, Value};
use crate::scenario::{Scenario, Variant, edit};
use crate::time::Duration;

/// The fix once for each of its numbers and each direction.
pub(super) fn variants(scenario: &Scenario, fix: &Variant) -> Vec<Variant> {
    let mut all = Vec::new();
    for (i, (path, written)) in fix.set.iter().enumerate() {
        let Ok(knob) = edit::knob_at(scenario, path) else {
            continue;
        };
        let Ok(before) = value::parse(written, knob.spec) else {
            continue;
        };
        for up in [false, true] {
            let Some(after) = nudged(&before, up).filter(|after| *after != before) else {
                continue;
            };
            let text = value::print(&after, knob.spec);
            // Out of the range of its knob.
            if value::parse(&text, knob.spec).ok().as_ref() != Some(&after) {
                continue;
            }
            let mut variant = fix.clone();
            variant.label = format!("{} with {path} = {text}", fix.label);
            variant.set[i].1 = text;
            all.push(variant);
        }
    }
    all
}

/// `None` for what is no number.
fn nudged(value: &Value, up: bool) -> Option<Value> {
    let exact = |n: u64| tenth(n, up, 0);
    Some(match value {
        Value::Count(n) => Value::Count(tenth(*n, up, 1)),
        Value::Duration(length) => Value::Duration(Duration(exact(length.0))),
        Value::Rate(rate) => Value::Rate(Rate(exact(rate.0))),
        Value::Share(share) => Value::Share(Share(exact(share.0).min(NANO))),
        Value::Factor(factor) => Value::Factor(Factor(exact(factor.0))),
        Value::Money(money) if money.0 > 0 => Value::Money(Money(exact(money.0 as u64) as i64)),
        Value::Dist(dist) => Value::Dist(scaled(dist, up)),
        Value::Rates(rates) => Value::Rates(rates.iter().map(|rate| Rate(exact(rate.0))).collect()),
        Value::PerOperation(each) => {
            let each = each.iter().map(|(name, value)| {
                let value = nudged(value, up).unwrap_or_else(|| value.clone());
                (name.clone(), value)
            });
            Value::PerOperation(each.collect())
        }
        _ => return None,
    })
}

/// A tenth more or less. In units as small as these the rounding is nothing; whole things (`least` 1) are
/// rounded away from where they were.
fn tenth(n: u64, up: bool, least: u64) -> u64 {
    let step = match least {
        0 => n / 10,
        _ => n.div_ceil(10),
    };
    match up {
        true => n.saturating_add(step),
        false => n - step,
    }
}

fn scaled(dist: &Dist, up: bool) -> Dist {
    let t = |length: Duration| Duration(tenth(length.0, up, 0));
    match dist.clone() {
        Dist::Constant(length) => Dist::Constant(t(length)),
        Dist::Uniform { low, high } => Dist::Uniform {
            low: t(low),
            high: t(high),
        },
        Dist::Exponential { mean } => Dist::Exponential { mean: t(mean) },
        Dist::Erlang { mean, shape } => Dist::Erlang {
            mean: t(mean),
            shape,
        },
        Dist::Lognormal { mean, cv } => Dist::Lognormal { mean: t(mean), cv },
        Dist::Pareto { min, alpha, max } => Dist::Pareto {
            min: t(min),
            alpha,
            max: max.map(t),
        },
        Dist::Bimodal {
            fast,
            slow,
            slow_share,
        } => Dist::Bimodal {
            fast: t(fast),
            slow: t(slow),
            slow_share,
        },
        Dist::Hyperexponential { mean, cv2 } => Dist::Hyperexponential { mean: t(mean), cv2 },
        Dist::Empirical(rows) => {
            Dist::Empirical(rows.into_iter().map(|(length, w)| (t(length), w)).collect())
        }
    }
}
