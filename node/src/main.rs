//! The program `coinage`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: coinage::Allocator = coinage::Allocator;

fn main() -> ExitCode {
    coinage::cli::main()
}
