//! Deploys: instances of one version give way to instances of another.
//!
//! *All at once* stops the old ones and starts the new ones at the same instant. *Rolling* starts new
//! ones and drains old ones in turn, with the bounds of a Kubernetes Deployment (maxSurge rounded up,
//! maxUnavailable rounded down). *Canary* starts a few new ones beside the old, compares the shares of
//! their answers that are errors, as monitoring sees them, and goes on rolling or takes them back.
//!
//! A version can be slower than the first one, and can fail a share of what it works on.

use super::columns::Named;
use super::core::{Core, Cx};
use super::digest::Fact;
use super::door::Contract;
use super::draw::{Purpose, Threshold};
use super::fault::Action;
use super::fleet::Phase;
use super::monitoring::Answers;
use super::program::Program;
use super::record::Record;
use super::world::{NodeVisit, World};
use crate::design::value::{Factor, NANO, Share};
use crate::time::{Duration, Time};

/// How a new version comes, and what it is like.
#[derive(Clone, Debug)]
pub struct Deploy {
    pub strategy: Strategy,
    pub surge: Share,
    pub unavailable: Share,
    pub canaries: u16,
    pub canary_for: Duration,
    pub abort_above: Share,
    pub abort_after: u64,
    pub factor: Factor,
    pub errors: Threshold,
    /// Versions of the interface, where they are not those of the node.
    pub contract: Option<u8>,
    pub contract_oldest: Option<u8>,
    /// Columns that it names, where they are not those of the node.
    pub named: Named,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    AllAtOnce,
    Rolling,
    Canary,
}

/// One version of a node after the first, and how it answered.
#[derive(Clone, Debug)]
pub struct Version {
    /// The entry of the timeline that brought it.
    pub entry: u16,
}

/// A change of versions that is under way.
#[derive(Clone, Debug)]
pub struct Rollout {
    to: u16,
    from: u16,
    surge: Share,
    unavailable: Share,
    /// Instances that there should be in the end.
    instances: u16,
    canary: Option<Canary>,
}

#[derive(Clone, Debug)]
struct Canary {
    until: Time,
    /// Answers of both versions when it began.
    new: Answers,
    old: Answers,
}

/// What has become of a rollout, in the fingerprint.
#[repr(u8)]
enum Turn {
    Begins = 1,
    Goes = 2,
    Aborts = 3,
    Done = 4,
}

/// The versions of one node.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    /// Those after the first.
    pub all: Vec<Version>,
    /// The one that new instances run.
    pub current: u16,
    before: u16,
    pub rollout: Option<Rollout>,
    /// Some of them speak another version of the interface than the node.
    pub has_contracts: bool,
    /// By number of version, once there is more than one.
    answers: Vec<Answers>,
}

impl World {
    pub(super) fn deploy<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        node: u16,
        entry: u16,
    ) {
        let Action::Deploy { ref deploy, .. } = program.timeline[entry as usize].action else {
            return;
        };
        let versions = &mut self.core.versions[node as usize];
        versions.all.push(Version { entry });
        let to = versions.all.len() as u16;
        versions.answers.resize(to as usize + 1, Answers::default());
        versions.has_contracts |= deploy.contract.or(deploy.contract_oldest).is_some();
        self.core.refresh_doors(program);
        self.roll(
            program,
            record,
            node,
            to,
            deploy.strategy,
            (deploy.surge, deploy.unavailable),
        );
        if deploy.strategy != Strategy::Canary {
            return;
        }
        let until = self.core.now() + deploy.canary_for;
        let canaries = deploy.canaries;
        let versions = &mut self.core.versions[node as usize];
        let rollout = versions.rollout.as_mut().expect("just begun");
        rollout.canary = Some(Canary {
            until,
            new: versions.answers[to as usize],
            old: versions.answers[rollout.from as usize],
        });
        let mut cx = Cx {
            core: &mut self.core,
            program,
            record,
            node,
        };
        for _ in 0..canaries {
            cx.start_instance(to);
        }
        self.at_node(program, record, node, NodeVisit::Fleet);
    }

    /// Back to the version before, rolling.
    pub(super) fn roll_back<R: Record>(&mut self, program: &Program, record: &mut R, node: u16) {
        let versions = &self.core.versions[node as usize];
        let to = match &versions.rollout {
            Some(rollout) => rollout.from,
            None => versions.before,
        };
        let quarter = Share(NANO / 4);
        self.roll(
            program,
            record,
            node,
            to,
            Strategy::Rolling,
            (quarter, quarter),
        );
    }

    fn roll<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        node: u16,
        to: u16,
        strategy: Strategy,
        (surge, unavailable): (Share, Share),
    ) {
        let instances = self.core.fleets[node as usize].wanted();
        let versions = &mut self.core.versions[node as usize];
        let from = versions.current;
        if versions.rollout.is_none() && from == to {
            return;
        }
        versions.rollout = Some(Rollout {
            to,
            from,
            surge,
            unavailable,
            instances,
            canary: None,
        });
        self.note_rollout(program, node, to, Turn::Begins);
        match strategy {
            Strategy::Canary => {}
            Strategy::Rolling => self.goes(program, record, node),
            Strategy::AllAtOnce => {
                let all = Share(NANO);
                let versions = &mut self.core.versions[node as usize];
                if let Some(rollout) = &mut versions.rollout {
                    (rollout.surge, rollout.unavailable) = (all, all);
                }
                self.goes(program, record, node);
            }
        }
    }

    /// The new version is what every new instance runs from here on.
    fn goes<R: Record>(&mut self, program: &Program, record: &mut R, node: u16) {
        let versions = &mut self.core.versions[node as usize];
        let Some(rollout) = &mut versions.rollout else {
            return;
        };
        rollout.canary = None;
        let to = rollout.to;
        versions.before = versions.current;
        versions.current = to;
        self.note_rollout(program, node, to, Turn::Goes);
        self.rollout_step(program, record, node);
    }

    /// Starts and drains as many as the bounds allow; called when an instance has come or gone.
    pub(super) fn rollout_step<R: Record>(&mut self, program: &Program, record: &mut R, node: u16) {
        let versions = &self.core.versions[node as usize];
        let Some(rollout) = versions.rollout.clone().filter(|r| r.canary.is_none()) else {
            return;
        };
        let n = u64::from(rollout.instances);
        let most = n + (n * rollout.surge.0).div_ceil(NANO);
        let least = n - (n * rollout.unavailable.0 / NANO).min(n);
        // With neither surge nor absence nothing could ever move.
        let least = if most == n && least == n {
            n.saturating_sub(1)
        } else {
            least
        };
        loop {
            let fleet = &self.core.fleets[node as usize];
            let wanted = || fleet.alive().filter(|(_, m)| m.phase != Phase::Draining);
            let total = wanted().count() as u64;
            let new = wanted().filter(|(_, m)| m.version == rollout.to).count() as u64;
            let ready = fleet.registered().len() as u64;
            let old: Vec<(u16, bool)> = wanted()
                .filter(|(_, m)| m.version != rollout.to)
                .map(|(i, m)| (i, m.phase == Phase::Ready))
                .collect();
            let mut cx = Cx {
                core: &mut self.core,
                program,
                record,
                node,
            };
            if new < n && total < most {
                cx.start_instance(rollout.to);
            } else if let Some(&(instance, _)) = old.iter().find(|(_, ready)| !ready) {
                cx.drain(instance);
            } else if let Some(&(instance, _)) = old.first().filter(|_| ready > least) {
                cx.drain(instance);
            } else if old.is_empty() && new > n {
                cx.drain_newest();
            } else {
                if old.is_empty() && ready >= n {
                    self.core.versions[node as usize].rollout = None;
                    self.note_rollout(program, node, rollout.to, Turn::Done);
                }
                break;
            }
        }
        self.at_node(program, record, node, NodeVisit::Fleet);
    }

    /// Monitoring has collected: a canary is judged.
    pub(super) fn judge_canary<R: Record>(&mut self, program: &Program, record: &mut R, node: u16) {
        let now = self.core.now();
        let versions = &self.core.versions[node as usize];
        let Some(rollout) = &versions.rollout else {
            return;
        };
        let (Some(canary), true) = (&rollout.canary, self.core.monitoring.lost == 0) else {
            return;
        };
        let spec = &versions.all[rollout.to as usize - 1];
        let Action::Deploy { deploy, .. } = &program.timeline[spec.entry as usize].action else {
            return;
        };
        let since = |version: u16, start: Answers| {
            let answers = versions.answers[version as usize];
            (
                answers.bad - start.bad,
                answers.good + answers.bad - start.good - start.bad,
            )
        };
        let (new_bad, new_all) = since(rollout.to, canary.new);
        let (old_bad, old_all) = since(rollout.from, canary.old);
        // new_bad / new_all > old_bad / old_all + above, in whole numbers.
        let (new_all, old_all) = (u128::from(new_all), u128::from(old_all).max(1));
        let left = u128::from(new_bad) * old_all * u128::from(NANO);
        let right = u128::from(old_bad) * new_all * u128::from(NANO)
            + u128::from(deploy.abort_above.0) * new_all * old_all;
        if new_all >= u128::from(deploy.abort_after) && left > right {
            self.abort(program, record, node);
        } else if now >= canary.until {
            self.goes(program, record, node);
        }
    }

    fn abort<R: Record>(&mut self, program: &Program, record: &mut R, node: u16) {
        let Some(rollout) = self.core.versions[node as usize].rollout.take() else {
            return;
        };
        self.note_rollout(program, node, rollout.to, Turn::Aborts);
        let fleet = &self.core.fleets[node as usize];
        let new = fleet.alive().filter(|(_, m)| m.version == rollout.to);
        let new: Vec<u16> = new
            .filter(|(_, m)| m.phase != Phase::Draining)
            .map(|(i, _)| i)
            .collect();
        let mut cx = Cx {
            core: &mut self.core,
            program,
            record,
            node,
        };
        new.into_iter().for_each(|instance| cx.drain(instance));
        self.at_node(program, record, node, NodeVisit::Fleet);
    }

    fn note_rollout(&mut self, program: &Program, node: u16, version: u16, turn: Turn) {
        let place = program.nodes[node as usize].place;
        self.core
            .fact(node as usize, place, Fact::Rollout, 0, version, turn as u8);
    }
}

impl Core {
    /// Which versions of the interface an instance speaks and understands.
    pub(super) fn contract(&self, program: &Program, node: u16, instance: u16) -> Contract {
        let of_node = program.nodes[node as usize].contract;
        let versions = &self.versions[node as usize];
        if !versions.has_contracts {
            return of_node;
        }
        let version = self.fleets[node as usize].version(instance);
        let brought = version
            .checked_sub(1)
            .and_then(|v| versions.all.get(v as usize));
        match brought.map(|v| &program.timeline[v.entry as usize].action) {
            Some(Action::Deploy { deploy, .. }) => {
                let newest = deploy.contract.unwrap_or(of_node.newest);
                let oldest = deploy.contract_oldest.unwrap_or(of_node.oldest);
                Contract { newest, oldest }
            }
            _ => of_node,
        }
    }
}

impl<R: Record> Cx<'_, R> {
    /// The entry that brought the version that an instance of this node runs; `None` for the first.
    fn deploy_of(&self, instance: u16) -> Option<&Deploy> {
        let versions = &self.core.versions[self.node as usize];
        match versions.all.is_empty() {
            true => None,
            false => self.deploy_among(versions, instance),
        }
    }

    #[cold]
    fn deploy_among(&self, versions: &Versions, instance: u16) -> Option<&Deploy> {
        let version = self.core.fleets[self.node as usize].version(instance);
        let entry = versions.all.get(version.checked_sub(1)? as usize)?.entry;
        match &self.program.timeline[entry as usize].action {
            Action::Deploy { deploy, .. } => Some(deploy),
            _ => None,
        }
    }

    /// How many times longer work takes in the version that an instance runs.
    #[inline]
    pub fn version_factor(&self, instance: u16) -> Option<Factor> {
        self.deploy_of(instance).map(|deploy| deploy.factor)
    }

    /// Whether a request that was worked on is answered with an error: because of a fault, or of the
    /// version that worked on it.
    #[inline]
    pub fn fails(&self, id: super::AttemptId) -> bool {
        let node = self.node as usize;
        let may =
            self.core.modifiers[node].has_errors() || !self.core.versions[node].all.is_empty();
        may && self.fails_by_fault_or_version(id)
    }

    #[cold]
    fn fails_by_fault_or_version(&self, id: super::AttemptId) -> bool {
        let attempt = &self.core.attempts[id];
        let mut draws = self.draws(Purpose::Fault, attempt.address);
        if self.core.modifiers[self.node as usize].fails(&mut draws) {
            return true;
        }
        self.deploy_of(attempt.instance).is_some_and(|deploy| {
            let mut draws = self.draws(Purpose::VersionFault, attempt.address);
            draws.chance(deploy.errors)
        })
    }

    /// What the node itself knows of its answers.
    pub(super) fn note_answer(&mut self, id: super::AttemptId, good: bool) {
        let attempt = &self.core.attempts[id];
        let (node, instance) = (attempt.node as usize, attempt.instance);
        let took = self.now().since(attempt.arrived);
        let version = self.core.fleets[node].version(instance);
        let alerts = &self.program.monitoring.alerts;
        self.core
            .monitoring
            .answered(alerts, node as u16, good, took);
        let versions = &mut self.core.versions[node];
        if let Some(answers) = versions.answers.get_mut(version as usize) {
            answers.add(good);
        }
    }
}

impl Answers {
    pub fn add(&mut self, good: bool) {
        self.good += u64::from(good);
        self.bad += u64::from(!good);
    }
}
