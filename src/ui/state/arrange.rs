//! Where nodes stand: the way from one to the next, free places, rows and columns.

use crate::design::Design;
use crate::scenario::draw::{Edit, Thing};

use super::editing::{run, shift, told_selection};
use super::editor::{Align, Tool, Way};
use super::geometry::{NodeBox, Rect, Scene, extent};
use super::model::Model;
use super::update::Effect;

/// Space between a node and one that is added beside it.
const APART: f64 = 120.0;
/// The size at which a drawing is laid out that nobody has looked at.
const NOMINAL: (f64, f64) = (1160.0, 560.0);

/// The node that is nearest in a direction, measured between edges; of a link the end that lies that way; the
/// first one, if nothing is selected.
pub fn walk(model: &mut Model, way: Way) -> Vec<Effect> {
    let design = &model.doc.scenario.design;
    let boxes = boxes(design);
    if let Some(Thing::Link(key)) = model.editor.only()
        && let Some(link) = design.link(key)
    {
        let forward = matches!(way, Way::Right | Way::Down);
        let end = if forward { &link.to } else { &link.from };
        let end = Thing::Node(end.clone());
        model.editor.select([end]);
        return told_selection(model);
    }
    let here = model.editor.selected.iter().find_map(|thing| match thing {
        Thing::Node(key) => boxes.iter().find(|node| node.key == *key),
        Thing::Link(_) | Thing::Operation(_) | Thing::Watched(..) => None,
    });
    let next = match here {
        None => boxes.first(),
        Some(here) => nearest(&boxes, here, way),
    };
    if let Some(next) = next {
        model.editor.select([Thing::Node(next.key.clone())]);
        return told_selection(model);
    }
    model.said.answer("No node further that way.".to_owned());
    Vec::new()
}

fn nearest<'a>(boxes: &'a [NodeBox], here: &NodeBox, way: Way) -> Option<&'a NodeBox> {
    let (a, mid) = (here.rect, here.rect.middle());
    let measured = boxes
        .iter()
        .filter(|node| node.key != here.key)
        .filter_map(|node| {
            let (b, to) = (node.rect, node.rect.middle());
            let (ahead, beside) = match way {
                Way::Right => (to.0 - mid.0, apart((a.y, a.bottom()), (b.y, b.bottom()))),
                Way::Left => (mid.0 - to.0, apart((a.y, a.bottom()), (b.y, b.bottom()))),
                Way::Down => (to.1 - mid.1, apart((a.x, a.right()), (b.x, b.right()))),
                Way::Up => (mid.1 - to.1, apart((a.x, a.right()), (b.x, b.right()))),
            };
            (ahead > 1.0).then_some((ahead + 3.0 * beside, node))
        });
    measured
        .min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.key.cmp(&b.1.key)))
        .map(|(_, node)| node)
}

/// The gap between two spans; none if they overlap.
fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.1).max(b.0 - a.1).max(0.0)
}

pub fn put_at(model: &mut Model, x: i32, y: i32) -> Vec<Effect> {
    model.editor.tool = Tool::Select;
    let keys = model.editor.nodes();
    let boxes = boxes(&model.doc.scenario.design);
    let held = boxes.iter().filter(|node| keys.contains(&node.key));
    let all = extent(held.map(|node| node.rect));
    let (mx, my) = whole(all.middle());
    shift(model, (x - mx, y - my))
}

/// A place beside a node, or right of everything, where nothing stands.
pub fn free_place(boxes: &[NodeBox], beside: Option<&str>, way: Way) -> (i32, i32) {
    let size = (236.0, 124.0);
    let Some(base) = beside
        .and_then(|key| boxes.iter().find(|node| node.key == key))
        .or(boxes.last())
    else {
        return (80, 80);
    };
    let r = base.rect;
    let start = match way {
        Way::Right => (r.right() + APART, r.y),
        Way::Left => (r.x - APART - size.0, r.y),
        Way::Down => (r.x, r.bottom() + 72.0),
        Way::Up => (r.x, r.y - 72.0 - size.1),
    };
    for step in 0..200 {
        // Down and up in turn beside it; sideways where it is above or below.
        let n = f64::from((step + 1) / 2) * if step % 2 == 1 { 1.0 } else { -1.0 };
        let (x, y) = match way {
            Way::Right | Way::Left => (start.0, start.1 + n * 56.0),
            Way::Down | Way::Up => (start.0 + n * 80.0, start.1),
        };
        let here = Rect {
            x: x - 24.0,
            y: y - 20.0,
            w: size.0 + 48.0,
            h: size.1 + 56.0,
        };
        if !boxes.iter().any(|node| node.rect.overlaps(&here)) {
            return whole((x, y));
        }
    }
    whole(start)
}

pub fn align(model: &mut Model, how: Align) -> Vec<Effect> {
    let keys = model.editor.nodes();
    let mut held: Vec<NodeBox> = boxes(&model.doc.scenario.design);
    held.retain(|node| keys.contains(&node.key));
    if held.len() < 2 {
        model.toast("Select at least two nodes to line them up.".to_owned());
        return Vec::new();
    }
    let all = extent(held.iter().map(|node| node.rect));
    let at = |r: Rect| match how {
        Align::Left => (all.x, r.y),
        Align::Centre => (all.middle().0 - r.w / 2.0, r.y),
        Align::Right => (all.right() - r.w, r.y),
        Align::Top => (r.x, all.y),
        Align::Middle => (r.x, all.middle().1 - r.h / 2.0),
        Align::Bottom => (r.x, all.bottom() - r.h),
        Align::Across | Align::Down => (r.x, r.y),
    };
    let mut to: Vec<(String, (i32, i32))> = held
        .iter()
        .map(|node| (node.key.clone(), whole(at(node.rect))))
        .collect();
    if matches!(how, Align::Across | Align::Down) {
        to = distributed(held, all, how == Align::Across);
    }
    let name = format!("Line up {} nodes", to.len());
    let edit = on_fixed(&model.doc.scenario.design, &name, vec![Edit::Move { to }]);
    run(model, edit)
}

fn distributed(mut held: Vec<NodeBox>, all: Rect, across: bool) -> Vec<(String, (i32, i32))> {
    let start = |r: &Rect| if across { r.x } else { r.y };
    let size = |r: &Rect| if across { r.w } else { r.h };
    held.sort_by(|a, b| {
        start(&a.rect)
            .total_cmp(&start(&b.rect))
            .then_with(|| a.key.cmp(&b.key))
    });
    let taken: f64 = held.iter().map(|node| size(&node.rect)).sum();
    let gap = (size(&all) - taken) / (held.len() as f64 - 1.0);
    let mut next = start(&all);
    let each = held.into_iter().map(|node| {
        let r = node.rect;
        let at = if across { (next, r.y) } else { (r.x, next) };
        next += size(&r) + gap;
        (node.key, whole(at))
    });
    each.collect()
}

/// Where each node stands now.
pub fn boxes(design: &Design) -> Vec<NodeBox> {
    Scene::new(design, NOMINAL.0, NOMINAL.1).nodes
}

pub fn whole(at: (f64, f64)) -> (i32, i32) {
    (at.0.round() as i32, at.1.round() as i32)
}

/// What fixes the places of all nodes, if some have none yet: a drawing that was laid out by itself stays
/// as it was seen.
pub fn fixed(design: &Design) -> Option<Edit> {
    if design.nodes.iter().all(|node| node.position.is_some()) {
        return None;
    }
    let to = boxes(design)
        .into_iter()
        .map(|node| (node.key, whole((node.rect.x, node.rect.y))))
        .collect();
    Some(Edit::Move { to })
}

/// An edit of a drawing whose nodes have places.
pub fn on_fixed(design: &Design, name: &str, edits: Vec<Edit>) -> Edit {
    let mut all: Vec<Edit> = fixed(design).into_iter().collect();
    all.extend(edits);
    match all.len() {
        1 => all.remove(0),
        _ => Edit::All {
            name: name.to_owned(),
            edits: all,
        },
    }
}
