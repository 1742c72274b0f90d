//! Where the badges of a node stand.

use super::geometry::Rect;

/// Places for what stands in rows below a node, of these widths: from its left on, and within the drawing. What would
/// have to begin before the node to stay in it comes into a row of its own: beside the node are its links.
pub fn below(r: Rect, all: Rect, widths: &[f64]) -> Vec<Rect> {
    const HEIGHT: f64 = 22.0;
    const GAP: f64 = 6.0;
    let mut placed: Vec<Rect> = Vec::new();
    let mut rest = widths;
    let mut y = r.bottom() + 10.0;
    let room = all.right() - r.x;
    while !rest.is_empty() {
        let (mut n, mut wide) = (1, rest[0]);
        while n < rest.len() && wide + GAP + rest[n] <= room {
            wide += GAP + rest[n];
            n += 1;
        }
        let mut x = (r.x + 10.0).min(all.right() - wide).max(all.x);
        for &w in &rest[..n] {
            placed.push(Rect { x, y, w, h: HEIGHT });
            x += w + GAP;
        }
        rest = &rest[n..];
        y += HEIGHT + GAP;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_a_node_stays_within_the_drawing() {
        let all = Rect {
            x: 0.0,
            y: 0.0,
            w: 500.0,
            h: 200.0,
        };
        let at = |x: f64| Rect {
            x,
            y: 20.0,
            w: 180.0,
            h: 80.0,
        };
        let xs = |r: Rect, widths: &[f64]| -> Vec<(f64, f64)> {
            below(r, all, widths)
                .iter()
                .map(|it| (it.x, it.y))
                .collect()
        };
        let side_by_side = [(10.0, 110.0), (116.0, 110.0)];
        assert_eq!(xs(at(0.0), &[100.0, 120.0]), side_by_side);
        assert_eq!(
            xs(at(320.0), &[80.0, 90.0]),
            [(324.0, 110.0), (410.0, 110.0)],
            "moved back"
        );
        assert_eq!(
            xs(at(320.0), &[100.0, 120.0]),
            [(330.0, 110.0), (330.0, 138.0)],
            "below each other"
        );
        assert_eq!(
            xs(at(320.0), &[200.0]),
            [(300.0, 110.0)],
            "wider than the node"
        );
        assert_eq!(
            xs(at(0.0), &[600.0]),
            [(0.0, 110.0)],
            "what is too wide shows its beginning"
        );
        assert!(below(at(0.0), all, &[]).is_empty());
    }
}
