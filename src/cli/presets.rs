//! `brownout presets`: well-known products as values of our knobs.

use std::fmt::Write as _;

use super::exit::{Exit, Failure};
use super::output;
use crate::design::nearest::nearest;
use crate::design::registry::{Preset, preset, presets};

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Presets {
    /// Show this one: its values, where they come from, and what it leaves out
    name: Option<String>,
}

const AFTER: &str = "\
In a scenario file, `preset = \"NAME\"` in the table of a node or link gives it those values; what the
table sets itself counts. docs/presets.md has all of them with links.";

pub fn run(args: &Presets) -> Result<Exit, Failure> {
    let Some(name) = &args.name else {
        output::print(&list())?;
        return Ok(Exit::Done);
    };
    let Some(found) = preset(name) else {
        let near = nearest(name, presets().map(|preset| preset.name));
        let help = near.map_or_else(
            || "`brownout presets` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Failure {
            exit: Exit::Usage,
            message: format!("there is no preset `{name}`; {help}"),
        });
    };
    output::print(&details(found))?;
    Ok(Exit::Done)
}

fn list() -> String {
    let width = presets().map(|preset| preset.name.len()).max();
    let width = width.unwrap_or_default();
    let mut out = String::new();
    let mut kind = "";
    for preset in presets() {
        if preset.kind != kind {
            kind = preset.kind;
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{kind}");
        }
        let _ = writeln!(out, "  {:width$}  {}", preset.name, preset.meaning);
    }
    out
}

/// As a file would write it, with what the vendor documents beside.
fn details(preset: &Preset) -> String {
    let mut out = format!("{}\n{}\n\n", preset.word, preset.meaning);
    let _ = writeln!(out, "[{}.NAME]\npreset = \"{}\"", preset.kind, preset.name);
    let lines: Vec<(String, &str)> = preset
        .values
        .iter()
        .map(|given| (format!("{} = {}", given.knob, given.text), given.source))
        .collect();
    let width = lines.iter().map(|(line, _)| line.len()).max();
    let width = width.unwrap_or_default();
    for (line, source) in &lines {
        let _ = writeln!(out, "  {line:width$}  {source}");
    }
    let _ = writeln!(out, "\nNot expressed:");
    for missing in preset.not_expressed {
        let _ = writeln!(out, "- {missing}");
    }
    let _ = writeln!(out, "\nDocumented in:");
    for (title, link) in preset.docs {
        let _ = writeln!(out, "- {title}, {link}");
    }
    out
}
