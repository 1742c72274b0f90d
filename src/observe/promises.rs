//! What became of what users were promised: how much of each objective's budget was spent, in which stretches of
//! the run, and which of them somebody was called for.
//!
//! An *incident* is a stretch in which far more answers were bad than the objective allows. Each bucket of the run
//! scores its bad answers less those that are allowed, and the scores are summed up from the first bad bucket on (the
//! CUSUM of E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954). The incident begins there, ends where the
//! sum was greatest, and is over once a calm has earned back a tenth of the budget of the whole run (half of what was
//! overspent, where that is less). It is one if it overspent a tenth, and had at least [`BAD_MIN`] bad answers. A tenth
//! is what the smallest of the recommended alerts is about (The Site Reliability Workbook, 2018, ch. 5: a ticket for
//! 10 % of the budget).
//!
//! It is found from what users were told, never from what the design's own monitoring saw: so it can say that an
//! alert was silent.

use crate::design::value::NANO;
use crate::engine::monitoring::alert::{Episode, Spec, State};
use crate::engine::program::{BUCKETS_MAX, Program, SloProgram, Window};
use crate::engine::record::Told;
use crate::time::{Duration, Time};

/// An incident has at least so many bad answers: a few make no stretch.
pub const BAD_MIN: u64 = 5;

/// It overspends at least one part of the budget in this many.
const PARTS: i128 = 10;

/// Answers in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub told: u32,
    pub bad: u32,
}

/// Per objective of the program, what users were told in each bucket.
#[derive(Clone, Debug, Default)]
pub struct Promises {
    now: Vec<Count>,
    pub buckets: Vec<Vec<Count>>,
}

impl Promises {
    pub fn new(program: &Program) -> Promises {
        Promises {
            now: vec![Count::default(); program.slos.len()],
            buckets: vec![Vec::new(); program.slos.len()],
        }
    }

    #[inline]
    pub fn told(&mut self, program: &Program, clients: u16, told: Told, took: Duration) {
        for (slo, now) in program.slos.iter().zip(&mut self.now) {
            if slo.clients.is_none_or(|meant| meant == clients) {
                now.told += 1;
                now.bad += u32::from(!slo.is_good(told, took));
            }
        }
    }

    pub fn bucket(&mut self) {
        for (now, buckets) in self.now.iter_mut().zip(&mut self.buckets) {
            if (buckets.len() as u64) < BUCKETS_MAX {
                buckets.push(std::mem::take(now));
            }
        }
    }

    pub fn bytes(&self) -> usize {
        self.buckets.iter().map(Vec::len).sum::<usize>() * size_of::<Count>()
    }
}

/// A stretch of the run in which users got much less than was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incident {
    pub from: Time,
    pub until: Time,
    pub bad: u64,
    /// When somebody had read the first page about it, of which alert.
    pub paged: Option<(Time, u16)>,
}

/// One objective over the whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub told: u64,
    pub bad: u64,
    pub incidents: Vec<Incident>,
}

/// Buckets `first..=last`, and by how much they overspent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    first: usize,
    last: usize,
    peak: i128,
}

/// Stretches that overspend, in order of time; a fall by `calm` from the greatest sum ends one, by half of it one that
/// has not overspent that much.
fn stretches(scores: impl Iterator<Item = i128>, calm: i128) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut open: Option<(Stretch, i128)> = None;
    for (at, score) in scores.enumerate() {
        let Some((mut stretch, sum)) = open else {
            let stretch = Stretch {
                first: at,
                last: at,
                peak: score,
            };
            open = (score > 0).then_some((stretch, score));
            continue;
        };
        let sum = sum + score;
        if sum > stretch.peak {
            (stretch.last, stretch.peak) = (at, sum);
        }
        let fallen = stretch.peak - sum;
        // What has not become an incident yet is forgotten sooner.
        let enough = match stretch.peak >= calm {
            true => calm,
            false => stretch.peak / 2,
        };
        open = match sum <= 0 || fallen > 0 && fallen >= enough {
            true => {
                found.push(stretch);
                None
            }
            false => Some((stretch, sum)),
        };
    }
    found.extend(open.map(|(stretch, _)| stretch));
    found
}

/// What became of one objective, before anybody asks who was called.
fn kept(slo: &SloProgram, buckets: &[Count], width: Duration) -> Kept {
    let allowed = i128::from(slo.allowed().0);
    let score = |c: &Count| i128::from(c.bad) * i128::from(NANO) - i128::from(c.told) * allowed;
    let sum = |of: &[Count], what: fn(&Count) -> u32| of.iter().map(|c| u64::from(what(c))).sum();
    let told: u64 = sum(buckets, |c| c.told);
    let budget = i128::from(told) * allowed;
    let incidents = stretches(buckets.iter().map(score), budget / PARTS)
        .into_iter()
        .filter(|it| it.peak * PARTS >= budget)
        .map(|it| Incident {
            from: Time(it.first as u64 * width.0),
            until: Time((it.last as u64 + 1) * width.0),
            bad: sum(&buckets[it.first..=it.last], |c| c.bad),
            paged: None,
        })
        .filter(|it| it.bad >= BAD_MIN)
        .collect();
    Kept {
        told,
        bad: sum(buckets, |c| c.bad),
        incidents,
    }
}

/// Whether a page is about an incident: what the alert looked at when it began to fire has a part of it, or it
/// fired already when the incident began.
fn is_about(spec: &Spec, page: &Episode, incident: &Incident) -> bool {
    let looked_from = Time(page.fired.0.saturating_sub(spec.longest().0));
    match page.fired >= incident.from {
        true => looked_from <= incident.until,
        false => page.resolved.is_none_or(|at| at > incident.from),
    }
}

/// All objectives of a run, and of each alert's pages whether there was an incident.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    pub slos: Vec<Kept>,
    /// Per alert, per episode that is kept; empty where nothing was promised, or nobody is called.
    pub for_something: Vec<Vec<bool>>,
}

impl Judged {
    /// Pages read in the window though there was no incident.
    pub fn false_pages(&self, alerts: &[State], window: Window) -> u64 {
        let all = self.for_something.iter().zip(alerts);
        let pages = all.flat_map(|(verdicts, state)| verdicts.iter().zip(&state.history));
        let wrong =
            pages.filter(|(for_something, page)| !**for_something && window.contains(page.paged));
        wrong.count() as u64
    }

    /// Incidents that began in the window.
    pub fn incidents(&self, window: Window) -> impl Iterator<Item = &Incident> {
        let all = self.slos.iter().flat_map(|slo| &slo.incidents);
        all.filter(move |incident| window.contains(incident.from))
    }

    /// The longest time until somebody had read of an incident; of one that nobody was called for, as long as it
    /// lasted.
    pub fn time_to_detect(&self, window: Window) -> Option<Duration> {
        let times = self.incidents(window).map(|it| {
            let known = it.paged.map_or(it.until, |(at, _)| at);
            known.since(it.from)
        });
        times.max()
    }
}

pub fn judge(program: &Program, promises: &Promises, alerts: &[State]) -> Judged {
    let buckets = program.slos.iter().zip(&promises.buckets);
    let mut slos: Vec<Kept> = buckets
        .map(|(slo, buckets)| kept(slo, buckets, program.bucket))
        .collect();
    let mut for_something = vec![Vec::new(); alerts.len()];
    let promised = !slos.is_empty();
    let pagers = program.monitoring.alerts.iter().zip(alerts).enumerate();
    for (number, (spec, state)) in pagers.filter(|(_, (spec, _))| spec.pages && promised) {
        for page in &state.history {
            let mut found = false;
            for incident in slos.iter_mut().flat_map(|slo| &mut slo.incidents) {
                if is_about(spec, page, incident) {
                    found = true;
                    let read = page.paged.max(incident.from);
                    if incident.paged.is_none_or(|(at, _)| read < at) {
                        incident.paged = Some((read, number as u16));
                    }
                }
            }
            for_something[number].push(found);
        }
    }
    Judged {
        slos,
        for_something,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::value::Share;

    fn slo(objective_percent: u64) -> SloProgram {
        SloProgram {
            key: "all".into(),
            clients: None,
            objective: Share(NANO / 100 * objective_percent),
            good_within: None,
        }
    }

    fn of(bad: &[u32]) -> Vec<Count> {
        bad.iter().map(|&bad| Count { told: 100, bad }).collect()
    }

    fn spans(objective: u64, bad: &[u32]) -> Vec<(u64, u64, u64)> {
        let kept = kept(&slo(objective), &of(bad), Duration(1));
        let one = |it: &Incident| (it.from.0, it.until.0, it.bad);
        kept.incidents.iter().map(one).collect()
    }

    #[test]
    fn a_calm_that_earns_back_a_tenth_of_the_budget_ends_an_incident() {
        // A hundred buckets of 100 answers at 99 %: a hundred may be bad, and a tenth of that are ten.
        let with = |bad: &[(usize, u32)]| {
            let mut all = vec![0; 100];
            bad.iter().for_each(|&(at, n)| all[at] = n);
            spans(99, &all)
        };
        assert_eq!(with(&[(2, 40), (3, 40)]), [(2, 4, 80)]);
        // Nine quiet buckets earn back nine answers; ten earn back ten.
        assert_eq!(with(&[(2, 40), (12, 40)]), [(2, 13, 80)]);
        assert_eq!(with(&[(2, 40), (13, 40)]), [(2, 3, 40), (13, 14, 40)]);
        // Small bursts one after the other are nothing, if there is time enough between them.
        assert!(with(&[(2, 9), (30, 9), (60, 9)]).is_empty());
        assert_eq!(with(&[(2, 9), (5, 9)]), [(2, 6, 18)]);
    }

    #[test]
    fn what_is_allowed_is_no_incident_and_neither_are_a_few() {
        assert!(spans(99, &[1; 50]).is_empty());
        assert!(spans(99, &[0, 4, 0, 0, 0]).is_empty(), "fewer than five");
        assert_eq!(spans(99, &[0, 5, 0, 0, 0]), [(1, 2, 5)]);
    }

    #[test]
    fn of_everything_nothing_may_be_bad() {
        assert!(spans(100, &[0; 9]).is_empty());
        assert_eq!(spans(100, &[0, 3, 0, 3, 0]), [(1, 4, 6)]);
    }
}
