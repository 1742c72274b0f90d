//! A load test: so many users, started one after the other, who wait between two requests. The words are those of
//! [Locust](https://docs.locust.io/en/stable/configuration.html).

use crate::design::registry::{self, RUN};
use crate::design::value::{self, Dist, MICRO, Rate, Value, ValueError};
use crate::design::{Design, Settings};
use crate::scenario::Scenario;
use crate::scenario::draw::Edit;
use crate::time::{Duration, NS_PER_S};
use crate::ui::state::model::Model;
use crate::ui::state::series::Column;

use super::{Field, Wrong, set};

pub static FIELDS: &[Field] = &[
    Field {
        title: "Users",
        hint: "how many there are in the end",
        usual: "100",
    },
    Field {
        title: "Users started per second",
        hint: "one after the other, from the beginning on",
        usual: "10",
    },
    Field {
        title: "Wait time",
        hint: "how long each pauses after an answer: 2 s, between(1, 5), exponential(1 s)",
        usual: "1 s",
    },
    Field {
        title: "Run time",
        hint: "90 s, 5 min, 1m30s",
        usual: "60 s",
    },
];

/// Rows that are shown; a file has all.
pub const SHOWN: usize = 10;

/// The form, read.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadTest {
    pub users: u64,
    pub spawn_rate: Rate,
    pub wait: Dist,
    pub run_time: Duration,
}

/// What the form begins with: the clients as they are. Open arrivals become as many users as ask at that rate with
/// the usual pause, if answers take no time.
pub fn of(scenario: &Scenario, clients: &str) -> Vec<String> {
    let mut typed: Vec<String> = FIELDS.iter().map(|field| field.usual.to_owned()).collect();
    typed[3] = scenario.run.duration.to_string();
    let Some(node) = scenario.design.node(clients) else {
        return typed;
    };
    let knobs = Settings::new(node.kind, &node.knobs);
    let users = knobs.opt_count("users");
    if knobs.choice("arrivals") == "closed"
        && let Some(users) = users
    {
        typed[0] = users.to_string();
        typed[2] = knobs.dist("think_time").to_string();
    } else if let Some(rate) = knobs.opt_rate("rate") {
        typed[0] = rate.0.div_ceil(MICRO).max(1).to_string();
    }
    typed[1] = match knobs.opt_rate("spawn_rate") {
        Some(rate) => Value::Rate(rate).as_f64().to_string(),
        None => typed[0].clone(),
    };
    typed
}

pub fn read(typed: &[String]) -> Result<LoadTest, Wrong> {
    let clients = registry::kind("clients").unwrap_or(&RUN);
    let of = |field: usize, knob: &str, text: String| {
        let spec = clients.knob(knob).or_else(|| RUN.knob(knob));
        let Some(spec) = spec else {
            let why = format!("no knob is called {knob}");
            return Err(Wrong { field, why });
        };
        value::parse(&text, spec).map_err(|error: ValueError| Wrong::of(field, error))
    };
    let text = |field: usize| typed.get(field).map_or("", |text| text.trim());
    let plain = |field: usize| text(field).parse::<f64>().is_ok();
    let users = of(0, "users", text(0).to_owned())?;
    let per_s = if plain(1) { " rps" } else { "" };
    let spawn_rate = of(1, "spawn_rate", format!("{}{per_s}", text(1)))?;
    let wait = of(2, "think_time", wait_time(text(2)))?;
    let run_time = of(3, "duration", run_time(text(3)))?;
    let missing = |field: usize| Wrong {
        field,
        why: format!("say how many, for example {}", FIELDS[field].usual),
    };
    Ok(LoadTest {
        users: match users {
            Value::Count(n) => n,
            _ => return Err(missing(0)),
        },
        spawn_rate: match spawn_rate {
            Value::Rate(rate) => rate,
            _ => return Err(missing(1)),
        },
        wait: match wait {
            Value::Dist(dist) => dist,
            Value::Duration(d) => Dist::Constant(d),
            _ => return Err(missing(2)),
        },
        run_time: match run_time {
            Value::Duration(d) => d,
            _ => return Err(missing(3)),
        },
    })
}

/// As Locust writes pauses, in seconds: `between(1, 5)`, `constant(2)`, `2`.
fn wait_time(text: &str) -> String {
    let seconds = |text: &str| match text.trim().parse::<f64>() {
        Ok(_) => format!("{} s", text.trim()),
        Err(_) => text.trim().to_owned(),
    };
    let inside = |name: &str| {
        text.strip_prefix(name)?
            .trim()
            .strip_prefix('(')?
            .strip_suffix(')')
    };
    if let Some((low, high)) = inside("between").and_then(|inside| inside.split_once(',')) {
        return format!("uniform({}, {})", seconds(low), seconds(high));
    }
    seconds(inside("constant").unwrap_or(text))
}

/// As Locust writes run times: `90`, `90s`, `20m`, `1h30m`.
fn run_time(text: &str) -> String {
    if text.parse::<f64>().is_ok() {
        return format!("{text} s");
    }
    let (mut total, mut digits) = (0u64, String::new());
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return text.to_owned(),
        };
        match digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)) {
            Some(n) => total = total.saturating_add(n),
            None => return text.to_owned(),
        }
        digits.clear();
    }
    match digits.is_empty() && total > 0 {
        true => format!("{total} s"),
        false => text.to_owned(),
    }
}

impl LoadTest {
    /// One step. Users are given before the arrivals change, so that no text between is without them.
    pub fn edit(&self, scenario: &Scenario, clients: &str) -> Edit {
        let path = |knob: &str| format!("clients.{clients}.{knob}");
        let mut edits = vec![
            set(path("users"), self.users.to_string()),
            set(path("arrivals"), "closed"),
            set(path("think_time"), self.wait.to_string()),
            set(path("spawn_rate"), self.spawn_rate.to_string()),
            set("run.duration".to_owned(), self.run_time.to_string()),
        ];
        // Those are about open arrivals, and the last one is said by the run time.
        let node = scenario.design.node(clients);
        let idle = ["rate", "batch", "identities", "lasts"];
        let idle = idle
            .iter()
            .filter(|knob| node.is_some_and(|n| n.knobs.contains_key(**knob)));
        edits.extend(idle.map(|knob| Edit::Unset { path: path(knob) }));
        Edit::All {
            name: format!("Load test with {} users", self.users),
            edits,
        }
    }
}

/// One step (one bucket) of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub at_ns: u64,
    /// Users of closed loops that have started.
    pub users: u64,
    /// Answers per second, failures among them.
    pub requests: f64,
    pub failures: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// How many users have started by then: the n-th starts n / spawn rate after the beginning.
fn started(design: &Design, at_ns: u64) -> u64 {
    let clients = design.nodes.iter().filter(|n| n.kind.name == "clients");
    let closed = clients.map(|node| Settings::new(node.kind, &node.knobs));
    let closed = closed.filter(|knobs| knobs.choice("arrivals") == "closed");
    let each = closed.map(|knobs| {
        let users = knobs.opt_count("users").unwrap_or(0);
        let Some(rate) = knobs.opt_rate("spawn_rate").filter(|rate| rate.0 > 0) else {
            return users;
        };
        let by_now = u128::from(at_ns) * u128::from(rate.0) / u128::from(NS_PER_S * MICRO);
        users.min(u64::try_from(by_now).unwrap_or(u64::MAX).saturating_add(1))
    });
    each.sum()
}

/// The run on the page, as far as it has come; nothing if it is of another design than the one that is drawn now.
pub fn rows(model: &Model) -> Vec<Row> {
    if model.has_pending() {
        return Vec::new();
    }
    let series = &model.run.series.users;
    let design = &model.doc.scenario.design;
    let each = (0..series.len()).map(|nth| {
        let of = |column: Column| series.at(nth, column).unwrap_or(f64::NAN);
        let at_ns = (nth as u64 + 1) * series.step_ns;
        Row {
            at_ns,
            users: started(design, at_ns),
            requests: of(Column::Useful) + of(Column::Failed),
            failures: of(Column::Failed),
            p50_ms: of(Column::P50),
            p99_ms: of(Column::P99),
        }
    });
    each.collect()
}

/// At most [`SHOWN`] of them, evenly, the last one among them.
pub fn shown(rows: Vec<Row>) -> Vec<Row> {
    let apart = rows.len().div_ceil(SHOWN).max(1);
    let first = rows.len().saturating_sub(1) % apart;
    rows.into_iter().skip(first).step_by(apart).collect()
}

/// With the columns of Locust's `stats_history.csv`, the time in seconds of the run; what was not measured is `N/A`
/// there, too.
pub fn csv(rows: &[Row]) -> String {
    let mut text = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,99%\n".to_owned();
    let of = |x: f64| match x.is_finite() {
        true => x.to_string(),
        false => "N/A".to_owned(),
    };
    for row in rows {
        let at = row.at_ns as f64 / NS_PER_S as f64;
        let (requests, failures) = (of(row.requests), of(row.failures));
        let (p50, p99) = (of(row.p50_ms), of(row.p99_ms));
        let line = format!(
            "{at},{},,Aggregated,{requests},{failures},{p50},{p99}\n",
            row.users
        );
        text.push_str(&line);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Ask, Form};
    use super::*;
    use crate::ui::state::update::{Effect, Msg, update};

    fn typed(texts: [&str; 4]) -> Vec<String> {
        texts.map(str::to_owned).to_vec()
    }

    #[test]
    fn it_is_read_as_locust_writes_it() {
        let read = |texts| read(&typed(texts));
        let test = read(["50", "2.5", "between(1, 5)", "1m30s"]).unwrap();
        assert_eq!(test.users, 50);
        assert_eq!(test.spawn_rate, Rate(2_500_000));
        assert_eq!(test.wait.to_string(), "uniform(1 s, 5 s)");
        assert_eq!(test.run_time, Duration(90 * NS_PER_S));
        let test = read(["2k", "10 rps", "constant(0.5)", "5 min"]).unwrap();
        assert_eq!((test.users, test.wait.to_string()), (2000, "500 ms".into()));
        assert_eq!(test.run_time, Duration(300 * NS_PER_S));
        let test = read(["1", "1", "exponential(2 s)", "20m"]).unwrap();
        assert_eq!(test.run_time, Duration(1200 * NS_PER_S));
        for (field, texts) in [
            (0, ["many", "1", "1 s", "60 s"]),
            (0, ["-1", "1", "1 s", "60 s"]),
            (0, ["none", "1", "1 s", "60 s"]),
            (1, ["1", "NaN", "1 s", "60 s"]),
            (2, ["1", "1", "1e99", "60 s"]),
            (2, ["1", "1", "between(1)", "60 s"]),
            (3, ["1", "1", "1 s", "abc"]),
            (3, ["1", "1", "1 s", "m"]),
        ] {
            let wrong = read(texts).unwrap_err();
            assert_eq!(wrong.field, field, "{texts:?}");
            assert!(!wrong.why.is_empty());
        }
    }

    #[test]
    fn using_it_is_one_step_that_makes_a_closed_loop_and_undo_takes_back() {
        let mut model = Model::default();
        update(&mut model, Msg::SkipBet);
        let before = model.doc.text.clone();
        update(&mut model, Msg::Form(Ask::Open(Form::LoadTest)));
        assert!(model.dialog.is_some());
        let clients = model.forms.clients.clone();
        for (field, text) in ["30", "3", "2", "20"].iter().enumerate() {
            let ask = Ask::Typed(Form::LoadTest, field, (*text).to_owned());
            update(&mut model, Msg::Form(ask));
        }
        update(&mut model, Msg::Form(Ask::Use(Form::LoadTest)));
        // The lesson's timeline lies behind the new end of the run.
        assert!(model.forms.refused.is_some());
        assert_eq!(model.doc.text, before);
        let ask = Ask::Typed(Form::LoadTest, 3, "10m".to_owned());
        update(&mut model, Msg::Form(ask));
        // What is typed can be saved for Locust before it is used.
        let saved = update(&mut model, Msg::Form(Ask::Locustfile));
        let Some(Effect::Download { text, .. }) = saved.first() else {
            panic!("{saved:?}");
        };
        assert!(
            text.contains("--users 30 --spawn-rate 3 --run-time 600s"),
            "{text}"
        );
        assert_eq!(model.doc.text, before);
        let effects = update(&mut model, Msg::Form(Ask::Use(Form::LoadTest)));
        assert_eq!(model.forms.refused, None);
        assert!(!effects.is_empty());
        let node = model.doc.scenario.design.node(&clients).unwrap();
        let knobs = Settings::new(node.kind, &node.knobs);
        assert_eq!(knobs.choice("arrivals"), "closed");
        assert_eq!(
            (knobs.count("users"), knobs.rate("spawn_rate")),
            (30, Rate(3_000_000))
        );
        assert_eq!(knobs.opt_rate("rate"), None);
        assert_eq!(model.doc.scenario.run.duration, Duration(600 * NS_PER_S));
        let design = &model.doc.scenario.design;
        assert_eq!(started(design, 0), 1);
        assert_eq!(started(design, NS_PER_S), 4);
        assert_eq!(started(design, 60 * NS_PER_S), 30);
        assert_eq!(
            of(&model.doc.scenario, &clients),
            ["30", "3", "2 s", "10 min"]
        );
        // The run that begins is of this design; of the one that undo brings back there is none yet.
        let mut series = crate::ui::state::series::Series::new(NS_PER_S, NS_PER_S, Vec::new());
        let users = std::sync::Arc::make_mut(&mut series.users);
        users.splice(0, &[1.0; crate::worker::protocol::BUCKET_FIELDS]);
        model.run.series = std::sync::Arc::new(series);
        assert_eq!(rows(&model).len(), 1);
        update(&mut model, Msg::Undo);
        assert_eq!(model.doc.text, before);
        assert!(rows(&model).is_empty());
    }

    #[test]
    fn a_table_shows_the_last_step_and_a_file_all_of_them() {
        let row = |nth: u64| Row {
            at_ns: nth * NS_PER_S,
            users: nth,
            requests: 10.0,
            failures: 0.5,
            p50_ms: f64::NAN,
            p99_ms: 20.25,
        };
        let rows: Vec<Row> = (1..=37).map(row).collect();
        let few = shown(rows.clone());
        assert!(few.len() <= SHOWN);
        assert_eq!(few.last().map(|row| row.at_ns), Some(37 * NS_PER_S));
        assert_eq!(shown(rows[..3].to_vec()).len(), 3);
        assert!(shown(Vec::new()).is_empty());
        let text = csv(&rows);
        assert_eq!(text.lines().count(), 38);
        assert_eq!(
            text.lines().nth(2),
            Some("2,2,,Aggregated,10,0.5,N/A,20.25")
        );
    }
}
