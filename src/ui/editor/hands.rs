//! Pointers and keys on the drawing. A press becomes a click, a drag, a rectangle around nodes, a link or a
//! move of the view, depending on where it begins and how far it goes.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::ev::{KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::stage::Stage;
use crate::observe::requests::What;
use crate::scenario::draw::Thing;
use crate::ui::platform;
use crate::ui::state::editing::Draw;
use crate::ui::state::editor::{Pane, Tool, Way};
use crate::ui::state::geometry::Rect;
use crate::ui::state::keys::{self, Act, Where};
use crate::ui::state::requests::Ask;
use crate::ui::state::snap::{Drag, snapped};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;

/// A press that goes no further is a click.
const CLICK: f64 = 4.0;
/// How near a line has to be to hold a node, in pixels of the screen.
const REACH: f64 = 6.0;
/// A finger that rests this long asks for the menu.
const LONG_MS: f64 = 550.0;

#[derive(Clone, Debug, Default)]
enum Doing {
    #[default]
    Nothing,
    /// A press on something, or beside everything.
    Press {
        thing: Option<Thing>,
        port: bool,
        also: bool,
        /// Why requests fail there, if it is the badge that says so.
        reason: Option<String>,
    },
    Pan,
    Drag {
        keys: Vec<String>,
    },
    Marquee,
    Wire {
        from: String,
    },
    Pinch {
        apart: f64,
    },
}

#[derive(Default)]
struct Hand {
    doing: Doing,
    /// Where the press began, where it is now, in pixels of the canvas.
    start: (f64, f64),
    last: (f64, f64),
    since_ms: f64,
    /// Fingers on the canvas.
    fingers: Vec<(i32, (f64, f64))>,
    space: bool,
    /// `N` was pressed: an arrow follows.
    grows: bool,
}

#[derive(Clone)]
pub struct Hands {
    store: Store,
    stage: Stage,
    hand: Rc<RefCell<Hand>>,
}

fn of_target(target: Option<web_sys::EventTarget>, selector: &str) -> Option<Element> {
    let element = target?.dyn_into::<Element>().ok()?;
    element.closest(selector).ok().flatten()
}

/// What is under the pointer: while it is captured, the events of the mouse are all the canvas's.
fn under(event: &MouseEvent) -> Option<web_sys::EventTarget> {
    let (x, y) = (event.client_x() as f32, event.client_y() as f32);
    let element = platform::document().element_from_point(x, y)?;
    Some(element.into())
}

fn thing_at(target: Option<web_sys::EventTarget>) -> Option<Thing> {
    let element = of_target(target, "[data-node], [data-link]")?;
    match element.get_attribute("data-node") {
        Some(key) => Some(Thing::Node(key)),
        None => element.get_attribute("data-link").map(Thing::Link),
    }
}

impl Hands {
    pub fn new(store: Store, stage: Stage) -> Hands {
        Hands {
            store,
            stage,
            hand: Rc::default(),
        }
    }

    /// The place of an event on the canvas.
    fn place(event: &MouseEvent) -> (f64, f64) {
        let origin = platform::document()
            .get_element_by_id("canvas")
            .map(|element| element.get_bounding_client_rect());
        let (x, y) = origin.map_or((0.0, 0.0), |r| (r.left(), r.top()));
        (
            f64::from(event.client_x()) - x,
            f64::from(event.client_y()) - y,
        )
    }

    pub fn down(&self, event: &PointerEvent) {
        let at = Self::place(event);
        let target = event.target();
        if of_target(
            target.clone(),
            "button, input, a, .pane, .toolbar, .minimap, .palette",
        )
        .is_some()
        {
            return;
        }
        let mut hand = self.hand.borrow_mut();
        if event.pointer_type() == "touch" {
            hand.fingers.retain(|(id, _)| *id != event.pointer_id());
            hand.fingers.push((event.pointer_id(), at));
            if let [(_, a), (_, b)] = hand.fingers[..] {
                self.let_go();
                hand.doing = Doing::Pinch { apart: far(a, b) };
                return;
            }
        }
        if let Some(canvas) = platform::document().get_element_by_id("canvas") {
            // Moves go on reaching the canvas when the pointer leaves it; without it they end there.
            let _ = canvas.set_pointer_capture(event.pointer_id());
            platform::focus("canvas");
        }
        (hand.start, hand.last, hand.since_ms) = (at, at, platform::now_ms());
        let building = self.store.peek(|m| m.editor.on);
        let thing = thing_at(target.clone());
        let port = building && of_target(target.clone(), "[data-port]").is_some();
        let badge = of_target(target, "[data-reason]");
        hand.doing = match event.button() {
            1 => Doing::Pan,
            0 if hand.space => Doing::Pan,
            0 => Doing::Press {
                thing,
                port,
                also: event.shift_key(),
                reason: badge.and_then(|badge| badge.get_attribute("data-reason")),
            },
            _ => Doing::Nothing,
        };
        event.prevent_default();
    }

    pub fn moved(&self, event: &PointerEvent) {
        let at = Self::place(event);
        let mut hand = self.hand.borrow_mut();
        if let Some(finger) = hand
            .fingers
            .iter_mut()
            .find(|(id, _)| *id == event.pointer_id())
        {
            finger.1 = at;
        }
        if let (Doing::Pinch { apart }, [(_, a), (_, b)]) = (&hand.doing, &hand.fingers[..]) {
            let now = far(*a, *b);
            let middle = (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1));
            self.stage.zoom(now / apart.max(1.0), Some(middle));
            hand.doing = Doing::Pinch { apart: now };
            return;
        }
        let touch = event.pointer_type() == "touch";
        if let Doing::Press { thing, port, .. } = &hand.doing
            && far(hand.start, at) > CLICK
        {
            hand.doing = self.begin(thing.as_ref(), *port, touch);
        }
        let (dx, dy) = (at.0 - hand.last.0, at.1 - hand.last.1);
        hand.last = at;
        let view = self.stage.view.get_untracked();
        match &hand.doing {
            Doing::Pan => self.stage.pan(dx, dy),
            Doing::Drag { keys } => {
                let zoom = view.zoom;
                let by = ((at.0 - hand.start.0) / zoom, (at.1 - hand.start.1) / zoom);
                let scene = self.stage.scene.get_untracked();
                self.stage
                    .drag
                    .set(snapped(&scene.nodes, keys, by, REACH / zoom));
            }
            Doing::Marquee => {
                let (a, b) = (view.under(hand.start), view.under(at));
                self.stage.marquee.set(Some(Rect {
                    x: a.0.min(b.0),
                    y: a.1.min(b.1),
                    w: (a.0 - b.0).abs(),
                    h: (a.1 - b.1).abs(),
                }));
            }
            Doing::Wire { from } => self.stage.wire.set(Some((from.clone(), view.under(at)))),
            _ => {}
        }
    }

    /// What a press becomes when it moves.
    fn begin(&self, thing: Option<&Thing>, port: bool, touch: bool) -> Doing {
        let building = self.store.peek(|m| m.editor.on);
        self.stage.moving.set(true);
        match thing {
            Some(Thing::Node(key)) if port => Doing::Wire { from: key.clone() },
            Some(Thing::Node(key)) if building => {
                let thing = Thing::Node(key.clone());
                if !self.store.peek(|m| m.editor.is_selected(&thing)) {
                    self.store.send(Msg::Draw(Draw::Select(vec![thing])));
                }
                let keys = self.store.peek(|m| m.editor.nodes());
                Doing::Drag { keys }
            }
            None if building && !touch => Doing::Marquee,
            _ => Doing::Pan,
        }
    }

    pub fn up(&self, event: &PointerEvent) {
        let at = Self::place(event);
        let (doing, start, since) = {
            let mut hand = self.hand.borrow_mut();
            hand.fingers.retain(|(id, _)| *id != event.pointer_id());
            (std::mem::take(&mut hand.doing), hand.start, hand.since_ms)
        };
        self.stage.moving.set(false);
        let view = self.stage.view.get_untracked();
        match doing {
            Doing::Press {
                thing: Some(Thing::Node(node)),
                reason: Some(reason),
                ..
            } => {
                let failed = What::FailedAt { node, reason };
                self.store.send(Msg::Requests(Ask::All(failed)));
            }
            Doing::Press {
                thing, port, also, ..
            } => {
                let long = platform::now_ms() - since > LONG_MS;
                if event.pointer_type() == "touch" && long {
                    self.menu(thing, at);
                } else {
                    self.click(thing, port, also, at);
                }
            }
            Doing::Drag { .. } => {
                let drag = self.stage.drag.get_untracked();
                self.stage.drag.set(Drag::default());
                let by = (drag.dx.round() as i32, drag.dy.round() as i32);
                self.store.send(Msg::Draw(Draw::Move { by }));
            }
            Doing::Marquee => {
                let Some(held) = self.stage.marquee.get_untracked() else {
                    return;
                };
                self.stage.marquee.set(None);
                let scene = self.stage.scene.get_untracked();
                let inside = scene.nodes.iter().filter(|node| node.rect.overlaps(&held));
                let mut things: Vec<Thing> =
                    inside.map(|node| Thing::Node(node.key.clone())).collect();
                if event.shift_key() {
                    things.extend(self.store.peek(|m| m.editor.selected.clone()));
                }
                self.store.send(Msg::Draw(Draw::Select(things)));
            }
            Doing::Wire { from } => {
                self.stage.wire.set(None);
                let place = view.under(at);
                let scene = self.stage.scene.get_untracked();
                let to = scene.nodes.iter().find(|node| {
                    let r = node.rect;
                    let inside = place.0 >= r.x - 12.0 && place.0 <= r.right() + 12.0;
                    inside && place.1 >= r.y - 12.0 && place.1 <= r.bottom() + 12.0
                });
                match to {
                    Some(to) if to.key != from => {
                        let to = to.key.clone();
                        self.store.send(Msg::Draw(Draw::Connect { from, to }));
                    }
                    Some(_) => {}
                    // Beside nodes: what shall stand there?
                    None if far(start, at) > 40.0 => {
                        let place = (place.0.round() as i32, (place.1 - 50.0).round() as i32);
                        let pane = Pane::QuickAdd {
                            from: Some(from),
                            at: Some(place),
                        };
                        self.store.send(Msg::Draw(Draw::Pane(Some(pane))));
                    }
                    None => {}
                }
            }
            _ => {}
        }
    }

    pub fn cancel(&self, event: &PointerEvent) {
        let mut hand = self.hand.borrow_mut();
        hand.fingers.retain(|(id, _)| *id != event.pointer_id());
        hand.doing = Doing::Nothing;
        self.let_go();
    }

    fn let_go(&self) {
        self.stage.drag.set(Drag::default());
        self.stage.marquee.set(None);
        self.stage.wire.set(None);
        self.stage.moving.set(false);
    }

    fn click(&self, thing: Option<Thing>, port: bool, also: bool, at: (f64, f64)) {
        let send = |draw| self.store.send(Msg::Draw(draw));
        let tool = self.store.peek(|m| m.editor.tool.clone());
        let open = self.store.peek(|m| m.editor.pane.is_some());
        if open {
            send(Draw::Pane(None));
        }
        match (tool, thing) {
            (Tool::Connect { from }, Some(Thing::Node(to))) => send(Draw::Connect { from, to }),
            (Tool::Connect { .. }, _) => send(Draw::Tool(Tool::Select)),
            (Tool::MoveTo, _) => {
                let (x, y) = self.stage.view.get_untracked().under(at);
                send(Draw::PutAt(x.round() as i32, y.round() as i32));
            }
            (_, Some(Thing::Node(from))) if port => {
                send(Draw::Select(vec![Thing::Node(from.clone())]));
                send(Draw::Tool(Tool::Connect { from }));
            }
            (Tool::Add, Some(thing)) => send(Draw::Also(thing)),
            (_, Some(thing)) if also => send(Draw::Also(thing)),
            (_, Some(thing)) => send(Draw::Select(vec![thing])),
            (Tool::Add, None) => {}
            (_, None) if also || open => {}
            (_, None) => send(Draw::Select(Vec::new())),
        }
    }

    fn menu(&self, thing: Option<Thing>, (x, y): (f64, f64)) {
        let selected = thing
            .as_ref()
            .is_some_and(|thing| self.store.peek(|m| m.editor.is_selected(thing)));
        if !selected {
            let things = thing.into_iter().collect();
            self.store.send(Msg::Draw(Draw::Select(things)));
        }
        self.store
            .send(Msg::Draw(Draw::Pane(Some(Pane::Menu { x, y }))));
    }

    pub fn context(&self, event: &MouseEvent) {
        event.prevent_default();
        self.menu(thing_at(under(event)), Self::place(event));
    }

    /// Opens what is there: the knobs of a node, or a search for a node to put there.
    pub fn double(&self, event: &MouseEvent) {
        if of_target(event.target(), "button, input, .pane, .toolbar").is_some() {
            return;
        }
        if thing_at(under(event)).is_some() {
            self.store.send(Msg::Inspect);
        } else if self.store.peek(|m| m.editor.on) {
            let (x, y) = self.stage.view.get_untracked().under(Self::place(event));
            let at = Some((x.round() as i32, y.round() as i32));
            let pane = Pane::QuickAdd { from: None, at };
            self.store.send(Msg::Draw(Draw::Pane(Some(pane))));
        }
    }

    pub fn wheel(&self, event: &WheelEvent) {
        if of_target(event.target(), ".pane, .palette").is_some() {
            return;
        }
        event.prevent_default();
        // Lines and pages, where a browser counts in those.
        let unit = match event.delta_mode() {
            1 => 16.0,
            2 => 400.0,
            _ => 1.0,
        };
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        if event.shift_key() {
            self.stage.pan(-(dx + dy), 0.0);
        } else if dx.abs() > dy.abs() && !event.ctrl_key() {
            self.stage.pan(-dx, -dy);
        } else {
            let by = libm::exp(-dy.clamp(-240.0, 240.0) * 0.0022);
            self.stage.zoom(by, Some(Self::place(event)));
        }
    }

    /// Keys that act while the drawing has the focus.
    pub fn key(&self, event: &KeyboardEvent) {
        let on_canvas = event
            .target()
            .and_then(|t| t.dyn_into::<Element>().ok())
            .is_some_and(|element| element.id() == "canvas");
        if !on_canvas {
            return;
        }
        let (key, shift) = (event.key(), event.shift_key());
        let control = event.ctrl_key() || event.meta_key();
        if let Some(way) = Way::of_key(&key) {
            event.prevent_default();
            self.arrow(way, shift, event.alt_key());
            return;
        }
        let letters_on = self.store.peek(|m| m.keys_on);
        if control || event.alt_key() {
            self.hand.borrow_mut().grows = false;
        } else if key.eq_ignore_ascii_case("n") && letters_on {
            self.hand.borrow_mut().grows = true;
            event.prevent_default();
            event.stop_propagation();
            return;
        }
        if key == " " && !shift {
            // While it is held, a press moves the view; alone it runs or pauses.
            self.hand.borrow_mut().space = true;
        }
        self.hand.borrow_mut().grows = false;
        let Some(act) = keys::find(Where::Drawing, &key, shift, control) else {
            return;
        };
        let single = !control && key.chars().count() == 1;
        if single && !letters_on {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        perform(self.store, self.stage, act);
    }

    pub fn key_up(&self, event: &KeyboardEvent) {
        if event.key() == " " {
            self.hand.borrow_mut().space = false;
        }
    }

    fn arrow(&self, way: Way, far: bool, alt: bool) {
        let grows = std::mem::take(&mut self.hand.borrow_mut().grows);
        let tool = self.store.peek(|m| m.editor.tool.clone());
        let draw = match tool {
            _ if grows => Draw::Grow(way),
            Tool::MoveTo => Draw::Nudge(way, far),
            _ if alt => Draw::Nudge(way, far),
            _ => Draw::Walk(way),
        };
        self.store.send(Msg::Draw(draw));
    }
}

fn far(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (a.0 - b.0, a.1 - b.1);
    (dx * dx + dy * dy).sqrt()
}

/// Does a command, wherever it was asked for.
pub fn perform(store: Store, stage: Stage, act: Act) {
    if stage.act(act, store) {
        return;
    }
    match act {
        Act::Copy => store.send(Msg::Draw(Draw::Copy)),
        Act::Cut => store.send(Msg::Draw(Draw::Cut)),
        Act::Paste => store.send(Msg::Draw(Draw::Paste(None))),
        Act::NewSeed => store.send(Msg::NewSeed(platform::random_seed())),
        Act::Svg => super::super::live::picture::save_svg(store),
        Act::Png => super::super::live::picture::save_png(store),
        Act::ChartsSvg => super::super::live::picture::save_charts_svg(store),
        Act::ChartsPng => super::super::live::picture::save_charts_png(store),
        Act::Bet(nth) => {
            let key = store.peek(|m| m.bets().get(nth).map(|b| b.key.clone()));
            if let Some(key) = key {
                store.send(Msg::Bet(key));
            }
        }
        other => {
            if let Some(msg) = store.peek(|m| keys::message(other, m)) {
                store.send(msg);
            }
        }
    }
}
