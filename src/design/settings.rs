//! Reading knobs: what was set, else the registry's default.
//!
//! A design that passed validation holds only values of the knob's unit, and every required knob, so
//! reading cannot fail; asking for a knob that the registry does not know is a bug in the caller and
//! panics with the knob's name.

use super::Knobs;
use super::registry::{KindSpec, KnobSpec};
use super::value::{self, Dist, Factor, Money, Rate, Share, Unit, Value};
use crate::time::Duration;

/// The knobs of one thing together with their specification.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    pub spec: &'static KindSpec,
    pub knobs: &'a Knobs,
}

impl<'a> Settings<'a> {
    pub fn new(spec: &'static KindSpec, knobs: &'a Knobs) -> Settings<'a> {
        Settings { spec, knobs }
    }

    fn knob(&self, name: &str) -> &'static KnobSpec {
        self.spec
            .knob(name)
            .unwrap_or_else(|| panic!("`{}` has no knob `{name}` in the registry", self.spec.name))
    }

    /// The value that counts: the one set, else the default; [`Value::Off`] for "not there".
    pub fn value(&self, name: &str) -> Value {
        let spec = self.knob(name);
        if let Some(value) = self.knobs.get(name) {
            return value.clone();
        }
        if spec.off == Some(spec.default) {
            return Value::Off;
        }
        value::parse(spec.default, spec).unwrap_or_else(|e| {
            panic!(
                "default of `{}.{name}` in the registry: {}",
                self.spec.name, e.message
            )
        })
    }

    fn wrong(&self, name: &str, value: &Value) -> ! {
        panic!("`{}.{name}` holds {value:?}", self.spec.name)
    }
}

/// A reader for a knob that always has a value, and one for a knob that can be off.
macro_rules! readers {
    ($($name:ident $opt:ident $variant:ident $ty:ty),* $(,)?) => {
        impl Settings<'_> { $(
            pub fn $name(&self, name: &str) -> $ty {
                match self.value(name) {
                    Value::$variant(x) => x,
                    other => self.wrong(name, &other),
                }
            }

            pub fn $opt(&self, name: &str) -> Option<$ty> {
                match self.value(name) {
                    Value::$variant(x) => Some(x),
                    Value::Off => None,
                    other => self.wrong(name, &other),
                }
            }
        )* }
    };
}

readers! {
    count opt_count Count u64,
    duration opt_duration Duration Duration,
    rate opt_rate Rate Rate,
    share opt_share Share Share,
    factor opt_factor Factor Factor,
    money opt_money Money Money,
    dist opt_dist Dist Dist,
    flag opt_flag Flag bool,
    names opt_names Names Vec<String>,
    rates opt_rates Rates Vec<Rate>,
    text opt_text Text String,
}

impl Settings<'_> {
    /// Position of the word chosen.
    pub fn choice_number(&self, name: &str) -> u8 {
        match self.value(name) {
            Value::Choice(i) => i,
            other => self.wrong(name, &other),
        }
    }

    /// The word chosen among those that the knob's unit lists.
    pub fn choice(&self, name: &str) -> &'static str {
        let Unit::Choice(words) = self.knob(name).unit else {
            panic!("`{}.{name}` is no choice", self.spec.name)
        };
        match self.value(name) {
            Value::Choice(i) => words[i as usize],
            other => self.wrong(name, &other),
        }
    }
}
