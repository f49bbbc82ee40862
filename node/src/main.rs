//! The `coinage` program.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: coinage::Allocator = coinage::Allocator;

fn main() -> ExitCode {
    coinage::cli::main()
}
