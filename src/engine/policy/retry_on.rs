//! Sets of reasons: which failures are retried, which count for a breaker. A file names groups of reasons
//! or single ones (`design::reasons`).

use crate::design::reasons::named;
use crate::engine::reason::Reason;

/// A set of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reasons(u64);

const _: () = assert!(Reason::COUNT <= 64);

impl Reasons {
    pub const ALL: Reasons = Reasons(u64::MAX);

    #[inline]
    pub fn has(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u8) != 0
    }

    /// What a file lists; `None` is everything.
    pub fn compile(names: Option<&[String]>) -> Reasons {
        let Some(names) = names else {
            return Reasons::ALL;
        };
        let is_listed = |reason: &&Reason| names.iter().any(|n| named(n).contains(&reason.code()));
        let listed = Reason::ALL.iter().filter(is_listed);
        Reasons(listed.fold(0, |bits, &reason| bits | 1 << reason as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::reasons::GROUPS;

    #[test]
    fn every_reason_is_in_one_group_but_the_cancelled() {
        for &reason in Reason::ALL {
            let groups = GROUPS
                .iter()
                .filter(|(_, all)| all.contains(&reason.code()));
            let expected = usize::from(reason != Reason::Cancelled);
            assert_eq!(groups.count(), expected, "{reason:?}");
        }
        let listed: usize = GROUPS.iter().map(|(_, all)| all.len()).sum();
        assert_eq!(
            listed,
            Reason::COUNT - 1,
            "no group lists what is no reason"
        );
    }

    #[test]
    fn groups_and_single_reasons_go_together() {
        let names = ["timeouts".to_owned(), "queue_full".to_owned()];
        let set = Reasons::compile(Some(&names));
        assert!(set.has(Reason::TimedOutWaiting) && set.has(Reason::QueueFull));
        assert!(!set.has(Reason::Shed) && !set.has(Reason::ErrorFromCallee));
        assert!(Reason::ALL.iter().all(|&r| Reasons::ALL.has(r)));
    }
}
