//! A run that ends earlier than its file says: what is measured is cut to what still happens.

use super::Scenario;
use crate::time::Duration;

impl Scenario {
    /// Ends the run at this time, if that is before its own end. What is said of it: sentences without a full
    /// stop, none if nothing but the end has changed.
    pub fn end_early(&mut self, end: Duration) -> Vec<String> {
        let mut said = Vec::new();
        if end >= self.run.duration {
            return said;
        }
        self.run.duration = end;
        let cut = |(from, to): (Duration, Duration)| (from < end).then_some((from, to.min(end)));
        let measure = self.run.measure;
        self.run.measure = cut(measure).unwrap_or((Duration::ZERO, end));
        if self.run.measure != measure {
            let (from, to) = self.run.measure;
            said.push(format!(
                "measured from {from} to {to}, not from {} to {}: the run ends before",
                measure.0, measure.1
            ));
        }
        self.goals.retain_mut(|goal| {
            let Some(window) = goal.window else {
                return true;
            };
            goal.window = cut(window);
            if goal.window.is_none() {
                said.push(format!(
                    "goal `{}` is left out: it is about {} to {}",
                    goal.key, window.0, window.1
                ));
            }
            goal.window.is_some()
        });
        said
    }
}
