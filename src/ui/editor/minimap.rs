//! The whole drawing in small, where it has many nodes: what is in sight, and a click to go elsewhere.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::stage::Stage;
use crate::ui::state::view::View;

/// From this many nodes on.
const MANY: usize = 15;
const SIZE: (f64, f64) = (180.0, 120.0);

#[component]
pub fn Minimap() -> impl IntoView {
    let stage = Stage::get();
    let shown = Memo::new(move |_| stage.scene.with(|s| s.nodes.len() > MANY && !s.top_down));
    view! { {move || shown.get().then(|| view! { <Small /> })} }
}

#[component]
fn Small() -> impl IntoView {
    let stage = Stage::get();
    let small = Memo::new(move |_| {
        let all = stage.scene.with(|s| s.extent());
        let zoom = ((SIZE.0 - 16.0) / all.w.max(1.0)).min((SIZE.1 - 16.0) / all.h.max(1.0));
        View {
            zoom,
            x: 8.0 - all.x * zoom,
            y: 8.0 - all.y * zoom,
        }
    });
    let nodes = move || {
        let v = small.get();
        let rects = stage
            .scene
            .with(|s| s.nodes.iter().map(|n| n.rect).collect::<Vec<_>>());
        rects
            .into_iter()
            .map(|r| {
                view! {
                    <rect
                        x=r.x * v.zoom + v.x
                        y=r.y * v.zoom + v.y
                        width=(r.w * v.zoom).max(2.0)
                        height=(r.h * v.zoom).max(2.0)
                    />
                }
            })
            .collect_view()
    };
    let sight = move || {
        let (v, view, (w, h)) = (small.get(), stage.view.get(), stage.size.get());
        let (left, top) = view.under((0.0, 0.0));
        let (right, bottom) = view.under((w, h));
        view! {
            <rect
                class="sight"
                x=left * v.zoom + v.x
                y=top * v.zoom + v.y
                width=(right - left) * v.zoom
                height=(bottom - top) * v.zoom
            />
        }
    };
    let go = move |event: MouseEvent| {
        let target = event
            .current_target()
            .and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        let Some(target) = target else { return };
        let r = target.get_bounding_client_rect();
        let at = (
            f64::from(event.client_x()) - r.left(),
            f64::from(event.client_y()) - r.top(),
        );
        let (x, y) = small.get_untracked().under(at);
        let (w, h) = stage.size.get_untracked();
        stage.free.set(true);
        stage.view.update(|view| {
            view.x = w / 2.0 - x * view.zoom;
            view.y = h / 2.0 - y * view.zoom;
        });
    };
    view! {
        <svg class="minimap" width=SIZE.0 height=SIZE.1 aria-hidden="true" on:click=go>
            {nodes}
            {sight}
        </svg>
    }
}
