//! The command line. Words, flags, exit codes and the JSON envelope are a contract with scripts.

mod account;
mod address;
pub(crate) mod amount;
mod arguments;
mod authority;
mod bench;
pub(crate) mod block;
mod build;
mod chain;
mod charter_view;
mod completions;
mod context;
mod cosign;
mod describe;
mod doctor;
pub(crate) mod document;
mod duration;
pub(crate) mod events;
mod evidence;
mod failure;
mod finality;
mod first_steps;
mod genesis;
mod globals;
mod holders;
mod holdings;
mod interrupt;
mod invite;
mod join;
mod key_location;
mod listing;
mod man;
pub(crate) mod merge;
mod node_run;
mod offices;
mod offline_context;
mod outcome;
mod password;
mod payer_clock;
mod policy;
pub(crate) mod printer;
mod progress;
mod proof;
mod qr;
mod receipt;
mod recovery;
mod send;
mod signing;
mod standings;
pub(crate) mod statement;
mod submission;
pub(crate) mod suggest;
mod template;
mod token;
mod top;
mod transaction;
mod verify;
mod wallet;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;

use self::arguments::{Arguments, Command, NodeCommand};
use self::context::Context;
pub use self::failure::Failure;
pub use self::printer::{Output, Printer};
use coinage_devnet::{DevnetArgs, Outlet};

/// Reads the arguments of this process, does what they say, and reports how it went.
pub fn main() -> ExitCode {
    let shell = CompleteEnv::with_factory(Arguments::command).var(completions::VARIABLE);
    match shell.try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => run(std::env::args_os()),
        Err(error) => explain(&error, false),
    }
}

fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().collect();
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error, words.iter().any(|word| word == "--json")),
    };
    let globals = &arguments.globals;
    let printer = Printer::new(globals.json, globals.quiet, globals.verbose > 0);
    let Some(command) = arguments.command else {
        return first_steps::run(arguments.globals, printer);
    };
    let outcome =
        Context::new(arguments.globals, printer).and_then(|context| perform(command, &context));
    printer.finish(outcome)
}

fn perform(command: Command, context: &Context) -> Result<Output, Failure> {
    match command {
        Command::Devnet(arguments) => devnet(arguments, context),
        Command::Genesis(command) => genesis::run(command, context),
        Command::Node(command) => node(command, context),
        Command::Wallet(command) => wallet::run(command, context),
        Command::Address(arguments) => address::run(&arguments, context),
        Command::Token(command) => token::run(command, context),
        Command::Policy(command) => policy::run(&command, context),
        Command::Send(arguments) => send::run(&arguments, context),
        Command::Balance(arguments) => holdings::balance(&arguments, context),
        Command::History(arguments) => holdings::history(&arguments, context),
        Command::Statement(arguments) => statement::run(&arguments, context),
        Command::Tx(command) => transaction::run(command, context),
        Command::Receipt(arguments) => receipt::run(&arguments, context),
        Command::Block(command) => block::run(command, context),
        Command::Authority(command) => authority::run(&command, context),
        Command::Chain(command) => chain::run(command, context),
        Command::Peers(listing) => chain::peers(&listing, context),
        Command::Mempool(listing) => chain::mempool(&listing, context),
        Command::Man(arguments) => man::run(&arguments, Arguments::command()),
        Command::Top(arguments) => top::run(&arguments, context),
        Command::Doctor(arguments) => doctor::run(&arguments, context),
        Command::Invite(arguments) => invite::run(&arguments, context),
        Command::Join(arguments) => join::run(&arguments, context),
        Command::Events(arguments) => events::run(arguments, context),
        Command::Bench(arguments) => bench::run(&arguments, context),
        Command::Completions(arguments) => completions::run(&arguments, context),
    }
}

fn node(command: NodeCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        NodeCommand::Run(arguments) => node_run::run(*arguments),
        NodeCommand::NewAuthorityKey(arguments) => node_run::new_key(&arguments, context),
        NodeCommand::ResetSigningMemory(arguments) => node_run::reset_memory(&arguments),
        NodeCommand::Status => chain::status(context),
        NodeCommand::Verify(arguments) => verify::run(&arguments, context),
        NodeCommand::Proof(command) => proof::run(&command, context),
    }
}

fn devnet(mut arguments: DevnetArgs, context: &Context) -> Result<Output, Failure> {
    arguments.dir = arguments.dir.or_else(|| context.devnet_dir());
    let mut printer = context.printer;
    arguments.verbose = printer.is_verbose();
    let report = coinage_devnet::run(arguments, printer.is_json(), &mut printer)?;
    if let Some(note) = report.note {
        printer.note(&note);
    }
    Ok(Output::new(report.data, report.text))
}

/// Help and version are results; anything else is a mistake in what was typed.
fn explain(error: &clap::Error, json: bool) -> ExitCode {
    let printer = Printer::new(json, false, false);
    let text = error.render().to_string();
    let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            printer.finish(Ok(Output::new(&text, text.as_str())))
        }
        // The script for a shell is written past the printer: only a sentence is left of why not.
        ErrorKind::Io if printer.is_closed() => ExitCode::SUCCESS,
        ErrorKind::Io => printer.finish(Err(Failure::unprinted(&io::Error::other(sentence)))),
        _ if json => printer.finish(Err(Failure::usage(sentence).hint("see `coinage --help`"))),
        _ => {
            printer.note(text.trim_end());
            Failure::usage("").exit_code()
        }
    }
}

#[cfg(test)]
mod tests;
