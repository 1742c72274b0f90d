//! The knobs of the kind.

use super::*;
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

const CODEL: &str =
    "RFC 8289 sec. 4: target 5 ms, interval 100 ms, https://www.rfc-editor.org/rfc/rfc8289";
const NETFLIX: &str = "Netflix concurrency-limits, https://github.com/Netflix/concurrency-limits";

pub static SERVICE: KindSpec = KindSpec {
    name: "service",
    word: "Service",
    meaning: "A program that works on requests in a fixed number of slots and lets the others wait",
    accepts: Accepts::Requests,
    calls: true,
    knobs: &[
        INSTANCES,
        BOOT_TIME,
        AUTOSCALE, MIN_INSTANCES, MAX_INSTANCES, TARGET_UTILISATION, TARGET_REQUESTS, TARGET_WAITING,
        SCALE_PERIOD, SCALE_TOLERANCE, SCALE_UP_STABILISATION, SCALE_DOWN_STABILISATION,
        knob("slots", Unit::Count, "4", "requests that one instance works on at the same time")
            .range("1", "100000").class(Class::Now),
        knob("cores", Unit::Count, "none",
            "processors of one instance, shared evenly by the slots that are working; `none`: each slot has one to itself")
            .off("none").range("1", "100000").class(Class::Now),
        knob("service_time", Unit::Dist, "10 ms", "how long the work itself takes on one core, calls to others not counted")
            .class(Class::NewWork),
        knob("service_time_of", Unit::PerOperation(&Unit::Dist), "none",
            "how long the work takes for some operations, where it is not `service_time`")
            .off("none").class(Class::NewWork),
        knob("queue_limit", Unit::Count, "unbounded", "requests that may wait for a slot, per instance; one more is refused at once")
            .off("unbounded").range("0", "10000000").class(Class::Now),
        knob("discipline", Unit::Choice(&["fifo", "lifo", "adaptive_lifo", "priority", "preemptive"]), "fifo",
            "who is next when a slot is free: the oldest; the newest; the newest while the line is long; the most important; the same, and it takes the slot of somebody less important")
            .class(Class::Now),
        knob("lifo_above", Unit::Count, "10", "adaptive_lifo: the newest goes first while more than this many wait")
            .range("0", "10000000").class(Class::Now)
            .source("B. Maurer, Fail at Scale, ACM Queue 13(8), 2015, gives no number; a modelling choice"),
        knob("max_wait", Unit::Duration, "none", "who has waited longer than this is dropped when its turn comes")
            .off("none").range("0 ms", "1 d").class(Class::Now),
        knob("slots_of", Unit::PerOperation(&Unit::Count), "none",
            "bulkhead: slots of one instance that an operation may hold at most")
            .off("none").class(Class::Now)
            .source("M. Nygard, Release It!, 2nd ed. 2018, Bulkheads"),
        knob("queue_management", Unit::Choice(&["none", "codel", "controlled_delay"]), "none",
            "how the line is kept short: not at all, by CoDel, or by Facebook's variant of it for servers")
            .class(Class::Now)
            .source("K. Nichols, V. Jacobson, Controlling Queue Delay, ACM Queue 10(5), 2012; B. Maurer, Fail at Scale, ACM Queue 13(8), 2015"),
        knob("codel_target", Unit::Duration, "5 ms", "the wait that is acceptable for longer than `codel_interval`")
            .range("1 us", "1 h").class(Class::Now).source(CODEL),
        knob("codel_interval", Unit::Duration, "100 ms", "how long the wait may be above `codel_target` before requests are dropped")
            .range("10 us", "1 h").class(Class::Now).source(CODEL),
        knob("concurrency_limit", Unit::Choice(&["none", "aimd", "gradient"]), "none",
            "a bound on the requests inside one instance that follows how long they take; more are shed")
            .class(Class::Now).source(NETFLIX),
        knob("limit_initial", Unit::Count, "20", "the limit when an instance starts")
            .range("1", "100000").class(Class::Restart).source(NETFLIX),
        knob("limit_min", Unit::Count, "20", "the limit never goes below this").range("1", "100000").class(Class::Now).source(NETFLIX),
        knob("limit_max", Unit::Count, "200", "the limit never goes above this").range("1", "100000").class(Class::Now).source(NETFLIX),
        knob("limit_backoff", Unit::Share, "90 %", "aimd: what is left of the limit after a request that was dropped or too slow")
            .range("50 %", "99.9 %").class(Class::Now).source("AIMDLimit of Netflix concurrency-limits: 0.9"),
        knob("limit_latency", Unit::Duration, "5 s", "aimd: a request that took longer lowers the limit")
            .range("1 us", "1 h").class(Class::Now).source("AIMDLimit of Netflix concurrency-limits: 5 s"),
        knob("limit_tolerance", Unit::Factor, "1.5", "gradient: how many times the long-term mean a request may take before the limit falls")
            .range("1", "100").class(Class::Now).source("Gradient2Limit of Netflix concurrency-limits: 1.5"),
        knob("limit_headroom", Unit::Count, "4", "gradient: requests that may wait inside while nothing gets slower")
            .range("0", "10000").class(Class::Now).source("Gradient2Limit of Netflix concurrency-limits: queueSize 4"),
        knob("limit_smoothing", Unit::Share, "20 %", "gradient: share of the new estimate in the new limit")
            .range("0.1 %", "100 %").class(Class::Now).source("Gradient2Limit of Netflix concurrency-limits: 0.2"),
        knob("limit_window", Unit::Count, "600", "gradient: requests that the long-term mean remembers")
            .range("1", "1000000").class(Class::Now).source("Gradient2Limit of Netflix concurrency-limits: longWindow 600"),
        knob("contention", Unit::Share, "0 %", "work takes this much longer for each other busy slot: what has to be done one after the other")
            .class(Class::NewWork).source("sigma of the Universal Scalability Law: N. Gunther, Guerrilla Capacity Planning, 2007"),
        knob("coherency", Unit::Share, "0 %", "work takes this much longer for each ordered pair of busy slots: what slots have to tell each other")
            .class(Class::NewWork).source("kappa of the Universal Scalability Law: N. Gunther, Guerrilla Capacity Planning, 2007"),
        knob("gc_every", Unit::Count, "none", "requests after which an instance stands still to collect garbage")
            .off("none").range("1", "1000000000").class(Class::Now),
        knob("gc_pause", Unit::Dist, "200 ms", "how long an instance stands still then")
            .class(Class::NewWork)
            .source("Java HotSpot, -XX:MaxGCPauseMillis of G1: 200 ms, https://docs.oracle.com/en/java/javase/21/gctuning/garbage-first-g1-garbage-collector1.html"),
        knob("leak_per_request", Unit::Count, "0", "kilobytes that each request leaves behind for ever")
            .range("0", "1000000000").class(Class::NewWork),
        knob("memory", Unit::Count, "512", "megabytes of an instance; when leaks have filled them it crashes")
            .range("1", "1000000000").class(Class::Now),
        knob("memory_drag", Unit::Factor, "0.1", "share of work that collecting garbage adds when half of the memory is full; it grows as full to free")
            .range("0", "100").class(Class::NewWork)
            .source("cost of tracing collection, live to free memory: R. Jones, A. Hosking, E. Moss, The Garbage Collection Handbook, 2011, ch. 10; the size is a modelling choice"),
        knob("restart_time", Unit::Duration, "10 s", "how long an instance is down after it has run out of memory, or died between two changes")
            .range("0 ms", "1 d").class(Class::NewWork)
            .source("Kubernetes, Pod Lifecycle: first restart delay 10 s, https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"),
        knob("crash_between", Unit::Share, "0 %",
            "share of requests on which the instance dies between two changes: the first call that writes or publishes is answered, the next one not begun; everything else in the instance dies with it")
            .class(Class::NewWork)
            .source("dual writes: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 11, Keeping Systems in Sync"),
        knob("warmup", Unit::Duration, "none", "how long an instance that was started or restarted during the run is slower")
            .off("none").range("1 ms", "1 d").class(Class::NewWork),
        knob("warmup_factor", Unit::Factor, "3", "how many times longer work takes at the start of `warmup`; it falls evenly to 1x")
            .range("1", "1000").class(Class::NewWork),
        knob("on_abandoned", Unit::Choice(&["continue", "stop"]), "continue",
            "what it does with a request whose caller has gone: finish it for nobody, or stop when the word arrives")
            .class(Class::NewWork),
        knob("checks_rights", Unit::Flag, "false",
            "whether it turns away, as forbidden, those who have no right to what they ask for (`without_right_share` of clients)")
            .class(Class::NewWork),
        CONTRACT, CONTRACT_OLDEST, WRITES_COLUMNS, READS_COLUMN, MAX_REQUEST_SIZE,
        PRICE, ZONES, VERSION,
    ],
};
