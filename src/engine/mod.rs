//! The kernel: a compiled design and a seed go in, a run comes out, the same one every time.
//!
//! In reading order: [`program`] is the compiled design; [`world`] is everything that changes and the
//! loop that changes it; [`core`] is the part of the world that is no node; [`call`] is the life of a
//! call with its tries (`admit`: what each passes before it is sent; `hedging`: several at once;
//! `ending`: what follows); [`node`] has one file per kind, [`policy`] one per mechanism,
//! [`fault`] what the timeline does. [`calendar`] orders events, [`draw`] makes chance addressable,
//! [`record`] is the only door to whoever watches.
//!
//! Nothing here knows a clock, a thread, the web, hash order or the platform's mathematics.

mod admit;
pub mod attempt;
mod basis;
mod begin;
mod calendar;
mod call;
mod charges;
mod choice;
mod columns;
pub mod copies;
pub mod core;
pub mod counters;
pub mod deploy;
pub mod digest;
mod dist;
mod door;
pub mod draw;
mod effect;
mod ending;
mod event;
pub mod fault;
pub mod fleet;
mod hedging;
mod instances;
mod interruption;
mod keys;
mod line;
mod link;
mod link_program;
mod live;
pub mod math;
pub mod monitoring;
pub mod node;
mod outbox;
mod own;
mod plan;
pub mod policy;
mod popularity;
mod probe;
mod processor;
pub mod program;
pub mod reason;
pub mod record;
pub mod rows;
mod schema;
mod session;
mod shards;
pub mod slab;
mod standing;
mod station;
mod stock;
mod timeline;
pub mod world;

pub use attempt::{AttemptId, CallId, IntentId};
pub use program::{Limits, Program, SEMANTICS_VERSION};
pub use world::{Run, World};
