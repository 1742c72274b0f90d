//! Many seeds on all cores. Results come in the order of the seeds, whatever the cores do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::engine::Program;
use crate::observe::report::Report;
use crate::scenario::Scenario;

/// Applies `job` to each item on all cores; `done` is told after each one.
pub fn map<T: Sync, U: Send>(
    items: &[T],
    job: impl Fn(&T) -> U + Sync,
    done: impl Fn() + Sync,
) -> Vec<U> {
    let cores = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(items.len().max(1));
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut results = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(i) else {
                return results;
            };
            results.push((i, job(item)));
            done();
        }
    };
    let mut all: Vec<(usize, U)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        let joined = threads.into_iter().map(|t| t.join());
        joined
            .flat_map(|r| r.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    all.sort_by_key(|&(i, _)| i);
    all.into_iter().map(|(_, result)| result).collect()
}

/// One report per seed, in the order of the seeds.
pub fn seeds(
    scenario: &Scenario,
    program: &Arc<Program>,
    seeds: &[u64],
    done: impl Fn() + Sync,
) -> Vec<Report> {
    map(
        seeds,
        |&seed| super::run(scenario, Arc::clone(program), seed),
        done,
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<u64> = (0..100).collect();
        let squares = super::map(&items, |&x| x * x, || ());
        assert_eq!(squares, items.iter().map(|x| x * x).collect::<Vec<_>>());
    }
}
