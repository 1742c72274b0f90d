//! The native command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    brownout::cli::main()
}
