//! Where nodes and links stand on the drawing. Pure arithmetic on the design: the SVG and the canvas
//! above it both draw from one [`Scene`], so a disc is always on its line.

use crate::design::{Design, Node, Settings};

use super::routes::{LinkPath, route, route_freely};
use super::view::View;

pub const PAD: f64 = 16.0;
/// Side of a slot's square and its pitch.
pub const SLOT: f64 = 12.0;
pub const SLOT_PITCH: f64 = 17.0;
/// Places of the waiting line that are drawn one by one, and their pitch.
const TICKS: usize = 24;
pub const TICK_PITCH: f64 = 6.0;
pub const LINE_HEIGHT: f64 = 22.0;

/// Silhouette of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    Stadium,
    Hexagon,
    Rectangle,
    Cylinder,
    /// Rectangle with a cut corner.
    CutCorner,
    /// Rectangle inside a dashed "not yours" boundary.
    Foreign,
    /// A tube on its side.
    Tube,
    /// Rectangle with a notched left edge.
    Notched,
    /// Rectangle with a folded corner.
    Folded,
    /// Parallelogram.
    Slanted,
}

impl Shape {
    pub fn of_kind(kind: &str) -> Shape {
        match kind {
            "clients" => Shape::Stadium,
            "balancer" => Shape::Hexagon,
            "database" => Shape::Cylinder,
            "cache" => Shape::CutCorner,
            "third_party" => Shape::Foreign,
            "queue" => Shape::Tube,
            "worker" => Shape::Notched,
            "job" => Shape::Folded,
            "feed" => Shape::Slanted,
            _ => Shape::Rectangle,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

impl Rect {
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    pub fn overlaps(&self, other: &Rect) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    pub fn middle(&self) -> (f64, f64) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct NodeBox {
    pub key: String,
    pub shape: Shape,
    pub rect: Rect,
    /// The waiting line and the slots, where the kind has them.
    pub line: Option<Rect>,
    pub slots: Option<SlotGrid>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlotGrid {
    pub x: f64,
    pub y: f64,
    pub count: u32,
    pub columns: u32,
    pub rows: u32,
}

impl SlotGrid {
    fn new(count: u32, most_columns: u32) -> SlotGrid {
        // More than two rows hold become a bar of the width of a row.
        let rows = if count <= 5 { 1 } else { 2 };
        let columns = count.div_ceil(rows).clamp(1, most_columns);
        SlotGrid {
            x: 0.0,
            y: 0.0,
            count,
            columns,
            rows,
        }
    }

    pub fn width(&self) -> f64 {
        f64::from(self.columns) * SLOT_PITCH - (SLOT_PITCH - SLOT)
    }

    /// Drawn as a bar instead of squares.
    pub fn is_bar(&self) -> bool {
        self.count > self.columns * self.rows
    }

    /// Top left corner of one square.
    pub fn square(&self, slot: u32) -> (f64, f64) {
        let (row, column) = (slot / self.columns, slot % self.columns);
        (
            self.x + f64::from(column) * SLOT_PITCH,
            self.y + f64::from(row) * SLOT_PITCH,
        )
    }
}

/// How much room each thing gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    #[default]
    Roomy,
    /// Shorter waiting lines and texts, for designs that would not fit otherwise.
    Compact,
}

/// The whole drawing for one size of the canvas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    pub nodes: Vec<NodeBox>,
    pub links: Vec<LinkPath>,
    /// Extent of the drawing in its own units.
    pub width: f64,
    pub height: f64,
    /// From the drawing's units to CSS pixels.
    pub zoom: f64,
    pub shift: (f64, f64),
    pub top_down: bool,
    pub density: Density,
}

/// Below this width a drawing goes from top to bottom.
pub const NARROW: f64 = 620.0;

/// From this number of nodes on, each gets less room.
const MANY: usize = 5;

/// Room between two nodes for what is said about their link.
const LABEL: f64 = 60.0;

/// Room for the tools above a drawing that goes from top to bottom.
const TOOLS: f64 = 44.0;

/// Space around a drawing that fills the canvas.
pub(super) const MARGIN: f64 = 32.0;

/// Room that badges below a node take.
pub(super) const BELOW: f64 = 34.0;

impl Scene {
    /// Lays the design out for a canvas of this size: left to right, or top down where it is narrow.
    /// A design whose nodes all have places keeps them where there is room for a drawing.
    pub fn new(design: &Design, canvas_w: f64, canvas_h: f64) -> Scene {
        let placed = design.nodes.iter().all(|node| node.position.is_some());
        if placed && canvas_w >= NARROW {
            return Scene::placed(design, canvas_w, canvas_h);
        }
        let roomy = Scene::lay_out(design, canvas_w, canvas_h, Density::Roomy);
        if roomy.zoom > 0.97 {
            return roomy;
        }
        Scene::lay_out(design, canvas_w, canvas_h, Density::Compact)
    }

    fn lay_out(design: &Design, canvas_w: f64, canvas_h: f64, density: Density) -> Scene {
        let top_down = canvas_w < NARROW;
        let layers = layers(design);
        let count = layers.iter().max().map_or(0, |&l| l + 1);
        let mut sizes: Vec<NodeBox> = design.nodes.iter().map(|n| sized(n, density)).collect();
        let thickness: Vec<f64> = (0..count)
            .map(|l| {
                let of_layer = sizes.iter().zip(&layers).filter(|&(_, &x)| x == l);
                of_layer
                    .map(|(n, _)| if top_down { n.rect.h + BELOW } else { n.rect.w })
                    .fold(0.0, f64::max)
            })
            .collect();
        let room = if top_down { canvas_h } else { canvas_w };
        let gaps = count.saturating_sub(1).max(1) as f64;
        // Where there is plenty of room, the nodes stay within sight of each other.
        let (least, most) = match (top_down, density) {
            (true, _) => (72.0, 110.0),
            (false, Density::Roomy) => (150.0, 380.0),
            (false, Density::Compact) => (124.0, 380.0),
        };
        let gap = ((room - 2.0 * 28.0 - thickness.iter().sum::<f64>()) / gaps).clamp(least, most);

        let mut along = 0.0;
        let mut extent: f64 = 0.0;
        for (layer, thick) in thickness.iter().enumerate() {
            let members: Vec<usize> = (0..sizes.len()).filter(|&i| layers[i] == layer).collect();
            let mut across = 0.0;
            for &i in &members {
                let rect = &mut sizes[i].rect;
                if top_down {
                    (rect.x, rect.y) = (across, along);
                    across += rect.w + 40.0;
                } else {
                    (rect.x, rect.y) = (along + (thick - rect.w) / 2.0, across);
                    across += rect.h + BELOW + 30.0;
                }
            }
            let total = across - if top_down { 40.0 } else { 30.0 };
            extent = extent.max(total);
            for &i in &members {
                // Centred once the widest layer is known; until then the layer's own size is kept.
                if top_down {
                    sizes[i].rect.x -= total / 2.0;
                } else {
                    sizes[i].rect.y -= total / 2.0;
                }
            }
            along += thick + gap;
        }
        for node in &mut sizes {
            if top_down {
                node.rect.x += extent / 2.0;
            } else {
                node.rect.y += extent / 2.0;
            }
            node.place_parts();
        }
        let (width, height) = if top_down {
            (extent, along - gap)
        } else {
            (along - gap, extent)
        };
        let links = route(design, &sizes, top_down);
        // The legend at the bottom has two rows where it is narrow.
        let (tools, legend) = if top_down { (TOOLS, 52.0) } else { (0.0, 20.0) };
        let fit_w = (canvas_w - 32.0) / width.max(1.0);
        let fit_h = (canvas_h - 28.0 - tools - legend) / height.max(1.0);
        let largest = if top_down { 1.0 } else { 1.15 };
        let zoom = fit_w.min(fit_h).clamp(0.5, largest);
        let shift = (
            (canvas_w - width * zoom) / 2.0,
            tools + (canvas_h - tools - legend - height * zoom) / 2.0,
        );
        Scene {
            nodes: sizes,
            links,
            width,
            height,
            zoom,
            shift,
            top_down,
            density,
        }
    }

    /// Nodes at the places that the design gives them.
    fn placed(design: &Design, canvas_w: f64, canvas_h: f64) -> Scene {
        let roomy = Scene::at_places(design, canvas_w, canvas_h, Density::Roomy);
        if design.nodes.len() < MANY && roomy.zoom > 0.97 && roomy.has_room_for_labels() {
            return roomy;
        }
        Scene::at_places(design, canvas_w, canvas_h, Density::Compact)
    }

    /// What is said about a link stands between its nodes.
    fn has_room_for_labels(&self) -> bool {
        let boxes = || self.nodes.iter().map(|node| node.rect);
        let is_beside = |a: Rect, b: Rect| a.y < b.bottom() && b.y < a.bottom() && a.x < b.x;
        let mut gaps = boxes().flat_map(|a| {
            let right = boxes().filter(move |&b| is_beside(a, b));
            right.map(move |b| b.x - a.right())
        });
        gaps.all(|gap| gap >= LABEL)
    }

    fn at_places(design: &Design, canvas_w: f64, canvas_h: f64, density: Density) -> Scene {
        let mut nodes: Vec<NodeBox> = design.nodes.iter().map(|n| sized(n, density)).collect();
        for (drawn, node) in nodes.iter_mut().zip(&design.nodes) {
            let (x, y) = node.position.unwrap_or_default();
            (drawn.rect.x, drawn.rect.y) = (f64::from(x), f64::from(y));
            drawn.place_parts();
        }
        let links = route_freely(design, &nodes);
        let mut scene = Scene {
            nodes,
            links,
            density,
            ..Scene::default()
        };
        scene.fit(canvas_w, canvas_h);
        scene
    }

    /// Everything that is drawn, as one rectangle.
    pub fn extent(&self) -> Rect {
        extent(self.nodes.iter().map(|node| node.rect))
    }

    /// Zoom and shift with which all of it is in sight.
    fn fit(&mut self, canvas_w: f64, canvas_h: f64) {
        let all = self.extent();
        (self.width, self.height) = (all.w, all.h);
        let view = View::fit(all, (canvas_w, canvas_h), 0.0, View::NEAR);
        (self.zoom, self.shift) = (view.zoom, (view.x, view.y));
    }

    pub fn node(&self, key: &str) -> Option<&NodeBox> {
        self.nodes.iter().find(|n| n.key == key)
    }
}

/// The smallest rectangle around others.
pub fn extent(rects: impl Iterator<Item = Rect>) -> Rect {
    let all = rects.fold(None, |all: Option<Rect>, r| {
        let Some(a) = all else { return Some(r) };
        let (x, y) = (a.x.min(r.x), a.y.min(r.y));
        let (right, bottom) = (a.right().max(r.right()), a.bottom().max(r.bottom()));
        Some(Rect {
            x,
            y,
            w: right - x,
            h: bottom - y,
        })
    });
    all.unwrap_or_default()
}

impl NodeBox {
    /// Line left, slots right, below the row of the name.
    fn place_parts(&mut self) {
        let Rect { x, y, w, .. } = self.rect;
        let top = if self.shape == Shape::Cylinder {
            y + 46.0
        } else {
            y + 38.0
        };
        if let Some(line) = &mut self.line {
            (line.x, line.y) = (x + PAD, top);
        }
        if let Some(slots) = &mut self.slots {
            slots.x = x + w - PAD - slots.width();
            slots.y = top - if slots.rows == 1 { -5.0 } else { 2.0 };
        }
    }
}

fn sized(node: &Node, density: Density) -> NodeBox {
    let shape = Shape::of_kind(node.kind.name);
    let settings = Settings::new(node.kind, &node.knobs);
    let capacity = match node.kind.name {
        "service" => Some(settings.count("slots") * settings.count("instances")),
        "database" => Some(settings.count("cores")),
        _ => None,
    };
    let compact = density == Density::Compact;
    let most_columns = if compact { 6 } else { 12 };
    let slots = capacity.map(|n| SlotGrid::new(u32::try_from(n).unwrap_or(u32::MAX), most_columns));
    let (ticks, least) = if compact { (12, 236.0) } else { (TICKS, 304.0) };
    let line_w = ticks as f64 * TICK_PITCH + 12.0;
    let (w, h) = match (shape, &slots) {
        (_, Some(grid)) => {
            let w = (PAD * 2.0 + line_w + 24.0 + grid.width()).max(least);
            (
                w,
                if shape == Shape::Cylinder {
                    124.0
                } else {
                    114.0
                },
            )
        }
        (Shape::Stadium, _) if compact => (150.0, 84.0),
        (Shape::Hexagon, _) if compact => (132.0, 76.0),
        (Shape::Stadium, _) => (176.0, 88.0),
        (Shape::Hexagon, _) => (156.0, 84.0),
        _ => (150.0, 76.0),
    };
    let line = slots.map(|_| Rect {
        x: 0.0,
        y: 0.0,
        w: line_w,
        h: LINE_HEIGHT,
    });
    NodeBox {
        key: node.key.clone(),
        shape,
        rect: Rect {
            x: 0.0,
            y: 0.0,
            w,
            h,
        },
        line,
        slots,
    }
}

/// The longest path from a node that nobody calls. Calls have no cycles in a checked design; should
/// one appear, the bound on the rounds ends it.
pub fn layers(design: &Design) -> Vec<usize> {
    let index = |key: &str| design.nodes.iter().position(|n| n.key == key);
    let edges: Vec<(usize, usize)> = design
        .links
        .iter()
        .filter_map(|l| Some((index(&l.from)?, index(&l.to)?)))
        .collect();
    let mut layer = vec![0usize; design.nodes.len()];
    for _ in 0..design.nodes.len() {
        let mut moved = false;
        for &(from, to) in &edges {
            if from != to && layer[to] < layer[from] + 1 {
                layer[to] = (layer[from] + 1).min(design.nodes.len());
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn scene(text: &str, w: f64, h: f64) -> Scene {
        Scene::new(&Scenario::parse(text).expect("valid").design, w, h)
    }

    fn six_nodes() -> &'static str {
        include_str!("../../../benches/six-nodes.toml")
    }

    fn overlap(a: Rect, b: Rect) -> bool {
        a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
    }

    #[test]
    fn beside_each_other_there_is_room_for_what_is_said_about_a_link() {
        for id in [
            "s24-what-should-wake-you",
            "s10-fast-in-march",
            "s04-retry-storm",
        ] {
            let text = crate::scenario::built_in::text(id).expect("it is built in");
            for w in [1400.0, 1120.0, 820.0] {
                assert!(scene(text, w, 560.0).has_room_for_labels(), "{id} at {w}");
            }
        }
    }

    #[test]
    fn from_top_to_bottom_the_tools_hide_nothing() {
        let scene = scene(crate::ui::state::built_in().1, 390.0, 540.0);
        let top = scene
            .nodes
            .iter()
            .map(|node| node.rect.y)
            .fold(f64::MAX, f64::min);
        assert!(top * scene.zoom + scene.shift.1 >= TOOLS + 8.0);
    }

    #[test]
    fn nothing_overlaps_and_everything_is_in_sight() {
        for text in [crate::ui::state::built_in().1, six_nodes()] {
            for (w, h) in [
                (1120.0, 560.0),
                (1024.0, 470.0),
                (720.0, 470.0),
                (390.0, 540.0),
            ] {
                let scene = scene(text, w, h);
                for (i, a) in scene.nodes.iter().enumerate() {
                    for b in &scene.nodes[i + 1..] {
                        assert!(!overlap(a.rect, b.rect), "{} {} at {w}", a.key, b.key);
                    }
                    let r = a.rect;
                    let (left, top) = (
                        r.x * scene.zoom + scene.shift.0,
                        r.y * scene.zoom + scene.shift.1,
                    );
                    let (right, bottom) = (left + r.w * scene.zoom, top + r.h * scene.zoom);
                    assert!(left > -1.0 && top > -1.0, "{} at {w}", a.key);
                    assert!(right < w + 1.0 && bottom < h + 1.0, "{} at {w}", a.key);
                }
            }
        }
    }

    #[test]
    fn links_run_from_edge_to_edge() {
        let scene = scene(six_nodes(), 1120.0, 560.0);
        for link in &scene.links {
            let (from, to) = (&scene.nodes[link.from].rect, &scene.nodes[link.to].rect);
            assert_eq!(link.at(0.0, 0.0).0, from.right());
            assert!((link.at(1.0, 0.0).0 - to.x).abs() < 0.01, "{}", link.key);
        }
    }

    #[test]
    fn text_keeps_its_size_where_the_design_is_small() {
        for (w, h) in [(1120.0, 560.0), (720.0, 470.0), (390.0, 540.0)] {
            let zoom = scene(crate::ui::state::built_in().1, w, h).zoom;
            assert!(zoom >= 0.97, "{zoom} at {w}");
        }
        assert!(scene(six_nodes(), 1120.0, 560.0).zoom > 0.9);
    }
}
