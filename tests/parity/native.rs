//! The native half of the parity test: what to simulate and the fingerprint it has natively, one
//! JSON object a line. tests/parity/parity.test.mjs gives the same texts to the worker's WASM.
//!
//!   digests RANDOM_DESIGNS SEEDS [SCENARIO_FILE...]

use std::io::{self, Write as _};

use brownout::engine::Limits;
use brownout::experiment::{self, random};
use brownout::scenario::Scenario;

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut number = |what: &str| -> u64 {
        let arg = args.next().unwrap_or_default();
        arg.parse()
            .unwrap_or_else(|_| panic!("{what} must be a number, not '{arg}'"))
    };
    let (designs, seeds) = (number("RANDOM_DESIGNS"), number("SEEDS"));

    for n in 0..designs {
        print(&format!("random design {n}"), &random::scenario(n), n)?;
    }
    for file in args {
        let text = std::fs::read_to_string(&file)?;
        for seed in 1..=seeds {
            print(&format!("{file}, seed {seed}"), &text, seed)?;
        }
    }
    Ok(())
}

fn print(name: &str, text: &str, seed: u64) -> io::Result<()> {
    let scenario = Scenario::parse(text).unwrap_or_else(|found| panic!("{name}: {found:?}"));
    let program = experiment::compile(&scenario, Limits::PAGE);
    let report = experiment::run(&scenario, program, seed);
    let line = serde_json::json!({
        "name": name,
        "text": text,
        "seed": seed,
        "digest": report.digest,
        "actions": report.users.actions,
    });
    writeln!(io::stdout(), "{line}")
}
