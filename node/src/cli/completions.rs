//! The command `coinage completions`: scripts that complete words in a shell.

use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::context::Context;
use super::failure::Failure;
use super::printer::Output;

/// Name of the environment variable with which the program answers a shell instead of doing what
/// its arguments say.
pub(crate) const VARIABLE: &str = "COMPLETE";

/// Which shell.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  \
            coinage completions bash > ~/.local/share/bash-completion/completions/coinage")]
pub(crate) struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

/// A script that asks this program what fits, so that names of wallets and tokens are offered.
pub(crate) fn run(arguments: &CompletionsArguments, _: &Context) -> Result<Output, Failure> {
    let name = arguments.shell.to_string();
    let shells = Shells::builtins();
    let shell = shells.completer(&name);
    let shell = shell.ok_or_else(|| Failure::usage(format!("there is no script for {name}")))?;
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, "coinage", "coinage", "coinage", &mut script)
        .map_err(|error| Failure::new("other", error))?;
    let script = String::from_utf8(script).map_err(|error| Failure::new("other", error))?;
    Ok(Output::new(&script, script.as_str()))
}
