use super::{SEEDS, judge, seeds};
use crate::scenario::Scenario;

/// Twice the traffic that one slot can do; a lesson about it.
const TOO_MUCH: &str = r#"
format = 1
[scenario]
id = "toy"
[run]
duration = "20 s"
[clients.users]
arrivals = "constant"
rate = "200 rps"
[service.shop]
slots = 1
service_time = "10 ms"
queue_limit = 5
price = "$1"
[link.visit]
from = "users"
to = "shop"
[goal.served]
label = "served"
metric = "served"
at_least = "99 %"
[goal.cost]
label = "cheap"
metric = "cost"
at_most = "$1.50"
[lesson.fix.faster]
label = "Three times as fast"
set = ["service.shop.service_time = 3 ms", "service.shop.queue_limit = 7"]
because = "300 per second."
[lesson.fix.fragile]
label = "Just fast enough"
set = ["service.shop.service_time = 5 ms"]
because = "200 per second, and not one more."
[lesson.not_enough.longer_line]
label = "A longer line"
set = ["service.shop.queue_limit = 500"]
because = "It fills."
[lesson.backfire.slower]
label = "Slower"
set = ["service.shop.service_time = 20 ms"]
worsens = "goodput"
because = "50 per second."
[lesson.backfire.not_worse]
label = "No better, no worse"
set = ["service.shop.queue_limit = 6"]
worsens = "cost"
because = "It is not."
[lesson.twist.more]
label = "More users"
set = ["clients.users.rate = 400 rps"]
because = "Twice as many."
[lesson.twist.more.fix.faster]
label = "Faster again"
set = ["service.shop.service_time = 2 ms"]
because = "500 per second."
"#;

#[test]
fn rows_hold_where_the_lesson_tells_the_truth() {
    let report = judge(TOO_MUCH, || ()).unwrap();
    let of = |role: &str, key: &str| {
        let row = report
            .rows
            .iter()
            .find(|row| row.role == role && row.key == key);
        row.unwrap_or_else(|| panic!("no row {role} {key}"))
    };
    assert!(of("start", "").holds);
    assert!(of("fix", "faster").holds);
    assert!(of("fix", "fragile").holds);
    assert!(of("not_enough", "longer_line").holds);
    let slower = of("backfire", "slower");
    assert!(slower.holds, "{slower:?}");
    let worse = slower.worse.as_ref().unwrap();
    assert_eq!((worse.metric, worse.on), ("goodput", SEEDS));
    assert!(!of("backfire", "not_worse").holds, "it costs what it cost");
    assert!(of("servers", "more_servers").holds);
    assert!(of("twist", "more").holds);
    assert!(of("twist_fix", "more.faster").holds);
    assert!(!report.passed);
}

#[test]
fn each_number_of_a_fix_is_moved_both_ways() {
    let report = judge(TOO_MUCH, || ()).unwrap();
    let moved: Vec<(&str, bool)> = report
        .rows
        .iter()
        .filter(|row| row.role == "moved")
        .map(|row| (row.label.as_str(), row.holds))
        .collect();
    let with = |fix: &str, knob: &str| format!("{fix} with service.shop.{knob}");
    assert_eq!(
        moved,
        [
            (&*with("Three times as fast", "service_time = 2.7 ms"), true),
            (&*with("Three times as fast", "service_time = 3.3 ms"), true),
            (&*with("Three times as fast", "queue_limit = 6"), true),
            (&*with("Three times as fast", "queue_limit = 8"), true),
            (&*with("Just fast enough", "service_time = 4.5 ms"), true),
            (&*with("Just fast enough", "service_time = 5.5 ms"), false),
        ]
    );
}

#[test]
fn servers_are_doubled_and_databases_are_larger() {
    let text = "format = 1\n[run]\nduration = \"1 s\"\n[clients.u]\nrate = \"1 rps\"\n[service.s]\n\
        instances = 3\n[database.d]\ncores = 2\n[link.a]\nfrom = \"u\"\nto = \"s\"\n[link.b]\nfrom = \"s\"\n\
        to = \"d\"\n";
    let scenario = Scenario::parse(text).unwrap();
    let set = super::brute::variant(&scenario).set;
    let lines: Vec<String> = set
        .iter()
        .map(|(path, value)| format!("{path} = {value}"))
        .collect();
    assert_eq!(
        lines,
        [
            "service.s.instances = 6",
            "database.d.cores = 4",
            "database.d.price = $0.40"
        ]
    );
}

#[test]
fn seeds_come_from_the_name() {
    assert_eq!(seeds("a"), seeds("a"));
    assert_ne!(seeds("a"), seeds("b"));
    let mut all = seeds("a");
    all.dedup();
    assert_eq!(all.len(), SEEDS);
}
