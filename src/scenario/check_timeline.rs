//! What an entry of the timeline must find in the design, beside its target, to have an effect.

use super::check_design::differs;
use super::findings::Findings;
use super::{check_database, check_door, check_queries, code};
use crate::design::value::Value;
use crate::design::{Design, Settings, TimelineEntry};

pub fn check(f: &mut Findings<'_>, design: &Design, entry: &TimelineEntry, path: &str) {
    let settings = Settings::new(entry.what, &entry.knobs);
    match entry.what.name {
        "gc_pause" => {
            let once = settings.value("every") == Value::Off;
            let idle = differs(&settings, entry.knobs.get("pause"), "pause");
            if once && idle {
                let why = "there is no `every`: the one pause is as long as the entry";
                no_effect(f, &format!("{path}.pause"), "pause", why);
            }
        }
        "poison" if design.nodes.iter().all(|node| node.kind.name != "queue") => {
            let path = format!("{path}.what");
            let why = "nothing publishes messages without a queue";
            no_effect(f, &path, "poison", why);
        }
        "isolate" | "replica_lag" | "failover" | "primary_loss" => {
            check_database::entry(f, design, entry, path);
        }
        "schema_change" => check_queries::entry(f, design, entry, path),
        "reshard" => check_queries::reshard(f, design, entry, path),
        "restore" => check_queries::restore(f, design, entry, path),
        "expired_credentials" => check_door::expired(f, design, entry, path),
        "deploy" => check_door::deploy(f, design, entry, path),
        "clock_skew" => {
            let key = entry.target().unwrap_or_default();
            if !check_door::is_signed(design, key) {
                let why = "no link of this node has `signed_for`, so nobody compares clocks";
                no_effect(f, &format!("{path}.what"), "clock_skew", why);
            }
        }
        _ => {}
    }
}

fn no_effect(f: &mut Findings<'_>, path: &str, what: &str, why: &str) {
    f.warning_at(
        code::NO_EFFECT,
        path,
        format!("`{what}` has no effect: {why}"),
    );
}
