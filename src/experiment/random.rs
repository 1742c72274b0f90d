//! Random scenario files, for the laws that every design must obey: at least four nodes, two policies,
//! one fault, and 20,000 attempts. The same number gives the same text on every machine.

use std::fmt::Write as _;

use rand::SeedableRng;
use rand::rand_core::Rng as _;
use rand_chacha::ChaCha8Rng;

struct Dice(ChaCha8Rng);

impl Dice {
    /// Uniform on 0..n.
    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform on low..=high.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of a hundred cases.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// A distribution with a mean of about `mean_us` microseconds.
    fn dist(&mut self, mean_us: u64) -> String {
        let m = mean_us.max(4);
        match self.below(9) {
            0 => format!("{m} us"),
            1 => format!("uniform({} us, {} us)", m / 2, m + m / 2),
            2 => format!("exponential({m} us)"),
            3 => format!("erlang({m} us, shape {})", self.between(2, 5)),
            4 => format!("lognormal({m} us, cv {})", self.one_of(&["0.5", "1", "2"])),
            5 => format!("pareto({} us, alpha 2.5, max {} us)", m * 3 / 5, m * 100),
            6 => format!("bimodal({} us, {} us, slow 2 %)", m * 4 / 5, m * 10),
            7 => format!("hyperexponential({m} us, cv2 4)"),
            _ => format!("empirical({} us x 3, {} us x 1)", m * 2 / 3, m * 2),
        }
    }
}

/// Seconds that a random scenario runs.
const SECONDS: u64 = 40;

/// Actions per second over all clients: 20,800 actions, each with at least one attempt.
const RATE: u64 = 520;

/// The text of random scenario number `n`.
pub fn scenario(n: u64) -> String {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(n));
    let mut text = format!("format = 1\n\n[run]\nduration = \"{SECONDS} s\"\n");
    let mut links: Vec<String> = Vec::new();
    // With clients and a database, four nodes at least.
    let services = dice.between(2, 3);
    let (databases, third) = (dice.between(1, 2), dice.chance(50));
    let clients = dice.between(1, 2);
    let balanced = dice.chance(50);
    let door = if balanced { "door" } else { "s0" };
    clients_of(&mut text, &mut dice, &mut links, clients, door);
    if balanced {
        let policy = dice.one_of(&["random", "round_robin", "least_outstanding", "two_choices"]);
        let _ = write!(text, "\n[balancer.door]\npolicy = \"{policy}\"\n");
        links.push("door s0".to_owned());
    }
    for s in 0..services {
        service(&mut text, &mut dice, s, RATE * 2);
        let next = s + 1;
        if next < services {
            links.push(format!("s{s} s{next}"));
        }
        for d in 0..databases {
            if dice.chance(60) || s + 1 == services {
                links.push(format!("s{s} d{d}"));
            }
        }
        if third && dice.chance(50) {
            links.push(format!("s{s} mail"));
        }
    }
    for d in 0..databases {
        database(&mut text, &mut dice, d);
    }
    if links.iter().any(|l| l.ends_with("mail")) {
        let (latency, errors) = (dice.dist(30_000), dice.below(6));
        let _ = write!(
            text,
            "\n[third_party.mail]\nlatency = \"{latency}\"\nerror_share = \"{errors} %\"\n"
        );
    }
    for (i, ends) in links.iter().enumerate() {
        link(&mut text, &mut dice, i, ends);
    }
    operations(&mut text, &mut dice);
    for i in 0..dice.between(1, 3) {
        fault(&mut text, &mut dice, i, services, links.len() as u64);
    }
    text
}

fn clients_of(text: &mut String, dice: &mut Dice, links: &mut Vec<String>, n: u64, door: &str) {
    for c in 0..n {
        let _ = write!(text, "\n[clients.c{c}]\ncallers = {}\n", dice.between(1, 3));
        if c == 1 && dice.chance(50) {
            let _ = write!(
                text,
                "arrivals = \"closed\"\nusers = {}\nthink_time = \"{}\"\n",
                dice.between(5, 30),
                dice.dist(500_000)
            );
        } else if c == 0 {
            // The first clients alone bring the promised number of actions.
            let (arrivals, batch) = (dice.one_of(&["poisson", "constant"]), dice.between(1, 2));
            let rate = RATE.div_ceil(batch);
            let _ = write!(
                text,
                "arrivals = \"{arrivals}\"\nrate = \"{rate} rps\"\nbatch = {batch}\n"
            );
        } else {
            let _ = writeln!(text, "rate = \"{} rps\"", dice.between(20, 100));
        }
        links.push(format!("c{c} {door}"));
    }
}

fn service(text: &mut String, dice: &mut Dice, s: u64, rate: u64) {
    let (instances, slots) = (dice.between(1, 3), dice.between(2, 12));
    // Between a third loaded and somewhat overloaded.
    let capacity_us = instances * slots * 1_000_000 / rate;
    let mean = capacity_us * dice.between(30, 110) / 100;
    let _ = write!(
        text,
        "\n[service.s{s}]\ninstances = {instances}\nslots = {slots}\nservice_time = \"{}\"\n\
         queue_limit = {}\ndiscipline = \"{}\"\non_abandoned = \"{}\"\n",
        dice.dist(mean),
        match dice.chance(50) {
            true => dice.between(0, 200).to_string(),
            false => "\"unbounded\"".to_owned(),
        },
        dice.one_of(&["fifo", "lifo"]),
        dice.one_of(&["continue", "stop"]),
    );
}

fn database(text: &mut String, dice: &mut Dice, d: u64) {
    let _ = write!(
        text,
        "\n[database.d{d}]\ncores = {}\nread_time = \"{}\"\nwrite_time = \"{}\"\n\
         connections = {}\non_abandoned = \"{}\"\n",
        dice.between(2, 8),
        dice.dist(2_000),
        dice.dist(4_000),
        match dice.chance(70) {
            true => dice.between(2, 100).to_string(),
            false => "\"unbounded\"".to_owned(),
        },
        dice.one_of(&["continue", "stop"]),
    );
}

fn link(text: &mut String, dice: &mut Dice, i: usize, ends: &str) {
    let (from, to) = ends.split_once(' ').expect("two ends");
    let _ = write!(text, "\n[link.l{i}]\nfrom = \"{from}\"\nto = \"{to}\"\n");
    if dice.chance(70) {
        let delay_us = dice.between(100, 5_000);
        let _ = writeln!(text, "delay = \"{}\"", dice.dist(delay_us));
    }
    if dice.chance(50) {
        let _ = writeln!(text, "loss = \"{} %\"", dice.between(1, 5));
    }
    if dice.chance(50) {
        let _ = writeln!(text, "reply_loss = \"{} %\"", dice.between(1, 5));
    }
    // The first two links always have the two policies that every random design promises.
    if i < 2 || dice.chance(80) {
        let _ = writeln!(text, "timeout = \"{} ms\"", dice.between(20, 1_500));
    }
    if i < 2 || dice.chance(60) {
        retries(text, dice);
    }
    if dice.chance(30) {
        let _ = write!(
            text,
            "pool = {}\nacquire_timeout = \"{} ms\"\non_timeout = \"{}\"\n",
            dice.between(2, 40),
            dice.between(5, 500),
            dice.one_of(&["keep", "discard"])
        );
    }
}

fn retries(text: &mut String, dice: &mut Dice) {
    let backoff = dice.one_of(&["none", "constant", "exponential"]);
    let _ = write!(
        text,
        "attempts = {}\nbackoff = \"{backoff}\"\n",
        dice.between(2, 4)
    );
    if backoff != "none" {
        let jitter = dice.one_of(&["none", "full", "equal", "decorrelated"]);
        let base = dice.between(5, 200);
        let _ = write!(
            text,
            "jitter = \"{jitter}\"\nbackoff_base = \"{base} ms\"\nbackoff_cap = \"{} ms\"\n",
            base * 8
        );
    }
    match dice.below(4) {
        0 => {
            let _ = writeln!(text, "retry_budget = \"{} %\"", dice.between(5, 30));
        }
        1 => {
            let _ = writeln!(text, "retry_quota = {}", dice.between(50, 500));
        }
        _ => {}
    }
}

fn operations(text: &mut String, dice: &mut Dice) {
    let _ = write!(
        text,
        "\n[operation.buy]\nkind = \"write\"\nweight = {}\nkeys = {}\npopularity = \"{}\"\n",
        dice.between(1, 5),
        dice.between(1, 500),
        dice.one_of(&["uniform", "zipf", "hot"])
    );
    if dice.chance(70) {
        let _ = write!(
            text,
            "\n[operation.look]\nkind = \"read\"\nweight = {}\n",
            dice.between(1, 9)
        );
    }
}

fn fault(text: &mut String, dice: &mut Dice, i: u64, services: u64, links: u64) {
    let (at, lasts) = (dice.between(2, 25), dice.between(1, 10));
    let node = format!("s{}", dice.below(services));
    let link = format!("l{}", dice.below(links));
    // The first one is always a fault, never a mere change of traffic.
    let (what, target, knob) = match dice.below(if i == 0 { 5 } else { 8 }) {
        0 => (
            "slow",
            node,
            format!("factor = \"{}x\"", dice.between(2, 6)),
        ),
        1 => ("crash", node, String::new()),
        2 => (
            "errors",
            node,
            format!("share = \"{} %\"", dice.between(5, 60)),
        ),
        3 => {
            let direction = dice.one_of(&["both", "requests", "replies"]);
            ("partition", link, format!("direction = \"{direction}\""))
        }
        4 => ("hold", link, String::new()),
        5 => (
            "traffic_step",
            "c0".to_owned(),
            format!("rate = \"{} rps\"", dice.between(520, 900)),
        ),
        6 => (
            "traffic_ramp",
            "c0".to_owned(),
            format!("rate = \"{} rps\"", dice.between(520, 900)),
        ),
        _ => (
            "traffic_spike",
            "c0".to_owned(),
            format!("factor = \"{}x\"", dice.between(2, 4)),
        ),
    };
    let _ = write!(
        text,
        "\n[[timeline]]\nwhat = \"{what}\"\ntarget = \"{target}\"\nat = \"{at} s\"\nlasts = \"{lasts} s\"\n"
    );
    if !knob.is_empty() {
        let _ = writeln!(text, "{knob}");
    }
}
