//! The kinds of nodes, one file each, and the knobs that several of them have.

mod balancer;
mod cache;
mod clients;
mod database;
mod service;
mod third_party;

pub use balancer::BALANCER;
pub use cache::CACHE;
pub use clients::CLIENTS;
pub use database::DATABASE;
pub use service::SERVICE;
pub use third_party::THIRD_PARTY;

use super::{Class, KnobSpec, knob};
use crate::design::value::Unit;

const PRICE: KnobSpec = knob(
    "price",
    Unit::Money,
    "none",
    "what one instance costs per hour; absent, the price book's figure for the kind",
)
.off("none")
.range("$0", "$1000000")
.class(Class::Restart);

const ZONES: KnobSpec = knob(
    "zones",
    Unit::Names,
    "none",
    "the zones its instances are spread over, in turn: what a zone outage takes down",
)
.off("none")
.class(Class::Restart);

const VERSION: KnobSpec = knob(
    "version",
    Unit::Text,
    "v1",
    "the software version its instances run; kept in the run, not yet acted on",
)
.class(Class::Restart);

const BOOT_TIME: KnobSpec = knob(
    "boot_time",
    Unit::Duration,
    "0 s",
    "from the start of an instance that is added during the run until it takes requests",
)
.range("0 s", "1 d")
.class(Class::NewWork);

const INSTANCES: KnobSpec = knob(
    "instances",
    Unit::Count,
    "1",
    "how many copies run side by side",
)
.range("1", "10000")
.class(Class::Now);
