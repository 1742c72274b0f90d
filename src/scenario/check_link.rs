//! What the policies of one link must be to go together.

use super::check_design::{differs, is, warn_idle};
use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::reasons;
use crate::design::registry;
use crate::design::value::{Value, cut};
use crate::design::{Design, Link, Node, Settings};

pub fn check(f: &mut Findings<'_>, design: &Design, link: &Link) {
    let settings = Settings::new(&registry::LINK, &link.knobs);
    let caller = design.node(&link.from);
    reasons(f, link, &settings);
    deadlines(f, design, link, &settings);
    hedging(f, link, &settings);
    breaker(f, link, &settings);
    fallback(f, link, &settings, caller);
    stand_in(f, design, link, &settings, caller);
    key(f, link, &settings, caller);
    idle(f, design, link, &settings);
}

fn path(link: &Link, knob: &str) -> String {
    format!("link.{}.{knob}", link.key)
}

fn off(settings: &Settings<'_>, knob: &str) -> bool {
    settings.value(knob) == Value::Off
}

fn reasons(f: &mut Findings<'_>, link: &Link, settings: &Settings<'_>) {
    for knob in ["retry_on", "breaker_counts"] {
        for name in settings.opt_names(knob).unwrap_or_default() {
            if !reasons::words().any(|word| word == name) {
                let message = format!("`{}` is no reason for a failure", cut(&name));
                f.error_at(code::IMPOSSIBLE, &path(link, knob), message)
                    .help(suggest(&name, reasons::words(), "groups and reasons"));
            }
        }
    }
}

fn deadlines(f: &mut Findings<'_>, design: &Design, link: &Link, settings: &Settings<'_>) {
    let (timeout, deadline) = (
        settings.opt_duration("timeout"),
        settings.opt_duration("deadline"),
    );
    if let (Some(timeout), Some(deadline)) = (timeout, deadline)
        && timeout >= deadline
    {
        let message = "`timeout` has no effect: the `deadline` of the whole call is not later";
        f.warning_at(code::NO_EFFECT, &path(link, "timeout"), message);
    }
    let comes_with = |to_caller: &&Link| {
        to_caller.to == link.from
            && Settings::new(&registry::LINK, &to_caller.knobs).flag("pass_deadline")
    };
    let has_one = timeout.is_some()
        || deadline.is_some()
        || design.links.iter().any(|other| comes_with(&other));
    if settings.flag("pass_deadline") && !has_one {
        let message = "`pass_deadline` has no effect: there is none to pass";
        f.warning_at(code::NO_EFFECT, &path(link, "pass_deadline"), message)
            .help(
                "give the link a `deadline` or a `timeout`, or let a link into its caller pass one",
            );
    }
}

fn hedging(f: &mut Findings<'_>, link: &Link, settings: &Settings<'_>) {
    let after = settings.opt_duration("hedge_after");
    if after.is_some() && !off(settings, "hedge_percentile") {
        let message = "`hedge_after` and `hedge_percentile` cannot go together";
        f.error_at(code::IMPOSSIBLE, &path(link, "hedge_percentile"), message)
            .help("both say when a copy is sent: set one of them to `none`");
    }
    let Some(after) = after else { return };
    let gives_up = |limit: &&str| settings.opt_duration(limit).is_some_and(|d| after >= d);
    if let Some(limit) = ["timeout", "deadline"].into_iter().find(gives_up) {
        let message =
            format!("`hedge_after` has no effect: by then the caller has given up (`{limit}`)");
        f.warning_at(code::NO_EFFECT, &path(link, "hedge_after"), message)
            .help(format!("hedge before the `{limit}`"));
    }
}

fn breaker(f: &mut Findings<'_>, link: &Link, settings: &Settings<'_>) {
    let (size, least) = (
        settings.count("breaker_window"),
        settings.count("breaker_min_calls"),
    );
    let too_many = is(settings, "breaker", "count") && least > size;
    if too_many && differs(settings, link.own("breaker_min_calls"), "breaker_min_calls") {
        let message = format!(
            "`breaker_min_calls` has no effect: a window of {size} calls never holds {least}"
        );
        f.warning_at(code::NO_EFFECT, &path(link, "breaker_min_calls"), message)
            .help(format!("at most {size}; the breaker judges a full window"));
    }
}

fn fallback(f: &mut Findings<'_>, link: &Link, settings: &Settings<'_>, caller: Option<&Node>) {
    let is_clients = caller.is_some_and(|node| node.kind.name == "clients");
    if is_clients && is(settings, "fallback", "skip") {
        let message = "what a user asked for cannot be skipped";
        f.error_at(code::IMPOSSIBLE, &path(link, "fallback"), message)
            .help("a program shows `default` or `stale`; a step that can be skipped is a call of a service");
    }
}

/// A link that stands in for another one.
fn stand_in(
    f: &mut Findings<'_>,
    design: &Design,
    link: &Link,
    settings: &Settings<'_>,
    caller: Option<&Node>,
) {
    let Some(other) = link.stand_in() else { return };
    let at = path(link, "fallback_link");
    if caller.is_some_and(|node| node.kind.name == "balancer") {
        f.error_at(code::IMPOSSIBLE, &at, "a balancer has no second way")
            .help("it already chooses among what is behind it: give the link to the balancer a `fallback_link`, or retry");
        return;
    }
    let others = design
        .links
        .iter()
        .filter(|l| l.from == link.from && l.key != link.key);
    let mut keys = others.clone().map(|l| l.key.as_str());
    if !keys.any(|key| key == other) {
        let message = format!("no other link `{}` leaves `{}`", cut(other), link.from);
        let keys = others.map(|l| l.key.as_str());
        f.error_at(code::NO_LINK, &at, message).help(suggest(
            other,
            keys,
            &format!("other links from `{}`", link.from),
        ));
        return;
    }
    if !is(settings, "fallback", "none") {
        let message = "`fallback` and `fallback_link` cannot go together";
        f.error_at(code::IMPOSSIBLE, &at, message).help(format!(
            "give `{other}` the `fallback` that counts when it fails too"
        ));
    }
    let mut next = Some(other);
    for _ in 0..design.links.len() {
        let found = design.links.iter().find(|l| Some(l.key.as_str()) == next);
        next = found.and_then(Link::stand_in);
        if next == Some(link.key.as_str()) {
            f.error_at(
                code::CIRCLE,
                &at,
                "links stand in for each other in a circle",
            )
            .help("when all of them fail, nobody would ever be told: take out one `fallback_link`");
            return;
        }
    }
}

fn key(f: &mut Findings<'_>, link: &Link, settings: &Settings<'_>, caller: Option<&Node>) {
    let is_clients = caller.is_some_and(|node| node.kind.name == "clients");
    if is_clients && is(settings, "idempotency_key", "server") {
        let message = "nothing arrives at clients, so no server makes a key there";
        f.error_at(code::IMPOSSIBLE, &path(link, "idempotency_key"), message)
            .help("clients make it with the `form` or at the `click`; `server` belongs on the links of a service");
    }
}

fn idle(f: &mut Findings<'_>, design: &Design, link: &Link, settings: &Settings<'_>) {
    let no_hedging = off(settings, "hedge_after") && off(settings, "hedge_percentile");
    let no_breaker = is(settings, "breaker", "none");
    let no_size = |operation: &crate::design::Operation| {
        let knobs = Settings::new(&registry::OPERATION, &operation.knobs);
        knobs.count("request_size") == 0 && knobs.count("response_size") == 0
    };
    let mut idle = vec![
        (
            settings.count("attempts") == 1,
            "retry_on",
            "there are no retries with `attempts = 1`",
        ),
        (
            off(settings, "max_in_flight"),
            "max_in_flight_wait",
            "there is no `max_in_flight`",
        ),
        (
            off(settings, "hedge_percentile"),
            "hedge_window",
            "there is no `hedge_percentile`",
        ),
        (no_hedging, "hedge_attempts", "nothing is hedged"),
        (no_hedging, "on_hedge_won", "nothing is hedged"),
        (
            !is(settings, "breaker", "count"),
            "breaker_window",
            "`breaker` is not `count`",
        ),
        (
            !is(settings, "breaker", "time"),
            "breaker_window_time",
            "`breaker` is not `time`",
        ),
        (
            !is(settings, "fallback", "stale"),
            "fallback_kept",
            "`fallback` is not `stale`",
        ),
        (
            design.operations.iter().all(no_size),
            "bandwidth",
            "no operation has a `request_size` or a `response_size`",
        ),
    ];
    let of_breaker = [
        "breaker_min_calls",
        "breaker_threshold",
        "breaker_slow_after",
        "breaker_slow_threshold",
        "breaker_open",
        "breaker_half_open_calls",
        "breaker_counts",
    ];
    idle.extend(of_breaker.map(|knob| (no_breaker, knob, "there is no `breaker`")));
    warn_idle(
        f,
        settings,
        |knob| link.own(knob),
        |knob| path(link, knob),
        idle,
    );
}
