//! The way of each link across the drawing, and where its texts stand.

use crate::design::Design;

use super::field::Field;
use super::freeroutes;
use super::geometry::{NodeBox, Rect, Scene};
use super::snap::Drag;

#[derive(Clone, Debug, PartialEq)]
pub struct LinkPath {
    /// Where its texts stand.
    pub label: Label,
    pub key: String,
    pub from: usize,
    pub to: usize,
    /// Corners from the caller's edge to the callee's edge.
    pub points: Vec<(f64, f64)>,
}

/// A place for the texts of a link: beside it, not over a node.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Label {
    pub x: f64,
    pub y: f64,
    pub side: Side,
}

/// Which part of the text stands at the place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    Start,
    #[default]
    Middle,
    End,
}

impl Side {
    pub fn anchor(self) -> &'static str {
        match self {
            Side::Start => "start",
            Side::Middle => "middle",
            Side::End => "end",
        }
    }

    /// Left edge of something this wide.
    pub fn left(self, x: f64, width: f64) -> f64 {
        match self {
            Side::Start => x,
            Side::Middle => x - width / 2.0,
            Side::End => x - width,
        }
    }
}

impl LinkPath {
    pub fn length(&self) -> f64 {
        self.points.windows(2).map(|p| distance(p[0], p[1])).sum()
    }

    /// Place at a share of the way, 0 at the caller.
    /// Moved to the right of the direction of travel by `beside`.
    pub fn at(&self, share: f64, beside: f64) -> (f64, f64) {
        let mut rest = share.clamp(0.0, 1.0) * self.length();
        for pair in self.points.windows(2) {
            let step = distance(pair[0], pair[1]);
            if rest <= step && step > 0.0 {
                let t = rest / step;
                let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
                let (x, y) = (pair[0].0 + dx * t, pair[0].1 + dy * t);
                return (x - dy / step * beside, y + dx / step * beside);
            }
            rest -= step;
        }
        self.points.last().copied().unwrap_or_default()
    }
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).abs() + (a.1 - b.1).abs()
}

/// The two ends of each link, as numbers of nodes.
pub fn ends_of(design: &Design, nodes: &[NodeBox]) -> Vec<Option<(usize, usize)>> {
    let index = |key: &str| nodes.iter().position(|n| n.key == key);
    let links = design.links.iter();
    links
        .map(|l| Some((index(&l.from)?, index(&l.to)?)))
        .collect()
}

/// All links between nodes that stand where somebody put them.
pub fn route_freely(design: &Design, nodes: &[NodeBox]) -> Vec<LinkPath> {
    let ends = ends_of(design, nodes);
    let field = Field::new(nodes.iter().map(|node| node.rect).collect());
    let links = design.links.iter().enumerate();
    links
        .filter_map(|(l, link)| freeroutes::path(&link.key, nodes, &field, &ends, l))
        .collect()
}

/// The nodes of a drawing, those under way where they are now.
pub fn under_way(scene: &Scene, drag: &Drag) -> Field {
    let now = |node: &NodeBox| match drag.moves(&node.key) {
        true => Rect {
            x: node.rect.x + drag.dx,
            y: node.rect.y + drag.dy,
            ..node.rect
        },
        false => node.rect,
    };
    Field::new(scene.nodes.iter().map(now).collect())
}

/// A link while one of its ends is under way.
pub fn dragged(scene: &Scene, field: &Field, link: &LinkPath, drag: &Drag) -> LinkPath {
    let shifted = |end: usize, (x, y): (f64, f64)| match scene.nodes.get(end) {
        Some(node) if drag.moves(&node.key) => (x + drag.dx, y + drag.dy),
        _ => (x, y),
    };
    let (first, last) = (link.points.first(), link.points.last());
    let (Some(&first), Some(&last)) = (first, last) else {
        return link.clone();
    };
    let (a, b) = (shifted(link.from, first), shifted(link.to, last));
    let points = freeroutes::way(a, b, field, (link.from, link.to));
    LinkPath {
        label: freeroutes::label(&points, field),
        points,
        ..link.clone()
    }
}

/// All links of the design, between nodes that have their places.
pub fn route(design: &Design, nodes: &[NodeBox], top_down: bool) -> Vec<LinkPath> {
    let index = |key: &str| nodes.iter().position(|n| n.key == key);
    let ends: Vec<Option<(usize, usize)>> = design
        .links
        .iter()
        .map(|l| Some((index(&l.from)?, index(&l.to)?)))
        .collect();
    // Several links on one side of a node share it evenly.
    let port = |node: usize, link: usize, outgoing: bool| {
        let here: Vec<usize> = (0..ends.len())
            .filter(|&l| ends[l].is_some_and(|(f, t)| if outgoing { f } else { t } == node))
            .collect();
        let nth = here.iter().position(|&l| l == link).unwrap_or(0) as f64;
        let share = (nth + 1.0) / (here.len() as f64 + 1.0);
        let r = nodes[node].rect;
        match (top_down, outgoing) {
            (false, true) => (r.right(), r.y + r.h * share),
            (false, false) => (r.x, r.y + r.h * share),
            (true, true) => (r.x + r.w * share, r.bottom()),
            (true, false) => (r.x + r.w * share, r.y),
        }
    };
    let mut paths = Vec::new();
    for (l, link) in design.links.iter().enumerate() {
        let Some((from, to)) = ends[l] else { continue };
        let (a, b) = (port(from, l, true), port(to, l, false));
        let points = if top_down {
            let half = f64::midpoint(a.1, b.1);
            bend(a, (a.0, half), (b.0, half), b, (a.0 - b.0).abs())
        } else {
            let half = f64::midpoint(a.0, b.0);
            bend(a, (half, a.1), (half, b.1), b, (a.1 - b.1).abs())
        };
        let fans_out = ends.iter().flatten().filter(|&&(f, _)| f == from).count() > 1;
        paths.push(LinkPath {
            label: label(&points, top_down, fans_out),
            key: link.key.clone(),
            from,
            to,
            points,
        });
    }
    paths
}

/// In the middle of a straight link; else beside the end at which links stand apart.
fn label(points: &[(f64, f64)], top_down: bool, fans_out: bool) -> Label {
    let (Some(&a), Some(&b)) = (points.first(), points.last()) else {
        return Label::default();
    };
    let straight = points.len() == 2;
    let (x, y, side) = match (top_down, straight, fans_out) {
        (true, true, _) => (a.0 + 16.0, f64::midpoint(a.1, b.1), Side::Start),
        (true, false, true) => (b.0 + 14.0, b.1 - 22.0, Side::Start),
        (true, false, false) => (a.0 + 14.0, a.1 + 22.0, Side::Start),
        (false, true, false) => (f64::midpoint(a.0, b.0), a.1, Side::Middle),
        (false, _, true) => (b.0 - 10.0, b.1, Side::End),
        (false, false, false) => (a.0 + 10.0, a.1, Side::Start),
    };
    Label { x, y, side }
}

fn bend(
    a: (f64, f64),
    p: (f64, f64),
    q: (f64, f64),
    b: (f64, f64),
    offset: f64,
) -> Vec<(f64, f64)> {
    if offset < 0.5 {
        vec![a, b]
    } else {
        vec![a, p, q, b]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_is_below_a_link_to_the_right() {
        let link = LinkPath {
            label: Label::default(),
            key: String::new(),
            from: 0,
            to: 1,
            points: vec![(0.0, 10.0), (100.0, 10.0)],
        };
        assert_eq!(link.at(0.25, 7.0), (25.0, 17.0));
    }
}
