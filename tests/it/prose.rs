//! Numbers in the text of a lesson are what they refer to.

use std::fs;
use std::path::Path;

use brownout::experiment::gate;
use brownout::scenario::diagnostic::Diagnostic;
use brownout::scenario::{Scenario, check};

/// A shop with one slot, and a lesson that says `because` of it.
fn lesson(because: &str) -> String {
    format!(
        r#"
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
attempts = 3
[goal.served]
label = "At least {{99 % = goal.served.at_least}} are served"
metric = "served"
at_least = "99 %"
[lesson]
numbers = ["wall = service.shop.slots / service.shop.service_time"]
[lesson.fix.faster]
label = "Faster"
set = ["service.shop.service_time = 2 ms"]
because = """{because}"""
"#
    )
}

fn errors(text: &str) -> Vec<Diagnostic> {
    let mut found = check(text).diagnostics;
    found.retain(|finding| finding.code.starts_with('E'));
    found
}

/// What is wrong with a text: the code and the remedy of the first finding.
fn refused(because: &str) -> Option<(&'static str, String)> {
    let found = errors(&lesson(because)).into_iter().next()?;
    Some((found.code, found.help.unwrap_or_default()))
}

#[test]
fn a_right_number_passes() {
    for because in [
        "{200 rps = clients.users.rate} arrive.",
        "{200 per second = clients.users.rate} arrive, {two hundred = clients.users.rate} of them.",
        "{Three = link.visit.attempts} tries are {600 requests/s = clients.users.rate * link.visit.attempts}.",
        "The work takes {2 ms = service.shop.service_time}, at the start {10 ms = start.service.shop.service_time}.",
        "It can do {500 = wall}, at the start {100 = start.wall}: {five times = wall / start.wall} as much.",
        "{99 of 100 = goal.served.at_least}, {one in a hundred = 1 - goal.served.at_least} is not.",
        "The {third = link.visit.attempts} try is the last; {a third = 1 / link.visit.attempts} of all.",
        "In {half a minute = 30 * (run.duration / 20)}, {more than 400 = wall}, {about 480 = wall}.",
        "At {11:04 = story}, S04 and p99 answered HTTP 503 to `2 ms`, once, in part 2; done twice.",
        "It costs {$1 = service.shop.price}, {1,000 = 5 * clients.users.rate} and {0.1 % = 1 - 0.999}.",
    ] {
        assert_eq!(refused(because), None, "{because}");
    }
}

#[test]
fn a_wrong_number_is_refused_with_the_right_one() {
    for (because, right) in [
        ("{300 rps = clients.users.rate}", "it is 200 in that unit"),
        ("{Two = link.visit.attempts} tries", "it is 3"),
        (
            "{10 ms = service.shop.service_time}",
            "it is 2 in that unit",
        ),
        ("{210 = clients.users.rate}", "it is 200 per second"),
        ("{200 s = clients.users.rate}", "it is 200 per second"),
        ("{more than 500 = wall}", "it is 500 per second"),
        ("{99.5 % = goal.served.at_least}", "it is 99 in that unit"),
        ("{third = 1 / (2 + link.visit.attempts)}", "it is 0.2"),
    ] {
        let (code, help) = refused(because).unwrap_or_else(|| panic!("{because} passes"));
        assert_eq!((code, help.as_str()), ("E0508", right), "{because}");
    }
    for because in [
        "{5 = 5}",
        "{5 = nothing.there}",
        "{5 = clients.users.rate + link.visit.timeout}",
        "{5 = clients.users.rate + service.shop.service_time}",
        "{5 = (wall}",
        "{many = wall}",
        "{5 = fix.slower.wall}",
    ] {
        let (code, _) = refused(because).unwrap_or_else(|| panic!("{because} passes"));
        assert_eq!(code, "E0508", "{because}");
    }
}

#[test]
fn a_changed_knob_makes_a_caption_untrue() {
    let text = lesson("{500 = wall} requests per second.");
    assert_eq!(errors(&text), []);
    let changed = text.replace("= 2 ms\"", "= 4 ms\"");
    let found = errors(&changed);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].code, "E0508");
    let place = found[0].place.as_ref().unwrap();
    assert_eq!(place.text, "{500 = wall}");
    assert_eq!(found[0].path, "lesson.fix.faster.because");
}

#[test]
fn bare_numbers_are_refused() {
    for (because, bare) in [
        ("{2 ms = service.shop.service_time}, 100 of them.", "100"),
        ("Two of them.", "Two"),
        ("A ten-second pause.", "ten-second"),
        ("Twice as many.", "Twice"),
        ("About half of all.", "half"),
        ("At 11:04 it began.", "11:04"),
        ("A {brace that says nothing}.", "{brace that says nothing}"),
    ] {
        let found = errors(&lesson(because));
        assert_eq!(found.len(), 1, "{because}: {found:?}");
        assert_eq!(found[0].code, "E0507");
        assert_eq!(found[0].place.as_ref().unwrap().text, bare);
        assert!(found[0].help.as_ref().unwrap().contains("{700 rps = "));
    }
}

/// Lessons from before there were references stay valid.
#[test]
fn a_lesson_without_references_is_left_as_it_is() {
    let text = lesson("300 of them, twice as many as 150.")
        .replace("{99 % = goal.served.at_least}", "99 %");
    assert_eq!(errors(&text), []);
}

#[test]
fn a_number_of_a_run_is_held_against_the_run() {
    let judged = |because: &str| {
        let text = lesson(because);
        assert_eq!(errors(&text), [], "{because}");
        let report = gate::judge_told(&text, || ()).unwrap();
        let fault = report.rows.iter().find_map(|row| row.fault.clone());
        (report.passed, fault)
    };
    for because in [
        "{All of 100 % = run.served} are served.",
        "At the start {half = run.start.served}, and {200 = run.goodput} per second now.",
        "{100 % = run.goal.served}, and {200 = run.nodes.shop.arrived_per_s} arrive.",
        "{200 = run.users.offered_per_s}, {4,000 = run.links.visit.calls}, {$1 = run.cost}.",
        "{2 ms = run.latency_p50} and {2 ms = run.nodes.shop.sojourn.p50_ns}.",
    ] {
        assert_eq!(judged(because), (true, None), "{because}");
    }
    let (passed, fault) = judged("{90 % = run.served} are served.");
    assert!(!passed);
    assert!(fault.unwrap().contains("it is 100 in that unit"));
    assert!(!judged("{90 % = run.nothing} are served.").0);
    // And the whole gate says so, too.
    let report = gate::judge(&lesson("{90 % = run.served} are served."), || ()).unwrap();
    let told: Vec<bool> = report
        .rows
        .iter()
        .filter(|row| row.role == "told")
        .map(|row| row.holds)
        .collect();
    assert_eq!(told, [false, false], "the number, and their sum");
}

#[test]
fn braces_are_not_shown() {
    let scenario = Scenario::parse(&lesson("{200 rps = clients.users.rate} arrive.")).unwrap();
    assert_eq!(scenario.lesson.fixes[0].because, "200 rps arrive.");
    assert_eq!(scenario.goals[0].label, "At least 99 % are served");
}

/// Where there is no lesson, text is text.
#[test]
fn a_drawing_may_have_braces_in_its_labels() {
    let text = "format = 1\n[run]\nduration = \"1 s\"\n[clients.u]\nlabel = \"{a = b}\"\nrate = \"1 rps\"\n\
        [service.s]\n[link.l]\nfrom = \"u\"\nto = \"s\"\n[goal.g]\nlabel = \"{x = y} and {\"\nmetric = \"served\"\nat_least = \"1 %\"\n";
    let checked = check(text);
    let scenario = checked.scenario.unwrap();
    assert_eq!(scenario.design.nodes[0].label.as_deref(), Some("{a = b}"));
    assert_eq!(scenario.goals[0].label, "{x = y} and {");
}

#[test]
fn every_lesson_says_of_what_its_numbers_are_numbers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "toml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display();
        assert!(
            text.contains(" = goal."),
            "{name} refers to no goal: its numbers are not looked at"
        );
        let scenario = Scenario::parse(&text).unwrap();
        let (lesson, about) = (&scenario.lesson, &scenario.about);
        let shown = format!("{:?} {:?} {:?}", lesson.hook, lesson.hints, about.concept);
        assert!(
            !shown.contains(" = run.") && !shown.contains(" = story"),
            "{name}: {shown}"
        );
        seen += 1;
    }
    assert!(seen >= 15);
}
