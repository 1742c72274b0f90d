//! Outside the simulated world: what was measured. The engine writes here and reads nothing back.

pub mod claims;
pub mod cost;
pub mod heat;
pub mod histogram;
pub mod live;
pub mod on_call;
pub mod promises;
pub mod recorder;
pub mod recovery;
pub mod report;
pub mod requests;
pub mod series;
pub mod story;
pub mod summary;
pub mod tape;
pub mod traces;
pub mod twin;
pub mod words;
pub mod wrong;

pub use recorder::Recorder;
