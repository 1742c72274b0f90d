//! Plans by hand, for what no derived plan says: transactions, updates, rows that are inserted.

use super::dice::Dice;
use super::text::{Draft, Table, quoted};

/// Steps at a database; `L` is the link.
const PLANS: &[&[&str]] = &[
    &["work", "read L", "work", "update L"],
    &["read L", "3 times read L", "work", "write L"],
    &["begin L", "read L", "work", "update L", "commit L"],
    &[
        "begin L",
        "all read L, read L partner",
        "work",
        "write L partner",
        "commit L",
    ],
    &["begin L", "write L", "work", "write L partner", "commit L"],
    &["begin L", "write L partner", "work", "write L", "commit L"],
    &[
        "begin L", "begin L", "insert L", "commit L", "write L", "commit L",
    ],
    &["check L", "work", "insert L or done"],
    &["work", "insert L or resume", "work", "finish L"],
    &[
        "begin L", "check L", "insert L", "work", "write L", "commit L",
    ],
    &[
        "work", "respond", "begin L", "read L", "update L", "commit L",
    ],
    &["work", "take L"],
    &["read L or refuse", "work", "write L"],
    &[
        "begin L",
        "read L or refuse",
        "work",
        "update L",
        "commit L",
    ],
    &["begin L", "take L", "work", "insert L", "commit L"],
];

/// The last service before the databases does what it does for `buy` by one of them.
pub fn draw(dice: &mut Dice, draft: &mut Draft) {
    if !dice.chance(60) {
        return;
    }
    let link = |from: &str, to: &str| {
        let has =
            |t: &Table, field: &str, key: &str| t.fixed.contains(&(field.to_owned(), quoted(key)));
        let mut links = draft
            .tables
            .iter()
            .filter(|t| t.header.starts_with("link."));
        let found = links.find(|t| has(t, "from", from) && has(t, "to", to));
        found.map(|t| t.key().to_owned())
    };
    let is_there = |key: &str| draft.tables.iter().any(|t| t.key() == key);
    let last = if is_there("s2") { "s2" } else { "s1" };
    let links: Vec<String> = ["d0", "d1"]
        .iter()
        .filter_map(|store| link(last, store))
        .collect();
    let Some(first) = links.first() else { return };
    let steps = PLANS[dice.below(PLANS.len() as u64) as usize];
    let counts = |step: &&str| step.starts_with("take ") || step.ends_with(" or refuse");
    if steps.iter().any(counts) {
        // Few of each, so that there are not enough.
        let stock = dice.between(1, 4).to_string();
        let first = first.clone();
        stock_of(draft, &first, stock);
    }
    let mut all: Vec<String> = steps
        .iter()
        .map(|s| quoted(&s.replace('L', first)))
        .collect();
    all.extend(
        links[1..]
            .iter()
            .map(|link| quoted(&format!("write {link}"))),
    );
    let mut tables = draft.tables.iter_mut();
    if let Some(table) = tables.find(|t| t.key() == last) {
        let plan = format!("[{}]", all.join(", "));
        table.drawn.push(("plan.buy".to_owned(), plan));
    }
}

/// So many units of each item in the database that a link leads to.
fn stock_of(draft: &mut Draft, link: &str, stock: String) {
    let is_it = |t: &&Table| t.header == format!("link.{link}");
    let to = draft.tables.iter().find(is_it).and_then(|t| {
        let to = t.fixed.iter().find(|(field, _)| field == "to");
        to.map(|(_, to)| to.clone())
    });
    let Some(to) = to else { return };
    let mut tables = draft.tables.iter_mut();
    if let Some(table) = tables.find(|t| quoted(t.key()) == to) {
        table.drawn.retain(|(knob, _)| knob != "stock");
        table.fixed.push(("stock".to_owned(), stock));
    }
}
