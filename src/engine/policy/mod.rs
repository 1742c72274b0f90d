//! The caller's policies, one mechanism per file. State lives per caller instance (docs/semantics.md 10).

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod fallback;
pub mod hedge;
pub mod key;
pub mod pool;
pub mod retry_on;
pub mod wire;
