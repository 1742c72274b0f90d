//! Documents are true: each number in them is that of the run which stands beside it, and each run can be made again
//! from what the document itself says of it.

use std::collections::BTreeMap;

use ::brownout as lib;
use ::brownout::document::{Asked, Effect, Kind, Making, Recipe, compare, hurt, make};
use ::brownout::engine::Limits;
use ::brownout::experiment::{self, parallel, random};
use ::brownout::observe::report::Report;
use ::brownout::scenario::{Scenario, built_in};
use ::brownout::time::Duration;

use super::cli::{brownout, code, stderr, stdout};

fn asked(kind: Kind, text: &str) -> Asked {
    Asked {
        kind,
        text: text.to_owned(),
        seed: 1,
        file: "design.toml".to_owned(),
        given: Vec::new(),
        link: String::new(),
    }
}

fn written(kind: Kind, text: &str) -> String {
    make(asked(kind, text)).unwrap_or_else(|found| panic!("{found:#?}\n{text}"))
}

/// What stands between two words, from the first occurrence of the one before.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

/// A run as the document describes it.
struct Told {
    digest: String,
    seed: u64,
    recipe: Recipe,
}

/// The words of a command line, as a shell would take them apart.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words
}

fn duration(text: &str) -> Duration {
    lib::design::value::parse_duration(text).unwrap()
}

/// All runs of a document, read from its last chapter.
fn told(document: &str) -> BTreeMap<usize, Told> {
    let (_, chapter) = document.split_once("## Runs\n").expect("a chapter of runs");
    let mut all = BTreeMap::new();
    for line in chapter.lines().filter(|line| line.starts_with("| R")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let number: usize = cells[0][1..].parse().unwrap();
        let digest = cells[cells.len() - 1].trim_matches('`').to_owned();
        let seed = cells[cells.len() - 2].parse().unwrap();
        let recipe = Recipe::default();
        let it = Told {
            digest,
            seed,
            recipe,
        };
        assert!(all.insert(number, it).is_none(), "R{number} twice");
    }
    for part in chapter.split("\n**R").skip(1) {
        let (number, says) = part.split_once(":**").unwrap();
        let it = all.get_mut(&number.parse().unwrap()).expect("in the table");
        if let Some(numbers) = between(says, "by their numbers from 1: ", ";") {
            let numbers = numbers.split(", ").map(|n| n.parse::<usize>().unwrap() - 1);
            it.recipe.without = numbers.collect();
        }
        if let Some(entry) = between(says, " entry ", " of the timeline has") {
            let lasts = between(says, "`lasts = \"", "\"`").unwrap();
            it.recipe.ends = Some((entry.parse::<usize>().unwrap() - 1, duration(lasts)));
        }
        if let Some(block) = between(says, "```toml\n", "```") {
            it.recipe.add = block.to_owned();
        }
        let line = between(says, "`brownout run ", "`").expect("a command line");
        let words = words(line);
        for pair in words.windows(2) {
            match pair[0].as_str() {
                "--seed" => assert_eq!(pair[1], it.seed.to_string()),
                "--until" => it.recipe.until = Some(duration(&pair[1])),
                "--set" => {
                    let (path, value) = pair[1].split_once('=').unwrap();
                    it.recipe.set.push((path.to_owned(), value.to_owned()));
                }
                _ => {}
            }
        }
    }
    all
}

/// Makes each run again, from what the document says of it alone; all come out with their fingerprints.
fn again(text: &str, document: &str) -> BTreeMap<usize, Report> {
    let all: Vec<(usize, Told)> = told(document).into_iter().collect();
    let run = |(number, it): &(usize, Told)| {
        let scenario = it.recipe.scenario(text);
        let scenario = scenario.unwrap_or_else(|found| panic!("R{number}: {found:#?}"));
        let program = experiment::compile(&scenario, Limits::PAGE);
        let report = experiment::run(&scenario, program, it.seed);
        assert_eq!(
            report.digest, it.digest,
            "R{number} does not come out again"
        );
        (*number, report)
    };
    parallel::map(&all, run, || ()).into_iter().collect()
}

/// Heads and rows of a table.
type Rows = (Vec<String>, Vec<Vec<String>>);

fn tables(document: &str) -> Vec<Rows> {
    let cells = |line: &str| -> Vec<String> {
        let line = line.replace("\\|", "\u{1}");
        let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
        let cells = inner
            .split('|')
            .map(|cell| cell.trim().replace('\u{1}', "|"));
        cells.collect()
    };
    let mut all: Vec<Rows> = Vec::new();
    let mut is_in = false;
    for line in document.lines() {
        match (line.starts_with("| "), is_in) {
            (true, false) => all.push((cells(line), Vec::new())),
            (true, true) if line.starts_with("| ---") => {}
            (true, true) => all.last_mut().unwrap().1.push(cells(line)),
            (false, _) => {}
        }
        is_in = line.starts_with("| ");
    }
    all
}

/// The one run that a cell or a sentence cites.
fn cited(text: &str) -> Option<usize> {
    let mut found = text.match_indices("[R").filter_map(|(at, _)| {
        let rest = &text[at + 2..];
        let (number, rest) = rest.split_once(']')?;
        rest.starts_with("(#runs)").then(|| number.parse().ok())?
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// What a number says, in the base unit: nanoseconds, shares of one, dollars.
fn number(text: &str) -> f64 {
    let digits: String = text
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let value: f64 = digits
        .parse()
        .unwrap_or_else(|_| panic!("no number: {text}"));
    match text {
        _ if text.ends_with(" %") => value / 100.0,
        _ if text.ends_with(" us") => value * 1e3,
        _ if text.ends_with(" ms") => value * 1e6,
        _ if text.ends_with(" min") => value * 60e9,
        _ if text.ends_with(" s") => value * 1e9,
        _ => value,
    }
}

/// To the digits that are shown: three that matter, hundredths of a per cent.
fn is_near(shown: f64, exact: f64, least: f64) -> bool {
    (shown - exact).abs() <= (0.006 * exact.abs()).max(least)
}

/// One cell against the report that it cites; whether there is anything to hold it against.
fn holds(head: &str, cell: &str, row: &[String], report: &Report) -> Option<bool> {
    let users = &report.users;
    let none = [
        "nobody was served",
        "nobody came",
        "nothing to measure",
        "no slots",
    ];
    let optional = |exact: Option<f64>, least: f64| match exact {
        None => none.contains(&cell),
        Some(exact) => !none.contains(&cell) && is_near(number(cell), exact, least),
    };
    let share = |exact: Option<f64>| match exact {
        // To the hundredth of a per cent, and never all or nothing if it is not.
        Some(exact) => {
            let shown = number(cell);
            (shown - exact).abs() <= 1.01e-4 && (shown == 1.0) == (exact == 1.0)
        }
        None => none.contains(&cell),
    };
    let node = report.nodes.iter().find(|it| {
        row[0].contains(&format!("(`{}`)", it.key)) || row[0] == format!("`{}`", it.key)
    });
    Some(match head {
        "served" => share(users.served_share),
        "p99" => optional(users.latency.p99_ns.map(|ns| ns as f64), 0.0),
        "in part" => number(cell) == users.degraded as f64,
        "hurt" => number(cell) == hurt(report) as f64,
        "cost" => is_near(
            number(cell),
            report.cost.total_micro_per_hour as f64 / 1e6,
            0.0,
        ),
        "sent" => optional(Some(users.offered_per_s), 0.006),
        "data" => data(cell, report),
        "arrived" => is_near(number(cell), node?.arrived_per_s, 0.006),
        "busy" => share(node?.utilisation),
        "waiting, mean" => is_near(number(cell), node?.mean_waiting, 0.006),
        "instances, mean" => is_near(number(cell), node?.mean_instances, 0.006),
        "fired" => {
            let key = between(&row[0], "`", "`")?;
            let alert = report.alerts.iter().find(|it| it.key == key)?;
            number(cell) == alert.fired as f64
        }
        "measured" => {
            let metric = row[1].trim_matches('`');
            let goals = report.goals.iter().filter(|goal| goal.metric == metric);
            // Times of goals are in milliseconds.
            let scale = if metric.starts_with("latency") || metric.ends_with("age") {
                1e6
            } else {
                1.0
            };
            let mut measured = goals.map(|goal| goal.measured.map(|it| it * scale));
            measured.any(|exact| optional(exact, 1.01e-4))
        }
        "how much" => return impact(&row[0], cell, report),
        _ => return None,
    })
}

fn data(cell: &str, report: &Report) -> bool {
    let ledger = &report.ledger;
    let said: BTreeMap<&str, f64> = match cell {
        "nothing wrong in the data" => BTreeMap::new(),
        cell => {
            let parts = cell
                .split(", ")
                .filter(|part| part.contains(|c: char| c.is_ascii_digit()));
            parts
                .map(|part| {
                    let (what, n) = part.rsplit_once(' ').unwrap();
                    (what, number(n))
                })
                .collect()
        }
    };
    let of = |what: &str| said.get(what).copied().unwrap_or(0.0);
    let parts = [
        ("lost", ledger.lost),
        ("duplicate", ledger.duplicate),
        ("partial", ledger.partial),
        ("stale", ledger.stale),
        ("out of order", ledger.out_of_order),
        ("lost updates", ledger.lost_updates),
    ];
    parts.iter().all(|(what, n)| of(what) == *n as f64)
}

fn impact(what: &str, cell: &str, report: &Report) -> Option<bool> {
    let users = &report.users;
    let not_served = users.failed + users.abandoned + users.unanswered;
    let is = |n: u64| number(cell) == n as f64;
    let time = |ns: Option<u64>| match ns {
        Some(ns) => is_near(number(cell), ns as f64, 0.0),
        None => cell == "nobody was served",
    };
    Some(match what {
        _ if what.starts_with("actions, begun from") => is(users.actions),
        "of them not served" => is(not_served),
        "share served" => (number(cell) - users.served_share?).abs() <= 1.01e-4,
        "half waited at most" => time(users.latency.p50_ns),
        "99 of 100 waited at most" => time(users.latency.p99_ns),
        "tries per action" => is_near(number(cell), users.tries_per_action?, 0.006),
        "data: lost, whole run" => is(report.ledger.lost),
        "data: duplicate, whole run" => is(report.ledger.duplicate),
        "data: partial, whole run" => is(report.ledger.partial),
        "data: stale, whole run" => is(report.ledger.stale),
        "cost" => is_near(
            number(cell),
            report.cost.total_micro_per_hour as f64 / 1e6,
            0.0,
        ),
        _ => return None,
    })
}

/// Holds all cells of all tables, and counts in sentences, against the runs that they cite; how many.
fn hold(document: &str, reports: &BTreeMap<usize, Report>) -> usize {
    let mut held = 0;
    for (heads, rows) in tables(document) {
        for row in rows {
            let Some(run) =
                cited(&row[row.len() - 1]).or_else(|| cited(row.get(row.len().wrapping_sub(2))?))
            else {
                continue;
            };
            let report = &reports[&run];
            for (head, cell) in heads.iter().zip(&row) {
                if let Some(is_true) = holds(head, cell, &row, report) {
                    assert!(is_true, "R{run}, {head}: {cell}, in {row:?}");
                    held += 1;
                }
            }
        }
    }
    for sentence in document.lines().filter(|line| !line.starts_with('|')) {
        let Some(report) = cited(sentence).map(|run| &reports[&run]) else {
            continue;
        };
        let users = &report.users;
        let not_served = users.failed + users.abandoned + users.unanswered;
        let wanted = [
            (" actions", users.actions),
            (" were not served", not_served),
        ];
        for (after, exact) in wanted {
            for (at, _) in sentence.match_indices(after) {
                // A rate in the chain of causes is another thing.
                if sentence[at..].starts_with(" actions a second") {
                    continue;
                }
                let before = &sentence[..at];
                let digits = before
                    .rsplit(|c: char| !c.is_ascii_digit() && c != ',')
                    .next();
                let digits = digits.unwrap_or_default().replace(',', "");
                let Ok(n) = digits.parse::<u64>() else {
                    continue;
                };
                // "5 of 100 actions were not served" names the whole first.
                let is_of_all = after == " were not served" && before.ends_with(" actions");
                if !is_of_all {
                    assert_eq!(n, exact, "{sentence}");
                    held += 1;
                }
            }
        }
    }
    held
}

/// In each table of what was tried: the least hurt first; what helps helps, and what does not, does not.
fn is_in_order(document: &str, reports: &BTreeMap<usize, Report>) -> usize {
    let mut tried = 0;
    let base = &reports[&1];
    for (part, effect) in [
        ("**Do, in this order**", Effect::Better),
        ("**Without effect**", Effect::Same),
        ("**Do not**", Effect::Worse),
    ] {
        for chapter in document.split(part).skip(1) {
            let chapter = chapter.split("\n**").next().unwrap();
            for (heads, rows) in tables(chapter) {
                assert_eq!(heads[0], "do");
                let runs: Vec<&Report> = rows
                    .iter()
                    .map(|row| &reports[&cited(&row[7]).unwrap()])
                    .collect();
                assert!(
                    runs.iter().all(|run| compare(base, run) == effect),
                    "{part}: {rows:#?}"
                );
                assert!(runs.is_sorted_by_key(|run| hurt(run)), "{part}: {rows:#?}");
                tried += runs.len();
            }
        }
    }
    tried
}

fn lesson_is_true(id: &str) {
    let text = built_in::text(id).unwrap();
    for kind in Kind::ALL {
        let document = written(kind, text);
        let reports = again(text, &document);
        let held = hold(&document, &reports);
        assert!(
            held >= 10,
            "{id}, {}: only {held} numbers\n{document}",
            kind.code()
        );
        assert!(document.contains("‹fill in:"), "{id}");
        if kind == Kind::Runbook {
            let tried = is_in_order(&document, &reports);
            assert!(tried >= 5, "{id}: {tried} mitigations\n{document}");
        }
        if kind == Kind::Design {
            assert!(
                reports.len() >= 4,
                "{id}: each node down, and more and more load"
            );
        }
    }
}

#[test]
fn each_number_of_the_retry_storm_is_that_of_its_run() {
    lesson_is_true("s04-retry-storm");
}

#[test]
fn each_number_of_charged_twice_is_that_of_its_run() {
    lesson_is_true("s05-charged-twice");
}

#[test]
fn each_number_of_what_should_wake_you_is_that_of_its_run() {
    lesson_is_true("s24-what-should-wake-you");
}

#[test]
fn the_same_design_and_seed_give_the_same_document() {
    let text = built_in::text("s04-retry-storm").unwrap();
    for kind in [Kind::PostMortem, Kind::Runbook] {
        assert_eq!(written(kind, text), written(kind, text));
    }
}

/// What the lesson says helps is what the runbook finds, and it says of nothing that it would have paged.
#[test]
fn the_storm_has_a_runbook_without_an_alert() {
    let text = built_in::text("s04-retry-storm").unwrap();
    let document = written(Kind::Runbook, text);
    assert!(
        document.contains("**Nothing would have paged anybody:**"),
        "{document}"
    );
    let (_, does) = document.split_once("**Do, in this order**").unwrap();
    let does = does.split("\n**").next().unwrap();
    for helps in [
        "`link.browse.retry_budget` = 10 %",
        "`service.catalogue.queue_limit` = 50",
    ] {
        assert!(does.contains(helps), "{helps}\n{document}");
    }
    let more = "`link.browse.attempts` = 5";
    assert!(
        !does.contains(more) && document.contains(more),
        "{document}"
    );
}

const SMALL: &str = "format = 1\n[scenario]\nid = \"small\"\ntitle = \"A | b\"\n[run]\nduration = \"20 s\"\n\
    [clients.users]\nrate = \"20 rps\"\n[service.shop]\nlabel = \"<b>Shop</b> `x`\"\n\
    [link.visit]\nfrom = \"users\"\nto = \"shop\"\ntimeout = \"1 s\"\n";

#[test]
fn a_design_in_which_nothing_goes_wrong_has_documents() {
    for kind in Kind::ALL {
        let document = written(kind, SMALL);
        let reports = again(SMALL, &document);
        hold(&document, &reports);
        assert!(
            document.contains("‹fill in:") && !document.contains("<b>"),
            "{document}"
        );
        assert!(document.contains(": A \\| b\n"), "{document}");
    }
    let runbook = written(Kind::Runbook, SMALL);
    assert!(
        runbook.contains("There was no moment in this run"),
        "{runbook}"
    );
    let post_mortem = written(Kind::PostMortem, SMALL);
    assert!(
        post_mortem.contains("No stretch of this run stands out"),
        "{post_mortem}"
    );
}

#[test]
fn a_design_of_one_part_has_documents() {
    let parts = [
        "[clients.users]\nrate = \"5 rps\"\n",
        "[service.alone]\n",
        "[database.alone]\n",
    ];
    let mut made = 0;
    for part in parts {
        let text = format!("format = 1\n[run]\nduration = \"10 s\"\n{part}");
        // Some of them cannot run: then it is said why, in no panic.
        for kind in Kind::ALL {
            let refused = Scenario::parse(&text).is_err();
            let document = make(asked(kind, &text));
            assert_eq!(document.is_err(), refused);
            if let Ok(document) = document {
                made += 1;
                assert!(document.contains("‹fill in:"), "{document}");
            }
        }
    }
    let with_users =
        format!("{SMALL}[alert.never]\nnode = \"shop\"\nerror_share_above = \"50 %\"\n");
    let runbook = written(Kind::Runbook, &with_users);
    assert!(runbook.contains("It did not fire in this run"), "{runbook}");
    assert!(
        runbook.contains("There was no moment in this run"),
        "{runbook}"
    );
    println!("{made} documents of one part");
}

#[test]
fn what_cannot_run_is_refused_with_a_reason() {
    let found = make(asked(Kind::Design, "format = 1\n[run]\n")).unwrap_err();
    assert!(
        found.iter().any(|it| it.path.contains("duration")),
        "{found:#?}"
    );
}

#[test]
fn random_designs_have_documents() {
    let numbers: Vec<u64> = (0..6).collect();
    parallel::map(
        &numbers,
        |&n| {
            let text = random::scenario(n);
            // The whole of a runbook is many runs; each design has one of the three.
            let kind = Kind::ALL[n as usize % 3];
            let document = written(kind, &text);
            assert!(document.contains("‹fill in:"), "design {n}");
            let all = told(&document);
            // Two of the runs of each, made again.
            for (number, it) in all.iter().rev().take(1).chain(all.iter().take(1)) {
                let scenario = it.recipe.scenario(&text).unwrap();
                let report =
                    experiment::run(&scenario, experiment::compile(&scenario, Limits::PAGE), 1);
                assert_eq!(report.digest, it.digest, "design {n}, R{number}");
            }
        },
        || (),
    );
}

#[test]
fn progress_only_grows() {
    let mut making = Making::new(asked(Kind::Design, SMALL)).unwrap();
    let mut before = 0;
    while !making.go_on() {
        let (made, needed) = making.progress();
        assert!(made >= before && needed >= made);
        before = made;
    }
    let (made, needed) = making.progress();
    assert!(made == needed && made > 3, "{made} of {needed}");
}

const S04: &str = "scenarios/s04-retry-storm.toml";

#[test]
fn the_command_line_writes_documents() {
    let output = brownout(&[
        "document",
        S04,
        "--kind",
        "post-mortem",
        "--seed",
        "3",
        "--set",
        "link.browse.retry_budget=10 %",
    ]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let document = stdout(&output);
    assert!(
        document.starts_with("# Post-mortem: The retry that ate production\n"),
        "{document}"
    );
    let line = between(&document, "- `brownout ", "`").unwrap();
    assert!(
        line.contains("--set 'link.browse.retry_budget=10 %'"),
        "{line}"
    );
    // The line that it prints gives the fingerprint that it prints; so does the link.
    let mut args = words(line);
    args.extend([
        "--format".to_owned(),
        "json".to_owned(),
        "--no-stories".to_owned(),
    ]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let run = brownout(&args);
    let json: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let digest = json["digest"].as_str().unwrap();
    assert!(
        document.contains(&format!("gives the fingerprint `{digest}`")),
        "{document}"
    );
    let link = between(&document, "the address of the page: `", "`").unwrap();
    let (shared, _) = lib::share::link::decode(link).unwrap();
    let (text, _) = shared.to_text(built_in::text).unwrap();
    let scenario = Scenario::parse(&text).unwrap();
    let report = experiment::run(
        &scenario,
        experiment::compile(&scenario, Limits::PAGE),
        shared.seed,
    );
    assert_eq!((report.digest.as_str(), shared.seed), (digest, 3));
}

#[test]
fn the_command_line_says_what_is_wrong() {
    let refused = |args: &[&str]| {
        let output = brownout(args);
        (code(&output), stderr(&output))
    };
    let (exit, said) = refused(&["document", S04]);
    assert!(exit == 2 && said.contains("--kind"), "{said}");
    let (exit, said) = refused(&["document", S04, "--kind", "poem"]);
    assert!(exit == 2 && said.contains("post-mortem"), "{said}");
    let (exit, said) = refused(&["document", "no-such.toml", "--kind", "design"]);
    assert!(exit == 1 && said.contains("no-such.toml"), "{said}");
    let (exit, said) = refused(&[
        "document",
        S04,
        "--kind",
        "design",
        "--set",
        "link.brows.attempts=1",
    ]);
    assert!(exit == 3 && said.contains("browse"), "{said}");
    let folder = std::env::temp_dir().join("brownout-no-such-folder/x.md");
    let folder = folder.to_str().unwrap();
    let (exit, said) = refused(&["document", S04, "--kind", "post-mortem", "--output", folder]);
    assert!(exit == 1 && said.contains("failed to write"), "{said}");
}

/// The tests above can fail: one number that is off by one, or one fingerprint, is noticed.
#[test]
fn a_number_that_is_not_of_its_run_is_noticed() {
    let text = built_in::text("s04-retry-storm").unwrap();
    let document = written(Kind::PostMortem, text);
    let reports = again(text, &document);
    let users = &reports[&1].users;
    let fails = |from: &str, to: &str| {
        let tampered = document.replacen(from, to, 1);
        assert_ne!(tampered, document, "{from} is there");
        let held = || hold(&tampered, &again(text, &tampered));
        assert!(
            std::panic::catch_unwind(held).is_err(),
            "{to} is not noticed"
        );
    };
    assert!(users.actions > 1_000);
    let row = document
        .lines()
        .find(|line| line.starts_with("| actions, begun"))
        .unwrap();
    fails(row, &row.replacen("6 |", "7 |", 1));
    fails("| share served | 0 %", "| share served | 1 %");
    fails("| tries per action | 3 |", "| tries per action | 2.9 |");
    fails("| cost | $0.10/h", "| cost | $0.11/h");
    let digest = reports[&1].digest.clone();
    fails(
        &format!("| `{digest}` |"),
        &format!("| `{}` |", "0".repeat(32)),
    );
}
