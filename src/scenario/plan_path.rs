//! Paths of plans: `service.shop.plan.buy`. A change of one writes the whole list of steps anew, as it stands in
//! the file: `service.shop.plan.buy = ["work", "write store"]`.

use toml::de::{DeTable, DeValue};

use super::code;
use super::edit::{finding, not_here, with_line};
use super::read_plan::STEPS;
use crate::design::diagnostic::Diagnostic;
use crate::design::value::{ValueError, cut};

/// The plan of an operation at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanPath<'p> {
    pub kind: &'p str,
    pub node: &'p str,
    pub operation: &'p str,
}

impl<'p> PlanPath<'p> {
    /// If a path has the shape of one; whether there is such a node is found when the text is read again.
    pub fn of(path: &'p str) -> Option<PlanPath<'p>> {
        let parts: Vec<&str> = path.trim().split('.').collect();
        match parts[..] {
            [kind, node, "plan", operation] => Some(PlanPath {
                kind,
                node,
                operation,
            }),
            _ => None,
        }
    }

    /// The text with another plan in its place.
    pub fn set(&self, text: &str, path: &str, written: &str) -> Result<String, Box<Diagnostic>> {
        let written = written.trim();
        let is_text = |value: &DeValue<'_>| matches!(value, DeValue::String(_));
        match DeValue::parse(written).map(|value| value.into_inner()) {
            Ok(DeValue::Array(steps)) if steps.iter().all(|step| is_text(step.get_ref())) => {}
            _ => {
                let error = ValueError {
                    message: format!("`{}` is no list of steps", cut(written)),
                    help: Some(format!(
                        "for example `[\"work\", \"write store\"]`; {STEPS}"
                    )),
                };
                return Err(Box::new(finding(code::BAD_VALUE, path, error)));
            }
        }
        self.splice(text, written)
            .ok_or_else(|| Box::new(not_here(path)))
    }

    fn splice(&self, text: &str, written: &str) -> Option<String> {
        let tree = DeTable::parse(text).ok()?.into_inner();
        let nodes = tree.get(self.kind)?.get_ref().as_table()?;
        let (name, node) = nodes.get_key_value(self.node)?;
        let plans = node.get_ref().as_table()?.get("plan");
        let old = plans.and_then(|plans| plans.get_ref().as_table()?.get(self.operation));
        if let Some(old) = old {
            let (before, after) = (&text[..old.span().start], &text[old.span().end..]);
            return Some(format!("{before}{written}{after}"));
        }
        // Below the header of its node, where there is one.
        let start = text[..name.span().start].rfind('\n').map_or(0, |at| at + 1);
        let is_header = text[start..name.span().end].trim_start().starts_with('[');
        let line = format!("plan.{} = {written}", self.operation);
        let ends_here = text[name.span().end..].starts_with(']');
        (is_header && ends_here).then(|| with_line(text, name.span().end, &line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[service.shop]\nslots = 4\nplan.buy = [\"work\"] # all of it\n[service.other]\nslots = 1\n";

    fn set(path: &str, steps: &str) -> Result<String, Box<Diagnostic>> {
        PlanPath::of(path).expect("a path").set(TEXT, path, steps)
    }

    #[test]
    fn a_plan_is_written_anew_where_it_stands() {
        let changed = set("service.shop.plan.buy", r#"["work", "write store"]"#).unwrap();
        assert!(changed.contains("plan.buy = [\"work\", \"write store\"] # all of it\n"));
        let added = set("service.other.plan.buy", r#"["respond"]"#).unwrap();
        assert!(added.contains("[service.other]\nplan.buy = [\"respond\"]\nslots = 1"));
    }

    #[test]
    fn what_is_no_list_of_steps_is_refused() {
        for steps in ["work", "[1]", "", "[\"work\"", "\"work\""] {
            assert_eq!(
                set("service.shop.plan.buy", steps).unwrap_err().code,
                "E0301"
            );
        }
        assert_eq!(
            set("service.none.plan.buy", "[]").unwrap_err().code,
            "E0403"
        );
        assert_eq!(PlanPath::of("service.shop.slots"), None);
    }
}
