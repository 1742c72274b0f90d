//! The engine as WASM in Chromium, in a worker as in the page.
//!
//!   cargo test --target wasm32-unknown-unknown --no-default-features --features worker --test web
//!
//! Needs wasm-bindgen-test-runner, Chromium and its driver; `.ci/test web` uses those of `.ci/tools`.
#![cfg(target_arch = "wasm32")]

#[path = "../bits.rs"]
mod bits;

use brownout::worker::session;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn mathematics_gives_the_same_bits_as_natively() {
    assert_eq!(bits::mathematics(), bits::EXPECTED);
}

/// The fingerprints that `tests/it` holds the native engine to.
#[wasm_bindgen_test]
fn runs_come_out_as_natively() {
    let text = include_str!("../../scenarios/s04-retry-storm.toml");
    let golden = include_str!("../fixtures/golden/s04.txt");
    assert_eq!(golden.lines().count(), 20);
    for line in golden.lines() {
        let (seed, digest) = line.split_once(' ').expect("seed and fingerprint");
        let report = session::run_to_end(text, seed.parse().expect("a number")).expect("is valid");
        assert_eq!(report.digest, digest, "seed {seed}");
    }
}
