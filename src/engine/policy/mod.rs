//! Policies, one mechanism per file. What callers keep lives per caller instance (docs/semantics.md 10);
//! what services keep lives per instance.

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod codel;
pub mod concurrency;
pub mod fallback;
pub mod hash_ring;
pub mod health;
pub mod hedge;
pub mod key;
pub mod least;
pub mod limiter;
pub mod outlier;
pub mod pool;
pub mod rate;
pub mod retry_on;
pub mod slowdown;
pub mod smooth;
pub mod wire;
