//! What the page knows and how it changes: plain structs, one update function, selectors.
//! No web types, so all of it is tested natively.

pub mod chart;
pub mod debrief;
pub mod discs;
pub mod document;
pub mod facts;
pub mod geometry;
pub mod goals;
pub mod keys;
pub mod knobs;
pub mod model;
pub mod names;
pub mod pace;
pub mod routes;
mod running;
pub mod saved;
pub mod say;
pub mod series;
pub mod states;
pub mod strip;
pub mod update;
pub mod waterfall;
pub mod words;

/// The scenario that the page opens with: name of its file, and text.
pub fn built_in() -> (&'static str, &'static str) {
    (
        "s04-retry-storm.toml",
        include_str!("../../../scenarios/s04-retry-storm.toml"),
    )
}

#[cfg(test)]
mod tests;
