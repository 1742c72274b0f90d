//! Other people's services.

use super::Preset;

pub static PRESETS: &[Preset] = &[];
