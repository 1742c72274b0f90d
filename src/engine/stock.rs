//! Units of an item: how many of them its row says are taken.
//!
//! What a row holds is the changes that are not lost in it, each of them one unit taken: a write takes one
//! more than the row says, an update one more than its maker had read. So a row can hold fewer than there were
//! changes, and a copy that is behind holds fewer than the leader.

/// How many units somebody has read as taken, if they have read it at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken(
    /// One more than the number: 0 says nothing.
    u32,
);

impl Taken {
    pub fn of(units: u64) -> Taken {
        Taken(
            u32::try_from(units)
                .unwrap_or(u32::MAX - 1)
                .saturating_add(1),
        )
    }

    pub fn units(self) -> Option<u64> {
        self.0.checked_sub(1).map(u64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_not_none_taken() {
        assert_eq!(Taken::default().units(), None);
        assert_eq!(Taken::of(0).units(), Some(0));
        assert_eq!(Taken::of(41).units(), Some(41));
        assert_eq!(
            Taken::of(u64::MAX).units(),
            Some(u64::from(u32::MAX) - 1),
            "more than there can be"
        );
    }
}
