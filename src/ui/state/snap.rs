//! Lines that help to put nodes in a row: a moved node stops where its edges or its middle meet those of
//! another.

use super::geometry::{NodeBox, Rect, extent};

/// Nodes under way, and how far they have come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drag {
    pub keys: Vec<String>,
    pub dx: f64,
    pub dy: f64,
    pub guides: Vec<Guide>,
}

/// A line across the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Guide {
    Upright { x: f64, from: f64, to: f64 },
    Level { y: f64, from: f64, to: f64 },
}

impl Drag {
    pub fn moves(&self, key: &str) -> bool {
        self.keys.iter().any(|moved| moved == key)
    }
}

/// The move, stopped at the nearest line within reach.
pub fn snapped(boxes: &[NodeBox], keys: &[String], (dx, dy): (f64, f64), reach: f64) -> Drag {
    let moved = |node: &&NodeBox| keys.contains(&node.key);
    let held = extent(boxes.iter().filter(moved).map(|node| node.rect));
    let at = Rect {
        x: held.x + dx,
        y: held.y + dy,
        ..held
    };
    let others = || {
        boxes
            .iter()
            .filter(|node| !keys.contains(&node.key))
            .map(|node| node.rect)
    };
    let columns = others().flat_map(|r| [(r.x, r), (r.middle().0, r), (r.right(), r)]);
    let rows = others().flat_map(|r| [(r.y, r), (r.middle().1, r), (r.bottom(), r)]);
    let across = nearest(columns, [at.x, at.middle().0, at.right()], reach);
    let down = nearest(rows, [at.y, at.middle().1, at.bottom()], reach);
    let mut drag = Drag {
        keys: keys.to_vec(),
        dx: dx + across.map_or(0.0, |(by, ..)| by),
        dy: dy + down.map_or(0.0, |(by, ..)| by),
        guides: Vec::new(),
    };
    if let Some((_, x, other)) = across {
        drag.guides.push(Guide::Upright {
            x,
            from: other.y.min(at.y),
            to: other.bottom().max(at.bottom()),
        });
    }
    if let Some((_, y, other)) = down {
        drag.guides.push(Guide::Level {
            y,
            from: other.x.min(at.x),
            to: other.right().max(at.right()),
        });
    }
    drag
}

/// The shortest way from one of three places to a line: how far, which line, whose.
fn nearest(
    lines: impl Iterator<Item = (f64, Rect)>,
    places: [f64; 3],
    reach: f64,
) -> Option<(f64, f64, Rect)> {
    let ways = lines.flat_map(|(line, other)| places.map(|place| (line - place, line, other)));
    ways.filter(|(by, ..)| by.abs() <= reach)
        .min_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::state::geometry::Shape;

    fn node(key: &str, x: f64, y: f64) -> NodeBox {
        NodeBox {
            key: key.into(),
            shape: Shape::Rectangle,
            rect: Rect {
                x,
                y,
                w: 100.0,
                h: 60.0,
            },
            line: None,
            slots: None,
        }
    }

    #[test]
    fn a_node_stops_in_line_with_another() {
        let boxes = [node("a", 0.0, 0.0), node("b", 300.0, 47.0)];
        let drag = snapped(&boxes, &["b".into()], (10.0, -44.0), 6.0);
        assert_eq!((drag.dx, drag.dy), (10.0, -47.0));
        assert!(
            matches!(drag.guides[..], [Guide::Level { y: 0.0, .. }]),
            "{drag:?}"
        );
        let far = snapped(&boxes, &["b".into()], (10.0, -60.0), 6.0);
        assert_eq!((far.dx, far.dy, far.guides.len()), (10.0, -60.0, 0));
    }
}
