//! The canvas above the drawing: discs on the links, places of the waiting lines, slots.

use std::cell::RefCell;
use std::f64::consts::TAU;

use web_sys::{CanvasRenderingContext2d as Context, HtmlCanvasElement};

use crate::ui::platform::canvas::{self, dash};
use crate::ui::platform::theme::Palette;
use crate::ui::state::discs::{Look, Sprite};
use crate::ui::state::geometry::{LINE_HEIGHT, NodeBox, Rect, SLOT, Scene, SlotGrid, TICK_PITCH};
use crate::worker::protocol::NodeNow;

use super::Live;

/// From this speed on no disc can be followed.
pub const UNREADABLE_RATE: f64 = 50.0;

/// Further away than that a slot is a speck.
const UNREADABLE_ZOOM: f64 = 0.25;

thread_local! {
    static CANVAS: RefCell<Option<(HtmlCanvasElement, f64, f64)>> = const { RefCell::new(None) };
}

/// Draws onto this canvas, of this size in CSS pixels, from now on.
pub fn use_canvas(element: HtmlCanvasElement, (w, h): (f64, f64)) {
    CANVAS.set(Some((element, w, h)));
}

pub fn draw(live: &Live) {
    CANVAS.with_borrow(|canvas| {
        let Some((element, w, h)) = canvas else {
            return;
        };
        let Some(cx) = canvas::begin(element, (*w, *h), 1.0) else {
            return;
        };
        let scene = &live.scene;
        // The context was just reset, so these cannot fail.
        let _ = cx.translate(live.view.x, live.view.y);
        let _ = cx.scale(live.view.zoom, live.view.zoom);
        let near = live.view.zoom >= UNREADABLE_ZOOM;
        let nodes = scene.nodes.iter().zip(&live.node_index);
        for (node, index) in nodes.filter(|_| near) {
            let now = index.and_then(|i| live.frame.nodes.get(i));
            if let Some(line) = node.line {
                waiting_line(&cx, &live.palette, line, now);
            }
            if let Some(grid) = &node.slots {
                slots(&cx, &live.palette, grid, now);
            }
        }
        // At full speed they would be noise; with reduced motion the numbers speak.
        if !live.reduced_motion && live.rate < UNREADABLE_RATE {
            discs(&cx, live, scene);
        }
    });
}

fn discs(cx: &Context, live: &Live, scene: &Scene) {
    let now_ms = live.frame.now_ns as f64 / 1e6;
    live.discs.sprites(now_ms, |sprite| {
        let drawn = live.link_index.iter().position(|&i| i == Some(sprite.link));
        let Some(path) = drawn.and_then(|i| scene.links.get(i)) else {
            return;
        };
        // Replies travel beside requests, so that the two streams can be told apart.
        let beside = match sprite.look {
            Look::Back | Look::BackForNobody | Look::BackFailed => 7.0,
            _ => -7.0,
        };
        let (x, y) = path.at(sprite.at, beside);
        disc(cx, &live.palette, sprite, x, y);
    });
}

fn circle(cx: &Context, x: f64, y: f64, radius: f64) {
    cx.begin_path();
    // A positive radius is always accepted.
    let _ = cx.arc(x, y, radius, 0.0, TAU);
}

fn disc(cx: &Context, palette: &Palette, sprite: Sprite, x: f64, y: f64) {
    let retry = sprite.attempt > 1;
    cx.set_line_width(1.5);
    match sprite.look {
        Look::Out if !retry => {
            cx.set_fill_style_str(&palette.action);
            circle(cx, x, y, 3.5);
            cx.fill();
        }
        Look::Out => {
            cx.set_fill_style_str(&palette.panel);
            cx.set_stroke_style_str(&palette.strained);
            circle(cx, x, y, 5.5);
            cx.fill();
            cx.stroke();
            number(cx, palette, sprite.attempt, x, y);
        }
        Look::OutForNobody => {
            cx.set_fill_style_str(&palette.panel);
            cx.set_stroke_style_str(&palette.muted);
            circle(cx, x, y, 4.0);
            cx.fill();
            cx.stroke();
            hatch(
                cx,
                palette,
                Rect {
                    x: x - 3.0,
                    y: y - 3.0,
                    w: 6.0,
                    h: 6.0,
                },
            );
        }
        Look::Back => {
            cx.set_fill_style_str(&palette.panel);
            cx.set_stroke_style_str(&palette.served);
            circle(cx, x, y, 3.5);
            cx.fill();
            cx.stroke();
        }
        Look::BackForNobody => {
            cx.set_stroke_style_str(&palette.muted);
            dash(cx, &[2.0, 2.0]);
            circle(cx, x, y, 3.5);
            cx.stroke();
            dash(cx, &[]);
        }
        Look::BackFailed => cross(cx, &palette.failed, x, y, 3.5),
        Look::LostHere => cross(cx, &palette.muted, x, y, 4.0),
        Look::GaveUp => cross(cx, &palette.failed, x, y, 5.0),
    }
}

fn number(cx: &Context, palette: &Palette, n: u32, x: f64, y: f64) {
    cx.set_fill_style_str(&palette.strained_text);
    cx.set_font(&format!("600 9px {}", palette.font));
    cx.set_text_align("center");
    cx.set_text_baseline("middle");
    // Text of one digit is always accepted.
    let _ = cx.fill_text(&n.min(9).to_string(), x, y + 0.5);
}

fn cross(cx: &Context, colour: &str, x: f64, y: f64, arm: f64) {
    cx.set_stroke_style_str(colour);
    cx.set_line_width(2.0);
    cx.begin_path();
    cx.move_to(x - arm, y - arm);
    cx.line_to(x + arm, y + arm);
    cx.move_to(x - arm, y + arm);
    cx.line_to(x + arm, y - arm);
    cx.stroke();
}

fn hatch(cx: &Context, palette: &Palette, r: Rect) {
    cx.set_stroke_style_str(&palette.offered);
    cx.set_line_width(1.0);
    cx.begin_path();
    let mut offset = 3.0;
    while offset < r.w + r.h {
        let (x0, y0) = (r.x + (offset - r.h).max(0.0), r.y + offset.min(r.h));
        let (x1, y1) = (r.x + offset.min(r.w), r.y + (offset - r.w).max(0.0));
        cx.move_to(x0, y0);
        cx.line_to(x1, y1);
        offset += 3.6;
    }
    cx.stroke();
}

/// Oldest next to the slots, at the right. A tick darkens with age and gets a notch when its caller
/// has gone. The left end is a wall where the line has a limit, and torn where it has none.
fn waiting_line(cx: &Context, palette: &Palette, r: Rect, now: Option<&NodeNow>) {
    cx.set_fill_style_str(&palette.sunk);
    cx.set_stroke_style_str(&palette.control);
    cx.set_line_width(1.0);
    let torn = now.is_none_or(|n| n.queue_limit.is_none());
    cx.begin_path();
    cx.move_to(r.right(), r.y);
    cx.line_to(r.x + 4.0, r.y);
    if torn {
        let step = r.h / 4.0;
        for i in 0..4 {
            let inward = if i % 2 == 0 { 4.0 } else { -1.0 };
            cx.line_to(r.x + 4.0 + inward, r.y + step * (f64::from(i) + 1.0));
        }
    } else {
        cx.line_to(r.x + 4.0, r.bottom());
    }
    cx.line_to(r.right(), r.bottom());
    cx.fill();
    cx.stroke();
    if !torn {
        cx.set_line_width(3.0);
        cx.set_stroke_style_str(&palette.text);
        cx.begin_path();
        cx.move_to(r.x + 4.0, r.y - 2.0);
        cx.line_to(r.x + 4.0, r.bottom() + 2.0);
        cx.stroke();
    }
    let Some(now) = now else { return };
    let places = ((r.w - 12.0) / TICK_PITCH) as usize;
    let hidden = now.queue as usize > places;
    for (place, &age_ms) in now.line.iter().take(places).enumerate() {
        let gone = age_ms < 0.0;
        let x = r.right() - 5.0 - place as f64 * TICK_PITCH;
        // From a quarter to full darkness over the first two seconds.
        cx.set_global_alpha((0.35 + 0.65 * (age_ms.abs() / 2_000.0)).min(1.0));
        cx.set_fill_style_str(if gone {
            &palette.offered
        } else {
            &palette.action
        });
        let top = if gone { 8.0 } else { 4.0 };
        cx.fill_rect(x - 3.5, r.y + top, 4.0, LINE_HEIGHT - top - 4.0);
        if gone {
            cx.begin_path();
            cx.move_to(x - 4.0, r.y + 3.5);
            cx.line_to(x + 1.0, r.y + 3.5);
            cx.line_to(x - 1.5, r.y + 6.5);
            cx.fill();
        }
    }
    cx.set_global_alpha(1.0);
    if hidden {
        // More than can be drawn: the line runs on to the left.
        cx.set_stroke_style_str(&palette.muted);
        cx.set_line_width(1.5);
        dash(cx, &[1.5, 3.0]);
        cx.begin_path();
        cx.move_to(r.x - 14.0, r.y + r.h / 2.0);
        cx.line_to(r.x + 1.0, r.y + r.h / 2.0);
        cx.stroke();
        dash(cx, &[]);
    }
}

const FOR_NOBODY: u8 = 2;
const WAITING_FOR_OTHERS: u8 = 3;

fn slots(cx: &Context, palette: &Palette, grid: &SlotGrid, now: Option<&NodeNow>) {
    if grid.is_bar() {
        return bar(cx, palette, grid, now);
    }
    for slot in 0..grid.count {
        let (x, y) = grid.square(slot);
        let state = now
            .and_then(|n| n.slot_states.get(slot as usize))
            .copied()
            .unwrap_or(0);
        cx.set_line_width(1.25);
        cx.set_stroke_style_str(if state == 0 {
            &palette.control
        } else {
            &palette.text
        });
        match state {
            0 => {}
            FOR_NOBODY => {
                cx.set_fill_style_str(&palette.panel);
                cx.fill_rect(x, y, SLOT, SLOT);
                hatch(
                    cx,
                    palette,
                    Rect {
                        x,
                        y,
                        w: SLOT,
                        h: SLOT,
                    },
                );
                cx.set_line_width(1.25);
                cx.set_stroke_style_str(&palette.offered);
            }
            WAITING_FOR_OTHERS => {
                cx.set_stroke_style_str(&palette.action);
                circle(cx, x + SLOT / 2.0, y + SLOT / 2.0, 2.5);
                cx.stroke();
            }
            _ => {
                cx.set_fill_style_str(&palette.action);
                cx.set_stroke_style_str(&palette.action);
                cx.fill_rect(x, y, SLOT, SLOT);
            }
        }
        cx.stroke_rect(x + 0.5, y + 0.5, SLOT - 1.0, SLOT - 1.0);
    }
}

/// More than 24 slots: parts of a bar.
fn bar(cx: &Context, palette: &Palette, grid: &SlotGrid, now: Option<&NodeNow>) {
    let (w, h) = (grid.width(), SLOT * 1.5);
    let (x, y) = (grid.x, grid.y);
    if let Some(now) = now {
        let share = |n: u32| w * f64::from(n) / f64::from(now.slots.max(1));
        let dead = share(now.for_nobody);
        let held = share(now.waiting_for_others);
        let busy = (share(now.busy) - dead - held).max(0.0);
        cx.set_fill_style_str(&palette.action);
        cx.fill_rect(x, y, busy, h);
        cx.set_stroke_style_str(&palette.action);
        cx.set_line_width(1.0);
        cx.stroke_rect(x + busy, y + 3.0, held, h - 6.0);
        hatch(
            cx,
            palette,
            Rect {
                x: x + busy + held,
                y,
                w: dead,
                h,
            },
        );
    }
    cx.set_line_width(1.0);
    cx.set_stroke_style_str(&palette.control);
    cx.stroke_rect(x + 0.5, y + 0.5, w - 1.0, h - 1.0);
}

/// Which list positions of frames the drawing's nodes and links have.
pub fn index(live: &mut Live, nodes: &[String], links: &[String]) {
    let place = |key: &str, list: &[String]| list.iter().position(|k| k == key);
    let of_node = |n: &NodeBox| place(&n.key, nodes);
    live.node_index = live.scene.nodes.iter().map(of_node).collect();
    live.link_index = live
        .scene
        .links
        .iter()
        .map(|l| place(&l.key, links))
        .collect();
    live.redraw = true;
}
