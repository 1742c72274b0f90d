//! Alerts: when what monitoring sees is bad enough for long enough, somebody is told.
//!
//! *Burn rate* (Google, The Site Reliability Workbook, 2018, ch. 5): the share of bad answers divided
//! by the share that the objective allows; it has to exceed the factor over the long window and over
//! the short one. *Threshold*: a figure over one window is above a bound, for some time.

use super::{Monitoring, Sample};
use crate::design::Settings;
use crate::design::value::{Factor, MICRO, NANO, Share};
use crate::time::{Duration, Time};

#[derive(Clone, Debug)]
pub struct Spec {
    pub key: String,
    pub place: u64,
    pub node: u16,
    rule: Rule,
    pub paging_delay: Duration,
    /// Slower answers are not good.
    pub good_within: Option<Duration>,
    /// It calls somebody; if not, it is a ticket.
    pub pages: bool,
}

#[derive(Clone, Debug)]
enum Rule {
    Burn {
        rate: Factor,
        /// Share of answers that may be bad.
        allowed: Share,
        long: Duration,
        short: Duration,
    },
    Threshold {
        figure: Figure,
        window: Duration,
        lasts: Duration,
    },
}

#[derive(Clone, Copy, Debug)]
enum Figure {
    ErrorShare(Share),
    Latency(Duration),
    Utilisation(Share),
    Waiting(u64),
    Age(Duration),
}

#[derive(Clone, Debug, Default)]
pub struct State {
    pub fires: bool,
    /// The rule holds without a break since then.
    holds_since: Option<Time>,
    /// Each time it began to fire, when the page was read, and when it stopped; the first ones.
    pub history: Vec<Episode>,
    pub episodes: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct Episode {
    pub fired: Time,
    pub paged: Time,
    pub resolved: Option<Time>,
}

/// Episodes that are kept; further ones are counted.
const EPISODES_MAX: usize = 100;

impl Spec {
    /// `scale` is how many times shorter its windows are than written.
    pub fn compile(key: &str, place: u64, node: u16, knobs: &Settings<'_>, scale: Factor) -> Spec {
        let scaled = |d: Duration| {
            let ns = u128::from(d.0) * u128::from(MICRO) / u128::from(scale.0);
            Duration(ns as u64)
        };
        let threshold = |figure| Rule::Threshold {
            figure,
            window: scaled(knobs.duration("window")).max(Duration(1)),
            lasts: scaled(knobs.duration("for")),
        };
        let rule = if let Some(rate) = knobs.opt_factor("burn_rate") {
            Rule::Burn {
                rate,
                allowed: Share(NANO - knobs.share("objective").0),
                long: scaled(knobs.duration("long_window")).max(Duration(1)),
                short: scaled(knobs.duration("short_window")).max(Duration(1)),
            }
        } else if let Some(share) = knobs.opt_share("error_share_above") {
            threshold(Figure::ErrorShare(share))
        } else if let Some(latency) = knobs.opt_duration("latency_above") {
            threshold(Figure::Latency(latency))
        } else if let Some(share) = knobs.opt_share("utilisation_above") {
            threshold(Figure::Utilisation(share))
        } else if let Some(count) = knobs.opt_count("waiting_above") {
            threshold(Figure::Waiting(count))
        } else {
            let age = knobs.opt_duration("age_above");
            threshold(Figure::Age(age.expect("validated: an alert has a rule")))
        };
        Spec {
            key: key.to_owned(),
            place,
            node,
            rule,
            paging_delay: scaled(knobs.duration("paging_delay")),
            good_within: knobs.opt_duration("good_within"),
            pages: knobs.choice("notify") == "page",
        }
    }

    /// How far back it looks.
    pub fn longest(&self) -> Duration {
        match self.rule {
            Rule::Burn { long, short, .. } => long.max(short),
            Rule::Threshold { window, .. } => window,
        }
    }

    /// Whether the rule holds by the newest figures; `None` if there are none.
    fn holds(&self, alert: usize, seen: &Monitoring) -> Option<bool> {
        match self.rule {
            Rule::Burn {
                rate,
                allowed,
                long,
                short,
            } => {
                let burns = |window| {
                    let (sample, _) = seen.over(self.node, window)?;
                    let bad = sample.answered - seen.fast_over(alert, self.node, window);
                    // bad / answered >= rate * allowed, in whole numbers.
                    let bound = u128::from(sample.answered) * u128::from(rate.0);
                    let bound = bound * u128::from(allowed.0) / u128::from(MICRO);
                    Some(bad > 0 && u128::from(bad) * u128::from(NANO) >= bound)
                };
                Some(burns(long)? && burns(short)?)
            }
            Rule::Threshold { figure, window, .. } => {
                let (sample, span) = seen.over(self.node, window)?;
                Some(figure.is_above(&sample, span))
            }
        }
    }
}

impl Figure {
    fn is_above(self, sample: &Sample, span: Duration) -> bool {
        let share_above = |part: u128, whole: u128, share: Share| {
            whole > 0 && part * u128::from(NANO) > whole * u128::from(share.0)
        };
        match self {
            Figure::ErrorShare(share) => share_above(
                u128::from(sample.answered - sample.good),
                u128::from(sample.answered),
                share,
            ),
            Figure::Utilisation(share) => share_above(sample.busy, sample.slots, share),
            Figure::Latency(bound) => {
                sample.left > 0 && sample.sojourned > u128::from(bound.0) * u128::from(sample.left)
            }
            Figure::Waiting(count) => sample.waiting > u128::from(count) * u128::from(span.0),
            // What it is now, whatever the window.
            Figure::Age(bound) => sample.age > bound,
        }
    }
}

/// What has changed with an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Fires,
    Resolves,
}

impl State {
    /// Looks at the newest figures. While there are none, nothing changes: an alert that nobody
    /// feeds is silent.
    pub fn look(
        &mut self,
        spec: &Spec,
        alert: usize,
        seen: &Monitoring,
        now: Time,
    ) -> Option<Turn> {
        let holds = spec.holds(alert, seen)?;
        if !holds {
            self.holds_since = None;
            if !self.fires {
                return None;
            }
            self.fires = false;
            if let Some(last) = self.history.last_mut() {
                last.resolved.get_or_insert(now);
            }
            return Some(Turn::Resolves);
        }
        let since = *self.holds_since.get_or_insert(now);
        let lasts = match spec.rule {
            Rule::Threshold { lasts, .. } => lasts,
            Rule::Burn { .. } => Duration::ZERO,
        };
        if self.fires || now.since(since) < lasts {
            return None;
        }
        self.fires = true;
        self.episodes += 1;
        if self.history.len() < EPISODES_MAX {
            self.history.push(Episode {
                fired: now,
                paged: now + spec.paging_delay,
                resolved: None,
            });
        }
        Some(Turn::Fires)
    }
}
