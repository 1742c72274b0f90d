//! Caches: how often they hit, and what happens when an entry expires. Everything but what is measured
//! takes no time.

use super::figure::{Expected, Target, server};
use super::length::Length;
use super::text::{rate, seconds, service_time};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::design::value::{MICRO, NANO, Share};
use crate::experiment::closed_form::expiry::{self, EarlyRefresh, Stampede};
use crate::observe::report::{NodeReport, Report};
use crate::time::NS_PER_S;

/// Requests per second where time does not matter.
pub const RATE: f64 = 1000.0;

/// Requests after which a share of them is known well enough.
pub const REQUESTS: f64 = 400_000.0;

fn cache(report: &Report) -> Option<&NodeReport> {
    report.nodes.iter().find(|node| node.key == "quick")
}

fn share(report: &Report, what: &str, of: &str) -> Option<f64> {
    let cache = cache(report)?;
    let all = cache.count(of);
    (all > 0).then(|| cache.count(what) as f64 / all as f64)
}

pub fn hit_ratio(report: &Report, _: &Parameters) -> Option<f64> {
    share(report, "hits", "lookups")
}

/// Within so much of the share itself, as the list has it.
pub fn hits(ratio: f64, within: f64) -> Vec<Expected> {
    vec![Expected::near("hit ratio", "", ratio, hit_ratio).within(within / ratio)]
}

/// A cache before a source that takes no time, or a look-aside cache beside it.
fn before(cache: &str, source: &str) -> String {
    format!(
        "[cache.quick]\n{cache}op_time = \"0 s\"\nthreads = 10000\nconnections = \"unbounded\"\n\n\
         [database.server]\ncores = 100000\nconnections = \"unbounded\"\nread_time = \"{source}\"\n\n"
    )
}

pub fn before_source(rate: &str, cache: &str, source: &str) -> String {
    let nodes = before(&format!("pattern = \"read_through\"\n{cache}"), source);
    format!(
        "[clients.users]\n{rate}\n{nodes}\
         [link.ask]\nfrom = \"users\"\nto = \"quick\"\n\n\
         [link.fetch]\nfrom = \"quick\"\nto = \"server\"\n\n"
    )
}

pub fn beside(rate: &str, cache: &str, source: &str) -> String {
    let nodes = before(cache, source);
    format!(
        "[clients.users]\n{rate}\n{nodes}\
         [service.app]\nslots = 100000\nservice_time = \"0 s\"\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"app\"\n\n\
         [link.lookup]\nfrom = \"app\"\nto = \"quick\"\n\n\
         [link.fetch]\nfrom = \"app\"\nto = \"server\"\n\n"
    )
}

pub fn arrivals(per_second: f64) -> String {
    format!("rate = \"{}\"\n", rate(per_second))
}

// ---- expiry ---------------------------------------------------------------------------------

const TTL: &[Parameter] = &[
    Parameter::new("lambda", 0.001, 100.0, "requests per second and item"),
    Parameter::new("ttl_s", 0.01, 1e4, "time to live in s"),
];

/// As many items as make [`RATE`].
fn items(p: &Parameters) -> f64 {
    (RATE / p.get("lambda")).ceil()
}

fn expiring(p: &Parameters, renew: &str) -> String {
    let keys = items(p);
    let cache = format!(
        "capacity = \"unbounded\"\nttl = \"{}\"\nttl_renew = \"{renew}\"\n",
        seconds(p.get("ttl_s"))
    );
    beside(&arrivals(p.get("lambda") * keys), &cache, "0 s")
        + &format!("[operation.look]\nkind = \"read\"\nkeys = {keys}\n")
}

fn ttl_length(p: &Parameters, _: f64) -> Length {
    let cycle = p.get("ttl_s") + 1.0 / p.get("lambda");
    Length::of((REQUESTS).max(20.0 * cycle * RATE), RATE)
}

fn ttl_draw(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    let lambda = dice.between(0.1, 2.0);
    let ttl = dice.between(0.3, 4.0) / lambda;
    vec![("lambda", lambda), ("ttl_s", (ttl * 1e3).round() / 1e3)]
}

pub static TTL_FIXED: Family = Family {
    name: "cache-ttl",
    basis: Basis::ClosedForm,
    source: "Jung, Berger, Balakrishnan (2003)",
    parameters: TTL,
    refuses: |p| (items(p) > 1e6).then(|| "that many items are too many".to_owned()),
    length: ttl_length,
    design: |p| expiring(p, "fixed"),
    expects: |p| hits(expiry::fixed(p.get("lambda"), p.get("ttl_s")), 0.005),
    draw: ttl_draw,
};

pub static TTL_RENEWED: Family = Family {
    name: "cache-ttl-renewed",
    basis: Basis::ClosedForm,
    source: "The next request comes within the time to live: exponential distances",
    parameters: TTL,
    refuses: |p| (items(p) > 1e6).then(|| "that many items are too many".to_owned()),
    length: ttl_length,
    design: |p| expiring(p, "on_hit"),
    expects: |p| hits(expiry::renewed(p.get("lambda"), p.get("ttl_s")), 0.005),
    draw: ttl_draw,
};

fn stampede(p: &Parameters) -> Stampede {
    Stampede {
        lambda: p.get("lambda"),
        ttl: p.get("ttl_s"),
        recompute: p.get("recompute_s"),
    }
}

/// Requests that went to the source, for each time that the entry was found to have expired.
fn recomputes(report: &Report, _: &Parameters) -> Option<f64> {
    let quick = cache(report)?;
    let fetches = quick.count("misses") - quick.count("coalesced") - quick.count("lease_waits");
    let expired = quick.count("expired");
    (expired > 0).then(|| fetches as f64 / expired as f64)
}

/// What keeps readers from fetching all at once: nothing, single flight, or a lease.
const GUARDS: f64 = 2.0;

pub static STAMPEDE: Family = Family {
    name: "cache-stampede",
    basis: Basis::ClosedForm,
    source: "Whoever comes until the first fetch is done fetches too: Poisson arrivals",
    parameters: &[
        Parameter::new("lambda", 0.1, 1e4, "requests per second"),
        Parameter::new("ttl_s", 0.1, 1e4, "time to live in s"),
        Parameter::new("recompute_s", 0.001, 1e3, "time of a fetch in s"),
        Parameter::new("guard", 0.0, GUARDS, "0 none, 1 single flight, 2 lease").whole(),
    ],
    refuses: |p| {
        (p.get("recompute_s") >= p.get("ttl_s"))
            .then(|| "a fetch has to be shorter than the ttl".to_owned())
    },
    length: |p, error| {
        let cycles = (2.0 / error).max(20.0) * 4.0;
        Length::of(
            cycles * p.get("lambda") * stampede(p).cycle(false),
            p.get("lambda"),
        )
    },
    design: |p| {
        let ttl = format!("ttl = \"{}\"\n", seconds(p.get("ttl_s")));
        let source = service_time(p.get("recompute_s"), 0.0).to_string();
        let users = arrivals(p.get("lambda"));
        let key = "[operation.look]\nkind = \"read\"\nkeys = 1\n";
        let tables = match p.whole("guard") {
            0 => before_source(&users, &ttl, &source),
            1 => before_source(&users, &(ttl + "single_flight = true\n"), &source),
            _ => {
                let lease = seconds(10.0 * p.get("recompute_s"));
                beside(&users, &format!("{ttl}lease = \"{lease}\"\n"), &source)
            }
        };
        tables + key
    },
    expects: |p| {
        let each = match p.whole("guard") {
            0 => stampede(p).recomputes(),
            _ => 1.0,
        };
        vec![Expected::near("fetches per expiry", "", each, recomputes)]
    },
    draw: |dice| {
        vec![
            ("lambda", dice.between(20.0, 80.0)),
            ("ttl_s", dice.between(2.0, 6.0)),
            ("recompute_s", dice.between(0.1, 0.9)),
            ("guard", dice.whole(0, 2)),
        ]
    },
};

/// Seconds between two looks at all items.
const EVERY_S: f64 = 2.0;

/// When the source was asked after everything was loaded: (seconds, requests) per bucket.
fn asked(report: &Report, p: &Parameters) -> Option<Vec<(f64, f64)>> {
    let width = report.series.bucket_ns as f64 / NS_PER_S as f64;
    let buckets = server(report)?.series.arrived.iter().enumerate();
    let timed = buckets.map(|(i, &n)| (i as f64 * width, f64::from(n)));
    // The load itself is at the first look.
    let later = timed.filter(|&(t, n)| n > 0.0 && t > p.get("ttl_s") / 2.0);
    Some(later.collect())
}

fn window_s(report: &Report, p: &Parameters) -> Option<f64> {
    let asked = asked(report, p)?;
    Some(asked.last()?.0 - asked.first()?.0)
}

fn at_once(report: &Report, p: &Parameters) -> Option<f64> {
    asked(report, p)?.iter().map(|&(_, n)| n).reduce(f64::max)
}

fn per_second(report: &Report, p: &Parameters) -> Option<f64> {
    let spread = p.get("jitter") * p.get("ttl_s");
    // The middle half, where neither end is near. The load was at the first look.
    let middle = p.get("ttl_s") + EVERY_S;
    let mut asked = asked(report, p)?;
    asked.retain(|(t, _)| (t - middle).abs() < spread / 2.0);
    let there: f64 = asked.iter().map(|(_, n)| n).sum();
    // A look finds what has expired since the one before it.
    (!asked.is_empty()).then(|| there / (asked.len() as f64 * EVERY_S))
}

pub static LOADED_TOGETHER: Family = Family {
    name: "cache-loaded-together",
    basis: Basis::ClosedForm,
    source: "Even times to live: keys / (2 jitter ttl) per second, or all at one instant",
    parameters: &[
        Parameter::new("keys", 100.0, 100_000.0, "items, all asked for every 2 s").whole(),
        Parameter::new("ttl_s", 20.0, 1e4, "time to live in s"),
        Parameter::new("jitter", 0.0, 0.3, "share of the time to live, both ways"),
    ],
    refuses: |p| {
        let spread = p.get("jitter") * p.get("ttl_s");
        (p.get("jitter") > 0.0 && spread < 5.0 * EVERY_S)
            .then(|| "the refreshes have to take longer than the looks at all items".to_owned())
    },
    // Until all have been refreshed once, and none twice.
    length: |p, _| {
        Length::exactly(
            (1.0 + p.get("jitter")) * p.get("ttl_s") + 5.0 * EVERY_S,
            0.0,
        )
    },
    design: |p| {
        let jitter = Share((p.get("jitter") * NANO as f64).round() as u64);
        let cache = format!(
            "capacity = \"unbounded\"\nttl = \"{}\"\nttl_jitter = {}\n",
            seconds(p.get("ttl_s")),
            jitter.0 as f64 / NANO as f64
        );
        let (keys, every) = (p.whole("keys"), rate(1.0 / EVERY_S));
        let users = format!("arrivals = \"constant\"\nrate = \"{every}\"\nbatch = {keys}\n");
        before_source(&users, &cache, "0 s")
            + &format!("[operation.look]\nkind = \"read\"\nkeys = {keys}\npopularity = \"cycle\"\n")
    },
    expects: |p| {
        let (keys, ttl, jitter) = (p.get("keys"), p.get("ttl_s"), p.get("jitter"));
        if jitter == 0.0 {
            let all = Target::Exactly { value: keys };
            let instant = Target::Exactly { value: 0.0 };
            return vec![
                Expected::new("at once", "", all, at_once),
                Expected::new("window", "s", instant, window_s),
            ];
        }
        // To the look before and the look after.
        let span = 2.0 * jitter * ttl;
        let (low, high) = (span - 2.0 * EVERY_S, span + 2.0 * EVERY_S);
        let window = Target::Between { low, high };
        vec![
            Expected::near(
                "refreshes",
                "per s",
                expiry::refreshes_per_s(keys, ttl, jitter),
                per_second,
            ),
            Expected::new("window", "s", window, |report, p| {
                Some(window_s(report, p)? + EVERY_S)
            }),
        ]
    },
    draw: |dice| {
        vec![
            ("keys", dice.whole(3_000, 6_000)),
            ("ttl_s", dice.whole(200, 400)),
            ("jitter", dice.between(0.08, 0.2)),
        ]
    },
};

fn early(p: &Parameters) -> EarlyRefresh {
    EarlyRefresh {
        lambda: p.get("lambda"),
        ttl: p.get("ttl_s"),
        recompute: p.get("recompute_s"),
        beta: p.get("beta"),
    }
}

pub static EARLY_REFRESH: Family = Family {
    name: "cache-early-refresh",
    basis: Basis::ClosedForm,
    source: "Vattani, Chierichetti, Lowenstein (2015), integrated over the time before the expiry",
    parameters: &[
        Parameter::new("lambda", 0.1, 1e4, "requests per second"),
        Parameter::new("ttl_s", 0.1, 1e4, "time to live in s"),
        Parameter::new("recompute_s", 0.001, 1e3, "time of a fetch in s"),
        Parameter::new("beta", 0.1, 20.0, "how eagerly"),
    ],
    refuses: |p| {
        (p.get("recompute_s") >= p.get("ttl_s"))
            .then(|| "a fetch has to be shorter than the ttl".to_owned())
    },
    length: |p, error| {
        let cycles = (1.0 / (error * error)).clamp(1_000.0, 20_000.0);
        Length::of(cycles * p.get("lambda") * p.get("ttl_s"), p.get("lambda"))
    },
    design: |p| {
        let beta = (p.get("beta") * MICRO as f64).round() / MICRO as f64;
        let cache = format!(
            "ttl = \"{}\"\nsingle_flight = true\nearly_refresh = {beta}\n",
            seconds(p.get("ttl_s"))
        );
        let source = service_time(p.get("recompute_s"), 0.0).to_string();
        before_source(&arrivals(p.get("lambda")), &cache, &source)
            + "[operation.look]\nkind = \"read\"\nkeys = 1\n"
    },
    expects: |p| {
        let key = early(p);
        vec![
            Expected::near("fetches", "per s", key.recomputes_per_s(), |report, _| {
                Some(server(report)?.arrived_per_s)
            }),
            Expected::near("early", "of fetches", 1.0 - key.expires(), |report, _| {
                let quick = cache(report)?;
                let fetches = quick.count("misses") - quick.count("coalesced");
                (fetches > 0).then(|| quick.count("refreshes") as f64 / fetches as f64)
            }),
        ]
    },
    draw: |dice| {
        vec![
            ("lambda", dice.between(2.0, 20.0)),
            ("ttl_s", dice.between(5.0, 12.0)),
            ("recompute_s", dice.between(0.2, 1.0)),
            ("beta", dice.between(0.7, 2.0)),
        ]
    },
};

pub const ROWS: &[Row] = &[
    Row {
        name: "ttl",
        title: "Time to live of three distances",
        family: &TTL_FIXED,
        values: &[("lambda", 0.1), ("ttl_s", 30.0)],
        tolerance: 0.01,
        published: &[("hit ratio", 0.75)],
    },
    Row {
        name: "ttl-renewed",
        title: "Time to live renewed by each hit",
        family: &TTL_RENEWED,
        values: &[("lambda", 0.1), ("ttl_s", 10.0)],
        tolerance: 0.01,
        published: &[("hit ratio", 0.632121)],
    },
    Row {
        name: "stampede",
        title: "Stampede at each expiry",
        family: &STAMPEDE,
        values: &[
            ("lambda", 100.0),
            ("ttl_s", 5.0),
            ("recompute_s", 0.5),
            ("guard", 0.0),
        ],
        tolerance: 0.02,
        published: &[("fetches per expiry", 51.0)],
    },
    Row {
        name: "stampede-single-flight",
        title: "The same with single flight",
        family: &STAMPEDE,
        values: &[
            ("lambda", 100.0),
            ("ttl_s", 5.0),
            ("recompute_s", 0.5),
            ("guard", 1.0),
        ],
        tolerance: 0.02,
        published: &[("fetches per expiry", 1.0)],
    },
    Row {
        name: "stampede-lease",
        title: "The same beside the source, with a lease",
        family: &STAMPEDE,
        values: &[
            ("lambda", 100.0),
            ("ttl_s", 5.0),
            ("recompute_s", 0.5),
            ("guard", 2.0),
        ],
        tolerance: 0.02,
        published: &[("fetches per expiry", 1.0)],
    },
    Row {
        name: "loaded-together",
        title: "10,000 items loaded together",
        family: &LOADED_TOGETHER,
        values: &[("keys", 10_000.0), ("ttl_s", 300.0), ("jitter", 0.0)],
        tolerance: 0.05,
        published: &[("at once", 10_000.0)],
    },
    Row {
        name: "loaded-together-jitter",
        title: "The same with 10 % jitter",
        family: &LOADED_TOGETHER,
        values: &[("keys", 10_000.0), ("ttl_s", 300.0), ("jitter", 0.1)],
        tolerance: 0.05,
        published: &[("refreshes", 166.667), ("window", 60.0)],
    },
    Row {
        name: "early-refresh",
        title: "Early refresh by chance, single flight",
        family: &EARLY_REFRESH,
        values: &[
            ("lambda", 10.0),
            ("ttl_s", 10.0),
            ("recompute_s", 0.5),
            ("beta", 1.0),
        ],
        tolerance: 0.02,
        published: &[],
    },
];
