//! Small parts that views are made of.

pub mod dialog;
pub mod icon;
