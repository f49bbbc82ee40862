//! Options that every command understands.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use coinage_model::terminal::typed;

/// URL of the node that is asked if none is named.
const DEFAULT_NODE: &str = "http://127.0.0.1:8600";

/// What every command understands.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Globals {
    /// The node to talk to
    // Its own id: a command's argument of the same id would be taken for it.
    #[arg(
        id = "node_url",
        long = "node",
        global = true,
        env = "COINAGE_NODE",
        default_value = DEFAULT_NODE,
        value_name = "URL"
    )]
    pub(crate) node: String,
    /// Where wallets and the devnet are [default: the user's data directory]
    #[arg(
        long,
        global = true,
        env = "COINAGE_HOME",
        value_name = "DIR",
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    home: Option<PathBuf>,
    /// Read the wallet's password from this file's first line
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Print results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print results only: of a payment its id, of one balance its amount
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more about what went wrong; of a devnet, show every line of its nodes
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Never ask: fail instead
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
}

impl Globals {
    /// The program in a command to type next, with the flags without which that would reach another
    /// node or other wallets.
    pub(crate) fn program(&self) -> String {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let mut program = "coinage".to_owned();
        if set("COINAGE_NODE").unwrap_or_else(|| DEFAULT_NODE.into()) != *self.node {
            program.push_str(&format!(" --node {}", typed(self.node.as_ref())));
        }
        if let Some(home) = self.home()
            && set("COINAGE_HOME").is_none_or(|set| set != *home)
        {
            program.push_str(&format!(" --home {}", typed(home)));
        }
        program
    }

    /// Directory of wallets and the devnet, if one was named: an empty variable names none.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.home.as_deref().filter(|home| !home.as_os_str().is_empty())
    }
}
