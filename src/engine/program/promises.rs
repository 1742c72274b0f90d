//! What a design promises its users. Nothing in the engine looks at it: it is for who watches.

use super::Compiler;
use crate::design::Settings;
use crate::design::registry::SLO;
use crate::design::value::{NANO, Share};
use crate::engine::record::Told;
use crate::time::Duration;

/// One objective (`[slo.NAME]`).
#[derive(Clone, Debug)]
pub struct SloProgram {
    pub key: String,
    /// The clients whose users are meant; all of them if there is none here.
    pub clients: Option<u16>,
    pub objective: Share,
    /// Slower answers are not good.
    pub good_within: Option<Duration>,
}

impl SloProgram {
    /// Share of answers that may be bad.
    pub fn allowed(&self) -> Share {
        Share(NANO - self.objective.0)
    }

    /// A degraded answer is an answer, as it is for alerts on the burn rate.
    #[inline]
    pub fn is_good(&self, told: Told, took: Duration) -> bool {
        matches!(told, Told::Served | Told::Degraded)
            && self.good_within.is_none_or(|bound| took <= bound)
    }
}

pub(super) fn compile(c: &Compiler<'_>) -> Vec<SloProgram> {
    let slos = super::sorted(&c.design.slos, |slo| &slo.key).into_iter();
    slos.map(|slo| {
        let knobs = Settings::new(&SLO, &slo.knobs);
        SloProgram {
            key: slo.key.clone(),
            clients: (!slo.node.is_empty()).then(|| c.node(&slo.node)),
            objective: knobs.share("objective"),
            good_within: knobs.opt_duration("good_within"),
        }
    })
    .collect()
}
