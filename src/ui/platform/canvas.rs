//! A canvas at the resolution of the screen.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::window;
use crate::ui::state::pen::{Align, Letters, Line, Pen};

/// Makes the bitmap fit the element and clears it; the context then draws in CSS pixels, each `zoom` times as large.
pub fn begin(
    canvas: &HtmlCanvasElement,
    (w, h): (f64, f64),
    zoom: f64,
) -> Option<CanvasRenderingContext2d> {
    let ratio = window().device_pixel_ratio().max(1.0);
    let (wide, high) = ((w * ratio).round() as u32, (h * ratio).round() as u32);
    if wide == 0 || high == 0 {
        return None;
    }
    if canvas.width() != wide || canvas.height() != high {
        canvas.set_width(wide);
        canvas.set_height(high);
    }
    let context = canvas.get_context("2d").ok()??;
    let context = context.dyn_into::<CanvasRenderingContext2d>().ok()?;
    let scale = ratio * zoom;
    context
        .set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0)
        .ok()?;
    context.clear_rect(0.0, 0.0, w / zoom, h / zoom);
    Some(context)
}

/// Sets the pattern of dashes; an empty list draws through.
pub fn dash(context: &CanvasRenderingContext2d, pattern: &[f64]) {
    let list: js_sys::Array = pattern
        .iter()
        .map(|&x| wasm_bindgen::JsValue::from(x))
        .collect();
    // Only numbers are in the list, so this cannot be refused.
    let _ = context.set_line_dash(&list);
}

/// Draws on a canvas.
pub struct CanvasPen<'a> {
    pub context: &'a CanvasRenderingContext2d,
    pub font: &'a str,
}

impl Pen for CanvasPen<'_> {
    fn rect(&self, (x, y): (f64, f64), (w, h): (f64, f64), colour: &str) {
        self.context.set_fill_style_str(colour);
        self.context.fill_rect(x, y, w, h);
    }

    fn lines(&self, lines: &[Vec<(f64, f64)>], look: Line<'_>) {
        self.context.set_stroke_style_str(look.colour);
        self.context.set_line_width(look.width);
        dash(self.context, look.dash);
        self.context.begin_path();
        for line in lines {
            let mut points = line.iter();
            if let Some(&(x, y)) = points.next() {
                self.context.move_to(x, y);
            }
            for &(x, y) in points {
                self.context.line_to(x, y);
            }
        }
        self.context.stroke();
    }

    fn dot(&self, (x, y): (f64, f64), radius: f64, colour: &str) {
        self.context.set_fill_style_str(colour);
        self.context.begin_path();
        // A positive radius is always accepted.
        let _ = self.context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        self.context.fill();
    }

    fn text(&self, text: &str, (x, y): (f64, f64), look: Letters<'_>) {
        let cx = self.context;
        let text = &*super::locale::say(text);
        cx.set_font(&format!("{} 12px {}", look.weight, self.font));
        cx.set_fill_style_str(look.colour);
        cx.set_text_align(match look.align {
            Align::Left => "left",
            Align::Middle => "center",
            Align::Right => "right",
        });
        cx.set_text_baseline(if look.centred { "middle" } else { "alphabetic" });
        // Text at a finite place is always accepted.
        let _ = match look.room {
            Some(room) => cx.fill_text_with_max_width(text, x, y, room),
            None => cx.fill_text(text, x, y),
        };
    }
}
