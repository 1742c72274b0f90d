//! Published results that a run must reproduce, as data.
//!
//! A [`Row`] names a [`Family`] and its parameters. The family writes an ordinary scenario file from
//! them, says what comes out by closed form, and where to read it in a report. So other parameters
//! need no new code: expectation and run follow from the same numbers.
//!
//! Rules: what happens in the first 15 % of a run is not measured; each seed is long enough for its
//! mean to be within the tolerance in 19 of 20 seeds ([`length`]); the mean over the seeds is what
//! must fit; percentiles have one and a half times the tolerance of means.

mod balancing;
mod caches;
mod columns;
mod copies;
mod crowds;
mod disciplines;
mod evicting;
mod expiring;
mod figure;
mod flows;
mod hedges;
mod jobs;
mod length;
mod limits;
mod logs;
mod messages;
mod metastable;
mod monitored;
mod outboxes;
mod overloads;
mod parameters;
mod parts;
mod placement;
mod queries;
mod quorums;
mod reads;
mod refusals;
mod retries;
mod rows;
mod stations;
mod text;
mod transactions;
mod walls;

pub use figure::{Expected, Target};
pub use length::{Length, requests_for};
pub use parameters::{Dice, Parameter, Parameters};

/// The lists of the subjects, in the order of the page.
const LISTS: &[&[Row]] = &[
    rows::ROWS,
    disciplines::ROWS,
    refusals::ROWS,
    hedges::ROWS,
    walls::ROWS,
    placement::ROWS,
    limits::ROWS,
    evicting::ROWS,
    evicting::OTHER_ROWS,
    caches::ROWS,
    expiring::ROWS,
    crowds::ROWS,
    parts::ROWS,
    monitored::PAGES_ROWS,
    monitored::BURN_ROWS,
    monitored::REPLICA_ROWS,
    messages::ROWS,
    outboxes::ROWS,
    quorums::ROWS,
    jobs::ROWS,
    logs::ROWS,
    overloads::ROWS,
    reads::ROWS,
    transactions::ROWS,
    copies::ROWS,
    queries::ROWS,
    columns::ROWS,
];

const COUNT: usize = {
    let (mut rows, mut list) = (0, 0);
    while list < LISTS.len() {
        rows += LISTS[list].len();
        list += 1;
    }
    rows
};

/// All rows, in the order of the page.
pub static ROWS: &[Row] = &{
    let mut all = [LISTS[0][0]; COUNT];
    let (mut at, mut list) = (0, 0);
    while list < LISTS.len() {
        let mut row = 0;
        while row < LISTS[list].len() {
            all[at] = LISTS[list][row];
            at += 1;
            row += 1;
        }
        list += 1;
    }
    all
};

use serde::Serialize;

use super::bands::Band;
use crate::engine::Limits;
use crate::observe::report::Report;
use crate::scenario::Scenario;

/// Where an expectation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A formula.
    ClosedForm,
    /// Another simulation, which shares nothing with the engine.
    IndependentSimulation,
    /// A number in a publication; with other parameters, the formula behind it.
    Published,
}

/// Designs that differ in their parameters only.
pub struct Family {
    pub name: &'static str,
    pub basis: Basis,
    pub source: &'static str,
    pub parameters: &'static [Parameter],
    /// Why nothing is known about these parameters.
    pub refuses: fn(&Parameters) -> Option<String>,
    /// How long a run has to be for means within this relative error.
    pub length: fn(&Parameters, f64) -> Length,
    /// What is drawn and what happens, as tables of a scenario file.
    pub design: fn(&Parameters) -> String,
    pub expects: fn(&Parameters) -> Vec<Expected>,
    /// Other parameters, for a test that rows are no special cases.
    pub draw: fn(&mut Dice) -> Vec<(&'static str, f64)>,
}

/// One line of the list.
#[derive(Clone, Copy)]
pub struct Row {
    pub name: &'static str,
    /// What is compared, for people.
    pub title: &'static str,
    pub family: &'static Family,
    pub values: &'static [(&'static str, f64)],
    /// Relative, of means.
    pub tolerance: f64,
    /// What the publication prints, by figure. The formula is tested against it; where a family is
    /// [`Basis::Published`], it is what a run is held to.
    pub published: &'static [(&'static str, f64)],
}

impl Row {
    /// One of which the publication prints no figure.
    pub const fn new(
        name: &'static str,
        title: &'static str,
        family: &'static Family,
        values: &'static [(&'static str, f64)],
        tolerance: f64,
    ) -> Row {
        Row {
            name,
            title,
            family,
            values,
            tolerance,
            published: &[],
        }
    }
}

/// A row with its parameters settled: what is run and what must come out.
pub struct Case {
    pub row: &'static Row,
    pub parameters: Parameters,
    pub length: Length,
    /// The scenario file.
    pub text: String,
    pub expected: Vec<Expected>,
    scenario: Scenario,
}

impl Row {
    /// The row with some parameters changed, ready to run; those that it does not have, and those
    /// about which nothing is known, are refused with the reason. `effort` scales the run's length.
    pub fn case(&'static self, changes: &[(&str, f64)], effort: f64) -> Result<Case, String> {
        let mut case = self.design(changes, effort)?;
        let mut expected = (self.family.expects)(&case.parameters);
        let unchanged = Parameters::of(self) == case.parameters;
        for figure in &mut expected {
            let published = self.published.iter().find(|(name, _)| *name == figure.name);
            if let (Basis::Published, true, Some(&(_, printed)), Target::Near { value, .. }) =
                (self.family.basis, unchanged, published, &mut figure.target)
            {
                *value = printed;
            }
            figure.settle(self.tolerance);
        }
        case.expected = expected;
        Ok(case)
    }

    /// The same without its expectations.
    fn design(&'static self, changes: &[(&str, f64)], effort: f64) -> Result<Case, String> {
        let mut parameters = Parameters::of(self);
        for &(name, value) in changes {
            parameters.set(name, value)?;
        }
        if let Some(why) = (self.family.refuses)(&parameters) {
            return Err(format!("row {}: {why}", self.name));
        }
        let length = (self.family.length)(&parameters, self.tolerance).times(effort);
        let design = (self.family.design)(&parameters);
        let text = text::scenario(self, &parameters, length, &design);
        let scenario = Scenario::parse(&text).map_err(|findings| {
            let first = findings.first().map_or("", |f| f.message.as_str());
            format!(
                "row {}: these parameters make no valid scenario: {first}",
                self.name
            )
        })?;
        Ok(Case {
            row: self,
            parameters,
            length,
            text,
            expected: Vec::new(),
            scenario,
        })
    }
}

/// What one seed measured, by figure.
pub type Measured = Vec<Option<f64>>;

impl Case {
    /// Runs one seed.
    pub fn measure(&self, seed: u64) -> Measured {
        let program = super::compile(&self.scenario, Limits::NATIVE);
        let report: Report = super::run(&self.scenario, program, seed);
        let read = |figure: &Expected| (figure.read)(&report, &self.parameters);
        self.expected.iter().map(read).collect()
    }

    /// Holds what the seeds measured against what was expected.
    pub fn judge(&self, seeds: &[Measured]) -> Outcome {
        let figures = self.expected.iter().enumerate().map(|(i, figure)| {
            let values: Vec<f64> = seeds.iter().filter_map(|m| m[i]).collect();
            let complete = values.len() == seeds.len();
            let band = Band::of(values);
            FigureOutcome {
                name: figure.name,
                unit: figure.unit,
                target: figure.target,
                holds: complete && band.is_some_and(|band| figure.target.holds(&band)),
                measured: band,
            }
        });
        let figures: Vec<FigureOutcome> = figures.collect();
        Outcome {
            row: self.row.name,
            title: self.row.title,
            basis: self.row.family.basis,
            source: self.row.family.source,
            parameters: self.parameters.listed(),
            seeds: seeds.len(),
            simulated_s: self.length.duration.as_secs_f64(),
            passed: figures.iter().all(|f| f.holds),
            figures,
        }
    }
}

/// How one figure came out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FigureOutcome {
    pub name: &'static str,
    pub unit: &'static str,
    pub target: Target,
    /// Over the seeds; `None` if none of them has the figure.
    pub measured: Option<Band>,
    pub holds: bool,
}

/// How a row came out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Outcome {
    pub row: &'static str,
    pub title: &'static str,
    pub basis: Basis,
    pub source: &'static str,
    pub parameters: Vec<(&'static str, f64)>,
    pub seeds: usize,
    /// Length of each run.
    pub simulated_s: f64,
    pub figures: Vec<FigureOutcome>,
    pub passed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_values_are_parameters() {
        for (i, row) in ROWS.iter().enumerate() {
            assert!(ROWS[..i].iter().all(|other| other.name != row.name));
            let names = row.family.parameters.iter().map(|p| p.name);
            assert!(
                row.values.iter().map(|(name, _)| *name).eq(names),
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn formulas_give_the_published_numbers() {
        for row in ROWS {
            let expected = (row.family.expects)(&Parameters::of(row));
            for &(name, published) in row.published {
                let figure = expected.iter().find(|f| f.name == name);
                let figure = figure.unwrap_or_else(|| panic!("{} has no {name}", row.name));
                // A fluid is not the experiment it explains; a chain is stepped, not solved.
                let relative = match row.family.basis {
                    Basis::ClosedForm => 1e-3,
                    _ => 0.06,
                };
                let off = (figure.target.value() - published).abs();
                assert!(
                    off <= relative * published,
                    "{} {name}: {:?}",
                    row.name,
                    figure.target
                );
            }
        }
    }

    #[test]
    fn every_row_is_a_valid_scenario_also_with_other_parameters() {
        let mut dice = Dice::new(1);
        for row in ROWS {
            row.design(&[], 1.0).unwrap();
            for _ in 0..20 {
                row.design(&(row.family.draw)(&mut dice), 1.0).unwrap();
            }
        }
    }

    #[test]
    fn a_figure_that_is_off_or_missing_fails_its_row() {
        let row = ROWS.iter().find(|row| row.name == "mm1-half").unwrap();
        let case = row.case(&[], 1.0).unwrap();
        let right: Measured = case
            .expected
            .iter()
            .map(|f| Some(f.target.value()))
            .collect();
        let passes = |seeds: &[Measured]| case.judge(seeds).passed;
        assert!(passes(&[right.clone(), right.clone()]));
        for wrong in [None, right[2].map(|w| 1.05 * w)] {
            let mut off = right.clone();
            off[2] = wrong;
            assert!(!passes(&[off.clone()]));
            assert!(!passes(&[right.clone(), off]));
        }
    }

    #[test]
    fn a_load_without_a_steady_state_is_refused() {
        let row = ROWS.iter().find(|row| row.name == "mm1").unwrap();
        let refused = row.design(&[("lambda", 100.0)], 1.0).err().unwrap();
        assert!(refused.contains("steady"), "{refused}");
        let refused = row.design(&[("lamda", 10.0)], 1.0).err().unwrap();
        assert!(refused.contains("lambda"), "{refused}");
    }
}
