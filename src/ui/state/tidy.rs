//! A layered layout: callers left of whom they call, few crossings, each node near its neighbours. The
//! method of Sugiyama, Tagawa and Toda (1981): layers by the longest path, order within layers by the
//! middle of the neighbours, then places. The same drawing always comes out the same; a library whose
//! order hangs on a hash would not promise that.

use crate::design::Design;

use super::geometry::{NodeBox, layers};

/// Space between layers, and between nodes of one.
const BETWEEN: f64 = 180.0;
const BELOW: f64 = 72.0;
/// Where the drawing begins.
const START: (f64, f64) = (80.0, 80.0);
/// Times the order is improved, forwards and backwards.
const SWEEPS: usize = 8;

/// A place for each node.
pub fn tidied(design: &Design) -> Vec<(String, (i32, i32))> {
    let boxes = super::arrange::boxes(design);
    if boxes.is_empty() {
        return Vec::new();
    }
    let layer_of = layers(design);
    let edges = super::routes::ends_of(design, &boxes);
    let edges: Vec<(usize, usize)> = edges.into_iter().flatten().collect();
    let order = ordered(&boxes, &layer_of, &edges);
    let mut to = Vec::new();
    let mut x = START.0;
    let height = |layer: &Vec<usize>| -> f64 {
        let all: f64 = layer.iter().map(|&i| boxes[i].rect.h + BELOW).sum();
        all - BELOW
    };
    let tallest = order.iter().map(height).fold(0.0, f64::max);
    for layer in &order {
        let width = layer.iter().map(|&i| boxes[i].rect.w).fold(0.0, f64::max);
        let mut y = START.1 + (tallest - height(layer)) / 2.0;
        for &i in layer {
            let r = boxes[i].rect;
            let at = (x + (width - r.w) / 2.0, y);
            to.push((
                boxes[i].key.clone(),
                (at.0.round() as i32, at.1.round() as i32),
            ));
            y += r.h + BELOW;
        }
        x += width + BETWEEN;
    }
    to
}

/// Nodes by layer, each layer from top to bottom.
fn ordered(boxes: &[NodeBox], layer_of: &[usize], edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let count = layer_of.iter().max().map_or(0, |&most| most + 1);
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); count];
    // Begin with how they stand, so that tidying what is tidy changes nothing.
    let mut all: Vec<usize> = (0..boxes.len()).collect();
    all.sort_by(|&a, &b| {
        let (ra, rb) = (boxes[a].rect, boxes[b].rect);
        ra.y.total_cmp(&rb.y)
            .then(ra.x.total_cmp(&rb.x))
            .then(a.cmp(&b))
    });
    for i in all {
        order[layer_of[i]].push(i);
    }
    let mut best = (crossings(&order, layer_of, edges), order.clone());
    for sweep in 0..SWEEPS {
        let forwards = sweep % 2 == 0;
        let steps: Vec<usize> = match forwards {
            true => (1..count).collect(),
            false => (0..count.saturating_sub(1)).rev().collect(),
        };
        for layer in steps {
            let mut placed = vec![0.0; boxes.len()];
            for members in &order {
                let n = members.len() as f64;
                members
                    .iter()
                    .enumerate()
                    .for_each(|(at, &i)| placed[i] = (at as f64 + 0.5) / n);
            }
            let middle = |i: usize| {
                let beside = edges.iter().filter_map(|&(from, to)| match forwards {
                    true => (to == i && layer_of[from] < layer).then_some(from),
                    false => (from == i && layer_of[to] > layer).then_some(to),
                });
                let (sum, n) = beside.fold((0.0, 0.0), |(s, n), j| (s + placed[j], n + 1.0));
                if n > 0.0 { sum / n } else { placed[i] }
            };
            let middles: Vec<f64> = (0..boxes.len()).map(middle).collect();
            order[layer].sort_by(|&a, &b| middles[a].total_cmp(&middles[b]));
        }
        let now = crossings(&order, layer_of, edges);
        if now < best.0 {
            best = (now, order.clone());
        }
    }
    best.1
}

/// Pairs of links between the same layers that cross.
fn crossings(order: &[Vec<usize>], layer_of: &[usize], edges: &[(usize, usize)]) -> usize {
    let mut place = vec![0usize; layer_of.len()];
    for members in order {
        members
            .iter()
            .enumerate()
            .for_each(|(at, &i)| place[i] = at);
    }
    let mut crossed = 0;
    for (n, &(a, b)) in edges.iter().enumerate() {
        for &(c, d) in &edges[n + 1..] {
            let same = layer_of[a] == layer_of[c] && layer_of[b] == layer_of[d];
            let (left, right) = (place[a].cmp(&place[c]), place[b].cmp(&place[d]));
            crossed += usize::from(same && left != right && left.is_ne() && right.is_ne());
        }
    }
    crossed
}
