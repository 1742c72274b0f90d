//! Designs of several parts: what is left when some of them fail, are taken, or are added.

use std::fmt::Write as _;

use super::figure::{Expected, Target, goodput, server};
use super::length::Length;
use super::text::{rate, seconds, service_time};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::bulkheads::pool_throughput;
use crate::experiment::closed_form::objectives::k_of_n;
use crate::experiment::closed_form::placement::{meets_slow, moved_to_new_node};
use crate::observe::report::Report;

/// Actions per second; none of the results depends on it.
const RATE: f64 = 1000.0;

fn available(p: &Parameters) -> f64 {
    k_of_n(p.whole("needed"), p.whole("parts"), p.get("each"))
}

pub static AVAILABILITY: Family = Family {
    name: "availability",
    basis: Basis::ClosedForm,
    source: "Binomial: at least k of n parts that fail apart from each other",
    parameters: &[
        Parameter::new("parts", 1.0, 30.0, "parts that are asked at once").whole(),
        Parameter::new("needed", 1.0, 30.0, "of which so many must answer").whole(),
        Parameter::new("each", 0.5, 0.99999, "availability of each"),
    ],
    refuses: |p| {
        if p.get("needed") > p.get("parts") {
            return Some("more parts are needed than there are".to_owned());
        }
        let fails = 1.0 - available(p);
        (fails < 5e-4).then(|| format!("only a share of {fails:.1e} fails: too rare to count"))
    },
    // Failures are what is counted.
    length: |p, error| {
        let fails = 1.0 - available(p);
        let points = 1.96 / error;
        let requests = points * points * (1.0 - fails) / fails / 2.0;
        Length::all_of(requests.max(5_000.0), RATE)
    },
    design: |p| {
        let (parts, needed) = (p.whole("parts"), p.whole("needed"));
        let calls: Vec<String> = (0..parts).map(|i| format!("call p{i}")).collect();
        let (calls, how) = match needed == parts {
            true => (calls.join(", "), "all".to_owned()),
            false => (calls.join(", "), format!("first {needed} of")),
        };
        let mut text = format!(
            "[clients.users]\nrate = \"{}\"\n\n[operation.ask]\nkind = \"read\"\n\n\
             [service.server]\nslots = 1000\nservice_time = \"0 s\"\nplan.ask = [\"{how} {calls}\"]\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n\n",
            rate(RATE)
        );
        let fails = ((1.0 - p.get("each")) * 1e9).round() / 1e9;
        for part in 0..parts {
            let _ = write!(
                text,
                "[third_party.part{part}]\nlatency = \"1 ms\"\nerror_share = {fails:.9}\n\n\
                 [link.p{part}]\nfrom = \"server\"\nto = \"part{part}\"\n\n"
            );
        }
        text
    },
    expects: |p| {
        let served = available(p);
        // What is known is the share that fails.
        let tolerance = AVAILABLE_WITHIN * (1.0 - served) / served;
        let figure = Expected::near("available", "", served, |r, _| r.users.served_share);
        vec![figure.within(tolerance)]
    },
    draw: |dice| {
        let parts = dice.whole(2, 8);
        vec![
            ("parts", parts),
            ("needed", parts - dice.whole(0, 1)),
            ("each", dice.between(0.7, 0.95)),
        ]
    },
};

/// Of the share that fails.
const AVAILABLE_WITHIN: f64 = 0.1;

fn pool_carries(p: &Parameters) -> f64 {
    pool_throughput(p.whole("pool"), p.get("query_ms") / 1e3)
}

pub static POOL: Family = Family {
    name: "pool",
    basis: Basis::ClosedForm,
    source: "Little's law: connections / time each is held",
    parameters: &[
        Parameter::new("pool", 1.0, 1000.0, "connections").whole(),
        Parameter::new("query_ms", 0.1, 60_000.0, "mean time of a query in ms"),
    ],
    refuses: |_| None,
    length: |p, error| {
        let points = 1.96 / error;
        Length::of((points * points).max(50.0 * p.get("pool")), pool_carries(p))
    },
    // More users than connections, who always want something.
    design: |p| {
        let pool = p.whole("pool");
        format!(
            "[clients.users]\narrivals = \"closed\"\nusers = {users}\nthink_time = \"0 s\"\n\n\
             [service.server]\nslots = {users}\nservice_time = \"0 s\"\n\n\
             [database.store]\ncores = {users}\nconnections = \"unbounded\"\nread_time = \"{time}\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n\n\
             [link.query]\nfrom = \"server\"\nto = \"store\"\npool = {pool}\n",
            users = 3 * pool,
            time = service_time(p.get("query_ms") / 1e3, 1.0),
        )
    },
    expects: |p| {
        vec![Expected::near(
            "throughput",
            "per s",
            pool_carries(p),
            goodput,
        )]
    },
    draw: |dice| {
        vec![
            ("pool", dice.whole(2, 150)),
            ("query_ms", dice.between(5.0, 500.0)),
        ]
    },
};

/// Share of the instances that stand in the first zone.
fn in_the_zone(p: &Parameters) -> f64 {
    (p.get("instances") / p.get("zones")).ceil() / p.get("instances")
}

fn zone_design(p: &Parameters, checks: &str) -> String {
    let zones: Vec<String> = (0..p.whole("zones")).map(|z| format!("\"z{z}\"")).collect();
    let (instances, slots) = (p.whole("instances"), 100);
    let per_s = p.get("load") * f64::from(instances * slots) * 100.0;
    format!(
        "[clients.users]\narrivals = \"constant\"\nrate = \"{}\"\n\n\
         [balancer.door]\npolicy = \"round_robin\"\n{checks}\n\
         [service.server]\ninstances = {instances}\nslots = {slots}\nservice_time = \"10 ms\"\nzones = [{}]\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"door\"\n\n\
         [link.pass]\nfrom = \"door\"\nto = \"server\"\n\n\
         [[timeline]]\nwhat = \"zone_outage\"\ntarget = \"z0\"\nat = \"1 ms\"\n",
        rate(per_s),
        zones.join(", ")
    )
}

const IN_ZONES: &[Parameter] = &[
    Parameter::new("instances", 2.0, 100.0, "instances").whole(),
    Parameter::new("zones", 2.0, 10.0, "zones they are spread over").whole(),
    Parameter::new("load", 0.01, 0.9, "load of each before the outage"),
];

fn refuses_zones(p: &Parameters) -> Option<String> {
    if p.get("zones") > p.get("instances") {
        return Some("more zones than instances".to_owned());
    }
    let left = p.get("load") / (1.0 - in_the_zone(p));
    (left > 0.98).then(|| "the other zones cannot take it".to_owned())
}

fn draw_zones(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    let zones = dice.whole(2, 5);
    vec![
        ("instances", dice.whole(5, 12)),
        ("zones", zones),
        ("load", dice.between(0.05, 0.3)),
    ]
}

pub static ZONE: Family = Family {
    name: "zone-outage",
    basis: Basis::ClosedForm,
    source: "Arithmetic: without checks the zone's share of the requests fails",
    parameters: IN_ZONES,
    refuses: refuses_zones,
    length: |_, _| Length::exactly(10.0, 1.0),
    design: |p| zone_design(p, ""),
    expects: |p| {
        vec![Expected::near("failed", "", in_the_zone(p), |r, _| {
            r.users.served_share.map(|served| 1.0 - served)
        })]
    },
    draw: draw_zones,
};

pub static ZONE_CHECKED: Family = Family {
    name: "zone-outage-checked",
    basis: Basis::ClosedForm,
    source: "Arithmetic: the other zones share the work",
    parameters: IN_ZONES,
    refuses: refuses_zones,
    length: |_, _| Length::exactly(10.0, 1.0),
    design: |p| {
        zone_design(
            p,
            "health_check = \"shallow\"\ncheck_interval = \"10 ms\"\ncheck_timeout = \"10 ms\"\n",
        )
    },
    expects: |p| {
        let busy = p.get("load") * p.get("instances") * 100.0;
        vec![
            Expected::new("failed", "", Target::Exactly { value: 0.0 }, |r, _| {
                r.users.served_share.map(|served| 1.0 - served)
            }),
            Expected::near(
                "busy slots",
                "of those left",
                busy / left_slots(p),
                |r, p| Some(server(r)?.mean_busy / left_slots(p)),
            ),
        ]
    },
    draw: draw_zones,
};

fn left_slots(p: &Parameters) -> f64 {
    p.get("instances") * (1.0 - in_the_zone(p)) * 100.0
}

/// Keys that are asked for in turn, each once per second.
const KEYS: f64 = 20_000.0;

/// Each server remembers what it was asked in a cache of its own, so what it misses was asked elsewhere
/// before. A second fills the caches, a second finds everything there, then there is one server more.
fn one_more(p: &Parameters) -> String {
    let nodes = p.whole("nodes");
    format!(
        "[clients.users]\narrivals = \"constant\"\nrate = \"{}\"\n\n\
         [operation.look]\nkind = \"read\"\nkeys = {KEYS}\npopularity = \"cycle\"\n\n\
         [balancer.door]\npolicy = \"key_hash\"\nvirtual_nodes = 1000\n\n\
         [service.server]\ninstances = {nodes}\nslots = 1000\nservice_time = \"0 s\"\n\n\
         [cache.quick]\nscope = \"local\"\ncapacity = \"unbounded\"\nop_time = \"0 s\"\nthreads = 1000\n\
         connections = \"unbounded\"\n\n\
         [database.store]\ncores = 100000\nconnections = \"unbounded\"\nread_time = \"0 s\"\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"door\"\n\n[link.pass]\nfrom = \"door\"\nto = \"server\"\n\n\
         [link.lookup]\nfrom = \"server\"\nto = \"quick\"\n\n[link.fetch]\nfrom = \"server\"\nto = \"store\"\n\n\
         [[timeline]]\nwhat = \"scale\"\ntarget = \"server\"\nat = \"2 s\"\ninstances = {}\n",
        rate(KEYS),
        nodes + 1
    )
}

fn missed(report: &Report, _: &Parameters) -> Option<f64> {
    let cache = report.nodes.iter().find(|node| node.key == "quick")?;
    let lookups = cache.count("lookups");
    (lookups > 0).then(|| cache.count("misses") as f64 / lookups as f64)
}

pub static MOVED: Family = Family {
    name: "ring-moved",
    basis: Basis::ClosedForm,
    source: "D. Karger et al., Consistent Hashing and Random Trees, STOC 1997: 1 / (n + 1) of the keys move",
    parameters: &[Parameter::new("nodes", 1.0, 100.0, "servers before").whole()],
    refuses: |_| None,
    length: |_, _| Length::exactly(3.0, 2.0),
    design: one_more,
    expects: |p| {
        let moved = moved_to_new_node(p.whole("nodes"));
        vec![Expected::near("moved", "of the keys", moved, missed)]
    },
    draw: |dice| vec![("nodes", dice.whole(2, 15))],
};

/// Instances that must stay, of those there are: Kubernetes rounds what may be missing down.
fn fewest(p: &Parameters) -> f64 {
    let n = p.get("instances");
    n - (n * p.get("unavailable") + 1e-9).floor()
}

/// When the deploy begins, and how long an instance boots.
const DEPLOY_AT: f64 = 10.0;
const BOOT: f64 = 5.0;

pub static ROLLING: Family = Family {
    name: "rolling-deploy",
    basis: Basis::ClosedForm,
    source: "Kubernetes, Deployments, rolling update: maxUnavailable is rounded down, maxSurge up",
    parameters: &[
        Parameter::new("instances", 2.0, 50.0, "instances").whole(),
        Parameter::new("surge", 0.0, 1.0, "share that may come on top"),
        Parameter::new("unavailable", 0.0, 0.9, "share that may be missing"),
    ],
    refuses: |p| {
        let stuck = p.get("surge") == 0.0 && fewest(p) == p.get("instances");
        stuck.then(|| "nothing may come and nothing may go".to_owned())
    },
    // Long enough for one instance at a time.
    length: |p, _| Length::exactly(DEPLOY_AT + (p.get("instances") + 2.0) * BOOT, 0.0),
    // Slots that always have something to do show which instances take requests.
    design: |p| {
        let n = p.get("instances");
        format!(
            "[clients.users]\nrate = \"{}\"\n\n\
             [balancer.door]\npolicy = \"round_robin\"\n\n\
             [service.server]\ninstances = {n}\nslots = 10\nqueue_limit = 20\nservice_time = \"50 ms\"\n\
             boot_time = \"{}\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"door\"\n\n[link.pass]\nfrom = \"door\"\nto = \"server\"\n\n\
             [[timeline]]\nwhat = \"deploy\"\ntarget = \"server\"\nat = \"{}\"\nversion = \"v2\"\n\
             strategy = \"rolling\"\nmax_surge = {}\nmax_unavailable = {}\n",
            rate(n * 200.0 * 2.0),
            seconds(BOOT),
            seconds(DEPLOY_AT),
            p.get("surge"),
            p.get("unavailable"),
        )
    },
    expects: |p| {
        let value = fewest(p);
        vec![
            Expected::new(
                "fewest at work",
                "instances",
                Target::Exactly { value },
                |r, _| {
                    let width = r.series.bucket_ns as f64 / 1e9;
                    let busy = &server(r)?.series.busy;
                    let from = ((DEPLOY_AT - 5.0) / width) as usize;
                    let until = ((r.duration_ns as f64 / 1e9) / width) as usize - 2;
                    let least = busy.get(from..until)?.iter().min()?;
                    Some((f64::from(*least) / 10.0).round())
                },
            ),
            Expected::new(
                "in the end",
                "instances",
                Target::Exactly {
                    value: p.get("instances"),
                },
                |r, _| Some(f64::from(server(r)?.instances)),
            ),
        ]
    },
    draw: |dice| {
        vec![
            ("instances", dice.whole(4, 12)),
            ("surge", dice.between(0.1, 0.5)),
            ("unavailable", dice.between(0.0, 0.5)),
        ]
    },
};

/// Requests of which a share comes late because one of several steps, one after the other, is slow.
pub static STEPS: Family = Family {
    name: "steps-slow",
    basis: Basis::ClosedForm,
    source: "1 - (1 - p)^n: J. Dean, L. Barroso, The Tail at Scale, CACM 2013",
    parameters: &[
        Parameter::new("steps", 1.0, 50.0, "calls, one after the other").whole(),
        Parameter::new("slow", 0.001, 0.5, "share of slow answers"),
    ],
    refuses: |_| None,
    length: |p, error| {
        let share = meets_slow(p.whole("steps"), p.get("slow"));
        let points = 1.96 / error;
        let requests = points * points * (1.0 - share) / share;
        Length::of(requests.max(2_000.0), 50.0)
    },
    design: |p| {
        let steps: Vec<&str> = vec!["\"call leaf\""; p.whole("steps") as usize];
        format!(
            "[clients.users]\nrate = \"50 rps\"\n\n[operation.ask]\nkind = \"read\"\n\n\
             [service.server]\nslots = 100000\nservice_time = \"0 s\"\nplan.ask = [{}]\n\n\
             [service.leaf]\nslots = 100000\nservice_time = \"bimodal(1 ms, 1 s, slow {:.9})\"\n\n\
             [link.visit]\nfrom = \"users\"\nto = \"server\"\ntimeout = \"500 ms\"\n\n\
             [link.leaf]\nfrom = \"server\"\nto = \"leaf\"\n",
            steps.join(", "),
            p.get("slow"),
        )
    },
    expects: |p| {
        let share = meets_slow(p.whole("steps"), p.get("slow"));
        vec![Expected::near("slow", "", share, |r, _| {
            r.users.served_share.map(|served| 1.0 - served)
        })]
    },
    draw: |dice| {
        vec![
            ("steps", dice.whole(2, 30)),
            ("slow", dice.between(0.005, 0.1)),
        ]
    },
};

const fn parts(
    name: &'static str,
    title: &'static str,
    values: &'static [(&'static str, f64)],
    published: &'static [(&'static str, f64)],
) -> Row {
    Row {
        name,
        title,
        family: &AVAILABILITY,
        values,
        tolerance: AVAILABLE_WITHIN,
        published,
    }
}

const fn row(
    name: &'static str,
    title: &'static str,
    family: &'static Family,
    values: &'static [(&'static str, f64)],
    published: &'static [(&'static str, f64)],
) -> Row {
    Row {
        published,
        ..Row::new(name, title, family, values, 0.03)
    }
}

pub const ROWS: &[Row] = &[
    parts(
        "available-all-ten",
        "All of ten dependencies at 99.99 %",
        &[("parts", 10.0), ("needed", 10.0), ("each", 0.9999)],
        &[("available", 0.9990)],
    ),
    parts(
        "available-one-of-two",
        "One of two at 95 %",
        &[("parts", 2.0), ("needed", 1.0), ("each", 0.95)],
        &[("available", 0.9975)],
    ),
    parts(
        "available-majority",
        "Three of five at 90 %",
        &[("parts", 5.0), ("needed", 3.0), ("each", 0.9)],
        &[("available", 0.99144)],
    ),
    row(
        "steps-slow-50",
        "50 calls in a row, 1 % of which are slow",
        &STEPS,
        &[("steps", 50.0), ("slow", 0.01)],
        &[("slow", 0.395)],
    ),
    row(
        "pool",
        "A pool of 100 connections, queries of 50 ms",
        &POOL,
        &[("pool", 100.0), ("query_ms", 50.0)],
        &[("throughput", 2000.0)],
    ),
    row(
        "pool-slow",
        "A pool of 100 connections, queries of 500 ms",
        &POOL,
        &[("pool", 100.0), ("query_ms", 500.0)],
        &[("throughput", 200.0)],
    ),
    row(
        "zone-outage",
        "One of three zones is gone, nobody checks",
        &ZONE,
        &[("instances", 6.0), ("zones", 3.0), ("load", 0.1)],
        &[("failed", 0.3333)],
    ),
    row(
        "zone-outage-checked",
        "One of three zones is gone, the others share its work",
        &ZONE_CHECKED,
        &[("instances", 6.0), ("zones", 3.0), ("load", 0.2)],
        &[("busy slots", 0.3)],
    ),
    Row {
        name: "ring-moved",
        title: "Consistent hashing: an eleventh server is added to ten",
        family: &MOVED,
        values: &[("nodes", 10.0)],
        tolerance: 0.1,
        published: &[("moved", 0.09091)],
    },
    row(
        "rolling-deploy",
        "Rolling deploy of ten, a quarter more or less",
        &ROLLING,
        &[("instances", 10.0), ("surge", 0.25), ("unavailable", 0.25)],
        &[("fewest at work", 8.0)],
    ),
];
