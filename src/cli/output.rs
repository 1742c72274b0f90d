//! Printing: results to the standard output, remarks to the standard error; colours only where a
//! terminal shows them and `NO_COLOR` is not set.

use std::io::{ErrorKind, Write as _};

use serde::Serialize;

use super::exit::Failure;
use super::table::{BAD, paint};

/// A result. Who reads it may stop reading (`| head`): that is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::file("write", "the standard output", &error)),
        Ok(()) => Ok(()),
    }
}

pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text =
        serde_json::to_string_pretty(value).expect("a report has text keys and finite numbers");
    text.push('\n');
    print(&text)
}

/// Something beside the result. A broken standard error has nobody to tell.
pub fn note(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

pub fn error(message: &str) {
    // Rendered findings say themselves what they are and end their line.
    if message.ends_with('\n') {
        note(message);
    } else {
        note(&format!("{}: {message}\n", paint(BAD, "error")));
    }
}
