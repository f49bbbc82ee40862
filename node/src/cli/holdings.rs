//! `coinage balance` and `coinage history`.

use std::path::PathBuf;

use clap::Args;
use coinage_model::account::{AccountJson, HistoryItem, Page};
use coinage_model::time;
use coinage_protocol::Symbol;

use super::block::BlockReference;
use super::context::Context;
use super::describe::Words;
use super::failure::Failure;
use super::listing::{self, Listing};
use super::printer::{Output, table};
use super::{account, amount, finality, proof, suggest};

/// Whose balance.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  coinage balance alice
  coinage balance alice --at 1
  coinage balance alice --token COIN --proof proof.json")]
pub(crate) struct BalanceArguments {
    /// A wallet's name or an address
    #[arg(add = suggest::wallets())]
    of: String,
    /// After this block: a height, or the hash of a block of the chain
    #[arg(long, value_name = "HEIGHT|HASH")]
    at: Option<BlockReference>,
    /// Write the proof of the balance, or that there is none, to this new file
    #[arg(long, value_name = "FILE", requires = "token")]
    proof: Option<PathBuf>,
    /// Of this token alone
    #[arg(long, requires = "proof")]
    token: Option<Symbol>,
    #[command(flatten)]
    listing: Listing,
}

/// Whose history.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  coinage history alice --limit 5")]
pub(crate) struct HistoryArguments {
    /// A wallet's name or an address
    #[arg(add = suggest::wallets())]
    of: String,
    #[command(flatten)]
    listing: Listing,
}

pub(crate) fn balance(arguments: &BalanceArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let address = account::address(context, &arguments.of)?;
    let mut query: Vec<_> = match arguments.at {
        None | Some(BlockReference::Head) => Vec::new(),
        Some(BlockReference::Height(height)) => vec![("height", height.to_string())],
        Some(BlockReference::Genesis) => vec![("height", "0".to_owned())],
        Some(BlockReference::Hash(hash)) => vec![("block", hash.to_string())],
        Some(BlockReference::Final) => return Err(finality::not_available()),
    };
    if let (Some(file), Some(token)) = (&arguments.proof, arguments.token) {
        query.push(("token", token.to_string()));
        return proof::fetch(context, &format!("/v1/accounts/{address}/proof"), &query, file);
    }
    let path = format!("/v1/accounts/{address}");
    let account: AccountJson = arguments.listing.get_with(context, &path, query)?;
    let rows = account.balances.items.iter().map(|balance| {
        [amount::format(balance.amount, balance.decimals), balance.token.to_string()]
    });
    let mut text = table(["AMOUNT", "TOKEN"], rows);
    if account.balances.items.is_empty() {
        text = format!("{address} has nothing\n");
    }
    if let Some(next) = &account.balances.next {
        text.push_str(&format!("more with --cursor {next}\n"));
    }
    text.push_str(&format!("at block {}; not final\n", account.head.height));
    Ok(Output::new(&account, text))
}

pub(crate) fn history(arguments: &HistoryArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let address = account::address(context, &arguments.of)?;
    let path = format!("/v1/accounts/{address}/transactions");
    let page: Page<HistoryItem> = arguments.listing.get(context, &path)?;
    let words = Words::brief(context);
    let rows = page.items.iter().map(|item| {
        let body = item.transaction.transaction.body.clone().into();
        [
            item.block.height.to_string(),
            time::format(item.block.time),
            item.transaction.id.to_string(),
            words.body(&body).join("; "),
        ]
    });
    let table = table(["BLOCK", "TIME", "TRANSACTION", "WHAT"], rows);
    Ok(listing::page(&page, table, "no transactions"))
}
