//! The numbers a row is made from.

use super::Row;
use crate::engine::draw::mix64;

/// One number, with its range.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub meaning: &'static str,
    pub min: f64,
    pub max: f64,
    pub whole: bool,
}

impl Parameter {
    pub const fn new(name: &'static str, min: f64, max: f64, meaning: &'static str) -> Parameter {
        Parameter {
            name,
            meaning,
            min,
            max,
            whole: false,
        }
    }

    pub const fn whole(mut self) -> Parameter {
        self.whole = true;
        self
    }
}

/// The parameters of one case, in the order of the family's list.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    specs: &'static [Parameter],
    values: Vec<(&'static str, f64)>,
}

impl PartialEq for Parameter {
    fn eq(&self, other: &Parameter) -> bool {
        self.name == other.name
    }
}

impl Parameters {
    pub fn of(row: &Row) -> Parameters {
        Parameters {
            specs: row.family.parameters,
            values: row.values.to_vec(),
        }
    }

    /// # Panics
    /// If the family has no such parameter.
    pub fn get(&self, name: &str) -> f64 {
        let found = self.values.iter().find(|(n, _)| *n == name);
        found.unwrap_or_else(|| panic!("no parameter `{name}`")).1
    }

    pub fn whole(&self, name: &str) -> u32 {
        self.get(name) as u32
    }

    pub fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(n, _)| *n == name)
    }

    pub fn set(&mut self, name: &str, value: f64) -> Result<(), String> {
        let Some(spec) = self.specs.iter().find(|spec| spec.name == name) else {
            let names: Vec<&str> = self.specs.iter().map(|spec| spec.name).collect();
            return Err(format!(
                "no parameter `{name}`: there are {}",
                names.join(", ")
            ));
        };
        if !(spec.min..=spec.max).contains(&value) {
            return Err(format!(
                "{name} is from {} to {}, not {value}",
                spec.min, spec.max
            ));
        }
        if spec.whole && value != value.trunc() {
            return Err(format!("{name} is a whole number, not {value}"));
        }
        let slot = self.values.iter_mut().find(|(n, _)| *n == name);
        slot.expect("a row has every parameter of its family").1 = value;
        Ok(())
    }

    pub fn listed(&self) -> Vec<(&'static str, f64)> {
        self.values.clone()
    }

    /// `lambda 80, mu 100, c 1`
    pub fn shown(&self) -> String {
        let parts: Vec<String> = self
            .values
            .iter()
            .map(|(n, v)| format!("{n} {v}"))
            .collect();
        parts.join(", ")
    }
}

/// Random parameters, the same ones every time.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(mix64(seed))
    }

    /// Three significant digits between the two.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let unit = (mix64(self.0) >> 11) as f64 / (1u64 << 53) as f64;
        let x = low + unit * (high - low);
        format!("{x:.2e}")
            .parse::<f64>()
            .unwrap_or(x)
            .clamp(low, high)
    }

    /// Any whole number from the first to the last.
    pub fn whole(&mut self, first: u32, last: u32) -> f64 {
        let x = self.between(f64::from(first), f64::from(last) + 0.99);
        x.floor().min(f64::from(last))
    }
}
