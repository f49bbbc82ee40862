//! `coinage balance` and `coinage history`.

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::listing::{self, Listing};
use super::printer::{Output, table};
use super::words::Words;
use super::{account, amount, suggest};
use crate::model::account::{AccountJson, HistoryItem, Page};
use crate::model::time;

/// Whose balance.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  coinage balance alice")]
pub(crate) struct BalanceArguments {
    /// A wallet's name or an address
    #[arg(add = suggest::wallets())]
    of: String,
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
    let account: AccountJson =
        arguments.listing.get(context, &format!("/v1/accounts/{address}"))?;
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
    let words = Words::new(context);
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
