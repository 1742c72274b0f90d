//! Third party: somebody else's service.
//!
//! Simulated: every call takes its latency, whatever else is under way (their capacity is their
//! business); a share of calls is answered with an error, having done nothing; the others leave
//! their effect at the end of the latency. A share may hang: no answer until they give up. A rate
//! limit (token bucket) turns calls away at the door. With idempotency keys a second writing call with
//! the same key (made where a link says so) gets the first one's answer, good or bad, and has no effect; while the first is
//! under way it is refused as a conflict, as Stripe documents.
//! What an operation has left can be taken back by one that `undoes` it (a refund): the newest effect of the item first,
//! each once; where nothing is left, it is refused. Asked by such an operation, or by one that `completes` it, it says
//! how many there are.
//! A link that leaves it is for webhooks: some time after a call has left its effect, the third party makes
//! a call of its own over that link, with the link's policy, on behalf of the same intent. It keeps what
//! it has to tell until that was received or the policy gives up, also over a crash of its own.

use std::collections::BTreeMap;

use super::NodeKind;
use crate::design::value::{Money, Rate};
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{Attempt, AttemptId, Call, CalleeSide, IntentId, Parent};
use crate::engine::begin::NewCall;
use crate::engine::charges::Charge;
use crate::engine::core::Cx;
use crate::engine::dist::Sampler;
use crate::engine::draw::{Address, Purpose, Threshold};
use crate::engine::probe;
use crate::engine::keys::{KeyStore, Seen};
use crate::engine::policy::rate::Bucket;
use crate::engine::reason::Reason;
use crate::engine::record::{Record, Undoes};
use crate::time::{Duration, Time};

pub struct Config {
    latency: Sampler,
    errors: Threshold,
    hangs: Threshold,
    hang_time: Duration,
    /// How many calls it takes, on the average, and how many may come together.
    rate: Option<Rate>,
    burst: u64,
    /// How long it keeps an answer.
    remembers: Option<Duration>,
    webhook_delay: Sampler,
    webhook_repeat: Threshold,
    pub price_per_call: Money,
}

#[derive(Clone, Default)]
pub struct ThirdParty {
    bucket: Bucket,
    answers: KeyStore,
    /// Those of the answers that are errors.
    errors: KeyStore,
    /// What it has to tell, by number.
    notices: BTreeMap<u64, Notice>,
    told: u64,
}

/// Something that has happened, and that somebody is to be told.
#[derive(Clone, Copy)]
struct Notice {
    intent: IntentId,
    address: Address,
    key: u64,
    submission: u16,
    due: Time,
    is_under_way: bool,
    is_repeated: bool,
    /// How often it was told: what was lost by chance is not lost again for the same reason.
    tellings: u16,
}

/// Local event: it is time to tell (arg: number of the notice).
const TELL: u8 = 0;

/// What a call turned out to be when it came, kept in its record's `step`: plans have steps, this has none.
const FIRST: u16 = 0;
const AGAIN: u16 = 1;
const HANGS: u16 = 2;
/// Again, and the first one was answered with an error.
const AGAIN_AN_ERROR: u16 = 3;

/// Positions in `TALLIES`.
const RATE_LIMITED: usize = 0;
const HUNG: usize = 1;
const REPLAYED: usize = 2;
const CONFLICTS: usize = 3;
const WEBHOOKS: usize = 4;
const UNRECEIVED: usize = 5;
const TAKEN_BACK: usize = 6;
const NOTHING_LEFT: usize = 7;

impl NodeKind for ThirdParty {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &["rate_limited", "hung", "replayed", "conflicts", "webhooks", "unreceived", "taken_back", "nothing_left"];

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
            webhook_delay: Sampler::new(&knobs.dist("webhook_delay")),
            webhook_repeat: Threshold::new(knobs.share("webhook_repeat_share")),
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
                    let key = cx.core.attempts[id].key;
                    let was_error = self.errors.remembers(now, key);
                    cx.core.attempts[id].step = if was_error { AGAIN_AN_ERROR } else { AGAIN };
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
        let mut failed = match attempt.step {
            HANGS | AGAIN_AN_ERROR => true,
            AGAIN => false,
            _ => {
                cx.draws(Purpose::Error, attempt.address).chance(config.errors)
                    || faults.fails(&mut cx.draws(Purpose::Fault, attempt.address))
            }
        };
        let own = &cx.program.operations[cx.core.intents[attempt.intent].operation as usize];
        let (undoes, asks_for) = (own.undoes, own.undoes.or(own.completes));
        let is_first = attempt.step == FIRST && attempt.mode == CallMode::Write;
        let back = match undoes.filter(|_| is_first && !failed) {
            Some(operation) => Self::takes_back(cx, attempt.intent, operation),
            None => None,
        };
        // There is nothing to give back.
        let refused = is_first && undoes.is_some() && !failed && back.is_none();
        failed |= refused;
        if let Some(operation) = asks_for.filter(|_| attempt.mode == CallMode::Read) {
            let item = cx.core.intents[attempt.intent].item;
            let standing = cx.core.charges.of((cx.node, operation, item)).len();
            cx.core.attempts[id].answer.version = standing as u64;
        }
        if is_first {
            if let Some(ttl) = config.remembers.filter(|_| key != 0) {
                self.answers.done(now, key, ttl);
                if failed {
                    self.errors.done(now, key, ttl);
                }
            }
            if !failed {
                match back {
                    Some(back) => cx.takes_back(id, back),
                    None => {
                        cx.effect(id, 0);
                        Self::stands(cx, &attempt);
                    }
                }
                self.will_tell(config, cx, &attempt);
            }
        }
        cx.core.attempts[id].callee = if failed { CalleeSide::Error } else { CalleeSide::Replied };
        cx.leave_slot(id);
        let reason = if refused { Reason::Constraint } else { Reason::ErrorFromCallee };
        cx.reply(id, if failed { Err(reason) } else { Ok(()) });
    }

    fn on_crash<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        // What was under way may be asked for again.
        for id in cx.core.present_at(cx.node, instance) {
            if cx.core.attempts[id].step == FIRST {
                self.answers.give_up(cx.core.attempts[id].key);
            }
        }
        cx.crash_all(instance);
        self.notices.values_mut().for_each(|notice| notice.is_under_way = false);
    }

    fn on_restart<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, _: Option<u16>) {
        let now = cx.now();
        let due = self.notices.iter().filter(|(_, notice)| notice.due <= now);
        for number in due.map(|(&number, _)| number).collect::<Vec<_>>() {
            self.on_local(config, cx, TELL, number);
        }
    }

    fn on_local<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, _: u8, number: u64) {
        let is_up = cx.core.is_up(cx.node, 0);
        let Some(&link) = cx.program.nodes[cx.node as usize].out.first() else { return };
        let notice = self.notices.get_mut(&number).filter(|n| !n.is_under_way && is_up);
        let Some(notice) = notice else { return };
        notice.is_under_way = true;
        cx.tally(WEBHOOKS);
        let place = cx.program.links[link as usize].place;
        let telling = u32::from(notice.is_repeated) << 16 | u32::from(notice.tellings);
        let base = notice.address.attempt(telling);
        notice.tellings = notice.tellings.saturating_add(1);
        let first_try = base.call(place, 0).attempt(1);
        let new = NewCall {
            link,
            instance: cx.instance_for(link, first_try, notice.intent, CallMode::Write),
            mode: CallMode::Write,
            since: Time::NEVER,
            token: number,
            key: notice.key,
            submission: notice.submission,
            base: Some(base),
            ..NewCall::default()
        };
        cx.call(notice.intent, Parent::Node, new);
    }

    fn on_own_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let Some(notice) = self.notices.get_mut(&call.token) else { return };
        if result.is_err() {
            cx.tally(UNRECEIVED);
        }
        let address = notice.address;
        let once_more = || cx.happens(config.webhook_repeat, Purpose::WebhookRepeat, address);
        if result.is_ok() && !notice.is_repeated && once_more() {
            (notice.is_repeated, notice.is_under_way) = (true, false);
            notice.due = later(config, cx, address.attempt(1));
            return cx.local_at(notice.due, TELL, call.token);
        }
        let intent = notice.intent;
        self.notices.remove(&call.token);
        cx.release(intent);
    }
}

/// When something that has happened now is told.
fn later<R: Record>(config: &Config, cx: &Cx<'_, R>, address: Address) -> Time {
    let delay = config.webhook_delay.sample(&mut cx.draws(Purpose::Webhook, address));
    cx.now() + Duration(delay)
}

impl ThirdParty {
    /// Something is left that can be taken back, or be the reason for what is made elsewhere.
    fn stands<R: Record>(cx: &mut Cx<'_, R>, attempt: &Attempt) {
        let intent = cx.core.intents[attempt.intent];
        let promised = cx.program.nodes[cx.node as usize].effects[intent.operation as usize];
        let operation = &cx.program.operations[intent.operation as usize];
        let is_listed = operation.can_be_undone || operation.can_be_completed;
        if let Some(promised) = promised.filter(|_| is_listed && !intent.is_internal) {
            let of = Undoes { action: intent.number, promised, attempt: attempt.number };
            let (key, submission, at) = (attempt.key, attempt.submission, cx.now());
            let place = (cx.node, intent.operation, intent.item);
            cx.core.charges.add(place, Charge { of, key, submission, at });
        }
    }

    /// Takes back the newest of what an operation has left for the item.
    fn takes_back<R: Record>(
        cx: &mut Cx<'_, R>,
        intent: IntentId,
        operation: u16,
    ) -> Option<Undoes> {
        let item = cx.core.intents[intent].item;
        let newest = cx.core.charges.take_newest((cx.node, operation, item));
        cx.tally(if newest.is_some() { TAKEN_BACK } else { NOTHING_LEFT });
        newest.map(|charge| charge.of)
    }

    /// A call has changed something: whoever wants to know hears of it.
    fn will_tell<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, attempt: &Attempt) {
        if cx.program.nodes[cx.node as usize].out.is_empty() {
            return;
        }
        let due = later(config, cx, attempt.address);
        let number = self.told;
        self.told += 1;
        let notice = Notice {
            intent: attempt.intent,
            address: attempt.address,
            key: attempt.key,
            submission: attempt.submission,
            due,
            is_under_way: false,
            is_repeated: false,
            tellings: 0,
        };
        self.notices.insert(number, notice);
        cx.hold(attempt.intent);
        cx.local_at(due, TELL, number);
    }
}
