//! What several documents have: heads, names, the design in a diagram and tables.

use super::Book;
use super::markdown::{Table, code, plain};
use super::say;
use crate::design::registry::KnobSpec;
use crate::design::value::{self, Value};
use crate::design::{Knobs, Link, Node, Settings, Watched, registry};
use crate::observe::report::{GoalReport, Report};
use crate::scenario::Scenario;
use crate::scenario::metric::METRICS;

/// The title of what it is about.
pub fn title(scenario: &Scenario) -> String {
    let title = plain(&scenario.about.title);
    match title.is_empty() {
        true => "A system without a name".to_owned(),
        false => title,
    }
}

/// What stands below the title of every document.
pub fn head(book: &Book, what: &str) -> String {
    let base = book.base();
    let mut text = format!("# {what}: {}\n\n", title(&book.scenario));
    text.push_str(&format!(
        "Made by Brownout from {} with seed {}: what runs can say is filled in, with the run that says it \
         ({}); what only people can say is a blank, like {}.\n",
        code(&book.asked.file),
        base.report.seed,
        base.cite(),
        super::markdown::blank("who")
    ));
    if let Some(why) = base.cut_short() {
        text.push_str(&format!(
            "\n**The run did not come to its end:** {why}. Its numbers are of the time before that. {}\n",
            base.cite()
        ));
    }
    text.push('\n');
    text
}

/// As people call a node.
pub fn node(scenario: &Scenario, key: &str) -> String {
    let label = scenario.design.node(key).and_then(|it| it.label.as_deref());
    match label {
        Some(label) if plain(label) != key => format!("{} ({})", plain(label), code(key)),
        _ => code(key),
    }
}

/// A link by its name and ends.
pub fn link(scenario: &Scenario, link: &Link) -> String {
    let ends = [&link.from, &link.to].map(|key| node(scenario, key));
    format!("{} from {} to {}", code(&link.key), ends[0], ends[1])
}

/// "`slots` 10, `queue_limit` unbounded": what was set of these knobs, as files write it.
pub fn knobs<'a>(
    knobs: &Knobs,
    spec_of: impl Fn(&str) -> Option<&'a KnobSpec>,
    wanted: impl Fn(&str) -> bool,
) -> String {
    let set = knobs.iter().filter(|(name, _)| wanted(name));
    let set = set.filter_map(|(name, value)| {
        let text = value::print(value, spec_of(name)?);
        Some(format!("{} {}", code(name), plain(&text)))
    });
    set.collect::<Vec<_>>().join(", ")
}

/// What was set of a node.
pub fn set(node: &Node) -> String {
    let preset = node.preset.as_ref();
    let preset = preset.map(|taken| format!("as {}, ", code(taken.preset.name)));
    let all = knobs(&node.knobs, |name| node.kind.knob(name), |_| true);
    match all.is_empty() {
        true => "defaults".to_owned(),
        false => preset.unwrap_or_default() + &all,
    }
}

/// How a caller protects itself, and what it makes of a failure.
pub fn policy(link: &Link) -> Vec<String> {
    let it = Settings::new(&registry::LINK, &link.knobs);
    let mut said = Vec::new();
    match it.opt_duration("timeout") {
        Some(after) => said.push(format!("timeout {after}")),
        None => said.push("no timeout".to_owned()),
    }
    if let Some(deadline) = it.opt_duration("deadline") {
        said.push(format!("deadline {deadline}"));
    }
    match it.count("attempts") {
        0 | 1 => said.push("no retries".to_owned()),
        attempts => {
            let budget = match (it.opt_share("retry_budget"), it.opt_count("retry_quota")) {
                (Some(share), _) => format!("budget {share}"),
                (None, Some(quota)) => format!("quota of {quota}"),
                (None, None) => "no budget".to_owned(),
            };
            let backoff = it.choice("backoff");
            said.push(format!("{attempts} tries (backoff {backoff}, {budget})"));
        }
    }
    if it.choice("breaker") != "none" {
        said.push(format!("breaker by {}", it.choice("breaker")));
    }
    if it.opt_duration("hedge_after").is_some() || it.opt_share("hedge_percentile").is_some() {
        said.push("hedged".to_owned());
    }
    if let Some(most) = it.opt_count("pool") {
        said.push(format!("pool of {most}"));
    }
    if let Some(most) = it.opt_count("max_in_flight") {
        said.push(format!("bulkhead of {most}"));
    }
    if it.choice("idempotency_key") != "none" {
        said.push(format!(
            "idempotency key by {}",
            it.choice("idempotency_key")
        ));
    }
    if it.choice("fallback") != "none" {
        said.push(format!("fallback: {}", it.choice("fallback")));
    }
    if let Some(other) = link.stand_in() {
        said.push(format!("falls back to {}", code(other)));
    }
    said
}

/// The drawing, as Mermaid: GitHub shows it as a picture.
pub fn diagram(scenario: &Scenario) -> String {
    // Quotes end a label, and Mermaid reads some entities.
    let label = |text: &str| {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        words
            .replace('#', "#35;")
            .replace('"', "#quot;")
            .replace('<', "#lt;")
            .replace('>', "#gt;")
    };
    let mut text = "flowchart LR\n".to_owned();
    let design = &scenario.design;
    for (number, node) in design.nodes.iter().enumerate() {
        let name = label(node.label.as_deref().unwrap_or(&node.key));
        let kind = node.kind.word.to_lowercase();
        let (open, close) = match node.kind.name {
            "database" | "cache" => ("[(", ")]"),
            "queue" => ("[[", "]]"),
            "clients" => ("([", "])"),
            "third_party" => ("{{", "}}"),
            _ => ("[", "]"),
        };
        text.push_str(&format!(
            "    n{number}{open}\"{name}<br/>{kind}\"{close}\n"
        ));
    }
    let at = |key: &str| design.nodes.iter().position(|node| node.key == key);
    for link in &design.links {
        if let (Some(from), Some(to)) = (at(&link.from), at(&link.to)) {
            text.push_str(&format!(
                "    n{from} -->|\"{}\"| n{to}\n",
                label(&link.key)
            ));
        }
    }
    super::markdown::fenced("mermaid", &text)
}

/// One goal: what it asks, and what it measured.
pub fn goal(goal: &GoalReport) -> [String; 3] {
    let value = |value: f64| {
        let spec = METRICS.iter().find(|spec| spec.bound.name == goal.metric);
        match spec.map(|spec| spec.bound.unit) {
            Some(value::Unit::Share) => say::share(value),
            // Times of goals are in milliseconds.
            Some(value::Unit::Duration) => say::time(value * 1e6),
            Some(value::Unit::Money) => say::dollars(libm::round(value * 1e6) as i64),
            Some(value::Unit::Rate) => say::rate(value),
            Some(value::Unit::Factor) => format!("{}x", say::number(value)),
            _ => say::number(value),
        }
    };
    let bound = match goal.at_least {
        true => format!("at least {}", value(goal.bound)),
        false => format!("at most {}", value(goal.bound)),
    };
    let measured = goal.measured.map(value);
    [
        bound,
        measured.unwrap_or_else(|| "nothing to measure".to_owned()),
        match goal.holds {
            true => "met".to_owned(),
            false => "**missed**".to_owned(),
        },
    ]
}

/// Goals of a run.
pub fn goals(report: &Report, cite: &str) -> String {
    let mut table = Table::new(&["objective", "metric", "asked", "measured", "", "run"]);
    for it in &report.goals {
        let [bound, measured, holds] = goal(it);
        table.row(&[
            plain(&it.label),
            code(it.metric),
            bound,
            measured,
            holds,
            cite.to_owned(),
        ]);
    }
    table.text()
}

/// An error budget of a run: of what, how many answers may be bad, of how many, and how many were.
pub struct Budget {
    pub of: String,
    pub allowed: u64,
    pub all: u64,
    pub bad: u64,
}

/// The budgets of the design's objectives; where it has none, those of its alerts, whose bad answers are the actions
/// that were not served.
pub fn budgets(scenario: &Scenario, report: &Report) -> Vec<Budget> {
    let design = &scenario.design;
    if !report.slos.is_empty() {
        let promised = report.slos.iter().map(|slo| {
            let known = design.watched("slo", &slo.key);
            let label = known.and_then(|it| it.label.as_deref()).map(plain);
            let good = slo
                .good_within_ns
                .map(|ns| format!(" good within {}", say::time(ns as f64)));
            Budget {
                of: format!(
                    "{} ({}{})",
                    label.unwrap_or_else(|| code(&slo.key)),
                    say::share(slo.objective),
                    good.unwrap_or_default()
                ),
                allowed: slo.budget as u64,
                all: slo.told,
                bad: slo.bad,
            }
        });
        return promised.collect();
    }
    let alerts = design.alerts.iter();
    alerts.filter_map(|alert| of_alert(alert, report)).collect()
}

/// The budget that an alert is about: its own, or that of the design's first objective.
pub fn budget_of(scenario: &Scenario, report: &Report, alert: &str) -> Option<Budget> {
    let alert = scenario.design.watched("alert", alert)?;
    let own = of_alert(alert, report)?;
    match report.slos.is_empty() {
        true => Some(own),
        false => budgets(scenario, report).into_iter().next(),
    }
}

/// Of an alert on the burn rate: bad are the actions that were not served.
fn of_alert(alert: &Watched, report: &Report) -> Option<Budget> {
    let knobs = Settings::new(&registry::ALERT, &alert.knobs);
    knobs.opt_factor("burn_rate")?;
    let objective = knobs.share("objective");
    let bad = u128::from(value::NANO - objective.0) * u128::from(report.users.actions);
    Some(Budget {
        of: format!("{} ({objective})", code(&alert.key)),
        allowed: (bad / u128::from(value::NANO)) as u64,
        all: report.users.actions,
        bad: say::not_served(report),
    })
}

/// Incidents of the run by its objectives, one line each: when, how bad, and who was called.
pub fn incidents(report: &Report, cite: &str) -> Vec<String> {
    let all = report.slos.iter().flat_map(|slo| &slo.incidents);
    all.map(|it| {
        let stretch = format!(
            "{} to {}: {} bad answers",
            say::instant(it.from_ns),
            say::instant(it.until_ns),
            say::count(it.bad)
        );
        match (&it.alert, it.time_to_detect_ns()) {
            (Some(alert), Some(after)) => {
                format!(
                    "{stretch}; a page of {} was read {} after it began {cite}",
                    code(alert),
                    say::time(after as f64)
                )
            }
            _ => format!("{stretch}; nobody was called {cite}"),
        }
    })
    .collect()
}

/// Pages, and those of them that were for nothing; `None` where nothing was promised.
pub fn false_pages(report: &Report) -> Option<(usize, usize)> {
    let episodes = || report.alerts.iter().flat_map(|alert| &alert.episodes);
    let judged = || episodes().filter_map(|episode| episode.for_an_incident);
    (!report.slos.is_empty()).then(|| (judged().count(), judged().filter(|it| !it).count()))
}

/// When an alert fires, as its table says.
pub fn rule(scenario: &Scenario, key: &str) -> String {
    let Some(alert) = scenario.design.alerts.iter().find(|it| it.key == key) else {
        return String::new();
    };
    let it = Settings::new(&registry::ALERT, &alert.knobs);
    let watched = node(scenario, &alert.node);
    let window = it.duration("window");
    let lasts = match it.duration("for") {
        it if it.0 == 0 => String::new(),
        it => format!(", for {it}"),
    };
    if let Some(rate) = it.opt_factor("burn_rate") {
        let (long, short) = (it.duration("long_window"), it.duration("short_window"));
        let late = it.opt_duration("good_within");
        let late = late.map_or(String::new(), |it| {
            format!("; slower than {it} is bad, too")
        });
        return format!(
            "of {watched}, the error budget of {} is spent {rate} times too fast, over {long} and over {short}{late}",
            it.share("objective")
        );
    }
    let figure = [
        "error_share_above",
        "latency_above",
        "utilisation_above",
        "waiting_above",
        "age_above",
    ];
    let figure = figure.iter().find_map(|name| {
        let value = it.value(name);
        let spec = registry::ALERT.knob(name)?;
        (value != Value::Off).then(|| (*name, value::print(&value, spec)))
    });
    let Some((name, bound)) = figure else {
        return format!("of {watched}");
    };
    let words = match name {
        "error_share_above" => "the share of errors is above",
        "latency_above" => "requests stay, on average, longer than",
        "utilisation_above" => "the share of busy slots is above",
        "waiting_above" => "more requests wait than",
        _ => "the oldest message is older than",
    };
    format!("of {watched}, {words} {bound}, over {window}{lasts}")
}
