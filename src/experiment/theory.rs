//! What theory says of the nodes of a run: for each that is close to a solved queue its load and its mean wait,
//! beside what the run has, and in a sentence whether and why they differ.
//!
//! The formulas: Erlang's for M/M/c (A. K. Erlang 1917), Pollaczek and Khinchine's for M/G/1 (1930, 1932), and
//! between the two (1 + cs²) / 2 times the wait of M/M/c (A. O. Allen 1978, J. Cunneen), which is exact for one
//! slot and for exponential work, and an approximation otherwise.

use serde::{Deserialize, Serialize};

use super::closed_form::stations::Mmc;
use crate::design::value::{Dist, MICRO};
use crate::design::{Design, Link, Node, Settings, registry};
use crate::observe::report::{NodeReport, Report};
use crate::scenario::Scenario;

/// Batches of the run from which the interval of the mean wait comes (A. M. Law, Simulation Modeling and
/// Analysis, 2015, section 9.5.3), and Student's t for 95 % with one fewer degrees of freedom.
const BATCHES: usize = 20;
const STUDENT: f64 = 2.093;

/// One node beside its formula. Times in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    pub node: String,
    /// "M/M/4"
    pub queue: String,
    /// Share of the slots that the formula expects to be in use; 1 and more: there is no steady state.
    pub load: f64,
    pub utilisation: Option<f64>,
    /// Mean wait for a slot by the formula; `None` without a steady state.
    pub wait_ns: Option<f64>,
    /// Of the run, and where 95 of 100 such intervals hold its long-term mean.
    pub measured_ns: Option<f64>,
    pub interval_ns: Option<(f64, f64)>,
    /// The formula's wait is in the interval.
    pub agrees: Option<bool>,
    /// In a sentence or two: whether they agree, and if not, why.
    pub says: String,
}

/// All nodes that there is a formula for.
pub fn beside(scenario: &Scenario, report: &Report) -> Vec<Beside> {
    let nodes = report.nodes.iter();
    nodes
        .filter_map(|measured| one(scenario, report, measured))
        .collect()
}

fn one(scenario: &Scenario, report: &Report, measured: &NodeReport) -> Option<Beside> {
    let design = &scenario.design;
    let node = design.node(&measured.key)?;
    if node.kind.name != "service" || measured.arrived_per_s <= 0.0 {
        return None;
    }
    let knobs = Settings::new(node.kind, &node.knobs);
    let slots = u32::try_from(knobs.count("slots")).ok()?;
    let instances = measured.mean_instances.max(1.0);
    let lambda = measured.arrived_per_s / instances;
    let (mean_s, cs2) = work(design, node, measured)?;
    let load = lambda * mean_s / f64::from(slots);
    let station = Mmc {
        lambda,
        mu: 1.0 / mean_s,
        c: slots,
    };
    let wait_ns = (load < 1.0).then(|| station.wait() * (1.0 + cs2) / 2.0 * 1e9);
    let interval_ns = interval(report, measured);
    let agrees = wait_ns.zip(interval_ns).map(|(wait, (low, high))| {
        // A wait that is next to nothing on both sides is the same.
        let slack = 0.01 * mean_s * 1e9;
        wait >= low - slack && wait <= high + slack
    });
    let work = match cs2 {
        x if (x - 1.0).abs() < 0.005 => "M",
        x if x < 0.005 => "D",
        _ => "G",
    };
    let why = differs(scenario, report, measured, node);
    Some(Beside {
        node: measured.key.clone(),
        queue: format!("M/{work}/{slots}"),
        load,
        utilisation: measured.utilisation,
        wait_ns,
        measured_ns: measured.mean_wait_ns,
        interval_ns,
        agrees,
        says: says(load, agrees, why),
    })
}

fn says(load: f64, agrees: Option<bool>, why: Vec<String>) -> String {
    let because = |why: &[String]| why.join("; ");
    match (load >= 1.0, agrees, why.is_empty()) {
        (true, ..) => {
            let first = "More comes than it can do: there is no steady state, and the wait grows as long as that lasts.";
            match why.is_empty() {
                true => first.to_owned(),
                false => format!("{first} Besides: {}.", because(&why)),
            }
        }
        (_, None, _) => "The run is too short to say how far chance goes.".to_owned(),
        (_, Some(true), true) => "They agree, as far as this run can tell.".to_owned(),
        (_, Some(true), false) => format!(
            "They agree, although the formula does not know everything: {}.",
            because(&why)
        ),
        (_, Some(false), false) => {
            format!("They differ, and there is a reason: {}.", because(&why))
        }
        (_, Some(false), true) => {
            "They differ although this is the queue of the formula: with 95 % intervals, \
                                   one run in twenty does. Another seed or a longer run tells."
                .to_owned()
        }
    }
}

/// Seconds of work and its squared coefficient of variation, by the design; where slots wait for others, or work
/// depends on the operation, seconds for which slots are held, as measured, taken for exponential.
fn work(design: &Design, node: &Node, measured: &NodeReport) -> Option<(f64, f64)> {
    let knobs = Settings::new(node.kind, &node.knobs);
    let is_plain = !calls(design, node) && !node.knobs.contains_key("service_time_of");
    match moments(&knobs.dist("service_time")).filter(|_| is_plain) {
        Some((mean_ns, cs2)) if mean_ns > 0.0 => Some((mean_ns / 1e9, cs2)),
        _ => {
            let held = measured.mean_busy / measured.completed_per_s;
            (held.is_finite() && held > 0.0).then_some((held, 1.0))
        }
    }
}

fn calls(design: &Design, node: &Node) -> bool {
    design.links.iter().any(|link| link.from == node.key)
}

/// Mean in nanoseconds and squared coefficient of variation; `None` where there is none.
fn moments(dist: &Dist) -> Option<(f64, f64)> {
    let of_values = |values: &[(f64, f64)]| {
        let all: f64 = values.iter().map(|(_, weight)| weight).sum();
        let mean = values.iter().map(|(x, w)| x * w).sum::<f64>() / all;
        let square = values.iter().map(|(x, w)| x * x * w).sum::<f64>() / all;
        (mean > 0.0).then(|| (mean, square / (mean * mean) - 1.0))
    };
    match dist {
        Dist::Constant(d) => Some((d.0 as f64, 0.0)),
        Dist::Uniform { low, high } => {
            let (low, high) = (low.0 as f64, high.0 as f64);
            let mean = f64::midpoint(low, high);
            let variance = (high - low) * (high - low) / 12.0;
            (mean > 0.0).then(|| (mean, variance / (mean * mean)))
        }
        Dist::Exponential { mean } => Some((mean.0 as f64, 1.0)),
        Dist::Erlang { mean, shape } => Some((mean.0 as f64, 1.0 / f64::from((*shape).max(1)))),
        Dist::Lognormal { mean, cv } => {
            let cv = cv.0 as f64 / MICRO as f64;
            Some((mean.0 as f64, cv * cv))
        }
        Dist::Hyperexponential { mean, cv2 } => Some((mean.0 as f64, cv2.0 as f64 / MICRO as f64)),
        Dist::Bimodal {
            fast,
            slow,
            slow_share,
        } => {
            let slow_share = slow_share.0 as f64 / MICRO as f64;
            of_values(&[
                (fast.0 as f64, 1.0 - slow_share),
                (slow.0 as f64, slow_share),
            ])
        }
        Dist::Empirical(values) => {
            let values: Vec<(f64, f64)> = values
                .iter()
                .map(|&(d, weight)| (d.0 as f64, weight as f64))
                .collect();
            of_values(&values)
        }
        // Cut or not, its tail makes waits of single runs say little.
        Dist::Pareto { .. } => None,
    }
}

/// From the number waiting at the ends of the buckets of the measured part, in batches, by Little's law.
fn interval(report: &Report, measured: &NodeReport) -> Option<(f64, f64)> {
    let bucket_ns = report.series.bucket_ns.max(1);
    let (from, to) = report.measure_ns;
    let first = usize::try_from(from.div_ceil(bucket_ns)).ok()?;
    let last = usize::try_from(to / bucket_ns).ok()?;
    let waiting = measured.series.waiting.get(first..last)?;
    let each = waiting.len() / BATCHES;
    if each < 5 {
        return None;
    }
    let means: Vec<f64> = waiting
        .chunks_exact(each)
        .take(BATCHES)
        .map(|batch| batch.iter().map(|&n| f64::from(n)).sum::<f64>() / each as f64)
        .collect();
    let mean = means.iter().sum::<f64>() / BATCHES as f64;
    let variance =
        means.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (BATCHES - 1) as f64;
    let half = STUDENT * (variance / BATCHES as f64).sqrt();
    let let_in = measured.arrived_per_s * (1.0 - measured.refused_share.unwrap_or(0.0));
    let to_ns = |number: f64| number.max(0.0) / let_in * 1e9;
    (let_in > 0.0).then(|| (to_ns(mean - half), to_ns(mean + half)))
}

/// What of the node or of its traffic the formula does not know, what matters most first.
fn differs(
    scenario: &Scenario,
    report: &Report,
    measured: &NodeReport,
    node: &Node,
) -> Vec<String> {
    let design = &scenario.design;
    let knobs = Settings::new(node.kind, &node.knobs);
    let mut why = Vec::new();
    let (from, to) = report.measure_ns;
    let during = scenario.timeline.iter().filter(|entry| {
        let lasts_to = entry.ends_within(scenario.run.duration).0;
        entry.begins().0 < to && lasts_to > from
    });
    if during.count() > 0 {
        why.push("something on the timeline happens while it is measured".to_owned());
    }
    if let Some(share) = measured.refused_share.filter(|&share| share > 0.0) {
        let percent = share * 100.0;
        why.push(format!("it turns away {percent:.1} % of what comes"));
    }
    let callers: Vec<&Link> = design.links.iter().filter(|l| l.to == node.key).collect();
    arrivals(design, &callers, &mut why);
    if measured.mean_instances > 1.05 {
        why.push(
            "the formula is for instances that are chosen by chance; whoever chooses better waits less"
                .to_owned(),
        );
    }
    if calls(design, node) {
        why.push("its slots also wait for the nodes that it calls".to_owned());
    }
    if node.knobs.contains_key("service_time_of") {
        why.push("its work depends on the operation".to_owned());
    }
    let unknown = [
        (knobs.opt_count("cores").is_some(), "its slots share cores"),
        (
            knobs.choice("discipline") != "fifo" || knobs.choice("queue_management") != "none",
            "its line is not first come, first served",
        ),
        (
            knobs.choice("concurrency_limit") != "none" || node.knobs.contains_key("slots_of"),
            "not all of its slots are there for everybody",
        ),
        (
            knobs.share("contention").0 > 0 || knobs.share("coherency").0 > 0,
            "work takes longer the more slots are busy",
        ),
        (
            knobs.opt_count("gc_every").is_some(),
            "it stands still to collect garbage",
        ),
        (
            knobs.choice("on_abandoned") == "stop" || knobs.opt_duration("max_wait").is_some(),
            "who has waited too long is dropped",
        ),
    ];
    let known = unknown.iter().filter(|(is, _)| *is);
    why.extend(known.map(|(_, text)| (*text).to_owned()));
    why
}

fn arrivals(design: &Design, callers: &[&Link], why: &mut Vec<String>) {
    let mut add = |text: &str| {
        if !why.iter().any(|it| it == text) {
            why.push(text.to_owned());
        }
    };
    for link in callers {
        let policy = Settings::new(&registry::LINK, &link.knobs);
        if policy.count("attempts") > 1 {
            add("tries are repeated, and so do not come by chance");
        }
        if policy.opt_count("pool").is_some() || policy.opt_count("max_in_flight").is_some() {
            add("callers hold calls back");
        }
        let Some(from) = design.node(&link.from) else {
            continue;
        };
        if from.kind.name != "clients" {
            add("its requests come from another node, and not quite by chance");
            continue;
        }
        let knobs = Settings::new(from.kind, &from.knobs);
        match knobs.choice("arrivals") {
            "closed" => add("users wait for their answers: the busier it is, the less it is asked"),
            "constant" => add("requests come at even distances"),
            _ if knobs.count("batch") > 1 => add("requests come several at once"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Limits;
    use crate::experiment;

    fn run(service: &str, clients: &str, seed: u64) -> Beside {
        let text = format!(
            "format = 1\n[run]\nduration = \"20 min\"\nmeasure = [\"2 min\", \"20 min\"]\n[clients.web]\n{clients}\n\
             [service.shop]\n{service}\n[link.ask]\nfrom = \"web\"\nto = \"shop\"\n"
        );
        let scenario = Scenario::parse(&text).unwrap_or_else(|e| panic!("{e:?}"));
        let program = experiment::compile(&scenario, Limits::PAGE);
        let report = experiment::run(&scenario, program, seed);
        let all = beside(&scenario, &report);
        assert_eq!(all.len(), 1);
        all[0].clone()
    }

    #[test]
    fn solved_queues_agree_with_their_formulas() {
        let queues = [
            (
                "slots = 1\nservice_time = \"exponential(10 ms)\"",
                "rate = \"70 rps\"",
                "M/M/1",
            ),
            (
                "slots = 4\nservice_time = \"exponential(20 ms)\"",
                "rate = \"150 rps\"",
                "M/M/4",
            ),
            (
                "slots = 1\nservice_time = \"10 ms\"",
                "rate = \"70 rps\"",
                "M/D/1",
            ),
            (
                "slots = 1\nservice_time = \"hyperexponential(10 ms, cv2 4)\"",
                "rate = \"50 rps\"",
                "M/G/1",
            ),
        ];
        let mut agree = 0;
        for (service, clients, name) in queues {
            for seed in 1..=5 {
                let it = run(service, clients, seed);
                assert_eq!(it.queue, name);
                let busy = it.utilisation.expect("it was measured");
                assert!((busy - it.load).abs() < 0.03, "{it:?}");
                agree += u32::from(it.agrees == Some(true));
                assert!(it.says.starts_with("They "), "{}", it.says);
            }
        }
        // 95 of 100 intervals hold the mean: of 20 at least 16, but for one case in 400.
        assert!(agree >= 16, "{agree} of 20");
    }

    #[test]
    fn what_is_another_queue_is_said_to_be_one() {
        let closed = run(
            "slots = 2\nservice_time = \"exponential(100 ms)\"",
            "arrivals = \"closed\"\nusers = 10\nthink_time = \"exponential(500 ms)\"",
            1,
        );
        assert_eq!(closed.agrees, Some(false), "{closed:?}");
        assert!(
            closed.says.contains("users wait for their answers"),
            "{}",
            closed.says
        );
        let even = run(
            "slots = 1\nservice_time = \"exponential(10 ms)\"",
            "arrivals = \"constant\"\nrate = \"80 rps\"",
            1,
        );
        assert_eq!(even.agrees, Some(false), "{even:?}");
        assert!(even.says.contains("at even distances"), "{}", even.says);
        assert!(even.measured_ns < even.wait_ns);
    }

    #[test]
    fn too_much_has_no_steady_state() {
        let over = run(
            "slots = 1\nservice_time = \"exponential(10 ms)\"\nqueue_limit = 50",
            "rate = \"120 rps\"",
            1,
        );
        assert!((over.load - 1.2).abs() < 0.05, "{over:?}");
        assert_eq!((over.wait_ns, over.agrees), (None, None));
        assert!(
            over.says.contains("no steady state") && over.says.contains("turns away"),
            "{}",
            over.says
        );
    }
}
