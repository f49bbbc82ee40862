//! `coinage completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::arguments::Arguments;
use super::context::Context;
use super::failure::Failure;
use super::printer::Output;

/// Which shell.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  \
            coinage completions bash > ~/.local/share/bash-completion/completions/coinage")]
pub(crate) struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &CompletionsArguments, _: &Context) -> Result<Output, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "coinage", &mut script);
    let script = String::from_utf8(script).map_err(|error| Failure::new("other", error))?;
    Ok(Output::new(&script, script.as_str()))
}
