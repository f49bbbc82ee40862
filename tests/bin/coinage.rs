//! The `coinage` program, for tests that run it.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: coinage::Allocator = coinage::Allocator;

fn main() -> ExitCode {
    coinage::cli::main()
}
