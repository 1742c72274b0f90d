//! Copying parts of a drawing as text, and putting them into another one under free names.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::code;
use super::draw::{free_key, sketch, spliced};
use super::edit::{finding, line_end, quoted};
use super::headers::{Section, sections};
use crate::design::Design;
use crate::design::diagnostic::Diagnostic;
use crate::design::registry::KINDS;
use crate::design::value::ValueError;

/// The tables of these nodes, and of the links between them, as they stand in the text.
pub fn copied(text: &str, nodes: &[String]) -> String {
    let Some(scenario) = sketch(text).drawing else {
        return String::new();
    };
    let design = &scenario.design;
    let has = |key: &str| nodes.iter().any(|node| node == key);
    let of_link = |key: &str| {
        let link = design.link(key);
        link.is_some_and(|link| has(&link.from) && has(&link.to))
    };
    let mut out = String::new();
    for section in sections(text) {
        let taken = match section.names.as_slice() {
            [table, key, ..] if table == "link" => of_link(key),
            [table, key, ..] => is_kind(table) && has(key),
            _ => false,
        };
        if taken {
            out.push_str(text[section.whole].trim());
            out.push_str("\n\n");
        }
    }
    out
}

fn is_kind(table: &str) -> bool {
    KINDS.iter().any(|kind| kind.name == table)
}

/// The text with tables from elsewhere behind its own, each under a name that is free.
pub fn paste(text: &str, tables: &str, by: (i32, i32)) -> Result<String, Vec<Diagnostic>> {
    let refuse = |message: &str| {
        let error = ValueError {
            message: message.to_owned(),
            help: Some(
                "copy nodes in a drawing, or tables of a scenario file, and paste those".into(),
            ),
        };
        Err(vec![finding(code::SYNTAX, "pasted", error)])
    };
    let (Some(here), Ok(tree)) = (
        sketch(text).drawing,
        DeTable::parse(tables).map(Spanned::into_inner),
    ) else {
        return refuse("what was pasted is no part of a drawing");
    };
    let head = "format = 1\n[run]\nduration = \"1 s\"\n";
    let there = sketch(&format!("{head}{tables}"));
    let Some(drawing) = there.drawing else {
        return Err(there.errors);
    };
    let wrong: Vec<Diagnostic> = there
        .errors
        .into_iter()
        .filter(|finding| !super::draw::is_unfinished(finding))
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    if drawing.design.nodes.is_empty() {
        return refuse("there is no node in what was pasted");
    }
    let names = new_names(&here.design, &drawing.design);
    let mut pieces = Vec::new();
    let mut added = 0;
    for section in sections(tables) {
        let [table, key, rest @ ..] = section.names.as_slice() else {
            pieces.push((section.whole, String::new()));
            continue;
        };
        let renamed = match table.as_str() {
            "link" => names.links.get(key),
            _ => names.nodes.get(key).filter(|_| is_kind(table)),
        };
        let Some(new) = renamed else {
            pieces.push((section.whole, String::new()));
            continue;
        };
        added += 1;
        pieces.push((section.named.clone(), header(table, new, rest)));
        if rest.is_empty() {
            fields(tables, &tree, &section, &names, by, &mut pieces);
        } else if rest == ["plan"] {
            let plans = field(&tree, table, key, "plan");
            plans
                .into_iter()
                .for_each(|plans| steps(plans, &names, &mut pieces));
        }
    }
    if added < names.nodes.len() {
        return refuse("tables have to stand under headers of their own to be pasted");
    }
    let pasted = spliced(tables, pieces);
    let end = line_end(text);
    let is_drawn = |section: &Section| {
        section
            .names
            .first()
            .is_some_and(|table| table == "link" || is_kind(table))
    };
    let at = sections(text)
        .iter()
        .rfind(|section| is_drawn(section))
        .map_or(text.len(), |section| section.whole.end);
    let (before, after) = (text[..at].trim_end(), &text[at..]);
    let gap = if after.is_empty() { "" } else { end };
    Ok(format!(
        "{before}{end}{end}{}{end}{gap}{after}",
        pasted.trim().replace("\r\n", "\n").replace('\n', end)
    ))
}

struct Names {
    nodes: BTreeMap<String, String>,
    links: BTreeMap<String, String>,
}

fn new_names(here: &Design, there: &Design) -> Names {
    let mut names = Names {
        nodes: BTreeMap::new(),
        links: BTreeMap::new(),
    };
    let mut taken: Vec<String> = here.nodes.iter().map(|node| node.key.clone()).collect();
    for node in &there.nodes {
        let key = free_key(&node.key, taken.iter().map(String::as_str));
        taken.push(key.clone());
        names.nodes.insert(node.key.clone(), key);
    }
    let mut taken: Vec<String> = here.links.iter().map(|link| link.key.clone()).collect();
    for link in &there.links {
        // A link with an end that was not copied leads to what is there under that name, or stays away.
        let ends = [&link.from, &link.to];
        let known = |end: &String| names.nodes.contains_key(end) || here.node(end).is_some();
        if ends.into_iter().all(known) {
            let key = free_key(&link.key, taken.iter().map(String::as_str));
            taken.push(key.clone());
            names.links.insert(link.key.clone(), key);
        }
    }
    names
}

fn header(table: &str, key: &str, rest: &[String]) -> String {
    let mut name = format!("{table}.{key}");
    for part in rest {
        name.push('.');
        name.push_str(part);
    }
    name
}

fn field<'a, 't>(
    tree: &'a DeTable<'t>,
    table: &str,
    key: &str,
    name: &str,
) -> Option<&'a Spanned<DeValue<'t>>> {
    let table = tree.get(table)?.get_ref().as_table()?;
    table.get(key)?.get_ref().as_table()?.get(name)
}

/// What a table says of others by their names, and where it stands.
fn fields(
    text: &str,
    tree: &DeTable<'_>,
    section: &Section,
    names: &Names,
    by: (i32, i32),
    pieces: &mut Vec<(Range<usize>, String)>,
) {
    let (table, key) = (&section.names[0], &section.names[1]);
    let mut rename = |name: &str, map: &BTreeMap<String, String>| {
        let Some(value) = field(tree, table, key, name) else {
            return;
        };
        let old = value.get_ref().as_str().and_then(|old| map.get(old));
        if let Some(new) = old {
            pieces.push((value.span(), quoted(new)));
        }
    };
    if table == "link" {
        rename("from", &names.nodes);
        rename("to", &names.nodes);
    }
    for name in ["fallback_link", "dead_letter"] {
        rename(name, &names.links);
    }
    if let Some(value) = field(tree, table, key, "position")
        && let DeValue::Array(numbers) = value.get_ref()
        && let [x, y] = numbers.iter().map(whole).collect::<Vec<_>>().as_slice()
        && let (Some(x), Some(y)) = (x, y)
    {
        let at = (x.saturating_add(by.0), y.saturating_add(by.1));
        pieces.push((value.span(), format!("[{}, {}]", at.0, at.1)));
    }
    if let Some(plans) = field(tree, table, key, "plan")
        && !sections(text)
            .iter()
            .any(|s| s.names.len() == 3 && s.is_of(&[table, key, "plan"]))
    {
        steps(plans, names, pieces);
    }
}

fn whole(value: &Spanned<DeValue<'_>>) -> Option<i32> {
    match value.get_ref() {
        DeValue::Integer(n) => n.as_str().parse().ok(),
        _ => None,
    }
}

/// The links that steps of plans name.
fn steps(plans: &Spanned<DeValue<'_>>, names: &Names, pieces: &mut Vec<(Range<usize>, String)>) {
    let Some(plans) = plans.get_ref().as_table() else {
        return;
    };
    for list in plans.values() {
        let Some(list) = list.get_ref().as_array() else {
            continue;
        };
        for step in list.iter() {
            let Some(written) = step.get_ref().as_str() else {
                continue;
            };
            let words = written.split_inclusive([' ', ',']).map(|word| {
                let name = word.trim_end_matches([' ', ',']);
                match names.links.get(name) {
                    Some(new) => format!("{new}{}", &word[name.len()..]),
                    None => word.to_owned(),
                }
            });
            pieces.push((step.span(), quoted(&words.collect::<String>())));
        }
    }
}
