//! `brownout schema`: the published shapes of the files that go in and come out, as JSON Schema.

use clap::ValueEnum;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;

use super::conformance::Results;
use super::exit::{Exit, Failure};
use super::gate::Gates;
use super::lint::AllLinted;
use super::output;
use super::run::Printed;
use super::verify::Verified;
use crate::experiment::bands::SeedsReport;
use crate::experiment::truth::Truth;
use crate::observe::twin::Twin;
use crate::scenario::schema;

#[derive(Debug, clap::Args)]
pub struct Schema {
    /// Which shape
    #[arg(value_enum, default_value = "scenario")]
    of: Of,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// A scenario file
    Scenario,
    /// The JSON of `brownout run --format json`
    Report,
    /// The JSON of `brownout run --seeds N --format json`
    Seeds,
    /// The JSON of `brownout conformance --format json`
    Conformance,
    /// The JSON of `brownout lint --format json`
    Lint,
    /// The JSON of `brownout ledger --format json`
    Ledger,
    /// The JSON of `brownout check --gate --format json`
    Gate,
    /// The JSON of `brownout verify --format json`
    Verify,
    /// The JSON of `brownout twin --format json`
    Twin,
}

pub fn run(schema: &Schema) -> Result<Exit, Failure> {
    let text = match schema.of {
        Of::Scenario => schema::schema_text(),
        Of::Report => report_text(),
        Of::Seeds => seeds_text(),
        Of::Lint => text(generator().into_root_schema_for::<AllLinted>()),
        Of::Ledger => text(generator().into_root_schema_for::<Truth>()),
        Of::Gate => text(generator().into_root_schema_for::<Gates>()),
        Of::Verify => text(generator().into_root_schema_for::<Verified>()),
        Of::Twin => text(generator().into_root_schema_for::<Twin>()),
        Of::Conformance => text(generator().into_root_schema_for::<Results>()),
    };
    output::print(&text)?;
    Ok(Exit::Done)
}

/// The schema of a report, as committed in `assets/schema/report.schema.json`.
fn report_text() -> String {
    text(generator().into_root_schema_for::<Printed>())
}

/// The schema of many seeds, as committed in `assets/schema/seeds.schema.json`.
fn seeds_text() -> String {
    text(generator().into_root_schema_for::<SeedsReport>())
}

fn generator() -> SchemaGenerator {
    // What is written is described: a field that is always there is required.
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
}

fn text(schema: schemars::Schema) -> String {
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}
