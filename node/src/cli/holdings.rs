//! `coinage balance` and `coinage history`.

use std::path::PathBuf;

use clap::Args;
use coinage_model::account::{AccountJson, BalanceJson, HistoryItem, Page};
use coinage_model::time;
use coinage_protocol::{Address, Amount, Body, Symbol};

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
  coinage balance alice COIN
  coinage balance alice --at 1
  coinage balance alice --token COIN --proof proof.json")]
pub(crate) struct BalanceArguments {
    /// A wallet's name or an address
    #[arg(add = suggest::wallets())]
    of: String,
    /// Of this token alone
    #[arg(add = suggest::tokens())]
    symbol: Option<Symbol>,
    /// Of this token alone: the same
    #[arg(long, value_name = "SYMBOL", conflicts_with = "symbol")]
    token: Option<Symbol>,
    /// After this block: a height, or the hash of a block of the chain
    #[arg(long, value_name = "HEIGHT|HASH")]
    at: Option<BlockReference>,
    /// Write the proof of the balance, or that there is none, to this new file
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
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
        Some(BlockReference::Final) => vec![("block", finality::block(context)?.to_string())],
    };
    let path = format!("/v1/accounts/{address}");
    let one = arguments.symbol.or(arguments.token);
    let account = match (one, &arguments.proof) {
        (None, Some(_)) => {
            let failure = Failure::usage("a proof is of one token's balance");
            return Err(failure.hint("name the token: `coinage balance NAME SYMBOL --proof FILE`"));
        }
        (Some(token), Some(file)) => {
            // A proof that nobody has any of a token that is not there would look like an answer.
            context.token(token)?;
            query.push(("token", token.to_string()));
            return proof::fetch(context, &format!("{path}/proof"), &query, file);
        }
        (Some(token), None) => of_one(context, &path, query, token)?,
        (None, None) => arguments.listing.get_with(context, &path, query)?,
    };
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
    if let (Some(token), None | Some(BlockReference::Head)) = (one, arguments.at) {
        text.push_str(&debt(context, address, token)?);
    }
    let settled = finality::word(context, &account.head);
    text.push_str(&format!("at block {}; {settled}\n", account.head.height));
    let output = Output::new(&account, text);
    Ok(match (one, account.balances.items.as_slice()) {
        (Some(_), [one]) => output.word(amount::format(one.amount, one.decimals)),
        _ => output,
    })
}

/// A line on what an address owes of a token, if its charter has debts and the address any.
fn debt(context: &Context, address: Address, token: Symbol) -> Result<String, Failure> {
    let known = context.token(token)?;
    if known.charter.is_none() || !context.charter(token)?.has_debts() {
        return Ok(String::new());
    }
    let owed = context.standing(token, address)?.owed;
    let shown = amount::format(owed, known.decimals);
    Ok(if owed.is_zero() { String::new() } else { format!("owes {shown} {token}\n") })
}

/// The base units that an address has of a token, after the head.
pub(crate) fn amount_of(
    context: &Context,
    address: Address,
    token: Symbol,
) -> Result<Amount, Failure> {
    let account = of_one(context, &format!("/v1/accounts/{address}"), Vec::new(), token)?;
    Ok(account.balances.items.first().map_or(Amount::ZERO, |one| one.amount))
}

/// Asks for an account with its balance in one token, which may be none.
fn of_one(
    context: &Context,
    path: &str,
    mut query: Vec<(&str, String)>,
    token: Symbol,
) -> Result<AccountJson, Failure> {
    // Of a token that is not there nobody has any, which would look like an answer.
    let decimals = context.token(token)?.decimals;
    query.push(("limit", "1000".to_owned()));
    let mut cursor: Option<String> = None;
    loop {
        let next = cursor.map(|cursor| ("cursor", cursor));
        let asked: Vec<_> = query.iter().cloned().chain(next).collect();
        let mut account: AccountJson = context.client.get(path, &asked)?;
        let items = std::mem::take(&mut account.balances.items);
        let found = items.into_iter().find(|one| one.token == token);
        cursor = account.balances.next.take();
        if found.is_some() || cursor.is_none() {
            let none = BalanceJson { token, amount: Amount::ZERO, decimals };
            account.balances.items = vec![found.unwrap_or(none)];
            return Ok(account);
        }
    }
}

pub(crate) fn history(arguments: &HistoryArguments, context: &Context) -> Result<Output, Failure> {
    context.needs_node()?;
    let address = account::address(context, &arguments.of)?;
    let path = format!("/v1/accounts/{address}/transactions");
    let page: Page<HistoryItem> = arguments.listing.get(context, &path)?;
    let words = Words::brief(context);
    let rows = page.items.iter().map(|item| {
        let body: Body = item.transaction.transaction.body.clone().into();
        [
            item.block.height.to_string(),
            time::format(item.block.time),
            item.transaction.id.to_string(),
            words.body(&body).join("; "),
            body.memo.to_string(),
        ]
    });
    let table = table(["BLOCK", "TIME", "TRANSACTION", "WHAT", "MEMO"], rows);
    Ok(listing::page(&page, table, "no transactions"))
}
