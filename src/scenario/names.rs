//! Help for names that do not resolve.

use crate::design::nearest::nearest;

/// Names that are listed in a message.
const LISTED: usize = 12;

/// "did you mean `catalogue`? nodes: catalogue, shoppers".
pub fn suggest<'a>(
    wrong: &str,
    right: impl Iterator<Item = &'a str> + Clone,
    what: &str,
) -> String {
    let mut listed: Vec<&str> = right.clone().take(LISTED + 1).collect();
    if listed.is_empty() {
        return format!("there are no {what}");
    }
    let dots = if listed.len() > LISTED { ", …" } else { "" };
    listed.truncate(LISTED);
    let all = format!("{what}: {}{dots}", listed.join(", "));
    match nearest(wrong, right) {
        Some(name) => format!("did you mean `{name}`? {all}"),
        None => all,
    }
}
