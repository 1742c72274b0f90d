//! What the page knows and how it changes: plain structs, one update function, selectors.
//! No web types, so all of it is tested natively.

pub mod arrange;
pub mod chart;
pub mod debrief;
pub mod discs;
pub mod document;
pub mod editing;
pub mod editor;
pub mod facts;
pub mod freeroutes;
pub mod geometry;
pub mod goals;
pub mod inspect;
pub mod keys;
pub mod knobs;
pub mod model;
pub mod names;
pub mod pace;
pub mod panes;
pub mod routes;
mod running;
pub mod saved;
pub mod say;
pub mod series;
pub mod snap;
pub mod states;
pub mod strip;
pub mod tidy;
pub mod update;
pub mod waterfall;
pub mod words;

/// The scenarios that the page carries: name of the file, and text. It opens with the first.
pub static BUILT_IN: &[(&str, &str)] = &[
    (
        "s04-retry-storm.toml",
        include_str!("../../../scenarios/s04-retry-storm.toml"),
    ),
    (
        "s17-own-writes.toml",
        include_str!("../../../scenarios/s17-own-writes.toml"),
    ),
    (
        "s18-failover.toml",
        include_str!("../../../scenarios/s18-failover.toml"),
    ),
];

pub fn built_in() -> (&'static str, &'static str) {
    BUILT_IN[0]
}

#[cfg(test)]
mod tests;
