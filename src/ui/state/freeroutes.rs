//! Links between nodes that stand where somebody put them: right-angled, around other nodes, and the same
//! for the same drawing. Of a few dozen ways the one with the fewest nodes in it is taken, then the one
//! with the fewest corners, then the shortest.

use std::collections::BTreeSet;

use super::field::{AROUND, Field};
use super::geometry::{NodeBox, Rect};
use super::routes::{Label, LinkPath, Side};

/// How far a link leaves a node before it turns, and passes others.
const STUB: f64 = 24.0;
const CLEAR: f64 = 16.0;
/// What one more corner is worth, in pixels of way.
const CORNER: f64 = 40.0;
/// Room that the texts of a link take: policy above, figures below.
const LABEL: (f64, f64) = (150.0, 84.0);

type Point = (f64, f64);

/// The best way so far, and what it costs.
type Best = Option<(f64, Vec<Point>)>;

/// The way from one place to another. The nodes of the field are what it should not cross; its own two ends
/// are among them and are left only at their edges.
pub fn way(a: Point, b: Point, field: &Field, ends: (usize, usize)) -> Vec<Point> {
    let nodes = &field.rects;
    let mut best: Best = None;
    let is_clear = |best: &Best| best.as_ref().is_some_and(|(cost, _)| *cost < CROSSED);
    let upright = |x: f64| [a, (x, a.1), (x, b.1), b];
    if b.0 - a.0 >= 2.0 * STUB {
        if (a.1 - b.1).abs() < 0.5 {
            consider(&mut best, &[[a, b]], field, ends);
        }
        let few = [f64::midpoint(a.0, b.0), a.0 + STUB, b.0 - STUB].map(upright);
        consider(&mut best, &few, field, ends);
        // Most links need no more than that. What follows looks at the nodes in between.
        if !is_clear(&best) {
            let (top, bottom) = (a.1.min(b.1), a.1.max(b.1));
            let between = nodes
                .iter()
                .filter(|r| r.bottom() > top - CLEAR && r.y < bottom + CLEAR)
                .flat_map(|r| [r.x - CLEAR, r.right() + CLEAR])
                .filter(|&x| x > a.0 + CLEAR && x < b.0 - CLEAR);
            let ways: Vec<_> = different(between).map(upright).collect();
            consider(&mut best, &ways, field, ends);
        }
        if is_clear(&best) {
            return best.map(|(_, points)| simple(points)).unwrap_or_default();
        }
    }
    // Round the outside, or through a gap between others.
    let (out, back) = (a.0 + STUB, b.0 - STUB);
    let (left, right) = (out.min(back), out.max(back));
    let in_the_way = nodes
        .iter()
        .filter(|r| r.right() > left - CLEAR && r.x < right + CLEAR);
    let lanes = in_the_way.flat_map(|r| [r.y - CLEAR, r.bottom() + CLEAR + 34.0]);
    let round = |y: f64| [a, (out, a.1), (out, y), (back, y), (back, b.1), b];
    let lanes = different(lanes.chain([f64::midpoint(a.1, b.1)]));
    let ways: Vec<_> = lanes.map(round).collect();
    consider(&mut best, &ways, field, ends);
    best.map(|(_, points)| simple(points)).unwrap_or_default()
}

/// Each place once, where it first stands: nodes in a row have their edges in common.
fn different(places: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    let mut seen = BTreeSet::new();
    places.filter(move |place| seen.insert(place.to_bits()))
}

/// Costs from here on are of ways that cross a node.
const CROSSED: f64 = 1e6;

/// Of several ways the one that costs least, and of equals the first. Those that cost least without what they
/// cross are looked at first: then most others need not be.
fn consider<const N: usize>(
    best: &mut Best,
    ways: &[[Point; N]],
    field: &Field,
    ends: (usize, usize),
) {
    let mut order: Vec<(f64, usize)> = ways
        .iter()
        .enumerate()
        .map(|(nth, points)| (bare_cost(points), nth))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (bare, nth) in order {
        let least = best.as_ref().map_or(f64::INFINITY, |(cost, _)| *cost);
        if bare >= least {
            return;
        }
        let points = &ways[nth];
        // More than that, and it is not the best.
        let most = ((least - bare) / CROSSED).ceil();
        let cost = bare + CROSSED * f64::from(crossings(points, field, ends, most));
        if cost < least {
            *best = Some((cost, points.to_vec()));
        }
    }
}

/// Corners and length.
fn bare_cost(points: &[Point]) -> f64 {
    let parts = points.windows(2);
    let length: f64 = parts
        .map(|p| (p[0].0 - p[1].0).abs() + (p[0].1 - p[1].1).abs())
        .sum();
    points.len() as f64 * CORNER + length
}

/// Nodes that a way crosses; counted as far as `most`.
fn crossings(points: &[Point], field: &Field, (from, to): (usize, usize), most: f64) -> u32 {
    let mut crossed = 0;
    for (i, pair) in points.windows(2).enumerate() {
        let (first, last) = (i == 0, i + 2 == points.len());
        let line = Rect {
            x: pair[0].0.min(pair[1].0),
            y: pair[0].1.min(pair[1].1),
            w: (pair[0].0 - pair[1].0).abs(),
            h: (pair[0].1 - pair[1].1).abs(),
        };
        field.near(&line, |n, node| {
            // Where it leaves and arrives it touches.
            if (first && n == from) || (last && n == to) {
                return true;
            }
            let around = Rect {
                x: node.x - AROUND,
                y: node.y - AROUND,
                w: node.w + 2.0 * AROUND,
                h: node.h + 2.0 * AROUND,
            };
            crossed += u32::from(touches(&line, &around));
            f64::from(crossed) < most
        });
        if f64::from(crossed) >= most {
            return crossed;
        }
    }
    crossed
}

fn touches(line: &Rect, node: &Rect) -> bool {
    line.x < node.right()
        && node.x < line.x + line.w.max(0.01)
        && line.y < node.bottom()
        && node.y < line.y + line.h.max(0.01)
}

/// Without corners that are none.
fn simple(points: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for point in points {
        if kept.last().is_some_and(|last| near(*last, point)) {
            continue;
        }
        if let [.., a, b] = kept.as_slice()
            && (((a.0 - b.0).abs() < 0.5 && (b.0 - point.0).abs() < 0.5)
                || ((a.1 - b.1).abs() < 0.5 && (b.1 - point.1).abs() < 0.5))
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

fn near(a: Point, b: Point) -> bool {
    (a.0 - b.0).abs() < 0.5 && (a.1 - b.1).abs() < 0.5
}

/// Where a link leaves or reaches a node: several share a side in the order of where they go.
pub fn port(nodes: &[NodeBox], ends: &[Option<(usize, usize)>], link: usize, out: bool) -> Point {
    let Some((from, to)) = ends[link] else {
        return (0.0, 0.0);
    };
    let node = if out { from } else { to };
    let mut here: Vec<usize> = (0..ends.len())
        .filter(|&l| ends[l].is_some_and(|(f, t)| if out { f } else { t } == node))
        .collect();
    let other = |l: &usize| {
        let (f, t) = ends[*l].unwrap_or_default();
        nodes[if out { t } else { f }].rect.middle().1
    };
    here.sort_by(|a, b| other(a).total_cmp(&other(b)).then(a.cmp(b)));
    let nth = here.iter().position(|&l| l == link).unwrap_or(0) as f64;
    let r = nodes[node].rect;
    let y = r.y + r.h * (nth + 1.0) / (here.len() as f64 + 1.0);
    (if out { r.right() } else { r.x }, y)
}

/// The two ports of a link; on one level, if it has its sides for itself and the nodes overlap.
fn level(nodes: &[NodeBox], ends: &[Option<(usize, usize)>], link: usize) -> (Point, Point) {
    let (a, b) = (
        port(nodes, ends, link, true),
        port(nodes, ends, link, false),
    );
    let Some((from, to)) = ends[link] else {
        return (a, b);
    };
    let alone = |node: usize, out: bool| {
        let side = |&(f, t): &(usize, usize)| if out { f == node } else { t == node };
        ends.iter().flatten().filter(|ends| side(ends)).count() == 1
    };
    let inside = |y: f64, r: Rect| y > r.y + CLEAR && y < r.bottom() - CLEAR;
    let (source, target) = (nodes[from].rect, nodes[to].rect);
    if alone(to, false) && inside(a.1, target) {
        (a, (b.0, a.1))
    } else if alone(from, true) && inside(b.1, source) {
        ((a.0, b.1), b)
    } else {
        (a, b)
    }
}

/// Beside the longest level part that has room; never under a node.
pub fn label(points: &[Point], field: &Field) -> Label {
    let mut level: Vec<(Point, Point)> = points
        .windows(2)
        .map(|p| (p[0], p[1]))
        .filter(|(a, b)| (a.1 - b.1).abs() < 0.5)
        .collect();
    level.sort_by(|a, b| (b.0.0 - b.1.0).abs().total_cmp(&(a.0.0 - a.1.0).abs()));
    let free = |x: f64, y: f64| {
        let text = Rect {
            x: x - LABEL.0 / 2.0,
            y: y - LABEL.1 / 2.0,
            w: LABEL.0,
            h: LABEL.1,
        };
        let mut is_free = true;
        field.near(&text, |_, node| {
            is_free = !node.overlaps(&text);
            is_free
        });
        is_free
    };
    let mut first = None;
    for (a, b) in level {
        for share in [0.5, 0.35, 0.65, 0.2, 0.8] {
            let (x, y) = (a.0 + (b.0 - a.0) * share, a.1);
            first = first.or(Some((x, y)));
            if free(x, y) {
                return Label {
                    x,
                    y,
                    side: Side::Middle,
                };
            }
        }
    }
    let mut upright = points
        .windows(2)
        .map(|p| (f64::midpoint(p[0].0, p[1].0), f64::midpoint(p[0].1, p[1].1)));
    let (x, y) = upright
        .find(|&(x, y)| free(x, y))
        .or(first)
        .unwrap_or_default();
    Label {
        x,
        y,
        side: Side::Middle,
    }
}

/// One link of a drawing.
pub fn path(
    key: &str,
    nodes: &[NodeBox],
    field: &Field,
    ends: &[Option<(usize, usize)>],
    link: usize,
) -> Option<LinkPath> {
    let (from, to) = ends[link]?;
    let (a, b) = level(nodes, ends, link);
    let points = way(a, b, field, (from, to));
    Some(LinkPath {
        label: label(&points, field),
        key: key.to_owned(),
        from,
        to,
        points,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(x: f64, y: f64) -> Rect {
        Rect {
            x,
            y,
            w: 100.0,
            h: 60.0,
        }
    }

    fn crossed(points: &[Point], field: &Field, ends: (usize, usize)) -> bool {
        crossings(points, field, ends, f64::INFINITY) > 0
    }

    #[test]
    fn a_node_in_between_is_passed() {
        let nodes = Field::new(vec![node(0.0, 0.0), node(400.0, 0.0), node(200.0, -20.0)]);
        let points = way((100.0, 30.0), (400.0, 30.0), &nodes, (0, 1));
        assert!(!crossed(&points, &nodes, (0, 1)), "{points:?}");
        assert_eq!(points, way((100.0, 30.0), (400.0, 30.0), &nodes, (0, 1)));
    }

    #[test]
    fn a_link_back_goes_round_both() {
        let nodes = Field::new(vec![node(400.0, 0.0), node(0.0, 0.0)]);
        let points = way((500.0, 30.0), (0.0, 30.0), &nodes, (0, 1));
        assert!(!crossed(&points, &nodes, (0, 1)), "{points:?}");
    }

    #[test]
    fn of_many_random_drawings_hardly_a_link_crosses_a_node_that_it_could_pass() {
        let mut state = 7_u64;
        let mut next = |most: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % most) as f64
        };
        let (mut all, mut bad) = (0, 0);
        for _ in 0..100 {
            let nodes: Vec<Rect> = (0..16)
                .map(|i| {
                    node(
                        f64::from(i % 4) * 240.0 + next(80),
                        f64::from(i / 4) * 160.0 + next(50),
                    )
                })
                .collect();
            let field = Field::new(nodes.clone());
            for _ in 0..16 {
                let (from, to) = (next(16) as usize, next(16) as usize);
                if from == to {
                    continue;
                }
                let (a, b) = (nodes[from], nodes[to]);
                let points = way(
                    (a.right(), a.middle().1),
                    (b.x, b.middle().1),
                    &field,
                    (from, to),
                );
                assert_eq!(points.first(), Some(&(a.right(), a.middle().1)));
                all += 1;
                bad += u32::from(crossed(&points, &field, (from, to)));
            }
        }
        assert!(bad * 20 < all, "{bad} of {all} links cross a node");
    }
}
