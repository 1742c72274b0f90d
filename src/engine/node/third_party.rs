//! Third party: somebody else's service.
//!
//! Simulated: every call takes its latency, whatever else is under way (their capacity is their
//! business); a share of calls is answered with an error, having done nothing; the others leave
//! their effect at the end of the latency.
//! Ignored so far: their rate limits, hangs, idempotency keys, webhooks.

use super::NodeKind;
use crate::design::value::Money;
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{AttemptId, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::dist::Sampler;
use crate::engine::draw::{Purpose, Threshold};
use crate::engine::probe;
use crate::engine::reason::Reason;
use crate::engine::record::Record;

pub struct Config {
    latency: Sampler,
    errors: Threshold,
    pub price_per_call: Money,
}

#[derive(Clone)]
pub struct ThirdParty;

impl NodeKind for ThirdParty {
    type Config = Config;

    fn compile(knobs: &Settings<'_>) -> Config {
        Config {
            latency: Sampler::new(&knobs.dist("latency")),
            errors: Threshold::new(knobs.share("error_share")),
            price_per_call: knobs.money("price_per_call"),
        }
    }

    fn new(_: &Config) -> ThirdParty {
        ThirdParty
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.enter();
        cx.begin(id);
        let address = cx.core.attempts[id].address;
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
        let faults = &cx.core.modifiers[cx.node as usize];
        let failed = cx.draws(Purpose::Error, attempt.address).chance(config.errors)
            || faults.fails(&mut cx.draws(Purpose::Fault, attempt.address));
        if !failed && attempt.mode == CallMode::Write {
            cx.effect(id, 0);
        }
        cx.core.attempts[id].callee = if failed { CalleeSide::Error } else { CalleeSide::Replied };
        cx.leave_slot(id);
        cx.reply(id, if failed { Err(Reason::ErrorFromCallee) } else { Ok(()) });
    }

    fn on_crash<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        cx.crash_all(instance);
    }
}
