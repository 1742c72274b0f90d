//! The kinds of nodes, one file each, and the knobs that several of them have.

mod balancer;
mod cache;
mod clients;
mod database;
mod feed;
mod job;
mod queue;
mod service;
mod third_party;
mod worker;

pub use balancer::BALANCER;
pub use cache::CACHE;
pub use clients::CLIENTS;
pub use database::DATABASE;
pub use feed::FEED;
pub use job::JOB;
pub use queue::QUEUE;
pub use service::SERVICE;
pub use third_party::THIRD_PARTY;
pub use worker::WORKER;

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
    "the zones its instances are spread over, in turn: what a zone outage takes down, and what a balancer may prefer",
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

const CONTRACT: KnobSpec = knob(
    "contract",
    Unit::Count,
    "1",
    "the version of the interface that it speaks: in which it asks others, and the newest in which it can be asked",
)
.range("1", "255")
.class(Class::Restart);
const CONTRACT_OLDEST: KnobSpec = knob(
    "contract_oldest",
    Unit::Count,
    "1",
    "the oldest version of the interface in which it can still be asked",
)
.range("1", "255")
.class(Class::Restart);
const WRITES_COLUMNS: KnobSpec = knob(
    "writes_columns",
    Unit::Names,
    "all",
    "the columns that its writes name, in databases with `columns`; absent, all that are there",
)
.off("all")
.class(Class::Restart)
.example("[\"name\", \"full_name\"]");
const READS_COLUMN: KnobSpec = knob(
    "reads_column",
    Unit::Text,
    "any",
    "the column that its reads name, in databases with `columns`; absent, whichever has the newest version",
)
.off("any")
.class(Class::Restart)
.example("full_name");

const MAX_REQUEST_SIZE: KnobSpec = knob(
    "max_request_size",
    Unit::Count,
    "none",
    "bytes that a request may have; a larger one is turned away as invalid input",
)
.off("none")
.range("1", "1000000000000")
.class(Class::NewWork)
.example("1000000")
.source("nginx client_max_body_size, default 1m; Amazon SQS: 1 MiB per message");

const BOOT_TIME: KnobSpec = knob(
    "boot_time",
    Unit::Duration,
    "0 s",
    "from the start of an instance that is added during the run until it takes requests",
)
.range("0 s", "1 d")
.class(Class::NewWork);

const AUTOSCALE: KnobSpec = knob(
    "autoscale",
    Unit::Flag,
    "false",
    "whether the number of instances follows the load, by what monitoring sees",
)
.class(Class::Restart)
.source("Kubernetes HorizontalPodAutoscaler");
const MIN_INSTANCES: KnobSpec = knob(
    "min_instances",
    Unit::Count,
    "1",
    "fewest instances (autoscale)",
)
.range("1", "10000")
.class(Class::Now)
.source("Kubernetes minReplicas, default 1");
const MAX_INSTANCES: KnobSpec = knob(
    "max_instances",
    Unit::Count,
    "10",
    "most instances (autoscale)",
)
.range("1", "10000")
.class(Class::Now);
const TARGET_UTILISATION: KnobSpec = knob(
    "target_utilisation",
    Unit::Share,
    "80 %",
    "share of slots that should be busy (autoscale)",
)
.off("none")
.class(Class::Now)
.source("Kubernetes: 80 % average utilisation if no metric is named");
const TARGET_REQUESTS: KnobSpec = knob(
    "target_requests",
    Unit::Rate,
    "none",
    "requests per second that each instance should get (autoscale)",
)
.off("none")
.range("0.001 rps", "10000000 rps")
.example("100 rps")
.class(Class::Now);
const TARGET_WAITING: KnobSpec = knob(
    "target_waiting",
    Unit::Count,
    "none",
    "requests that should wait per instance (autoscale)",
)
.off("none")
.range("1", "10000000")
.example("10")
.class(Class::Now);
const SCALE_PERIOD: KnobSpec = knob(
    "scale_period",
    Unit::Duration,
    "15 s",
    "how often it looks, and over how long a time (autoscale)",
)
.range("100 ms", "1 d")
.class(Class::Restart)
.source("kube-controller-manager --horizontal-pod-autoscaler-sync-period, default 15s");
const SCALE_TOLERANCE: KnobSpec = knob(
    "scale_tolerance",
    Unit::Share,
    "10 %",
    "how far from its target a figure may be before anything changes (autoscale)",
)
.class(Class::Now)
.source("kube-controller-manager --horizontal-pod-autoscaler-tolerance, default 0.1");
const SCALE_UP_STABILISATION: KnobSpec = knob(
    "scale_up_stabilisation",
    Unit::Duration,
    "0 s",
    "the smallest answer of so long a time counts when it grows (autoscale)",
)
.range("0 s", "1 h")
.class(Class::Now)
.source("Kubernetes behavior.scaleUp.stabilizationWindowSeconds, default 0");
const SCALE_DOWN_STABILISATION: KnobSpec = knob(
    "scale_down_stabilisation",
    Unit::Duration,
    "5 min",
    "the largest answer of so long a time counts when it shrinks (autoscale)",
)
.range("0 s", "1 h")
.class(Class::Now)
.source("kube-controller-manager --horizontal-pod-autoscaler-downscale-stabilization, default 5m");

const INSTANCES: KnobSpec = knob(
    "instances",
    Unit::Count,
    "1",
    "how many copies run side by side",
)
.range("1", "10000")
.class(Class::Now);
