//! The engine in a web worker.
fn main() {}
