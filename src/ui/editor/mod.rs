//! Drawing on the page: hands on the canvas, the palette, the small windows, the inspector.

pub mod hands;
pub mod inspector;
pub mod minimap;
pub mod operations;
pub mod outline;
pub mod overlay;
pub mod palette;
pub mod pane;
pub mod stage;
pub mod watching;
