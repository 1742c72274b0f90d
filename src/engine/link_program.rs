//! The compiled link: the network between two nodes and the policies of the caller.

use super::dist::Sampler;
use super::draw::{Threshold, place_hash};
use super::policy::backoff::Backoff;
use super::policy::breaker::BreakerPolicy;
use super::policy::budget::BudgetPolicy;
use super::policy::fallback::Fallback;
use super::policy::hedge::HedgePolicy;
use super::policy::key::KeyScope;
use super::policy::retry_on::Reasons;
use super::program::Compiler;
use crate::design::registry::LINK;
use crate::design::{Design, Link, Settings};
use crate::time::Duration;

pub struct LinkProgram {
    pub key: String,
    pub place: u64,
    pub from: u16,
    pub to: u16,
    pub delay: Sampler,
    pub request_loss: Threshold,
    pub reply_loss: Threshold,
    /// What is sent at the same instant to the same instance is one message (a log answers a fetch).
    pub sends_together: bool,
    pub timeout: Option<Duration>,
    pub attempts: u16,
    pub backoff: Backoff,
    pub budget: BudgetPolicy,
    pub pool: Option<u32>,
    pub acquire_timeout: Option<Duration>,
    pub discards_on_timeout: bool,
    /// Where requests are dealt out by weight.
    pub weight: u32,
    pub retry_on: Reasons,
    /// A call may take this long, everything included.
    pub deadline: Option<Duration>,
    /// Requests say until when their replies are of use ...
    pub passes_deadline: bool,
    /// ... or hand on what their caller was told, as proxies do with headers.
    pub hands_on_deadline: bool,
    /// A breaker or a bulkhead stands before the pool.
    pub is_guarded: bool,
    pub breaker: Option<BreakerPolicy>,
    /// Tries that a caller instance may have under way, and how long one waits to become one of them.
    pub max_in_flight: Option<u32>,
    pub permit_wait: Duration,
    pub hedge: Option<HedgePolicy>,
    pub fallback: Fallback,
    pub key_scope: KeyScope,
    /// Requests say when they were sent, and are not taken for longer.
    pub signed_for: Option<Duration>,
    /// Its callee looks at requests before it lets them in.
    pub is_looked_at: bool,
    /// Bytes per second, each way.
    pub bandwidth: Option<u64>,
}

/// Resolves the knobs of a link.
pub(super) fn compile_link(c: &Compiler<'_>, link: &Link) -> LinkProgram {
    let knobs = Settings::new(&LINK, &link.knobs);
    let breaker = BreakerPolicy::compile(&knobs);
    let max_in_flight = knobs.opt_count("max_in_flight").map(|n| n as u32);
    LinkProgram {
        key: link.key.clone(),
        place: place_hash("link", &link.key),
        from: c.node(&link.from),
        to: c.node(&link.to),
        delay: Sampler::new(&knobs.dist("delay")),
        request_loss: Threshold::new(knobs.share("loss")),
        reply_loss: Threshold::new(knobs.share("reply_loss")),
        sends_together: c.is_log(&link.from),
        timeout: knobs.opt_duration("timeout"),
        attempts: knobs.count("attempts") as u16,
        backoff: Backoff::compile(&knobs),
        budget: BudgetPolicy::compile(&knobs),
        pool: knobs.opt_count("pool").map(|n| n as u32),
        acquire_timeout: knobs.opt_duration("acquire_timeout"),
        discards_on_timeout: knobs.choice("on_timeout") == "discard",
        weight: knobs.count("weight") as u32,
        retry_on: Reasons::compile(knobs.opt_names("retry_on").as_deref()),
        deadline: knobs.opt_duration("deadline"),
        passes_deadline: knobs.flag("pass_deadline"),
        hands_on_deadline: c.node_by_key(&link.from).kind.name == "balancer",
        is_guarded: breaker.is_some() || max_in_flight.is_some(),
        breaker,
        max_in_flight,
        permit_wait: knobs.duration("max_in_flight_wait"),
        hedge: HedgePolicy::compile(&knobs),
        fallback: Fallback::compile(&knobs, |key| c.link(key)),
        key_scope: KeyScope::compile(&knobs),
        signed_for: knobs.opt_duration("signed_for"),
        is_looked_at: false,
        bandwidth: knobs.opt_count("bandwidth"),
    }
}

/// Whether the link is called only if the call over another one has failed.
pub(super) fn is_stand_in(design: &Design, key: &str) -> bool {
    let mut links = design.links.iter();
    links.any(|link| link.stand_in() == Some(key))
}
