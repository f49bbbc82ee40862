//! Arguments of the command line, as typed.

use clap::{Parser, Subcommand};
use coinage_devnet::DevnetArgs;
use coinage_server::config::RunArgs;

use super::address::AddressArguments;
use super::authority::AuthorityCommand;
use super::bench::BenchArguments;
use super::block::BlockCommand;
use super::chain::ChainCommand;
use super::completions::CompletionsArguments;
use super::doctor::DoctorArguments;
use super::events::EventsArguments;
use super::genesis::GenesisCommand;
use super::globals::Globals;
use super::holdings::{BalanceArguments, HistoryArguments};
use super::invite::InviteArguments;
use super::join::JoinArguments;
use super::listing::Listing;
use super::man::ManArguments;
use super::node_run::{NewKeyArguments, ResetArguments};
use super::policy::PolicyCommand;
use super::proof::ProofCommand;
use super::receipt::ReceiptArguments;
use super::send::SendArguments;
use super::statement::StatementArguments;
use super::token::TokenCommand;
use super::top::TopArguments;
use super::transaction::TransactionCommand;
use super::verify::VerifyArguments;
use super::wallet::WalletCommand;

/// Issue your own coin and run it on your own network, with no central server.
#[derive(Debug, Parser)]
#[command(
    name = "coinage",
    version,
    propagate_version = true,
    after_help = "\
Example:
  coinage devnet
  coinage send 5 COIN bob --from alice

Exit codes: 0 ok, 1 other, 2 usage, 3 declined, 4 outcome unknown, 5 node unreachable,
6 not found, 7 refused by the ledger, 8 wallet or password, 9 expired for good"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a whole network on this machine, and steer it
    #[command(after_help = "Example:\n  coinage devnet\n  coinage devnet partition 1,2/3,4")]
    Devnet(DevnetArgs),
    /// Describe a new network
    #[command(subcommand)]
    Genesis(GenesisCommand),
    /// Run a node, or look after one
    #[command(subcommand)]
    Node(NodeCommand),
    /// Keep spending keys, encrypted
    #[command(subcommand)]
    Wallet(WalletCommand),
    /// Show the address of a wallet, or make one that several people share
    Address(AddressArguments),
    /// Issue and look after tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Read, explain and play the rules of a coin; a file needs no node
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Pay somebody
    Send(SendArguments),
    /// Show what somebody has
    Balance(BalanceArguments),
    /// List the transactions that touch an account, newest first
    History(HistoryArguments),
    /// List what came to an account and left it, with running balances
    Statement(StatementArguments),
    /// Compose, sign, send and follow transactions
    #[command(subcommand)]
    Tx(TransactionCommand),
    /// Write a receipt, which shows without a node that a transaction is final, or check one
    Receipt(ReceiptArguments),
    /// Look at blocks
    #[command(subcommand)]
    Block(BlockCommand),
    /// Look at the chain and its branches
    #[command(subcommand)]
    Chain(ChainCommand),
    /// See who may sign blocks, and change that
    #[command(subcommand)]
    Authority(AuthorityCommand),
    /// List who is connected to the node
    #[command(after_help = "Example:\n  coinage peers")]
    Peers(Listing),
    /// List the transactions that wait
    #[command(after_help = "Example:\n  coinage mempool")]
    Mempool(Listing),
    /// Watch all nodes of a devnet, or others, on one screen
    Top(TopArguments),
    /// Find out what is wrong with a node, and say what mends it
    Doctor(DoctorArguments),
    /// Write one line by which another machine joins the network
    Invite(InviteArguments),
    /// Make this machine a node of the network that an invite is for
    Join(JoinArguments),
    /// Follow what happens at the node, line by line, until Ctrl-C
    Events(EventsArguments),
    /// Measure how many payments a network on this machine commits, and how fast
    Bench(BenchArguments),
    /// Write completions for a shell
    Completions(CompletionsArguments),
    /// Write the manual pages
    #[command(hide = true)]
    Man(ManArguments),
}

/// What to do with a node.
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Run a node until Ctrl-C
    #[command(after_help = "Example:\n  \
                coinage node run --genesis genesis.json --peer /ip4/127.0.0.1/tcp/9601")]
    Run(Box<RunArgs>),
    /// Make a key to sign blocks with, before the genesis that names it
    #[command(after_help = "Example:\n  coinage node new-authority-key authority.json")]
    NewAuthorityKey(NewKeyArguments),
    /// Make a new memory for an authority key that lost it, or that has stopped
    #[command(after_help = "Example:\n  \
                coinage node reset-signing-memory authority.json --genesis genesis.json")]
    ResetSigningMemory(ResetArguments),
    /// Show how a running node stands
    #[command(after_help = "Example:\n  coinage node status --node http://127.0.0.1:8601")]
    Status,
    /// Replay the stored chain of a node that does not run, state root by state root
    #[command(after_help = "Example:\n  coinage node verify --data coinage-data")]
    Verify(VerifyArguments),
    /// Prove what a charter says of somebody or something, or check what somebody proves
    #[command(subcommand)]
    Proof(ProofCommand),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn no_command_has_an_argument_of_the_name_of_a_global_one() {
        let program = Arguments::command();
        let globals: Vec<_> = program.get_arguments().map(|argument| argument.get_id()).collect();
        let mut found = Vec::new();
        leaves(&program, "", &mut found);
        for (path, command) in found {
            let mut own = command.get_arguments().map(|argument| argument.get_id());
            let clash = own.find(|id| globals.contains(id));
            assert_eq!(clash, None, "{path}");
        }
    }

    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
        let path = format!("{path} {}", command.get_name());
        if command.get_subcommands().count() == 0 {
            found.push((path, command.clone()));
            return;
        }
        for inner in command.get_subcommands() {
            leaves(inner, &path, found);
        }
    }

    #[test]
    fn the_arguments_make_sense_to_their_parser() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_argument_of_a_command_is_taken_for_one_that_holds_everywhere() {
        let root = Arguments::command();
        let globals: Vec<_> = root.get_arguments().map(clap::Arg::get_id).collect();
        let mut found = Vec::new();
        leaves(&root, "", &mut found);
        for (path, command) in found {
            for argument in command.get_arguments() {
                assert!(!globals.contains(&argument.get_id()), "{path} {}", argument.get_id());
            }
        }
    }

    #[test]
    fn the_help_of_every_command_has_an_example() {
        let mut found = Vec::new();
        leaves(&Arguments::command(), "", &mut found);
        for (path, command) in found {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("coinage"), "{path}");
        }
    }

    #[test]
    fn no_flag_takes_a_password() {
        let mut found = Vec::new();
        leaves(&Arguments::command(), "", &mut found);
        for (path, command) in found {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                assert!(
                    !name.contains("password") || name.ends_with("password_file"),
                    "{path} {name}"
                );
            }
        }
    }
}
