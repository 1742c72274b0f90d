//! Caches: what stands behind them, and knobs that do nothing with others as they are.

use super::check_design::{is, warn_idle};
use super::code;
use super::findings::Findings;
use crate::design::value::Value;
use crate::design::{Design, Node, Settings};

pub fn check(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    source(f, design, node, &settings);
    let path = |knob: &str| format!("cache.{}.{knob}", node.key);
    warn_idle(f, &settings, |knob| node.own(knob), path, idle(&settings));
}

/// An inline cache stands before one source; a look-aside cache calls nobody.
fn source(f: &mut Findings<'_>, design: &Design, node: &Node, settings: &Settings<'_>) {
    let mut links = design.links.iter().filter(|link| link.from == node.key);
    let (first, second) = (links.next(), links.next());
    let pattern = settings.choice("pattern");
    let key = &node.key;
    if pattern == "look_aside" {
        if let Some(link) = first {
            let message = "a look-aside cache calls nobody: its callers fill it";
            f.warning_at(code::UNUSED, &format!("link.{}.from", link.key), message)
                .help(format!(
                    "set `pattern` of `{key}` to `read_through`, or take the link out"
                ));
        }
    } else if first.is_none() {
        let message = format!("a `{pattern}` cache asks its source itself, and `{key}` has none");
        f.error_at(code::IMPOSSIBLE, &format!("cache.{key}.pattern"), message)
            .help(format!(
                "add a link with `from = \"{key}\"`, or set `pattern` to `look_aside`"
            ));
    } else if let Some(link) = second {
        let message = format!("`{key}` stands before one source, and this would be another");
        f.error_at(code::BAD_LINK, &format!("link.{}.from", link.key), message)
            .help("give the other source a cache of its own");
    }
}

fn idle(settings: &Settings<'_>) -> Vec<(bool, &'static str, &'static str)> {
    let off = |knob: &str| settings.value(knob) == Value::Off;
    let aside = is(settings, "pattern", "look_aside");
    let behind = is(settings, "pattern", "write_behind");
    let local = is(settings, "scope", "local");
    let one = settings.count("instances") == 1;
    let told = aside || is(settings, "pattern", "read_through");
    let (no_ttl, no_lease) = (off("ttl"), off("lease"));
    let (eternal, not_behind) = (
        "without `ttl` entries do not expire",
        "`pattern` is not `write_behind`",
    );
    let private = "a `local` cache is inside its callers";
    vec![
        (
            !told,
            "on_write",
            "`pattern` says what becomes of the entry",
        ),
        (local, "instances", private),
        (local, "hashing", private),
        (!local && one, "hashing", "there is one cache node"),
        (
            !is(settings, "hashing", "ring"),
            "virtual_nodes",
            "`hashing` is not `ring`",
        ),
        (
            is(settings, "hashing", "ring") && (one || local),
            "virtual_nodes",
            "there is one cache node",
        ),
        (no_ttl, "ttl_renew", eternal),
        (no_ttl, "ttl_jitter", eternal),
        (no_ttl, "early_refresh", eternal),
        (!aside && no_ttl, "stale_while_revalidate", eternal),
        (
            aside && no_lease,
            "stale_while_revalidate",
            "without `lease` nobody waits",
        ),
        (
            aside,
            "single_flight",
            "the callers of a `look_aside` cache fetch, each for itself: see `lease`",
        ),
        (
            !aside,
            "lease",
            "the cache fetches itself: see `single_flight`",
        ),
        (!aside && local, "late_fills", private),
        (!behind, "flush_every", not_behind),
        (!behind, "flush_batch", not_behind),
    ]
}
