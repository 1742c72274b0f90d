//! The native integration tests, in one program: a second one would be linked a second time.

mod auditor;
mod balancing;
#[path = "../bits.rs"]
mod bits;
mod caching;
mod charged_twice;
mod cli;
mod conformance;
mod copies;
mod coverage;
mod documents;
mod durability;
mod extremes;
mod feeds;
mod fuzz;
mod incidents;
mod invalid;
mod invariants;
mod jobs;
mod knobs;
mod laws;
mod leaderless;
mod lessons;
mod lint;
mod live;
mod log;
mod messages;
mod monitoring;
mod policies_links;
mod presets;
mod reads;
mod retry_storm;
mod stations;
mod tidy;
mod toy_kind;
mod transactions;

#[test]
fn mathematics_gives_the_bits_that_wasm_is_held_to() {
    assert_eq!(bits::mathematics(), bits::EXPECTED);
}
