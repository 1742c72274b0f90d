//! What follows from collected figures: alerts fire, instances are added or taken away, canaries are
//! judged.

use super::super::digest::Fact;
use super::super::event::Event;
use super::super::fleet::Phase;
use super::super::node::{NodeKind, with_kind};
use super::super::program::Program;
use super::super::record::Record;
use super::super::world::World;
use super::alert::Turn;
use crate::time::{Duration, Time};

impl World {
    /// Schedules the first collection and the first looks of autoscalers. A collection is due also where
    /// nobody looks: a deploy that is added to a run while it goes on finds the same ones as one that was
    /// planned.
    pub(in super::super) fn start_monitoring(&mut self, program: &Program) {
        self.core.calendar.at(Time::ZERO, Event::Scrape);
        for (node, spec) in program.nodes.iter().enumerate() {
            if let Some(autoscale) = &spec.autoscale {
                let node = node as u16;
                let at = Time::ZERO + autoscale.period;
                self.core.calendar.at(at, Event::Autoscale { node });
            }
        }
    }

    pub(in super::super) fn scrape<R: Record>(&mut self, program: &Program, record: &mut R) {
        if program.monitoring.is_used {
            self.collect(program, record);
        }
        let next = self.core.now() + program.monitoring.scrape_every;
        if next < program.horizon {
            self.core.calendar.at(next, Event::Scrape);
        }
    }

    fn collect<R: Record>(&mut self, program: &Program, record: &mut R) {
        let World { core, nodes, .. } = self;
        core.scrape(
            &program.monitoring.alerts,
            |core, node| {
                let look = with_kind!(&nodes[node], &program.nodes[node].config, |s, c| s.look(c));
                let ready = core.fleets[node].registered().len() as u32;
                look.slots_each.saturating_mul(ready)
            },
            |core, node| {
                let oldest = with_kind!(&nodes[node], &program.nodes[node].config, |s, _c| s
                    .oldest());
                oldest.map_or(Duration::ZERO, |since| core.now().since(since))
            },
        );
        let now = self.core.now();
        for (i, spec) in program.monitoring.alerts.iter().enumerate() {
            let mut state = std::mem::take(&mut self.core.monitoring.alerts[i]);
            let turn = match self.core.monitoring.lost {
                0 => state.look(spec, i, &self.core.monitoring, now),
                _ => None,
            };
            self.core.monitoring.alerts[i] = state;
            if let Some(turn) = turn {
                let fires = turn == Turn::Fires;
                let node = spec.node as usize;
                let pages = spec.paging_delay.0;
                self.core.fact(
                    node,
                    spec.place ^ pages,
                    Fact::Alert,
                    0,
                    i as u16,
                    u8::from(fires),
                );
                record.alert(program, now, i as u16, fires);
            }
        }
        for node in 0..program.nodes.len() as u16 {
            self.judge_canary(program, record, node);
        }
    }

    pub(in super::super) fn autoscale<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        node: u16,
    ) {
        let Some(spec) = &program.nodes[node as usize].autoscale else {
            return;
        };
        let now = self.core.now();
        let next = now + spec.period;
        if next < program.horizon {
            self.core.calendar.at(next, Event::Autoscale { node });
        }
        // A rollout has its own idea of how many there should be.
        if self.core.monitoring.lost > 0 || self.core.versions[node as usize].rollout.is_some() {
            return;
        }
        let fleet = &self.core.fleets[node as usize];
        let ready = fleet.registered().len() as u16;
        let booting = fleet.alive().filter(|(_, m)| m.phase == Phase::Booting);
        let counts = (ready, booting.count() as u16);
        let mut state = std::mem::take(&mut self.core.monitoring.scalers[node as usize]);
        let decided = state.decide(spec, &self.core.monitoring, node, now, counts);
        self.core.monitoring.scalers[node as usize] = state;
        if let Some(instances) = decided {
            let place = program.nodes[node as usize].place;
            self.core
                .fact(node as usize, place, Fact::Scaled, 0, instances, 0);
            self.scale(program, record, node, instances);
        }
    }
}
