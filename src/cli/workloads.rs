//! `brownout bench`, the workloads of `benches/`: each run in a process of its own, so that the largest
//! memory is the run's and nobody else's.

use std::process::Command;

use serde::{Deserialize, Serialize};

use super::bench::{median, peak_memory, stopwatch};
use super::exit::{Exit, Failure};
use crate::experiment::benchmark::{Done, WORKLOADS, Workload};

pub const COUNT: u64 = WORKLOADS.len() as u64;

/// One run of a workload, as its process prints it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ran {
    /// From the file's text to the report.
    seconds: f64,
    /// Of a processor; absent where the system does not tell.
    cpu_seconds: Option<f64>,
    peak_memory_bytes: Option<u64>,
    #[serde(flatten)]
    done: Done,
}

/// A workload over all rounds, each with a seed of its own. Speeds are medians.
#[derive(Debug, Serialize)]
pub struct Measured {
    name: &'static str,
    #[serde(skip)]
    what: &'static str,
    requests_per_s: f64,
    attempts_per_s: f64,
    ns_per_hop: f64,
    /// By processor time: what the machine would do without others on it.
    cpu_ns_per_hop: Option<f64>,
    /// The largest of all rounds.
    peak_memory_bytes: Option<u64>,
    runs: Vec<Ran>,
}

/// The workload of that name.
pub fn named(name: &str) -> Result<Workload, String> {
    let found = WORKLOADS.into_iter().find(|w| w.name == name);
    found.ok_or_else(|| format!("there are {}", WORKLOADS.map(|w| w.name).join(", ")))
}

pub fn run_here(workload: &Workload, seed: u64, ledger: bool) -> Ran {
    let before = cpu_seconds();
    let mut done = None;
    let seconds = stopwatch(&mut || done = Some(workload.run(seed, ledger)));
    Ran {
        seconds,
        // A kernel that keeps no such statistics says zero.
        cpu_seconds: cpu_seconds()
            .zip(before)
            .map(|(after, before)| after - before)
            .filter(|&seconds| seconds > 0.0),
        peak_memory_bytes: peak_memory(),
        done: done.expect("it was run"),
    }
}

/// All workloads, one after the other in each round.
pub fn measure(rounds: u64, mut one_done: impl FnMut()) -> Result<Vec<Measured>, Failure> {
    let mut runs: [Vec<Ran>; WORKLOADS.len()] = Default::default();
    for round in 0..rounds {
        for (workload, runs) in WORKLOADS.iter().zip(&mut runs) {
            runs.push(run_apart(workload, round + 1)?);
            one_done();
        }
    }
    Ok(WORKLOADS
        .into_iter()
        .zip(runs)
        .map(|(workload, runs)| measured(workload, runs))
        .collect())
}

/// The same as [`run_here`], in a new process.
fn run_apart(workload: &Workload, seed: u64) -> Result<Ran, Failure> {
    let failed = |why: String| {
        Failure::new(
            Exit::Internal,
            format!("workload {} did not run: {why}", workload.name),
        )
    };
    let program = std::env::current_exe().map_err(|e| failed(e.to_string()))?;
    let output = Command::new(program)
        .args([
            "bench",
            "--workload",
            workload.name,
            "--seed",
            &seed.to_string(),
        ])
        .output()
        .map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| failed(e.to_string()))
}

fn measured(workload: Workload, runs: Vec<Ran>) -> Measured {
    let of_runs = |figure: &dyn Fn(&Ran) -> f64| median(runs.iter().map(figure));
    let cpu: Option<Vec<f64>> = runs
        .iter()
        .map(|ran| Some(ran.cpu_seconds? * 1e9 / ran.done.hops as f64))
        .collect();
    Measured {
        name: workload.name,
        what: workload.what,
        requests_per_s: of_runs(&|ran| ran.done.actions as f64 / ran.seconds),
        attempts_per_s: of_runs(&|ran| ran.done.attempts as f64 / ran.seconds),
        ns_per_hop: of_runs(&|ran| ran.seconds * 1e9 / ran.done.hops as f64),
        cpu_ns_per_hop: cpu.map(median),
        peak_memory_bytes: runs.iter().filter_map(|ran| ran.peak_memory_bytes).max(),
        runs,
    }
}

pub fn shown(all: &[Measured]) -> String {
    let mut text = String::from("\nWorkloads, medians\n\n");
    for one in all {
        text += &format!(
            "  {:<12} {:>5.2} M requests/s  {:>5.2} M attempts/s  {:>4.0} ns per hop",
            one.what,
            one.requests_per_s / 1e6,
            one.attempts_per_s / 1e6,
            one.ns_per_hop,
        );
        if let Some(ns) = one.cpu_ns_per_hop {
            text += &format!(" ({ns:.0} of a processor)");
        }
        if let Some(bytes) = one.peak_memory_bytes {
            text += &format!("  {:.1} MB at most", bytes as f64 / f64::from(1 << 20));
        }
        text.push('\n');
    }
    text
}

/// Time that this process has had on a processor so far, where the system tells (Linux). It has one
/// thread while it measures.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let ns: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(ns as f64 / 1e9)
}
