//! What a design is at each time of a run, when the timeline changes knobs.

use super::{Change, Design, Knobs, TimelineEntry};
use crate::design::order::arrange;
use crate::time::Duration;

/// The design from this time on.
#[derive(Clone, Debug)]
pub struct Revision {
    pub at: Duration,
    pub design: Design,
    /// Position of an entry that begins or ends here, for those who find fault with it.
    pub entry: usize,
}

/// One revision for each moment at which a change of a knob begins or ends, in order of time. Of
/// changes of the same knob that are in force together, the later entry counts.
pub fn revisions(design: &Design, timeline: &[TimelineEntry]) -> Vec<Revision> {
    let spans: Vec<(usize, &Change, Duration, Option<Duration>)> = timeline
        .iter()
        .enumerate()
        .filter_map(|(i, entry)| {
            let change = entry.change.as_ref()?;
            let begins = entry.begins();
            Some((i, change, begins, entry.lasts().map(|d| begins + d)))
        })
        .collect();
    let mut moments: Vec<(Duration, usize)> = Vec::new();
    for (i, _, begins, ends) in &spans {
        moments.push((*begins, *i));
        moments.extend(ends.map(|ends| (ends, *i)));
    }
    arrange(&mut moments, Ord::cmp);
    moments.dedup_by_key(|(at, _)| *at);
    let revised = moments.into_iter().map(|(at, entry)| {
        let mut design = design.clone();
        for (_, change, begins, ends) in &spans {
            if *begins <= at && ends.is_none_or(|ends| at < ends) {
                design.apply(change);
            }
        }
        Revision { at, design, entry }
    });
    revised.collect()
}

impl Design {
    /// Gives a knob another value; a name that nothing has changes nothing.
    pub fn apply(&mut self, change: &Change) {
        let knobs: Option<&mut Knobs> = match change.table {
            "link" => {
                let mut links = self.links.iter_mut();
                links.find(|l| l.key == change.key).map(|l| &mut l.knobs)
            }
            "operation" => {
                let mut operations = self.operations.iter_mut();
                let found = operations.find(|o| o.key == change.key);
                found.map(|o| &mut o.knobs)
            }
            _ => {
                let mut nodes = self.nodes.iter_mut();
                nodes.find(|n| n.key == change.key).map(|n| &mut n.knobs)
            }
        };
        if let Some(knobs) = knobs {
            knobs.insert(change.knob, change.value.clone());
        }
    }
}
