//! What one instance of the balancer knows of those behind it, and who of them is in rotation.

use super::members::Members;
use super::{Config, Policy, tally};
use crate::design::value::{MICRO, NANO};
use crate::engine::attempt::CallId;
use crate::engine::core::Cx;
use crate::engine::policy::health::Health;
use crate::engine::policy::least::Tournament;
use crate::engine::policy::limiter::Limiter;
use crate::engine::policy::outlier::{Outlier, OutlierPolicy};
use crate::engine::record::Record;
use crate::engine::slab::Id;
use crate::time::Time;

#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// Tries under way to it.
    pub outstanding: u32,
    /// How many there were when the view was last renewed.
    pub seen: u32,
    pub health: Health,
    pub outlier: Outlier,
    pub is_registered: bool,
    /// Which timer its checks run by; 0 if none does.
    pub timer: u16,
    /// The check under way, and since when.
    pub check: CallId,
    pub check_began: Time,
}

impl Default for Endpoint {
    fn default() -> Endpoint {
        Endpoint {
            outstanding: 0,
            seen: 0,
            health: Health::default(),
            outlier: Outlier::default(),
            is_registered: false,
            timer: 0,
            check: Id::NONE,
            check_began: Time::ZERO,
        }
    }
}

impl Endpoint {
    /// One that comes or comes back has nothing held against it, and its checks begin anew.
    pub fn renewed(self, is_registered: bool) -> Endpoint {
        if is_registered && self.is_registered {
            return self;
        }
        Endpoint {
            outstanding: self.outstanding,
            seen: self.seen,
            is_registered,
            ..Endpoint::default()
        }
    }
}

/// Endpoints to choose from, ascending, and a tree over their loads for those who want the least.
#[derive(Clone, Default)]
pub struct Pool {
    pub open: Vec<u32>,
    pub tree: Tournament,
}

#[derive(Clone)]
pub struct View {
    /// In the order of [`Members::list`].
    pub endpoints: Vec<Endpoint>,
    /// Of smooth weighted round robin, in the same order.
    pub credit: Vec<i64>,
    /// Those of its own zone and the others; all of them first if zones do not count.
    pub pools: [Pool; 2],
    /// Of this many parts, how many of the requests belong to the first pool.
    pub first_share: (u64, u64),
    /// Fewer are well than it needs.
    pub panics: bool,
    /// Round robin: whose turn it is.
    pub cursor: u64,
    /// Requests that it has passed on and not answered.
    pub under_way: u32,
    pub limiter: Limiter,
    /// The zone it stands in.
    zone: u16,
    /// The pools must be looked at again: now, or from then on.
    pub is_dirty: bool,
    dirty_from: Time,
    /// How often the seen loads were due to be renewed when they were.
    renewals: u64,
    /// Numbers given to timers and to checks.
    pub timers: u16,
    pub checks: u64,
    /// Crashed: nobody is checked.
    pub is_down: bool,
    /// When its instance was started: a later one in the same place is another.
    pub started: Time,
}

impl View {
    pub fn new<R: Record>(cx: &Cx<'_, R>, instance: u16) -> View {
        let member = cx.core.fleets[cx.node as usize].member(instance);
        View {
            endpoints: Vec::new(),
            credit: Vec::new(),
            pools: Default::default(),
            first_share: (1, 1),
            panics: false,
            cursor: 0,
            under_way: 0,
            limiter: Limiter::default(),
            zone: member.zone,
            is_dirty: true,
            dirty_from: Time::NEVER,
            renewals: 0,
            timers: 0,
            checks: 0,
            is_down: false,
            started: member.started,
        }
    }

    /// The instance crashed: it begins again with nothing but the list of those who are there.
    pub fn forget<R: Record>(&mut self, cx: &Cx<'_, R>, instance: u16) {
        let was = std::mem::take(&mut self.endpoints);
        let (timers, checks) = (self.timers, self.checks);
        *self = View { timers, checks, is_down: true, ..View::new(cx, instance) };
        let fresh = |e: &Endpoint| Endpoint { is_registered: e.is_registered, ..Endpoint::default() };
        self.credit = vec![0; was.len()];
        self.endpoints = was.iter().map(fresh).collect();
    }

    /// Makes the view as it has to be now: what is due is renewed, who left or came back is noticed.
    pub fn make_ready(&mut self, config: &Config, members: &Members, now: Time) {
        self.renew_loads(config, now);
        if self.is_dirty || now >= self.dirty_from {
            self.deal(config, members, now);
        }
    }

    fn renew_loads(&mut self, config: &Config, now: Time) {
        let Some(due) = now.0.checked_div(config.view_age) else { return };
        if due == self.renewals {
            return;
        }
        self.renewals = due;
        for endpoint in &mut self.endpoints {
            endpoint.seen = endpoint.outstanding;
        }
        // Pools of before a change of the members are dealt anew, with their trees, before they are used.
        if !self.is_dirty {
            self.plant_trees(config);
        }
    }

    fn load(&self, config: &Config, at: usize) -> u32 {
        match config.view_age {
            0 => self.endpoints[at].outstanding,
            _ => self.endpoints[at].seen,
        }
    }

    /// The endpoint with less to do of two, as far as is known.
    pub fn compare(&self, config: &Config, a: usize, b: usize) -> std::cmp::Ordering {
        self.load(config, a).cmp(&self.load(config, b))
    }

    /// A try is sent to an endpoint.
    pub fn sent(&mut self, config: &Config, at: usize) {
        self.endpoints[at].outstanding += 1;
        self.load_changed(config, at);
    }

    /// A try to an endpoint is over.
    pub fn over(&mut self, config: &Config, now: Time, at: usize) {
        // The view is a picture of the moment at which it was due.
        self.renew_loads(config, now);
        self.endpoints[at].outstanding -= 1;
        self.load_changed(config, at);
    }

    fn load_changed(&mut self, config: &Config, at: usize) {
        if config.policy != Policy::LeastOutstanding || config.view_age > 0 || self.is_dirty {
            return;
        }
        let load = self.endpoints[at].outstanding;
        for pool in &mut self.pools {
            if let Ok(place) = pool.open.binary_search(&(at as u32)) {
                pool.tree.set(place, load);
            }
        }
    }

    fn plant_trees(&mut self, config: &Config) {
        if config.policy != Policy::LeastOutstanding {
            return;
        }
        for i in 0..self.pools.len() {
            let loads = self.pools[i].open.iter().map(|&at| self.load(config, at as usize));
            self.pools[i].tree = Tournament::new(loads);
        }
    }

    /// An endpoint failed a request.
    pub fn failed<R: Record>(&mut self, policy: &OutlierPolicy, cx: &mut Cx<'_, R>, at: usize) {
        let now = cx.now();
        if !self.endpoints[at].is_registered || !self.endpoints[at].outlier.error(policy, now) {
            return;
        }
        let there = self.endpoints.iter().filter(|e| e.is_registered);
        let all = there.clone().count() as u32;
        let ejected = there.filter(|e| e.outlier.is_ejected(now)).count() as u32;
        if policy.allows(ejected, all) {
            self.endpoints[at].outlier.eject(policy, now);
            self.is_dirty = true;
            cx.tally(tally::EJECTIONS);
        }
    }

    /// Deals those in rotation into the pools.
    fn deal(&mut self, config: &Config, members: &Members, now: Time) {
        let (mut all, mut well, mut back) = (0u64, 0u64, Time::NEVER);
        for endpoint in self.endpoints.iter().filter(|e| e.is_registered) {
            all += 1;
            let ejected = endpoint.outlier.is_ejected(now);
            well += u64::from(!ejected && !endpoint.health.is_out);
            if ejected {
                back = back.min(endpoint.outlier.until);
            }
        }
        let share = u128::from(well) * u128::from(NANO);
        let needed = u128::from(config.panic_below) * u128::from(all);
        self.panics = well < all && (well == 0 || share < needed);
        let zones = config.own_zone_first.filter(|_| !self.panics);
        let (mut near, mut near_well) = (0u64, 0u64);
        self.pools.iter_mut().for_each(|pool| pool.open.clear());
        for (at, (endpoint, member)) in self.endpoints.iter().zip(&members.list).enumerate() {
            if !endpoint.is_registered {
                continue;
            }
            let is_well = !endpoint.health.is_out && !endpoint.outlier.is_ejected(now);
            let is_near = zones.is_none() || member.zone == self.zone;
            near += u64::from(is_near);
            near_well += u64::from(is_near && is_well);
            let is_open = if self.panics { config.opens_in_panic } else { is_well };
            let has_weight = config.policy != Policy::Weighted || member.weight > 0;
            if is_open && has_weight {
                self.pools[usize::from(!is_near)].open.push(at as u32);
            }
        }
        // The others take over when too few of the zone are well for all of its requests.
        self.first_share = match zones {
            None => (1, 1),
            Some(overload) => (overload.saturating_mul(near_well), near * MICRO),
        };
        self.plant_trees(config);
        (self.is_dirty, self.dirty_from) = (false, back);
    }
}
