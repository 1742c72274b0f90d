//! The border of a panel, to be moved by pointer or keyboard.

use std::cell::Cell;
use std::rc::Rc;

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;

use crate::ui::platform;
use crate::ui::state::panels::Panel;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;

/// Gives the style sheet the sizes that somebody chose, whenever they change.
pub fn follow(store: Store) {
    let sizes = store.memo(|m| m.sizes);
    Effect::new(move |_| {
        let sizes = sizes.get();
        for panel in Panel::ALL {
            platform::theme::measure(panel.key(), sizes.get(panel));
        }
    });
}

#[component]
pub fn Sash(panel: Panel) -> impl IntoView {
    let store = Store::get();
    let element = NodeRef::<html::Div>::new();
    let size = store.memo(move |m| panel.size(&m.sizes, m.room, platform::window_size()));
    let limits = move || panel.limits(platform::window_size());
    let resize = move |to: Option<u16>, done: bool| store.send(Msg::Resize { panel, to, done });
    // Where the pointer took it, and the size then.
    let taken = Rc::new(Cell::new(None::<(f64, u16)>));
    let place = move |event: &PointerEvent| match panel.is_beside() {
        true => f64::from(event.client_x()),
        false => f64::from(event.client_y()),
    };
    let down = {
        let taken = Rc::clone(&taken);
        move |event: PointerEvent| {
            if event.button() != 0 {
                return;
            }
            taken.set(Some((place(&event), size.get_untracked())));
            if let Some(element) = element.get_untracked() {
                // Without it the border is let go where the pointer leaves it.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
        }
    };
    let moved = {
        let taken = Rc::clone(&taken);
        move |event: PointerEvent| {
            if let Some((from, was)) = taken.get() {
                let to = panel.pulled(was, place(&event) - from, platform::window_size());
                if to != size.get_untracked() {
                    resize(Some(to), false);
                }
            }
        }
    };
    let up = move |_: PointerEvent| {
        if let Some((_, was)) = taken.take()
            && was != size.get_untracked()
        {
            resize(Some(size.get_untracked()), true);
        }
    };
    let key = move |event: KeyboardEvent| {
        let now = size.get_untracked();
        let to = panel.keyed(
            &event.key(),
            event.shift_key(),
            now,
            platform::window_size(),
        );
        if let Some(to) = to {
            event.prevent_default();
            event.stop_propagation();
            resize(to, true);
        }
    };
    view! {
        <div
            node_ref=element
            class=format!("sash sash-{}", panel.key())
            role="separator"
            tabindex="0"
            aria-orientation=if panel.is_beside() { "vertical" } else { "horizontal" }
            aria-label=panel.label()
            aria-controls=panel.key()
            aria-valuenow=move || size.get().to_string()
            aria-valuemin=move || limits().0.to_string()
            aria-valuemax=move || {
                size.track();
                limits().1.to_string()
            }
            aria-valuetext=move || format!("{} pixels", size.get())
            title=format!("{}: drag, or arrow keys; double click or Enter for the usual", panel.label())
            data-testid=format!("sash-{}", panel.key())
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up.clone()
            on:pointercancel=up
            on:dblclick=move |_| resize(None, true)
            on:keydown=key
        ></div>
    }
}
