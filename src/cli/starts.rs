//! `brownout starts`: well-known shapes of systems to begin with.

use super::exit::{Exit, Failure};
use super::output;
use crate::design::nearest::nearest;
use crate::scenario::starts::{STARTS, text};

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Starts {
    /// Print the scenario file of this one
    name: Option<String>,
}

const AFTER: &str = "\
Examples:
  brownout starts web-shop > my-shop.toml
  brownout check --gate my-shop.toml
      does it still fail first where the file says?";

pub fn run(args: &Starts) -> Result<Exit, Failure> {
    let Some(name) = &args.name else {
        output::print(&list())?;
        return Ok(Exit::Done);
    };
    let Some(text) = text(name) else {
        let near = nearest(name, STARTS.iter().map(|start| start.id));
        let help = near.map_or_else(
            || "`brownout starts` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Failure {
            exit: Exit::Usage,
            message: format!("there is no starting point `{name}`; {help}"),
        });
    };
    output::print(text)?;
    Ok(Exit::Done)
}

/// Each with where it fails first.
fn list() -> String {
    let width = STARTS.iter().map(|start| start.id.len()).max();
    let width = width.unwrap_or_default();
    let lines = STARTS.iter().map(|start| {
        let (id, title, says) = (start.id, start.title, start.says);
        format!("{id:width$}  {title}\n{:width$}  {says}\n", "")
    });
    lines.collect()
}
