//! Lives through whole networks' lives and looks for what must not be.

fn main() -> std::process::ExitCode {
    coinage_simulation::command::Simulate::main()
}
