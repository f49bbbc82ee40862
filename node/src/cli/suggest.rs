//! Suggestions for a shell when somebody presses Tab: wallets, tokens and nodes that there are.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap::Parser;
use clap_complete::engine::ArgValueCompleter;
use coinage_devnet::suggest::{matching, typed};
use coinage_model::account::{Page, TokenJson};

use super::account;
use super::context::Context;
use super::globals::Globals;
use super::printer::Printer;

/// Options among the words typed so far.
#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    globals: Globals,
}

/// Time for which somebody who pressed Tab waits for a node.
const PATIENCE: Duration = Duration::from_millis(500);
/// Tokens that are offered at most.
const TOKENS_MAX: u32 = 200;

/// Offers wallets: the user's own, and those of a devnet that runs.
pub(crate) fn wallets() -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &OsStr| matching(begun, wallet_names()))
}

/// Offers tokens that the node knows.
pub(crate) fn tokens() -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &OsStr| matching(begun, token_symbols()))
}

fn wallet_names() -> Vec<(String, Option<String>)> {
    let Some(context) = context() else { return Vec::new() };
    let all = account::everything(&context).unwrap_or_default();
    let named = |found: &account::Found| {
        (found.entry.name.to_string(), Some(account::describe(&found.entry.lock)))
    };
    all.iter().map(named).collect()
}

fn token_symbols() -> Vec<(String, Option<String>)> {
    let Some(context) = context() else { return Vec::new() };
    let query = [("limit", TOKENS_MAX.to_string())];
    let page: Option<Page<TokenJson>> = context.client.get("/v1/tokens", &query).ok();
    let tokens = page.map(|page| page.items).unwrap_or_default();
    tokens
        .into_iter()
        .map(|token| (token.token.to_string(), Some(token.name.to_string())))
        .collect()
}

/// Returns the context that the command typed so far would work with.
fn context() -> Option<Context> {
    let mut words = vec![OsString::from("coinage")];
    for option in ["--home", "--node"] {
        words.extend(typed(option).into_iter().flat_map(|value| [option.into(), value]));
    }
    let globals = Typed::try_parse_from(words).ok()?.globals;
    let mut context = Context::new(globals, Printer::new(false, true, false)).ok()?;
    context.client = context.client.impatient(PATIENCE);
    Some(context)
}
