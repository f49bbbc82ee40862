//! The `coinage` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    coinage::cli::main()
}
