//! Instances of a node that begin and end while it runs.

use super::core::Cx;
use super::event::Event;
use super::fleet::Phase;
use super::record::Record;

impl<R: Record> Cx<'_, R> {
    /// Starts an instance of this node, with fresh state towards everything it calls.
    pub fn start_instance(&mut self, version: u16) -> u16 {
        let now = self.now();
        let spec = &self.program.nodes[self.node as usize];
        // Connections of a predecessor may still be out: they come back to its place.
        let (core, node) = (&mut *self.core, self.node);
        let program = self.program;
        let is_clean = |place: u16| {
            let links = core.links.iter().zip(&program.links);
            let mut mine = links.filter(|(_, link)| link.from == node);
            mine.all(|(state, _)| {
                let caller = state.callers.get(place as usize);
                caller.is_none_or(|c| c.pool.busy == 0 && c.bulkhead.busy == 0)
            })
        };
        let fleet = &mut core.fleets[node as usize];
        let instance = fleet.start(now, version, &spec.zones, is_clean);
        let links = self.core.links.iter_mut().zip(&self.program.links);
        for (state, link) in links.filter(|(_, link)| link.from == self.node) {
            let callers = &mut state.callers;
            let fresh = super::core::Caller::new(link);
            match callers.get_mut(instance as usize) {
                Some(caller) => *caller = fresh,
                None => callers.push(fresh),
            }
        }
        self.count_instances();
        let ready = now + spec.boot_time;
        if ready == now {
            self.core.fleets[self.node as usize].set_phase(instance, Phase::Ready);
        } else {
            let node = self.node;
            self.core
                .calendar
                .at(ready, Event::Booted { node, instance });
        }
        instance
    }

    /// The youngest instance finishes what it has and goes.
    pub fn drain_newest(&mut self) {
        let fleet = &self.core.fleets[self.node as usize];
        let wanted = fleet.alive().filter(|(_, m)| m.phase != Phase::Draining);
        let Some((instance, _)) = wanted.max_by_key(|(i, m)| (m.started, *i)) else {
            return;
        };
        self.drain(instance);
    }

    /// The instance is no longer found by callers; it goes when nothing is left in it.
    pub fn drain(&mut self, instance: u16) {
        self.core.fleets[self.node as usize].set_phase(instance, Phase::Draining);
        self.gone_if_empty(instance);
    }

    /// A draining instance without anything to do is gone. Kinds call it when a request has left.
    pub fn gone_if_empty(&mut self, instance: u16) {
        let fleet = &self.core.fleets[self.node as usize];
        if fleet.member(instance).phase == Phase::Draining
            && self.core.is_empty_at(self.node, instance)
        {
            self.core.fleets[self.node as usize].set_phase(instance, Phase::Gone);
            self.count_instances();
        }
    }

    fn count_instances(&mut self) {
        let now = self.now();
        let alive = self.core.fleets[self.node as usize].alive().count() as u32;
        self.counters().instances.set(now, alive);
    }
}
