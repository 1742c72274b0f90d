//! Vendor presets: well-known products as documented values of our knobs, found by name.
//!
//! A preset is named in the file (`preset = "nginx"`), never implicit (docs/semantics.md 12). It holds
//! only what the vendor documents as a default and a knob can say; what it cannot say is listed with it.

mod balancers;
mod caches;
mod databases;
mod jobs;
mod links;
mod queues;
mod services;
mod third_parties;
mod workers;

use super::{KindSpec, LINK, kind};
use crate::design::value::{self, Value};

/// A product's defaults.
#[derive(Debug)]
pub struct Preset {
    /// As files write it: `aws-alb`.
    pub name: &'static str,
    /// The word people see.
    pub word: &'static str,
    /// The kind of node it is for, or `link`.
    pub kind: &'static str,
    pub meaning: &'static str,
    /// Title and address of the vendor's pages.
    pub docs: &'static [(&'static str, &'static str)],
    pub values: &'static [Given],
    /// What the product does by default, or is known for, and no knob of the kind says.
    pub not_expressed: &'static [&'static str],
}

/// One documented value.
#[derive(Debug, PartialEq, Eq)]
pub struct Given {
    pub knob: &'static str,
    /// As a file would write it.
    pub text: &'static str,
    /// What the vendor documents: its setting, or the sentence in short.
    pub source: &'static str,
}

const fn given(knob: &'static str, text: &'static str, source: &'static str) -> Given {
    Given { knob, text, source }
}

static ALL: &[&[Preset]] = &[
    balancers::PRESETS,
    services::PRESETS,
    caches::PRESETS,
    databases::PRESETS,
    queues::PRESETS,
    workers::PRESETS,
    third_parties::PRESETS,
    jobs::PRESETS,
    links::PRESETS,
];

/// Every preset, by kind in the order people meet the kinds.
pub fn presets() -> impl Iterator<Item = &'static Preset> + Clone {
    ALL.iter().copied().flatten()
}

pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().find(|preset| preset.name == name)
}

/// There is one of each name.
impl PartialEq for Preset {
    fn eq(&self, other: &Preset) -> bool {
        self.name == other.name
    }
}
impl Eq for Preset {}

impl Preset {
    /// What its values are knobs of.
    pub fn spec(&self) -> &'static KindSpec {
        if self.kind == LINK.name {
            return &LINK;
        }
        kind(self.kind).unwrap_or_else(|| panic!("preset `{}` is for no kind", self.name))
    }

    /// Its values, read, in their order.
    pub fn knobs(&self) -> impl Iterator<Item = (&'static str, Value)> {
        self.values.iter().map(|given| self.read(given))
    }

    fn read(&self, given: &Given) -> (&'static str, Value) {
        let Some(spec) = self.spec().knob(given.knob) else {
            panic!("preset `{}`: no knob `{}`", self.name, given.knob)
        };
        match value::parse(given.text, spec) {
            Ok(value) => (spec.name, value),
            Err(e) => panic!("preset `{}`, `{}`: {}", self.name, given.knob, e.message),
        }
    }
}
