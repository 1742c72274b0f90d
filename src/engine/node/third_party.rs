//! Third party: somebody else's service.
//!
//! Simulated: every call takes its latency, whatever else is under way (their capacity is their
//! business); a share of calls is answered with an error, having done nothing; the others leave
//! their effect at the end of the latency. A share may hang: no answer until they give up. A rate
//! limit (token bucket) turns calls away at the door. With idempotency keys a second writing call with
//! the same key (made where a link says so) gets the first one's answer, good or bad, and has no effect; while the first is
//! under way it is refused as a conflict, as Stripe documents.
//! Ignored so far: webhooks.

use super::NodeKind;
use crate::design::value::{Money, Rate};
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{AttemptId, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::dist::Sampler;
use crate::engine::draw::{Purpose, Threshold};
use crate::engine::probe;
use crate::engine::keys::{KeyStore, Seen};
use crate::engine::policy::rate::Bucket;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::time::Duration;

pub struct Config {
    latency: Sampler,
    errors: Threshold,
    hangs: Threshold,
    hang_time: Duration,
    /// Between two calls, on the average, at least; and how many may come together.
    rate: Option<Rate>,
    burst: u64,
    /// How long it keeps an answer.
    remembers: Option<Duration>,
    pub price_per_call: Money,
}

#[derive(Clone, Default)]
pub struct ThirdParty {
    bucket: Bucket,
    answers: KeyStore,
    /// Those of the answers that are errors.
    errors: KeyStore,
}

/// What a call turned out to be when it came, kept in its record's `step`: plans have steps, this has none.
const FIRST: u16 = 0;
const AGAIN: u16 = 1;
const HANGS: u16 = 2;

/// Positions in `TALLIES`.
const RATE_LIMITED: usize = 0;
const HUNG: usize = 1;
const REPLAYED: usize = 2;
const CONFLICTS: usize = 3;

impl NodeKind for ThirdParty {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &["rate_limited", "hung", "replayed", "conflicts"];

    fn compile(knobs: &Settings<'_>) -> Config {
        Config {
            latency: Sampler::new(&knobs.dist("latency")),
            errors: Threshold::new(knobs.share("error_share")),
            hangs: Threshold::new(knobs.share("hang_share")),
            hang_time: knobs.duration("hang_time"),
            rate: knobs.opt_rate("rate_limit"),
            burst: knobs.count("burst"),
            remembers: (knobs.choice("idempotency") == "keys")
                .then(|| knobs.duration("idempotency_ttl")),
            price_per_call: knobs.money("price_per_call"),
        }
    }

    fn new(_: &Config) -> ThirdParty {
        ThirdParty::default()
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let now = cx.now();
        let limited = config.rate.and_then(|rate| self.bucket.take(now, rate, config.burst).err());
        if limited.is_some() {
            cx.tally(RATE_LIMITED);
            return cx.refuse(id, Reason::RateLimited);
        }
        let attempt = cx.core.attempts[id];
        let has_key = attempt.key != 0 && attempt.mode == CallMode::Write;
        if config.remembers.is_some() && has_key {
            match self.answers.take(now, cx.core.attempts[id].key) {
                Seen::New => {}
                Seen::UnderWay => {
                    cx.tally(CONFLICTS);
                    return cx.refuse(id, Reason::Conflict);
                }
                Seen::Done => {
                    cx.tally(REPLAYED);
                    cx.core.attempts[id].step = AGAIN;
                }
            }
        }
        cx.enter();
        cx.begin(id);
        let address = cx.core.attempts[id].address;
        if !config.hangs.is_never() && cx.draws(Purpose::Stuck, address).chance(config.hangs) {
            cx.tally(HUNG);
            let is_first = cx.core.attempts[id].step == FIRST;
            if is_first {
                self.answers.give_up(cx.core.attempts[id].key);
            }
            cx.core.attempts[id].step = HANGS;
            return cx.work_at(id, now + config.hang_time);
        }
        let ns = config.latency.sample(&mut cx.draws(Purpose::Work, address));
        cx.work_for(id, ns);
    }

    fn on_probe<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        match probe::is_shallow(cx, id) {
            true => probe::answer(cx, id),
            false => self.on_request(config, cx, id),
        }
    }

    fn on_work<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let (now, key) = (cx.now(), cx.core.attempts[id].key);
        let faults = &cx.core.modifiers[cx.node as usize];
        let failed = match attempt.step {
            HANGS => true,
            AGAIN => self.errors.remembers(now, key),
            _ => {
                cx.draws(Purpose::Error, attempt.address).chance(config.errors)
                    || faults.fails(&mut cx.draws(Purpose::Fault, attempt.address))
            }
        };
        if attempt.step == FIRST && attempt.mode == CallMode::Write {
            if let Some(ttl) = config.remembers.filter(|_| key != 0) {
                self.answers.done(now, key, ttl);
                if failed {
                    self.errors.done(now, key, ttl);
                }
            }
            if !failed {
                cx.effect(id, 0);
            }
        }
        cx.core.attempts[id].callee = if failed { CalleeSide::Error } else { CalleeSide::Replied };
        cx.leave_slot(id);
        cx.reply(id, if failed { Err(Reason::ErrorFromCallee) } else { Ok(()) });
    }

    fn on_crash<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        // What was under way may be asked for again.
        for id in cx.core.present_at(cx.node, instance) {
            if cx.core.attempts[id].step == FIRST {
                self.answers.give_up(cx.core.attempts[id].key);
            }
        }
        cx.crash_all(instance);
    }
}
