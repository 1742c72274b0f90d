//! Small parts that views are made of.

pub mod dialog;
pub mod forms;
pub mod icon;
pub mod papers;
pub mod progress;
pub mod results;
pub mod sash;
pub mod term;
pub mod versions;
