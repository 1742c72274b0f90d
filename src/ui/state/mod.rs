//! What the page knows and how it changes: plain structs, one update function, selectors.
//! No web types, so all of it is tested natively.

pub mod arrange;
pub mod branches;
pub mod chart;
pub mod crew;
pub mod debrief;
pub mod discs;
pub mod document;
// Looks at the texts of starting points, which the page does not carry.
#[cfg(all(test, feature = "cli"))]
mod drawings;
pub mod drawn;
pub mod editing;
pub mod editor;
pub mod facts;
pub mod field;
pub mod forms;
pub mod freeroutes;
pub mod geometry;
pub mod glossary;
pub mod goals;
pub mod heat_map;
pub mod inspect;
pub mod keys;
pub mod knobs;
pub mod learning;
pub mod locale;
pub mod model;
pub mod names;
pub mod operations;
pub mod pace;
pub mod pager;
pub mod panels;
pub mod panes;
pub mod papers;
pub mod pen;
pub mod pills;
pub mod planned;
pub mod requests;
pub mod results;
pub mod rooms;
pub mod routes;
mod running;
pub mod saved;
pub mod say;
pub mod seeds;
pub mod series;
pub mod sharing;
pub mod snap;
pub mod states;
pub mod strip;
pub mod table;
pub mod terms;
pub mod theory;
pub mod tidy;
pub mod twins;
pub mod update;
pub mod versions;
pub mod view;
pub mod watching;
pub mod waterfall;
pub mod words;

/// The scenario that the page opens with: name of its file, and text.
pub fn built_in() -> (&'static str, &'static str) {
    let text = crate::scenario::built_in::text("s04-retry-storm");
    ("s04-retry-storm.toml", text.expect("a file in scenarios/"))
}

#[cfg(test)]
mod tests;
