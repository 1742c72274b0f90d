//! The engine behind messages, in time slices.

mod checkpoints;
pub mod frame;
pub mod protocol;
pub mod session;
#[cfg(feature = "worker")]
pub mod shell;
pub mod twins;
