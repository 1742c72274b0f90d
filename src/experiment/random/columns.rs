//! Rows with columns, in some designs: a column comes, a release writes both, a job copies, another release
//! reads the new one, the old one goes; in this order or another, with care or without.

use super::dice::Dice;
use super::text::{Draft, Table};
use crate::scenario::Scenario;

/// In one of three, at the first database where it makes sense.
pub fn draw(n: u64, draft: &Draft, text: String) -> String {
    if !n.is_multiple_of(3) {
        return text;
    }
    let databases = draft
        .tables
        .iter()
        .filter(|t| t.header.starts_with("database."));
    let with = |database: &Table| {
        Some(with(n, draft, database, &text)).filter(|t| Scenario::parse(t).is_ok())
    };
    let found = databases.rev().find_map(with);
    found.unwrap_or(text)
}

fn field<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    let found = table.fixed.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.trim_matches('"'))
}

/// Puts lines at the beginning of a table.
fn put(text: &str, header: &str, lines: &str) -> String {
    let header = format!("[{header}]\n");
    text.replacen(&header, &(header.clone() + lines), 1)
}

fn with(n: u64, draft: &Draft, database: &Table, text: &str) -> String {
    let mut dice = Dice::new(n ^ 0xc01_0111);
    let key = database.key();
    let asks = |table: &&Table| {
        let mut links = draft.tables.iter().filter(|t| t.kind.name == "link");
        let is_it =
            |t: &Table| field(t, "from") == Some(table.key()) && field(t, "to") == Some(key);
        matches!(table.kind.name, "service" | "worker") && links.any(is_it)
    };
    let mut more = put(text, &database.header, "columns = [\"old\"]\n");
    let named = |writes: &str, reads: &str| {
        let mut lines = String::new();
        if !writes.is_empty() {
            lines += &format!("writes_columns = [{writes}]\n");
        }
        if !reads.is_empty() {
            lines += &format!("reads_column = \"{reads}\"\n");
        }
        lines
    };
    let mut at = |from: u64, to: u64| dice.between(from, to);
    let mut entries = vec![
        (
            at(1_000, 6_000),
            "schema_change",
            key.to_owned(),
            "adds = \"new\"\n".to_owned(),
        ),
        (
            at(20_000, 38_000),
            "schema_change",
            key.to_owned(),
            "drops = \"old\"\n".to_owned(),
        ),
    ];
    for app in draft.tables.iter().filter(asks) {
        let (first, second, third) = (at(4_000, 9_000), at(12_000, 22_000), at(22_000, 36_000));
        let app_key = app.key().to_owned();
        more = put(&more, &app.header, &named("\"old\"", "old"));
        let releases = [
            (first, named("\"old\", \"new\"", "old")),
            (
                second,
                named(
                    if at(0, 3) == 0 {
                        ""
                    } else {
                        "\"old\", \"new\""
                    },
                    "new",
                ),
            ),
            (third, named("\"new\"", "new")),
        ];
        for (at, columns) in releases {
            entries.push((
                at,
                "deploy",
                app_key.clone(),
                "strategy = \"rolling\"\n".to_owned() + &columns,
            ));
        }
        if at(0, 2) == 0 {
            entries.push((at(30_000, 38_000), "rollback", app_key, String::new()));
        }
    }
    for (at, what, target, lines) in entries {
        more += &format!(
            "\n[[timeline]]\nwhat = \"{what}\"\ntarget = \"{target}\"\nat = \"{at} ms\"\n{lines}"
        );
    }
    let guard = at(0, 1) == 1;
    let (start, time) = (at(5_000, 18_000), at(1, 400));
    more += &format!(
        "\n[operation.carry]\nkind = \"write\"\nweight = 0\nkey_space = \"rows\"\nkeys = 500\n\n\
         [job.carries]\noperation = \"carry\"\nstart = \"{start} ms\"\nconcurrency = 8\nservice_time = \"{time} ms\"\n\
         version_guard = {guard}\ncopies_from = \"old\"\ncopies_into = [\"new\"]\n\n\
         [link.carry]\nfrom = \"carries\"\nto = \"{key}\"\ntimeout = \"2 s\"\n"
    );
    more
}
