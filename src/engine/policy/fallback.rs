//! What a caller makes of a call that failed for good.
//!
//! *Default*: something that needs nobody. *Stale*: the last good answer that this caller instance saw
//! for the same item, if it still has it. *Skip*: the step is left out, and what is answered is
//! complete all the same. *Link*: the same call over another link of the node.

use std::collections::BTreeMap;

use crate::design::Settings;
use crate::engine::attempt::Answer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    None,
    Default,
    /// How many answers a caller instance keeps.
    Stale {
        kept: u32,
    },
    Skip,
    /// Another link of the same node.
    Link(u16),
}

impl Fallback {
    /// `link` gives the number of a link.
    pub fn compile(knobs: &Settings<'_>, link: impl Fn(&str) -> u16) -> Fallback {
        if let Some(other) = knobs.opt_text("fallback_link") {
            return Fallback::Link(link(&other));
        }
        match knobs.choice("fallback") {
            "default" => Fallback::Default,
            "stale" => Fallback::Stale {
                kept: knobs.count("fallback_kept") as u32,
            },
            "skip" => Fallback::Skip,
            _ => Fallback::None,
        }
    }

    #[inline]
    pub fn is_none(self) -> bool {
        self == Fallback::None
    }
}

/// The last good answers of one caller instance, by item; the one not seen for longest goes first.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    answers: BTreeMap<u64, (u64, Answer)>,
    /// Items by when they were last seen.
    order: BTreeMap<u64, u64>,
    clock: u64,
}

impl Seen {
    pub fn note(&mut self, kept: u32, item: u64, answer: Answer) {
        self.clock += 1;
        if let Some((before, _)) = self.answers.insert(item, (self.clock, answer)) {
            self.order.remove(&before);
        }
        self.order.insert(self.clock, item);
        if self.answers.len() > kept as usize
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.answers.remove(&oldest);
        }
    }

    pub fn last(&self, item: u64) -> Option<Answer> {
        self.answers.get(&item).map(|&(_, answer)| answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_not_seen_for_longest_goes_first() {
        let of = |version| Answer {
            version,
            ..Answer::default()
        };
        let mut seen = Seen::default();
        for (item, version) in [(1, 1), (2, 1), (1, 2), (3, 1)] {
            seen.note(2, item, of(version));
        }
        assert_eq!(seen.last(1), Some(of(2)));
        assert_eq!(seen.last(2), None);
        assert_eq!(seen.last(3), Some(of(1)));
        assert_eq!(seen.order.len(), 2);
    }
}
