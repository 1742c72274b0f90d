//! Help for names that do not resolve.

use crate::design::nearest::nearest;

/// Names that are listed in a message.
const LISTED: usize = 20;

/// "did you mean `catalogue`? nodes: catalogue, shoppers". `what` is what the names are, or a
/// sentence that they end: "a link has".
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
    let colon = if what.ends_with(" has") { "" } else { ":" };
    let all = format!("{what}{colon} {}{dots}", listed.join(", "));
    match nearest(wrong, right) {
        Some(name) => format!("did you mean `{name}`? {all}"),
        None => all,
    }
}
