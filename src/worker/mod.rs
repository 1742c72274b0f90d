//! The engine behind messages, in time slices.

pub mod protocol;
