//! The nodes of a drawing by where they stand, so that who looks for what is in the way of a line need not
//! ask all of them: a grid over the drawing, and in each cell who reaches into it.

use super::geometry::Rect;

/// A cell is this wide and high, or as much more as keeps a side of the grid within `MOST`.
const CELL: f64 = 256.0;
const MOST: usize = 64;
/// Around each node, for those who keep clear of it.
pub const AROUND: f64 = 4.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field {
    pub rects: Vec<Rect>,
    origin: (f64, f64),
    cell: (f64, f64),
    columns: usize,
    rows: usize,
    /// Where the nodes of each cell begin in `nodes`; one more than there are cells.
    begins: Vec<u32>,
    nodes: Vec<u32>,
}

/// The cells that something reaches into, from and to, both included.
type Span = ((usize, usize), (usize, usize));

impl Field {
    pub fn new(rects: Vec<Rect>) -> Field {
        let least = |of: fn(&Rect) -> f64| rects.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&Rect) -> f64| rects.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        if rects.is_empty() {
            return Field::default();
        }
        let origin = (least(|r| r.x), least(|r| r.y));
        let extent = (most(Rect::right) - origin.0, most(Rect::bottom) - origin.1);
        let cut = |extent: f64| {
            let cell = CELL.max(extent / MOST as f64);
            (cell, ((extent / cell).ceil() as usize).clamp(1, MOST))
        };
        let ((w, columns), (h, rows)) = (cut(extent.0), cut(extent.1));
        let mut field = Field {
            rects,
            origin,
            cell: (w, h),
            columns,
            rows,
            begins: vec![0; columns * rows + 1],
            nodes: Vec::new(),
        };
        field.fill();
        field
    }

    /// Counts who reaches into each cell, then puts them there.
    fn fill(&mut self) {
        let spans: Vec<Span> = self.rects.iter().map(|r| self.reached(r)).collect();
        let columns = self.columns;
        let cells = |&((left, top), (right, bottom)): &Span| {
            (top..=bottom).flat_map(move |y| (left..=right).map(move |x| y * columns + x))
        };
        for cell in spans.iter().flat_map(cells) {
            self.begins[cell + 1] += 1;
        }
        for cell in 1..self.begins.len() {
            self.begins[cell] += self.begins[cell - 1];
        }
        self.nodes = vec![0; self.begins.last().copied().unwrap_or(0) as usize];
        let mut next = self.begins.clone();
        for (node, span) in spans.iter().enumerate() {
            for cell in cells(span) {
                self.nodes[next[cell] as usize] = node as u32;
                next[cell] += 1;
            }
        }
    }

    /// The cells of a node with the room around it.
    fn reached(&self, r: &Rect) -> Span {
        let from = self.cell_at(r.x - AROUND, r.y - AROUND);
        (from, self.cell_at(r.right() + AROUND, r.bottom() + AROUND))
    }

    /// What lies outside counts to the cells at the edge.
    fn cell_at(&self, x: f64, y: f64) -> (usize, usize) {
        let (dx, dy) = (x - self.origin.0, y - self.origin.1);
        // A float below zero becomes zero here.
        let nth = |d: f64, cell: f64, count: usize| ((d / cell) as usize).min(count - 1);
        (
            nth(dx, self.cell.0, self.columns),
            nth(dy, self.cell.1, self.rows),
        )
    }

    /// Shows each node that may touch an area once, until `see` has seen enough and says no.
    pub fn near(&self, area: &Rect, mut see: impl FnMut(usize, &Rect) -> bool) {
        if self.rects.is_empty() {
            return;
        }
        let ((left, top), (right, bottom)) = self.reached(area);
        for y in top..=bottom {
            for x in left..=right {
                let cell = y * self.columns + x;
                let here = self.begins[cell] as usize..self.begins[cell + 1] as usize;
                for &node in &self.nodes[here] {
                    let rect = &self.rects[node as usize];
                    // Who reaches into several cells is seen in the first one that both share.
                    let (from, _) = self.reached(rect);
                    if (x, y) == (from.0.max(left), from.1.max(top)) && !see(node as usize, rect) {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_overlaps_an_area_is_seen_and_nobody_twice() {
        let mut state = 11_u64;
        let mut next = |most: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % most) as f64
        };
        for round in 0..200 {
            // Some drawings are wider than the grid has cells for.
            let wide = if round % 2 == 0 { 3_000 } else { 60_000 };
            let mut rect = |most: u64| Rect {
                x: next(wide) - 500.0,
                y: next(2_000) - 500.0,
                w: next(most),
                h: next(most),
            };
            let field = Field::new((0..40).map(|_| rect(400)).collect());
            for _ in 0..20 {
                let area = rect(1_500);
                let mut seen = Vec::new();
                field.near(&area, |node, _| {
                    seen.push(node);
                    true
                });
                seen.sort_unstable();
                let count = seen.len();
                seen.dedup();
                assert_eq!(seen.len(), count, "somebody was seen twice");
                for (node, rect) in field.rects.iter().enumerate() {
                    let there = seen.binary_search(&node).is_ok();
                    assert!(there || !rect.overlaps(&area), "{rect:?} {area:?}");
                }
            }
        }
    }

    #[test]
    fn an_empty_drawing_has_nobody() {
        let mut count = 0;
        Field::default().near(&Rect::default(), |_, _| {
            count += 1;
            true
        });
        assert_eq!(count, 0);
    }
}
