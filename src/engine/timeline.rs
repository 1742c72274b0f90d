//! What the timeline does to the world: an entry begins, an entry ends.

use super::calendar::Before;
use super::core::Cx;
use super::digest::Fact;
use super::draw::{Address, Purpose, mix64};
use super::event::Event;
use super::fault::{Action, ConfigPlace};
use super::fleet::Phase;
use super::node::{KindFault, Traffic};
use super::program::{Program, SETTLE_LIMIT};
use super::record::Record;
use super::standing::Still;
use super::world::{NodeVisit, World};
use crate::time::Duration;

/// What an entry happens to if it happens to no node and no link.
const NOWHERE: usize = usize::MAX;

/// Counts an entry in, or out.
fn change(count: &mut u32, begins: bool) {
    if begins {
        *count += 1;
    } else {
        *count -= 1;
    }
}

/// Lists an entry, or takes it off the list.
fn list(entries: &mut Vec<u16>, entry: u16, begins: bool) {
    entries.retain(|&e| e != entry);
    if begins {
        entries.push(entry);
    }
}

impl World {
    /// Looks forward to the next moment of the timeline.
    pub(super) fn await_moment(&mut self, program: &Program) {
        if let Some(moment) = program.moments.get(self.moments) {
            let calendar = &mut self.core.calendar;
            calendar.before_all(moment.at, Before::Timeline, Event::Timeline);
        }
    }

    /// The next moment has come, unless the timeline was changed meanwhile.
    pub(super) fn moment<R: Record>(&mut self, program: &Program, record: &mut R) {
        let next = program.moments.get(self.moments);
        if let Some(&moment) = next.filter(|m| m.at == self.core.now()) {
            self.moments += 1;
            self.await_moment(program);
            self.timeline(program, record, moment.entry, !moment.ends);
        }
    }

    fn timeline<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        number: u16,
        begins: bool,
    ) {
        let entry = &program.timeline[number as usize];
        let place = match entry.action {
            Action::TrafficStep { .. }
            | Action::TrafficSpike { .. }
            | Action::TrafficRamp { .. }
            | Action::TrafficCurve { .. }
            | Action::Abuse { .. }
            | Action::Reconnect { .. } => self.traffic(program, record, number, begins),
            Action::HotKey { operation, share } => {
                self.core.hot.retain(|&(e, ..)| e != number);
                if begins {
                    self.core.hot.push((number, operation, share));
                }
                self.first_clients(program, operation)
            }
            Action::Poison { operation, share } => {
                self.core.poisoned.retain(|&(e, ..)| e != number);
                if begins {
                    self.core.poisoned.push((number, operation, share));
                }
                self.first_clients(program, operation)
            }
            Action::GcPause { node, .. } | Action::WorkerPause { node, .. } => {
                match begins {
                    true => self.stand_still(program, record, number),
                    false => self.move_on(program, record, node, number),
                }
                node as usize
            }
            Action::Config { place } => {
                let now = self.core.now();
                // Several that change at the same instant are one revision.
                self.revision = program.revised_at.partition_point(|&at| at <= now);
                match place {
                    ConfigPlace::Node(node) => node as usize,
                    ConfigPlace::Link(link) => program.nodes.len() + link as usize,
                    ConfigPlace::Operation(operation) => self.first_clients(program, operation),
                }
            }
            Action::Deploy { node, .. } => {
                self.deploy(program, record, node, number);
                node as usize
            }
            Action::Rollback { node } => {
                self.roll_back(program, record, node);
                node as usize
            }
            Action::LostMonitoring => {
                change(&mut self.core.monitoring.lost, begins);
                NOWHERE
            }
            Action::Partition { link, .. }
            | Action::Hold { link }
            | Action::LinkDelay { link, .. }
            | Action::LinkLoss { link, .. }
            | Action::ExpiredCredentials { link } => {
                self.link_fault(program, record, &entry.action, link, number, begins);
                program.nodes.len() + link as usize
            }
            Action::ZoneOutage { zone } => {
                let hit = |_: u16, z: u16| z == zone;
                self.strike(program, record, number, begins, hit)
            }
            Action::Crash {
                node,
                instances: Some(instances),
            } => {
                let of_node = self.core.fleets[node as usize].alive();
                let chosen: Vec<u16> = of_node.take(instances as usize).map(|(i, _)| i).collect();
                self.strike_instances(program, record, number, begins, node, &chosen);
                node as usize
            }
            Action::PrimaryLoss { node } => {
                let chosen = [self.leader(node)];
                self.strike_instances(program, record, number, begins, node, &chosen);
                node as usize
            }
            Action::Isolate { node } => {
                self.isolate(program, record, number, begins, node);
                node as usize
            }
            Action::ReplicaLag { node, delay } => {
                let lag = begins.then_some(delay);
                self.core.modifiers[node as usize].set_lag(number, lag);
                node as usize
            }
            Action::Failover { node } => {
                let by_hand = NodeVisit::Fault(KindFault::HandOver);
                self.at_node(program, record, node, by_hand);
                node as usize
            }
            Action::Crash {
                node,
                instances: None,
            } => {
                change(&mut self.core.modifiers[node as usize].down, begins);
                if begins {
                    self.at_node(program, record, node, NodeVisit::Crash(None));
                } else if self.core.modifiers[node as usize].down == 0 {
                    self.all_restarted(program, record, node);
                }
                node as usize
            }
            Action::Flush { node, instance } => {
                if begins {
                    let fault = NodeVisit::Fault(KindFault::Flush(instance));
                    self.at_node(program, record, node, fault);
                }
                node as usize
            }
            Action::SchemaChange { node, change } => {
                let fault = NodeVisit::Fault(KindFault::Schema(change));
                self.at_node(program, record, node, fault);
                node as usize
            }
            Action::Reshard { node, change } => {
                let fault = NodeVisit::Fault(KindFault::Reshard(change));
                self.at_node(program, record, node, fault);
                node as usize
            }
            Action::Restore { node, rate } => {
                let fault = NodeVisit::Fault(KindFault::Restore(rate));
                self.at_node(program, record, node, fault);
                node as usize
            }
            Action::Redrive { node } => {
                self.at_node(program, record, node, NodeVisit::Redrive);
                node as usize
            }
            Action::StartRun { node } => {
                self.at_node(program, record, node, NodeVisit::StartRun);
                node as usize
            }
            Action::Slow { node, .. }
            | Action::Errors { node, .. }
            | Action::Hang { node, .. }
            | Action::CapacityCut { node, .. }
            | Action::DiskFull { node }
            | Action::ClockSkew { node, .. } => {
                self.node_fault(program, record, node, number, begins);
                node as usize
            }
        };
        let hash = match place.checked_sub(program.nodes.len()) {
            _ if place == NOWHERE => 0,
            Some(link) => program.links[link].place,
            None => program.nodes[place].place,
        };
        self.core
            .fact(place, hash, Fact::Timeline, 0, number, u8::from(begins));
        record.timeline(program, self.core.now(), entry.index, begins);
    }

    /// The copy of a database that leads.
    fn leader(&self, node: u16) -> u16 {
        let copies = self.core.copies[node as usize].as_deref();
        copies.map_or(0, |copies| copies.primary)
    }

    /// Keeps the copy that leads from the others, or lets the one go that it kept.
    fn isolate<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        entry: u16,
        begins: bool,
        node: u16,
    ) {
        let mine = |&(e, n, _): &(u16, u16, u16)| e == entry && n == node;
        let instance = match begins {
            true => self.leader(node),
            false => {
                let found = self.core.isolated.iter().find(|i| mine(i));
                found.expect("it has begun").2
            }
        };
        match begins {
            true => self.core.isolated.push((entry, node, instance)),
            false => self.core.isolated.retain(|i| !mine(i)),
        }
        let fault = NodeVisit::Fault(KindFault::CutOff { instance, begins });
        self.at_node(program, record, node, fault);
    }

    /// An operation is no place of its own.
    fn first_clients(&self, program: &Program, operation: u16) -> usize {
        let clients = &program.operations[operation as usize].clients;
        clients.first().map_or(NOWHERE, |&node| node as usize)
    }

    fn traffic<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        entry: u16,
        begins: bool,
    ) -> usize {
        let (clients, traffic) = match program.timeline[entry as usize].action {
            Action::TrafficStep { clients, rate } => (clients, Traffic::StepBegins { entry, rate }),
            Action::TrafficSpike { clients, factor } => {
                (clients, Traffic::SpikeBegins { entry, factor })
            }
            Action::TrafficRamp { clients, to, over } => (clients, Traffic::Ramp { to, over }),
            Action::TrafficCurve { clients, .. } => (clients, Traffic::CurveBegins { entry }),
            Action::Abuse { clients, rate, .. } => (clients, Traffic::AbuseBegins { entry, rate }),
            Action::Reconnect { clients, .. } => (clients, Traffic::Reconnect { entry }),
            _ => unreachable!("an entry of traffic"),
        };
        let is_over_by_itself = matches!(traffic, Traffic::Ramp { .. } | Traffic::Reconnect { .. });
        if begins {
            self.at_node(program, record, clients, NodeVisit::Traffic(traffic));
        } else if !is_over_by_itself {
            let ends = NodeVisit::Traffic(Traffic::Ends { entry });
            self.at_node(program, record, clients, ends);
        }
        clients as usize
    }

    fn link_fault<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        action: &Action,
        link: u16,
        entry: u16,
        begins: bool,
    ) {
        let state = &mut self.core.links[link as usize];
        match *action {
            Action::Partition {
                requests, replies, ..
            } => {
                if requests {
                    change(&mut state.requests_cut, begins);
                }
                if replies {
                    let was_cut = state.replies_cut > 0;
                    change(&mut state.replies_cut, begins);
                    let is_cut = state.replies_cut > 0;
                    if is_cut != was_cut {
                        let caller = program.links[link as usize].from;
                        self.at_node(program, record, caller, NodeVisit::Cut(link, is_cut));
                    }
                }
            }
            Action::LinkDelay { .. } => list(&mut state.delays, entry, begins),
            Action::LinkLoss { .. } => list(&mut state.losses, entry, begins),
            Action::ExpiredCredentials { .. } => {
                change(&mut state.strangers, begins);
                self.core.refresh_doors(program);
            }
            _ => {
                change(&mut state.holds, begins);
                if state.holds == 0 {
                    self.core.release_held(program, link);
                }
            }
        }
    }

    fn node_fault<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        node: u16,
        number: u16,
        begins: bool,
    ) {
        let entry = &program.timeline[number as usize];
        let modifiers = &mut self.core.modifiers[node as usize];
        match entry.action {
            Action::Slow { factor, .. } => modifiers.set_slow(number, begins.then_some(factor)),
            Action::Errors { share, .. } => modifiers.set_errors(number, begins.then_some(share)),
            Action::Hang { share, .. } => {
                modifiers.set_hang(number, begins.then_some(share));
                for hanging in modifiers.released(number) {
                    let open = self.core.attempts.get(hanging.attempt);
                    if open.is_some_and(|a| a.callee.is_at_work()) {
                        let goes_on = NodeVisit::GoesOn(hanging.attempt, hanging.ns);
                        self.at_node(program, record, node, goes_on);
                    }
                }
            }
            Action::DiskFull { .. } => change(&mut modifiers.disk_full, begins),
            Action::ClockSkew { skew, .. } => modifiers.set_skew(number, begins.then_some(skew)),
            Action::CapacityCut { share, .. } => {
                modifiers.set_cut(number, begins.then_some(share));
                self.at_node(program, record, node, NodeVisit::Revised);
            }
            _ => unreachable!("a fault of one node"),
        }
    }

    /// Takes down the instances whose node and zone are hit, or lets go of those it took down. The
    /// first node that was hit stands for all in the record.
    fn strike<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        entry: u16,
        begins: bool,
        hit: impl Fn(u16, u16) -> bool,
    ) -> usize {
        let mut first = None;
        for node in 0..program.nodes.len() as u16 {
            let members = self.core.fleets[node as usize].alive();
            let chosen: Vec<u16> = members
                .filter(|(_, m)| hit(node, m.zone))
                .map(|(i, _)| i)
                .collect();
            let touched = self.strike_instances(program, record, entry, begins, node, &chosen);
            if touched && first.is_none() {
                first = Some(node as usize);
            }
        }
        first.unwrap_or(NOWHERE)
    }

    fn strike_instances<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        entry: u16,
        begins: bool,
        node: u16,
        chosen: &[u16],
    ) -> bool {
        if begins {
            for &instance in chosen {
                self.core.struck.push((entry, node, instance));
                self.core.fleets[node as usize].set_down(instance, true);
                self.at_node(program, record, node, NodeVisit::Crash(Some(instance)));
            }
            return !chosen.is_empty();
        }
        let mine = |&(e, n, _): &(u16, u16, u16)| e == entry && n == node;
        let struck: Vec<(u16, u16, u16)> = self.core.struck.iter().copied().filter(mine).collect();
        self.core.struck.retain(|s| !mine(s));
        for &(_, _, instance) in &struck {
            self.core.fleets[node as usize].set_down(instance, false);
            if self.core.is_up(node, instance) {
                self.restarted(program, record, node, Some(instance));
            }
        }
        !struck.is_empty()
    }

    /// A node is back, without those of its instances that something else keeps down.
    fn all_restarted<R: Record>(&mut self, program: &Program, record: &mut R, node: u16) {
        let alive = self.core.fleets[node as usize].alive();
        let (up, down): (Vec<_>, Vec<_>) = alive.partition(|(_, member)| member.down == 0);
        if down.is_empty() {
            return self.restarted(program, record, node, None);
        }
        for instance in up.into_iter().map(|(i, _)| i).collect::<Vec<_>>() {
            self.restarted(program, record, node, Some(instance));
        }
    }

    /// What was down is back: as old as its restart.
    fn restarted<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        node: u16,
        instance: Option<u16>,
    ) {
        let now = self.core.now();
        let fleet = &mut self.core.fleets[node as usize];
        let back: Vec<u16> = match instance {
            Some(instance) => vec![instance],
            None => fleet.alive().map(|(i, _)| i).collect(),
        };
        back.into_iter().for_each(|i| fleet.restart(i, now));
        self.at_node(program, record, node, NodeVisit::Restart(instance));
    }

    /// Instances stand still: for as long as the entry lasts, or each for the length of one pause, and again
    /// when the next is due.
    fn stand_still<R: Record>(&mut self, program: &Program, record: &mut R, number: u16) {
        let entry = &program.timeline[number as usize];
        let (node, instances, series) = match &entry.action {
            Action::GcPause {
                node,
                instances,
                series,
            } => (*node, *instances, series.as_ref()),
            Action::WorkerPause { node, instances } => (*node, *instances, None),
            _ => unreachable!("an entry with pauses"),
        };
        let now = self.core.now();
        let place = program.nodes[node as usize].place ^ mix64(u64::from(number) + 1);
        let beats = matches!(entry.action, Action::WorkerPause { .. });
        let most = instances.map_or(usize::MAX, usize::from);
        let alive = self.core.fleets[node as usize].alive().take(most);
        for instance in alive.map(|(i, _)| i).collect::<Vec<_>>() {
            let until = series.map(|series| {
                let address = Address::intent(place, u64::from(instance), now.0);
                let draws = &mut self.core.node_keys[node as usize].draws(Purpose::Pause, address);
                now + Duration(series.pause.sample(draws))
            });
            let by = number;
            let still = Still { by, until, beats };
            self.at_node(
                program,
                record,
                node,
                NodeVisit::StandStill(instance, still),
            );
        }
        let next = series.map(|series| now + series.every);
        if let Some(at) = next.filter(|at| *at < program.horizon + SETTLE_LIMIT) {
            self.core.calendar.at(at, Event::Again { entry: number });
        }
    }

    /// Another pause of a series is due, unless the entry is over by now: it may have been ended since.
    pub(super) fn again<R: Record>(&mut self, program: &Program, record: &mut R, number: u16) {
        let ends = program.timeline[number as usize].ends;
        if ends.is_none_or(|ends| self.core.now() < ends) {
            self.stand_still(program, record, number);
        }
    }

    fn move_on<R: Record>(&mut self, program: &Program, record: &mut R, node: u16, entry: u16) {
        for instance in 0..self.core.fleets[node as usize].places() as u16 {
            self.at_node(program, record, node, NodeVisit::MoveOn(instance, entry));
        }
    }

    // ---- knobs that change, instances that come and go ---------------------------------------

    /// Knobs have changed: who has more slots, connections or instances now uses them; who has fewer
    /// finishes what is there.
    pub(super) fn revise<R: Record>(&mut self, before: &Program, now: &Program, record: &mut R) {
        self.core.refresh_doors(now);
        for link in 0..now.links.len() {
            self.core.connections_changed(now, record, link);
        }
        for node in 0..now.nodes.len() as u16 {
            let (old, new) = (&before.nodes[node as usize], &now.nodes[node as usize]);
            if old.instances != new.instances && new.kind != "clients" {
                self.scale(now, record, node, new.instances);
            }
            self.at_node(now, record, node, NodeVisit::Revised);
        }
    }

    /// Brings a node to so many instances that are wanted: booting or ready, not draining.
    pub(super) fn scale<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        node: u16,
        instances: u16,
    ) {
        let mut cx = Cx {
            core: &mut self.core,
            program,
            record,
            node,
        };
        let wanted = cx.core.fleets[node as usize].wanted();
        for _ in wanted..instances {
            let version = cx.core.versions[node as usize].current;
            cx.start_instance(version);
        }
        for _ in instances..wanted {
            cx.drain_newest();
        }
        self.at_node(program, record, node, NodeVisit::Fleet);
    }

    pub(super) fn booted<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        node: u16,
        instance: u16,
    ) {
        let fleet = &mut self.core.fleets[node as usize];
        // It may have been told to go before it was ready.
        if fleet.member(instance).phase == Phase::Booting {
            fleet.set_phase(instance, Phase::Ready);
            self.at_node(program, record, node, NodeVisit::Fleet);
            self.rollout_step(program, record, node);
        }
    }
}
