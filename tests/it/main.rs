//! The native integration tests, in one program: a second one would be linked a second time.

mod auditor;
mod backups;
mod balancing;
#[path = "../bits.rs"]
mod bits;
mod caching;
mod charged_twice;
mod claims;
mod cli;
mod columns;
mod conformance;
mod copies;
mod coverage;
mod diverged;
mod documents;
mod durability;
mod editing;
mod explain;
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
mod linearizable;
mod lint;
mod live;
mod log;
mod messages;
mod monitoring;
mod papers;
mod policies_links;
mod presets;
mod promises;
mod prose;
mod queries;
mod reads;
mod reconcile;
mod refunds;
mod retry_storm;
mod seeking;
mod serializable;
mod shards;
mod share;
mod share_cli;
mod share_links;
mod starting_points;
mod stations;
mod stock;
mod tidy;
mod toy_kind;
mod transactions;
mod twins;

#[test]
fn mathematics_gives_the_bits_that_wasm_is_held_to() {
    assert_eq!(bits::mathematics(), bits::EXPECTED);
}
