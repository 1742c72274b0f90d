//! The knobs of the kind.

use super::{BOOT_TIME, INSTANCES, PRICE, VERSION, ZONES};
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static SERVICE: KindSpec = KindSpec {
    name: "service",
    word: "Service",
    meaning: "A program that works on requests in a fixed number of slots and lets the others wait",
    accepts: Accepts::Requests,
    calls: true,
    knobs: &[
        INSTANCES,
        BOOT_TIME,
        knob("slots", Unit::Count, "4", "requests that one instance works on at the same time")
            .range("1", "100000").class(Class::Now),
        knob("service_time", Unit::Dist, "10 ms", "how long the work itself takes, calls to others not counted")
            .class(Class::NewWork),
        knob("queue_limit", Unit::Count, "unbounded", "requests that may wait for a slot, per instance; one more is refused at once")
            .off("unbounded").range("0", "10000000").class(Class::Now),
        knob("discipline", Unit::Choice(&["fifo", "lifo"]), "fifo", "who is next when a slot is free: the oldest or the newest")
            .class(Class::Now),
        knob("on_abandoned", Unit::Choice(&["continue", "stop"]), "continue",
            "what it does with a request whose caller has gone: finish it for nobody, or stop when the word arrives")
            .class(Class::NewWork),
        PRICE, ZONES, VERSION,
    ],
};
