//! Whether a design that passes holds on other random seeds: one lucky seed is no pass.

use super::learning::{self, progress::HOLDS};
use super::model::Model;
use super::update::Effect;
use crate::observe::report::Report;
use crate::worker::protocol::Command;

/// Seeds of the check after a pass: not the one on the screen.
pub const CHECK_SEEDS: u64 = 20;

/// The check on seeds that the learner has not seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeedCheck {
    pub run: u32,
    pub asked: usize,
    pub passed: usize,
    pub done: usize,
}

impl SeedCheck {
    pub fn is_over(&self) -> bool {
        self.done == self.asked
    }

    /// Whether the design holds; `None` as long as the runs that are still to come could change that.
    pub fn holds(&self) -> Option<bool> {
        let needed = (self.asked * HOLDS.0).div_ceil(HOLDS.1);
        let failed = self.done - self.passed;
        if self.passed >= needed {
            Some(true)
        } else {
            (failed > self.asked - needed).then_some(false)
        }
    }

    /// How it stands, as a sentence.
    pub fn text(&self) -> String {
        let Self {
            asked,
            passed,
            done,
            ..
        } = self;
        match self.holds() {
            None => format!("{done} of {asked} run …"),
            Some(true) if self.is_over() => format!("Passed on {passed} of {asked}: it holds."),
            Some(true) => {
                format!("It holds: passed on {passed} of {done}, the last ones still run.")
            }
            Some(false) if self.is_over() => {
                format!("Passed on only {passed} of {asked}: this seed was lucky.")
            }
            Some(false) => format!(
                "This seed was lucky: failed on {} of {done}, others still run.",
                done - passed
            ),
        }
    }
}

pub fn check(model: &mut Model) -> Vec<Effect> {
    let seeds: Vec<u64> = (1..)
        .filter(|&s| s != model.run.seed)
        .take(CHECK_SEEDS as usize)
        .collect();
    let run = model.run.id;
    model.check = Some(SeedCheck {
        run,
        asked: seeds.len(),
        ..SeedCheck::default()
    });
    vec![Effect::Send(Command::Seeds {
        run,
        text: model.run.text.clone(),
        seeds,
    })]
}

/// Said as soon as it is certain, and kept then: who goes on to part two does not wait for the last runs.
pub fn checked(model: &mut Model, run: u32, report: &Report) -> Vec<Effect> {
    let Some(check) = model.check.as_mut().filter(|c| c.run == run) else {
        return Vec::new();
    };
    let was_open = check.holds().is_none();
    check.done += 1;
    check.passed += usize::from(report.passed);
    let is_certain = was_open && check.holds().is_some();
    if !is_certain && !check.is_over() {
        return Vec::new();
    }
    let (passed, done, text) = (check.passed, check.done, check.text());
    if is_certain {
        model.said.answer(text);
    }
    learning::checked(model, passed, done);
    vec![Effect::Save]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(passed: usize, done: usize) -> SeedCheck {
        SeedCheck {
            run: 1,
            asked: 20,
            passed,
            done,
        }
    }

    #[test]
    fn it_is_certain_before_the_last_run() {
        assert_eq!(after(0, 0).holds(), None);
        assert_eq!(after(17, 17).holds(), None);
        assert_eq!(after(17, 19).holds(), None, "the last one decides");
        assert_eq!(after(18, 18).holds(), Some(true));
        assert_eq!(after(18, 20).holds(), Some(true));
        assert_eq!(after(0, 2).holds(), None);
        assert_eq!(after(0, 3).holds(), Some(false));
        assert_eq!(after(17, 20).holds(), Some(false));
    }

    #[test]
    fn what_is_certain_is_said_and_what_is_not_is_not() {
        assert_eq!(after(5, 6).text(), "6 of 20 run …");
        assert_eq!(
            after(18, 19).text(),
            "It holds: passed on 18 of 19, the last ones still run."
        );
        assert_eq!(after(19, 20).text(), "Passed on 19 of 20: it holds.");
        assert_eq!(
            after(1, 4).text(),
            "This seed was lucky: failed on 3 of 4, others still run."
        );
        assert_eq!(
            after(17, 20).text(),
            "Passed on only 17 of 20: this seed was lucky."
        );
    }
}
