//! What jobs do to the users beside whom they run, and to themselves.

use super::map::{Map, knobs, node_path, policy, slots, work};
use super::trip::names;
use super::words::{number, percent, rate, time};
use super::{Advice, HEADROOM, LONG_RUN_S};
use crate::design::registry::OPERATION;
use crate::design::value::MICRO;
use crate::design::{CallMode, Link, Node, Operation, Settings, Step};

/// What an item of a job asks of one database.
struct Queries<'d> {
    link: &'d Link,
    database: &'d Node,
    reads: f64,
    writes: f64,
}

impl Queries<'_> {
    /// Time on a core per item.
    fn hold_ns(&self) -> f64 {
        let mean = |writes| work(self.database, "", writes).map_or(0.0, |dist| dist.mean_ns());
        self.reads * mean(false) + self.writes * mean(true)
    }
}

struct Job<'d> {
    node: &'d Node,
    operation: &'d Operation,
    settings: Settings<'d>,
    queries: Vec<Queries<'d>>,
    works: f64,
    /// It calls nobody but databases.
    is_plain: bool,
}

fn jobs<'d>(map: &Map<'d>) -> Vec<Job<'d>> {
    let design = map.design;
    let job = |node: &'d Node| {
        let settings = knobs(node);
        let operation = design.operation_of(node)?;
        let leaving = || design.links.iter().filter(|link| link.from == node.key);
        let steps = node.plans.get(&operation.key);
        let queries = leaving().filter_map(|link| {
            let database = map.node(&link.to).filter(|to| to.kind.name == "database")?;
            let (reads, writes) = match steps {
                Some(steps) => asked(steps, link),
                None => (1.0, f64::from(u8::from(changes(operation, database)))),
            };
            let writes = if settings.flag("dry_run") {
                0.0
            } else {
                writes
            };
            Some(Queries {
                link,
                database,
                reads,
                writes,
            })
        });
        let queries: Vec<Queries<'_>> = queries.collect();
        let works = steps.map_or(1, |steps| {
            steps.iter().filter(|s| **s == Step::Work).count()
        });
        let is_plain = leaving().count() == queries.len();
        Some(Job {
            node,
            operation,
            settings,
            queries,
            works: works as f64,
            is_plain,
        })
    };
    let nodes = design.nodes.iter().filter(|node| node.kind.name == "job");
    nodes.filter_map(job).collect()
}

/// Awaited calls of a plan over a link that read, and that write.
fn asked(steps: &[Step], link: &Link) -> (f64, f64) {
    let calls = steps.iter().flat_map(|step| match step {
        Step::Calls { calls, .. } => &calls[..],
        _ => &[],
    });
    let of = |mode| {
        let here = calls
            .clone()
            .filter(|c| c.link == link.key && c.mode == mode);
        here.count() as f64
    };
    (of(CallMode::Read), of(CallMode::Write))
}

/// Whether an operation of a job changes something at a database that the job calls.
fn changes(operation: &Operation, database: &Node) -> bool {
    let writes = Settings::new(&OPERATION, &operation.knobs).choice("kind") == "write";
    writes && names(operation, "effects").is_none_or(|names| names.contains(&database.key))
}

impl Job<'_> {
    fn items(&self) -> f64 {
        let keys = Settings::new(&OPERATION, &self.operation.knobs).count("keys");
        self.settings.opt_count("items").unwrap_or(keys) as f64
    }

    /// The shortest time that an item takes, as far as it is known: its work, and its queries if nothing
    /// waits.
    fn item_ns(&self) -> f64 {
        let calls = self.queries.iter().map(|q| {
            let way = 2.0 * policy(q.link).dist("delay").mean_ns();
            q.hold_ns() + (q.reads + q.writes) * way
        });
        self.works * self.settings.dist("service_time").mean_ns() + calls.sum::<f64>()
    }

    /// The most items per second.
    fn most_per_s(&self) -> f64 {
        let at_once = self
            .settings
            .count("concurrency")
            .min(self.settings.count("batch_size"));
        let by_work = at_once as f64 * 1e9 / self.item_ns();
        let limit = self.settings.opt_rate("rate_limit");
        limit.map_or(by_work, |limit| by_work.min(limit.0 as f64 / MICRO as f64))
    }

    /// A run takes this long at least.
    fn run_ns(&self) -> f64 {
        self.items() / self.most_per_s() * 1e9
    }
}

pub fn crowds_out(map: &Map<'_>) -> Vec<Advice> {
    let mut out: Vec<Advice> = Vec::new();
    for job in jobs(map).iter().filter(|job| job.is_plain) {
        for query in &job.queries {
            let (database, hold) = (query.database, query.hold_ns());
            let users = map.load(database);
            let known = super::capacity::is_known(map, database);
            let added = job.most_per_s() * hold / 1e9 / slots(database);
            let told = out
                .iter()
                .any(|advice| advice.path.starts_with(&node_path(job.node, "")));
            if !known || told || users == 0.0 || users > HEADROOM || users + added <= HEADROOM {
                continue;
            }
            let room = (HEADROOM - users) * slots(database) * 1e9 / hold;
            out.push(Advice {
                path: node_path(job.node, "rate_limit"),
                reason: format!(
                    "users keep `{}` {} busy, and a run of `{}`, with up to {}, would add {}: users wait behind it",
                    database.key,
                    percent(users),
                    job.node.key,
                    rate(job.most_per_s()),
                    percent(added)
                ),
                knob: node_path(job.node, "rate_limit"),
                remedy: format!("below {}, so that {} are not exceeded", rate(room), percent(HEADROOM)),
            });
        }
    }
    out
}

pub fn starts_over(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for job in jobs(map) {
        let batch = job.settings.count("batch_size") as f64;
        if job.settings.flag("resumable") || batch >= job.items() {
            continue;
        }
        let zones = job.settings.opt_names("zones").unwrap_or_default();
        let crashes = map.happens("crash", &job.node.key)
            || zones
                .first()
                .is_some_and(|zone| map.happens("zone_outage", zone));
        let length = job.run_ns();
        let why = match crashes {
            true => "the timeline has it crash".to_owned(),
            false if length > LONG_RUN_S * 1e9 => format!("a run takes {} at least", time(length)),
            false => continue,
        };
        out.push(Advice {
            path: node_path(job.node, "resumable"),
            reason: format!(
                "`{}` keeps no progress, and {why}: after a crash it goes through all {} items from the first, and does again what it had done",
                job.node.key,
                number(job.items())
            ),
            knob: node_path(job.node, "resumable"),
            remedy: format!("true: then a crash costs {} items at most", number(batch)),
        });
    }
    out
}

/// What makes items those of several operations.
fn key_space(operation: &Operation) -> String {
    let settings = Settings::new(&OPERATION, &operation.knobs);
    let own = format!("operation {}", operation.key);
    settings.opt_text("key_space").unwrap_or(own)
}

pub fn overwrites(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for job in jobs(map)
        .iter()
        .filter(|job| !job.settings.flag("version_guard"))
    {
        let mine = job
            .queries
            .iter()
            .filter(|q| q.reads > 0.0 && q.writes > 0.0);
        let beside = mine.filter_map(|query| {
            let trips = map.trips.iter();
            let mut same = trips.filter(|t| key_space(t.operation) == key_space(job.operation));
            let writer = same.find(|trip| {
                let mut here = trip
                    .stops
                    .iter()
                    .filter(|s| s.node.key == query.database.key);
                here.any(|stop| stop.writes && stop.rate > 0.0)
            })?;
            Some((query, writer))
        });
        let Some((query, writer)) = beside.into_iter().next() else {
            continue;
        };
        out.push(Advice {
            path: node_path(job.node, "version_guard"),
            reason: format!(
                "`{}` reads rows of `{}`, works on them, and writes them back, while `{}` writes the same rows: what is written in between is overwritten with what was there before",
                job.node.key, query.database.key, writer.operation.key
            ),
            knob: node_path(job.node, "version_guard"),
            remedy: "true: a row that has changed is then a conflict, and read again".to_owned(),
        });
    }
    out
}

pub fn outlasts_period(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for job in jobs(map) {
        let Some(every) = job.settings.opt_duration("every") else {
            continue;
        };
        let length = job.run_ns();
        if length <= every.0 as f64 {
            continue;
        }
        let then = match job.settings.choice("overlap") {
            "skip" => "every so often a run is left out",
            "queue" => "runs wait for each other, more and more of them",
            "replace" => "none comes to its end",
            _ => "more and more of them go on at the same time",
        };
        out.push(Advice {
            path: node_path(job.node, "every"),
            reason: format!(
                "a run of `{}` takes {} at least, and the next one is due after {}: {then}",
                job.node.key,
                time(length),
                time(every.0 as f64)
            ),
            knob: node_path(job.node, "every"),
            remedy: format!(
                "longer than {}, or make the run shorter (`concurrency`, `rate_limit`)",
                time(length)
            ),
        });
    }
    out
}
