//! Outside the simulated world: what was measured. The engine writes here and reads nothing back.

pub mod report;
