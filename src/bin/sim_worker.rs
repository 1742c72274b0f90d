//! The engine in a web worker.
fn main() {
    brownout::worker::shell::start();
}
