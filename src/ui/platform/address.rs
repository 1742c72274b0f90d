//! What the address says: `?seed=7`, `?speed=max`, `?scenario=s04-retry-storm`, `?door=cold`, `?debug`.

use web_sys::UrlSearchParams;

use super::window;

#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub seed: Option<u64>,
    pub speed: Option<String>,
    pub debug: bool,
    /// Name of a lesson or starting point.
    pub scenario: Option<String>,
    pub door: Option<String>,
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
