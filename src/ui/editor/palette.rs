//! The kinds of nodes in a column: click one to have it in a free place, or drag it to where it goes.

use leptos::ev::PointerEvent;
use leptos::prelude::*;

use super::stage::Stage;
use crate::design::registry::KINDS;
use crate::ui::live::node_view::{glyph, kind_shape};
use crate::ui::platform;
use crate::ui::state::editing::Draw;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;

#[component]
pub fn Palette() -> impl IntoView {
    let store = Store::get();
    let stage = Stage::get();
    let on = store.memo(|m| m.editor.on);
    // The kind under the pointer, and where the press began.
    let held = StoredValue::new(None::<(&'static str, (f64, f64))>);
    let add = move |kind: &'static str, at| {
        store.send(Msg::Draw(Draw::Add {
            kind: kind.to_owned(),
            preset: None,
            at,
            from: None,
        }));
    };
    let dropped = move |event: &PointerEvent| {
        let (kind, start) = held.get_value()?;
        held.set_value(None);
        let to = (f64::from(event.client_x()), f64::from(event.client_y()));
        if (to.0 - start.0).abs() + (to.1 - start.1).abs() < 8.0 {
            return None;
        }
        let canvas = platform::document().get_element_by_id("canvas")?;
        let r = canvas.get_bounding_client_rect();
        let place = (to.0 - r.left(), to.1 - r.top());
        let inside = place.0 > 0.0 && place.1 > 0.0 && place.0 < r.width() && place.1 < r.height();
        inside.then(|| {
            let (x, y) = stage.view.get_untracked().under(place);
            add(
                kind,
                Some(((x - 80.0).round() as i32, (y - 40.0).round() as i32)),
            );
        })
    };
    let dragged = StoredValue::new(false);
    view! {
        <div class="palette" role="toolbar" aria-label="Add a node" aria-orientation="vertical" hidden=move || !on.get()>
            {KINDS
                .iter()
                .map(|kind| {
                    let name = kind.name;
                    view! {
                        <button
                            class="button quiet kind"
                            title=format!("{}: {}", kind.word, kind.meaning)
                            data-kind=name
                            on:pointerdown=move |event: PointerEvent| {
                                dragged.set_value(false);
                                let at = (f64::from(event.client_x()), f64::from(event.client_y()));
                                held.set_value(Some((name, at)));
                                if let Some(target) = event.current_target() {
                                    use wasm_bindgen::JsCast;
                                    if let Ok(element) = target.dyn_into::<web_sys::Element>() {
                                        // Without it a drop outside of the button is not seen.
                                        let _ = element.set_pointer_capture(event.pointer_id());
                                    }
                                }
                            }
                            on:pointerup=move |event: PointerEvent| {
                                dragged.set_value(dropped(&event).is_some());
                            }
                            on:click=move |_| {
                                if !dragged.get_value() {
                                    add(name, None);
                                }
                                dragged.set_value(false);
                            }
                        >
                            <svg class="kind-pic" viewBox="0 0 24 24" aria-hidden="true">
                                <path d=glyph(kind_shape(name)) />
                            </svg>
                            <span>{kind.word}</span>
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}
