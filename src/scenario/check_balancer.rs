//! What the knobs of a balancer must be together, and which of them do nothing.

use super::check_design::{differs, is, warn_idle};
use super::code;
use super::findings::Findings;
use crate::design::registry;
use crate::design::value::{Value, in_window};
use crate::design::{Design, Link, Node, Settings};

pub fn check(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    let path = |knob: &str| format!("balancer.{}.{knob}", node.key);
    impossible(f, &settings, &path);
    let behind: Vec<&Link> = design.links.iter().filter(|l| l.from == node.key).collect();
    let weightless = |link: &&Link| link_settings(link).count("weight") == 0;
    if is(&settings, "policy", "weighted") && !behind.is_empty() && behind.iter().all(weightless) {
        let first = format!("link.{}.weight", behind[0].key);
        let message = format!(
            "all links from `{}` have `weight = 0`, so nobody gets a request",
            node.key
        );
        f.error_at(code::IMPOSSIBLE, &first, message)
            .help("give at least one of them a weight above 0");
    }
    let idle = idle(&settings).into_iter();
    let idle =
        idle.flat_map(|(useless, knobs, why)| knobs.iter().map(move |&knob| (useless, knob, why)));
    warn_idle(f, &settings, |knob| node.own(knob), path, idle);
}

fn link_settings(link: &Link) -> Settings<'_> {
    Settings::new(&registry::LINK, &link.knobs)
}

/// A weight counts on a link that leaves a balancer which deals by weight.
pub fn weight(f: &mut Findings<'_>, design: &Design, link: &Link) {
    let from = design.node(&link.from);
    let deals = |node: &Node| {
        node.kind.name == "balancer"
            && is(&Settings::new(node.kind, &node.knobs), "policy", "weighted")
    };
    if !from.is_some_and(deals) && differs(&link_settings(link), link.own("weight"), "weight") {
        f.warning_at(
            code::NO_EFFECT,
            &format!("link.{}.weight", link.key),
            "`weight` has no effect: the link does not leave a balancer with `policy = \"weighted\"`",
        );
    }
}

fn impossible(f: &mut Findings<'_>, settings: &Settings<'_>, path: &impl Fn(&str) -> String) {
    let off = |knob: &str| settings.value(knob) == Value::Off;
    if !is(settings, "health_check", "none")
        && settings.duration("check_timeout") > settings.duration("check_interval")
    {
        let message = "`check_timeout` is longer than `check_interval`, so a check would still be under way when the next is due";
        f.error_at(code::IMPOSSIBLE, &path("check_timeout"), message)
            .help("a check must be over when the next one begins");
    }
    if !off("eject_after") && settings.duration("eject_time") > settings.duration("eject_time_max")
    {
        let message = "`eject_time` is longer than `eject_time_max`";
        f.error_at(code::IMPOSSIBLE, &path("eject_time"), message)
            .help("the first time is the shortest");
    }
    if is(settings, "admission", "priority") && off("max_outstanding") {
        let message = "`admission = \"priority\"` needs `max_outstanding`: classes get parts of it";
        f.error_at(code::IMPOSSIBLE, &path("admission"), message)
            .help("for example `max_outstanding = 100`");
    }
    let windows = !is(settings, "rate_algorithm", "token_bucket");
    if let Some(rate) = settings.opt_rate("rate_limit")
        && windows
        && rate.0 > 0
        && in_window(rate, settings.duration("rate_window")) == 0
    {
        let message =
            "not even one request fits into a window: `rate_limit` times `rate_window` is below 1";
        f.error_at(code::IMPOSSIBLE, &path("rate_window"), message)
            .help("make `rate_window` longer, or use `token_bucket`");
    }
}

/// Knobs that do nothing as others are set, and why.
type Idle = (bool, &'static [&'static str], &'static str);

fn idle(settings: &Settings<'_>) -> [Idle; 11] {
    let off = |knob: &str| settings.value(knob) == Value::Off;
    let policy = |words: &[&str]| words.contains(&settings.choice("policy"));
    let unchecked = is(settings, "health_check", "none");
    let buckets = is(settings, "rate_algorithm", "token_bucket");
    [
        (
            !policy(&["sticky", "key_hash"]),
            &["virtual_nodes"],
            "`policy` is neither `sticky` nor `key_hash`",
        ),
        (
            !policy(&["least_outstanding", "two_choices"]),
            &["view_age"],
            "`policy` compares no loads",
        ),
        (
            unchecked,
            &[
                "check_interval",
                "check_timeout",
                "unhealthy_after",
                "healthy_after",
            ],
            "there is no `health_check`",
        ),
        (
            off("eject_after"),
            &[
                "eject_time",
                "eject_time_max",
                "eject_share_max",
                "eject_one",
                "eject_interval",
            ],
            "there is no `eject_after`",
        ),
        (
            unchecked && off("eject_after"),
            &["panic_threshold", "when_all_unhealthy"],
            "nothing takes an instance out of rotation without `health_check` or `eject_after`",
        ),
        (
            is(settings, "zone_policy", "any"),
            &["zone_overload"],
            "`zone_policy` is `any`",
        ),
        (
            off("rate_limit"),
            &[
                "rate_algorithm",
                "rate_burst",
                "rate_window",
                "rate_per",
                "rate_table",
            ],
            "there is no `rate_limit`",
        ),
        (
            !off("rate_limit") && buckets,
            &["rate_window"],
            "a token bucket has no window",
        ),
        (
            !off("rate_limit") && !buckets,
            &["rate_burst"],
            "windows have no burst",
        ),
        (
            !off("rate_limit") && is(settings, "rate_per", "global"),
            &["rate_table"],
            "everybody shares one limit",
        ),
        (
            is(settings, "admission", "none"),
            &["priority_step"],
            "`admission` is `none`",
        ),
    ]
}
