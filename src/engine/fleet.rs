//! Instances of a node as the rest of the world meets them: which exist, which are registered where
//! callers look them up, which are down, in which zone they stand and which version they run.
//!
//! An instance that crashed stays registered: callers learn of it by being refused. One that drains
//! is no longer registered and finishes what it has. Places of instances that are gone are used
//! again, lowest first.

use super::attempt::AttemptId;
use crate::time::Time;

/// What an instance is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Started, not yet able to take requests.
    Booting,
    /// Registered.
    Ready,
    /// No longer registered; finishes what it has.
    Draining,
    Gone,
}

#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub phase: Phase,
    /// Faults that keep it down.
    pub down: u32,
    /// Number of the software version it runs; 0 is the one the run began with.
    pub version: u16,
    /// Number of its zone among the program's; [`NO_ZONE`] if it has none.
    pub zone: u16,
    /// When it was started, for what is cold at first or grows with age.
    pub started: Time,
    /// Somebody who was in it when it was last asked who is (`Core::is_empty_at`).
    pub somebody: Option<AttemptId>,
}

pub const NO_ZONE: u16 = u16::MAX;

/// The instances of one node.
#[derive(Clone, Debug)]
pub struct Fleet {
    members: Vec<Member>,
    /// Those that callers can find, ascending.
    registered: Vec<u16>,
    /// Counts changes of the registration, so that a view can tell that it is old.
    pub epoch: u32,
    /// Instances that take no requests or are down; 0 nearly always.
    unwell: u32,
}

impl Fleet {
    /// `zones` are dealt out in turn.
    pub fn new(instances: u16, zones: &[u16]) -> Fleet {
        let mut fleet = Fleet {
            members: Vec::new(),
            registered: (0..instances).collect(),
            epoch: 0,
            unwell: 0,
        };
        for i in 0..instances {
            fleet.members.push(Member {
                phase: Phase::Ready,
                down: 0,
                version: 0,
                zone: zone_of(zones, i),
                started: Time::ZERO,
                somebody: None,
            });
        }
        fleet
    }

    /// Places for instances, those of instances that are gone included.
    pub fn places(&self) -> usize {
        self.members.len()
    }

    pub fn member(&self, instance: u16) -> &Member {
        &self.members[instance as usize]
    }

    pub fn member_mut(&mut self, instance: u16) -> &mut Member {
        &mut self.members[instance as usize]
    }

    pub fn registered(&self) -> &[u16] {
        &self.registered
    }

    /// All that exist, with their numbers.
    pub fn alive(&self) -> impl Iterator<Item = (u16, &Member)> {
        let numbered = self.members.iter().enumerate();
        numbered
            .filter(|(_, m)| m.phase != Phase::Gone)
            .map(|(i, m)| (i as u16, m))
    }

    /// How many are booting or ready.
    pub fn wanted(&self) -> u16 {
        let draining = |(_, m): &(u16, &Member)| m.phase == Phase::Draining;
        self.alive().filter(|m| !draining(m)).count() as u16
    }

    /// Whether any instance is draining.
    #[inline]
    pub fn is_draining(&self) -> bool {
        self.unwell > 0 && self.members.iter().any(|m| m.phase == Phase::Draining)
    }

    /// Whether a request that arrives at the instance finds somebody who listens.
    #[inline]
    pub fn listens(&self, instance: u16) -> bool {
        if self.unwell == 0 && instance != u16::MAX {
            return true;
        }
        let member = self.members.get(instance as usize);
        member.is_some_and(|m| m.down == 0 && matches!(m.phase, Phase::Ready | Phase::Draining))
    }

    /// Number of the version that the instance runs.
    #[inline]
    pub fn version(&self, instance: u16) -> u16 {
        self.members.get(instance as usize).map_or(0, |m| m.version)
    }

    /// Starts an instance; its number. A place of one that is gone is used again if nothing of it is
    /// left: `is_clean` says so.
    pub fn start(
        &mut self,
        now: Time,
        version: u16,
        zones: &[u16],
        is_clean: impl Fn(u16) -> bool,
    ) -> u16 {
        let free = |(i, m): (usize, &Member)| m.phase == Phase::Gone && is_clean(i as u16);
        let free = self.members.iter().enumerate().position(free);
        let place = free.unwrap_or(self.members.len());
        let member = Member {
            phase: Phase::Booting,
            down: 0,
            version,
            zone: zone_of(zones, place as u16),
            started: now,
            somebody: None,
        };
        match free {
            Some(_) => self.members[place] = member,
            None => self.members.push(member),
        }
        self.count();
        place as u16
    }

    pub fn set_phase(&mut self, instance: u16, phase: Phase) {
        self.members[instance as usize].phase = phase;
        self.count();
        let ready = self.members.iter().enumerate();
        let ready = ready.filter(|(_, m)| m.phase == Phase::Ready);
        self.registered = ready.map(|(i, _)| i as u16).collect();
        self.epoch += 1;
    }

    /// A fault takes the instance down, or lets go of it.
    pub fn set_down(&mut self, instance: u16, down: bool) {
        let member = &mut self.members[instance as usize];
        member.down = if down {
            member.down + 1
        } else {
            member.down.saturating_sub(1)
        };
        self.count();
    }

    /// The instance begins anew: after a crash it is as old as its restart.
    pub fn restart(&mut self, instance: u16, now: Time) {
        self.members[instance as usize].started = now;
    }

    fn count(&mut self) {
        let unwell = |m: &&Member| m.down > 0 || m.phase != Phase::Ready;
        self.unwell = self.members.iter().filter(unwell).count() as u32;
    }
}

fn zone_of(zones: &[u16], instance: u16) -> u16 {
    match zones.len() {
        0 => NO_ZONE,
        n => zones[instance as usize % n],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again_and_the_registered_can_be_found() {
        let mut fleet = Fleet::new(3, &[0, 1]);
        assert_eq!(fleet.registered(), [0, 1, 2]);
        assert_eq!(fleet.member(2).zone, 0);
        fleet.set_phase(1, Phase::Draining);
        assert_eq!(fleet.registered(), [0, 2]);
        assert!(fleet.listens(1), "it finishes what it has");
        fleet.set_phase(1, Phase::Gone);
        assert!(!fleet.listens(1));
        assert_eq!(fleet.start(Time(5), 1, &[0, 1], |_| true), 1);
        assert!(!fleet.listens(1), "it boots");
        fleet.set_phase(1, Phase::Ready);
        assert_eq!((fleet.registered(), fleet.epoch), (&[0, 1, 2][..], 3));
        fleet.set_down(0, true);
        assert!(!fleet.listens(0) && fleet.listens(1));
        fleet.set_down(0, false);
        assert!(fleet.listens(0));
    }
}
