//! Brownout: break a backend, see what happens to the data.
//!
//! One library behind three doors: the native command line, the page, and the page's web worker.
//! The rooms, in reading order:
//!
//! - [`time`]: simulated time, whole nanoseconds
//! - [`design`]: what a learner draws, the registry of kinds and knobs, findings as data
//! - [`scenario`]: the file that holds a design, its traffic, its faults, its goals and its lesson
//! - [`engine`]: the simulation itself
//! - [`ledger`] and [`observe`]: what became of every action, and what was measured
//! - [`experiment`]: running it, once or many times, and holding it to theory
//! - [`document`]: what a design and its runs say, on paper
//! - [`share`]: links and result codes, without a server
//! - [`worker`], [`ui`], `cli`: the doors
//!
//! ARCHITECTURE.md says how they may use each other, docs/semantics.md what the simulation means.

#[cfg(feature = "cli")]
pub mod cli;
pub mod design;
pub mod document;
pub mod engine;
pub mod experiment;
pub mod explain;
pub mod ledger;
pub mod observe;
pub mod scenario;
pub mod share;
pub mod time;
pub mod ui;
pub mod version;
pub mod worker;
