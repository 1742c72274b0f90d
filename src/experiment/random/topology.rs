//! Who is there and who calls whom, with the knobs that keep the load within reason.

use super::dice::Dice;
use super::text::{Draft, Table, quoted};
use crate::design::registry::{self, KindSpec, LINK, OPERATION};

/// Actions per second of the first clients: 20,800 in a run, each with at least one attempt.
const RATE: u64 = 520;

struct Drawing {
    draft: Draft,
    links: u64,
}

fn kind(name: &str) -> &'static KindSpec {
    registry::kind(name).expect("a kind of the registry")
}

impl Drawing {
    fn node(&mut self, kind_name: &str, key: &str) -> &mut Table {
        let header = format!("{kind_name}.{key}");
        self.draft.tables.push(Table::new(header, kind(kind_name)));
        self.draft.tables.last_mut().expect("just added")
    }

    fn set(table: &mut Table, name: &str, value: String) {
        table.fixed.push((name.to_owned(), value));
    }

    fn link(&mut self, dice: &mut Dice, from: &str, to: &str) {
        let number = self.links;
        self.links += 1;
        let is_delivery = self.is(from, "queue") && self.is(to, "worker");
        let mut table = Table::new(format!("link.l{number}"), &LINK)
            .with("from", quoted(from))
            .with("to", quoted(to));
        if !is_delivery {
            // The first two links always have the two policies that every random design promises.
            if number < 2 || dice.chance(75) {
                let timeout = dice.between(20, 1_500);
                Self::set(&mut table, "timeout", quoted(&format!("{timeout} ms")));
            }
            if number < 2 || dice.chance(50) {
                Self::set(&mut table, "attempts", dice.between(2, 3).to_string());
            }
        }
        if dice.chance(60) {
            let delay_us = dice.between(100, 5_000);
            Self::set(&mut table, "delay", quoted(&dice.dist(delay_us)));
        }
        for (knob, percent) in [("loss", 35), ("reply_loss", 35)] {
            if dice.chance(percent) {
                let share = dice.between(1, 5);
                Self::set(&mut table, knob, quoted(&format!("{share} %")));
            }
        }
        self.draft.tables.push(table);
    }

    fn is(&self, key: &str, kind: &str) -> bool {
        let mut tables = self.draft.tables.iter();
        tables.any(|t| t.kind.name == kind && t.key() == key)
    }

    fn clients(&mut self, dice: &mut Dice, door: &str) {
        for c in 0..dice.between(1, 2) {
            let key = format!("c{c}");
            let closed = c == 1 && dice.chance(50);
            let callers = dice.between(1, 3);
            let (arrivals, batch) = match closed {
                true => ("closed", 1),
                false => (dice.one_of(&["poisson", "constant"]), dice.between(1, 2)),
            };
            let users = dice.between(5, 30);
            let think = dice.dist(500_000);
            let rate = if c == 0 {
                RATE.div_ceil(batch)
            } else {
                dice.between(20, 100)
            };
            let table = self.node("clients", &key);
            Self::set(table, "callers", callers.to_string());
            Self::set(table, "arrivals", quoted(arrivals));
            if closed {
                Self::set(table, "users", users.to_string());
                Self::set(table, "think_time", quoted(&think));
            } else {
                Self::set(table, "rate", quoted(&format!("{rate} rps")));
                Self::set(table, "batch", batch.to_string());
            }
            self.link(dice, &key, door);
        }
    }

    fn service(&mut self, dice: &mut Dice, key: &str) {
        let (instances, slots) = (dice.between(1, 4), dice.between(2, 12));
        // Between a third loaded and somewhat overloaded.
        let capacity_us = instances * slots * 1_000_000 / (RATE * 2);
        let mean = capacity_us * dice.between(30, 110) / 100;
        let time = dice.dist(mean);
        let table = self.node("service", key);
        Self::set(table, "instances", instances.to_string());
        Self::set(table, "slots", slots.to_string());
        Self::set(table, "service_time", quoted(&time));
    }

    fn stores(&mut self, dice: &mut Dice, databases: u64) {
        for d in 0..databases {
            let (cores, read, write) = (dice.between(2, 8), dice.dist(2_000), dice.dist(4_000));
            let table = self.node("database", &format!("d{d}"));
            Self::set(table, "cores", cores.to_string());
            Self::set(table, "read_time", quoted(&read));
            Self::set(table, "write_time", quoted(&write));
            // Nobody follows the second one.
            if d > 0 && dice.chance(40) {
                Self::set(table, "replication", quoted("leaderless"));
                Self::set(table, "replicas", dice.between(1, 4).to_string());
            }
        }
    }
}

/// With clients, services and databases, four nodes at least.
pub fn draw(dice: &mut Dice) -> Draft {
    let mut d = Drawing {
        draft: Draft::default(),
        links: 0,
    };
    let services = dice.between(2, 3);
    let databases = dice.between(1, 2);
    let [balanced, cached, third, queued] = [60, 55, 50, 60].map(|percent| dice.chance(percent));
    if balanced {
        d.node("balancer", "door");
    }
    for s in 0..services {
        d.service(dice, &format!("s{s}"));
    }
    d.clients(dice, if balanced { "door" } else { "s0" });
    d.stores(dice, databases);
    if third {
        let latency = dice.dist(30_000);
        let table = d.node("third_party", "mail");
        Drawing::set(table, "latency", quoted(&latency));
    }
    if balanced {
        d.link(dice, "door", "s0");
        // Sometimes two of them share the load.
        if dice.chance(40) {
            d.link(dice, "door", "s1");
        }
    }
    for s in 0..services {
        let (from, next) = (format!("s{s}"), s + 1);
        if next < services {
            d.link(dice, &from, &format!("s{next}"));
        }
        for n in 0..databases {
            if dice.chance(60) || next == services {
                d.link(dice, &from, &format!("d{n}"));
            }
        }
        if third && dice.chance(40) {
            d.link(dice, &from, "mail");
        }
    }
    if third && dice.chance(80) {
        // It tells somebody who asks nobody.
        d.service(dice, "hook");
        d.link(dice, "mail", "hook");
    }
    if cached {
        cache(dice, &mut d, services);
    }
    if queued {
        queue(dice, &mut d, third);
    }
    let has_job = dice.chance(60);
    if has_job {
        job(dice, &mut d, cached, queued, third);
    }
    if dice.chance(35) {
        feed(dice, &mut d, third);
    }
    operations(dice, &mut d, has_job);
    monitoring(dice, &mut d);
    d.draft
}

fn cache(dice: &mut Dice, d: &mut Drawing, services: u64) {
    let pattern = dice.one_of(&[
        "look_aside",
        "read_through",
        "write_through",
        "write_behind",
        "invalidate_on_write",
    ]);
    let instances = dice.between(1, 3);
    let table = d.node("cache", "keep");
    Drawing::set(table, "pattern", quoted(pattern));
    Drawing::set(table, "instances", instances.to_string());
    let asker = format!("s{}", dice.below(services));
    d.link(dice, &asker, "keep");
    if pattern != "look_aside" {
        d.link(dice, "keep", "d0");
    }
}

fn queue(dice: &mut Dice, d: &mut Drawing, third: bool) {
    let time = dice.dist(8_000);
    let (instances, concurrency) = (dice.between(1, 3), dice.between(4, 16));
    d.node("queue", "jobs");
    let table = d.node("worker", "hands");
    Drawing::set(table, "instances", instances.to_string());
    Drawing::set(table, "concurrency", concurrency.to_string());
    Drawing::set(table, "service_time", quoted(&time));
    d.link(dice, "s0", "jobs");
    d.link(dice, "jobs", "hands");
    if dice.chance(80) {
        d.link(dice, "hands", "d0");
    }
    if third && dice.chance(50) {
        d.link(dice, "hands", "mail");
    }
    if dice.chance(40) {
        let dead = d.links;
        d.node("queue", "dead");
        d.link(dice, "jobs", "dead");
        let jobs = d.draft.tables.iter_mut().find(|t| t.header == "queue.jobs");
        let jobs = jobs.expect("just drawn");
        jobs.drawn
            .push(("dead_letter".to_owned(), quoted(&format!("l{dead}"))));
        jobs.drawn
            .push(("max_receives".to_owned(), dice.between(1, 4).to_string()));
    }
}

/// It goes through what users write, or through items of its own.
fn job(dice: &mut Dice, d: &mut Drawing, cached: bool, queued: bool, third: bool) {
    let operation = dice.one_of(&["buy", "sweep"]);
    let (start, items) = (dice.between(0, 10_000), dice.between(50, 1_500));
    let time = dice.dist(5_000);
    let table = d.node("job", "nightly");
    Drawing::set(table, "operation", quoted(operation));
    Drawing::set(table, "start", quoted(&format!("{start} ms")));
    Drawing::set(table, "items", items.to_string());
    Drawing::set(table, "service_time", quoted(&time));
    d.link(dice, "nightly", "d0");
    let others = [
        ("s1", true),
        ("keep", cached),
        ("jobs", queued),
        ("mail", third),
    ];
    for (other, is_there) in others {
        if is_there && dice.chance(30) {
            d.link(dice, "nightly", other);
        }
    }
}

/// It publishes what is written to a database to somebody who does not write there.
fn feed(dice: &mut Dice, d: &mut Drawing, third: bool) {
    let time = dice.dist(6_000);
    d.node("feed", "relay");
    d.link(dice, "relay", "d0");
    if dice.chance(30) {
        d.service(dice, "listener");
        d.link(dice, "relay", "listener");
        return;
    }
    let concurrency = dice.between(4, 16);
    d.node("queue", "news");
    let table = d.node("worker", "reader");
    Drawing::set(table, "concurrency", concurrency.to_string());
    Drawing::set(table, "service_time", quoted(&time));
    d.link(dice, "relay", "news");
    d.link(dice, "news", "reader");
    if third && dice.chance(60) {
        d.link(dice, "reader", "mail");
    }
}

fn operations(dice: &mut Dice, d: &mut Drawing, has_job: bool) {
    // Mostly they are about the same rows; few of them, so that somebody else is often there too.
    let keys = dice.between(1, 500).to_string();
    let is_shared = dice.chance(70);
    let about = |table: Table, own: String| match is_shared {
        true => table
            .with("key_space", quoted("rows"))
            .with("keys", keys.clone()),
        false => table.with("keys", own),
    };
    if has_job {
        // Nobody else does it.
        let table = Table::new("operation.sweep".to_owned(), &OPERATION)
            .with("kind", quoted("write"))
            .with("weight", "0");
        let table = about(table, dice.between(1, 500).to_string());
        d.draft.tables.push(table);
    }
    let table = Table::new("operation.buy".to_owned(), &OPERATION)
        .with("kind", quoted("write"))
        .with("weight", dice.between(1, 5).to_string());
    let table = about(table, dice.between(1, 500).to_string());
    d.draft.tables.push(table);
    if dice.chance(75) {
        let table = Table::new("operation.look".to_owned(), &OPERATION)
            .with("kind", quoted("read"))
            .with("weight", dice.between(1, 9).to_string());
        let table = about(table, dice.between(1, 500).to_string());
        d.draft.tables.push(table);
    }
}

fn monitoring(dice: &mut Dice, d: &mut Drawing) {
    if !dice.chance(40) {
        return;
    }
    let scrape = dice.between(200, 3_000);
    let table = Table::new("monitoring".to_owned(), &registry::MONITORING)
        .with("scrape_every", quoted(&format!("{scrape} ms")))
        .with("clock_scale", quoted(&dice.between(1, 100).to_string()));
    d.draft.tables.push(table);
    let table = Table::new("alert.watch".to_owned(), &registry::ALERT)
        .with("node", quoted(dice.one_of(&["s0", "s1", "d0"])))
        .with("burn_rate", quoted(&dice.between(1, 20).to_string()));
    d.draft.tables.push(table);
}
