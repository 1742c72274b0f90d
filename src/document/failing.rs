//! How a system fails: each of its parts down once, and all of it under more and more load.

use super::Book;
use super::incident::{CRASHES_MAX, dependencies};
use super::markdown::{Table, blank, code, plain, prose};
use super::parts::{self, node};
use super::runs::{Made, Part};
use super::say;
use crate::experiment::growth::Limit;

/// Where it breaks first, by runs with more and more load.
pub fn limits(book: &Book) -> String {
    let head = "## Where it breaks first\n\n";
    let loads = book.made.iter().filter_map(|made| match made.part {
        Part::Load(load) => Some((load, made)),
        _ => None,
    });
    let loads: Vec<(f64, &Made)> = loads.collect();
    let at = |wanted: f64| {
        loads
            .iter()
            .find(|(load, _)| *load == wanted)
            .map(|(_, made)| *made)
    };
    let Some(found) = &book.limit else {
        return format!(
            "{head}No run says: nothing in this design brings load that could be raised. {}\n\n",
            blank("where it breaks first, and how that is known")
        );
    };
    let mut text = head.to_owned();
    match found {
        None => {
            let most = loads.iter().map(|(load, _)| *load).fold(1.0, f64::max);
            let cite = at(most).map(Made::cite).unwrap_or_default();
            text.push_str(&format!(
                "It held up to {}x the load, and more was not tried. {cite}\n\n",
                say::number(most)
            ));
        }
        Some(limit) => text.push_str(&breaks(book, limit, &at)),
    }
    let mut table = Table::new(&["load", "sent", "served", "p99", "holds", "run"]);
    let mut ordered = loads.clone();
    crate::design::order::arrange(&mut ordered, |a, b| a.0.total_cmp(&b.0));
    for (load, made) in &ordered {
        let users = &made.report.users;
        let holds = !crate::experiment::growth::has_failed(&made.report);
        table.row(&[
            format!("{}x", say::number(*load)),
            say::rate(users.offered_per_s),
            say::share_or_none(users.served_share),
            say::time_or_none(users.latency.p99_ns),
            if holds { "yes" } else { "no" }.to_owned(),
            made.cite(),
        ]);
    }
    text.push_str(&table.text());
    text.push_str(
        "\nIt has failed when less than 99 % of an operation are served, or accepted messages wait for more than 2 s \
         on average. The incidents of the timeline are left out; what jobs do does not grow.\n\n",
    );
    text
}

fn breaks<'b>(book: &Book, limit: &Limit, at: &impl Fn(f64) -> Option<&'b Made>) -> String {
    let place = match &limit.place {
        Some(key) => match book.scenario.design.link(key) {
            Some(link) => format!("the link {}", parts::link(&book.scenario, link)),
            None => node(&book.scenario, key),
        },
        None => "nothing that a figure names".to_owned(),
    };
    let sent = |load: f64| {
        let made = at(load);
        made.map_or(String::new(), |made| {
            let sent = say::rate(made.report.users.offered_per_s);
            format!(
                "{}x the load ({sent} sent, {})",
                say::number(load),
                made.cite()
            )
        })
    };
    match limit.fails > 1.0 {
        true => format!(
            "First is **{place}**: it holds at {}, and fails at {}.\n\n",
            sent(limit.holds),
            sent(limit.fails)
        ),
        false => format!(
            "It fails at its own load, first at **{place}**: {}.\n\n",
            sent(1.0)
        ),
    }
}

/// Each dependency down once.
pub fn failures(book: &Book) -> String {
    let quiet = book.quiet();
    let mut table = Table::new(&[
        "goes down",
        "served",
        "p99",
        "data",
        "users hurt",
        "what the design does about it",
        "proof",
    ]);
    let row = |made: &Made, name: String, does: String| {
        let users = &made.report.users;
        [
            name,
            say::share_or_none(users.served_share),
            say::time_or_none(users.latency.p99_ns),
            say::data(&made.report.ledger),
            made.hurt(),
            does,
            made.proof(),
        ]
    };
    table.row(&row(
        quiet,
        "*nothing*".to_owned(),
        "this is what the others are compared with".to_owned(),
    ));
    let mut text = "## When a part fails\n\n".to_owned();
    let mut crashes = 0;
    for made in &book.made {
        if let Part::Crash(key) = &made.part {
            crashes += 1;
            table.row(&row(made, node(&book.scenario, key), mitigated(book, key)));
        }
    }
    if crashes == 0 {
        text.push_str("No part of this design can go down: there is nothing but users.\n\n");
        return text;
    }
    let first = book.of(|part| matches!(part, Part::Crash(_)));
    let what = first.map_or("", |made| made.what.as_str());
    let when = what.split_once(" is down ").map_or("", |(_, when)| when);
    text.push_str(&format!(
        "Each part is down once, {when}; of everything else it is a quiet day. Served and p99 are of actions from {}.\n\n{}\n",
        say::measured(&quiet.report),
        table.text()
    ));
    let all = dependencies(&book.scenario).len();
    if all > CRASHES_MAX {
        let rest = say::count((all - CRASHES_MAX) as u64);
        text.push_str(&format!(
            "{rest} further parts were not tried. {}\n\n",
            blank("what if they fail?")
        ));
    }
    for said in &book.left_out {
        text.push_str(&format!("Not run: {}\n\n", prose(said)));
    }
    text.push_str(&format!(
        "Not simulated here, and possible: {}\n\n",
        blank("losing a region, a bad release, a person")
    ));
    text
}

/// What stands in the design for the case that this node is down.
fn mitigated(book: &Book, key: &str) -> String {
    let design = &book.scenario.design;
    let mut said = Vec::new();
    if let Some(it) = design.node(key) {
        for knob in [
            "instances",
            "replicas",
            "autoscale",
            "failover",
            "health_check",
            "on_crash",
        ] {
            if let (Some(value), Some(spec)) = (it.knobs.get(knob), it.kind.knob(knob)) {
                let value = crate::design::value::print(value, spec);
                said.push(format!("{} {}", code(knob), plain(&value)));
            }
        }
    }
    for link in design.links.iter().filter(|link| link.to == key) {
        said.push(format!(
            "on {}: {}",
            code(&link.key),
            parts::policy(link).join(", ")
        ));
    }
    match said.is_empty() {
        true => "nothing".to_owned(),
        false => said.join("; "),
    }
}
