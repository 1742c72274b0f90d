//! The compiled knobs of a service.

use crate::design::Settings;
use crate::design::value::Value;
use crate::engine::attempt::AttemptId;
use crate::engine::core::Cx;
use crate::engine::dist::Sampler;
use crate::engine::draw::Threshold;
use crate::engine::line::{Discipline, Row};
use crate::engine::policy::codel::Management;
use crate::engine::policy::concurrency::Limits;
use crate::engine::policy::slowdown::Slowdown;
use crate::engine::record::Record;
use crate::time::Duration;

/// Kilobytes in a megabyte.
const KILO: u64 = 1_000;

pub struct Config {
    pub instances: u16,
    pub slots: u32,
    pub cores: Option<u32>,
    pub service_time: Sampler,
    /// Where it is another one, by operation; empty if it nowhere is.
    service_time_of: Vec<Option<Sampler>>,
    pub queue_limit: Option<u32>,
    pub discipline: Discipline,
    pub max_wait: Option<Duration>,
    pub management: Management,
    pub limits: Option<Limits>,
    /// Slots that a group may hold: group 0 is everybody without a bulkhead, the others are the
    /// operations that have one.
    pub caps: Vec<u32>,
    group_of: Vec<u8>,
    pub slowdown: Slowdown,
    pub slows: bool,
    pub gc_every: Option<u64>,
    pub gc_pause: Sampler,
    /// Kilobytes.
    pub leak: u64,
    pub memory: u64,
    pub restart_time: Duration,
    /// Share of requests on which the instance dies between two of their changes.
    pub crash_between: Threshold,
    /// Work goes through the processor of the instance, because it can take longer than was known when
    /// it began.
    pub is_timed: bool,
    /// Nothing but slots and a line: the short way.
    pub is_plain: bool,
}

impl Config {
    pub fn compile(knobs: &Settings<'_>) -> Config {
        let cores = knobs.opt_count("cores").map(|n| n as u32);
        let (caps, group_of) = bulkheads(knobs);
        let discipline = Discipline::compile(knobs);
        let max_wait = knobs.opt_duration("max_wait");
        let management = Management::compile(knobs);
        let limits = Limits::compile(knobs);
        let slowdown = Slowdown::compile(knobs);
        let gc_every = knobs.opt_count("gc_every");
        let leak = knobs.count("leak_per_request");
        let is_timed = cores.is_some() || gc_every.is_some() || discipline == Discipline::Preemptive;
        Config {
            instances: knobs.count("instances") as u16,
            slots: knobs.count("slots") as u32,
            cores,
            service_time: Sampler::new(&knobs.dist("service_time")),
            service_time_of: service_times(knobs),
            queue_limit: knobs.opt_count("queue_limit").map(|n| n as u32),
            slows: !slowdown.is_idle(leak > 0),
            is_plain: !is_timed
                && !discipline.has_classes()
                && max_wait.is_none()
                && management == Management::None
                && limits.is_none()
                && caps.len() == 1
                && leak == 0,
            discipline,
            max_wait,
            management,
            limits,
            caps,
            group_of,
            slowdown,
            gc_every,
            gc_pause: Sampler::new(&knobs.dist("gc_pause")),
            leak,
            memory: knobs.count("memory") * KILO,
            restart_time: knobs.duration("restart_time"),
            crash_between: Threshold::new(knobs.share("crash_between")),
            is_timed,
        }
    }

    #[inline]
    pub fn has_one_service_time(&self) -> bool {
        self.service_time_of.is_empty()
    }

    /// How long the work of an operation takes.
    pub fn service_time_of(&self, operation: u16) -> &Sampler {
        let own = self.service_time_of[operation as usize].as_ref();
        own.unwrap_or(&self.service_time)
    }

    /// Where a request stands if it has to wait.
    pub fn row<R: Record>(&self, cx: &Cx<'_, R>, id: AttemptId) -> Row {
        let intent = &cx.core.intents[cx.core.attempts[id].intent];
        Row {
            class: if self.discipline.has_classes() {
                intent.priority
            } else {
                0
            },
            group: self.group_of[intent.operation as usize],
        }
    }
}

fn service_times(knobs: &Settings<'_>) -> Vec<Option<Sampler>> {
    let times = knobs.by_operation("service_time_of").into_iter();
    let times: Vec<Option<Sampler>> = times
        .map(|time| match time {
            Some(Value::Dist(dist)) => Some(Sampler::new(&dist)),
            _ => None,
        })
        .collect();
    match times.iter().any(Option::is_some) {
        true => times,
        false => Vec::new(),
    }
}

/// Slots by group, and the group of each operation.
fn bulkheads(knobs: &Settings<'_>) -> (Vec<u32>, Vec<u8>) {
    let mut caps = vec![u32::MAX];
    let groups = knobs.by_operation("slots_of").into_iter().map(|cap| {
        let Some(Value::Count(cap)) = cap else {
            return 0;
        };
        caps.push(u32::try_from(cap).unwrap_or(u32::MAX));
        u8::try_from(caps.len() - 1).expect("there are fewer operations")
    });
    let groups = groups.collect();
    (caps, groups)
}
