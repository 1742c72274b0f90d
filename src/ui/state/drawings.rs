//! How the starting points are drawn: what somebody begins with is laid out well.

use super::geometry::{BELOW, Rect, Scene};
use super::routes::LinkPath;
use crate::scenario::Scenario;
use crate::scenario::starts::{STARTS, text};

fn scene(id: &str) -> Scene {
    let scenario = Scenario::parse(text(id).unwrap()).unwrap();
    Scene::new(&scenario.design, 1_000.0, 600.0)
}

fn pieces(link: &LinkPath) -> impl Iterator<Item = Rect> + '_ {
    link.points.windows(2).map(|pair| {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        Rect {
            x: ax.min(bx),
            y: ay.min(by),
            w: (ax - bx).abs(),
            h: (ay - by).abs(),
        }
    })
}

/// One lies across the other: they meet in the middle of both.
fn cross(a: &Rect, b: &Rect) -> bool {
    let upright = |r: &Rect| r.w < 0.5 && r.h > 0.5;
    let (up, flat) = match (upright(a), upright(b)) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        _ => return false,
    };
    up.x > flat.x + 1.0
        && up.x < flat.right() - 1.0
        && flat.y > up.y + 1.0
        && flat.y < up.bottom() - 1.0
}

#[test]
fn nodes_have_room_and_no_link_crosses_a_node() {
    for start in STARTS {
        let scene = scene(start.id);
        for (i, a) in scene.nodes.iter().enumerate() {
            let with_badges = Rect {
                h: a.rect.h + BELOW,
                ..a.rect
            };
            for b in &scene.nodes[i + 1..] {
                let (id, a, b) = (start.id, &a.key, &b.key);
                let other = scene.node(b).unwrap().rect;
                assert!(!with_badges.overlaps(&other), "{id}: {a} and {b}");
            }
        }
        for link in &scene.links {
            for (n, node) in scene.nodes.iter().enumerate() {
                if n == link.from || n == link.to {
                    continue;
                }
                let over = pieces(link).any(|piece| piece.overlaps(&node.rect));
                assert!(!over, "{}: {} crosses {}", start.id, link.key, node.key);
            }
        }
    }
}

#[test]
fn they_read_from_left_to_right_and_hardly_a_link_crosses_another() {
    for start in STARTS {
        let scene = scene(start.id);
        let crossings: Vec<(&str, &str)> = scene
            .links
            .iter()
            .enumerate()
            .flat_map(|(i, a)| scene.links[i + 1..].iter().map(move |b| (a, b)))
            .filter(|(a, b)| pieces(a).any(|p| pieces(b).any(|q| cross(&p, &q))))
            .map(|(a, b)| (a.key.as_str(), b.key.as_str()))
            .collect();
        assert!(crossings.len() <= 1, "{}: {crossings:?}", start.id);
        let left = scene.nodes.iter().map(|node| node.rect.x);
        let left = left.fold(f64::INFINITY, f64::min);
        let design = Scenario::parse(text(start.id).unwrap()).unwrap().design;
        for node in design.nodes.iter().filter(|n| n.kind.name == "clients") {
            let drawn = scene.node(&node.key).unwrap().rect;
            assert!(drawn.x <= left + 0.5, "{}: {}", start.id, node.key);
        }
        let back = scene.links.iter().filter(|link| {
            let (from, to) = (scene.nodes[link.from].rect, scene.nodes[link.to].rect);
            to.x + 1.0 < from.x
        });
        assert!(back.count() * 3 <= scene.links.len(), "{}", start.id);
    }
}
