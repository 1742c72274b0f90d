//! Brownout: break a backend, see what happens to the data.
//!
//! One library behind three doors: the native command line, the page, and the page's web worker.
//! In reading order:

#[cfg(feature = "cli")]
pub mod cli;
pub mod design;
pub mod engine;
pub mod experiment;
pub mod ledger;
pub mod observe;
pub mod scenario;
pub mod time;
pub mod ui;
pub mod version;
pub mod worker;
