//! The caller's policies, one mechanism per file. State lives per caller instance (docs/semantics.md 10).

pub mod backoff;
pub mod budget;
pub mod pool;
