//! The page. `state` is plain data with an update function and runs anywhere; everything else needs
//! a browser and is compiled only with the feature `ui`.
//!
//! A click becomes a [`state::update::Msg`]; `update` changes the [`state::model::Model`] and returns
//! effects; `store` carries them out. Views read selectors through memos. Frames of a running
//! simulation go another way, past the signals: see `live`.

pub mod state;

#[cfg(feature = "ui")]
pub mod app;
#[cfg(feature = "ui")]
pub mod editor;
#[cfg(feature = "ui")]
pub mod learn;
#[cfg(feature = "ui")]
pub mod live;
#[cfg(feature = "ui")]
pub mod platform;
#[cfg(feature = "ui")]
pub mod rooms;
#[cfg(feature = "ui")]
pub mod store;
#[cfg(feature = "ui")]
pub mod widgets;

/// Draws the page and starts its simulator.
#[cfg(feature = "ui")]
pub fn start() {
    console_error_panic_hook::set_once();
    // Leptos has no tasks before something is mounted.
    wasm_bindgen_futures::spawn_local(async {
        platform::locale::learn().await;
        let saved = store::saved_session().await;
        let progress = store::saved_progress().await;
        leptos::mount::mount_to_body(move || app::App(app::AppProps { saved, progress }));
    });
}
