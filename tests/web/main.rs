//! The engine as WASM in Chromium, in a worker as in the page.
//!
//!   cargo test --target wasm32-unknown-unknown --no-default-features --features worker --test web
//!
//! Needs wasm-bindgen-test-runner, Chromium and its driver; `.ci/test web` uses those of `.ci/tools`.
#![cfg(target_arch = "wasm32")]

#[path = "../bits.rs"]
mod bits;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn mathematics_gives_the_same_bits_as_natively() {
    assert_eq!(bits::mathematics(), bits::EXPECTED);
}
