//! Autoscaling as the Kubernetes HorizontalPodAutoscaler does it, on what monitoring sees.
//!
//! desired = ceil(current x figure / target), for each target that is set; the largest counts. Within
//! the tolerance nothing changes. Instances that still boot count as idle when the answer is "more",
//! which damps it. The answers of the stabilisation windows are kept: upwards the smallest of its
//! window counts, downwards the largest. (kubernetes.io, "Horizontal Pod Autoscaling", algorithm
//! details; defaults of kube-controller-manager.)

use std::collections::VecDeque;

use super::Monitoring;
use crate::design::Settings;
use crate::design::value::{MICRO, NANO, Rate, Share};
use crate::time::{Duration, NS_PER_S, Time};

#[derive(Clone, Debug)]
pub struct Spec {
    pub min: u16,
    pub max: u16,
    pub period: Duration,
    tolerance: Share,
    stabilisation_up: Duration,
    stabilisation_down: Duration,
    utilisation: Option<Share>,
    requests: Option<Rate>,
    waiting: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub struct State {
    /// Answers of the past, for the stabilisation windows.
    answers: VecDeque<(Time, u16)>,
    /// The figures it acted on last: it does not act on the same ones twice.
    seen: Option<Time>,
}

impl Spec {
    pub fn compile(knobs: &Settings<'_>) -> Option<Spec> {
        if !knobs.flag("autoscale") {
            return None;
        }
        Some(Spec {
            min: knobs.count("min_instances") as u16,
            max: knobs.count("max_instances") as u16,
            period: knobs.duration("scale_period"),
            tolerance: knobs.share("scale_tolerance"),
            stabilisation_up: knobs.duration("scale_up_stabilisation"),
            stabilisation_down: knobs.duration("scale_down_stabilisation"),
            utilisation: knobs.opt_share("target_utilisation"),
            requests: knobs.opt_rate("target_requests"),
            waiting: knobs.opt_count("target_waiting"),
        })
    }

    /// How many instances the newest figures ask for, with so many ready and so many booting; `None`
    /// without figures.
    pub fn desired(&self, seen: &Monitoring, node: u16, ready: u16, booting: u16) -> Option<u16> {
        let (sample, span) = seen.over(node, self.period)?;
        let span = u128::from(span.0);
        // Each as (figure of all ready instances, target of one), in the same unit.
        let utilisation = self.utilisation.map(|target| {
            let each = sample.slots.checked_div(u128::from(ready)).unwrap_or(0);
            (sample.busy * u128::from(NANO), each * u128::from(target.0))
        });
        let requests = self.requests.map(|target| {
            let rate = u128::from(sample.arrived) * u128::from(MICRO) * u128::from(NS_PER_S);
            (rate, u128::from(target.0) * span)
        });
        let waiting = self
            .waiting
            .map(|target| (sample.waiting, u128::from(target) * span));
        let figures = [utilisation, requests, waiting];
        let answers = figures.into_iter().flatten();
        answers
            .map(|(all, target)| self.answer(all, target, ready, booting))
            .max()
            .map(|n| n.clamp(self.min, self.max))
    }

    /// `all` is the figure summed over the ready instances, `target` what one should have.
    fn answer(&self, all: u128, target: u128, ready: u16, booting: u16) -> u16 {
        let current = ready + booting;
        if target == 0 || ready == 0 {
            return current;
        }
        let within = |instances: u16| {
            // |all / (instances * target) - 1| <= tolerance
            let should = target * u128::from(instances);
            all.abs_diff(should) * u128::from(NANO) <= should * u128::from(self.tolerance.0)
        };
        let needed = |all: u128| {
            let n = all.div_ceil(target).min(u128::from(u16::MAX));
            n as u16
        };
        if within(ready) {
            return current;
        }
        let wants_more = all > target * u128::from(ready);
        if wants_more && booting > 0 {
            // Those that boot are taken to be idle.
            if within(current) || all < target * u128::from(current) {
                return current;
            }
        }
        needed(all)
    }
}

impl State {
    /// What to scale to; `None` if nothing is to change or nothing new is known.
    pub fn decide(
        &mut self,
        spec: &Spec,
        seen: &Monitoring,
        node: u16,
        now: Time,
        (ready, booting): (u16, u16),
    ) -> Option<u16> {
        let newest = seen.newest(node)?;
        if self.seen == Some(newest) {
            return None;
        }
        self.seen = Some(newest);
        let current = ready + booting;
        let desired = spec.desired(seen, node, ready, booting)?;
        self.answers.push_back((now, desired));
        let longest = spec.stabilisation_up.max(spec.stabilisation_down);
        while self
            .answers
            .front()
            .is_some_and(|&(at, _)| at + longest < now)
        {
            self.answers.pop_front();
        }
        let within = |window: Duration| {
            let answers = self.answers.iter();
            answers
                .filter(move |&&(at, _)| at + window >= now)
                .map(|&(_, n)| n)
        };
        let up = within(spec.stabilisation_up).min().unwrap_or(desired);
        let down = within(spec.stabilisation_down).max().unwrap_or(desired);
        let settled = if current < up {
            up
        } else if current > down {
            down
        } else {
            current
        };
        (settled != current).then_some(settled)
    }
}
