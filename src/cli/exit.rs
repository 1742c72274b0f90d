//! How the program ends: a code that scripts can rely on, and a sentence for people.

use std::fmt::Display;
use std::process::ExitCode;

/// Documented in `--help`; the numbers never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    /// A file could not be read or written, or Brownout itself is wrong.
    Internal = 1,
    /// The command line makes no sense. clap uses the same code.
    Usage = 2,
    /// The scenario, or a change to it, is not valid, or its lesson does not pass its gate.
    Invalid = 3,
    /// A run was ended by a limit; its report is printed all the same.
    Limit = 4,
    /// A conformance row is outside its tolerance.
    Conformance = 5,
    /// Of `verify`, which speaks as `diff` and `cmp` do: not everything is proved. Code 1.
    NotProved = 101,
    /// Of `verify`: not everything could be read. Code 2.
    Unreadable = 102,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::NotProved => 1,
            Exit::Unreadable => 2,
            other => other as u8,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
}

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure {
            exit,
            message: message.into(),
        }
    }

    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }

    /// Something about a file: `failed to read shop.toml: permission denied`.
    pub fn file(verb: &str, name: impl Display, error: &std::io::Error) -> Failure {
        Failure::new(Exit::Internal, format!("failed to {verb} {name}: {error}"))
    }

    /// Findings that were rendered already.
    pub fn invalid(rendered: String) -> Failure {
        Failure::new(Exit::Invalid, rendered)
    }
}

pub const HELP: &str = "\
Exit codes:
  0  done (also when goals are missed: that is a result)
  1  a file could not be read or written, or Brownout itself is wrong
  2  the command line makes no sense
  3  the scenario, or a change to it, is not valid, or its lesson does not pass its gate
  4  a run was ended by a limit; its report is printed
  5  a conformance row is outside its tolerance
Of `verify`, as `diff` has them: 0 all is proved, 1 something is not, 2 something cannot be read.";
