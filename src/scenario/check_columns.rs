//! Columns: who names one that there never is, changes of the schema that do not follow each other, and what
//! cannot go together.

use std::collections::BTreeMap;

use super::check_job::guards;
use super::check_queries::table_of;
use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::order::arrange;
use crate::design::registry::OPERATION;
use crate::design::value::{Value, cut};
use crate::design::{Design, Node, Settings, TimelineEntry};

type Timeline = [(String, TimelineEntry)];

/// What the timeline does to columns of the design is checked with it.
pub fn check(f: &mut Findings<'_>, design: &Design, timeline: &Timeline) {
    for node in &design.nodes {
        match node.kind.name {
            "database" => database(f, design, node, timeline),
            "job" => backfill(f, design, node),
            _ => {}
        }
        let settings = Settings::new(node.kind, &node.knobs);
        let path = |knob: &str| format!("{}.{}.{knob}", node.kind.name, node.key);
        named(f, (design, timeline), node, &settings, &path);
    }
    for (path, entry) in timeline.iter().filter(|(_, e)| e.what.name == "deploy") {
        let node = entry.target().and_then(|key| design.node(key));
        if let Some(node) = node.filter(|node| node.kind.knob("writes_columns").is_some()) {
            let settings = Settings::new(entry.what, &entry.knobs);
            let path = |knob: &str| format!("{path}.{knob}");
            named(f, (design, timeline), node, &settings, &path);
        }
    }
}

fn columns_of(node: &Node) -> Option<Vec<String>> {
    let is_database = node.kind.name == "database";
    let knobs = is_database.then(|| Settings::new(node.kind, &node.knobs))?;
    knobs.opt_names("columns")
}

/// Changes of a database's columns, in the order of their times.
fn changes<'t>(timeline: &'t Timeline, key: &str) -> Vec<&'t (String, TimelineEntry)> {
    let is_it = |e: &TimelineEntry| e.what.name == "schema_change" && e.target() == Some(key);
    let mut all: Vec<_> = timeline.iter().filter(|(_, e)| is_it(e)).collect();
    arrange(&mut all, |(_, a), (_, b)| a.begins().cmp(&b.begins()));
    all
}

fn said(entry: &TimelineEntry, knob: &str) -> Option<String> {
    Settings::new(entry.what, &entry.knobs).opt_text(knob)
}

fn database(f: &mut Findings<'_>, design: &Design, node: &Node, timeline: &Timeline) {
    let changes = changes(timeline, &node.key);
    let Some(columns) = columns_of(node) else {
        for (path, entry) in changes {
            let knob = ["adds", "drops"]
                .into_iter()
                .find(|knob| said(entry, knob).is_some());
            if let Some(knob) = knob {
                let message = format!("`{}` has no columns", node.key);
                f.error_at(code::IMPOSSIBLE, &format!("{path}.{knob}"), message)
                    .help("say which there are at the beginning: `columns = [\"name\"]`");
            }
        }
        return;
    };
    alone(f, design, node);
    let mut tables: Vec<String> = design.operations.iter().map(table_of).collect();
    tables.sort();
    tables.dedup();
    let mut there: BTreeMap<String, Vec<String>> = tables
        .into_iter()
        .map(|table| (table, columns.clone()))
        .collect();
    for (path, entry) in changes {
        follows(f, &mut there, path, entry);
    }
}

/// A change finds the columns as those before it have left them.
fn follows(
    f: &mut Findings<'_>,
    there: &mut BTreeMap<String, Vec<String>>,
    path: &str,
    entry: &TimelineEntry,
) {
    let (adds, drops) = (said(entry, "adds"), said(entry, "drops"));
    let table = said(entry, "table");
    let its = |name: &str| table.as_ref().is_none_or(|table| table == name);
    let mut found: Option<(&str, String, &str)> = None;
    for (table, columns) in there.iter_mut().filter(|(name, _)| its(name)) {
        let table = cut(table);
        if let Some(column) = &adds {
            if columns.contains(column) {
                let message = format!("the table `{table}` has a column `{}` already", cut(column));
                found.get_or_insert(("adds", message, "give the new column another name"));
            } else {
                columns.push(column.clone());
            }
        }
        if let Some(column) = &drops {
            if !columns.contains(column) {
                let message = format!("the table `{table}` has no column `{}` then", cut(column));
                let remedy = "drop one that is there: of `columns`, or one that was added before";
                found.get_or_insert(("drops", message, remedy));
            } else if columns.len() == 1 || adds == drops {
                let message = format!("the table `{table}` would have no column left");
                let remedy = "add another one before, and let a job copy what is in this one";
                found.get_or_insert(("drops", message, remedy));
            } else {
                columns.retain(|there| there != column);
            }
        }
    }
    if let Some((knob, message, remedy)) = found {
        f.error_at(code::IMPOSSIBLE, &format!("{path}.{knob}"), message)
            .help(remedy);
    }
}

/// Rows with columns are in one place each, and applications ask for them themselves.
fn alone(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    let asks = |kind: &str| {
        let mut links = design.links.iter().filter(|link| link.to == node.key);
        links.any(|link| design.node(&link.from).is_some_and(|n| n.kind.name == kind))
    };
    let others = [
        (
            settings.count("replicas") > 0,
            "`replicas`",
            "columns of copies are not simulated",
        ),
        (
            settings.value("backup_every") != Value::Off,
            "`backup_every`",
            "columns of backups are not simulated",
        ),
        (
            asks("feed"),
            "a change feed",
            "feeds know nothing of columns",
        ),
        (
            asks("balancer"),
            "a balancer in front",
            "who names a column has to ask for it: let the applications call the database",
        ),
        (
            asks("cache"),
            "a cache in front",
            "who names a column has to ask for it: let the applications call the database; a look-aside cache beside it is fine",
        ),
    ];
    for (_, what, remedy) in others.into_iter().filter(|(is_so, ..)| *is_so) {
        let message = format!("`columns` and {what} cannot go together");
        let path = format!("database.{}.columns", node.key);
        f.error_at(code::IMPOSSIBLE, &path, message)
            .help(format!("{remedy}; leave one of them out"));
    }
    let mut seen: Vec<String> = Vec::new();
    for column in columns_of(node).unwrap_or_default() {
        if seen.contains(&column) {
            let message = format!("the column `{}` is there twice", cut(&column));
            let path = format!("database.{}.columns", node.key);
            f.error_at(code::DUPLICATE, &path, message)
                .help("name it once");
        }
        seen.push(column);
    }
}

/// Columns that somebody names are there at some time, in a database that he asks.
fn named(
    f: &mut Findings<'_>,
    (design, timeline): (&Design, &Timeline),
    node: &Node,
    settings: &Settings<'_>,
    path: &dyn Fn(&str) -> String,
) {
    let has = |knob: &str| settings.spec.knob(knob).is_some();
    let lists = ["writes_columns", "copies_into"]
        .into_iter()
        .filter(|knob| has(knob));
    let lists = lists.map(|knob| (knob, settings.opt_names(knob)));
    let ones = ["reads_column", "copies_from"]
        .into_iter()
        .filter(|knob| has(knob));
    let ones = ones.map(|knob| (knob, settings.opt_text(knob).map(|name| vec![name])));
    let said: Vec<(&str, String)> = lists
        .chain(ones)
        .flat_map(|(knob, names)| {
            names
                .unwrap_or_default()
                .into_iter()
                .map(move |n| (knob, n))
        })
        .collect();
    if said.is_empty() {
        return;
    }
    let called = design.links.iter().filter(|link| link.from == node.key);
    let mut known: Vec<String> = Vec::new();
    for store in called.filter_map(|link| design.node(&link.to)) {
        if let Some(columns) = columns_of(store) {
            known.extend(columns);
            let changes = changes(timeline, &store.key);
            known.extend(
                changes
                    .iter()
                    .filter_map(|(_, entry)| self::said(entry, "adds")),
            );
        }
    }
    for (knob, name) in said {
        if known.is_empty() {
            let message = format!("`{}` calls no database that has `columns`", node.key);
            f.error_at(code::IMPOSSIBLE, &path(knob), message).help(
                "say which columns the database has at the beginning: `columns = [\"name\"]`",
            );
            return;
        }
        if !known.contains(&name) {
            let message = format!(
                "there never is a column `{}`: its statements fail",
                cut(&name)
            );
            f.warning_at(code::NO_COLUMN, &path(knob), message)
                .help(suggest(&name, known.iter().map(String::as_str), "columns"));
        }
    }
}

/// A job that copies reads what it copies, and has somewhere to put it.
fn backfill(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    let path = |knob: &str| format!("job.{}.{knob}", node.key);
    let (from, into) = (
        settings.opt_text("copies_from"),
        settings.opt_names("copies_into"),
    );
    let (Some(from), Some(into)) = (&from, &into) else {
        let idle = [
            (into.is_none(), "copies_from", "there is no `copies_into`"),
            (from.is_none(), "copies_into", "there is no `copies_from`"),
        ];
        let half = idle
            .iter()
            .find(|(_, knob, _)| settings.value(knob) != Value::Off);
        if let Some((_, knob, why)) = half {
            f.error_at(
                code::IMPOSSIBLE,
                &path(knob),
                format!("half of a copy: {why}"),
            )
            .help("a backfill has both: `copies_from = \"name\"`, `copies_into = [\"full_name\"]`");
        }
        return;
    };
    if into.contains(from) {
        let message = format!("it copies `{}` into itself", cut(from));
        f.error_at(code::IMPOSSIBLE, &path("copies_into"), message)
            .help("name the other column");
    }
    let Some(operation) = design.operation_of(node) else {
        return;
    };
    let only_reads = Settings::new(&OPERATION, &operation.knobs).choice("kind") == "read"
        && !node.plans.contains_key(&operation.key);
    if only_reads || !guards(design, node, &operation.key) {
        let message = "it has to read a row at the database before it can copy what is in it";
        f.error_at(code::IMPOSSIBLE, &path("copies_from"), message)
            .help("give it an operation that writes; its plan, if written out: `read LINK`, then `write LINK`");
    }
}
