//! Lookups, and how what is missing comes in.

use super::entries::Entry;
use super::pending::Spot;
use super::{
    COALESCED, Cache, Config, EXPIRED, FILLS_REFUSED, HITS, INVALIDATED, LEASE, LEASE_WAITS, LOOKUPS,
    MISSES, REFRESHES, STALE_SERVED,
};
use crate::engine::attempt::{Answer, AttemptId, Call, CalleeSide, Parent};
use crate::engine::begin::NewCall;
use crate::engine::core::Cx;
use crate::engine::draw::{Address, Purpose};
use crate::engine::math::ln;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::design::CallMode;
use crate::time::{Duration, Time};

/// Steps below a request's address: its own fetch, and a refresh behind its back.
const FETCH: u32 = 0;
const REFRESH: u32 = 1;

impl Cache {
    pub(super) fn look_up<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        part: usize,
        id: AttemptId,
    ) {
        cx.tally(LOOKUPS);
        let attempt = cx.core.attempts[id];
        let spot = (part as u32, cx.core.intents[attempt.intent].item);
        let now = cx.now();
        let Some(&entry) = self.parts[part].entries.get(spot.1) else {
            return self.miss(config, cx, spot, id);
        };
        if !entry.is_stale && now < entry.expiry {
            let is_early = self.pending.at(spot).is_none()
                && comes_early(config, cx, &entry, attempt.address);
            if !is_early {
                return self.hit(config, cx, spot, id);
            }
            cx.tally(REFRESHES);
            return self.miss(config, cx, spot, id);
        }
        if !entry.is_stale {
            cx.tally(EXPIRED);
        }
        let until = config.stale_for.map(|stale| entry.expiry + stale);
        if until.is_none_or(|until| now >= until) {
            self.parts[part].entries.remove(spot.1);
            return self.miss(config, cx, spot, id);
        }
        let held = self.parts[part].entries.get_mut(spot.1);
        held.expect("it was found").is_stale = true;
        if config.is_inline() {
            if self.pending.at(spot).is_none() {
                self.refresh(cx, spot, id);
            }
            self.serve_stale(config, cx, entry, id);
        } else if self.pending.at(spot).is_some() {
            self.serve_stale(config, cx, entry, id);
        } else {
            self.miss(config, cx, spot, id);
        }
    }

    fn hit<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        spot: Spot,
        id: AttemptId,
    ) {
        cx.tally(HITS);
        let now = cx.now();
        let entries = &mut self.parts[spot.0 as usize].entries;
        entries.touch(spot.1);
        let entry = entries.get_mut(spot.1).expect("it was found");
        if config.renews_on_hit && config.ttl.is_some() {
            entry.expiry = now + entry.ttl;
        }
        cx.core.attempts[id].answer.version = entry.version;
        self.finish(config, cx, id, Ok(()));
    }

    /// While somebody brings a new value.
    fn serve_stale<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        entry: Entry,
        id: AttemptId,
    ) {
        cx.tally(HITS);
        cx.tally(STALE_SERVED);
        cx.core.attempts[id].answer = Answer {
            version: entry.version,
            degraded: true,
            ..Answer::default()
        };
        self.finish(config, cx, id, Ok(()));
    }

    fn miss<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        spot: Spot,
        id: AttemptId,
    ) {
        cx.tally(MISSES);
        if config.is_inline() {
            return self.fetch(config, cx, spot, id);
        }
        match (config.lease, self.pending.at(spot)) {
            (None, _) => {
                cx.core.attempts[id].answer.missing = true;
                self.finish(config, cx, id, Ok(()));
            }
            (Some(lease), None) => self.grant(config, cx, spot, id, (lease, Vec::new())),
            (Some(_), Some(number)) => {
                cx.tally(LEASE_WAITS);
                cx.core.attempts[id].callee = CalleeSide::Awaiting;
                self.pending.wait(number, id);
            }
        }
    }

    // ---- look-aside: leases -----------------------------------------------------------------

    /// The request is told that it misses, and is the one to fill (R. Nishtala et al., Scaling
    /// Memcache at Facebook, 2013).
    fn grant<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        spot: Spot,
        id: AttemptId,
        (lease, waiters): (Duration, Vec<AttemptId>),
    ) {
        let attempt = &mut cx.core.attempts[id];
        attempt.answer.missing = true;
        let holder = cx.core.intents[attempt.intent].address.0;
        let number = self.pending.begin(spot, holder, waiters);
        let at = cx.now() + lease;
        cx.local_at(at, LEASE, number);
        self.finish(config, cx, id, Ok(()));
    }

    /// The lease counts no longer: the first who waits gets the next one. Who has gone meanwhile would
    /// not come back to ask.
    pub(super) fn end_lease<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u64,
    ) {
        let Some(pending) = self.pending.end(number) else {
            return;
        };
        let is_gone = |id: &AttemptId| cx.core.attempts[*id].is_abandoned();
        let (gone, mut waiters): (Vec<_>, Vec<_>) = pending.waiters.into_iter().partition(is_gone);
        for id in gone {
            cx.core.attempts[id].answer.missing = true;
            self.finish(config, cx, id, Ok(()));
        }
        if let (Some(lease), false) = (config.lease, waiters.is_empty()) {
            let first = waiters.remove(0);
            self.grant(config, cx, pending.spot, first, (lease, waiters));
        }
    }

    /// Somebody brings what it read at the source, or has written there.
    pub(super) fn fill<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        part: usize,
        id: AttemptId,
    ) {
        let attempt = cx.core.attempts[id];
        let intent = cx.core.intents[attempt.intent];
        let spot = (part as u32, intent.item);
        let was_read = attempt.since != Time::NEVER;
        let refused =
            config.lease.is_some() && was_read && self.pending.holder(spot) != Some(intent.address.0);
        if refused {
            cx.tally(FILLS_REFUSED);
        } else {
            let took = match was_read {
                true => cx.now().since(attempt.since),
                false => self.took(spot),
            };
            self.keep(config, cx, spot, attempt.payload, took, attempt.address);
            if let Some(pending) = self.pending.at(spot).and_then(|n| self.pending.end(n)) {
                for waiter in pending.waiters {
                    cx.core.attempts[waiter].answer.version = attempt.payload;
                    self.finish(config, cx, waiter, Ok(()));
                }
            }
        }
        self.finish(config, cx, id, Ok(()));
    }

    /// How long the source took the last time, if that is known.
    pub(super) fn took(&self, (part, key): Spot) -> Duration {
        let entry = self.parts[part as usize].entries.get(key);
        entry.map_or(Duration::ZERO, |entry| entry.took)
    }

    /// Takes an entry out: what is read before this moment may not be set after it, if leases are on.
    pub(super) fn invalidate<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        spot: Spot,
    ) {
        let now = cx.now();
        let entries = &mut self.parts[spot.0 as usize].entries;
        let keeps_stale = config.lease.is_some() && config.stale_for.is_some();
        let was_there = match entries.get_mut(spot.1) {
            Some(entry) if entry.is_stale => false,
            Some(entry) if keeps_stale => {
                (entry.is_stale, entry.expiry) = (true, entry.expiry.min(now));
                true
            }
            _ => entries.remove(spot.1).is_some(),
        };
        if was_there {
            cx.tally(INVALIDATED);
        }
        if let (false, Some(number)) = (config.is_inline(), self.pending.at(spot)) {
            self.end_lease(config, cx, number);
        }
    }

    // ---- inline: fetches --------------------------------------------------------------------

    /// Asks the source on behalf of the request; with single flight, only if nobody else does.
    fn fetch<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        spot: Spot,
        id: AttemptId,
    ) {
        let attempt = cx.core.attempts[id];
        let step = attempt.address.call(0, FETCH);
        let Some(mut new) = source_call(cx, &attempt, CallMode::Read, step) else {
            // A drawing that is not finished.
            cx.core.attempts[id].answer.missing = true;
            return self.finish(config, cx, id, Ok(()));
        };
        cx.core.attempts[id].callee = CalleeSide::Awaiting;
        if !config.single_flight {
            cx.call(attempt.intent, Parent::Attempt(id), new);
            return;
        }
        if let Some(number) = self.pending.at(spot) {
            cx.tally(COALESCED);
            return self.pending.wait(number, id);
        }
        new.token = self.pending.begin(spot, 0, vec![id]);
        new.base = Some(step);
        cx.call(attempt.intent, Parent::Node, new);
    }

    /// Asks the source while a stale value is served. Nobody waits for it.
    fn refresh<R: Record>(&mut self, cx: &mut Cx<'_, R>, spot: Spot, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let operation = cx.core.intents[attempt.intent].operation;
        let step = attempt.address.call(0, REFRESH);
        let Some(mut new) = source_call(cx, &attempt, CallMode::Read, step) else {
            return;
        };
        cx.tally(REFRESHES);
        let intent = cx.internal_intent(step, operation, spot.1);
        new.token = self.pending.begin(spot, 0, Vec::new());
        new.base = Some(step);
        cx.call(intent, Parent::Node, new);
    }

    /// A fetch that others may wait for is over.
    pub(super) fn fetch_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let Some(pending) = self.pending.end(call.token) else {
            return;
        };
        if result.is_ok() {
            self.fetched(config, cx, pending.spot, call);
        }
        let reply = result.map_err(|_| Reason::ErrorFromCallee);
        for waiter in pending.waiters {
            cx.core.attempts[waiter].answer = call.answer;
            self.finish(config, cx, waiter, reply);
        }
    }

    /// The source has answered: its answer becomes the entry.
    pub(super) fn fetched<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        spot: Spot,
        call: &Call,
    ) {
        let is_newer_here = self.parts[spot.0 as usize].unflushed.has(spot.1);
        if call.answer.missing || is_newer_here {
            return;
        }
        let took = cx.now().since(call.since);
        self.keep(config, cx, spot, call.answer.version, took, call.address);
    }
}

/// Whether a request that finds a good entry fetches it anew: `now - took beta ln(U) >= expiry`
/// (A. Vattani, F. Chierichetti, K. Lowenstein, Optimal Probabilistic Cache Stampede Prevention, 2015).
fn comes_early<R: Record>(
    config: &Config,
    cx: &Cx<'_, R>,
    entry: &Entry,
    address: Address,
) -> bool {
    let Some(beta) = config.early.filter(|_| entry.expiry != Time::NEVER) else {
        return false;
    };
    let unit = cx.draws(Purpose::EarlyRefresh, address).unit();
    let left = entry.expiry.since(cx.now()).0 as f64;
    -(entry.took.0 as f64 * beta * ln(unit)) >= left
}

/// A call of the source that the cache stands before, for a request; `None` if there is none.
pub(super) fn source_call<R: Record>(
    cx: &Cx<'_, R>,
    attempt: &crate::engine::attempt::Attempt,
    mode: CallMode,
    address: Address,
) -> Option<NewCall> {
    let &link = cx.program.nodes[cx.node as usize].out.first()?;
    let place = cx.program.links[link as usize].place;
    let first_try = address.call(place, 0).attempt(1);
    Some(NewCall {
        link,
        caller: attempt.instance,
        instance: cx.instance_for(link, first_try, attempt.intent, mode),
        mode,
        since: cx.now(),
        ..NewCall::default()
    })
}
