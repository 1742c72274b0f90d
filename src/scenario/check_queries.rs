//! What queries cost, and changes of the schema: names that resolve, knobs that go together.

use super::check_design::{differs, is, warn_idle};
use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::registry::OPERATION;
use crate::design::value::{Value, cut};
use crate::design::{Design, Node, Operation, Settings, TimelineEntry};
use crate::time::Duration;

pub fn check(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    let path = |knob: &str| format!("database.{}.{knob}", node.key);
    let scans = settings.opt_names("scans").unwrap_or_default();
    let mut named: Vec<(&str, &str)> = scans.iter().map(|n| ("scans", n.as_str())).collect();
    if let Some(Value::PerOperation(values)) = node.knobs.get("query_time_of") {
        named.extend(
            values
                .iter()
                .map(|(key, _)| ("query_time_of", key.as_str())),
        );
    }
    let names = design.operations.iter().map(|op| op.key.as_str());
    for (knob, name) in named {
        if !names.clone().any(|known| known == name) {
            let message = format!("there is no operation `{}`", cut(name));
            f.error_at(code::NO_OPERATION, &path(knob), message)
                .help(suggest(name, names.clone(), "operations"));
        }
    }
    shards(f, node, &settings);
    backups(f, design, node, &settings);
    const FREE: &str = "`row_time` is 0 s: no row costs anything";
    let free = settings.duration("row_time") == Duration::ZERO;
    let idle = [
        (free, "rows", FREE),
        (free, "scans", FREE),
        (free, "index", FREE),
        (
            !free && scans.is_empty(),
            "index",
            "there are no `scans` that it would help",
        ),
    ];
    warn_idle(f, &settings, |knob| node.own(knob), path, idle);
}

/// The table that an operation is about.
pub(super) fn table_of(operation: &Operation) -> String {
    let settings = Settings::new(&OPERATION, &operation.knobs);
    let named = settings.opt_text("key_space");
    named.unwrap_or_else(|| operation.key.clone())
}

/// A change of the schema needs a leader, and a table that there is.
pub fn entry(f: &mut Findings<'_>, design: &Design, entry: &TimelineEntry, path: &str) {
    let settings = Settings::new(entry.what, &entry.knobs);
    if let Some(table) = settings.opt_text("table") {
        let tables: Vec<String> = design.operations.iter().map(table_of).collect();
        if !tables.contains(&table) {
            let message = format!("no operation is about the table `{}`", cut(&table));
            let names = tables.iter().map(String::as_str);
            f.error_at(code::NO_TARGET, &format!("{path}.table"), message)
                .help(suggest(&table, names, "tables"));
        }
    }
    const NOBODY: &str = "it keeps nobody out, and waits for nobody";
    let nobody = is(&settings, "keeps_out", "nobody");
    let endless = settings.value("lock_timeout") == Value::Off;
    let idle = [
        (nobody, "lock_timeout", NOBODY),
        (
            endless || nobody,
            "retry_pause",
            "without a `lock_timeout` it waits until it has the table",
        ),
    ];
    let own = |knob: &str| entry.knobs.get(knob);
    warn_idle(f, &settings, own, |knob| format!("{path}.{knob}"), idle);
    let target = entry.target().unwrap_or_default();
    let Some(node) = design.node(target).filter(|n| n.kind.name == "database") else {
        return;
    };
    let database = Settings::new(node.kind, &node.knobs);
    if is(&database, "replication", "leaderless") && database.count("replicas") > 0 {
        let message = format!("`{target}` has no leader, at which its schema could be changed");
        f.error_at(code::IMPOSSIBLE, &format!("{path}.target"), message)
            .help("let it have a leader: `replication = \"leader\"`");
    }
    let no_scans = database.value("scans") == Value::Off;
    if no_scans && differs(&settings, own("index"), "index") {
        let message = format!("`index` has no effect: `{target}` has no `scans`");
        f.warning_at(code::NO_EFFECT, &format!("{path}.index"), message);
    }
}

/// A database has copies or shards.
fn shards(f: &mut Findings<'_>, node: &Node, settings: &Settings<'_>) {
    let path = |knob: &str| format!("database.{}.{knob}", node.key);
    if settings.count("shards") > 1 && settings.count("replicas") > 0 {
        let message = "`shards` and `replicas` cannot go together";
        f.error_at(code::IMPOSSIBLE, &path("shards"), message)
            .help("copies of shards are not simulated: leave one of them out");
    }
}

/// Shards come of keys that are in one place each.
pub fn reshard(f: &mut Findings<'_>, design: &Design, entry: &TimelineEntry, path: &str) {
    let target = entry.target().unwrap_or_default();
    let Some(node) = design.node(target).filter(|n| n.kind.name == "database") else {
        return;
    };
    let database = Settings::new(node.kind, &node.knobs);
    if database.count("replicas") > 0 {
        let message = format!("`{target}` has `replicas`, and copies cannot be shards");
        f.error_at(code::IMPOSSIBLE, &format!("{path}.target"), message)
            .help("copies of shards are not simulated: leave `replicas` out");
    }
}

/// Backups are of databases whose rows are in one place each, and that nobody follows.
fn backups(f: &mut Findings<'_>, design: &Design, node: &Node, settings: &Settings<'_>) {
    let path = |knob: &str| format!("database.{}.{knob}", node.key);
    let none = settings.value("backup_every") == Value::Off;
    let is_feed = |key: &str| design.node(key).is_some_and(|n| n.kind.name == "feed");
    let mut links = design.links.iter();
    let followed = links.any(|link| link.to == node.key && is_feed(&link.from));
    if !none && (settings.count("replicas") > 0 || followed) {
        let (what, remedy) = match followed {
            true => (
                "a change feed",
                "what a feed has published cannot be taken back: leave one of them out",
            ),
            false => (
                "`replicas`",
                "backups of copies are not simulated: leave one of them out",
            ),
        };
        let message = format!("`backup_every` and {what} cannot go together");
        f.error_at(code::IMPOSSIBLE, &path("backup_every"), message)
            .help(remedy);
    }
    const NONE: &str = "there are no backups without `backup_every`";
    let idle = [(none, "backup_time", NONE), (none, "log_archive", NONE)];
    warn_idle(f, settings, |knob| node.own(knob), path, idle);
}

/// Who has no backup cannot go back to it.
pub fn restore(f: &mut Findings<'_>, design: &Design, entry: &TimelineEntry, path: &str) {
    let target = entry.target().unwrap_or_default();
    let Some(node) = design.node(target).filter(|n| n.kind.name == "database") else {
        return;
    };
    if Settings::new(node.kind, &node.knobs).value("backup_every") == Value::Off {
        let message = format!("`{target}` has no backup to go back to");
        f.error_at(code::IMPOSSIBLE, &format!("{path}.target"), message)
            .help("let it have some: `backup_every`");
    }
}
