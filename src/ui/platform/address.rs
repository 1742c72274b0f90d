//! What the address says: `?seed=7`, `?speed=max`, `?debug`.

use web_sys::UrlSearchParams;

use super::window;

#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub seed: Option<u64>,
    pub speed: Option<String>,
    pub debug: bool,
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
    }
}
