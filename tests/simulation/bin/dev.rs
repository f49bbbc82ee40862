//! Development.
fn main() -> std::process::ExitCode {
    coinage_simulation::command::Simulate::main()
}
