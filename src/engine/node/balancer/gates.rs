//! What a balancer lets pass before it chooses: first the rate limit, then the limit on what is under
//! way. A request that is shed has taken its token.

use super::Config;
use super::choice::identity;
use super::view::View;
use crate::design::Settings;
use crate::design::value::NANO;
use crate::engine::attempt::AttemptId;
use crate::engine::core::Cx;
use crate::engine::policy::limiter::Per;
use crate::engine::reason::Reason;
use crate::engine::record::Record;

/// Priority classes of operations: critical, high, normal, low.
const CLASSES: usize = 4;

/// How many requests an instance of the balancer may have under way for a request of each class to be
/// let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission([u32; CLASSES]);

impl Admission {
    pub fn compile(knobs: &Settings<'_>) -> Option<Admission> {
        let most = knobs.opt_count("max_outstanding")?;
        let step = match knobs.choice("admission") {
            "priority" => knobs.share("priority_step").0,
            _ => 0,
        };
        Some(Admission::new(most, step))
    }

    /// Class k may fill the limit up to 1 - k step of it, in parts per billion.
    fn new(most: u64, step: u64) -> Admission {
        let part = |class: usize| NANO.saturating_sub(class as u64 * step);
        let limit = |class: usize| u128::from(most) * u128::from(part(class)) / u128::from(NANO);
        Admission(std::array::from_fn(|class| u32::try_from(limit(class)).unwrap_or(u32::MAX)))
    }
}

impl View {
    /// Whether a request may pass at all.
    pub fn admit<R: Record>(
        &mut self,
        config: &Config,
        cx: &Cx<'_, R>,
        id: AttemptId,
    ) -> Result<(), Reason> {
        let intent = &cx.core.intents[cx.core.attempts[id].intent];
        if let Some(policy) = &config.limit {
            let key = match policy.per {
                Per::Global => 0,
                Per::Identity => identity(cx.program, intent),
                Per::Operation => u64::from(intent.operation),
            };
            if !self.limiter.passes(policy, key, cx.now()) {
                return Err(Reason::RateLimited);
            }
        }
        if let Some(Admission(limits)) = config.admission {
            let class = usize::from(intent.priority).min(CLASSES - 1);
            if self.under_way >= limits[class] {
                return Err(Reason::Shed);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_classes_have_less_room() {
        assert_eq!(Admission::new(100, 0), Admission([100; 4]));
        assert_eq!(Admission::new(100, NANO / 5), Admission([100, 80, 60, 40]));
        assert_eq!(Admission::new(3, NANO / 2), Admission([3, 1, 0, 0]));
    }
}
