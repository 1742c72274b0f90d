//! Which part of the drawing is in sight.

use super::geometry::{BELOW, MARGIN, Rect};

/// Which part of the drawing is in sight: a place `(x, y)` of it is at `x * zoom + self.x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub zoom: f64,
    pub x: f64,
    pub y: f64,
}

impl Default for View {
    fn default() -> View {
        View {
            zoom: 1.0,
            x: 0.0,
            y: 0.0,
        }
    }
}

impl View {
    pub const LEAST: f64 = 0.1;
    pub const MOST: f64 = 3.0;
    /// What is made to fit is not blown up beyond this: for one reader, and for a room that reads from afar.
    pub const NEAR: f64 = 1.15;
    pub const AFAR: f64 = 2.0;

    /// All of this rectangle, in the middle of what is left beside something at the left.
    pub fn fit(all: Rect, (canvas_w, canvas_h): (f64, f64), left: f64, most: f64) -> View {
        // Tools above, badges and the legend below.
        let (above, below) = (24.0, BELOW + 20.0);
        let (w, h) = (canvas_w - left, canvas_h - above - below);
        let zoom = ((w - 2.0 * MARGIN) / all.w.max(1.0))
            .min((h - 2.0 * MARGIN) / all.h.max(1.0))
            .clamp(View::LEAST, most);
        View {
            zoom,
            x: left + (w - all.w * zoom) / 2.0 - all.x * zoom,
            y: above + (h - all.h * zoom) / 2.0 - all.y * zoom,
        }
    }

    /// Closer or further, with what is at this place of the canvas staying there.
    pub fn zoomed(self, by: f64, (x, y): (f64, f64)) -> View {
        let zoom = (self.zoom * by).clamp(View::LEAST, View::MOST);
        let by = zoom / self.zoom;
        View {
            zoom,
            x: x - (x - self.x) * by,
            y: y - (y - self.y) * by,
        }
    }

    pub fn moved(self, dx: f64, dy: f64) -> View {
        View {
            x: self.x + dx,
            y: self.y + dy,
            ..self
        }
    }

    /// Moved as little as it takes to have this in sight; of what is larger, where it begins.
    pub fn showing(self, what: Rect, canvas_w: f64, canvas_h: f64, left: f64) -> View {
        const EDGE: f64 = 16.0;
        let by = |from: f64, to: f64, low: f64, high: f64| {
            let back = low + EDGE - from;
            match (to + EDGE - high).max(0.0) {
                _ if back > 0.0 => back,
                over => -over.min(-back),
            }
        };
        let on = |at: f64, shift: f64| at * self.zoom + shift;
        self.moved(
            by(on(what.x, self.x), on(what.right(), self.x), left, canvas_w),
            by(on(what.y, self.y), on(what.bottom(), self.y), 0.0, canvas_h),
        )
    }

    /// The place of the drawing that is at this place of the canvas.
    pub fn under(self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.x) / self.zoom, (y - self.y) / self.zoom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_in_sight_and_nothing_moves_for_what_is() {
        let view = View {
            zoom: 2.0,
            x: 10.0,
            y: 0.0,
        };
        let at = |x: f64, w: f64| Rect {
            x,
            y: 20.0,
            w,
            h: 50.0,
        };
        assert_eq!(view.showing(at(60.0, 100.0), 800.0, 600.0, 100.0), view);
        // Ends at 2 * 500 + 10, has to at 784; begins at 10, has to at 116.
        assert_eq!(
            view.showing(at(400.0, 100.0), 800.0, 600.0, 100.0).x,
            10.0 - 226.0
        );
        assert_eq!(
            view.showing(at(0.0, 100.0), 800.0, 600.0, 100.0).x,
            10.0 + 106.0
        );
        // Wider than the window: its beginning.
        assert_eq!(
            view.showing(at(200.0, 900.0), 800.0, 600.0, 100.0).x,
            10.0 - 294.0
        );
    }
}
