//! What can be wrong with an intent, and how it follows from promises, effects and words (docs/semantics.md 20).

use crate::engine::record::Told;

/// What can be wrong with an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Verdict {
    /// Acknowledged, but a promised effect is missing.
    Lost = 0,
    /// A promised effect was applied more than once.
    Duplicate = 1,
    /// The user was told it failed, or nothing, yet an effect exists.
    Phantom = 2,
    /// Some promised effects exist, others never will.
    Partial = 3,
    /// Acknowledged, a promised effect is missing, and a message that could bring it is put aside.
    Parked = 4,
    /// A read returned a version older than one that was committed before it began.
    Stale = 5,
    /// A user did not see what the same user had been told is done.
    OwnWriteMissed = 6,
    /// A user saw a version older than one that the same user had seen before.
    WentBack = 7,
    /// An effect was applied after that of an action that was asked for when this one had been
    /// acknowledged already.
    OutOfOrder = 8,
    /// An effect, or a good answer, for somebody without the right to it.
    Unauthorised = 9,
}

/// How many there are.
pub const VERDICTS: usize = 10;

impl Verdict {
    pub const ALL: [Verdict; VERDICTS] = [
        Verdict::Lost,
        Verdict::Duplicate,
        Verdict::Phantom,
        Verdict::Partial,
        Verdict::Parked,
        Verdict::Stale,
        Verdict::OwnWriteMissed,
        Verdict::WentBack,
        Verdict::OutOfOrder,
        Verdict::Unauthorised,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Verdict::Lost => "lost",
            Verdict::Duplicate => "duplicate",
            Verdict::Phantom => "phantom",
            Verdict::Partial => "partial",
            Verdict::Parked => "parked",
            Verdict::Stale => "stale",
            Verdict::OwnWriteMissed => "own_write_missed",
            Verdict::WentBack => "went_back",
            Verdict::OutOfOrder => "out_of_order",
            Verdict::Unauthorised => "unauthorised",
        }
    }
}

/// A set of verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(u16);

impl Verdicts {
    pub fn is_clean(self) -> bool {
        self.0 == 0
    }

    pub fn has(self, verdict: Verdict) -> bool {
        self.0 & (1 << verdict as u16) != 0
    }

    pub(super) fn add(&mut self, verdict: Verdict, is_so: bool) {
        self.0 |= u16::from(is_so) << verdict as u16;
    }

    /// Takes a verdict in; whether it was not there.
    pub fn is_new(&mut self, verdict: Verdict) -> bool {
        let is_new = !self.has(verdict);
        self.add(verdict, true);
        is_new
    }

    pub(super) fn join(&mut self, other: Verdicts) {
        self.0 |= other.0;
    }

    pub(super) fn without(self, verdict: Verdict) -> Verdicts {
        Verdicts(self.0 & !(1 << verdict as u16))
    }

    pub fn iter(self) -> impl Iterator<Item = Verdict> {
        Verdict::ALL.into_iter().filter(move |&v| self.has(v))
    }
}

/// The user takes it for done.
pub(super) fn acknowledges(told: Told) -> bool {
    matches!(told, Told::Served | Told::Degraded)
}

/// The verdicts over an intent with these promised effects, each applied so many times.
pub(super) fn verdicts(applied: &[u8], told: Option<Told>, is_parked: bool) -> Verdicts {
    let mut verdicts = Verdicts::default();
    if applied.is_empty() {
        return verdicts;
    }
    let acknowledged = told.is_some_and(acknowledges);
    let missing = applied.contains(&0);
    let some = applied.iter().any(|&n| n > 0);
    verdicts.add(Verdict::Lost, acknowledged && missing && !is_parked);
    verdicts.add(Verdict::Parked, acknowledged && missing && is_parked);
    verdicts.add(Verdict::Duplicate, applied.iter().any(|&n| n > 1));
    verdicts.add(Verdict::Phantom, !acknowledged && some);
    verdicts.add(Verdict::Partial, some && missing);
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::reason::Reason;

    #[test]
    fn verdicts_follow_from_promises_effects_and_words() {
        use Verdict::*;
        let failed = Some(Told::Failed(Reason::TimedOutWaiting));
        let served = Some(Told::Served);
        let cases: [(&[u8], Option<Told>, &[Verdict]); 9] = [
            (&[], served, &[]),
            (&[1], served, &[]),
            (&[0], failed, &[]),
            (&[0], served, &[Lost]),
            (&[2], served, &[Duplicate]),
            (&[1], failed, &[Phantom]),
            (&[1], None, &[Phantom]),
            (&[1, 0], served, &[Lost, Partial]),
            (&[3, 0], failed, &[Duplicate, Phantom, Partial]),
        ];
        for (applied, told, expected) in cases {
            let found: Vec<_> = verdicts(applied, told, false).iter().collect();
            assert_eq!(found, expected, "{applied:?} {told:?}");
        }
        let parked: Vec<_> = verdicts(&[0], served, true).iter().collect();
        assert_eq!(parked, [Parked]);
        let told_so: Vec<_> = verdicts(&[0], failed, true).iter().collect();
        assert_eq!(told_so, []);
    }
}
