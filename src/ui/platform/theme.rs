//! The colours of the style sheet, for the canvases.

use wasm_bindgen::JsCast;
use web_sys::{CssStyleDeclaration, HtmlElement};

use super::{document, window};
use crate::ui::state::model::Theme;

/// Every colour a canvas draws with, as the browser resolved it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    pub panel: String,
    pub sunk: String,
    pub text: String,
    pub muted: String,
    pub control: String,
    pub hairline: String,
    pub action: String,
    pub served: String,
    pub failed: String,
    pub strained: String,
    pub strained_text: String,
    pub strained_soft: String,
    pub offered: String,
    /// Of the heat map, from few to many.
    pub heat: Vec<String>,
    pub heat_failed: Vec<String>,
    pub font: String,
}

/// Light, dark, or what the system prefers.
pub fn apply(theme: Theme) {
    let Some(root) = document().document_element() else {
        return;
    };
    let done = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.key()),
    };
    // The name of the attribute is valid, so this cannot be refused.
    debug_assert!(done.is_ok());
}

/// A measure of the style sheet as somebody chose it; without one, as the sheet has it.
pub fn measure(name: &str, px: Option<u16>) {
    let root = document().document_element();
    let Some(root) = root.and_then(|root| root.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    let name = format!("--{name}");
    let done = match px {
        Some(px) => root.style().set_property(&name, &format!("{px}px")),
        None => root.style().remove_property(&name).map(|_| ()),
    };
    // Name and value are valid.
    debug_assert!(done.is_ok());
}

/// Reads the tokens. `light-dark()` is resolved only where a colour is used, so a probe wears each.
pub fn palette() -> Palette {
    read().unwrap_or_default()
}

fn read() -> Option<Palette> {
    let probe: HtmlElement = document().create_element("span").ok()?.unchecked_into();
    let body = document().body()?;
    body.append_child(&probe).ok()?;
    let worn: CssStyleDeclaration = window().get_computed_style(&probe).ok()??;
    let style = probe.style();
    let colour = |token: &str| {
        style
            .set_property("color", &format!("var(--{token})"))
            .ok()?;
        worn.get_property_value("color").ok()
    };
    let panel = colour("panel")?;
    let palette = Palette {
        heat: shades(&panel, &colour("action")?),
        heat_failed: shades(&panel, &colour("failed")?),
        panel,
        sunk: colour("sunk")?,
        text: colour("text")?,
        muted: colour("muted")?,
        control: colour("control")?,
        hairline: colour("hairline")?,
        action: colour("action")?,
        served: colour("served")?,
        failed: colour("failed")?,
        strained: colour("strained")?,
        strained_text: colour("strained-text")?,
        strained_soft: colour("strained-soft")?,
        offered: colour("offered")?,
        font: worn.get_property_value("font-family").ok()?,
    };
    probe.remove();
    Some(palette)
}

/// Shares of the second colour in the shades from few to many.
const SHADES: [f64; 6] = [0.22, 0.36, 0.50, 0.66, 0.82, 1.0];

/// From one colour to another, as files can be drawn with, too.
fn shades(from: &str, to: &str) -> Vec<String> {
    let parts = |colour: &str| {
        let digits = colour.split(|c: char| !c.is_ascii_digit() && c != '.');
        let numbers: Vec<f64> = digits.filter_map(|it| it.parse().ok()).collect();
        numbers
    };
    let (from, to) = (parts(from), parts(to));
    let mixed = |share: f64| {
        let pairs = from.iter().zip(&to).take(3);
        let each: Vec<String> = pairs
            .map(|(a, b)| format!("{:.0}", a + (b - a) * share))
            .collect();
        format!("rgb({})", each.join(", "))
    };
    SHADES.into_iter().map(mixed).collect()
}
