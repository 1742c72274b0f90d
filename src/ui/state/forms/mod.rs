//! Forms that fill in what users do from what people know: a load test as Locust asks for it, and assumptions about
//! how many people there are. What was typed stays as long as the page is open; using a form is one step, which undo
//! takes back.

pub mod assumptions;
pub mod load_test;

use crate::design::diagnostic::Diagnostic;
use crate::design::value::ValueError;
use crate::scenario::draw::{Edit, Thing, sketch};
use crate::scenario::locust;

use super::model::{Dialog, Model};
use super::running::{ask_to_bet, restart};
use super::update::{Effect, edited};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    LoadTest,
    Assumptions,
}

/// One line of a form.
#[derive(Debug)]
pub struct Field {
    pub title: &'static str,
    /// What it means and how it is written.
    pub hint: &'static str,
    /// What stands there if the design says nothing.
    pub usual: &'static str,
}

/// Why a form cannot be used: the number of its line, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub field: usize,
    pub why: String,
}

impl Wrong {
    fn of(field: usize, error: ValueError) -> Wrong {
        let why = match error.help {
            Some(help) => format!("{}: {help}", error.message),
            None => error.message,
        };
        Wrong { field, why }
    }
}

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forms {
    /// Key of the clients that they are about.
    pub clients: String,
    load_test: Vec<String>,
    assumptions: Vec<String>,
    /// Why the design could not become what a form says, or cannot run.
    pub refused: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Ask {
    Open(Form),
    /// The form is about these clients.
    Clients(String),
    Typed(Form, usize, String),
    /// The design becomes what the form says; a load test is run.
    Use(Form),
    /// The load test as a file for Locust.
    Locustfile,
    /// The steps of the run as a table.
    Csv,
}

impl Form {
    pub fn fields(self) -> &'static [Field] {
        match self {
            Form::LoadTest => load_test::FIELDS,
            Form::Assumptions => assumptions::FIELDS,
        }
    }

    fn dialog(self) -> Dialog {
        match self {
            Form::LoadTest => Dialog::LoadTest,
            Form::Assumptions => Dialog::Assumptions,
        }
    }
}

impl Forms {
    pub fn typed(&self, form: Form) -> &[String] {
        match form {
            Form::LoadTest => &self.load_test,
            Form::Assumptions => &self.assumptions,
        }
    }

    fn typed_mut(&mut self, form: Form) -> &mut Vec<String> {
        match form {
            Form::LoadTest => &mut self.load_test,
            Form::Assumptions => &mut self.assumptions,
        }
    }
}

/// The step that makes the design what the form says, or what is wrong with the form.
fn edit(model: &Model, form: Form) -> Result<Edit, Wrong> {
    let (scenario, forms) = (&model.doc.scenario, &model.forms);
    let (typed, clients) = (forms.typed(form), forms.clients.as_str());
    match form {
        Form::LoadTest => Ok(load_test::read(typed)?.edit(scenario, clients)),
        Form::Assumptions => Ok(assumptions::read(typed)?.edit(scenario, clients)),
    }
}

/// What is wrong with what was typed.
pub fn wrong(model: &Model, form: Form) -> Option<Wrong> {
    edit(model, form).err()
}

/// Keys and names of the clients of the design.
pub fn all_clients(model: &Model) -> Vec<(String, String)> {
    let nodes = model.doc.scenario.design.nodes.iter();
    let clients = nodes.filter(|node| node.kind.name == "clients");
    clients
        .map(|node| (node.key.clone(), super::names::node(node).to_owned()))
        .collect()
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Open(form) => open(model, form),
        Ask::Clients(key) => {
            model.forms.clients = key;
            // Another load is about other clients; who people are stays.
            model.forms.load_test = load_test::of(&model.doc.scenario, &model.forms.clients);
            model.forms.refused = None;
            Vec::new()
        }
        Ask::Typed(form, field, typed) => {
            model.forms.refused = None;
            if let Some(held) = model.forms.typed_mut(form).get_mut(field) {
                *held = typed;
            }
            Vec::new()
        }
        Ask::Use(form) => take(model, form),
        Ask::Locustfile => locustfile(model),
        Ask::Csv => {
            let text = load_test::csv(&load_test::rows(model));
            let name = format!("load-test-seed-{}.csv", model.run.seed);
            vec![Effect::Download { name, text }]
        }
    }
}

/// Of the load test as it is typed, used or not.
fn locustfile(model: &mut Model) -> Vec<Effect> {
    let Ok(edit) = edit(model, Form::LoadTest) else {
        return Vec::new();
    };
    let text = match edit.apply(&model.doc.text) {
        Ok(text) => text,
        Err(findings) => {
            model.forms.refused = why(&findings).map(|why| format!("Not saved. {why}"));
            return Vec::new();
        }
    };
    let drawing = sketch(&text).drawing;
    let made = drawing.and_then(|scenario| locust::locustfile(&scenario, &model.forms.clients));
    made.map_or_else(Vec::new, |text| {
        let name = "locustfile.py".to_owned();
        vec![Effect::Download { name, text }]
    })
}

/// What the first finding says.
fn why(findings: &[Diagnostic]) -> Option<String> {
    findings.first().map(|finding| match &finding.help {
        Some(help) => format!("{}: {help}", finding.message),
        None => finding.message.clone(),
    })
}

fn open(model: &mut Model, form: Form) -> Vec<Effect> {
    let all = all_clients(model);
    let Some((first, _)) = all.first() else {
        model.toast("Add clients first: it is about what users do.".to_owned());
        return Vec::new();
    };
    let selected = match model.editor.only() {
        Some(Thing::Node(key)) => all.iter().find(|(clients, _)| clients == key),
        _ => None,
    };
    let before = all.iter().find(|(key, _)| *key == model.forms.clients);
    let clients = selected.or(before).map_or(first, |(key, _)| key).clone();
    model.forms.clients = clients;
    model.forms.refused = None;
    // The design may have changed since, so a load test begins with what there is.
    model.forms.load_test = load_test::of(&model.doc.scenario, &model.forms.clients);
    if model.forms.assumptions.is_empty() {
        let usual = assumptions::FIELDS.iter();
        model.forms.assumptions = usual.map(|field| field.usual.to_owned()).collect();
    }
    model.dialog = Some(form.dialog());
    Vec::new()
}

fn take(model: &mut Model, form: Form) -> Vec<Effect> {
    let edit = match edit(model, form) {
        Ok(edit) => edit,
        // It stands at its field.
        Err(_) => return Vec::new(),
    };
    let says = edit.says();
    let changed = match model.doc.apply(edit) {
        Ok(changed) => changed,
        Err(findings) => {
            model.forms.refused = why(&findings).map(|why| format!("Not used. {why}"));
            return Vec::new();
        }
    };
    model.said.answer(format!("{says}."));
    let mut effects = if changed { edited(model) } else { Vec::new() };
    match form {
        Form::Assumptions => {
            model.dialog = None;
            model.toast(format!("{says}. Undo takes it back."));
        }
        Form::LoadTest if !model.has_predicted() => {
            model.dialog = None;
            effects.extend(ask_to_bet(model));
        }
        Form::LoadTest => {
            effects.extend(restart(model, true));
            // Beside the form: what is said elsewhere is behind it.
            let why = model.why_not_run();
            model.forms.refused = why.map(|why| format!("It cannot run yet. {why}"));
        }
    }
    effects
}

/// Sets what the path names, as a person would type it.
fn set(path: String, value: impl Into<String>) -> Edit {
    let value = value.into();
    Edit::Set { path, value }
}
