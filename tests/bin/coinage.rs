//! The `coinage` program, for tests that run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    coinage::cli::main()
}
