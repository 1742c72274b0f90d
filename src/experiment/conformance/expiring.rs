//! Many items, some wanted more often than others, in a cache that has room for all but keeps each for a
//! limited time.

use super::caches::{arrivals, beside, hits};
use super::evicting::zipf;
use super::length::Length;
use super::text::seconds;
use super::{Basis, Dice, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::caches::Popularity;
use crate::experiment::closed_form::expiry::{fixed_over, renewed_over};

const PARAMETERS: &[Parameter] = &[
    Parameter::new("alpha", 0.0, 3.0, "how steep the popularity falls"),
    Parameter::new("keys", 10.0, 100_000.0, "items").whole(),
    Parameter::new("lambda", 1.0, 1e5, "requests per second, for all items"),
    Parameter::new("ttl_s", 0.001, 1e5, "time to live in s"),
];

/// Hit ratios are held to this.
const WITHIN: f64 = 0.005;

fn popularity(p: &Parameters) -> Popularity {
    Popularity::zipf(p.get("alpha"), p.whole("keys"))
}

fn design(p: &Parameters, renew: &str) -> String {
    let cache = format!(
        "capacity = \"unbounded\"\nttl = \"{}\"\nttl_renew = \"{renew}\"\n",
        seconds(p.get("ttl_s"))
    );
    beside(&arrivals(p.get("lambda")), &cache, "0 s") + &zipf(p)
}

/// Several lives of an entry after an empty start.
fn length(p: &Parameters, _: f64) -> Length {
    let lambda = p.get("lambda");
    Length::of((30.0 * p.get("ttl_s") * lambda).max(300_000.0), lambda)
}

fn draw(dice: &mut Dice) -> Vec<(&'static str, f64)> {
    vec![
        ("alpha", dice.between(0.6, 1.2)),
        ("keys", dice.whole(2_000, 12_000)),
        ("lambda", dice.between(500.0, 2_000.0)),
        ("ttl_s", dice.between(1.0, 10.0)),
    ]
}

pub static FIXED: Family = Family {
    name: "cache-ttl-zipf",
    basis: Basis::ClosedForm,
    source: "Jung, Berger, Balakrishnan (2003), over all items",
    parameters: PARAMETERS,
    refuses: |_| None,
    length,
    design: |p| design(p, "fixed"),
    expects: |p| {
        let ratio = fixed_over(&popularity(p), p.get("lambda"), p.get("ttl_s"));
        hits(ratio, WITHIN)
    },
    draw,
};

pub static RENEWED: Family = Family {
    name: "cache-ttl-renewed-zipf",
    basis: Basis::ClosedForm,
    source: "The next request for the item comes within the time to live, over all items",
    parameters: PARAMETERS,
    refuses: |_| None,
    length,
    design: |p| design(p, "on_hit"),
    expects: |p| {
        let ratio = renewed_over(&popularity(p), p.get("lambda"), p.get("ttl_s"));
        hits(ratio, WITHIN)
    },
    draw,
};

const VALUES: &[(&str, f64)] = &[
    ("alpha", 1.0),
    ("keys", 10_000.0),
    ("lambda", 1_000.0),
    ("ttl_s", 10.0),
];

const fn row(name: &'static str, title: &'static str, family: &'static Family) -> Row {
    Row::new(name, title, family, VALUES, 0.01)
}

pub const ROWS: &[Row] = &[
    row("ttl-zipf", "Time to live of 10 s, Zipf popularity", &FIXED),
    row(
        "ttl-renewed-zipf",
        "Time to live of 10 s from the last request, Zipf popularity",
        &RENEWED,
    ),
];
