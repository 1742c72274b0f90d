//! Healthy systems of twelve shapes with drawn numbers, and faults at drawn places in them.

use brownout::engine::draw::mix64;

/// Draws numbers: the same seed draws the same ones.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(mix64(seed ^ 0x5eed_e4b1))
    }

    fn next(&mut self) -> u64 {
        self.0 = mix64(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15));
        self.0
    }

    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.between(0, of.len() as u64 - 1) as usize]
    }
}

/// Seconds of a run.
pub const DURATION: u64 = 120;

pub struct Shape {
    pub text: String,
    /// Names of clients, of what works (services, databases, third parties, workers), and of links between.
    pub clients: Vec<&'static str>,
    pub services: Vec<&'static str>,
    pub databases: Vec<&'static str>,
    pub third_parties: Vec<&'static str>,
    pub workers: Vec<&'static str>,
    pub caches: Vec<&'static str>,
    pub links: Vec<&'static str>,
}

/// A system under about 55 % load, or `load` of it.
struct Numbers {
    rate: u64,
    load: f64,
    timeout: u64,
    attempts: u64,
}

impl Numbers {
    /// Slots for work of this many milliseconds at a share of the rate.
    fn slots(&self, ms: u64, share: f64) -> u64 {
        let busy = self.rate as f64 * share * ms as f64 / 1000.0;
        (busy / self.load).ceil().max(2.0) as u64
    }

    fn clients(&self, key: &str, share: f64) -> String {
        let rate = (self.rate as f64 * share) as u64;
        format!("[clients.{key}]\narrivals = \"poisson\"\nrate = \"{rate} rps\"\n")
    }

    /// `inner`: how long it holds a slot in all, with its calls.
    fn service(&self, key: &str, own: u64, inner: u64, share: f64, instances: u64) -> String {
        // Who waits for others needs room for the times at which they are slower.
        let all = match inner > own {
            true => 2 * self.slots(inner, share),
            false => self.slots(inner, share),
        };
        let slots = all.div_ceil(instances).max(2);
        format!(
            "[service.{key}]\ninstances = {instances}\nslots = {slots}\nservice_time = \"exponential({own} ms)\"\n"
        )
    }

    fn database(&self, key: &str, ms: u64, share: f64) -> String {
        let cores = self.slots(ms, share);
        format!(
            "[database.{key}]\ncores = {cores}\nread_time = \"exponential({ms} ms)\"\nwrite_time = \"exponential({ms} ms)\"\n"
        )
    }

    /// From clients: with their patience.
    fn entry(&self, key: &str, from: &str, to: &str) -> String {
        let (timeout, attempts) = (self.timeout, self.attempts);
        format!(
            "[link.{key}]\nfrom = \"{from}\"\nto = \"{to}\"\ntimeout = \"{timeout} ms\"\nattempts = {attempts}\ndelay = \"1 ms\"\n"
        )
    }

    fn link(&self, key: &str, from: &str, to: &str) -> String {
        let timeout = self.timeout / 2;
        format!(
            "[link.{key}]\nfrom = \"{from}\"\nto = \"{to}\"\ntimeout = \"{timeout} ms\"\ndelay = \"1 ms\"\n"
        )
    }

    fn bare_link(key: &str, from: &str, to: &str) -> String {
        format!("[link.{key}]\nfrom = \"{from}\"\nto = \"{to}\"\ndelay = \"1 ms\"\n")
    }
}

pub const SHAPES: u64 = 12;

pub fn shape(number: u64, dice: &mut Dice, load: f64) -> Shape {
    let n = Numbers {
        rate: dice.between(60, 200),
        load,
        timeout: dice.between(600, 1500),
        attempts: dice.between(1, 2),
    };
    let own = dice.between(5, 20);
    let db = dice.between(4, 12);
    let mut s = Shape {
        text: format!("format = 1\n\n[run]\nduration = \"{DURATION} s\"\n\n"),
        clients: vec!["users"],
        services: Vec::new(),
        databases: Vec::new(),
        third_parties: Vec::new(),
        workers: Vec::new(),
        caches: Vec::new(),
        links: Vec::new(),
    };
    let write = "[operation.buy]\nkind = \"write\"\nkeys = 500\nweight = 1\n";
    let both = "[operation.buy]\nkind = \"write\"\nkeys = 500\nweight = 1\n[operation.look]\nkind = \"read\"\nkeys = 500\nweight = 3\n";
    let parts: Vec<String> = match number % SHAPES {
        0 => {
            s.services = vec!["api"];
            s.databases = vec!["store"];
            s.links = vec!["visit", "ask"];
            vec![
                n.clients("users", 1.0),
                n.service("api", own, own + db + 2, 1.0, 2),
                n.database("store", db, 1.0),
                n.entry("visit", "users", "api"),
                n.link("ask", "api", "store"),
                both.into(),
            ]
        }
        1 => {
            s.services = vec!["web", "api"];
            s.databases = vec!["store"];
            s.links = vec!["visit", "go", "ask"];
            vec![
                n.clients("users", 1.0),
                n.service("web", 3, 3 + own + db + 6, 1.0, 1),
                n.service("api", own, own + db + 2, 1.0, 2),
                n.database("store", db, 1.0),
                n.entry("visit", "users", "web"),
                n.link("go", "web", "api"),
                n.link("ask", "api", "store"),
                both.into(),
            ]
        }
        2 => {
            s.services = vec!["api"];
            s.databases = vec!["store"];
            s.links = vec!["spread", "ask"];
            vec![
                n.clients("users", 1.0),
                "[balancer.lb]\npolicy = \"round_robin\"\n".into(),
                n.service("api", own, own + db + 2, 1.0, dice.between(2, 4)),
                n.database("store", db, 1.0),
                n.entry("visit", "users", "lb"),
                n.link("spread", "lb", "api"),
                n.link("ask", "api", "store"),
                both.into(),
            ]
        }
        3 => {
            s.services = vec!["api"];
            s.databases = vec!["store"];
            s.caches = vec!["kept"];
            s.links = vec!["visit", "ask"];
            vec![
                n.clients("users", 1.0),
                n.service("api", own, own + db + 2, 1.0, 2),
                "[cache.kept]\nttl = \"10 min\"\n".into(),
                n.database("store", 12, 0.2),
                n.entry("visit", "users", "api"),
                Numbers::bare_link("peek", "api", "kept"),
                n.link("ask", "api", "store"),
                "[operation.look]\nkind = \"read\"\nkeys = 1500\nweight = 1\npopularity = \"zipf\"\n".into(),
            ]
        }
        4 => {
            s.services = vec!["shop"];
            s.databases = vec!["store"];
            s.third_parties = vec!["card"];
            s.links = vec!["visit", "ask", "pay"];
            vec![
                n.clients("users", 1.0),
                n.service("shop", own, own + db + 90, 1.0, 2),
                n.database("store", db, 1.0),
                "[third_party.card]\nlatency = \"exponential(70 ms)\"\n".into(),
                n.entry("visit", "users", "shop"),
                n.link("ask", "shop", "store"),
                n.link("pay", "shop", "card"),
                write.into(),
            ]
        }
        5 => {
            s.services = vec!["api"];
            s.databases = vec!["done"];
            s.workers = vec!["crew"];
            s.links = vec!["visit", "keep"];
            vec![
                n.clients("users", 1.0),
                n.service("api", own, own + 8, 1.0, 2),
                "[queue.jobs]\n".into(),
                format!(
                    "[worker.crew]\nconcurrency = {}\nservice_time = \"exponential({own} ms)\"\n",
                    n.slots(own + db + 6, 1.0)
                ),
                n.database("done", db, 1.0),
                n.entry("visit", "users", "api"),
                n.link("put", "api", "jobs"),
                Numbers::bare_link("get", "jobs", "crew"),
                n.link("keep", "crew", "done"),
                write.into(),
            ]
        }
        6 => {
            s.services = vec!["page", "left", "right"];
            s.links = vec!["visit", "l", "r"];
            vec![
                n.clients("users", 1.0),
                format!(
                    "{}plan.look = [\"work\", \"all call l, call r\", \"respond\"]\n",
                    n.service("page", 3, 3 + 2 * own + 4, 1.0, 2)
                ),
                n.service("left", own, own, 1.0, 1),
                n.service("right", own, own, 1.0, 1),
                n.entry("visit", "users", "page"),
                n.link("l", "page", "left"),
                n.link("r", "page", "right"),
                "[operation.look]\nkind = \"read\"\nweight = 1\n".into(),
            ]
        }
        7 => {
            s.clients = vec!["users", "partners"];
            s.services = vec!["api", "bulk"];
            s.databases = vec!["store"];
            s.links = vec!["visit", "send", "ask", "load"];
            vec![
                n.clients("users", 0.7),
                n.clients("partners", 0.5),
                n.service("api", own, own + db + 2, 0.7, 2),
                n.service("bulk", own, own + db + 2, 0.5, 1),
                n.database("store", db, 1.2),
                n.entry("visit", "users", "api"),
                n.entry("send", "partners", "bulk"),
                n.link("ask", "api", "store"),
                n.link("load", "bulk", "store"),
                both.into(),
            ]
        }
        8 => {
            s.services = vec!["api"];
            s.databases = vec!["store"];
            s.caches = vec!["front"];
            s.links = vec!["visit", "through"];
            vec![
                n.clients("users", 1.0),
                n.service("api", own, own + db + 4, 1.0, 2),
                "[cache.front]\npattern = \"read_through\"\nttl = \"10 min\"\n".into(),
                n.database("store", 12, 0.2),
                n.entry("visit", "users", "api"),
                n.link("through", "api", "front"),
                n.link("behind", "front", "store"),
                "[operation.look]\nkind = \"read\"\nkeys = 1500\nweight = 1\npopularity = \"zipf\"\n".into(),
            ]
        }
        9 => {
            s.services = vec!["web", "orders", "stock"];
            s.databases = vec!["store"];
            s.links = vec!["visit", "o", "k", "so", "ss"];
            vec![
                n.clients("users", 1.0),
                n.service("web", 3, 3 + 2 * (own + db + 4), 1.0, 2),
                n.service("orders", own, own + db + 2, 1.0, 1),
                n.service("stock", own, own + db + 2, 1.0, 1),
                n.database("store", db, 2.0),
                n.entry("visit", "users", "web"),
                n.link("o", "web", "orders"),
                n.link("k", "web", "stock"),
                n.link("so", "orders", "store"),
                n.link("ss", "stock", "store"),
                both.into(),
            ]
        }
        10 => {
            s.services = vec!["api"];
            s.third_parties = vec!["mail"];
            s.workers = vec!["crew"];
            s.links = vec!["visit", "post"];
            vec![
                n.clients("users", 1.0),
                n.service("api", own, own + 8, 1.0, 2),
                "[queue.mails]\n".into(),
                format!(
                    "[worker.crew]\ninstances = 2\nconcurrency = {}\nservice_time = \"exponential({own} ms)\"\n",
                    n.slots(own + 60, 1.0).div_ceil(2)
                ),
                "[third_party.mail]\nlatency = \"exponential(50 ms)\"\n".into(),
                n.entry("visit", "users", "api"),
                n.link("put", "api", "mails"),
                Numbers::bare_link("get", "mails", "crew"),
                n.link("post", "crew", "mail"),
                write.into(),
            ]
        }
        _ => {
            s.services = vec!["api"];
            s.databases = vec!["store"];
            s.links = vec!["visit", "ask"];
            vec![
                n.clients("users", 1.0),
                n.service("api", own, own + db + 6, 1.0, 3),
                format!(
                    "{}replicas = 2\nacknowledge = \"majority\"\nreplication_delay = \"2 ms\"\n",
                    n.database("store", db, 1.0)
                ),
                n.entry("visit", "users", "api"),
                n.link("ask", "api", "store"),
                both.into(),
            ]
        }
    };
    s.text.push_str(&parts.join("\n"));
    s
}
