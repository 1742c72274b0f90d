//! A scenario file that is still being drawn: tables with fields that belong to the topology, and knobs
//! that may be taken out again.

use std::fmt::Write as _;

use crate::design::registry::KindSpec;

pub struct Table {
    /// `service.s0`, or `timeline`.
    pub header: String,
    pub kind: &'static KindSpec,
    /// What the topology needs, as TOML.
    pub fixed: Vec<(String, String)>,
    /// What was drawn besides.
    pub drawn: Vec<(String, String)>,
}

#[derive(Default)]
pub struct Draft {
    pub tables: Vec<Table>,
    pub entries: Vec<Table>,
}

/// Quotes text for TOML.
pub fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

impl Table {
    pub fn new(header: String, kind: &'static KindSpec) -> Table {
        Table {
            header,
            kind,
            fixed: Vec::new(),
            drawn: Vec::new(),
        }
    }

    /// Adds a field; `value` is TOML.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Table {
        self.fixed.push((name.to_owned(), value.into()));
        self
    }

    pub fn has(&self, name: &str) -> bool {
        self.fixed.iter().chain(&self.drawn).any(|(n, _)| n == name)
    }

    pub fn key(&self) -> &str {
        self.header.split('.').next_back().unwrap_or_default()
    }

    fn take_out(&mut self, name: &str) -> bool {
        let before = self.drawn.len();
        self.drawn.retain(|(n, _)| n != name);
        self.drawn.len() < before
    }
}

impl Draft {
    pub fn text(&self) -> String {
        let mut text = "format = 1\n\n[run]\nduration = \"40 s\"\n".to_owned();
        for table in &self.tables {
            let _ = writeln!(text, "\n[{}]", table.header);
            for (name, value) in table.fixed.iter().chain(&table.drawn) {
                let _ = writeln!(text, "{name} = {value}");
            }
        }
        for entry in &self.entries {
            let _ = writeln!(text, "\n[[timeline]]\nwhat = \"{}\"", entry.kind.name);
            for (name, value) in entry.fixed.iter().chain(&entry.drawn) {
                let _ = writeln!(text, "{name} = {value}");
            }
        }
        text
    }

    /// Takes out the drawn knob at a path, or, if the fault is the table's as a whole, all that was
    /// drawn there; an entry of the timeline goes as a whole. Returns whether anything went.
    pub fn take_out(&mut self, path: &str) -> bool {
        if let Some(rest) = path.strip_prefix("timeline.") {
            let number = rest.split('.').next().and_then(|n| n.parse::<usize>().ok());
            let Some(number) = number.filter(|&n| n >= 1 && n <= self.entries.len()) else {
                return false;
            };
            // The first entry is the fault that every design has.
            if number == 1 {
                let knob = rest.split('.').nth(1).unwrap_or_default().to_owned();
                return self.entries[0].take_out(&knob);
            }
            self.entries.remove(number - 1);
            return true;
        }
        let mut parts = path.splitn(3, '.');
        let header: Vec<&str> = parts.by_ref().take(2).collect();
        let header = header.join(".");
        let knob = parts
            .next()
            .map(|knob| knob.split('.').next().unwrap_or(knob));
        let Some(table) = self.tables.iter_mut().find(|t| t.header == header) else {
            return false;
        };
        if let Some(knob) = knob
            && table.take_out(knob)
        {
            return true;
        }
        let had = !table.drawn.is_empty();
        table.drawn.clear();
        had
    }
}
