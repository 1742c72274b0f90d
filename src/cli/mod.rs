//! The native command line.

pub mod render;
