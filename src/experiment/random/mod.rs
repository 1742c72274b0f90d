//! Random scenario files, for the laws that every design must obey: at least four nodes, two policies,
//! one fault, and 20,000 attempts. The same number gives the same text on every machine.
//!
//! A topology is drawn by hand-written rules ([`topology`]), with a few knobs that keep the load within
//! reason. Every other knob is drawn from the registry ([`knob`]): a knob that is new is drawn without
//! a line of code here. What the checks refuse is taken out again, so every text is valid.

mod columns;
pub mod copies;
mod dice;
mod knob;
pub mod payments;
mod plans;
mod text;
mod timeline;
mod topology;

use std::collections::BTreeSet;

use crate::scenario::Scenario;
use dice::Dice;
use text::Draft;

/// Rounds of taking out what does not go together.
const REPAIRS_MAX: usize = 60;

/// The text of random scenario number `n`.
///
/// # Panics
/// If no valid scenario comes out: the rules of the topology are wrong then.
pub fn scenario(n: u64) -> String {
    let mut dice = Dice::new(n);
    let mut draft = topology::draw(&mut dice);
    knob::draw_all(&mut dice, &mut draft);
    timeline::draw(&mut dice, &mut draft);
    plans::draw(&mut dice, &mut draft);
    repair(n, &mut draft)
}

/// One for the first place that keeps something: tight enough to be broken now and then.
fn invariants(n: u64, draft: &Draft) -> String {
    let keeps = |table: &&text::Table| {
        table.header.starts_with("database.") || table.header.starts_with("third_party.")
    };
    let place = draft.tables.iter().find(keeps);
    place.map_or(String::new(), |table| {
        let (key, at_most) = (table.key(), n % 4 + 1);
        let tight = format!("\n[invariant.tight]\nplace = \"{key}\"\nat_most = {at_most}\n");
        let sum = match table.header.starts_with("database.") {
            true => format!("\n[invariant.sum]\nplace = \"{key}\"\npreserves_sum = true\n"),
            false => String::new(),
        };
        tight + &sum
    })
}

/// In one of four, if it makes sense there: a job that takes back what was bought, with care or without.
fn refunds(n: u64, text: String) -> String {
    if n % 4 != 1 {
        return text;
    }
    let keeps = match n / 4 % 3 {
        0 => String::new(),
        keeps => format!("keeps = {keeps}\n"),
    };
    let more = format!(
        "\n[operation.refund]\nkind = \"write\"\nweight = 0\nkey_space = \"rows\"\nkeys = 500\n\
         undoes = \"buy\"\neffects = \"mail\"\n\n\
         [job.refunds]\noperation = \"refund\"\nstart = \"5 s\"\nevery = \"7 s\"\noverlap = \"beside\"\n\
         items = 300\nconcurrency = 4\nservice_time = \"5 ms\"\n{keeps}\n\
         [link.back]\nfrom = \"refunds\"\nto = \"mail\"\ntimeout = \"400 ms\"\nattempts = 3\n"
    );
    let with = text.clone() + &more;
    match Scenario::parse(&with) {
        Ok(_) => with,
        Err(_) => text,
    }
}

/// In one of four, if it makes sense there: a job that goes through the mails that were sent, and makes in a database
/// what is missing there, with care or without.
fn reconciliations(n: u64, draft: &Draft, text: String) -> String {
    let stores = |table: &&text::Table| table.header.starts_with("database.");
    let Some(store) = draft.tables.iter().find(stores).filter(|_| n % 4 == 3) else {
        return text;
    };
    let how = match n / 4 % 4 {
        0 => r#""work", "insert mend""#,
        1 => r#""check mend", "work", "insert mend or done""#,
        2 => r#""work", "insert mend or resume", "work", "finish mend""#,
        _ => r#""check mend", "work", "write mend""#,
    };
    let age = match n / 16 % 2 {
        0 => "",
        _ => "min_age = \"4 s\"\n",
    };
    let key = store.key();
    let more = format!(
        "\n[operation.settle]\nkind = \"write\"\nweight = 0\nkey_space = \"rows\"\nkeys = 500\n\
         completes = \"buy\"\neffects = \"{key}\"\n\n\
         [job.settles]\noperation = \"settle\"\nstart = \"4 s\"\nevery = \"6 s\"\noverlap = \"beside\"\n\
         items = 400\nconcurrency = 3\nservice_time = \"2 ms\"\n{age}\
         plan.settle = [\"read list\", {how}]\n\n\
         [link.list]\nfrom = \"settles\"\nto = \"mail\"\ntimeout = \"400 ms\"\nattempts = 3\n\n\
         [link.mend]\nfrom = \"settles\"\nto = \"{key}\"\ntimeout = \"400 ms\"\nattempts = 2\n"
    );
    let with = text.clone() + &more;
    match Scenario::parse(&with) {
        Ok(_) => with,
        Err(_) => text,
    }
}

/// Takes out the knobs that the checks object to until they are content.
fn repair(n: u64, draft: &mut Draft) -> String {
    for _ in 0..REPAIRS_MAX {
        let text = draft.text();
        let Err(found) = Scenario::parse(&text) else {
            let text = text + &invariants(n, draft);
            let text = reconciliations(n, draft, refunds(n, text));
            return columns::draw(n, draft, text);
        };
        let mut paths: BTreeSet<&str> = BTreeSet::new();
        for finding in &found {
            paths.insert(&finding.path);
        }
        let mut helped = false;
        for path in paths {
            helped |= draft.take_out(path);
        }
        assert!(
            helped,
            "random design {n} cannot be repaired: {found:#?}\n{text}"
        );
    }
    panic!("random design {n} is not valid after {REPAIRS_MAX} repairs");
}
