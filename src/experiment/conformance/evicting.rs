//! A bounded cache under popularities that are independent from request to request: what each eviction
//! makes of them.

use super::caches::{RATE, REQUESTS, arrivals, before_source, beside, hit_ratio, hits};
use super::figure::{Expected, Target};
use super::length::Length;
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::design::value::{Factor, MICRO};
use crate::experiment::closed_form::caches::{Popularity, scanned};

const ZIPF: &[Parameter] = &[
    Parameter::new("alpha", 0.0, 3.0, "how steep the popularity falls"),
    Parameter::new("keys", 10.0, 100_000.0, "items").whole(),
    Parameter::new("capacity", 1.0, 100_000.0, "entries").whole(),
];

fn popularity(p: &Parameters) -> Popularity {
    Popularity::zipf(p.get("alpha"), p.whole("keys"))
}

pub fn zipf(p: &Parameters) -> String {
    let alpha = Factor((p.get("alpha") * MICRO as f64).round() as u64);
    format!(
        "[operation.look]\nkind = \"read\"\nkeys = {}\npopularity = \"zipf\"\nzipf_alpha = {}\n",
        p.whole("keys"),
        alpha.0 as f64 / MICRO as f64
    )
}

fn evicting(p: &Parameters, eviction: &str) -> String {
    format!(
        "eviction = \"{eviction}\"\ncapacity = {}\n",
        p.whole("capacity")
    )
}

fn zipf_length(p: &Parameters, _: f64) -> Length {
    // The rarest entries that count come round several times.
    Length::of(REQUESTS.max(30.0 * p.get("capacity")), RATE)
}

fn zipf_draw(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    vec![
        ("alpha", dice.between(0.6, 1.2)),
        ("keys", dice.whole(4_000, 12_000)),
        ("capacity", dice.whole(200, 1_500)),
    ]
}

/// Exactly where few entries make the approximation a poor one.
fn fifo(p: &Parameters) -> f64 {
    let (keys, capacity) = (popularity(p), p.whole("capacity"));
    match capacity < 100 {
        true => keys.fifo_exactly(capacity),
        false => keys.fifo(capacity),
    }
}

pub static LRU: Family = Family {
    name: "cache-lru",
    basis: Basis::ClosedForm,
    source: "Che, Tung, Wang (2002); Fricker, Robert, Roberts (2012)",
    parameters: ZIPF,
    refuses: |p| {
        (p.get("capacity") < 20.0 && p.get("keys") > p.get("capacity"))
            .then(|| "the approximation is for larger caches: capacity from 20 on".to_owned())
    },
    length: zipf_length,
    design: |p| beside(&arrivals(RATE), &evicting(p, "lru"), "0 s") + &zipf(p),
    expects: |p| hits(popularity(p).lru(p.whole("capacity")), 0.005),
    draw: zipf_draw,
};

pub static FIFO: Family = Family {
    name: "cache-fifo",
    basis: Basis::ClosedForm,
    source: "Martina, Garetto, Leonardi (2014)",
    parameters: ZIPF,
    refuses: |_| None,
    length: zipf_length,
    design: |p| before_source(&arrivals(RATE), &evicting(p, "fifo"), "0 s") + &zipf(p),
    expects: |p| hits(fifo(p), 0.005),
    draw: zipf_draw,
};

pub static RANDOM: Family = Family {
    name: "cache-random",
    basis: Basis::ClosedForm,
    source: "Gelenbe (1973): as FIFO",
    parameters: ZIPF,
    refuses: |_| None,
    length: zipf_length,
    design: |p| before_source(&arrivals(RATE), &evicting(p, "random"), "0 s") + &zipf(p),
    expects: |p| hits(fifo(p), 0.005),
    draw: zipf_draw,
};

/// The counts have to tell the items around the last place apart.
fn counted_length(p: &Parameters, error: f64) -> Length {
    zipf_length(p, error).times(4.0)
}

pub static LFU_EVER: Family = Family {
    name: "cache-lfu-ever",
    basis: Basis::ClosedForm,
    source: "A0, the best of all that load on demand: A. Aho, P. Denning, J. Ullman, Principles of Optimal Page Replacement (1971)",
    parameters: ZIPF,
    refuses: |p| {
        (p.get("alpha") < 0.3)
            .then(|| "items that are nearly alike take for ever to be told apart".to_owned())
    },
    length: counted_length,
    design: |p| before_source(&arrivals(RATE), &evicting(p, "lfu_ever"), "0 s") + &zipf(p),
    expects: |p| hits(popularity(p).lfu_on_demand(p.whole("capacity")), 0.005),
    draw: zipf_draw,
};

/// Counts since the entry came in keep favourites, and some that were lucky once.
pub static LFU: Family = Family {
    name: "cache-lfu",
    basis: Basis::ClosedForm,
    source: "Between LRU and the best there is: L. Breslau et al., Web Caching and Zipf-like Distributions (INFOCOM 1999), in-cache LFU",
    parameters: ZIPF,
    refuses: |_| None,
    length: counted_length,
    design: |p| before_source(&arrivals(RATE), &evicting(p, "lfu"), "0 s") + &zipf(p),
    expects: |p| {
        let (keys, capacity) = (popularity(p), p.whole("capacity"));
        let (low, high) = (keys.lru(capacity), keys.lfu(capacity));
        let target = Target::Between { low, high };
        vec![Expected::new("hit ratio", "", target, hit_ratio)]
    },
    draw: zipf_draw,
};

pub static SCAN: Family = Family {
    name: "cache-scan",
    basis: Basis::ClosedForm,
    source: "LRU throws away what comes next: Denning (1968), of cyclic references",
    parameters: &[
        Parameter::new("keys", 2.0, 100_000.0, "items, asked for in turn").whole(),
        Parameter::new("capacity", 1.0, 100_000.0, "entries").whole(),
    ],
    refuses: |_| None,
    length: |p, _| Length::of(8.0 * p.get("keys"), RATE),
    design: |p| {
        let keys = p.whole("keys");
        beside(&arrivals(RATE), &evicting(p, "lru"), "0 s")
            + &format!("[operation.look]\nkind = \"read\"\nkeys = {keys}\npopularity = \"cycle\"\n")
    },
    expects: |p| {
        let value = scanned(p.whole("keys"), p.whole("capacity"));
        vec![Expected::new(
            "hit ratio",
            "",
            Target::Exactly { value },
            hit_ratio,
        )]
    },
    draw: |dice| {
        let capacity = dice.whole(10, 2_000);
        let more = dice.whole(0, 2);
        vec![("keys", capacity + more), ("capacity", capacity)]
    },
};

macro_rules! zipf_rows {
    ($($name:literal $title:literal $family:ident $alpha:literal $capacity:literal $ratio:literal),* $(,)?) => {
        &[$(Row {
            name: $name,
            title: $title,
            family: &$family,
            values: &[("alpha", $alpha), ("keys", 10_000.0), ("capacity", $capacity)],
            tolerance: 0.01,
            published: &[("hit ratio", $ratio)],
        }),*]
    };
}

pub const ROWS: &[Row] = zipf_rows![
    "lru-0.8-100" "LRU, Zipf 0.8, 100 of 10,000" LRU 0.8 100.0 0.1566,
    "lru-0.8-500" "LRU, Zipf 0.8, 500 of 10,000" LRU 0.8 500.0 0.3312,
    "lru-0.8-1000" "LRU, Zipf 0.8, 1,000 of 10,000" LRU 0.8 1000.0 0.4367,
    "lru-1-100" "LRU, Zipf 1, 100 of 10,000" LRU 1.0 100.0 0.3905,
    "lru-1-500" "LRU, Zipf 1, 500 of 10,000" LRU 1.0 500.0 0.5867,
    "lru-1-1000" "LRU, Zipf 1, 1,000 of 10,000" LRU 1.0 1000.0 0.6756,
    "fifo-0.8-100" "FIFO, Zipf 0.8, 100 of 10,000" FIFO 0.8 100.0 0.1336,
    "fifo-0.8-500" "FIFO, Zipf 0.8, 500 of 10,000" FIFO 0.8 500.0 0.2937,
    "fifo-0.8-1000" "FIFO, Zipf 0.8, 1,000 of 10,000" FIFO 0.8 1000.0 0.3942,
    "lfu-ever-0.8-500" "LFU that never forgets, Zipf 0.8, 500 of 10,000" LFU_EVER 0.8 500.0 0.4755,
    "random-0.8-500" "Random eviction, Zipf 0.8, 500 of 10,000" RANDOM 0.8 500.0 0.2937,
];

pub const OTHER_ROWS: &[Row] = &[
    Row {
        name: "lfu-0.8-500",
        title: "LFU since an entry came in, Zipf 0.8, 500 of 10,000",
        family: &LFU,
        values: &[("alpha", 0.8), ("keys", 10_000.0), ("capacity", 500.0)],
        tolerance: 0.01,
        published: &[],
    },
    Row {
        name: "scan",
        title: "LRU, 1,001 items in turn, room for 1,000",
        family: &SCAN,
        values: &[("keys", 1001.0), ("capacity", 1000.0)],
        tolerance: 0.01,
        published: &[("hit ratio", 0.0)],
    },
];
