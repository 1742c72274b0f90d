//! What users do, where it is added and said.

use crate::design::registry::OPERATION;
use crate::design::{Operation, Settings};
use crate::scenario::draw::{Edit, Thing, free_key};

use super::editing::run;
use super::model::Model;
use super::update::Effect;

/// One more, `read` or `write`, which is then selected.
pub fn add_operation(model: &mut Model, kind: &str) -> Vec<Effect> {
    let operations = &model.doc.scenario.design.operations;
    let key = free_key(
        kind,
        operations.iter().map(|operation| operation.key.as_str()),
    );
    let kind = kind.to_owned();
    let effects = run(
        model,
        Edit::AddOperation {
            key: key.clone(),
            kind,
        },
    );
    let thing = Thing::Operation(key);
    model.editor.select([thing]);
    model.editor.forget_gone(&model.doc.scenario.design);
    effects
}

/// "reads, weight 9".
pub fn operation_does(operation: &Operation) -> String {
    let knobs = Settings::new(&OPERATION, &operation.knobs);
    let does = match knobs.choice("kind") {
        "write" => "writes",
        _ => "reads",
    };
    format!("{does}, weight {}", knobs.count("weight"))
}
