//! A canvas at the resolution of the screen.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::window;

/// Makes the bitmap fit the element and clears it; the context then draws in CSS pixels.
pub fn begin(canvas: &HtmlCanvasElement, w: f64, h: f64) -> Option<CanvasRenderingContext2d> {
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
    context
        .set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0)
        .ok()?;
    context.clear_rect(0.0, 0.0, w, h);
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
