//! The `coinage` program.
fn main() {}
