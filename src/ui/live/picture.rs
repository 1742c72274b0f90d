//! The drawing and the charts as files: an SVG that stands alone, and a PNG made of it. Light colours, as on
//! paper.

use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlImageElement};

use crate::ui::live::LIVE;
use crate::ui::live::chart_canvas::Plot;
use crate::ui::platform::{document, files, theme};
use crate::ui::state::chart;
use crate::ui::state::geometry::Rect;
use crate::ui::state::pen::{Align, Letters, Pen, SvgPen};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;

/// Space around the drawing; below there are badges.
const MARGIN: f64 = 48.0;
/// Pixels of a PNG for one of the drawing: sharp on A4 at 200 dots per inch.
const SHARP: f64 = 2.0;

/// Properties that the page's style sheet gives, written into each element.
const STYLED: &[&str] = &[
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "opacity",
    "font-size",
    "font-weight",
    "font-family",
    "display",
];

fn text() -> Option<(String, Rect)> {
    let drawing = document().get_element_by_id("drawing")?;
    let all = LIVE.with_borrow(|live| live.scene.extent());
    let r = Rect {
        x: all.x - MARGIN,
        y: all.y - MARGIN,
        w: all.w + 2.0 * MARGIN,
        h: all.h + 2.0 * MARGIN + 40.0,
    };
    let copy: Element = drawing.clone_node_with_deep(true).ok()?.unchecked_into();
    style_like(&drawing, &copy);
    for selector in [".grip", ".reach", ".guide", ".marquee"] {
        let found = copy.query_selector_all(selector).ok()?;
        (0..found.length())
            .filter_map(|i| found.get(i))
            .for_each(|node| {
                if let Some(parent) = node.parent_node() {
                    // It was just found there.
                    let _ = parent.remove_child(&node);
                }
            });
    }
    let size = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{:.0}\" viewBox=\"{:.1} {:.1} {:.1} {:.1}\">\
         <rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#ffffff\"/>",
        r.w, r.h, r.x, r.y, r.w, r.h, r.x, r.y, r.w, r.h
    );
    Some((format!("{size}{}</svg>", copy.inner_html()), r))
}

/// Gives a copy the look of what it was copied from; in light colours, whatever the page has now.
fn style_like(from: &Element, to: &Element) {
    in_light(|| pairs(from, to));
}

/// Reads colours as the page would have them in light.
fn in_light<T>(read: impl FnOnce() -> T) -> T {
    let root = document().document_element();
    let theme = root
        .as_ref()
        .and_then(|root| root.get_attribute("data-theme"));
    if let Some(root) = &root {
        // Setting an attribute of a fixed name cannot fail.
        let _ = root.set_attribute("data-theme", "light");
    }
    let found = read();
    if let Some(root) = &root {
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", &theme),
            None => root.remove_attribute("data-theme"),
        };
    }
    found
}

fn pairs(from: &Element, to: &Element) {
    let window = super::super::platform::window();
    if let Ok(Some(style)) = window.get_computed_style(from) {
        for property in STYLED {
            if let Ok(value) = style.get_property_value(property)
                && !value.is_empty()
            {
                // As attributes of SVG: the page's policy allows no styles in elements.
                let _ = to.set_attribute(property, &value);
            }
        }
    }
    let (a, b) = (from.children(), to.children());
    for i in 0..a.length().min(b.length()) {
        if let (Some(a), Some(b)) = (a.item(i), b.item(i)) {
            pairs(&a, &b);
        }
    }
}

fn name(store: Store, ending: &str) -> String {
    store.peek(|m| {
        let name = m.doc.name();
        format!("{}{ending}", name.trim_end_matches(".toml"))
    })
}

/// Of a page of charts: its width, the height of each, the room for its title and sentence, around all.
const CHART: (f64, f64) = (900.0, 240.0);
const CHART_HEAD: f64 = 48.0;
const CHART_MARGIN: f64 = 24.0;

/// The charts that are on the page, one below another, each with its sentence; and of which run they are.
fn charts(store: Store) -> (String, Rect) {
    let palette = in_light(theme::palette);
    let (shown, whose) = store.peek(|m| {
        let shown = chart::shown(m).map(|tab| chart::chart(m, tab));
        let title = &m.doc.scenario.about.title;
        (shown, format!("{title} · seed {}", m.run.seed))
    });
    let pen = SvgPen::new(&palette.font);
    let letters = |colour, weight| Letters {
        colour,
        weight,
        align: Align::Left,
        centred: false,
        room: Some(CHART.0),
    };
    let each = CHART_HEAD + CHART.1 + CHART_MARGIN;
    let r = Rect {
        x: 0.0,
        y: 0.0,
        w: CHART.0 + 2.0 * CHART_MARGIN,
        h: each * shown.len() as f64 + 2.0 * CHART_MARGIN + 16.0,
    };
    pen.rect((0.0, 0.0), (r.w, r.h), "#ffffff");
    for (chart, nth) in shown.iter().zip(0..) {
        pen.moved(
            (CHART_MARGIN, CHART_MARGIN + each * f64::from(nth)),
            |pen| {
                pen.text(&chart.title, (0.0, 14.0), letters(&palette.text, 600));
                let sentence = chart.sentence();
                pen.text(&sentence, (0.0, 34.0), letters(&palette.muted, 400));
            },
        );
        let top = CHART_MARGIN + each * f64::from(nth) + CHART_HEAD;
        pen.moved((CHART_MARGIN, top), |pen| {
            Plot::new(pen, &palette, chart, CHART.0, CHART.1).draw(None);
        });
    }
    let foot = (CHART_MARGIN, r.h - CHART_MARGIN);
    pen.text(&whose, foot, letters(&palette.muted, 400));
    let size = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{:.0}\" viewBox=\"0 0 {:.1} {:.1}\">",
        r.w, r.h, r.w, r.h
    );
    (format!("{size}{}</svg>", pen.into_elements()), r)
}

pub fn save_charts_svg(store: Store) {
    let (svg, _) = charts(store);
    save_text(store, &name(store, "-charts.svg"), &svg);
}

pub fn save_charts_png(store: Store) {
    let (svg, r) = charts(store);
    save_drawn(store, svg, r, name(store, "-charts.png"));
}

pub fn save_svg(store: Store) {
    let Some((svg, _)) = text() else { return };
    save_text(store, &name(store, ".svg"), &svg);
}

pub fn save_png(store: Store) {
    let Some((svg, r)) = text() else { return };
    save_drawn(store, svg, r, name(store, ".png"));
}

fn save_text(store: Store, name: &str, svg: &str) {
    if files::save(name, svg, "image/svg+xml").is_err() {
        store.send(Msg::Toast("This browser refused the download.".into()));
    }
}

fn save_drawn(store: Store, svg: String, r: Rect, name: String) {
    if draw_png(svg, r, name).is_err() {
        store.send(Msg::Toast(
            "The picture could not be drawn; save it as SVG.".into(),
        ));
    }
}

fn draw_png(svg: String, r: Rect, name: String) -> Result<(), JsValue> {
    let image = HtmlImageElement::new()?;
    let source = format!(
        "data:image/svg+xml;charset=utf-8,{}",
        js_sys::encode_uri_component(&svg)
    );
    let drawn = image.clone();
    let on_load = Closure::once_into_js(move || -> Result<(), JsValue> {
        let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
        canvas.set_width((r.w * SHARP) as u32);
        canvas.set_height((r.h * SHARP) as u32);
        let cx = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
        let cx: CanvasRenderingContext2d = cx.unchecked_into();
        cx.scale(SHARP, SHARP)?;
        cx.draw_image_with_html_image_element_and_dw_and_dh(&drawn, 0.0, 0.0, r.w, r.h)?;
        files::follow(&name, &canvas.to_data_url()?)
    });
    image.set_onload(Some(on_load.unchecked_ref()));
    image.set_src(&source);
    Ok(())
}
