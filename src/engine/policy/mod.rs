//! The caller's policies, one mechanism per file. State lives per caller instance (docs/semantics.md 10).

pub mod backoff;
pub mod budget;
pub mod hash_ring;
pub mod health;
pub mod least;
pub mod limiter;
pub mod outlier;
pub mod pool;
pub mod smooth;
