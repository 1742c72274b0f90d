//! Runs on other seeds that nobody watches: which of them wait, and which are not wanted any more. Several workers take
//! them one at a time, so that the next one goes to whoever is free.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::worker::protocol::{ASIDE, CHECKS, Command};

/// Workers at most: each may need as much memory as the run on the page.
const MOST: usize = 4;

/// How many workers are worth starting for so many runs, on a machine of so many cores.
pub fn hands(cores: usize, runs: usize) -> usize {
    cores.clamp(1, MOST).min(runs)
}

/// Whose runs they are: of the page, of the check of result codes, or beside both.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Page,
    Checks,
    Aside,
}

fn whose(run: u32) -> Whose {
    match run {
        ASIDE.. => Whose::Aside,
        CHECKS.. => Whose::Checks,
        _ => Whose::Page,
    }
}

struct Job {
    run: u32,
    text: Rc<str>,
    seed: u64,
}

/// What waits for a worker, in the order in which it was asked for.
#[derive(Default)]
pub struct Queue {
    jobs: VecDeque<Job>,
}

impl Queue {
    /// These seeds of this text. They take the place of what waits for the same purpose, except beside the page: there
    /// they wait for each other.
    pub fn ask(&mut self, run: u32, text: &str, seeds: &[u64]) {
        let mine = whose(run);
        if mine != Whose::Aside {
            self.forget(mine);
        }
        let text: Rc<str> = text.into();
        self.jobs.extend(seeds.iter().map(|&seed| Job {
            run,
            text: Rc::clone(&text),
            seed,
        }));
    }

    /// Another run is loaded: nobody waits for seeds of the one before.
    pub fn another_is_loaded(&mut self) {
        self.forget(Whose::Page);
    }

    fn forget(&mut self, whom: Whose) {
        self.jobs.retain(|job| whose(job.run) != whom);
    }

    /// What the next free worker is told.
    pub fn take(&mut self) -> Option<Command> {
        let job = self.jobs.pop_front()?;
        Some(Command::Seeds {
            run: job.run,
            text: job.text.to_string(),
            seeds: vec![job.seed],
        })
    }

    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(queue: &mut Queue) -> Vec<(u32, u64)> {
        let next = std::iter::from_fn(|| queue.take());
        let told = next.map(|command| match command {
            Command::Seeds { run, seeds, .. } => (run, seeds[0]),
            other => panic!("{other:?}"),
        });
        told.collect()
    }

    #[test]
    fn what_is_asked_for_again_takes_the_place_of_what_waits_except_beside_the_page() {
        let mut queue = Queue::default();
        queue.ask(1, "a", &[1, 2, 3]);
        queue.ask(CHECKS, "b", &[7]);
        queue.ask(ASIDE, "c", &[8]);
        assert_eq!(queue.len(), 5);
        queue.ask(1, "d", &[4]);
        queue.ask(CHECKS + 1, "b", &[9]);
        queue.ask(ASIDE + 1, "c", &[10]);
        let expected = [(ASIDE, 8), (1, 4), (CHECKS + 1, 9), (ASIDE + 1, 10)];
        assert_eq!(told(&mut queue), expected);
        assert!(queue.is_empty());
    }

    #[test]
    fn another_run_on_the_page_leaves_all_but_its_own_seeds() {
        let mut queue = Queue::default();
        queue.ask(1, "a", &[1, 2]);
        queue.ask(CHECKS, "b", &[7]);
        queue.ask(ASIDE, "c", &[8]);
        queue.another_is_loaded();
        assert_eq!(told(&mut queue), [(CHECKS, 7), (ASIDE, 8)]);
    }

    #[test]
    fn there_are_no_more_workers_than_runs_or_cores() {
        assert_eq!(hands(2, 20), 2);
        assert_eq!(hands(16, 20), MOST);
        assert_eq!(hands(16, 1), 1);
        assert_eq!(hands(0, 20), 1);
        assert_eq!(hands(8, 0), 0);
    }
}
