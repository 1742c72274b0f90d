//! What the address says: `?seed=7`, `?speed=max`, `?scenario=s04-retry-storm`, `?door=cold`, `?debug`,
//! `?lang=de`, `?room=s04` and `?notes=s04`.

use web_sys::UrlSearchParams;

use super::window;
use crate::scenario::built_in::BuiltIn;
use crate::ui::state::rooms::{self, Window};

#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub seed: Option<u64>,
    pub speed: Option<String>,
    pub debug: bool,
    /// Name of a lesson or starting point.
    pub scenario: Option<String>,
    pub door: Option<String>,
    /// A language tag, not the one of the page if it has no such file.
    pub language: Option<String>,
    /// What the window is for, if not for one person, and the name of the lesson.
    pub room: Option<(Window, String)>,
}

impl Asked {
    /// What the window is for, and the lesson, if this build has it.
    pub fn lesson(&self) -> Option<(Window, &'static BuiltIn)> {
        let (window, name) = self.room.as_ref()?;
        Some((*window, rooms::lesson(name)?))
    }
}

pub fn read() -> Asked {
    let search = window().location().search().unwrap_or_default();
    let Ok(params) = UrlSearchParams::new_with_str(&search) else {
        return Asked::default();
    };
    Asked {
        seed: params.get("seed").and_then(|text| text.parse().ok()),
        speed: params.get("speed"),
        debug: params.has("debug"),
        scenario: params.get("scenario"),
        door: params.get("door"),
        language: params.get("lang"),
        room: [Window::Room, Window::Notes]
            .into_iter()
            .find_map(|window| Some((window, params.get(window.query())?))),
    }
}

/// The address of the page, without what it asks for and opens.
pub fn bare() -> String {
    let location = window().location();
    let (origin, path) = (location.origin(), location.pathname());
    format!("{}{}", origin.unwrap_or_default(), path.unwrap_or_default())
}

/// The link that the address holds behind `#`, taken out of it: the page opened again shows what was made of
/// it meanwhile.
pub fn take_link() -> Option<String> {
    let location = window().location();
    let hash = location.hash().ok().filter(|hash| hash.len() > 1)?;
    let path = location.pathname().ok()?;
    let search = location.search().unwrap_or_default();
    let history = window().history().ok()?;
    // A page that may not change its address keeps it.
    let _ = history.replace_state_with_url(
        &wasm_bindgen::JsValue::NULL,
        "",
        Some(&format!("{path}{search}")),
    );
    Some(hash)
}
