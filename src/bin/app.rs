//! The page.
fn main() {
    brownout::ui::start();
}
