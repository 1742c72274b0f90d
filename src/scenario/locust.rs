//! The same users as a load test for a real system: a file for [Locust](https://docs.locust.io).
//!
//! A closed loop is what Locust runs: `users`, `spawn_rate`, `think_time` and `lasts` become its `--users`,
//! `--spawn-rate`, `wait_time` and `--run-time`. Open arrivals have no users, and no file.

use super::Scenario;
use super::check_design::performs;
use crate::design::registry::OPERATION;
use crate::design::value::{Dist, MICRO, NANO};
use crate::design::{Node, Operation, Settings};
use crate::time::{Duration, NS_PER_S};

/// Seconds, as Python reads them.
fn seconds(duration: Duration) -> f64 {
    duration.0 as f64 / NS_PER_S as f64
}

/// The pause of a user as an expression of Python, and a remark if it is not quite the same.
fn wait_time(think: &Dist) -> (String, Option<&'static str>) {
    let draw = |expression: String| format!("lambda self: {expression}");
    let text = match think {
        Dist::Constant(d) => format!("constant({})", seconds(*d)),
        Dist::Uniform { low, high } => format!("between({}, {})", seconds(*low), seconds(*high)),
        Dist::Exponential { mean } => draw(format!("random.expovariate(1 / {})", seconds(*mean))),
        Dist::Erlang { mean, shape } => {
            let each = seconds(*mean) / f64::from(*shape);
            draw(format!("random.gammavariate({shape}, {each})"))
        }
        Dist::Lognormal { mean, cv } => {
            let cv = cv.0 as f64 / MICRO as f64;
            let variance = libm::log(1.0 + cv * cv);
            let mu = libm::log(seconds(*mean)) - variance / 2.0;
            draw(format!(
                "random.lognormvariate({mu}, {})",
                libm::sqrt(variance)
            ))
        }
        Dist::Pareto { min, alpha, max } => {
            let alpha = alpha.0 as f64 / MICRO as f64;
            let drawn = format!("{} * random.paretovariate({alpha})", seconds(*min));
            draw(match max {
                Some(max) => format!("min({drawn}, {})", seconds(*max)),
                None => drawn,
            })
        }
        Dist::Bimodal {
            fast,
            slow,
            slow_share,
        } => {
            let share = slow_share.0 as f64 / NANO as f64;
            let (fast, slow) = (seconds(*fast), seconds(*slow));
            draw(format!("{slow} if random.random() < {share} else {fast}"))
        }
        Dist::Empirical(values) => {
            let list = |text: Vec<String>| text.join(", ");
            let pauses = list(
                values
                    .iter()
                    .map(|(d, _)| seconds(*d).to_string())
                    .collect(),
            );
            let weights = list(
                values
                    .iter()
                    .map(|(_, weight)| weight.to_string())
                    .collect(),
            );
            draw(format!("random.choices([{pauses}], [{weights}])[0]"))
        }
        Dist::Hyperexponential { .. } => {
            let mean = think.mean_ns() / NS_PER_S as f64;
            let remark = "# The mean of the design's pauses; their spread is larger.";
            return (
                draw(format!("random.expovariate(1 / {mean})")),
                Some(remark),
            );
        }
    };
    (text, None)
}

/// What the clients do, of all operations.
fn operations_of<'s>(scenario: &'s Scenario, clients: &str) -> Vec<&'s Operation> {
    let does = |operation: &&Operation| {
        let knobs = Settings::new(&OPERATION, &operation.knobs);
        knobs.count("weight") > 0 && performs(operation, clients)
    };
    scenario.design.operations.iter().filter(does).collect()
}

/// The file for these clients; `None` if they are no closed loop.
pub fn locustfile(scenario: &Scenario, clients: &str) -> Option<String> {
    let node = scenario.design.node(clients)?;
    let knobs = Settings::new(node.kind, &node.knobs);
    if knobs.choice("arrivals") != "closed" {
        return None;
    }
    let users = knobs.opt_count("users")?;
    let spawn = match knobs.opt_rate("spawn_rate") {
        Some(rate) => rate.0 as f64 / MICRO as f64,
        None => users as f64,
    };
    let lasts = knobs.opt_duration("lasts").unwrap_or(scenario.run.duration);
    let (wait, remark) = wait_time(&knobs.dist("think_time"));
    let mut text = format!(
        "# The users \"{}\" of \"{}\", made by Brownout. Run them against a system of your own:\n\
         #   locust -f locustfile.py --headless --host http://localhost:8080 \\\n\
         #     --users {users} --spawn-rate {spawn} --run-time {}s\n\
         import random  # noqa: F401\n\n\
         from locust import HttpUser, between, constant, task  # noqa: F401\n\n\n\
         class {}(HttpUser):\n",
        plain(node.label.as_deref().unwrap_or(clients)),
        plain(&scenario.about.title),
        libm::ceil(seconds(lasts)),
        class_name(clients),
    );
    if let Some(remark) = remark {
        text.push_str(&format!("    {remark}\n"));
    }
    text.push_str(&format!("    wait_time = {wait}\n"));
    let timeout = timeout_of(scenario, node);
    for operation in operations_of(scenario, clients) {
        let knobs = Settings::new(&OPERATION, &operation.knobs);
        let (key, weight) = (&operation.key, knobs.count("weight"));
        let (verb, size) = match knobs.choice("kind") {
            "write" => ("post", knobs.count("request_size")),
            _ => ("get", 0),
        };
        let body = match size {
            0 => String::new(),
            bytes => format!(", data=b\"x\" * {bytes}"),
        };
        text.push_str(&format!(
            "\n    @task({weight})\n    def {}(self):\n        \
             self.client.{verb}(\"/{key}\"{body}{timeout}, name=\"{key}\")\n",
            method_name(key)
        ));
    }
    Some(text)
}

/// How long users wait, where their link says so.
fn timeout_of(scenario: &Scenario, node: &Node) -> String {
    let mut links = scenario.design.links.iter().filter(|l| l.from == node.key);
    let timeout = links.find_map(|link| {
        let knobs = Settings::new(&crate::design::registry::LINK, &link.knobs);
        knobs.opt_duration("timeout")
    });
    timeout.map_or_else(String::new, |d| format!(", timeout={}", seconds(d)))
}

/// Text that may stand in a comment of one line.
fn plain(text: &str) -> String {
    text.replace(['\n', '\r', '"', '\\'], " ")
}

/// Keys are small letters, digits, `_` and `-`, and begin with a letter.
fn method_name(key: &str) -> String {
    format!("do_{}", key.replace('-', "_"))
}

fn class_name(key: &str) -> String {
    let words = key.split(['-', '_']);
    let big = words.map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    big.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(clients: &str) -> String {
        let text = format!(
            "format = 1\n[scenario]\ntitle = \"A \\\"shop\\\"\"\n[run]\nduration = \"90 s\"\n\
             [clients.web-users]\n{clients}\n[service.shop]\n\
             [link.l]\nfrom = \"web-users\"\nto = \"shop\"\ntimeout = \"1500 ms\"\n\
             [operation.browse]\nweight = 9\n[operation.buy-it]\nkind = \"write\"\nrequest_size = 2000\n\
             [operation.never]\nweight = 0\n"
        );
        let scenario = Scenario::parse(&text).unwrap();
        locustfile(&scenario, "web-users").unwrap()
    }

    #[test]
    fn a_closed_loop_becomes_the_same_users() {
        let closed = "arrivals = \"closed\"\nusers = 40\nspawn_rate = \"2.5 rps\"\n";
        let text = file(&format!("{closed}think_time = \"uniform(1 s, 5 s)\""));
        let expected = "# The users \"web-users\" of \"A  shop \", made by Brownout. Run them against a system of your own:\n\
            #   locust -f locustfile.py --headless --host http://localhost:8080 \\\n\
            #     --users 40 --spawn-rate 2.5 --run-time 90s\n\
            import random  # noqa: F401\n\n\
            from locust import HttpUser, between, constant, task  # noqa: F401\n\n\n\
            class WebUsers(HttpUser):\n    wait_time = between(1, 5)\n\n    \
            @task(9)\n    def do_browse(self):\n        \
            self.client.get(\"/browse\", timeout=1.5, name=\"browse\")\n\n    \
            @task(1)\n    def do_buy_it(self):\n        \
            self.client.post(\"/buy-it\", data=b\"x\" * 2000, timeout=1.5, name=\"buy-it\")\n";
        assert_eq!(text, expected);
        for (think, python) in [
            ("2 s", "constant(2)"),
            ("exponential(2 s)", "lambda self: random.expovariate(1 / 2)"),
            (
                "erlang(2 s, shape 4)",
                "lambda self: random.gammavariate(4, 0.5)",
            ),
            (
                "pareto(1 s, alpha 2.5)",
                "lambda self: 1 * random.paretovariate(2.5)",
            ),
            (
                "bimodal(1 s, 9 s, slow 5 %)",
                "lambda self: 9 if random.random() < 0.05 else 1",
            ),
            (
                "empirical(1 s x 3, 2 s x 1)",
                "lambda self: random.choices([1, 2], [3, 1])[0]",
            ),
        ] {
            let text = file(&format!("{closed}think_time = \"{think}\""));
            assert!(text.contains(&format!("wait_time = {python}\n")), "{text}");
        }
    }

    #[test]
    fn open_arrivals_have_no_file() {
        let text = "format = 1\n[run]\nduration = \"9 s\"\n[clients.web]\nrate = \"1 rps\"\n";
        let open = crate::scenario::draw::sketch(text).drawing.unwrap();
        assert_eq!(locustfile(&open, "web"), None);
        assert_eq!(locustfile(&open, "nobody"), None);
    }
}
