//! A run made once more, by somebody who looks for some of its actions.

use super::compile;
use crate::design::diagnostic::Diagnostic;
use crate::engine::{Limits, Run};
use crate::observe::Recorder;
use crate::observe::requests::{Picked, Selection};
use crate::scenario::Scenario;
use crate::time::Time;

/// Events between two looks at whether all is found.
const STRIDE: u64 = 20_000;

pub struct Search {
    scenario: Scenario,
    run: Run<Recorder>,
}

impl Search {
    /// At time zero, with the limits of a page's run: it is one of those that is made once more.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn new(text: &str, seed: u64, selection: &Selection) -> Result<Search, Vec<Diagnostic>> {
        let scenario = Scenario::parse(text)?;
        let program = compile(&scenario, Limits::PAGE);
        let recorder = Recorder::looking(&program, selection);
        let run = Run::new(program, seed, recorder);
        Ok(Search { scenario, run })
    }

    /// Goes on a little. Whether everything that can be found is found.
    pub fn go_on(&mut self) -> bool {
        self.run.advance(Time::NEVER, STRIDE);
        let now = self.run.now();
        let done = self.run.record.finder().is_none_or(|it| it.is_done(now));
        done || self.run.phase().is_over()
    }

    /// What has been found, nodes as the design labels them.
    pub fn found(&self) -> Picked {
        let design = &self.scenario.design;
        let called = |key: &str| {
            let label = design.node(key).and_then(|node| node.label.clone());
            label.unwrap_or_else(|| key.to_owned())
        };
        let finder = self
            .run
            .record
            .finder()
            .expect("a search looks for something");
        finder.found(&self.run.program, &called)
    }
}
