//! Assumptions about people, and the load that follows from them: how many requests per second, of what kind and
//! size, about how many things. Five lines say how one follows from the other.

use crate::design::registry::{self, OPERATION};
use crate::design::value::{self, Dist, Factor, MICRO, Rate, Value};
use crate::design::{Operation, Settings};
use crate::scenario::Scenario;
use crate::scenario::draw::{Edit, free_key};
use crate::time::{NS_PER_MS, NS_PER_S};
use crate::ui::state::{names, words};

use super::{Field, Wrong, set};

pub static FIELDS: &[Field] = &[
    Field {
        title: "People a day",
        hint: "how many use it: 50k, 2M",
        usual: "1M",
    },
    Field {
        title: "Actions of each a day",
        hint: "how often each of them asks for something",
        usual: "20",
    },
    Field {
        title: "Peak",
        hint: "how many times the average the busiest time of the day is",
        usual: "3",
    },
    Field {
        title: "Reads for each write",
        hint: "0: only writes; none: only reads",
        usual: "100",
    },
    Field {
        title: "Size of one thing",
        hint: "in bytes, as it is read or written: 500, 10k, 2M",
        usual: "10k",
    },
    Field {
        title: "Things there are",
        hint: "how many different ones users choose among, at most 1M",
        usual: "100k",
    },
    Field {
        title: "Key skew",
        hint: "0: all alike; 1: the second is asked for half as often as the first, the third a third (Zipf)",
        usual: "1",
    },
];

const SECONDS_PER_DAY: f64 = 86_400.0;

/// The form, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumptions {
    pub people: u64,
    pub actions: Factor,
    pub peak: Factor,
    /// Per write; `None`: nobody writes.
    pub reads: Option<u64>,
    pub bytes: u64,
    pub things: u64,
    /// Exponent of Zipf's law; 0: all alike.
    pub skew: Factor,
}

fn field_of(knob: &str, field: usize, text: &str) -> Result<Value, Wrong> {
    let clients = registry::kind("clients").and_then(|kind| kind.knob(knob));
    let Some(spec) = OPERATION.knob(knob).or(clients) else {
        let why = format!("no knob is called {knob}");
        return Err(Wrong { field, why });
    };
    value::parse(text, spec).map_err(|error| Wrong::of(field, error))
}

pub fn read(typed: &[String]) -> Result<Assumptions, Wrong> {
    let text = |field: usize| typed.get(field).map_or("", |text| text.trim());
    let count = |field| value::parse_count(text(field)).map_err(|e| Wrong::of(field, e));
    let factor = |field| value::parse_factor(text(field)).map_err(|e| Wrong::of(field, e));
    let above = |field: usize, positive: bool| match positive {
        true => Ok(()),
        false => Err(Wrong {
            field,
            why: "it has to be more than 0".to_owned(),
        }),
    };
    let assumed = Assumptions {
        people: count(0)?,
        actions: factor(1)?,
        peak: factor(2)?,
        reads: match text(3) {
            "none" => None,
            _ => Some(count(3)?),
        },
        bytes: count(4)?,
        things: count(5)?,
        skew: factor(6)?,
    };
    above(0, assumed.people > 0)?;
    above(1, assumed.actions.0 > 0)?;
    above(2, assumed.peak.0 > 0)?;
    above(5, assumed.things > 0)?;
    // What the design can hold: each line says what of it is too much.
    if let Some(reads) = assumed.reads {
        field_of("weight", 3, &reads.to_string())?;
    }
    field_of("request_size", 4, &assumed.bytes.to_string())?;
    field_of("keys", 5, &assumed.things.to_string())?;
    field_of("zipf_alpha", 6, &assumed.skew.to_string())?;
    field_of("rate", 0, &assumed.peak_rate().to_string())?;
    Ok(assumed)
}

/// What is read, or what is written, of all operations.
fn of_kind<'s>(scenario: &'s Scenario, kind: &str) -> Vec<&'s Operation> {
    let is =
        |operation: &&Operation| Settings::new(&OPERATION, &operation.knobs).choice("kind") == kind;
    scenario.design.operations.iter().filter(is).collect()
}

impl Assumptions {
    fn average(&self) -> f64 {
        let a_day = self.people as f64 * self.actions.0 as f64 / MICRO as f64;
        a_day / SECONDS_PER_DAY
    }

    /// Requests per second at the busiest time.
    pub fn peak_rate(&self) -> Rate {
        let rate = self.average() * self.peak.0 as f64;
        Rate(libm::round(rate) as u64)
    }

    /// Shares of reads and writes among the actions.
    fn shares(&self) -> (f64, f64) {
        match self.reads {
            None => (1.0, 0.0),
            Some(reads) => {
                let all = reads as f64 + 1.0;
                (reads as f64 / all, 1.0 / all)
            }
        }
    }

    /// The share of the most popular thing: 1 / (1 + 1/2^a + 1/3^a + ...).
    fn hottest(&self) -> f64 {
        let alpha = self.skew.0 as f64 / MICRO as f64;
        let weights = (1..=self.things).map(|rank| libm::pow(rank as f64, -alpha));
        1.0 / weights.sum::<f64>()
    }

    /// One step: arrivals at the peak's rate, the weights of what reads and writes, sizes, popularity.
    pub fn edit(&self, scenario: &Scenario, clients: &str) -> Edit {
        let path = |knob: &str| format!("clients.{clients}.{knob}");
        let mut edits = vec![
            set(path("rate"), self.peak_rate().to_string()),
            set(path("arrivals"), "poisson"),
        ];
        let node = scenario.design.node(clients);
        let idle = ["users", "think_time", "spawn_rate"];
        let idle = idle
            .iter()
            .filter(|knob| node.is_some_and(|n| n.knobs.contains_key(**knob)));
        edits.extend(idle.map(|knob| Edit::Unset { path: path(knob) }));
        let weights = [
            ("read", self.reads.unwrap_or(1)),
            ("write", u64::from(self.reads.is_some())),
        ];
        // How many there will be of each kind.
        let count = |kind: &str| (of_kind(scenario, kind).len() as u64).max(1);
        for (kind, weight) in weights {
            let found = of_kind(scenario, kind);
            let mut keys: Vec<String> = found.iter().map(|o| o.key.clone()).collect();
            if keys.is_empty() && weight > 0 {
                let taken = scenario.design.operations.iter().map(|o| o.key.as_str());
                let key = free_key(kind, taken);
                edits.push(Edit::AddOperation {
                    key: key.clone(),
                    kind: kind.to_owned(),
                });
                keys.push(key);
            }
            // Several of a kind share evenly; in whole numbers, if the others count as many times as there are of these.
            let others = count(if kind == "read" { "write" } else { "read" });
            for key in keys {
                edits.extend(self.operation(&key, kind, weight.saturating_mul(others)));
            }
        }
        Edit::All {
            name: format!("Assume {} people a day", words::count(self.people)),
            edits,
        }
    }

    /// What users do of one kind: how often, how large, about which things.
    fn operation(&self, key: &str, kind: &str, weight: u64) -> Vec<Edit> {
        let of = |knob: &str| format!("operation.{key}.{knob}");
        let size = match kind {
            "read" => "response_size",
            _ => "request_size",
        };
        let mut edits = vec![
            set(of("weight"), weight.to_string()),
            set(of("keys"), self.things.to_string()),
            set(of(size), self.bytes.to_string()),
        ];
        if self.skew.0 == 0 {
            edits.push(set(of("popularity"), "uniform"));
        } else {
            edits.push(set(of("popularity"), "zipf"));
            edits.push(set(of("zipf_alpha"), self.skew.to_string()));
        }
        edits
    }

    /// How the load follows, in five lines.
    pub fn lines(&self, scenario: &Scenario, clients: &str) -> Vec<String> {
        let peak = self.peak_rate().0 as f64 / MICRO as f64;
        let (reads, writes) = self.shares();
        let bytes = self.bytes as f64;
        let hottest = self.hottest();
        let a_day = self.average() * writes * SECONDS_PER_DAY * bytes;
        let people = words::count(self.people);
        vec![
            format!(
                "{people} people × {} actions a day = {} a second on average, {} at the peak, {} times that.",
                self.actions.0 as f64 / MICRO as f64,
                words::amount(self.average()),
                words::amount(peak),
                self.peak.0 as f64 / MICRO as f64,
            ),
            format!(
                "Of these, {} a second read and {} write.",
                words::amount(peak * reads),
                words::amount(peak * writes)
            ),
            format!(
                "At the peak {} a second go out and {} come in; {} a day are written, {} a year.",
                size(peak * reads * bytes),
                size(peak * writes * bytes),
                size(a_day),
                size(a_day * 365.0)
            ),
            format!(
                "The most popular of {} things is asked for {} times a second: {} of all.",
                words::count(self.things),
                words::amount(peak * hottest),
                words::percent(hottest)
            ),
            self.first_node(scenario, clients, peak),
        ]
    }

    /// Little's law at the first node: busy slots = requests per second × mean time of each.
    fn first_node(&self, scenario: &Scenario, clients: &str, peak: f64) -> String {
        let design = &scenario.design;
        let first = design.links.iter().find(|link| link.from == clients);
        let node = first.and_then(|link| design.node(&link.to));
        let Some(node) = node else {
            return "Nothing is there yet that could answer: connect the clients.".to_owned();
        };
        let name = names::node(node);
        let knobs = Settings::new(node.kind, &node.knobs);
        let has = |knob: &str| node.kind.knob(knob).is_some();
        if !has("service_time") || !has("slots") {
            return format!("{name} gets {} requests a second.", words::amount(peak));
        }
        let mean_ns = match knobs.value("service_time") {
            Value::Dist(dist) => dist.mean_ns(),
            Value::Duration(d) => Dist::Constant(d).mean_ns(),
            _ => return format!("{name} gets {} requests a second.", words::amount(peak)),
        };
        let instances = if has("instances") {
            knobs.opt_count("instances").unwrap_or(1)
        } else {
            1
        };
        let slots = knobs.opt_count("slots").map(|slots| slots * instances);
        let busy = peak * mean_ns / NS_PER_S as f64;
        let each = words::ms(mean_ns / NS_PER_MS as f64);
        let busy_words = words::amount(busy);
        match slots {
            Some(slots) if busy > slots as f64 => format!(
                "{name}: {} a second × {each} of own work = {busy_words} slots, and it has {}: too few.",
                words::amount(peak),
                words::count(slots)
            ),
            Some(slots) => format!(
                "{name}: {} a second × {each} of own work = {busy_words} of its {} slots busy.",
                words::amount(peak),
                words::count(slots)
            ),
            None => format!(
                "{name}: {} a second × {each} of own work = {busy_words} at the same time.",
                words::amount(peak)
            ),
        }
    }
}

/// Bytes as people say them, in powers of ten.
fn size(bytes: f64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB", "PB"];
    let (mut value, mut unit) = (bytes, 0);
    while value >= 999.5 && unit + 1 < units.len() {
        (value, unit) = (value / 1000.0, unit + 1);
    }
    format!("{} {}", words::amount(value), units[unit])
}

#[cfg(test)]
mod tests {
    use super::super::{Ask, Form};
    use super::*;
    use crate::ui::state::model::Model;
    use crate::ui::state::update::{Msg, update};

    const SHOP: &str = "format = 1\n[run]\nduration = \"60 s\"\n[clients.users]\nrate = \"5 rps\"\n\
        [service.shop]\nslots = 4\nservice_time = \"10 ms\"\n[link.l]\nfrom = \"users\"\nto = \"shop\"\n";

    fn typed(texts: [&str; 7]) -> Vec<String> {
        texts.map(str::to_owned).to_vec()
    }

    #[test]
    fn five_lines_say_how_the_load_follows() {
        let scenario = Scenario::parse(SHOP).unwrap();
        let assumed = read(&typed(["1M", "20", "3", "100", "10k", "1000", "1"])).unwrap();
        assert_eq!(
            assumed.lines(&scenario, "users"),
            [
                "1,000,000 people × 20 actions a day = 231 a second on average, 694 at the peak, 3 times that.",
                "Of these, 688 a second read and 6.9 write.",
                "At the peak 6.9 MB a second go out and 69 KB come in; 2 GB a day are written, 723 GB a year.",
                "The most popular of 1,000 things is asked for 93 times a second: 13 % of all.",
                "shop: 694 a second × 10 ms of own work = 6.9 slots, and it has 4: too few.",
            ]
        );
        let alike = read(&typed(["10k", "1", "1", "none", "0", "4", "0"])).unwrap();
        let lines = alike.lines(&scenario, "nobody");
        assert!(lines[3].ends_with("25 % of all."), "{}", lines[3]);
        assert!(lines[4].starts_with("Nothing is there yet"), "{}", lines[4]);
    }

    #[test]
    fn what_cannot_be_is_refused_at_its_line() {
        for (field, texts) in [
            (0, ["0", "20", "3", "100", "10k", "1000", "1"]),
            (0, ["9000M", "100000", "1000", "100", "10k", "1000", "1"]),
            (1, ["1M", "abc", "3", "100", "10k", "1000", "1"]),
            (2, ["1M", "20", "-1", "100", "10k", "1000", "1"]),
            (3, ["1M", "20", "3", "9M", "10k", "1000", "1"]),
            (4, ["1M", "20", "3", "100", "5000M", "1000", "1"]),
            (5, ["1M", "20", "3", "100", "10k", "2M", "1"]),
            (6, ["1M", "20", "3", "100", "10k", "1000", "NaN"]),
        ] {
            let wrong = read(&typed(texts)).unwrap_err();
            assert_eq!(wrong.field, field, "{texts:?}: {}", wrong.why);
        }
    }

    #[test]
    fn using_them_fills_in_rate_weights_sizes_and_popularity_in_one_step() {
        let mut model = Model::default();
        let (name, text) = ("shop.toml".to_owned(), SHOP.to_owned());
        update(&mut model, Msg::Import { name, text });
        let before = model.doc.text.clone();
        update(&mut model, Msg::Form(Ask::Open(Form::Assumptions)));
        for (field, text) in ["1M", "20", "3", "9", "2k", "500", "0.8"]
            .iter()
            .enumerate()
        {
            let ask = Ask::Typed(Form::Assumptions, field, (*text).to_owned());
            update(&mut model, Msg::Form(ask));
        }
        update(&mut model, Msg::Form(Ask::Use(Form::Assumptions)));
        assert_eq!((model.forms.refused.clone(), model.dialog), (None, None));
        assert_eq!(model.why_not_run(), None);
        let design = &model.doc.scenario.design;
        let users = design.node("users").unwrap();
        let rate = Settings::new(users.kind, &users.knobs).rate("rate");
        assert_eq!(rate, Rate(694_444_444));
        let of = |key: &str| {
            let all = &design.operations;
            let operation = all.iter().find(|operation| operation.key == key).unwrap();
            Settings::new(&OPERATION, &operation.knobs)
        };
        assert_eq!(design.operations.len(), 2, "what writes was added");
        assert_eq!(
            (of("request").count("weight"), of("write").count("weight")),
            (9, 1)
        );
        assert_eq!(of("request").count("response_size"), 2000);
        assert_eq!(of("write").count("request_size"), 2000);
        assert_eq!(of("write").choice("popularity"), "zipf");
        assert_eq!(
            (
                of("request").count("keys"),
                of("request").factor("zipf_alpha")
            ),
            (500, Factor(800_000))
        );
        update(&mut model, Msg::Undo);
        assert_eq!(model.doc.text, before);
    }
}
